package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "tftp", Transport: exposure.UDP, Ports: []uint16{69}, Weak: true, OtherPort: true,
		Hello: tftpHello, Match: tftpReplies,
	})
}

// tftpHello asks to read a file that nobody has. The server answers with an
// error, which repeats nothing, from a port that it picks for the transfer (RFC
// 1350 section 4).
func tftpHello(nonce uint64) []byte {
	return fmt.Appendf([]byte{0, 1}, "sekisho-%016x\x00octet\x00", nonce)
}

// tftpReplies wants an error: its number and a text that ends in zero (RFC 1350
// section 5). Should there be such a file after all, its first block is an
// answer as well.
func tftpReplies(_, b []byte) bool {
	if len(b) < 5 || len(b) > 516 {
		return false
	}
	switch binary.BigEndian.Uint16(b) {
	case 3:
		return binary.BigEndian.Uint16(b[2:]) == 1
	case 5:
		return b[2] == 0 && b[3] <= 8 && bytes.IndexByte(b[4:], 0) == len(b)-5
	}
	return false
}
