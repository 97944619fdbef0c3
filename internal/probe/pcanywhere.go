package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "pcanywhere", Transport: exposure.UDP, Ports: []uint16{5632}, Weak: true,
		// The name query of pcAnywhere's status port; the answer is NR, the
		// name of the machine and how busy it is.
		Hello: func(uint64) []byte { return []byte("NQ") },
		Match: func(_, reply []byte) bool {
			return len(reply) > 8 && len(reply) < 128 && bytes.HasPrefix(reply, []byte("NR"))
		},
	})
}
