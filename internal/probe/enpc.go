package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "enpc", Transport: exposure.UDP, Ports: []uint16{3289}, Weak: true,
		// Epson's question for a device, as the drivers of SANE send it.
		Hello: func(uint64) []byte { return []byte("EPSONP\x00\xff\x00\x00\x00\x00\x00\x00\x00") },
		Match: func(_, reply []byte) bool {
			return len(reply) > 15 && len(reply) < 512 && bytes.HasPrefix(reply, []byte("EPSONp"))
		},
	})
}
