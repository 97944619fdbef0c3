package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "teredo", Transport: exposure.UDP, Ports: []uint16{3544}, Hello: teredoHello, Match: teredoReplies})
}

const (
	teredoAuth  = 13 // the authentication header without names and proof
	teredoNonce = 4
	teredoIPv6  = 40
)

// teredoHello is the Router Solicitation of a client that does not claim to be
// behind a cone NAT, so that the answer comes from the address that was asked
// (RFC 4380 sections 5.1.1, 5.2.1 and 5.3.1). Before it stands the
// authentication header, whose nonce comes back.
func teredoHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{0, 1, 0, 0}, nonce)
	b = append(b, 0)
	b = append(b, 0x60, 0, 0, 0, 0, 8, 58, 255)
	b = append(b, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff) // a client without the cone bit
	b = append(b, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)                   // all routers
	packet := len(b) - teredoIPv6
	b = append(b, 133, 0, 0, 0, 0, 0, 0, 0)
	binary.BigEndian.PutUint16(b[len(b)-6:], teredoChecksum(b[packet+8:], 8, 58))
	return b
}

// teredoChecksum is that of ICMPv6 over addresses and message (RFC 4443 section
// 2.3).
func teredoChecksum(b []byte, size, next uint32) uint16 {
	sum := size + next
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// teredoReplies wants the authentication header with our nonce, perhaps the
// origin that the server saw, and a Router Advertisement.
func teredoReplies(hello, b []byte) bool {
	if len(hello) < teredoAuth || len(b) < teredoAuth || b[0] != 0 || b[1] != 1 || b[2] != 0 || b[3] != 0 ||
		!bytes.Equal(b[teredoNonce:teredoNonce+8], hello[teredoNonce:teredoNonce+8]) {
		return false
	}
	b = b[teredoAuth:]
	const origin = 8
	if len(b) > origin && b[0] == 0 && b[1] == 0 {
		b = b[origin:]
	}
	return len(b) > teredoIPv6 && b[0]>>4 == 6 && b[6] == 58 && b[teredoIPv6] == 134
}
