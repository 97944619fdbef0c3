package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "rdp", Transport: exposure.UDP, Ports: []uint16{3389}, Hello: rdpHello, Match: rdpReplies})
}

const (
	rdpSyn = 0x0001
	rdpAck = 0x0004
	rdpMTU = 1232 // MS-RDPEUDP section 2.2.2.5: the most, and the size of a SYN
)

// rdpHello is the SYN of RDP's transport over UDP: nothing to acknowledge, a
// window, the flag, our sequence number, the datagram sizes of both ways, and
// zeros up to that size (MS-RDPEUDP sections 2.2.2.1 and 3.1.5.1.1). It is no
// shorter than its answer, so nobody can be flooded with that.
func rdpHello(nonce uint64) []byte {
	b := make([]byte, rdpMTU)
	binary.BigEndian.PutUint32(b, 0xffffffff)
	binary.BigEndian.PutUint16(b[4:], 64)
	binary.BigEndian.PutUint16(b[6:], rdpSyn)
	binary.BigEndian.PutUint32(b[8:], uint32(nonce))
	binary.BigEndian.PutUint16(b[12:], rdpMTU)
	binary.BigEndian.PutUint16(b[14:], rdpMTU)
	return b
}

// rdpReplies wants a SYN and ACK that acknowledges our sequence number.
func rdpReplies(hello, b []byte) bool {
	return len(hello) == rdpMTU && len(b) >= 16 &&
		binary.BigEndian.Uint16(b[6:])&(rdpSyn|rdpAck) == rdpSyn|rdpAck &&
		binary.BigEndian.Uint32(b) == binary.BigEndian.Uint32(hello[8:])
}
