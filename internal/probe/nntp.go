package probe

import (
	"bytes"
	"context"
	"net"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() {
	register(Probe{
		Name: "nntp", Transport: exposure.TCP, Ports: []uint16{119}, TLSPorts: []uint16{563},
		Greets: greetsNNTP, Run: runNNTP, Tests: nntpTests,
	})
}

// nntpWords are in the greetings of news servers and of no others that begin
// with 200.
var nntpWords = regexp.MustCompile(`(?i)\b(nntp|nnrp|news|posting|inn|leafnode|usenet)`)

// greetsNNTP judges a greeting: 200 where posting is allowed, 201 where not,
// 400 and 502 of a server that will not serve us (RFC 3977 section 5.1.1).
func greetsNNTP(first []byte) Fit {
	yes := bytes.HasPrefix(first, []byte("200 ")) || bytes.HasPrefix(first, []byte("201 "))
	no := bytes.HasPrefix(first, []byte("400 ")) || bytes.HasPrefix(first, []byte("502 "))
	switch {
	case (yes || no) && nntpWords.Match(first):
		return Sure
	case yes:
		return Maybe
	}
	return No
}

var nntpProducts = []pattern{
	{"INN", regexp.MustCompile(`\b(?:InterNetNews|INN)\b(?: (?:NNRP|server|NNTP)\b)*(?: INN)?(?: (?P<version>\d[\w.]*))?`)},
	{"leafnode", regexp.MustCompile(`(?i)\bleafnode\b(?:[- ]?(?:NNTP Daemon, version |version )?(?P<version>\d[\w.]*))?`)},
	{"Dnews", regexp.MustCompile(`\bDNEWS Version (?P<version>\d[\w.]*)`)},
	{"Microsoft NNTP Service", regexp.MustCompile(`NNTP Service.*Version: (?P<version>[\d.]+)`)},
	{"Diablo", regexp.MustCompile(`\bDiablo\b`)},
	{"sn", regexp.MustCompile(`\bsn version (?P<version>\d[\w.]*)`)},
	{"WendzelNNTPd", regexp.MustCompile(`\bWendzelNNTPd (?P<version>\d[\w.]*)`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus NNTP (?:server )?v?(?P<version>\d[\w.]*)`)},
}

// nntpNoGroup is a group that is on no server, asked for to see whether one may
// read without a login.
const nntpNoGroup = "LIST ACTIVE sekisho.invalid"

// runNNTP reads the greeting and asks for the capabilities (RFC 3977 section
// 5.2), or, of a server older than those, to speak as readers do. Whether one
// may read without a login it asks by the list of a group that does not exist.
func runNNTP(ctx context.Context, s *Session) (exposure.Service, error) {
	n := nntp{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	c, err := s.Connect(ctx)
	if err != nil {
		return n.svc, err
	}
	defer c.Close()
	if err := n.greet(c); err != nil {
		return n.svc, err
	}
	if err := n.read(c); err != nil {
		return n.svc, err
	}
	if starttls, _ := n.svc.Facts.Bool("starttls"); starttls && s.secure == nil {
		err = n.startTLS(ctx)
	}
	_ = c.Send("QUIT") // the connection is closed whatever becomes of it
	return n.svc, err
}

// nntp is one conversation with a news server.
type nntp struct {
	s     *Session
	svc   exposure.Service
	hello reply
}

// line reads one answer: in NNTP an answer is one line, whatever follows its
// code (RFC 3977 section 3.2).
func (n *nntp) line(c *Conn) (reply, error) {
	line, err := c.Line()
	if err != nil {
		return reply{lines: []string{line}}, err
	}
	code, _, _ := replyLine(line)
	if code == 0 {
		return reply{lines: []string{line}}, ErrProtocol
	}
	return reply{code: code, lines: []string{strings.TrimLeft(line[3:], " ")}}, nil
}

func (n *nntp) ask(c *Conn, command string) (reply, error) {
	if err := c.Send(command); err != nil {
		return reply{}, err
	}
	return n.line(c)
}

// greet reads the greeting and finds out what the server can do.
func (n *nntp) greet(c *Conn) error {
	var err error
	n.hello, err = n.line(c)
	fit := greetsNNTP([]byte(n.hello.banner().Raw()))
	if fit == Sure {
		n.known(exposure.Likely)
	}
	switch {
	case err != nil:
		return n.s.fail("read greeting", err)
	case fit == No:
		return n.s.fail("read greeting", ErrProtocol)
	case n.hello.code >= 400:
		return n.s.fail("read greeting", refusal(n.hello))
	}
	if took, ok := c.tookToGreet(); ok {
		n.svc.Facts["greeting_ms"] = took
	}
	list, err := n.capabilities(c)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(line string) bool { return strings.EqualFold(line, "MODE-READER") }) {
		// The transit server answers; the one for readers can do something else
		// (RFC 3977 section 5.3).
		mode, err := n.ask(c, "MODE READER")
		if err != nil {
			return n.s.fail("MODE READER", err)
		}
		if mode.code == 200 || mode.code == 201 {
			n.svc.Facts["posting"] = mode.code == 200
			list, err = n.capabilities(c)
			if err != nil {
				return err
			}
		}
	}
	n.told(list)
	return nil
}

// capabilities asks for them. A server that does not know the question is asked
// to speak as readers do, which no other protocol answers with 200 or 201.
func (n *nntp) capabilities(c *Conn) ([]string, error) {
	answer, err := n.ask(c, "CAPABILITIES")
	if err != nil {
		return nil, n.s.fail("CAPABILITIES", err)
	}
	n.svc.Facts["posting"] = n.hello.code == 200
	if answer.code == 101 {
		list, err := c.dotted()
		if err != nil {
			return nil, n.s.fail("CAPABILITIES", err)
		}
		n.known(exposure.Confirmed)
		return list, nil
	}
	mode, err := n.ask(c, "MODE READER")
	switch {
	case err != nil:
		return nil, n.s.fail("MODE READER", err)
	case mode.code == 200 || mode.code == 201:
		n.known(exposure.Confirmed)
		n.svc.Facts["posting"] = mode.code == 200
	case greetsNNTP([]byte(n.hello.banner().Raw())) == Sure:
		n.known(exposure.Confirmed)
	default:
		return nil, n.s.fail("MODE READER", ErrProtocol)
	}
	return nil, nil
}

// told keeps what the capabilities tell.
func (n *nntp) told(list []string) {
	n.svc.Facts["capabilities"] = texts(list, 64)
	n.svc.Facts["starttls"] = slices.ContainsFunc(list, func(line string) bool { return strings.EqualFold(line, "STARTTLS") })
	for _, line := range list {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "IMPLEMENTATION":
			told := strings.Join(words[1:], " ")
			n.svc.Facts["implementation"] = untrusted.New(told, maxFact)
			if n.svc.Version.Raw() == "" {
				if product, version := match(nntpProducts, told); product.Raw() != "" {
					n.svc.Product, n.svc.Version = product, version
				}
			}
		case "AUTHINFO":
			n.svc.Facts["auth"] = texts(words[1:], 32)
			// USER must not be offered where it would be refused (RFC 4643
			// section 2.3).
			if n.s.secure == nil {
				n.svc.Facts["login_without_tls"] = slices.ContainsFunc(words[1:], func(w string) bool { return strings.EqualFold(w, "USER") })
			}
		}
	}
	n.s.Learn(n.svc)
}

// known says that the peer is a news server.
func (n *nntp) known(sure exposure.Confidence) {
	if n.svc.Confidence >= sure {
		return
	}
	n.svc.Protocol, n.svc.Confidence = "nntp", sure
	n.svc.Banner = n.hello.banner()
	n.svc.Product, n.svc.Version = match(nntpProducts, n.hello.text())
	n.s.Learn(n.svc)
}

// read finds out whether groups are listed to somebody who did not log in.
func (n *nntp) read(c *Conn) error {
	answer, err := n.ask(c, nntpNoGroup)
	if err != nil {
		return n.s.fail("LIST ACTIVE", err)
	}
	switch answer.code {
	case 215:
		n.svc.Facts["login_required"] = false
		if _, err := c.dotted(); err != nil {
			return n.s.fail("LIST ACTIVE", err)
		}
	case 480, 483, 502:
		n.svc.Facts["login_required"] = true
	}
	n.s.Learn(n.svc)
	return nil
}

// startTLS looks at the certificate and the versions, on connections of their
// own (RFC 4642).
func (n *nntp) startTLS(ctx context.Context) error {
	facts, err := n.s.tlsHandshake(ctx, n.ready)
	if facts != nil {
		facts.StartTLS = true
		n.svc.TLS = facts
	}
	tlsWorks(n.svc.Facts, err)
	if err != nil {
		return n.s.fail("tls handshake", err)
	}
	n.s.Learn(n.svc)
	n.s.tlsComplete(ctx, n.ready, facts)
	return nil
}

// ready opens a connection up to the point where the ClientHello goes: 382
// agrees.
func (n *nntp) ready(ctx context.Context) (net.Conn, error) {
	return n.s.readyFor(func(c *Conn) error {
		_, err := n.line(c)
		return err
	}, func(c *Conn) error {
		answer, err := n.ask(c, "STARTTLS")
		switch {
		case err != nil:
			return err
		case answer.code != 382:
			return refusal(answer)
		case c.r.Buffered() > 0:
			return errInject
		}
		return nil
	})(ctx)
}
