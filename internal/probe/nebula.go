package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "nebula", Transport: exposure.UDP, Ports: []uint16{4242}, Hello: nebulaHello, Match: nebulaReplies})
}

const nebulaHeader = 16 // version and type, subtype, reserved, index, counter

// nebulaHello is a message of a tunnel that there is not, whose index is the
// nonce. So that a peer learns of a restart, Nebula tells it that it knows of
// no such tunnel.
func nebulaHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint32([]byte{1<<4 | 1, 0, 0, 0}, uint32(nonce))
	b = binary.BigEndian.AppendUint64(b, 1)
	return append(b, noise(nonce, 16)...)
}

// nebulaReplies wants the error of the same index.
func nebulaReplies(hello, b []byte) bool {
	return len(hello) > nebulaHeader && len(b) >= nebulaHeader && b[0] == 1<<4|2 && bytes.Equal(b[4:8], hello[4:8])
}
