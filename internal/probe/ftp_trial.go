package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// ftpTests is FTP in depth: log in, and move data in each of the four ways in
// which the two ends can agree on a data connection.
var ftpTests = []Test{{
	Name: "ftp", Port: 21,
	Options: []Option{
		{Name: ftpFileOption, Kind: Text},
		{Name: ftpMaxOption, Kind: Number, Default: "30720"},
		{Name: ftpWriteOption, Kind: Flag},
		{Name: ftpTLSOption, Kind: Text, Default: ftpTLSAuto},
		{Name: ftpModesOption, Kind: Words, Default: "pasv,epsv,port,eprt"},
	},
	Check: func(t *Trial) error { return (&ftpTrial{t: t}).options() },
	Run:   testFTP,
}}

// The options, and the words of the one about TLS.
const (
	ftpFileOption  = "file"
	ftpMaxOption   = "max"
	ftpWriteOption = "write"
	ftpTLSOption   = "auth-tls"
	ftpModesOption = "modes"

	ftpTLSAuto    = "auto"
	ftpTLSNever   = "never"
	ftpTLSRequire = "require"
)

// ftpMostMax bounds --max: a connection has a budget of maxBytes, and what does
// not show in a quarter of a megabyte does not show in a larger file either.
const ftpMostMax = 256 << 10

// ftpTrial is one run of the test.
type ftpTrial struct {
	s *Session
	t *Trial
	f ftp // what recognition found; its facts grow

	file   string // to download; empty: the smallest listed
	max    int64  // the most bytes of a list or a file
	write  bool   // upload and delete too
	folder string // where an upload was taken, with the slash behind it
	policy string // about AUTH TLS
	modes  []string

	user, password string
	anonymous      bool
	explicit       bool // TLS by AUTH TLS
	logins         int
	control        *ftpControl

	wait time.Duration // for a data connection, and for a reply about it
}

// ftpControl is a control connection on which somebody is logged in.
type ftpControl struct {
	*Conn
	local, remote netip.AddrPort
	private       bool // data goes inside TLS too
}

// testFTP recognises the server as Run does, logs in and tries the modes in
// turn: those in which the client connects first, since clients use them. A
// mode that fails does not end the test.
func testFTP(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	p := &ftpTrial{s: s, t: t, f: ftp{s: s, svc: exposure.Service{Facts: exposure.Facts{}}}}
	if err := p.options(); err != nil {
		return exposure.Service{}, s.fail("options", err)
	}
	p.wait = ftpWait(ctx)
	if err := p.recognise(ctx); err != nil {
		return p.f.svc, err
	}
	spare := p.spare(ctx)
	if err := p.login(ctx); err != nil {
		spare()
		return p.f.svc, err
	}
	for _, m := range ftpModes {
		if slices.Contains(p.modes, m.name) {
			p.mode(ctx, m)
		}
	}
	p.compare(ctx)
	spare()
	p.drop()
	return p.f.svc, nil
}

// ftpWait is how long a data connection may take to come about: a ninth of the
// time that is left, since each of four modes may need two of it, and not longer
// than five seconds.
func ftpWait(ctx context.Context) time.Duration {
	end, bounded := ctx.Deadline()
	if !bounded {
		return 5 * time.Second
	}
	return min(5*time.Second, max(time.Until(end)/9, 100*time.Millisecond))
}

// ftpLine tells what cannot stand in a command of one line.
const ftpLine = "\r\n\x00"

func (p *ftpTrial) options() error {
	p.file, p.max = p.t.Text(ftpFileOption), int64(p.t.Number(ftpMaxOption))
	p.write, p.policy = p.t.Flag(ftpWriteOption), p.t.Text(ftpTLSOption)
	p.modes = p.t.Words(ftpModesOption)
	p.user, p.anonymous = p.t.User(), false
	if p.user == "" || p.user == "anonymous" || p.user == "ftp" {
		p.user, p.anonymous = "anonymous", true
	}
	switch {
	case p.max < 1 || p.max > ftpMostMax:
		return fmt.Errorf("--%s is a number of bytes from 1 to %d", ftpMaxOption, ftpMostMax)
	case !slices.Contains([]string{ftpTLSAuto, ftpTLSNever, ftpTLSRequire}, p.policy):
		return fmt.Errorf("--%s is %s, %s or %s", ftpTLSOption, ftpTLSAuto, ftpTLSNever, ftpTLSRequire)
	case len(p.modes) == 0 || slices.ContainsFunc(p.modes, ftpNoMode):
		return fmt.Errorf("--%s is some of pasv, epsv, port and eprt", ftpModesOption)
	case strings.ContainsAny(p.file+p.user, ftpLine):
		return errors.New("a file name and a user name are one line")
	}
	if p.anonymous {
		_, p.password, _ = strings.Cut(ftpPassword, " ")
		return nil
	}
	var err error
	if p.password, err = p.t.Password(); err != nil {
		return err
	}
	if strings.ContainsAny(p.password, ftpLine) {
		return errors.New("a password is one line")
	}
	return nil
}

