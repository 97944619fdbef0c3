package probe

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "smtp", Transport: exposure.TCP, Ports: []uint16{25, 587, 2525}, TLSPorts: []uint16{465},
		Greets: greetsSMTP, Run: runSMTP, Tests: smtpTests,
	})
}

// greetsSMTP judges a greeting: 220, or 421 and 554 of a server that will not
// serve us (RFC 5321 section 3.1).
func greetsSMTP(first []byte) Fit {
	if !bytes.HasPrefix(first, []byte("220")) && !bytes.HasPrefix(first, []byte("421")) && !bytes.HasPrefix(first, []byte("554")) {
		return No
	}
	lower := bytes.ToLower(first)
	switch {
	case bytes.Contains(lower, []byte("smtp")):
		return Sure
	case bytes.Contains(lower, []byte("ftp")):
		return No
	}
	return Maybe
}

var smtpProducts = []pattern{
	{"Postfix", regexp.MustCompile(`\bPostfix\b(?:.*?\b(?P<version>\d+\.\d+[\w.-]*))?`)},
	{"Exim", regexp.MustCompile(`\bExim (?P<version>\d[\w.-]*)`)},
	{"Sendmail", regexp.MustCompile(`\bSendmail (?P<version>\d[\w.+-]*)`)},
	{"OpenSMTPD", regexp.MustCompile(`\bOpenSMTPD\b(?: (?P<version>\d[\w.-]*))?`)},
	{"Microsoft Exchange", regexp.MustCompile(`Microsoft ESMTP MAIL Service(?:, Version: (?P<version>[\d.]+))?`)},
	{"Haraka", regexp.MustCompile(`\bHaraka(?:/(?P<version>\d[\w.]*))?`)},
	{"hMailServer", regexp.MustCompile(`\bhMailServer\b(?: (?P<version>\d[\w.]*))?`)},
	{"MailEnable", regexp.MustCompile(`\bMailEnable Service, Version: (?P<version>[\d.]+)`)},
	{"Courier", regexp.MustCompile(`\bCourier (?P<version>\d[\w.]*)`)},
	{"qmail", regexp.MustCompile(`\bqmail\b`)},
	{"Stalwart", regexp.MustCompile(`\bStalwart\b`)},
	{"msmtpd", regexp.MustCompile(`\bmsmtpd\b`)},
}

