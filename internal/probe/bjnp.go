package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	for name, device := range map[string]byte{"bjnp": 1, "bjnp-scanner": 2} {
		register(Probe{
			Name: name, Transport: exposure.UDP, Ports: []uint16{8611, 8612, 8610}, Match: bjnpReplies,
			Hello: func(nonce uint64) []byte { return bjnpDiscover(device, uint16(nonce)) },
		})
	}
}

const bjnpHeader = 16

// bjnpDiscover asks a device of Canon whether it is one: the mark, the kind of
// device, the command to discover, a sequence number, no session, nothing
// behind it.
func bjnpDiscover(device byte, number uint16) []byte {
	b := append([]byte("BJNP"), device, 1, 0, 0)
	b = binary.BigEndian.AppendUint16(b, number)
	return append(b, make([]byte, bjnpHeader-len(b))...)
}

// bjnpReplies wants the same with the bit of an answer, and as much behind it as
// it says.
func bjnpReplies(hello, b []byte) bool {
	return len(hello) == bjnpHeader && len(b) >= bjnpHeader && bytes.Equal(b[:4], hello[:4]) &&
		b[4] == hello[4]|0x80 && b[5] == hello[5] && bytes.Equal(b[8:10], hello[8:10]) &&
		uint64(binary.BigEndian.Uint32(b[12:])) == uint64(len(b)-bjnpHeader)
}
