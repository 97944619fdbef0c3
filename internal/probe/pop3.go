package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "pop3", Transport: exposure.TCP, Ports: []uint16{110}, TLSPorts: []uint16{995},
		Greets: greetsPOP3, Run: runPOP3, Tests: pop3Tests,
	})
}

// greetsPOP3 judges a greeting (RFC 1939 section 4). Redis and NATS answer +OK
// alone to commands of theirs.
func greetsPOP3(first []byte) Fit {
	switch {
	case bytes.HasPrefix(first, []byte("+OK ")):
		return Sure
	case bytes.HasPrefix(first, []byte("+OK\r")), bytes.HasPrefix(first, []byte("+OK\n")):
		return Maybe
	}
	return No
}

var pop3Products = []pattern{
	{"Dovecot", regexp.MustCompile(`\bDovecot\b`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus POP3 v?(?P<version>\d[\w.]*)`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus POP3 server\b`)},
	{"Microsoft Exchange", regexp.MustCompile(`\bMicrosoft Exchange\b`)},
	{"Qpopper", regexp.MustCompile(`\bQPOP \(version (?P<version>\d[\w.]*)`)},
	{"Courier", regexp.MustCompile(`\bCourier\b|^\+OK Hello there\.`)},
	{"hMailServer", regexp.MustCompile(`\bhMailServer\b`)},
	{"MailEnable", regexp.MustCompile(`\bMailEnable POP3 Server\b`)},
	{"Zimbra", regexp.MustCompile(`\bZimbra\b(?: POP3 server)?(?: (?P<version>\d[\w.]*))?`)},
	{"Stalwart", regexp.MustCompile(`\bStalwart\b`)},
	{"Solid POP3", regexp.MustCompile(`\bSolid POP3 server\b`)},
}

// pop3Stranger is a name that is on no server, sent without any password.
const pop3Stranger = "USER sekisho"

