package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "openttd", Transport: exposure.UDP, Ports: []uint16{3979}, Weak: true,
		// PACKET_UDP_CLIENT_FIND_SERVER: the length of the packet and its kind.
		Hello: func(uint64) []byte { return []byte{3, 0, 0} },
		Match: func(_, reply []byte) bool {
			return len(reply) >= 3 && int(binary.LittleEndian.Uint16(reply)) == len(reply) && reply[2] == 1
		},
	})
}
