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
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

var somewhere = netip.MustParseAddrPort("192.0.2.7:21")

// pipe is a connection under limits and the other end of it.
func pipe(t *testing.T, ctx context.Context, l Limits) (ours, theirs net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { _ = b.Close() })
	c := l.Bound(ctx, a, somewhere)
	t.Cleanup(func() { _ = c.Close() })
	return c, b
}

// TestTotalDeadline has a peer that sends a byte a second: each Read succeeds,
// and the whole ends all the same.
func TestTotalDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(t, t.Context(), Limits{Deadline: time.Now().Add(5500 * time.Millisecond)})
		var trickle sync.WaitGroup
		trickle.Go(func() {
			for {
				time.Sleep(time.Second) // of the bubble's clock
				if _, err := peer.Write([]byte("x")); err != nil {
					return
				}
			}
		})
		got := 0
		for {
			// A library that allows itself ever more time gets no more.
			if err := c.SetDeadline(time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			n, err := c.Read(make([]byte, 10))
			got += n
			if err == nil {
				continue
			}
			var e *Error
			if !errors.As(err, &e) || e.Reason != exposure.NoResponse || !errors.Is(err, os.ErrDeadlineExceeded) || got != 5 {
				t.Errorf("%d bytes, then %v", got, err)
			}
			break
		}
		_ = peer.Close()
		trickle.Wait()
	})
}

// TestShortWaitIsNotTheEnd reads on after a deadline of its own, as a probe
// does that only waits for a pause.
func TestShortWaitIsNotTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(t, t.Context(), Limits{Deadline: time.Now().Add(time.Minute)})
		if err := c.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Read(make([]byte, 1))
		var temporary interface{ Temporary() bool } // what crypto/tls asks
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || !errors.As(err, &temporary) || !temporary.Temporary() {
			t.Fatalf("a short wait ended in %v", err)
		}
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = peer.Write([]byte("x")) }()
		if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

func TestBudget(t *testing.T) {
	for name, c := range map[string]struct {
		limit, sent, want int
		err               error
	}{
		"within":  {limit: 100, sent: 99, want: 99, err: io.EOF},
		"over":    {limit: 100, sent: 101, want: 100, err: ErrBudget},
		"default": {limit: 0, sent: DefaultBytes + 1, want: DefaultBytes, err: ErrBudget},
	} {
		t.Run(name, func(t *testing.T) {
			ours, peer := pipe(t, t.Context(), Limits{Bytes: int64(c.limit)})
			go func() {
				_, _ = peer.Write(make([]byte, c.sent))
				_ = peer.Close()
			}()
			buf, n := make([]byte, 64<<10), 0
			for {
				m, err := ours.Read(buf)
				n += m
				if err == nil {
					continue
				}
				if n != c.want || !errors.Is(err, c.err) {
					t.Errorf("%d bytes and %v, want %d and %v", n, err, c.want, c.err)
				}
				return
			}
		})
	}
}

// TestCancelEndsRead holds that a context that ends is noticed in the middle of
// a Read, and that it is no evidence about the peer.
func TestCancelEndsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, _ := pipe(t, ctx, Limits{Deadline: time.Now().Add(time.Hour)})
		go func() {
			time.Sleep(time.Second) // of the bubble's clock
			cancel()
		}()
		_, err := c.Read(make([]byte, 1))
		if !errors.Is(err, context.Canceled) || !Local(err) {
			t.Errorf("%v", err)
		}
		if err := c.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("a deadline set afterwards revived it: %v", err)
		}
	})
}

