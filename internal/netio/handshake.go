package netio

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// Handshaker makes whole TCP connections through the kernel, to learn what
// stands behind a SYN that was answered: a middlebox may answer for a port that
// nobody has. It may be used by many goroutines at once.
type Handshaker struct {
	descriptors *Descriptors
	made        atomic.Int64
}

// NewHandshaker returns one that stays inside the budget.
func NewHandshaker(d *Descriptors) *Handshaker {
	d.Refresh()
	return &Handshaker{descriptors: d}
}

// Made is how many connections were tried.
func (h *Handshaker) Made() int64 { return h.made.Load() }

// After is what came of a connection once it was accepted.
type After uint8

// What may come: nothing at all, a reset, an end without a word, data, a window
// that opens after it was shut, an acknowledgement of what we said.
const (
	Nothing After = iota
	WasReset
	HungUp
	Spoke
	Opened
	Acknowledged
)

// Handshake is how a whole connection fared.
type Handshake struct {
	Reason exposure.Reason // SynAck when it was accepted, or why not
	After  After
	// Accepting and Passed are the times until it was accepted, and from then
	// to what came after it.
	Accepting, Passed time.Duration
	Shut              bool  // the window was still zero at the end
	Err               error // of a LocalError
}

// Manners are how a connection is made and what is waited for.
type Manners struct {
	Accept  time.Duration // the longest wait for the connection
	Listen  time.Duration // how long the peer may speak first
	Survive time.Duration // what a connection must outlast before its acknowledgement proves anything
	Whole   time.Duration // the longest wait after it was accepted
	// Words are said when the peer has said nothing. None are said when it is
	// empty.
	Words []byte
	// Shut tells that the window was seen to be zero before: one that is open
	// has opened then.
	Shut bool
}

// Looks at a connection whose window may open, which no poller tells, come ever
// more seldom.
const (
	firstLook = time.Millisecond
	mostLook  = 50 * time.Millisecond
)

// noRoom is how long a connection waits for a descriptor before it asks again.
const noRoom = 10 * time.Millisecond

// Shake makes one connection and resets it in the end, so that no port of ours
// waits for its old packets. The end of ctx ends it, as a LocalError unless
// something was learned.
func (h *Handshaker) Shake(ctx context.Context, to netip.AddrPort, m Manners) Handshake {
	for !h.descriptors.take() {
		select {
		case <-ctx.Done():
			return Handshake{Reason: exposure.LocalError, Err: ctx.Err()}
		case <-time.After(noRoom):
		}
	}
	defer h.descriptors.give(1)
	h.made.Add(1)
	start := time.Now()
	dialer := net.Dialer{Timeout: m.Accept, KeepAlive: -1}
	conn, err := dialer.DialTCP(ctx, "tcp", netip.AddrPort{}, to)
	accepted := time.Now()
	s := Handshake{Reason: exposure.SynAck, Accepting: max(accepted.Sub(start), 1)}
	if err != nil {
		s.refused(failure(ctx, "dial", to, err))
		return s
	}
	defer func() {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}()
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		// Two ends that are equal are this machine's own socket.
		s.Reason, s.Err = exposure.LocalError, errSelf
		return s
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	s.watch(ctx, conn, accepted, m)
	s.Passed = max(time.Since(accepted), 1)
	return s
}

// refused makes the result of a connection that was not made. A reset where a
// refusal would be another errno came after the handshake.
func (s *Handshake) refused(err error) {
	var e *Error
	errors.As(err, &e)
	s.Reason = e.Reason
	switch e.Reason {
	case exposure.Reset:
		s.Reason, s.After, s.Passed = exposure.SynAck, WasReset, 1
	case exposure.LocalError:
		s.Err = e.Err
	}
}

// watch looks at a connection until something comes or the time is over.
func (s *Handshake) watch(ctx context.Context, conn *net.TCPConn, accepted time.Time, m Manners) {
	window := windowOf(conn)
	shut := m.Shut || window.shut()
	said := len(m.Words) == 0
	spoken := false
	buffer := make([]byte, 512)
	for look := firstLook; ; look = min(2*look, mostLook) {
		_ = conn.SetReadDeadline(time.Now().Add(look))
		n, err := conn.Read(buffer)
		passed := time.Since(accepted)
		window = windowOf(conn)
		s.Shut = window.shut()
		switch {
		case n > 0:
			s.After = Spoke
			return
		case err == io.EOF:
			s.After = HungUp
			return
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			if e := new(Error); errors.As(failure(ctx, "receive", netip.AddrPort{}, err), &e) && e.Reason == exposure.Reset {
				s.After = WasReset
			}
			return
		case shut && window.open():
			s.After = Opened
			return
		case spoken && window.known && !window.waiting && (shut || passed >= m.Survive):
			s.After = Acknowledged
			return
		case passed >= m.Whole || ctx.Err() != nil:
			return
		case !said && passed >= m.Listen:
			said = true
			_, err := conn.Write(m.Words)
			spoken = err == nil
		}
	}
}

// window is what the kernel knows of the other end of a connection.
type window struct {
	known   bool
	size    uint32
	waiting bool // some of what we said is not acknowledged
}

func (w window) shut() bool { return w.known && w.size == 0 }
func (w window) open() bool { return w.known && w.size > 0 }
