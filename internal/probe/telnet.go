package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "telnet", Transport: exposure.TCP, Ports: []uint16{23, 2323}, TLSPorts: []uint16{992},
		Greets: greetsTelnet, Run: runTelnet, Tests: telnetTests,
	})
}

// The commands of RFC 854.
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetWont = 252
	telnetDo   = 253
	telnetDont = 254
	telnetIAC  = 255
)

// The options that we let the server have (RFC 857 and 858): both only say who
// echoes and that it talks without waiting for its turn.
const (
	telnetEcho    = 1
	telnetGoAhead = 3
)

// greetsTelnet takes a negotiation for telnet, and a prompt for a user's name
// for something that is most likely telnet without one.
func greetsTelnet(first []byte) Fit {
	if len(first) >= 2 && first[0] == telnetIAC && first[1] >= telnetSE {
		return Sure
	}
	if telnetAsks(first) {
		return Maybe
	}
	return No
}

// telnetPrompt is a line that waits for a name or a password.
var telnetPrompt = regexp.MustCompile(`(?i)(?:login|user ?name|user|account|password|passcode|logon)\s*:\s*$`)

// telnetAsks looks for a prompt at the end of a text, which may be long and is
// looked at after each piece of it.
func telnetAsks(text []byte) bool {
	return telnetPrompt.Match(text[max(0, len(text)-maxTelnetPrompt):])
}

// maxTelnetPrompt is longer than a prompt with its blanks.
const maxTelnetPrompt = 128

// Bounds of a conversation. A peer that answers every refusal with another
// offer would go on for ever (RFC 854 asks only that a state not be announced
// twice).
const (
	maxTelnetOffers = 64
	maxTelnetBytes  = 16 << 10
	telnetQuiet     = 1500 * time.Millisecond // after text
	telnetWait      = 3 * time.Second         // before any: a server looks up our name then
)

var telnetOptions = map[byte]string{
	0: "BINARY", 1: "ECHO", 3: "SUPPRESS-GO-AHEAD", 5: "STATUS", 6: "TIMING-MARK", 18: "LOGOUT", 23: "SEND-LOCATION",
	24: "TERMINAL-TYPE", 25: "END-OF-RECORD", 31: "NAWS", 32: "TERMINAL-SPEED", 33: "TOGGLE-FLOW-CONTROL", 34: "LINEMODE",
	35: "X-DISPLAY-LOCATION", 36: "ENVIRON", 37: "AUTHENTICATION", 38: "ENCRYPT", 39: "NEW-ENVIRON", 42: "CHARSET",
	44: "COM-PORT-OPTION", 46: "START_TLS",
}

var telnetVerbs = map[byte]string{telnetWill: "WILL", telnetWont: "WONT", telnetDo: "DO", telnetDont: "DONT"}

// telnetProducts read the text before the prompt.
var telnetProducts = []pattern{
	{"Microsoft Telnet Service", regexp.MustCompile(`Microsoft Telnet Service`)},
	{"MikroTik RouterOS", regexp.MustCompile(`MikroTik v(?P<version>\d[\w.]*)`)},
	{"Yamaha router", regexp.MustCompile(`\b(?:RTX?|NVR|FWX)\d+ Rev\.(?P<version>[\d.]+)`)},
}

// telnetHints are what a banner gives away of the device.
var telnetHints = []pattern{
	{"Cisco", regexp.MustCompile(`User Access Verification|(?i)\bcisco\b`)},
	{"MikroTik", regexp.MustCompile(`MikroTik`)},
	{"Huawei", regexp.MustCompile(`(?i)huawei`)},
	{"ZTE", regexp.MustCompile(`\bZTE\b|\bZXHN\b`)},
	{"ZyXEL", regexp.MustCompile(`(?i)zyxel`)},
	{"D-Link", regexp.MustCompile(`(?i)\bd-link\b|\bDIR-\d{3}`)},
	{"TP-Link", regexp.MustCompile(`(?i)\btp-link\b`)},
	{"Yamaha", regexp.MustCompile(`(?i)yamaha|\b(?:RTX?|NVR|FWX)\d+ Rev\.`)},
	{"Allied Telesis", regexp.MustCompile(`(?i)allied ?teles`)},
	{"Juniper", regexp.MustCompile(`(?i)\bjunos\b|juniper`)},
	{"DrayTek", regexp.MustCompile(`(?i)draytek|\bVigor\d`)},
	{"HP JetDirect", regexp.MustCompile(`(?i)jetdirect`)},
	{"APC", regexp.MustCompile(`American Power Conversion|\bAPC\b`)},
	{"BusyBox", regexp.MustCompile(`BusyBox|\(none\) login:`)},
	{"OpenWrt", regexp.MustCompile(`OpenWrt`)},
	{"Windows", regexp.MustCompile(`Microsoft Telnet`)},
	{"", regexp.MustCompile(`(?P<product>(?:Debian GNU/Linux|Ubuntu|Raspbian GNU/Linux|Fedora|CentOS|Red Hat|FreeBSD|SunOS|AIX|HP-UX)[ \w./-]{0,40})`)},
}

