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
		Name: "ftp", Transport: exposure.TCP, Ports: []uint16{21, 2121}, TLSPorts: []uint16{990},
		Greets: greetsFTP, Run: runFTP, Tests: ftpTests,
	})
}

// greetsFTP judges a greeting. 220 alone does not tell FTP from SMTP, 421 is
// how both say that they are full.
func greetsFTP(first []byte) Fit {
	if !bytes.HasPrefix(first, []byte("220")) && !bytes.HasPrefix(first, []byte("120")) && !bytes.HasPrefix(first, []byte("421")) {
		return No
	}
	lower := bytes.ToLower(first)
	switch {
	case bytes.Contains(lower, []byte("smtp")):
		return No
	case bytes.Contains(lower, []byte("ftp")), bytes.Contains(lower, []byte("filezilla")), bytes.Contains(lower, []byte("serv-u")):
		return Sure
	}
	return Maybe
}

var ftpProducts = []pattern{
	{"vsftpd", regexp.MustCompile(`(?i)vsftpd (?P<version>[0-9][\w.+-]*)`)},
	{"ProFTPD", regexp.MustCompile(`ProFTPD(?: (?P<version>[0-9][\w.+-]*))?`)},
	{"Pure-FTPd", regexp.MustCompile(`(?i)Pure-FTPd(?: (?P<version>[0-9][\w.]*))?`)},
	{"FileZilla Server", regexp.MustCompile(`FileZilla Server(?: (?:version )?(?P<version>[0-9][\w.]*))?`)},
	{"Microsoft FTP Service", regexp.MustCompile(`Microsoft FTP Service(?: \(Version (?P<version>[0-9.]+)\))?`)},
	{"Serv-U", regexp.MustCompile(`Serv-U FTP[- ]Server v?(?P<version>[0-9][\w.]*)`)},
	{"pyftpdlib", regexp.MustCompile(`pyftpdlib (?P<version>[0-9][\w.]*)`)},
	{"MikroTik RouterOS", regexp.MustCompile(`FTP server \(MikroTik (?P<version>[0-9][\w.]*)\)`)},
	{"GNU inetutils ftpd", regexp.MustCompile(`FTP server \(GNU inetutils (?P<version>[0-9][\w.]*)\)`)},
	{"wu-ftpd", regexp.MustCompile(`FTP server \(Version wu-(?P<version>[0-9][\w.]*)`)},
	{"BSD ftpd", regexp.MustCompile(`FTP server \(Version (?P<version>6\.[\w./]*)`)},
	{"Wing FTP Server", regexp.MustCompile(`Wing FTP Server(?: (?P<version>[0-9][\w.]*))?`)},
	{"vsftpd", regexp.MustCompile(`(?i)vsftpd`)},
}

// ftpNeedsTLS recognises the refusal of a login in the clear; there is no code
// of its own for it (RFC 4217 section 11 leaves 530, 534 and 550 to servers).
var ftpNeedsTLS = regexp.MustCompile(`(?i)\b(tls|ssl|ssl/tls|encrypt(ed|ion)?|secure|cleartext|auth)\b`)

// The words with which nobody in particular logs in (RFC 1635 section 4), and
// a name that is on no server, sent without any password.
const (
	ftpAnonymous = "USER anonymous"
	ftpPassword  = "PASS sekisho@example.invalid"
	ftpStranger  = "USER sekisho"
)

// runFTP reads the greeting and asks for the features: RFC 959 section 5.4 has
// the server speak first. TLS and a login in the clear are looked at on
// connections of their own, since servers drop one on which they refused a
// login. The anonymous login comes last: a server that refuses it lets the
// asker wait for seconds first.
func runFTP(ctx context.Context, s *Session) (exposure.Service, error) {
	f := ftp{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}
	err := f.run(ctx)
	return f.svc, err
}

// ftp is one run of the probe.
type ftp struct {
	s     *Session
	svc   exposure.Service
	inner *Conn // inside TLS, where the server agreed to it
}

func (f *ftp) run(ctx context.Context) error {
	c, hello, err := f.talk(ctx)
	if c == nil || f.svc.Protocol == "" && err != nil {
		return err
	}
	defer c.Close()
	if err != nil {
		return err
	}
	if f.svc.Protocol == "" {
		// Neither its greeting nor FEAT told; the login dialogue does.
		if err := f.anonymous(c, hello); err != nil {
			return err
		}
	}
	if f.s.secure != nil {
		f.svc.Facts["login_without_tls"] = false
	} else {
		err = f.authTLS(ctx)
		err = cmp.Or(err, f.clearLogin(ctx))
	}
	for _, on := range []*Conn{c, f.inner} {
		if _, known := f.svc.Facts.Bool("anonymous"); !known && on != nil {
			err = cmp.Or(err, f.anonymous(on, hello))
		}
	}
	return err
}

// greet opens a connection and reads the greeting. 120 announces that it will
// take a while, and another one follows.
func (f *ftp) greet(ctx context.Context) (*Conn, reply, error) {
	c, err := f.s.Connect(ctx)
	if err != nil {
		return nil, reply{}, err
	}
	hello, err := c.reply()
	if err == nil && hello.code == 120 {
		hello, err = c.reply()
	}
	if err != nil {
		return c, hello, f.s.fail("read greeting", err)
	}
	return c, hello, nil
}