// ftpNoMode reports whether a word names none of the modes.
func ftpNoMode(word string) bool {
	return !slices.ContainsFunc(ftpModes, func(m ftpMode) bool { return m.name == word })
}

// ftpHalf is half of the time that is left: what hangs must leave some for what
// works.
func ftpHalf(ctx context.Context) time.Duration {
	end, bounded := ctx.Deadline()
	if !bounded {
		return DefaultTestTimeout
	}
	return time.Until(end) / 2
}

// recognise is what an identification does, and its step.
func (p *ftpTrial) recognise(ctx context.Context) error {
	half, cancel := context.WithTimeout(ctx, ftpHalf(ctx))
	defer cancel()
	err := p.f.run(half)
	if p.f.inner != nil {
		_ = p.f.inner.Close() // some servers allow few connections
	}
	step := exposure.Step{ID: "ftp-greeting", Result: exposure.StepOK, Said: p.f.svc.Banner}
	if _, upgraded := p.f.svc.Facts["starttls_works"]; err != nil && !upgraded { // or what came after failed
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	}
	p.t.Step(step)
	if p.f.svc.Protocol == "" {
		return err
	}
	p.s.Learn(p.f.svc)
	if ctx.Err() != nil {
		return err
	}
	return nil
}

// login makes the first control connection. Where TLS is a choice of ours and
// does not come about, anonymous users do without; they have no secret.
func (p *ftpTrial) login(ctx context.Context) error {
	p.s.tickets = &oneTicket{}
	offered, known := p.f.svc.Facts.Bool("auth_tls")
	switch {
	case p.s.secure != nil, p.policy == ftpTLSNever:
	case p.policy == ftpTLSRequire:
		p.explicit = true
	default:
		p.explicit = offered || !known && p.f.svc.TLS != nil
	}
	c, err := p.open(ctx)
	if err != nil && p.explicit && p.anonymous && p.policy == ftpTLSAuto && ctx.Err() == nil {
		p.explicit = false
		c, err = p.open(ctx)
	}
	p.f.svc.Facts["logged_in"] = err == nil
	if err != nil {
		var no errRefused
		if errors.As(err, &no) {
			return nil // what was refused says its step
		}
		return err
	}
	p.control = c
	p.f.svc.Facts["tls_control"] = p.explicit || p.s.secure != nil
	p.f.svc.Facts["tls_data"] = c.private
	if c.local.IsValid() {
		p.f.svc.Facts["local_address"] = untrusted.New(c.local.Addr().String(), maxFact)
	}
	p.s.Learn(p.f.svc)
	return nil
}

// ready returns the control connection, a new one when the last was given up.
func (p *ftpTrial) ready(ctx context.Context) (*ftpControl, error) {
	if p.control != nil {
		return p.control, nil
	}
	c, err := p.open(ctx)
	p.control = c
	return c, err
}

// drop gives the control connection up: a server that waits for a data
// connection hears no command until it stops.
func (p *ftpTrial) drop() {
	if p.control == nil {
		return
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(p.wait))
	_ = p.control.Send("QUIT") // it is closed whatever becomes of it
	_ = p.control.Close()
	p.control = nil
}

