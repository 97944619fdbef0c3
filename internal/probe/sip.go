package probe

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "sip", Transport: exposure.UDP, Ports: []uint16{5060, 5061}, TLSPorts: []uint16{5061}, Hello: sipHello, Match: sipReplies, Tell: sipTell,
		Tests: []Test{{Name: "sip", Port: 5060, Run: testSIP}},
	})
	register(Probe{
		Name: "sip", Transport: exposure.TCP, Ports: []uint16{5060}, TLSPorts: []uint16{5061}, ClientFirst: true, Greets: greetsSIP, Run: runSIP,
	})
}

// sipHello asks what the server can do, which rings nowhere (RFC 3261 section
// 11). With no hop left it is passed on to nobody (section 16.3), and with rport
// the answer comes back to where it came from (RFC 3581).
func sipHello(nonce uint64) []byte {
	return sipRequest(nonce, "OPTIONS", "UDP", "sekisho.invalid", "sekisho.invalid")
}

// sipRequest asks a domain something about a user of it or, without one, about
// itself. The nonce makes the ids of its dialogue.
func sipRequest(nonce uint64, method, transport, domain, to string) []byte {
	return fmt.Appendf(nil, "%[3]s sip:%[5]s SIP/2.0\r\n"+
		"Via: SIP/2.0/%[4]s sekisho.invalid;branch=z9hG4bK%016[1]x;rport\r\n"+
		"Max-Forwards: 0\r\n"+
		"From: <sip:sekisho@sekisho.invalid>;tag=%08[2]x\r\n"+
		"To: <sip:%[6]s>\r\n"+
		"Call-ID: %016[1]x\r\n"+
		"CSeq: 1 %[3]s\r\n"+
		"Accept: application/sdp\r\n"+
		"Content-Length: 0\r\n\r\n", nonce, uint32(nonce>>16), method, transport, domain, to)
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
	if n, _ := sipCode(reply); n > 0 {
		svc.Facts["status"] = n
	}
	if allow := fieldOf(reply, "allow"); allow != "" {
		svc.Facts["allow"] = untrusted.New(allow, maxFact)
	}
}

// sipCode is the status of an answer with its words, 0 when there is none.
func sipCode(reply []byte) (code int, words string) {
	line, _, _ := strings.Cut(string(reply), "\r\n")
	_, words, _ = strings.Cut(line, " ")
	number, _, _ := strings.Cut(words, " ")
	code, err := strconv.Atoi(number)
	if err != nil {
		return 0, words
	}
	return code, words
}

// greetsSIP takes what a SIP server answers to another protocol.
func greetsSIP(first []byte) Fit {
	if len(first) > 11 && bytes.HasPrefix(first, []byte("SIP/2.0 ")) && sipStatus(first[8:]) {
		return Sure
	}
	return No
}

// runSIP asks over TCP, or inside TLS, what the server can do.
func runSIP(ctx context.Context, s *Session) (exposure.Service, error) {
	reply, err := s.sipAsk(ctx, sipRequest(s.peer.nonce(), "OPTIONS", s.sipStream(), "sekisho.invalid", "sekisho.invalid"))
	if err != nil {
		return exposure.Service{}, s.fail("ask", err)
	}
	svc := exposure.Service{Protocol: "sip", Confidence: exposure.Confirmed, Facts: exposure.Facts{}}
	sipTell(reply, &svc)
	return svc, nil
}

// sipStream is what a connection of the session is called in Via.
func (s *Session) sipStream() string {
	if s.secure != nil {
		return "TLS"
	}
	return "TCP"
}

// maxSIPHead bounds the header of an answer.
const maxSIPHead = 16 << 10

// sipAsk sends a request over a connection and returns the header of its final
// answer: one below 200 says that there will be another (RFC 3261 section
// 8.1.3.2).
func (s *Session) sipAsk(ctx context.Context, request []byte) ([]byte, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	for range maxHTTPInterim {
		var head []byte
		for line := "first"; line != ""; {
			if line, err = c.Line(); err != nil {
				return nil, err
			}
			if len(head) == 0 && (len(line) < 12 || !strings.HasPrefix(line, "SIP/2.0 ")) {
				return nil, ErrProtocol
			}
			if head = append(head, line+"\r\n"...); len(head) > maxSIPHead {
				return nil, errReply
			}
		}
		if !sipReplies(request, head) {
			return nil, ErrProtocol
		}
		if code, _ := sipCode(head); code >= 200 {
			return head, nil
		}
	}
	return nil, errReply
}
