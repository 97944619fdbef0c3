package probe

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{Name: "sip", Transport: exposure.UDP, Ports: []uint16{5060, 5061}, Hello: sipHello, Match: sipReplies, Tell: sipTell})
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
	if call := fieldOf(b, "Call-ID"); call != "" {
		return call
	}
	return fieldOf(b, "i")
}

var sipProducts = []pattern{
	{"Asterisk", regexp.MustCompile(`^(?:Asterisk|FPBX)[^(/]*[(/ ](?:PBX )?(?P<version>\d[\w.~-]*)`)},
	{"Asterisk", regexp.MustCompile(`^Asterisk`)},
	{"FreeSWITCH", regexp.MustCompile(`(?i)^FreeSWITCH(?:-mod_sofia/(?P<version>\d[\w.]*))?`)},
	{"Kamailio", regexp.MustCompile(`(?i)^kamailio \((?P<version>\d[\w.]*)`)},
	{"OpenSIPS", regexp.MustCompile(`(?i)^OpenSIPS \((?P<version>\d[\w.]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w .-]*?)(?:[/ -]v?(?P<version>\d[\w.]*))?(?:[ (].*)?$`)},
}

// sipTell keeps the server's words: a server names itself as Server, a telephone
// as User-Agent (RFC 3261 sections 20.35 and 20.41).
func sipTell(reply []byte, svc *exposure.Service) {
	words := fieldOf(reply, "server")
	if words == "" {
		words = fieldOf(reply, "user-agent")
	}
	svc.Banner = untrusted.New(words, maxBanner)
	svc.Product, svc.Version = match(sipProducts, words)
	line, _, _ := strings.Cut(string(reply), "\r\n")
	_, status, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(status, " ")
	if n, err := strconv.Atoi(code); err == nil {
		svc.Facts["status"] = n
	}
	if allow := fieldOf(reply, "allow"); allow != "" {
		svc.Facts["allow"] = untrusted.New(allow, maxFact)
	}
}
