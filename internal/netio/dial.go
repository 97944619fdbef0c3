package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"sekisho/internal/exposure"
)

// Limits bound a conversation as a whole, whatever library speaks in it.
type Limits struct {
	Deadline time.Time // the end of everything; zero: the context's, or defaultTime from now
	Bytes    int64     // the most bytes received; not positive: DefaultBytes
}

// DefaultBytes is the budget of a conversation that names none: a certificate
// chain of an unusual size fits, an endless answer ends soon.
const DefaultBytes = 256 << 10

// defaultTime bounds a conversation that names no deadline: longer than any
// probe waits, short enough that a forgotten limit is not a leak.
const defaultTime = 30 * time.Second

// deadline is the earliest of the limits' and the context's.
func (l Limits) deadline(ctx context.Context) time.Time {
	end := l.Deadline
	if d, ok := ctx.Deadline(); ok && (end.IsZero() || d.Before(end)) {
		end = d
	}
	if end.IsZero() {
		end = time.Now().Add(defaultTime)
	}
	return end
}

// Dialer opens connections under Limits, from a source if one is given (its
// port may be 0). The zero Dialer is ready to use.
type Dialer struct {
	Source netip.AddrPort
	Again  bool // the source port serves one TCP connection after another: each ends by a reset, which leaves nothing that holds the port
	Limits Limits
	Proxy  *Proxy // through which connections go; nil: none
	Name   string // what the proxy is asked for where the address is only a stand-in, see ByName
}

// Dial connects to an address. Every Read and Write of the connection stands
// under the limits and ends when ctx does; what they and Dial return as an
// error is an *Error, except io.EOF. A deadline set on the connection only
// counts when it is earlier than the total one.
func (d *Dialer) Dial(ctx context.Context, transport exposure.Transport, to netip.AddrPort) (net.Conn, error) {
	if d.Proxy != nil {
		return d.dialProxy(ctx, transport, to)
	}
	nd := net.Dialer{Deadline: d.Limits.deadline(ctx), KeepAlive: -1, Control: watchErrors}
	var (
		conn net.Conn
		err  error
	)
	if transport == exposure.UDP {
		conn, err = nd.DialUDP(ctx, "udp", d.Source, to)
	} else {
		if d.Again {
			nd.Control = shareSource
		}
		conn, err = nd.DialTCP(ctx, "tcp", d.Source, to)
	}
	if err != nil {
		return nil, failure(ctx, "dial", to, err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && d.Again {
		err = tcp.SetLinger(0)
	}
	if err != nil {
		return nil, errors.Join(failure(ctx, "dial", to, err), conn.Close())
	}
	// Two ends that are equal are this machine's own socket, which TCP allows
	// by a simultaneous open (RFC 9293 section 3.5): nobody listens there.
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		err = errors.Join(errSelf, conn.Close())
		return nil, &Error{Op: "dial", Target: to, Reason: exposure.LocalError, Err: err}
	}
	return d.Limits.Bound(ctx, conn, to), nil
}

// errSelf tells a connection whose two ends are the same socket.
var errSelf = errors.New("connected to itself")

// Bound puts a connection that was made elsewhere under the limits.
func (l Limits) Bound(ctx context.Context, conn net.Conn, to netip.AddrPort) net.Conn {
	b := &bound{Conn: conn, ctx: ctx, to: to, end: l.deadline(ctx), left: l.Bytes}
	if b.left <= 0 {
		b.left = DefaultBytes
	}
	// A connection that cannot take a deadline is closed already, and the
	// first Read says so.
	_ = conn.SetDeadline(b.end)
	b.stop = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return b
}

// bound is a connection under limits. One goroutine may read while another
// writes, as of any net.Conn.
type bound struct {
	net.Conn
	ctx  context.Context
	to   netip.AddrPort
	end  time.Time
	stop func() bool

	mu   sync.Mutex
	left int64
}

func (b *bound) grant(want int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(min(int64(want), b.left))
}

func (b *bound) spend(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= int64(n)
}

// Read reads what the budget still allows.
func (b *bound) Read(p []byte) (int, error) {
	n := b.grant(len(p))
	if n <= 0 && len(p) > 0 {
		return 0, &Error{Op: "receive", Target: b.to, Reason: exposure.ProtoResponse, Err: ErrBudget}
	}
	n, err := b.Conn.Read(p[:n])
	b.spend(n)
	if err != nil && err != io.EOF {
		err = failure(b.ctx, "receive", b.to, err)
	}
	return n, err
}

// Write sends p.
func (b *bound) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	if err != nil {
		err = failure(b.ctx, "send", b.to, err)
	}
	return n, err
}

// Close ends the connection and its watch over the context.
func (b *bound) Close() error {
	b.stop()
	return b.Conn.Close()
}

// clamp sets a deadline no later than the total one. The context is looked at
// afterwards: one that ends in between must not be overruled.
func (b *bound) clamp(set func(time.Time) error, t time.Time) error {
	if t.IsZero() || t.After(b.end) {
		t = b.end
	}
	err := set(t)
	if b.ctx.Err() != nil {
		err = set(time.Unix(1, 0))
	}
	return err
}

// SetDeadline sets both deadlines, no later than the total one.
func (b *bound) SetDeadline(t time.Time) error { return b.clamp(b.Conn.SetDeadline, t) }

// SetReadDeadline sets the deadline of Read, no later than the total one.
func (b *bound) SetReadDeadline(t time.Time) error { return b.clamp(b.Conn.SetReadDeadline, t) }

// SetWriteDeadline sets the deadline of Write, no later than the total one.
func (b *bound) SetWriteDeadline(t time.Time) error { return b.clamp(b.Conn.SetWriteDeadline, t) }

// Timeout reports whether a deadline ended the operation.
func (e *Error) Timeout() bool {
	var ne net.Error
	return errors.As(e.Err, &ne) && ne.Timeout()
}

// Temporary is Timeout: crypto/tls gives a connection up for good after an
// error that is not temporary, and a read that only waited is no such error.
func (e *Error) Temporary() bool { return e.Timeout() }

// failure makes the typed error of what the net package returned.
func failure(ctx context.Context, op string, to netip.AddrPort, err error) error {
	var typed *Error
	if errors.As(err, &typed) {
		return err
	}
	e := &Error{Op: op, Target: to, Err: err}
	var (
		errno syscall.Errno
		ne    net.Error
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Reason, e.Err = exposure.LocalError, context.Canceled
	case errors.As(err, &errno):
		e.Err = errno
		e.Reason = evidence(errno)
		// Linux tells ICMPv6 "prohibited" by this number (RFC 4443 section 3.1,
		// code 1), which over IPv4 is a refusal of its own.
		if errno == syscall.EACCES && to.Addr().Is6() && !to.Addr().Is4In6() {
			e.Reason = exposure.AdminProhibited
		}
	case errors.As(err, &ne) && ne.Timeout():
		e.Reason, e.Err = exposure.NoResponse, os.ErrDeadlineExceeded
	case errors.Is(err, net.ErrClosed) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		e.Reason, e.Err = exposure.NoResponse, os.ErrDeadlineExceeded
	case errors.Is(err, io.ErrClosedPipe):
		e.Reason = exposure.Reset
	default:
		e.Reason = exposure.LocalError
	}
	return e
}

// evidence is EvidenceOf for every errno that an established connection can
// meet too: a peer that closed before we wrote, or that the kernel gave up on.
func evidence(errno syscall.Errno) exposure.Reason {
	errno = portable(errno)
	switch errno {
	case syscall.EPIPE, syscall.ECONNABORTED:
		return exposure.Reset
	}
	return EvidenceOf(errno)
}
