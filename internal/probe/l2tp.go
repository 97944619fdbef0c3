package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "l2tp", Transport: exposure.UDP, Ports: []uint16{1701}, Hello: l2tpHello, Match: l2tpReplies})
}

const (
	l2tpHeader = 12
	l2tpFlags  = 0xc802 // control, with length and sequence numbers, version 2
)

// l2tpHello asks to begin a control connection, whose number on our side is the
// nonce (RFC 2661 section 6.1). The server forgets it when no second message
// comes; no session and no login is begun.
func l2tpHello(nonce uint64) []byte {
	avps := l2tpValue(0, 0, 1)                                          // SCCRQ
	avps = append(avps, l2tpValue(2, 1, 0)...)                          // protocol version 1.0
	avps = append(avps, l2tpValue(3, 0, 0, 0, 3)...)                    // both framings
	avps = append(avps, l2tpValue(7, []byte("sekisho")...)...)          // host name
	avps = append(avps, l2tpValue(9, byte(nonce>>8), byte(nonce)|1)...) // our number, never 0
	avps = append(avps, l2tpValue(10, 0, 4)...)                         // receive window
	b := binary.BigEndian.AppendUint16(nil, l2tpFlags)
	b = binary.BigEndian.AppendUint16(b, uint16(l2tpHeader+len(avps)))
	return append(append(b, make([]byte, 8)...), avps...)
}

// l2tpValue is one attribute that must be understood (section 4.1).
func l2tpValue(kind byte, value ...byte) []byte {
	return append([]byte{0x80, byte(6 + len(value)), 0, 0, 0, kind}, value...)
}

// l2tpReplies wants a control message for our number that has received ours.
func l2tpReplies(hello, b []byte) bool {
	const number = l2tpHeader + 8 + 8 + 10 + 13 + 6 // where ours is in the hello
	return len(hello) >= number+2 && len(b) >= l2tpHeader &&
		binary.BigEndian.Uint16(b)&0xc80f == l2tpFlags && int(binary.BigEndian.Uint16(b[2:])) <= len(b) &&
		binary.BigEndian.Uint16(b[4:]) == binary.BigEndian.Uint16(hello[number:]) && binary.BigEndian.Uint16(b[10:]) == 1
}
