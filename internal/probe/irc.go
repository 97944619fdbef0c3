package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "irc", Transport: exposure.TCP, Ports: []uint16{6667, 6665, 6666, 6668, 6669}, TLSPorts: []uint16{6697, 9999},
		ClientFirst: true, Greets: greetsIRC, Run: runIRC, Tests: ircTests,
	})
}

// ircSays is a line of a server that has not heard who we are: notices, replies
// with a number, and the word with which it hangs up (RFC 2812 sections 3.1, 3.7.4
// and 5).
var ircSays = regexp.MustCompile(`(?m)\A(?::\S+ )?(?:(?:NOTICE|020|4[0-9]{2}) (?:AUTH|\*|[^ ]{1,32}) .*:|CAP [^ ]{1,32} (?:LS|ACK|NAK) |ERROR :(?i:closing link|access denied|your host|too many|connection refused|trying to reconnect|banned|password))`)

// greetsIRC takes a server's first line.
func greetsIRC(first []byte) Fit {
	if ircSays.Match(first) {
		return Sure
	}
	return No
}

// Bounds of what is read until the server has told who it is: the message of the
// day, which comes after that, is not read.
const (
	maxIRCLines = 256
	maxIRCNicks = 3
	maxIRCLine  = 512 // RFC 2812 section 2.3
	// maxIRCCapabilities are kept, of however many a server names.
	maxIRCCapabilities = 64
	ircQuiet           = 2 * time.Second
)

// ircProducts name themselves in the reply 004, as a name and a version.
var ircProducts = []pattern{
	{"InspIRCd", regexp.MustCompile(`(?i)\binspircd(?:-(?P<version>\d[\w.]*))?`)},
	{"ngIRCd", regexp.MustCompile(`(?i)\bngircd(?:-(?P<version>\d[\w.~]*))?`)},
	{"UnrealIRCd", regexp.MustCompile(`\bUnreal(?:IRCd)?-?(?P<version>\d[\w.]*)`)},
	{"Solanum", regexp.MustCompile(`\bsolanum-(?P<version>\d[\w.]*)`)},
	{"Charybdis", regexp.MustCompile(`\bcharybdis-(?P<version>\d[\w.]*)`)},
	{"ircd-hybrid", regexp.MustCompile(`\bhybrid-(?:\d+:)?(?P<version>\d[\w.]*)`)},
	{"Ergo", regexp.MustCompile(`\b(?:ergo|oragono)-v?(?P<version>\d[\w.]*)`)},
	{"Bahamut", regexp.MustCompile(`\bbahamut-(?P<version>\d[\w.]*)`)},
	{"ircu", regexp.MustCompile(`\bu(?P<version>2\.10[\w.]*)`)},
	{"IRCnet ircd", regexp.MustCompile(`(?:version |^)(?P<version>2\.1[01][\w.]*)`)},
	{"miniircd", regexp.MustCompile(`\bminiircd-(?P<version>\d[\w.]*)`)},
	{"ZNC", regexp.MustCompile(`(?i)\bznc\b`)},
	{"BitlBee", regexp.MustCompile(`(?i)\bbitlbee[- ](?P<version>\d[\w.]*)`)},
}

