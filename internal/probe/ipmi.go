package probe

import (
	"bytes"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "ipmi", Transport: exposure.UDP, Ports: []uint16{623}, Weak: true, Hello: ipmiHello, Match: ipmiReplies})
}

// ipmiHello is the Presence Ping of RMCP (ASF 2.0 section 3.2.4.2): version 6,
// no acknowledgement wanted, class ASF, the number of ASF at IANA, and a tag of
// one byte, which comes back. 255 would say that no answer is wanted.
func ipmiHello(nonce uint64) []byte {
	return []byte{6, 0, 0xff, 6, 0, 0, 0x11, 0xbe, 0x80, byte(nonce % 255), 0, 0}
}

// ipmiReplies wants the Presence Pong of the same tag (section 3.2.4.3).
func ipmiReplies(hello, b []byte) bool {
	return len(hello) == 12 && len(b) >= 28 && b[0] == 6 && b[3] == 6 &&
		bytes.Equal(b[4:8], hello[4:8]) && b[8] == 0x40 && b[9] == hello[9] && b[11] == 16
}
