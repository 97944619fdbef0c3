package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
	ftpwire "sekisho/internal/wire/ftp"
)

// ftpMode is one way to agree on a data connection.
type ftpMode struct {
	name     string // of its fact
	command  string
	active   bool // the server connects to us
	extended bool // carries both families (RFC 2428)
}

var (
	ftpPASV  = ftpMode{name: "pasv", command: "PASV"}
	ftpModes = []ftpMode{
		ftpPASV,
		{name: "epsv", command: "EPSV", extended: true},
		{name: "port", command: "PORT", active: true},
		{name: "eprt", command: "EPRT", active: true, extended: true},
	}
)

// What became of a data connection, in the words of the facts pasv, epsv, port
// and eprt.
const (
	ftpWorks    = "ok"
	ftpRefused  = "refused"    // the server refused the mode itself
	ftpSilent   = "silent"     // nothing answered
	ftpClosed   = "closed"     // the port told answered that nobody listens
	ftpRejected = "rejected"   // somebody on the way said no
	ftpPort     = "low-port"   // the port told is one that data must not go to
	ftpReply    = "unreadable" // the reply names no address
	ftpNoTLS    = "no-tls"     // the data connection stands, TLS in it does not
	ftpBroken   = "broken"     // it stood and did not do what it should
	ftpLocal    = "local"      // our own machine could not
)

// ftpMove is one use of a data connection.
type ftpMove struct {
	mode    ftpMode
	command string    // LIST, RETR NAME …
	upload  io.Reader // what to send; nil: to receive
	keep    bool      // the bytes that come

	told          netip.AddrPort // where the server said that it waits; without an address for EPSV
	local, remote netip.AddrPort // the ends of the data connection
	fate          string
	no            bool // the server refused the command and not the connection
	sent          bool // the command is under way
	began         bool // the server agreed to the command
	said          reply
	err           error
	bytes         int64
	cut           bool // there is more than was wanted
	content       []byte
}

// transfer carries out a move. What fails stands in it. Afterwards the control
// connection is usable or given up.
func (p *ftpTrial) transfer(ctx context.Context, c *ftpControl, m *ftpMove) {
	ctx, cancel := context.WithTimeout(ctx, 4*p.wait)
	defer cancel()
	connect, err := p.arrange(ctx, c, m)
	if err != nil {
		p.judgeMove(c, m, err)
		return
	}
	m.sent = true
	if err := c.Send(m.command); err != nil {
		_ = connect.close()
		p.judgeMove(c, m, errFTPControl{err})
		return
	}
	// The data connection is lined up while the server is heard: some answer
	// before TLS stands in it, some after.
	type line struct {
		c   net.Conn
		err error
	}
	lined := make(chan line, 1)
	go func() {
		l := line{err: errHangup}
		defer func() { lined <- l }()
		careful(func() { l.c, l.err = p.line(ctx, c, m, connect) })
	}()
	m.said, err = p.hear(c, p.wait)
	if err != nil || m.said.code >= 400 {
		_ = connect.close()
	}
	l := <-lined
	defer func() {
		if l.c != nil {
			_ = l.c.Close()
		}
	}()
	m.began = err == nil && m.said.code < 400
	switch {
	case err != nil:
		p.judgeMove(c, m, errFTPControl{err})
		return
	case m.said.code >= 400:
		m.no = !slices.Contains(ftpAboutData, m.said.code)
		p.judgeMove(c, m, refusal(m.said))
		return
	case l.err != nil:
		p.judgeMove(c, m, l.err)
		p.settle(c, m)
		return
	}
	err = p.carry(m, l.c)
	_ = l.c.Close() // its end is the end of the file (RFC 959 section 3.2)
	l.c = nil
	p.judgeMove(c, m, err)
	p.settle(c, m)
}

// ftpAboutData are the refusals that are about the data connection and not about
// the command: it did not come about, it broke, it is not protected as it should
// be (RFC 959 section 4.2.1, RFC 4217 section 10.2).
var ftpAboutData = []int{425, 426, 521, 522, 535}

// hear reads one reply in a time of its own.
func (p *ftpTrial) hear(c *ftpControl, wait time.Duration) (reply, error) {
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return reply{}, err
	}
	r, err := c.reply()
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	return r, err
}

// request sends a command and hears the reply.
func (p *ftpTrial) request(c *ftpControl, command string) (reply, error) {
	if err := c.Send(command); err != nil {
		return reply{}, err
	}
	return p.hear(c, p.wait)
}

