// Package receive listens where nobody answers: for syslog messages and for
// traps of SNMP, so that their way can be tried from end to end. It is no
// probe, which only talks to a peer that it has dialled: here strangers choose
// when, how much and how fast. All of it is bounded, and what comes is data.
package receive

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Limits of what strangers may send.
const (
	maxMessage     = 64 << 10        // of one message; more of it is dropped
	maxConnections = 64              // at once
	idle           = 5 * time.Minute // that a connection may say nothing
	handshake      = 10 * time.Second
	backlog        = 4 << 20 // bytes of datagrams that wait to be read
)

// Socket is one place to listen at.
type Socket struct {
	Over string         // udp, tcp or tls
	At   netip.AddrPort // the zero Addr is every address of both families
	TLS  *tls.Config    // of tls
}

// where is the address as the net package wants it.
func (s Socket) where() string {
	if !s.At.Addr().IsValid() {
		return fmt.Sprintf(":%d", s.At.Port())
	}
	return s.At.String()
}

// Receiver listens until its context ends. Handle is called from one goroutine
// for every message.
type Receiver struct {
	Sockets []Socket
	Syslog  Syslog
	Trap    *Trap // traps in place of syslog messages

	Ready  func(over string, at netip.AddrPort) // a socket is open; nil: nobody asks
	Handle func(exposure.Received)

	dropped, shaken, lost atomic.Int64
}

// Lost is how many datagrams came faster than they were read, and are gone. It is
// known once Run has ended.
func (r *Receiver) Lost() int { return int(r.lost.Load()) }

// Dropped is how many connections were refused, for there were too many.
func (r *Receiver) Dropped() int { return int(r.dropped.Load()) }

// Unshaken is how many connections came to no TLS handshake.
func (r *Receiver) Unshaken() int { return int(r.shaken.Load()) }

// Run listens. Its error is that of a socket that could not be opened; the end
// of the context is none.
func (r *Receiver) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages := make(chan exposure.Received)
	var wait sync.WaitGroup
	give := func(m exposure.Received) {
		select {
		case messages <- m:
		case <-ctx.Done():
		}
	}
	for _, s := range r.Sockets {
		if err := r.open(ctx, s, &wait, give); err != nil {
			cancel()
			wait.Wait()
			return err
		}
	}
	go func() {
		wait.Wait()
		close(messages)
	}()
	for m := range messages {
		if ctx.Err() == nil {
			r.Handle(m)
		}
	}
	return nil
}

// open listens at one socket.
func (r *Receiver) open(ctx context.Context, s Socket, wait *sync.WaitGroup, give func(exposure.Received)) error {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	if s.Over == "udp" {
		c, err := config.ListenPacket(ctx, "udp", s.where())
		if err != nil {
			return opened(s, err)
		}
		netio.Backlog(c, backlog)
		r.ready(s.Over, c.LocalAddr())
		wait.Go(func() {
			stop := context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })
			defer stop()
			defer c.Close()
			r.datagrams(c, give)
			r.lost.Add(int64(netio.Overrun(c)))
		})
		return nil
	}
	l, err := config.Listen(ctx, "tcp", s.where())
	if err != nil {
		return opened(s, err)
	}
	r.ready(s.Over, l.Addr())
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	wait.Go(func() {
		defer stop()
		r.connections(ctx, l, s, wait, give)
	})
	return nil
}

func (r *Receiver) ready(over string, at net.Addr) {
	if r.Ready != nil {
		r.Ready(over, endOf(at))
	}
}

// opened is why a socket could not be opened.
func opened(s Socket, err error) error {
	var system *os.SyscallError
	if errors.As(err, &system) {
		err = system.Err
	}
	return &Error{Over: s.Over, At: s.At, Err: err}
}

// Error is a socket that could not be opened.
type Error struct {
	Over string
	At   netip.AddrPort
	Err  error
}

// Error prints like "listen udp port 514: permission denied".
func (e *Error) Error() string {
	return fmt.Sprintf("listen %s port %d: %v", e.Over, e.At.Port(), e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func endOf(a net.Addr) netip.AddrPort {
	end, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(end.Addr().Unmap(), end.Port())
}

// datagrams reads one message a datagram.
func (r *Receiver) datagrams(c net.PacketConn, give func(exposure.Received)) {
	for buf := make([]byte, maxMessage); ; {
		n, from, err := c.ReadFrom(buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			continue // an ICMP error that an answer of ours brought
		}
		m := exposure.Received{ReceivedAt: time.Now().UTC(), From: endOf(from), Over: "udp", Bytes: n}
		if r.Trap == nil {
			give(r.Syslog.understand(m, buf[:n]))
			continue
		}
		m, answer, whole := r.Trap.understand(m, buf[:n])
		if len(answer) > 0 {
			if _, err := c.WriteTo(answer, from); err == nil && m.Trap != nil && m.Trap.Inform {
				m.Trap.Acknowledged = true
			}
		}
		if whole {
			give(m)
		}
	}
}

// connections takes connections, each of which may bring many messages.
func (r *Receiver) connections(ctx context.Context, l net.Listener, s Socket, wait *sync.WaitGroup, give func(exposure.Received)) {
	slots := make(chan struct{}, maxConnections)
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			select {
			case <-ctx.Done():
				return
			case <-time.After(50 * time.Millisecond): // no descriptors left: others end
			}
			continue
		}
		select {
		case slots <- struct{}{}:
		default:
			r.dropped.Add(1)
			_ = c.Close()
			continue
		}
		wait.Go(func() {
			defer func() { <-slots }()
			stop := context.AfterFunc(ctx, func() { _ = c.Close() })
			defer stop()
			defer c.Close()
			r.stream(ctx, c, s, give)
		})
	}
}

// stream reads the messages of one connection.
func (r *Receiver) stream(ctx context.Context, c net.Conn, s Socket, give func(exposure.Received)) {
	from := endOf(c.RemoteAddr())
	if s.TLS != nil {
		inner := tls.Server(c, s.TLS)
		limit, cancel := context.WithTimeout(ctx, handshake)
		err := inner.HandshakeContext(limit)
		cancel()
		if err != nil {
			r.shaken.Add(1)
			return
		}
		c = inner
	}
	in := bufio.NewReaderSize(idleConn{c}, 4096)
	for {
		message, cut, err := frame(in)
		if len(message) > 0 {
			m := exposure.Received{ReceivedAt: time.Now().UTC(), From: from, Over: s.Over, Bytes: len(message), Truncated: cut, BrokenOff: errors.Is(err, errShort)}
			give(r.Syslog.understand(m, message))
		}
		if err != nil {
			return
		}
	}
}

// idleConn ends a connection on which nothing has come for a while.
type idleConn struct{ net.Conn }

// Read waits for a while.
func (c idleConn) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}
