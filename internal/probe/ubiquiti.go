package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "ubnt-discover", Transport: exposure.UDP, Ports: []uint16{10001}, Weak: true,
		// Version 1, discovery, nothing behind it.
		Hello: func(uint64) []byte { return []byte{1, 0, 0, 0} },
		Match: ubiquitiReplies,
	})
}

// ubiquitiReplies wants the header with the length of what follows, which are
// fields of a type, a length and a value.
func ubiquitiReplies(_, b []byte) bool {
	if len(b) < 7 || b[0] != 1 && b[0] != 2 || int(binary.BigEndian.Uint16(b[2:])) != len(b)-4 {
		return false
	}
	rest := b[4:]
	for len(rest) >= 3 && int(binary.BigEndian.Uint16(rest[1:])) <= len(rest)-3 {
		rest = rest[3+int(binary.BigEndian.Uint16(rest[1:])):]
	}
	return len(rest) == 0
}