// runSMTP reads the greeting and says EHLO, which no other protocol that greets
// with 220 answers with 250 (RFC 5321 section 4.1.1.1). Where TLS is offered it
// is begun, and EHLO said again, since what a server offers inside differs.
func runSMTP(ctx context.Context, s *Session) (exposure.Service, error) {
	m := smtp{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := s.Connect(ctx)
	if err != nil {
		return m.svc, err
	}
	defer c.Close()
	offers, err := m.greet(c)
	if err != nil {
		return m.svc, err
	}
	s.Learn(m.svc)
	plain := smtpAuth(offers)
	m.svc.Facts["auth"] = texts(plain, 32)
	if s.secure != nil {
		_ = c.Send("QUIT")
		return m.svc, nil
	}
	m.svc.Facts["auth_before_tls"] = len(plain) > 0
	m.svc.Facts["starttls"] = smtpOffers(offers, "STARTTLS")
	if smtpOffers(offers, "STARTTLS") {
		err = m.startTLS(ctx, c)
	} else {
		_ = c.Send("QUIT") // the connection is closed whatever becomes of it
	}
	return m.svc, err
}

// smtp is one run of the probe.
type smtp struct {
	s   *Session
	svc exposure.Service
}

// greet reads the greeting and says EHLO; it returns what the server offers.
func (m *smtp) greet(c *Conn) ([]string, error) {
	hello, err := c.reply()
	fit := greetsSMTP([]byte(hello.banner().Raw()))
	if fit == Sure {
		m.known(hello, exposure.Likely)
	}
	switch {
	case err != nil:
		return nil, m.s.fail("read greeting", err)
	case fit == No:
		return nil, m.s.fail("read greeting", ErrProtocol)
	case hello.code != 220:
		return nil, m.s.fail("read greeting", refusal(hello))
	}
	if took, ok := c.tookToGreet(); ok {
		m.svc.Facts["greeting_ms"] = took
	}
	answer, err := c.ask(smtpEHLO(c))
	if err != nil {
		return nil, m.s.fail("EHLO", err)
	}
	if answer.code >= 500 {
		// Servers older than RFC 1869 know HELO only.
		if answer, err = c.ask(strings.Replace(smtpEHLO(c), "EHLO", "HELO", 1)); err != nil {
			return nil, m.s.fail("HELO", err)
		}
	}
	switch {
	case answer.code == 250:
	case fit == Sure:
		return nil, m.s.fail("EHLO", refusal(answer))
	default:
		return nil, m.s.fail("EHLO", ErrProtocol)
	}
	m.known(hello, exposure.Confirmed)
	name, _, _ := strings.Cut(answer.lines[0], " ")
	m.svc.Facts["hostname"] = untrusted.New(name, maxFact)
	m.svc.Facts["extensions"] = texts(answer.lines[1:], 64)
	if most, ok := smtpSize(answer.lines[1:]); ok {
		m.svc.Facts["size"] = most
	}
	return answer.lines[1:], nil
}

// known says that the peer is a mail server.
func (m *smtp) known(hello reply, sure exposure.Confidence) {
	if m.svc.Confidence >= sure {
		return
	}
	m.svc.Protocol, m.svc.Confidence = "smtp", sure
	m.svc.Banner = hello.banner()
	m.svc.Product, m.svc.Version = match(smtpProducts, hello.text())
	m.s.Learn(m.svc)
}

// smtpEHLO says who we are by the address that we come from, since we have no
// name that the peer could look up (RFC 5321 section 4.1.3).
func smtpEHLO(c net.Conn) string {
	from, err := netip.ParseAddrPort(c.LocalAddr().String())
	switch {
	case err != nil:
		return "EHLO [127.0.0.1]"
	case from.Addr().Unmap().Is4():
		return "EHLO [" + from.Addr().Unmap().String() + "]"
	}
	return "EHLO [IPv6:" + from.Addr().WithZone("").String() + "]"
}

// startTLS begins TLS on the connection and says EHLO again (RFC 3207 section
// 4.2), then tries the older versions on connections of their own.
func (m *smtp) startTLS(ctx context.Context, c *Conn) error {
	if err := m.agreeTLS(c); err != nil {
		return err
	}
	inner, facts, err := m.s.startTLS(ctx, c, m.ready)
	m.svc.TLS = facts
	tlsWorks(m.svc.Facts, err)
	if err != nil {
		return m.s.fail("tls handshake", err)
	}
	m.s.Learn(m.svc)
	again, err := inner.ask(smtpEHLO(c))
	if err != nil {
		return m.s.fail("EHLO in TLS", err)
	}
	if again.code == 250 {
		m.svc.Facts["auth"] = texts(smtpAuth(again.lines[1:]), 32)
	}
	_ = inner.Send("QUIT")
	m.s.tlsComplete(ctx, m.ready, facts)
	return nil
}

func (m *smtp) agreeTLS(c *Conn) error {
	answer, err := c.ask("STARTTLS")
	switch {
	case err != nil:
		return m.s.fail("STARTTLS", err)
	case answer.code != 220:
		return m.s.fail("STARTTLS", refusal(answer))
	}
	return nil
}

// ready opens a connection up to the point where the ClientHello goes.
func (m *smtp) ready(ctx context.Context) (net.Conn, error) {
	return m.s.readyFor(func(c *Conn) error {
		_, err := c.reply()
		return err
	}, func(c *Conn) error {
		_, err := c.ask(smtpEHLO(c))
		return err
	}, m.agreeTLS)(ctx)
}

// smtpOffers reports whether an extension is among the lines of an EHLO reply.
func smtpOffers(lines []string, keyword string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		word, _, _ := strings.Cut(line, " ")
		return strings.EqualFold(word, keyword)
	})
}

// smtpSize is the largest message that the server takes, in bytes; it is not
// known where the server names none, or 0 for no limit (RFC 1870 section 4).
func smtpSize(lines []string) (most int64, known bool) {
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) == 2 && strings.EqualFold(words[0], "SIZE") {
			n, err := strconv.ParseInt(words[1], 10, 63)
			return n, err == nil && n > 0
		}
	}
	return 0, false
}

// smtpAuth are the mechanisms of the AUTH line (RFC 4954 section 3); AUTH= is
// the form of servers older than the RFC, which repeats them.
func smtpAuth(lines []string) []string {
	var mechanisms []string
	for _, line := range lines {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '=' })
		if len(words) == 0 || !strings.EqualFold(words[0], "AUTH") {
			continue
		}
		for _, w := range words[1:] {
			if !slices.Contains(mechanisms, w) {
				mechanisms = append(mechanisms, w)
			}
		}
	}
	return mechanisms
}