// open makes a control connection, and tells its steps the first time.
func (p *ftpTrial) open(ctx context.Context) (*ftpControl, error) {
	tell := p.t.Step
	if p.logins++; p.logins > 1 && p.control == nil && p.f.svc.Facts["logged_in"] == true {
		tell = func(exposure.Step) {}
	}
	c, hello, err := p.f.greet(ctx)
	if err == nil && hello.code != 220 {
		err = p.s.fail("log in", refusal(hello)) // too many, say: 421
	}
	if err != nil {
		step := exposure.Step{ID: "ftp-login", Said: hello.banner()}
		ftpFailed(&step, err)
		tell(step)
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(ftpHalf(ctx))); err != nil {
		return nil, p.s.fail("log in", errors.Join(err, c.Close()))
	}
	if p.explicit {
		if c, err = p.secure(ctx, c, tell); err != nil {
			return nil, err
		}
	}
	control := &ftpControl{Conn: c}
	control.local, control.remote = ends(c)
	if err := p.enter(c, tell); err != nil {
		_ = c.Close()
		return nil, err
	}
	if p.explicit || p.s.secure != nil {
		if control.private, err = p.protect(c, tell); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	// Bytes as they are; a server that knows no TYPE sends them all the same.
	if _, err := c.ask("TYPE I"); err != nil {
		_ = c.Close()
		return nil, p.s.fail("TYPE", err)
	}
	return control, c.SetDeadline(time.Time{})
}

// secure asks for TLS on the control connection (RFC 4217 section 4).
func (p *ftpTrial) secure(ctx context.Context, c *Conn, tell func(exposure.Step)) (*Conn, error) {
	step := exposure.Step{ID: "ftp-auth-tls", Asked: "AUTH TLS", Result: exposure.StepOK}
	step.Local, step.Remote = ends(c)
	auth, err := c.ask("AUTH TLS")
	step.Said = auth.banner()
	switch {
	case err != nil:
		err = p.s.fail("AUTH TLS", err)
	case auth.code != 234 && auth.code != 334:
		err = p.s.fail("AUTH TLS", refusal(auth))
	}
	inner := c
	if err == nil {
		var facts *exposure.TLS
		if inner, facts, err = p.s.Upgrade(ctx, c); err != nil {
			err = p.s.fail("tls handshake", err)
		} else {
			step.Facts = exposure.Facts{"tls": untrusted.New(facts.Versions[0]+", "+facts.Cipher, maxFact)}
		}
	}
	ftpFailed(&step, err)
	tell(step)
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return inner, nil
}

// ftpFailed writes into a step what ended it.
func ftpFailed(step *exposure.Step, err error) {
	var no errRefused
	switch {
	case err == nil:
	case errors.As(err, &no):
		step.Result = exposure.StepRefused
	default:
		step.Result, step.Detail = exposure.StepFailed, err.Error()
	}
}

// enter logs in (RFC 959 section 5.4). The step shows neither the user nor what
// was typed for the password.
func (p *ftpTrial) enter(c *Conn, tell func(exposure.Step)) error {
	step := exposure.Step{ID: "ftp-login", Asked: "USER, PASS", Result: exposure.StepOK}
	if p.anonymous {
		step.Asked = ftpAnonymous + ", PASS"
	}
	step.Local, step.Remote = ends(c)
	answer, err := c.ask("USER " + p.user)
	if err == nil && answer.code == 331 {
		answer, err = c.ask("PASS " + p.password)
	}
	step.Said = p.masked(answer)
	switch {
	case err != nil:
		err = p.s.fail("log in", err)
	case answer.code != 230 && answer.code != 232 && answer.code != 202:
		err = p.s.fail("log in", refusal(reply{answer.code, []string{p.masked(answer).Raw()}}))
		if ftpNeedsTLS.MatchString(answer.text()) && !p.explicit && p.s.secure == nil {
			step.Why = "ftp-tls-first"
		}
	}
	ftpFailed(&step, err)
	tell(step)
	return err
}

// masked is a reply without the password, should the server repeat it.
func (p *ftpTrial) masked(r reply) untrusted.Text {
	said := r.banner()
	if p.anonymous || p.password == "" {
		return said
	}
	return untrusted.New(strings.ReplaceAll(said.Raw(), p.password, "***"), maxBanner)
}

// protect asks for TLS on the data connections (RFC 4217 section 9). A server
// that refuses leaves them in the clear.
func (p *ftpTrial) protect(c *Conn, tell func(exposure.Step)) (bool, error) {
	step := exposure.Step{ID: "ftp-protect", Asked: "PBSZ 0, PROT P", Result: exposure.StepOK}
	_, err := c.ask("PBSZ 0") // without it PROT is refused, and says so
	var answer reply
	if err == nil {
		answer, err = c.ask("PROT P")
	}
	step.Said = answer.banner()
	if err != nil {
		err = p.s.fail("PROT", err)
		ftpFailed(&step, err)
	} else if answer.code/100 != 2 {
		step.Result = exposure.StepRefused
	}
	tell(step)
	return step.Result == exposure.StepOK, err
}

// private begins TLS on a data connection. It resumes the session of the
// control connection: to servers that is the proof that both have one client.
func (p *ftpTrial) private(ctx context.Context, data net.Conn) (*tls.Conn, error) {
	inner := tls.Client(data, p.s.tlsConfig(nil))
	if err := inner.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return inner, nil
}
