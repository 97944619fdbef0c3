package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "luanti", Transport: exposure.UDP, Ports: []uint16{30000}, Weak: true, Hello: luantiHello, Match: luantiReplies})
}

// luantiMark begins every packet.
var luantiMark = []byte{0x4f, 0x45, 0x74, 0x03}

// luantiHello is what the game's own list of servers is tested with: an empty
// packet from a peer without a number, reliable, so that it is acknowledged.
// The server gives the peer a number and takes it back when nothing follows; it
// names no player.
func luantiHello(uint64) []byte {
	return append(bytes.Clone(luantiMark), 0, 0, 0, 3, 0xff, 0xdc, 1)
}

// luantiReplies wants a packet of the server, which has the number 1.
func luantiReplies(_, b []byte) bool {
	return len(b) >= 9 && bytes.HasPrefix(b, luantiMark) && b[4] == 0 && b[5] == 1 && b[7] <= 3
}