// ftpWay is a data connection that was agreed on: one that stands, or the door
// at which the server is to come.
type ftpWay struct {
	stands net.Conn
	door   door
}

func (w ftpWay) close() error {
	if w.door != nil {
		return w.door.Close()
	}
	return w.stands.Close()
}

// errFTPControl is the control connection that broke or fell silent.
type errFTPControl struct{ err error }

func (e errFTPControl) Error() string { return "control connection: " + e.err.Error() }
func (e errFTPControl) Unwrap() error { return e.err }

// errFTPMode is a reply that refuses the mode.
type errFTPMode struct{ errRefused }

// arrange agrees with the server on a data connection.
func (p *ftpTrial) arrange(ctx context.Context, c *ftpControl, m *ftpMove) (ftpWay, error) {
	if m.mode.active {
		return p.invite(ctx, c, m)
	}
	told, err := p.passive(c, m)
	if err != nil {
		return ftpWay{}, err
	}
	m.told = told
	data, err := p.s.dialData(ctx, told.Port(), p.wait)
	if err != nil {
		return ftpWay{}, err
	}
	m.local, m.remote = ends(data)
	return ftpWay{stands: data}, nil
}

// passive asks where the server waits. Whatever address it tells, its own is
// where we go.
func (p *ftpTrial) passive(c *ftpControl, m *ftpMove) (netip.AddrPort, error) {
	answer, err := p.request(c, m.mode.command)
	m.said = answer
	switch {
	case err != nil:
		return netip.AddrPort{}, errFTPControl{err}
	case answer.code/100 != 2:
		return netip.AddrPort{}, errFTPMode{errRefused(answer)}
	case m.mode.extended:
		port, err := ftpwire.ParseExtendedPassive(answer.text())
		return netip.AddrPortFrom(netip.Addr{}, port), err
	}
	return ftpwire.ParsePassive(answer.text())
}

// invite opens a door and tells the server where it is.
func (p *ftpTrial) invite(ctx context.Context, c *ftpControl, m *ftpMove) (ftpWay, error) {
	d, err := p.s.listenData(ctx, c.local.Addr())
	if err != nil {
		return ftpWay{}, err
	}
	m.local = netip.AddrPortFrom(c.local.Addr(), d.Addr().Port())
	argument := ftpwire.PortArgument(m.local)
	if m.mode.extended {
		argument = ftpwire.ExtendedPortArgument(m.local)
	}
	m.said, err = p.request(c, m.mode.command+" "+argument)
	if err != nil {
		err = errFTPControl{err}
	} else if m.said.code/100 != 2 {
		err = errFTPMode{errRefused(m.said)}
	}
	if err != nil {
		_ = d.Close()
		return ftpWay{}, err
	}
	return ftpWay{door: d}, nil
}

// line waits for the server where it is to come, and begins TLS where it was
// agreed on: we are its client in all modes (RFC 4217 section 7).
func (p *ftpTrial) line(ctx context.Context, c *ftpControl, m *ftpMove, w ftpWay) (net.Conn, error) {
	data := w.stands
	if w.door != nil {
		defer w.door.Close()
		var err error
		if data, err = w.door.Accept(ctx, p.wait); err != nil {
			return nil, err
		}
		if !p.s.keep(data) {
			return nil, closeWith(data, net.ErrClosed)
		}
		m.remote = endOf(data.RemoteAddr())
	}
	if err := data.SetDeadline(time.Now().Add(3 * p.wait / 2)); err != nil || !c.private {
		return data, err
	}
	inner, err := p.private(ctx, data)
	if err != nil {
		_ = data.Close()
		return nil, errFTPData{err}
	}
	return inner, nil
}

// errFTPData is a TLS handshake that failed on a data connection.
type errFTPData struct{ err error }

func (e errFTPData) Error() string { return "tls handshake on the data connection: " + e.err.Error() }
func (e errFTPData) Unwrap() error { return e.err }

