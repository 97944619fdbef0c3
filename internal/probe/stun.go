package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "stun", Transport: exposure.UDP, Ports: []uint16{3478}, Hello: stunHello, Match: stunReplies})
}

const (
	stunHeader  = 20
	stunRequest = 0x0001 // Binding
	stunAnswer  = 0x0101
	stunRefusal = 0x0111
	stunCookie  = 0x2112a442
)

// stunHello is a Binding request without attributes (RFC 8489 section 5).
func stunHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint16(nil, stunRequest)
	b = binary.BigEndian.AppendUint32(append(b, 0, 0), stunCookie)
	return append(b, noise(nonce, 12)...)
}

// stunReplies wants a response or an error of the same transaction.
func stunReplies(hello, b []byte) bool {
	if len(hello) != stunHeader || len(b) < stunHeader || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return false
	}
	kind := binary.BigEndian.Uint16(b)
	return (kind == stunAnswer || kind == stunRefusal) && bytes.Equal(b[4:stunHeader], hello[4:])
}
