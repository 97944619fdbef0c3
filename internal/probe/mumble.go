package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "mumble", Transport: exposure.UDP, Ports: []uint16{64738}, Hello: mumbleHello, Match: mumbleReplies})
}

// mumbleHello is the ping of the server list: the question and a number that
// comes back (Mumble protocol, "UDP ping packet").
func mumbleHello(nonce uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4), nonce)
}

// mumbleReplies wants the version, our number, the users, the most of them, and
// the bandwidth.
func mumbleReplies(hello, b []byte) bool {
	return len(hello) == 12 && len(b) == 24 && bytes.Equal(b[4:12], hello[4:])
}
