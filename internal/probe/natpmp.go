package probe

import (
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/natpmp"
	"sekisho/internal/wire/pcp"
)

func init() {
	register(Probe{Name: "nat-pmp", Transport: exposure.UDP, Ports: []uint16{natpmp.Port}, Weak: true, Hello: natpmpHello, Match: natpmpReplies})
	register(Probe{Name: "pcp", Transport: exposure.UDP, Ports: []uint16{pcp.Port}, Weak: true, Hello: pcpHello, Match: pcpReplies})
}

// natpmpHello asks for the external address and maps nothing (RFC 6886 section
// 3.2).
func natpmpHello(uint64) []byte { return natpmp.Request() }

// natpmpReplies wants the address, or a refusal.
func natpmpReplies(_, b []byte) bool {
	_, err := natpmp.Parse(b)
	return err == nil
}

// pcpHello is an ANNOUNCE, which does nothing (RFC 6887 section 14.1). It should
// name our own address, which is not known here: where it is another than the
// server sees, the server says just that.
func pcpHello(uint64) []byte { return pcp.Announce(netip.Addr{}) }

// pcpReplies wants the response to it, or what a server of another version says.
func pcpReplies(_, b []byte) bool {
	_, err := pcp.Parse(b)
	return err == nil
}
