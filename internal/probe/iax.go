package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "iax", Transport: exposure.UDP, Ports: []uint16{4569}, Hello: iaxHello, Match: iaxReplies})
}

const (
	iaxFrame = 12   // a full frame, RFC 5456 section 8.1.1
	iaxKind  = 6    // the frame type of the protocol's own messages
	iaxPoke  = 0x1e // section 6.7.1: is anybody there?
	iaxPong  = 0x03
	iaxStamp = 4
)

// iaxHello asks whether anybody is there, which no call is needed for. The call
// number of our side and the timestamp come back.
func iaxHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, 0x8000|uint16(nonce)|1)
	b = binary.BigEndian.AppendUint32(append(b, 0, 0), uint32(nonce>>32))
	return append(b, 0, 0, iaxKind, iaxPoke)
}

// iaxReplies wants a PONG for our number with our timestamp (section 6.7.2).
func iaxReplies(hello, b []byte) bool {
	return len(hello) == iaxFrame && len(b) >= iaxFrame && b[0]&0x80 != 0 && b[10] == iaxKind && b[11] == iaxPong &&
		b[2]&0x7f == hello[0]&0x7f && b[3] == hello[1] && bytes.Equal(b[iaxStamp:iaxStamp+4], hello[iaxStamp:iaxStamp+4])
}
