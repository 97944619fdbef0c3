package lab

import (
	"fmt"
	"net/netip"
)

// Dropbear says how an SSH server of small devices is to run.
type Dropbear struct {
	Addr netip.Addr // all addresses when zero
	Port uint16     // 22 when zero
	Args []string   // further arguments, such as -s for no passwords
}

// StartDropbear starts Dropbear with new host keys, Ed25519 and RSA.
func (h *Host) StartDropbear(t T, o Dropbear) *Server {
	t.Helper()
	port := portOr(o.Port, 22)
	keys := fmt.Sprintf("/etc/dropbear/lab-%d", port)
	h.WriteFile(t, keys+"/.keep", "")
	command := []string{"dropbear", "-F", "-E", "-P", keys + "/pid"}
	for _, kind := range []string{"ed25519", "rsa"} {
		h.Run(t, "dropbearkey", "-t", kind, "-f", keys+"/"+kind)
		command = append(command, "-r", keys+"/"+kind)
	}
	for _, a := range addressesOr(o.Addr) {
		command = append(command, "-p", netip.AddrPortFrom(a, port).String())
	}
	return h.start(t, "dropbear", []wanted{{"tcp", port, len(addressesOr(o.Addr))}}, append(command, o.Args...)...)
}