// TestFailure names what the net package can return.
func TestFailure(t *testing.T) {
	past, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		to   netip.AddrPort
		err  error
		want exposure.Reason
		says string
	}{
		"refused":     {err: op(syscall.ECONNREFUSED), want: exposure.ConnRefused, says: "dial 192.0.2.7:21: connection refused"},
		"reset":       {err: op(syscall.ECONNRESET), want: exposure.Reset},
		"broken-pipe": {err: op(syscall.EPIPE), want: exposure.Reset},
		"aborted":     {err: op(syscall.ECONNABORTED), want: exposure.Reset},
		"prohibited":  {err: op(syscall.EHOSTUNREACH), want: exposure.HostUnreach},
		"no-route":    {err: op(syscall.ENETUNREACH), want: exposure.NetUnreach},
		"kernel-gave": {err: op(syscall.ETIMEDOUT), want: exposure.NoResponse},
		"no-files":    {err: op(syscall.EMFILE), want: exposure.LocalError},
		"no-ports":    {err: op(syscall.EADDRNOTAVAIL), want: exposure.LocalError},
		"forbidden":   {err: op(syscall.EPERM), want: exposure.LocalError},
		"denied-v4":   {err: op(syscall.EACCES), want: exposure.LocalError},
		"denied-v6":   {to: netip.MustParseAddrPort("[2001:db8::7]:21"), err: op(syscall.EACCES), want: exposure.AdminProhibited},
		"no-buffers":  {err: op(syscall.ENOBUFS), want: exposure.LocalError},
		"timeout":     {err: &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, want: exposure.NoResponse, says: "dial 192.0.2.7:21: i/o timeout"},
		"closed-pipe": {err: io.ErrClosedPipe, want: exposure.Reset},
		"closed-late": {ctx: past, err: net.ErrClosed, want: exposure.NoResponse, says: "dial 192.0.2.7:21: i/o timeout"},
		"unknown":     {err: errors.New("what"), want: exposure.LocalError},
	} {
		t.Run(name, func(t *testing.T) {
			if c.ctx == nil {
				c.ctx = t.Context()
			}
			if !c.to.IsValid() {
				c.to = somewhere
			}
			err := failure(c.ctx, "dial", c.to, c.err)
			var e *Error
			if !errors.As(err, &e) || e.Reason != c.want || c.says != "" && err.Error() != c.says {
				t.Errorf("%v, reason %s; want %s", err, e.Reason, c.want)
			}
			if again := failure(c.ctx, "receive", somewhere, err); !errors.Is(again, err) {
				t.Errorf("wrapped twice: %v", again)
			}
		})
	}
}

func op(errno syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
}

// TestDialLoopback dials a listener, a port where nobody listens, and from a
// source.
func TestDialLoopback(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	d := &Dialer{Source: netip.MustParseAddrPort("127.0.0.9:0"), Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
	c, err := d.Dial(t.Context(), exposure.TCP, at)
	if err != nil {
		t.Fatal(err)
	}
	if from := netip.MustParseAddrPort(c.LocalAddr().String()); from.Addr() != d.Source.Addr() {
		t.Errorf("came from %s", from)
	}
	if err := errors.Join(c.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = d.Dial(t.Context(), exposure.TCP, at)
	var e *Error
	if !errors.As(err, &e) || e.Reason != exposure.ConnRefused || e.Op != "dial" || e.Target != at {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestDialEndsWithContext dials with a context that is over.
func TestDialEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&Dialer{}).Dial(ctx, exposure.TCP, netip.MustParseAddrPort("127.0.0.1:9"))
	if !errors.Is(err, context.Canceled) || !Local(err) {
		t.Errorf("%v", err)
	}
	past, stop := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer stop()
	_, err = (&Dialer{}).Dial(past, exposure.TCP, netip.MustParseAddrPort("127.0.0.1:9"))
	var e *Error
	if !errors.As(err, &e) || e.Reason != exposure.NoResponse {
		t.Errorf("%v", err)
	}
}

// TestDialItself connects a port with itself, as a sweep of loopback may: it is
// a fault of the asking and no open port.
func TestDialItself(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d := &Dialer{Source: at, Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
	if c, err := d.Dial(t.Context(), exposure.TCP, at); err == nil {
		t.Errorf("connected %s with %s", c.LocalAddr(), c.RemoteAddr())
	} else if !Local(err) {
		t.Errorf("%v is evidence about the peer", err)
	}
}
