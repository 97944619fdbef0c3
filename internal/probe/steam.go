package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "steam-in-home", Transport: exposure.UDP, Ports: []uint16{27036, 27031}, Weak: true, Hello: steamHello, Match: steamReplies})
}

// steamMark begins every packet of Steam's search for other devices.
var steamMark = []byte{0xff, 0xff, 0xff, 0xff, 0x21, 0x4c, 0x5f, 0xa0}

// steamHello is that search: the mark, a header and a body, each with its size
// before it and in protocol buffers. The header has our number and the kind,
// the body the number of the search.
func steamHello(nonce uint64) []byte {
	header := binary.AppendUvarint([]byte{0x08}, nonce>>1)
	header = append(header, 0x10, 0) // the kind: a search
	body := []byte{0x08, 1}
	b := binary.LittleEndian.AppendUint32(bytes.Clone(steamMark), uint32(len(header)))
	b = binary.LittleEndian.AppendUint32(append(b, header...), uint32(len(body)))
	return append(b, body...)
}

// steamReplies wants the status of another device: both sizes fit, and the
// header says that kind.
func steamReplies(_, b []byte) bool {
	b, found := bytes.CutPrefix(b, steamMark)
	if !found || len(b) < 8 {
		return false
	}
	size := uint64(binary.LittleEndian.Uint32(b))
	if uint64(len(b)) < 8+size {
		return false
	}
	header, rest := b[4:4+size], b[4+size:]
	return uint64(binary.LittleEndian.Uint32(rest)) == uint64(len(rest)-4) && bytes.Contains(header, []byte{0x10, 1})
}