// runPOP3 reads the greeting and asks for the capabilities (RFC 2449 section
// 5), which also tell whether a password may go before TLS. A server that knows
// none of that is asked by a name alone. Where TLS is offered it is begun and
// the question asked again, since what a server offers inside differs.
func runPOP3(ctx context.Context, s *Session) (exposure.Service, error) {
	p := pop3{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := s.Connect(ctx)
	if err != nil {
		return p.svc, err
	}
	defer c.Close()
	if err := p.greet(c); err != nil {
		return p.svc, err
	}
	if s.secure != nil {
		p.svc.Facts["login_without_tls"] = false
		_ = c.Send("QUIT") // the connection is closed whatever becomes of it
		return p.svc, nil
	}
	if stls, _ := p.svc.Facts.Bool("stls"); stls {
		err = p.startTLS(ctx, c)
	}
	if _, known := p.svc.Facts.Bool("login_without_tls"); !known {
		err = cmp.Or(err, p.clearLogin(ctx))
	}
	return p.svc, err
}

// pop3 is one conversation with a POP3 server.
type pop3 struct {
	s     *Session
	svc   exposure.Service
	hello string
}

// greet reads the greeting and asks for the capabilities.
func (p *pop3) greet(c *Conn) error {
	var err error
	p.hello, err = c.Line()
	fit := greetsPOP3([]byte(p.hello + "\r\n"))
	if fit == Sure {
		p.known(exposure.Likely)
	}
	switch {
	case err != nil:
		return p.s.fail("read greeting", err)
	case fit == No:
		return p.s.fail("read greeting", ErrProtocol)
	}
	if took, ok := c.tookToGreet(); ok {
		p.svc.Facts["greeting_ms"] = took
	}
	ok, list, err := p.capabilities(c)
	switch {
	case err != nil:
		return p.s.fail("CAPA", err)
	case ok:
		p.known(exposure.Confirmed)
		p.svc.Facts["capabilities"] = texts(list, 64)
		p.svc.Facts["stls"] = pop3Has(list, "STLS")
		p.svc.Facts["sasl"] = texts(pop3SASL(list), 32)
		if told := pop3Words(list, "IMPLEMENTATION"); len(told) > 0 {
			p.svc.Facts["implementation"] = untrusted.New(strings.Join(told, " "), maxFact)
		}
		if p.s.secure == nil && !pop3OnlyNames(list) {
			p.svc.Facts["login_without_tls"] = pop3TakesPasswords(list)
		}
	default:
		// It knows no CAPA, and said so as POP3 says no.
		p.known(exposure.Confirmed)
		p.svc.Facts["capabilities"] = []untrusted.Text{}
		p.svc.Facts["stls"] = false
	}
	p.svc.Facts["apop"] = pop3Stamp.MatchString(p.hello)
	p.s.Learn(p.svc)
	return nil
}

// pop3Stamp is the timestamp in the greeting of a server with APOP (RFC 1939
// section 7).
var pop3Stamp = regexp.MustCompile(`<[^<>\s]+@[^<>\s]+>`)

// known says that the peer is a POP3 server.
func (p *pop3) known(sure exposure.Confidence) {
	if p.svc.Confidence >= sure {
		return
	}
	p.svc.Protocol, p.svc.Confidence = "pop3", sure
	p.svc.Banner = untrusted.New(p.hello, maxBanner)
	p.svc.Product, p.svc.Version = match(pop3Products, p.hello)
	p.s.Learn(p.svc)
}

// capabilities asks for them. Ok is false when the server knows no CAPA.
func (p *pop3) capabilities(c *Conn) (ok bool, list []string, err error) {
	_, err = c.askPOP3("CAPA")
	var no errPOP3Refused
	switch {
	case errors.As(err, &no):
		return false, nil, nil
	case err != nil:
		return false, nil, err
	}
	list, err = c.dotted()
	return err == nil, list, err
}

// errPOP3Refused is an answer that refuses what was asked.
type errPOP3Refused string

// Error quotes the answer; Error of the probe escapes it.
func (e errPOP3Refused) Error() string { return "refused: " + string(e) }

// askPOP3 sends a command and reads the line that answers it, without its +OK.
// An answer of -ERR is an errPOP3Refused (RFC 1939 section 3).
func (c *Conn) askPOP3(command string) (string, error) {
	if err := c.Send(command); err != nil {
		return "", err
	}
	line, err := c.Line()
	if err != nil {
		return "", err
	}
	word, text, _ := strings.Cut(line, " ")
	switch word {
	case "+OK":
		return text, nil
	case "-ERR":
		return "", errPOP3Refused(line)
	}
	return "", ErrProtocol
}

// startTLS begins TLS on the connection (RFC 2595 section 4), asks inside, then
// tries the older versions on connections of their own.
func (p *pop3) startTLS(ctx context.Context, c *Conn) error {
	if _, err := c.askPOP3("STLS"); err != nil {
		return p.s.fail("STLS", err)
	}
	inner, facts, err := p.s.startTLS(ctx, c, p.ready)
	p.svc.TLS = facts
	tlsWorks(p.svc.Facts, err)
	if err != nil {
		return p.s.fail("tls handshake", err)
	}
	p.s.Learn(p.svc)
	ok, list, err := p.capabilities(inner)
	if err != nil {
		return p.s.fail("CAPA in TLS", err)
	}
	if ok {
		p.svc.Facts["sasl"] = texts(pop3SASL(list), 32)
	}
	p.s.tlsComplete(ctx, p.ready, facts)
	return nil
}

// ready opens a connection up to the point where the ClientHello goes.
func (p *pop3) ready(ctx context.Context) (net.Conn, error) {
	return p.s.readyFor(skipLine, func(c *Conn) error {
		_, err := c.askPOP3("STLS")
		return err
	})(ctx)
}

// clearLogin finds out whether a user may log in without TLS, by a name alone:
// servers that forbid it refuse the name, before any password.
func (p *pop3) clearLogin(ctx context.Context) error {
	c, err := p.s.Connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Line(); err != nil {
		return p.s.fail("read greeting", err)
	}
	_, err = c.askPOP3(pop3Stranger)
	var no errPOP3Refused
	switch {
	case err == nil:
		p.svc.Facts["login_without_tls"] = true
	case errors.As(err, &no) && ftpNeedsTLS.MatchString(string(no)):
		p.svc.Facts["login_without_tls"] = false
	case errors.As(err, &no): // for another reason: nobody knows
	default:
		return p.s.fail("USER", err)
	}
	_ = c.Send("QUIT")
	return nil
}

// pop3Words are the words behind a capability, nil when it is not there.
func pop3Words(list []string, name string) []string {
	for _, line := range list {
		if words := strings.Fields(line); len(words) > 0 && strings.EqualFold(words[0], name) {
			return words[1:]
		}
	}
	return nil
}

func pop3Has(list []string, name string) bool { return pop3Words(list, name) != nil }

// pop3SASL are the mechanisms of AUTH (RFC 5034 section 3).
func pop3SASL(list []string) []string {
	return pop3Words(list, "SASL")
}

// pop3OnlyNames reports whether the capabilities name USER and STLS, and no
// mechanism that sends a password. That promises nothing: Courier lists USER
// also where it refuses every name before TLS (POP3_TLS_REQUIRED).
func pop3OnlyNames(list []string) bool {
	return pop3Has(list, "USER") && pop3Has(list, "STLS") && !slices.ContainsFunc(pop3SASL(list), mailPassword)
}

// pop3TakesPasswords reports whether the capabilities promise a login with a
// readable password: USER (RFC 2449 section 6.3), or a mechanism that sends one.
func pop3TakesPasswords(list []string) bool {
	return pop3Has(list, "USER") || slices.ContainsFunc(pop3SASL(list), mailPassword)
}
