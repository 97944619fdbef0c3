package lab

import (
	"fmt"
	"net/netip"
)

// Chrony says how chrony is to serve the time.
type Chrony struct {
	Addr   netip.Addr // all addresses when zero
	Port   uint16     // 123 when zero
	Config string     // further lines of chrony.conf
}

// StartChrony starts chronyd, which tells everybody the time of the machine
// without setting it.
func (h *Host) StartChrony(t T, o Chrony) *Server {
	t.Helper()
	port, listen, n := portOr(o.Port, 123), "", 2
	if o.Addr.IsValid() {
		listen, n = fmt.Sprintf("bindaddress %s\n", o.Addr), 1
	}
	command := []string{"chronyd", "-x", "-d", "-u", "root"}
	switch {
	case o.Addr.Is4():
		command = append(command, "-4")
	case o.Addr.IsValid():
		command = append(command, "-6")
	}
	conf := fmt.Sprintf("/etc/chrony/lab-%d.conf", port)
	h.WriteFile(t, conf, fmt.Sprintf("port %[1]d\n%[2]sallow all\nlocal stratum 3\ncmdport 0\nbindcmdaddress /\npidfile /run/chrony-%[1]d.pid\n%[3]s\n",
		port, listen, o.Config))
	return h.start(t, "chronyd", []wanted{{"udp", port, n}}, append(command, "-f", conf)...)
}