// carry moves the bytes.
func (p *ftpTrial) carry(m *ftpMove, data net.Conn) error {
	if m.upload != nil {
		n, err := io.Copy(data, m.upload)
		m.bytes = n
		return err
	}
	var err error
	b := make([]byte, 4096)
	for m.bytes <= p.max && err == nil {
		var n int
		n, err = data.Read(b[:min(int64(len(b)), p.max+1-m.bytes)])
		m.bytes += int64(n)
		if m.keep {
			m.content = append(m.content, b[:n]...)
		}
	}
	if m.bytes > p.max {
		m.bytes, m.cut = p.max, true
		if m.keep {
			m.content = m.content[:p.max]
		}
		return nil
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// settle reads what the server says at the end of a move. One that says nothing
// would not hear the next command either.
func (p *ftpTrial) settle(c *ftpControl, m *ftpMove) {
	if m.said.code >= 200 {
		return // it has said it
	}
	wait := p.wait
	if m.err != nil {
		wait /= 2 // enough for a server that noticed too
	}
	last, err := p.hear(c, wait)
	if err != nil {
		p.drop()
		if m.fate == ftpWorks && !m.cut {
			m.fate, m.err = ftpBroken, err
		}
		return
	}
	m.said = last
	if m.fate == ftpWorks && !m.cut && last.code >= 400 {
		m.fate, m.err = ftpBroken, refusal(last)
	}
}

// judgeMove gives what came of a data connection its word. A control connection
// that is busy with one that does not come hears nothing more.
func (p *ftpTrial) judgeMove(c *ftpControl, m *ftpMove, err error) {
	m.err, m.fate = err, ftpFate(m, err)
	var control errFTPControl
	if errors.As(err, &control) && p.control == c {
		p.drop()
	}
}

func ftpFate(m *ftpMove, err error) string {
	var (
		mode    errFTPMode
		no      errRefused
		data    errFTPData
		control errFTPControl
		network *netio.Error
	)
	switch {
	case err == nil:
		return ftpWorks
	case errors.As(err, &mode):
		return ftpRefused
	case errors.Is(err, errPeer):
		return ftpPort
	case errors.Is(err, ftpwire.ErrPassive), errors.Is(err, ftpwire.ErrExtendedPassive):
		return ftpReply
	case errors.As(err, &data), m.said.code == 521, m.said.code == 522, m.said.code == 535:
		return ftpNoTLS
	case errors.As(err, &no) && m.no && m.mode.active:
		return "" // it refused before it came
	case errors.As(err, &no) && m.no:
		return ftpWorks // the mode does what it should; the file is another matter
	case errors.As(err, &control) && m.sent && m.mode.active && !m.remote.IsValid():
		return ftpSilent // neither a connection nor a word about it
	case errors.As(err, &control):
		return ftpBroken
	case errors.As(err, &no) && m.mode.active:
		return ftpSilent // 425: it could not come to us
	case errors.As(err, &no):
		return ftpBroken
	case errors.As(err, &network) && (network.Op == "dial" || network.Op == "accept"):
		switch network.Reason {
		case exposure.NoResponse:
			return ftpSilent
		case exposure.ConnRefused, exposure.Reset:
			return ftpClosed
		case exposure.LocalError:
			return ftpLocal
		}
		return ftpRejected
	case netio.Local(err):
		return ftpLocal
	}
	return ftpBroken
}

// step is the move as a step of the test.
func (m *ftpMove) step(id string) exposure.Step {
	step := exposure.Step{ID: id, Result: exposure.StepOK, Asked: m.mode.command + ", " + m.command, Said: m.said.banner(), Local: m.local, Remote: m.remote}
	var no errRefused
	var mode errFTPMode
	switch {
	case m.err == nil:
		step.Facts = exposure.Facts{"bytes": m.bytes}
		if m.cut {
			step.Facts["cut"] = true
		}
	case errors.As(m.err, &mode):
		step.Result, step.Asked = exposure.StepRefused, m.mode.command
	case errors.As(m.err, &no) && m.no:
		step.Result = exposure.StepRefused
	default:
		step.Result, step.Why, step.Detail = exposure.StepFailed, "ftp-data-"+m.fate, ftpDetail(m.err)
	}
	if m.told.Port() > 0 {
		if step.Facts == nil {
			step.Facts = exposure.Facts{}
		}
		told := strconv.Itoa(int(m.told.Port()))
		if m.told.Addr().IsValid() {
			told = m.told.String()
		}
		step.Facts["told"] = untrusted.New(told, maxFact)
	}
	return step
}

// ftpDetail is what ended a move, escaped: it may quote the server.
func ftpDetail(err error) string {
	var network *netio.Error
	if errors.As(err, &network) {
		err = fmt.Errorf("%s %s: %w", network.Op, network.Target, network.Err)
	}
	return untrusted.New(err.Error(), maxErrorText).Terminal()
}
