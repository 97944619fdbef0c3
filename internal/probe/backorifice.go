package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "back-orifice", Transport: exposure.UDP, Ports: []uint16{31337, 31338}, Weak: true, Hello: backorificeHello, Match: backorificeReplies})
}

const (
	backorificeMagic  = "*!*QWTY?"
	backorificeHeader = 8 + 4 + 4 + 1
	backorificePing   = 1
)

// backorificeHello is the trojan's ping: the mark, the size, a number, the kind,
// an empty argument and an empty checksum, under the cipher that it has when
// nobody gave it a password. No password is tried.
func backorificeHello(uint64) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(backorificeMagic), backorificeHeader+2)
	return backorificeCipher(append(b, 0, 0, 0, 0, backorificePing, 0, 0))
}

// backorificeCipher combines b with the numbers of the trojan's generator, which
// undoes itself.
func backorificeCipher(b []byte) []byte {
	state := uint32(31337)
	out := make([]byte, len(b))
	for i, c := range b {
		state = state*214013 + 2531011
		out[i] = c ^ byte(state>>16)
	}
	return out
}

// backorificeReplies wants a packet with the mark and its size that says PONG.
func backorificeReplies(_, b []byte) bool {
	if len(b) <= backorificeHeader+2 || len(b) > 1024 {
		return false
	}
	plain := backorificeCipher(b)
	return bytes.HasPrefix(plain, []byte(backorificeMagic)) && int(binary.LittleEndian.Uint32(plain[8:])) == len(b) &&
		bytes.Contains(plain[backorificeHeader:], []byte("PONG"))
}
