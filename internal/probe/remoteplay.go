package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "ps-remote-play", Transport: exposure.UDP, Ports: []uint16{9302, 9296, 9297}, Weak: true,
		// The console's search for players, which wakes nobody.
		Hello: func(uint64) []byte { return []byte("SRCH * HTTP/1.1\ndevice-discovery-protocol-version:00030010\n") },
		Match: func(_, reply []byte) bool {
			return len(reply) < 2048 && bytes.HasPrefix(reply, []byte("HTTP/1.1 ")) && bytes.Contains(reply, []byte("host-type:"))
		},
	})
}
