package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "imap", Transport: exposure.TCP, Ports: []uint16{143}, TLSPorts: []uint16{993},
		Greets: greetsIMAP, Run: runIMAP, Tests: imapTests,
	})
}

// imapGreeting is the greeting of RFC 9051 section 7.1.
var imapGreeting = regexp.MustCompile(`^\* (?:OK|PREAUTH|BYE)\b`)

func greetsIMAP(first []byte) Fit {
	switch {
	case imapGreeting.Match(first):
		return Sure
	case bytes.HasPrefix(first, []byte("* ")) && !bytes.ContainsRune(first, '\n'):
		return Maybe // more of it may come
	}
	return No
}

var imapProducts = []pattern{
	{"Dovecot", regexp.MustCompile(`\bDovecot\b`)},
	{"Courier", regexp.MustCompile(`\bCourier-IMAP\b`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus IMAP(?:4)? v?(?P<version>\d[\w.]*)`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus IMAP\b`)},
	{"Microsoft Exchange", regexp.MustCompile(`\bMicrosoft Exchange\b`)},
	{"UW imapd", regexp.MustCompile(`\bIMAP4rev1 (?P<version>20\d\d[\w.]*) at\b`)},
	{"hMailServer", regexp.MustCompile(`\bhMailServer\b`)},
	{"MailEnable", regexp.MustCompile(`\bMailEnable\b`)},
	{"Zimbra", regexp.MustCompile(`\bZimbra\b`)},
	{"Stalwart", regexp.MustCompile(`\bStalwart\b`)},
	{"Gmail", regexp.MustCompile(`\bGimap\b`)},
}

// runIMAP reads the greeting and asks for the capabilities (RFC 9051 section
// 6.1.1), and for the name of the program where it is told (RFC 2971). Where
// TLS is offered it is begun and the question asked again, since what a server
// offers inside differs.
func runIMAP(ctx context.Context, s *Session) (exposure.Service, error) {
	m := imap{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := s.Connect(ctx)
	if err != nil {
		return m.svc, err
	}
	defer c.Close()
	if err := m.greet(c); err != nil {
		return m.svc, err
	}
	if starttls, _ := m.svc.Facts.Bool("starttls"); starttls && s.secure == nil {
		return m.svc, m.startTLS(ctx, c)
	}
	_ = c.Send("z LOGOUT") // the connection is closed whatever becomes of it
	return m.svc, nil
}

// imap is one conversation with an IMAP server.
type imap struct {
	s     *Session
	svc   exposure.Service
	hello string
	tag   int
	most  int // lines of an answer; 0: maxReplyLines
}

// greet reads the greeting and asks for the capabilities.
func (m *imap) greet(c *Conn) error {
	var err error
	m.hello, err = c.Line()
	fit := greetsIMAP([]byte(m.hello + "\r\n"))
	if fit == Sure {
		m.known(exposure.Likely)
	}
	switch {
	case err != nil:
		return m.s.fail("read greeting", err)
	case fit == No:
		return m.s.fail("read greeting", ErrProtocol)
	case strings.HasPrefix(m.hello, "* BYE"):
		return m.s.fail("read greeting", errIMAPRefused(m.hello))
	}
	if took, ok := c.tookToGreet(); ok {
		m.svc.Facts["greeting_ms"] = took
	}
	list, err := m.capabilities(c)
	if err != nil {
		return m.s.fail("CAPABILITY", err)
	}
	m.known(exposure.Confirmed)
	m.svc.Facts["capabilities"] = texts(list, 64)
	m.svc.Facts["starttls"] = imapHas(list, "STARTTLS")
	m.svc.Facts["auth"] = texts(imapAuth(list), 32)
	m.svc.Facts["preauth"] = strings.HasPrefix(m.hello, "* PREAUTH")
	// A server that takes no LOGIN before TLS has to say so (RFC 9051 section
	// 6.2.3).
	m.svc.Facts["login_without_tls"] = m.s.secure == nil &&
		(!imapHas(list, "LOGINDISABLED") || slices.ContainsFunc(imapAuth(list), mailPassword))
	m.s.Learn(m.svc)
	if imapHas(list, "ID") {
		return m.identity(c)
	}
	return nil
}

// known says that the peer is an IMAP server.
func (m *imap) known(sure exposure.Confidence) {
	if m.svc.Confidence >= sure {
		return
	}
	m.svc.Protocol, m.svc.Confidence = "imap", sure
	m.svc.Banner = untrusted.New(m.hello, maxBanner)
	m.svc.Product, m.svc.Version = match(imapProducts, m.hello)
	m.s.Learn(m.svc)
}

// errIMAPRefused is an answer that refuses what was asked: NO, BAD or BYE.
type errIMAPRefused string

// Error quotes the answer; Error of the probe escapes it.
func (e errIMAPRefused) Error() string { return "refused: " + string(e) }

// ask sends a command and reads up to the line that bears its tag; the lines
// before it, which bear none, come back (RFC 9051 section 2.2.2).
func (m *imap) ask(c *Conn, command string) (untagged []string, err error) {
	m.tag++
	tag := fmt.Sprintf("s%d", m.tag)
	if err := c.Send(tag + " " + command); err != nil {
		return nil, err
	}
	size := 0
	for {
		line, err := c.Line()
		if err != nil {
			return untagged, err
		}
		if rest, ok := strings.CutPrefix(line, tag+" "); ok {
			status, _, _ := strings.Cut(rest, " ")
			switch strings.ToUpper(status) {
			case "OK":
				return untagged, nil
			case "NO", "BAD":
				return untagged, errIMAPRefused(rest)
			}
			return untagged, ErrProtocol
		}
		untagged = append(untagged, line)
		if size += len(line); len(untagged) >= cmp.Or(m.most, maxReplyLines) || size > maxReplyBytes {
			return untagged, errReply
		}
	}
}

// capabilities asks for them.
func (m *imap) capabilities(c *Conn) ([]string, error) {
	lines, err := m.ask(c, "CAPABILITY")
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == "*" && strings.EqualFold(words[1], "CAPABILITY") {
			return words[2:], nil
		}
	}
	return nil, ErrProtocol
}

