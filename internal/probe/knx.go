package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "knxnet-ip", Transport: exposure.UDP, Ports: []uint16{3671}, Weak: true, Hello: knxHello, Match: knxReplies})
}

// knxHello asks a device for its description (KNX standard 3/8/2, section
// 7.5.4.2). An endpoint of zeros has it answer to where the question came from,
// as behind a NAT.
func knxHello(uint64) []byte {
	return []byte{6, 0x10, 0x02, 0x03, 0, 14, 8, 1, 0, 0, 0, 0, 0, 0}
}

// knxReplies wants the description, as long as it says.
func knxReplies(_, b []byte) bool {
	return len(b) > 6 && b[0] == 6 && b[1] == 0x10 && b[2] == 0x02 && b[3] == 0x04 && int(binary.BigEndian.Uint16(b[4:])) == len(b)
}
