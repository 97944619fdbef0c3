package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "ethernet-ip", Transport: exposure.UDP, Ports: []uint16{44818, 2222}, Hello: enipHello, Match: enipReplies})
}

const (
	enipHeader   = 24
	enipServices = 0x0004
	enipContext  = 12
)

// enipHello asks for the list of services, the shortest of the questions that
// need no session (CIP volume 2, section 2-4.6). The context comes back.
func enipHello(nonce uint64) []byte {
	b := binary.LittleEndian.AppendUint16(nil, enipServices)
	b = append(b, make([]byte, enipContext-2)...)
	b = binary.BigEndian.AppendUint64(b, nonce)
	return append(b, 0, 0, 0, 0)
}

// enipReplies wants the same command and context and something behind it, which
// the question has not.
func enipReplies(hello, b []byte) bool {
	return len(hello) == enipHeader && len(b) > enipHeader && bytes.Equal(b[:2], hello[:2]) &&
		int(binary.LittleEndian.Uint16(b[2:])) == len(b)-enipHeader &&
		bytes.Equal(b[enipContext:enipContext+8], hello[enipContext:enipContext+8])
}