// How the servers of Linux distributions begin, which name themselves nowhere
// else: DO for terminal type, speed, display location and environment in one
// segment, and in that of inetutils two offers before it.
var (
	telnetLinux     = []byte{telnetIAC, telnetDo, 24, telnetIAC, telnetDo, 32, telnetIAC, telnetDo, 35, telnetIAC, telnetDo, 39}
	telnetInetutils = append([]byte{telnetIAC, telnetWill, 37, telnetIAC, telnetWill, 38}, telnetLinux...)
)

// runTelnet answers the negotiation (RFC 854 and 855), refusing what needs
// state, and reads on to the prompt. It sends no name.
func runTelnet(ctx context.Context, s *Session) (exposure.Service, error) {
	c, err := s.Connect(ctx)
	if err != nil {
		return exposure.Service{}, err
	}
	defer c.Close()
	var t telnet
	err = t.talk(c)
	text := untrusted.New(strings.Trim(string(t.text), "\r\n\x00 "), maxBanner)
	prompt := telnetAsks(bytes.TrimRight(t.text, "\x00"))
	svc := exposure.Service{Protocol: "telnet", Confidence: exposure.Confirmed, Banner: text, Facts: exposure.Facts{
		"login_prompt": prompt, "options": texts(t.offers, maxTelnetOffers),
	}}
	switch {
	case len(t.offers) > 0:
	case prompt:
		svc.Confidence = exposure.Likely
	case err != nil:
		return exposure.Service{}, s.fail("read greeting", err)
	default:
		return exposure.Service{}, s.fail("read greeting", ErrProtocol)
	}
	svc.Product, svc.Version = match(telnetProducts, string(t.text))
	switch first := s.heardFirst(); {
	case !svc.Product.IsZero():
	case bytes.HasPrefix(first, telnetInetutils):
		svc.Product = untrusted.New("GNU inetutils telnetd", maxProduct)
	case bytes.HasPrefix(first, telnetLinux):
		svc.Product = untrusted.New("Linux telnetd", maxProduct)
	}
	if hint, _ := match(telnetHints, string(t.text)); !hint.IsZero() {
		svc.Facts["device_hint"] = hint
	}
	if err != nil {
		return svc, s.fail("negotiate", err)
	}
	return svc, nil
}

// telnet is one conversation.
type telnet struct {
	text   []byte
	offers []string // what the server proposed, each once, in its order
	count  int      // how often it proposed something
	answer []byte   // what we have to say to it

	state byte // what the last byte left open: 0, IAC, a verb, SB, or SE for an IAC inside SB
}

// talk reads to a prompt, to a pause or to its bounds, and answers on the way.
// The pause and the prompt are no errors.
func (t *telnet) talk(c *Conn) error {
	buf := make([]byte, 512)
	for total := 0; total < maxTelnetBytes; {
		quiet := telnetWait
		if len(t.text) > 0 {
			quiet = telnetQuiet
		}
		if err := c.SetReadDeadline(time.Now().Add(quiet)); err != nil {
			return err
		}
		n, err := c.Read(buf)
		total += n
		for _, b := range buf[:n] {
			t.take(b)
		}
		if t.count > maxTelnetOffers {
			return fmt.Errorf("peer negotiates without end, stopped after %d offers", maxTelnetOffers)
		}
		prompted := telnetAsks(bytes.TrimRight(t.text, "\x00"))
		if len(t.answer) > 0 {
			// After the prompt nothing more is wanted of the server.
			if _, err := c.Write(t.answer); err != nil && !prompted {
				return err
			}
			t.answer = t.answer[:0]
		}
		if err != nil {
			return t.pause(err)
		}
		if prompted {
			return nil
		}
	}
	return fmt.Errorf("peer sent more than %d bytes", maxTelnetBytes)
}

// pause takes silence after something was said for the end of the greeting.
func (t *telnet) pause(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) && (len(t.text) > 0 || len(t.offers) > 0) {
		return nil
	}
	return err
}

// take takes one byte: text, or a part of a command (RFC 854). A sub-negotiation
// is read over to its end (RFC 855).
func (t *telnet) take(b byte) {
	switch t.state {
	case 0:
		if b == telnetIAC {
			t.state = telnetIAC
		} else {
			t.text = append(t.text, b)
		}
	case telnetIAC:
		switch b {
		case telnetIAC:
			t.text = append(t.text, b)
			t.state = 0
		case telnetSB, telnetWill, telnetWont, telnetDo, telnetDont:
			t.state = b
		default:
			t.state = 0
		}
	case telnetSB:
		if b == telnetIAC {
			t.state = telnetSE
		}
	case telnetSE:
		t.state = telnetSB
		if b == telnetSE {
			t.state = 0
		}
	default:
		t.offer(t.state, b)
		t.state = 0
	}
}

// offer notes a proposal and answers it once. WONT and DONT end an option that
// was never on, so they need no answer.
func (t *telnet) offer(verb, option byte) {
	name, ok := telnetOptions[option]
	if !ok {
		name = fmt.Sprint(option)
	}
	t.count++
	said := telnetVerbs[verb] + " " + name
	if slices.Contains(t.offers, said) {
		return
	}
	t.offers = append(t.offers, said)
	switch verb {
	case telnetDo:
		t.answer = append(t.answer, telnetIAC, telnetWont, option)
	case telnetWill:
		reply := byte(telnetDont)
		if option == telnetEcho || option == telnetGoAhead {
			reply = telnetDo
		}
		t.answer = append(t.answer, telnetIAC, reply, option)
	}
}