// identity asks for the name and version of the program and tells none of its own.
func (m *imap) identity(c *Conn) error {
	lines, err := m.ask(c, "ID NIL")
	var no errIMAPRefused
	switch {
	case errors.As(err, &no):
		return nil
	case err != nil:
		return m.s.fail("ID", err)
	}
	for _, line := range lines {
		fields := imapID(line)
		if len(fields) == 0 {
			continue
		}
		m.svc.Facts["id"] = texts(fields, 32)
		for i := 0; i+1 < len(fields); i += 2 {
			switch strings.ToLower(fields[i]) {
			case "name":
				if m.svc.Product.Raw() == "" {
					m.svc.Product = untrusted.New(fields[i+1], maxProduct)
				}
			case "version":
				if m.svc.Version.Raw() == "" {
					m.svc.Version = untrusted.New(fields[i+1], maxProduct)
				}
			}
		}
		m.s.Learn(m.svc)
		break
	}
	return nil
}

// imapID takes the answer of ID apart: names and values in turn, an empty value
// for NIL (RFC 2971 section 3.3). There are none when the line is another one; a
// literal ends them.
func imapID(line string) []string {
	const head = "* ID ("
	if len(line) < len(head) || !strings.EqualFold(line[:len(head)], head) {
		return nil
	}
	var fields []string
	for rest := line[len(head):]; ; {
		rest = strings.TrimLeft(rest, " ")
		switch {
		case rest == "" || rest[0] == ')':
			return fields
		case rest[0] == '{': // a literal, which comes on lines of its own
			return fields[:len(fields)-len(fields)%2]
		case rest[0] == '"':
			value, behind := imapQuoted(rest[1:])
			fields, rest = append(fields, value), behind
		default:
			end := strings.IndexAny(rest, " )")
			if end < 0 {
				end = len(rest)
			}
			fields, rest = append(fields, strings.TrimSuffix(rest[:end], "NIL")), rest[end:]
		}
	}
}

// imapQuoted reads a quoted string up to its closing mark and returns what is
// behind it (RFC 9051 section 4.3).
func imapQuoted(text string) (value, behind string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

// startTLS begins TLS on the connection (RFC 9051 section 6.2.1), asks inside,
// then tries the older versions on connections of their own.
func (m *imap) startTLS(ctx context.Context, c *Conn) error {
	if _, err := m.ask(c, "STARTTLS"); err != nil {
		return m.s.fail("STARTTLS", err)
	}
	inner, facts, err := m.s.startTLS(ctx, c, m.ready)
	m.svc.TLS = facts
	tlsWorks(m.svc.Facts, err)
	if err != nil {
		return m.s.fail("tls handshake", err)
	}
	m.s.Learn(m.svc)
	list, err := m.capabilities(inner)
	if err != nil {
		return m.s.fail("CAPABILITY in TLS", err)
	}
	m.svc.Facts["auth"] = texts(imapAuth(list), 32)
	m.s.tlsComplete(ctx, m.ready, facts)
	return nil
}

// ready opens a connection up to the point where the ClientHello goes.
func (m *imap) ready(ctx context.Context) (net.Conn, error) {
	return m.s.readyFor(skipLine, func(c *Conn) error {
		other := imap{s: m.s}
		_, err := other.ask(c, "STARTTLS")
		return err
	})(ctx)
}

func imapHas(list []string, name string) bool {
	return slices.ContainsFunc(list, func(word string) bool { return strings.EqualFold(word, name) })
}

// imapAuth are the mechanisms among the capabilities.
func imapAuth(list []string) []string {
	var mechanisms []string
	for _, word := range list {
		if len(word) > 5 && strings.EqualFold(word[:5], "AUTH=") {
			mechanisms = append(mechanisms, word[5:])
		}
	}
	return mechanisms
}