// talk reads the greeting and the features, which tell most servers.
func (f *ftp) talk(ctx context.Context) (*Conn, reply, error) {
	c, hello, err := f.greet(ctx)
	if c == nil {
		return nil, hello, err
	}
	fit := greetsFTP([]byte(hello.banner().Raw()))
	switch {
	case fit == No && err == nil:
		return c, hello, f.s.fail("read greeting", ErrProtocol)
	case fit == Sure:
		f.known(hello, exposure.Likely)
	}
	if err != nil {
		return c, hello, err
	}
	if hello.code != 220 {
		return c, hello, f.s.fail("read greeting", refusal(hello))
	}
	features, err := c.ask("FEAT")
	if err != nil {
		return c, hello, f.s.fail("FEAT", err)
	}
	if features.code == 211 || fit == Sure {
		f.known(hello, exposure.Confirmed)
	}
	if features.code == 211 {
		f.svc.Facts["features"] = texts(ftpFeatures(features.lines), 64)
		f.s.Learn(f.svc)
	}
	if f.svc.Protocol != "" {
		err = f.system(c)
	}
	return c, hello, err
}

// system asks what the server runs on. Many tell users only.
func (f *ftp) system(c *Conn) error {
	if _, known := f.svc.Facts["system"]; known {
		return nil
	}
	answer, err := c.ask("SYST")
	if err != nil {
		return f.s.fail("SYST", err)
	}
	if answer.code == 215 {
		f.svc.Facts["system"] = untrusted.New(answer.text(), maxFact)
	}
	return nil
}

// known says that the peer is an FTP server.
func (f *ftp) known(hello reply, sure exposure.Confidence) {
	if f.svc.Confidence >= sure {
		return
	}
	f.svc.Protocol, f.svc.Confidence = "ftp", sure
	f.svc.Banner = hello.banner()
	f.svc.Product, f.svc.Version = match(ftpProducts, hello.text())
	f.s.Learn(f.svc)
}

// anonymous tries to log in as nobody. An answer of the login dialogue tells an
// FTP server that has no FEAT from whatever else greets with 220. A refusal for
// want of TLS leaves the question open.
func (f *ftp) anonymous(c *Conn, hello reply) error {
	answer, err := c.ask(ftpAnonymous)
	if err != nil {
		return f.s.fail("USER", err)
	}
	if answer.code == 331 {
		f.known(hello, exposure.Confirmed)
		if answer, err = c.ask(ftpPassword); err != nil {
			return f.s.fail("PASS", err)
		}
	}
	switch {
	case f.svc.Protocol == "" && !slices.Contains([]int{230, 232, 332}, answer.code):
		return f.s.fail("USER", ErrProtocol)
	case answer.code == 230 || answer.code == 232 || answer.code == 202:
		f.known(hello, exposure.Confirmed)
		f.svc.Facts["anonymous"] = true
	case answer.code == 332 || answer.code >= 500 && !ftpNeedsTLS.MatchString(answer.text()):
		f.known(hello, exposure.Confirmed)
		f.svc.Facts["anonymous"] = false
		return nil
	default:
		return nil // 421 and the like answer another question
	}
	err = f.system(c)
	_ = c.Send("QUIT") // the connection is closed whatever becomes of it
	return err
}

// authTLS upgrades a connection of its own (RFC 4217) and looks at the
// certificate.
func (f *ftp) authTLS(ctx context.Context) error {
	c, err := f.agreeTLS(ctx)
	if c == nil {
		var no errRefused
		if errors.As(err, &no) {
			f.svc.Facts["auth_tls"] = false
			return nil
		}
		return err
	}
	f.svc.Facts["auth_tls"] = true
	ready := func(ctx context.Context) (net.Conn, error) {
		c, err := f.agreeTLS(ctx)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	inner, facts, err := f.s.startTLS(ctx, c, ready)
	f.svc.TLS = facts
	tlsWorks(f.svc.Facts, err)
	if err != nil {
		return f.s.fail("tls handshake", err)
	}
	f.s.Learn(f.svc)
	f.s.tlsComplete(ctx, ready, facts)
	f.inner = inner
	return nil
}

// agreeTLS opens a connection up to the point where the ClientHello goes. The
// connection is nil beside an error.
func (f *ftp) agreeTLS(ctx context.Context) (*Conn, error) {
	c, _, err := f.greet(ctx)
	if err != nil {
		return nil, err
	}
	auth, err := c.ask("AUTH TLS")
	if err != nil {
		return nil, f.s.fail("AUTH TLS", err)
	}
	if auth.code != 234 && auth.code != 334 {
		return nil, f.s.fail("AUTH TLS", refusal(auth))
	}
	return c, nil
}

// clearLogin finds out whether a user may log in without TLS, by the name
// alone: servers that forbid it refuse the name, before any password. A server
// may allow it to nobody in particular and to no user.
func (f *ftp) clearLogin(ctx context.Context) error {
	c, _, err := f.greet(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	user, err := c.ask(ftpStranger)
	if err != nil {
		return f.s.fail("USER", err)
	}
	switch {
	case user.code == 331 || user.code == 230:
		f.svc.Facts["login_without_tls"] = true
	case user.code >= 400 && ftpNeedsTLS.MatchString(user.text()):
		f.svc.Facts["login_without_tls"] = false
	}
	return nil
}

// ftpFeatures are the feature lines of a FEAT reply: those in the middle, each
// after a space (RFC 2389 section 3.2).
func ftpFeatures(lines []string) []string {
	var features []string
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, " "); ok {
			features = append(features, strings.TrimSpace(name))
		}
	}
	return features
}
