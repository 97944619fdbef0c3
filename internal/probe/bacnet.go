package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "bacnet", Transport: exposure.UDP, Ports: []uint16{47808}, Weak: true, Hello: bacnetHello, Match: bacnetReplies})
}

// bacnetHello reads the number of the device, whose own it need not be known
// (ASHRAE 135 annex J.2.10 and clause 15.5). The id of the call has one byte.
func bacnetHello(nonce uint64) []byte {
	return []byte{
		0x81, 0x0a, 0, 17, // BACnet/IP, to one host, length
		1, 4, // version, an answer is expected
		0, 5, byte(nonce), 12, // a confirmed request, how much is taken, id, ReadProperty
		0x0c, 0x02, 0x3f, 0xff, 0xff, // the device, whichever it is
		0x19, 75, // object identifier
	}
}

// bacnetReplies wants an acknowledgement, an error, a reject or an abort of the
// same id (clause 20.1).
func bacnetReplies(hello, b []byte) bool {
	if len(hello) != 17 || len(b) < 9 || b[0] != 0x81 || int(binary.BigEndian.Uint16(b[2:])) != len(b) {
		return false
	}
	switch b[1] {
	case 0x0a:
		b = b[4:]
	case 0x04: // passed on by a device that stands between
		b = b[min(10, len(b)):]
	default:
		return false
	}
	if len(b) < 4 || b[0] != 1 || b[1]&0x28 != 0 { // routed ones have addresses here, and nobody routes to us
		return false
	}
	switch b[2] >> 4 {
	case 2, 3, 5, 6, 7: // simple and complex acknowledgement, error, reject, abort
		return b[3] == hello[8]
	}
	return false
}
