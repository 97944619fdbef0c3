package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "msmq", Transport: exposure.UDP, Ports: []uint16{3527}, Hello: msmqHello, Match: msmqReplies})
}

const msmqPing = 24 // flags, signature, cookie and the id of a queue manager

// msmqHello is a Ping Request (MS-MQQB section 2.2.7). It asks whether a session
// would be taken; the cookie comes back.
func msmqHello(nonce uint64) []byte {
	b := append([]byte{0, 0, 0x48, 0x55}, noise(nonce, 4)...)
	return append(b, noise(nonce+1, 16)...)
}

// msmqReplies wants the same signature and cookie under the id of another
// queue manager than the one that we made up.
func msmqReplies(hello, b []byte) bool {
	return len(hello) == msmqPing && len(b) == msmqPing &&
		bytes.Equal(b[2:8], hello[2:8]) && !bytes.Equal(b[8:], hello[8:])
}
