package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "nat-pmp", Transport: exposure.UDP, Ports: []uint16{5351}, Weak: true, Hello: natpmpHello, Match: natpmpReplies})
	register(Probe{Name: "pcp", Transport: exposure.UDP, Ports: []uint16{5351}, Weak: true, Hello: pcpHello, Match: pcpReplies})
}

// natpmpHello asks for the external address and maps nothing (RFC 6886 section
// 3.2).
func natpmpHello(uint64) []byte { return []byte{0, 0} }

// natpmpReplies wants the address, or a refusal, which is as long or has the
// first eight bytes of it (section 3.5).
func natpmpReplies(_, b []byte) bool {
	return (len(b) == 8 || len(b) == 12) && b[0] == 0 && b[1] == 0x80 && binary.BigEndian.Uint16(b[2:]) <= 5
}

const pcpHeader = 24

// pcpHello is an ANNOUNCE, which does nothing (RFC 6887 section 14.1). It should
// name our own address, which is not known here: where it is another than the
// server sees, the server says just that.
func pcpHello(uint64) []byte {
	b := make([]byte, pcpHeader)
	b[0] = 2
	return b
}

// pcpReplies wants the response to it, or what a server of another version says.
func pcpReplies(_, b []byte) bool {
	return len(b) >= pcpHeader && len(b) <= 1100 && len(b)%4 == 0 && b[0] > 0 && b[1] == 0x80 && b[3] <= 13
}
