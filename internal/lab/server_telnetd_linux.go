package lab

import (
	"fmt"
	"net/netip"
)

// Telnetd says how a TELNET server is to run.
type Telnetd struct {
	Addr netip.Addr // all addresses when zero
	Port uint16     // 23 when zero
}

// StartTelnetd starts inetd, which starts telnetd, which asks for a login.
func (h *Host) StartTelnetd(t T, o Telnetd) *Server {
	t.Helper()
	port := portOr(o.Port, 23)
	service, protocol := fmt.Sprint(port), "tcp6" // both families
	if o.Addr.IsValid() {
		service = fmt.Sprintf("%s:%d", o.Addr, port)
	}
	if o.Addr.Is4() {
		protocol = "tcp4"
	}
	conf := fmt.Sprintf("/etc/inetd-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf("%s stream %s nowait root /usr/sbin/telnetd telnetd\n", service, protocol))
	// At its usual rate inetd closes a service for ten minutes that is asked for
	// more than 40 times in one, as a scan does.
	return h.start(t, "inetd", []wanted{{"tcp", port, 1}}, "inetutils-inetd", "--debug", "--pidfile", "--rate=100000", conf)
}