// runIRC registers under a name made of chance, as every client does before it
// may ask anything, and leaves as soon as the server has told who it is. It
// enters no channel and sends nobody a word.
func runIRC(ctx context.Context, s *Session) (exposure.Service, error) {
	i := irc{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	err := i.enter(ctx, "", "")
	i.leave()
	return i.svc, err
}

// irc is one conversation with a server.
type irc struct {
	s    *Session
	c    *Conn
	svc  exposure.Service
	said []string // the lines that name the product

	registered bool
	refusal    string // why it lets nobody in
	nicks      int
}

// ircLine is one message of a server (RFC 2812 section 2.3.1).
type ircLine struct {
	from, command string
	params        []string
}

// maxIRCWords are a command and its parameters (RFC 2812 section 2.3).
const maxIRCWords = 1 + 15

// readIRC takes a line apart. Tags of IRCv3 before it are left out.
func readIRC(line string) (m ircLine) {
	if strings.HasPrefix(line, "@") {
		_, line, _ = strings.Cut(line, " ")
	}
	if from, rest, ok := strings.Cut(line, " "); ok && strings.HasPrefix(from, ":") {
		m.from, line = from[1:], rest
	}
	line, trailing, more := strings.Cut(line, " :")
	var words []string
	for word := range strings.FieldsSeq(line) {
		if words = append(words, word); len(words) == maxIRCWords {
			break
		}
	}
	if len(words) == 0 {
		return m
	}
	m.command, m.params = strings.ToUpper(words[0]), words[1:]
	if more {
		m.params = append(m.params, trailing)
	}
	return m
}

// last is the text of a message.
func (m ircLine) last() string {
	if len(m.params) == 0 {
		return ""
	}
	return m.params[len(m.params)-1]
}

// enter registers and reads until the server has told what it is, or why it
// lets nobody in. Without a name one is made up.
func (i *irc) enter(ctx context.Context, user, password string) error {
	c, err := i.s.Connect(ctx)
	if err != nil {
		return err
	}
	i.c = c
	nick, name := user, user
	if user == "" {
		nick, name = i.nick(), "sekisho"
	}
	// IRCv3 capability negotiation comes first, since it holds the registration.
	hello := "CAP LS 302\r\n"
	if password != "" {
		hello += "PASS :" + password + "\r\n"
	}
	hello += "NICK " + nick + "\r\nUSER " + name + " 0 * :sekisho\r\nCAP END\r\n"
	if _, err := c.Write([]byte(hello)); err != nil {
		return i.s.fail("register", err)
	}
	for range maxIRCLines {
		line, err := c.Line()
		if err == nil || line != "" {
			i.take(line)
		}
		switch {
		case i.refusal != "":
			i.close()
			return nil
		case i.registered && errors.Is(err, os.ErrDeadlineExceeded):
			i.close()
			return nil
		case err != nil:
			return i.s.fail("register", err)
		case i.svc.Confidence == exposure.NoConfidence:
			return i.s.fail("register", ErrProtocol)
		case i.registered && i.enough(line):
			i.close()
			return nil
		case i.registered: // a relay may have no more to tell
			if err := c.SetReadDeadline(time.Now().Add(ircQuiet)); err != nil {
				return i.s.fail("register", err)
			}
		}
	}
	return i.s.fail("register", errReply)
}

// nick is a name that nobody has.
func (i *irc) nick() string {
	i.nicks++
	return fmt.Sprintf("sk%06d", (i.s.peer.nonce()+uint64(i.nicks)-1)%1_000_000)
}

// enough reports whether a line comes after those that tell of the server: the
// number of users, the message of the day, or that there is none.
func (*irc) enough(line string) bool {
	switch readIRC(line).command {
	case "375", "376", "422", "265", "266", "255":
		return true
	}
	return false
}

// take keeps what one line tells.
func (i *irc) take(line string) {
	m := readIRC(line)
	if i.svc.Confidence == exposure.NoConfidence {
		if !ircSays.MatchString(line) && m.command != "001" && m.command != "PING" {
			return
		}
		i.svc.Protocol, i.svc.Confidence = "irc", exposure.Confirmed
		i.svc.Banner = untrusted.New(line, maxBanner)
	}
	if m.from != "" && i.svc.Facts["hostname"] == nil && strings.Contains(m.from, ".") {
		i.svc.Facts["hostname"] = untrusted.New(m.from, maxFact)
	}
	switch m.command {
	case "PING": // some let nobody in who does not answer a number first
		_ = i.c.Send("PONG :" + m.last())
	case "NOTICE":
		if i.notice(m.last()) && !i.registered {
			i.refuse(m.last()) // a relay waits for the password in silence
		}
	case "CAP":
		i.capabilities(m)
	case "001":
		i.registered = true
		i.svc.Facts["password_required"] = false
	case "002", "004", "351":
		i.said = append(i.said, strings.Join(m.params[min(1, len(m.params)):], " "))
	case "005":
		i.supports(m.params)
	case "251", "252", "254":
		i.counts(m)
	case "432", "433", "436", "437":
		if !i.registered && i.nicks > 0 && i.nicks < maxIRCNicks {
			_ = i.c.Send("NICK " + i.nick())
		} else if !i.registered {
			i.refuse(m.last())
		}
	case "463", "464", "465", "466", "477", "480":
		i.refuse(m.last())
		if m.command == "464" {
			i.svc.Facts["password_required"] = true
		}
	case "ERROR":
		i.refuse(m.last())
	}
	i.s.Learn(i.svc)
}

var (
	ircWantsPassword = regexp.MustCompile(`(?i)\b(?:bad|invalid|incorrect|wrong|no|need|require[ds]?|send|server) (?:to send )?(?:your |a |the |server )?pass(?:word)?|pass(?:word)? (?:required|mismatch|incorrect)`)
	ircWantsTLS      = regexp.MustCompile(`(?i)\b(?:ssl|tls)\b.{0,40}\b(?:required|only|must|need)|\b(?:require[ds]?|only|must|need)\b.{0,40}\b(?:ssl|tls)\b`)
)

// notice hears of what is wanted of everybody, and tells whether that is a
// password.
func (i *irc) notice(text string) (password bool) {
	text = text[:min(len(text), maxIRCLine)]
	lower := strings.ToLower(text) // most notices speak of neither, and need no expression
	if password = strings.Contains(lower, "pass") && ircWantsPassword.MatchString(text); password {
		i.svc.Facts["password_required"] = true
		i.said = append(i.said, text)
	}
	if (strings.Contains(lower, "tls") || strings.Contains(lower, "ssl")) && i.s.secure == nil && ircWantsTLS.MatchString(text) {
		i.svc.Facts["tls_required"] = true
	}
	return password
}

// refuse keeps why the server lets nobody in.
func (i *irc) refuse(why string) {
	i.notice(why)
	i.refusal = why
	if i.refusal == "" {
		i.refusal = "ERROR"
	}
	i.svc.Facts["refused"] = untrusted.New(i.refusal, maxFact)
}

// capabilities keeps what can be agreed on: TLS within the protocol, a port that
// is for TLS (IRCv3 "Strict Transport Security"), ways to log in.
func (i *irc) capabilities(m ircLine) {
	if len(m.params) < 3 || !strings.EqualFold(m.params[1], "LS") {
		return
	}
	if list := i.svc.Facts.Texts("capabilities"); len(list) < maxIRCCapabilities {
		list = append(list, texts(strings.Fields(m.last()), maxIRCCapabilities)...)
		i.svc.Facts["capabilities"] = list[:min(len(list), maxIRCCapabilities)]
	}
	for name := range strings.FieldsSeq(m.last()) {
		name, value, _ := strings.Cut(name, "=")
		switch name {
		case "tls":
			i.svc.Facts["starttls"] = true
		case "sts":
			for part := range strings.SplitSeq(value, ",") {
				if port, ok := strings.CutPrefix(part, "port="); ok {
					if n, err := strconv.ParseUint(port, 10, 16); err == nil {
						i.svc.Facts["tls_port"] = int(n)
					}
				}
			}
		case "sasl":
			if value != "" {
				i.svc.Facts["auth"] = texts(strings.Split(value, ","), 16)
			}
		}
	}
}

// supports keeps the name of the network of the reply 005.
func (i *irc) supports(params []string) {
	for _, p := range params {
		if name, ok := strings.CutPrefix(p, "NETWORK="); ok && name != "" {
			i.svc.Facts["network"] = untrusted.New(name, maxFact)
		}
	}
}

var ircUsers = regexp.MustCompile(`(\d{1,7}) users? and (\d{1,7})`)

// counts keeps how many users and channels there are.
func (i *irc) counts(m ircLine) {
	switch m.command {
	case "251":
		if told := ircUsers.FindStringSubmatch(m.last()); told != nil {
			visible, _ := strconv.Atoi(told[1]) // the expression lets digits in only
			hidden, _ := strconv.Atoi(told[2])
			i.svc.Facts["users"] = visible + hidden
		}
	case "252", "254":
		if len(m.params) < 2 {
			return
		}
		if n, err := strconv.Atoi(m.params[1]); err == nil && n >= 0 {
			i.svc.Facts[map[string]string{"252": "operators", "254": "channels"}[m.command]] = n
		}
	}
}

// close makes a product of what was said.
func (i *irc) close() {
	i.svc.Product, i.svc.Version = match(ircProducts, strings.Join(append(i.said, i.svc.Facts.Text("hostname").Raw()), "\n"))
	if len(i.said) > 0 {
		i.svc.Banner = untrusted.New(i.said[0], maxBanner)
	}
	i.s.Learn(i.svc)
}

// leave says goodbye.
func (i *irc) leave() {
	if i.c != nil {
		_ = i.c.Send("QUIT :sekisho") // the connection is closed whatever becomes of it
		_ = i.c.Close()
	}
}
