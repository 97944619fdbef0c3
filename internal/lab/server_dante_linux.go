package lab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Dante says how a SOCKS server is to run.
type Dante struct {
	Addr  netip.Addr // the host's own addresses of both families when zero
	Port  uint16     // 1080 when zero
	Allow []string   // prefixes of the clients that it serves; everybody else may connect and is refused
}

// StartDante starts Dante, which speaks SOCKS 4 and 5 and wants no password.
func (h *Host) StartDante(t T, o Dante) *Server {
	t.Helper()
	port := portOr(o.Port, 1080)
	addresses := []netip.Addr{h.V4, h.V6}
	if o.Addr.IsValid() {
		addresses = []netip.Addr{o.Addr}
	}
	var conf strings.Builder
	conf.WriteString("logoutput: stderr\n")
	for _, a := range addresses {
		fmt.Fprintf(&conf, "internal: %[1]s port = %[2]d\nexternal: %[1]s\n", a, port)
	}
	conf.WriteString(`external.rotation: same-same
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0/0 to: 0/0 }
`)
	for _, prefix := range o.Allow {
		fmt.Fprintf(&conf, "socks pass { from: %s to: 0/0 }\n", prefix)
	}
	conf.WriteString("socks block { from: 0/0 to: 0/0 }\n")
	path := fmt.Sprintf("/etc/danted-%d.conf", port)
	h.WriteFile(t, path, conf.String())
	return h.start(t, "danted", []wanted{{"tcp", port, len(addresses)}}, "danted", "-f", path, "-p", fmt.Sprintf("/run/danted-%d.pid", port))
}
