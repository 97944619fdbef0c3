package probe

import (
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "xdmcp", Transport: exposure.UDP, Ports: []uint16{177}, Weak: true, Hello: xdmcpHello, Match: xdmcpReplies})
}

// xdmcpHello is a Query without names of authentication: whether the host would
// manage a display (XDMCP version 1.1, section 4). It begins no session.
func xdmcpHello(uint64) []byte { return []byte{0, 1, 0, 2, 0, 1, 0} }

// xdmcpReplies wants Willing or Unwilling: three strings or two, each with its
// length before it, that fill the packet.
func xdmcpReplies(_, b []byte) bool {
	const willing, unwilling = 5, 6
	if len(b) < 6 || b[0] != 0 || b[1] != 1 || b[2] != 0 || int(binary.BigEndian.Uint16(b[4:])) != len(b)-6 {
		return false
	}
	texts := map[byte]int{willing: 3, unwilling: 2}[b[3]]
	rest := b[6:]
	for range texts {
		if len(rest) < 2 || int(binary.BigEndian.Uint16(rest)) > len(rest)-2 {
			return false
		}
		rest = rest[2+int(binary.BigEndian.Uint16(rest)):]
	}
	return texts > 0 && len(rest) == 0
}
