package probe

import (
	"bytes"
	"encoding/binary"
	"slices"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "teamspeak", Transport: exposure.UDP, Ports: []uint16{9987}, Hello: teamspeakHello, Match: teamspeakReplies})
}

// teamspeakMark stands where later packets have their proof.
var teamspeakMark = []byte("TS3INIT1")

const teamspeakRandom = 8 + 2 + 2 + 1 + 4 + 1 + 4 // where our number is in the hello

// teamspeakHello is the first step of the way in of TeamSpeak 3: packet 101, no
// client, the kind, a version, step 0, a time, our number and zeros. The server
// keeps nothing until the fourth step.
func teamspeakHello(nonce uint64) []byte {
	b := append(bytes.Clone(teamspeakMark), 0, 101, 0, 0, 0x88, 0x09, 0x83, 0x8c, 0xcf, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(nonce>>32))
	b = binary.BigEndian.AppendUint32(b, uint32(nonce))
	return append(b, make([]byte, 8)...)
}

// teamspeakReplies wants the second step, which has our number backwards behind
// sixteen bytes of the server's.
func teamspeakReplies(hello, b []byte) bool {
	const step = 8 + 2 + 1
	if len(hello) < teamspeakRandom+4 || len(b) != step+1+16+4 || !bytes.HasPrefix(b, teamspeakMark) || b[10] != 0x88 || b[step] != 1 {
		return false
	}
	number := bytes.Clone(hello[teamspeakRandom : teamspeakRandom+4])
	slices.Reverse(number)
	return bytes.Equal(b[step+1+16:], number)
}
