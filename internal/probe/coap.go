package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "coap", Transport: exposure.UDP, Ports: []uint16{5683}, Hello: coapHello, Match: coapReplies,
		Tests: []Test{{Name: "coap", Port: 5683, Run: testCoAP}},
	})
}

// coapHello is a ping: an empty message that wants to be acknowledged, which
// every endpoint answers by a reset of the same id (RFC 7252 sections 1.2 and
// 4.3). It is as long as its answer.
func coapHello(nonce uint64) []byte {
	return binary.BigEndian.AppendUint16([]byte{0x40, 0}, uint16(nonce))
}

// coapReplies wants the reset.
func coapReplies(hello, b []byte) bool {
	return len(hello) == 4 && len(b) == 4 && b[0] == 0x70 && b[1] == 0 && bytes.Equal(b[2:], hello[2:])
}
