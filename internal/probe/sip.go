package probe

import (
	"bytes"
	"fmt"
	"strings"

	"sekisho/internal/exposure"
)

func init() {
	register(Probe{Name: "sip", Transport: exposure.UDP, Ports: []uint16{5060, 5061}, Hello: sipHello, Match: sipReplies})
}

// sipHello asks what the server can do, which rings nowhere (RFC 3261 section
// 11). With no hop left it is passed on to nobody (section 16.3), and with rport
// the answer comes back to where it came from (RFC 3581).
func sipHello(nonce uint64) []byte {
	return fmt.Appendf(nil, "OPTIONS sip:sekisho.invalid SIP/2.0\r\n"+
		"Via: SIP/2.0/UDP sekisho.invalid;branch=z9hG4bK%016[1]x;rport\r\n"+
		"Max-Forwards: 0\r\n"+
		"From: <sip:sekisho@sekisho.invalid>;tag=%08[2]x\r\n"+
		"To: <sip:sekisho.invalid>\r\n"+
		"Call-ID: %016[1]x\r\n"+
		"CSeq: 1 OPTIONS\r\n"+
		"Accept: application/sdp\r\n"+
		"Content-Length: 0\r\n\r\n", nonce, uint32(nonce>>16))
}

// sipReplies wants a status line and our Call-ID (section 8.2.6.2).
func sipReplies(hello, b []byte) bool {
	const line = "SIP/2.0 "
	return len(b) > len(line)+3 && bytes.HasPrefix(b, []byte(line)) && sipStatus(b[len(line):]) &&
		sipCall(hello) != "" && sipCall(b) == sipCall(hello)
}

// sipStatus reports whether a status code begins b.
func sipStatus(b []byte) bool {
	return b[0] >= '1' && b[0] <= '6' && b[1] >= '0' && b[1] <= '9' && b[2] >= '0' && b[2] <= '9'
}

// sipCall is the Call-ID of a message, whose name may be short (section 7.3.3).
func sipCall(b []byte) string {
	for line := range bytes.Lines(b) {
		name, value, found := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		if !found {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "call-id", "i":
			return strings.TrimSpace(value)
		}
	}
	return ""
}
