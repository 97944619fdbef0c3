package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{
		Name: "quake3", Transport: exposure.UDP, Hello: quake3Hello, Match: quake3Replies,
		// Quake III and what came from it, FiveM, and DarkPlaces on Quake's port.
		Ports: []uint16{27960, 30120, 26000},
	})
	register(Probe{Name: "quake", Transport: exposure.UDP, Ports: []uint16{26000}, Weak: true, Hello: quakeHello, Match: quakeReplies})
	register(Probe{
		Name: "source-engine", Transport: exposure.UDP, Weak: true, Hello: sourceHello, Match: sourceReplies,
		// Valve's games, and Valheim, Rust, 7 Days to Die and ARK with the same query.
		Ports: []uint16{27015, 27016, 27005, 2456, 2457, 28015, 26900, 26901, 26902, 7777, 7778},
	})
}

// quakeApart stands before what belongs to no connection.
var quakeApart = []byte{0xff, 0xff, 0xff, 0xff}

// quake3Hello asks for the short description, with a challenge that comes back.
// The list of players is not asked for.
func quake3Hello(nonce uint64) []byte {
	return fmt.Appendf(bytes.Clone(quakeApart), "getinfo %016x", nonce)
}

// quake3Replies wants it, with our challenge among its keys and values.
func quake3Replies(hello, b []byte) bool {
	_, challenge, found := bytes.Cut(hello, []byte(" "))
	info, replied := bytes.CutPrefix(b, []byte("\xff\xff\xff\xffinfoResponse\n"))
	return found && replied && quakeHas(info, challenge)
}

// quakeHello asks a server of the first Quake for its description: a control
// packet with its length, the question, the name of the game and the version.
func quakeHello(uint64) []byte { return []byte("\x80\x00\x00\x0c\x02QUAKE\x00\x03") }

// quakeReplies wants the answering kind of control packet, as long as it says.
func quakeReplies(_, b []byte) bool {
	return len(b) > 8 && b[0] == 0x80 && b[1] == 0 && int(binary.BigEndian.Uint16(b[2:])) == len(b) && b[4] == 0x83
}

// sourceHello is A2S_INFO (Valve Developer Community, "Server queries"). Servers
// answer with a challenge, and old ones at once.
func sourceHello(uint64) []byte {
	return append(bytes.Clone(quakeApart), "TSource Engine Query\x00"...)
}

// sourceReplies wants the challenge or the description.
func sourceReplies(_, b []byte) bool {
	b, found := bytes.CutPrefix(b, quakeApart)
	return found && (len(b) == 5 && b[0] == 'A' || len(b) > 19 && (b[0] == 'I' || b[0] == 'm'))
}

// quakeHas reports whether the keys and values of info have our challenge.
func quakeHas(info, challenge []byte) bool {
	parts := bytes.Split(info[:min(len(info), 2048)], []byte(`\`))
	for i := 1; i+1 < len(parts); i += 2 {
		if string(parts[i]) == "challenge" && bytes.Equal(parts[i+1], challenge) {
			return true
		}
	}
	return false
}
