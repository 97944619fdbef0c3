package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "edonkey", Transport: exposure.UDP, Ports: []uint16{4672}, Weak: true,
		// KADEMLIA2_PING; the pong tells the port that the ping came from.
		Hello: func(uint64) []byte { return []byte{0xe4, 0x60} },
		Match: func(_, reply []byte) bool { return len(reply) == 4 && bytes.HasPrefix(reply, []byte{0xe4, 0x61}) },
	})
}
