package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "fluentd", Transport: exposure.UDP, Ports: []uint16{24224}, Weak: true,
		// The heartbeat of forwarding, of which only the arrival counts, is
		// answered by one zero byte. It carries no event.
		Hello: func(uint64) []byte { return []byte("\n") },
		Match: func(_, reply []byte) bool { return bytes.Equal(reply, []byte{0}) },
	})
}
