package lab

import (
	"fmt"
	"net/netip"
)

// Microsocks says how a small SOCKS server is to run.
type Microsocks struct {
	Addr           netip.Addr // all addresses of both families when zero
	Port           uint16     // 1080 when zero
	User, Password string     // wanted of everybody when there is a user
}

// StartMicrosocks starts microsocks, which speaks SOCKS 5 and serves everybody.
func (h *Host) StartMicrosocks(t T, o Microsocks) *Server {
	t.Helper()
	port := portOr(o.Port, 1080)
	address := netip.IPv6Unspecified()
	if o.Addr.IsValid() {
		address = o.Addr
	}
	command := []string{"microsocks", "-i", address.String(), "-p", fmt.Sprint(port)}
	if o.User != "" {
		command = append(command, "-u", o.User, "-P", o.Password)
	}
	return h.start(t, "microsocks", []wanted{{"tcp", port, 1}}, command...)
}
