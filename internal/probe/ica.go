package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "ica", Transport: exposure.UDP, Ports: []uint16{1604}, Weak: true, Hello: icaHello, Match: icaReplies})
}

// icaMark stands in every packet of the ICA browser.
var icaMark = []byte{0x02, 0xfd, 0xa8, 0xe3}

// icaHello asks the ICA browser which server is its master: the length of the
// packet, the question, the mark and zeros. It asks for no list of programs.
func icaHello(uint64) []byte {
	b := make([]byte, 30)
	copy(b, append([]byte{30, 0, 0x01, 0x30}, icaMark...))
	return b
}

// icaReplies wants a packet of the length that it names, of the answering kind.
func icaReplies(_, b []byte) bool {
	return len(b) > 8 && int(binary.LittleEndian.Uint16(b)) == len(b) && b[2] == 2 && bytes.Equal(b[4:8], icaMark)
}
