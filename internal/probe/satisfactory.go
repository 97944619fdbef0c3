package probe

import (
	"bytes"
	"encoding/binary"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "satisfactory", Transport: exposure.UDP, Ports: []uint16{7777}, Hello: satisfactoryHello, Match: satisfactoryReplies})
}

const satisfactoryHeader = 4 + 8

// satisfactoryHello asks for the state of the server (Satisfactory dedicated
// server, "Lightweight Query API"): the mark, the question, the version, a
// cookie that comes back, and the end.
func satisfactoryHello(nonce uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{0xd5, 0xf6, 0, 1}, nonce)
	return append(b, 1)
}

// satisfactoryReplies wants the answer with our cookie.
func satisfactoryReplies(hello, b []byte) bool {
	return len(hello) > satisfactoryHeader && len(b) > satisfactoryHeader+1 && bytes.Equal(b[:2], hello[:2]) && b[2] == 1 &&
		bytes.Equal(b[4:satisfactoryHeader], hello[4:satisfactoryHeader]) && b[len(b)-1] == 1
}
