package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// door is where the peer may come to us. It lets in nobody else.
type door interface {
	Addr() netip.AddrPort
	Accept(ctx context.Context, wait time.Duration) (net.Conn, error)
	Close() error
}

// firstDataPort is the lowest port of a data connection at either end: a peer
// must not lead us to a service (RFC 2577 section 3).
const firstDataPort = 1024

// dialData connects to a port of the peer that it told, for data. The wait
// bounds the connecting only.
func (s *Session) dialData(ctx context.Context, port uint16, wait time.Duration) (net.Conn, error) {
	if port < firstDataPort {
		return nil, errPeer
	}
	return s.dialWithin(ctx, port, wait)
}

// touch reports whether anything comes back from a port of the peer: that it
// takes a connection, which is closed without a word, or that nobody listens.
func (s *Session) touch(ctx context.Context, port uint16, wait time.Duration) bool {
	c, err := s.dialWithin(ctx, port, wait)
	if err == nil {
		_ = c.Close()
		return true
	}
	var e *netio.Error
	return errors.As(err, &e) && (e.Reason == exposure.ConnRefused || e.Reason == exposure.Reset)
}

// dialWithin connects to a port of the peer in a time of its own.
func (s *Session) dialWithin(ctx context.Context, port uint16, wait time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(wait, cancel)
	c, err := s.dialPeer(ctx, exposure.TCP, port)
	if late.Stop() && err == nil {
		return &dataConn{c, cancel}, nil
	}
	cancel()
	if err == nil {
		_ = c.Close()
	}
	if err == nil || errors.Is(err, context.Canceled) {
		to := netip.AddrPortFrom(s.peer.at.Addr(), port)
		err = &netio.Error{Op: "dial", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
	}
	return nil, err
}

// dataConn is a connection whose context ends with it.
type dataConn struct {
	net.Conn
	cancel context.CancelFunc
}

// Close ends the connection.
func (c *dataConn) Close() error {
	defer c.cancel()
	return c.Conn.Close()
}

// listenData opens a door for the peer at one of our addresses, which is that
// of a connection with it.
func (s *Session) listenData(ctx context.Context, local netip.Addr) (door, error) {
	d, err := s.peer.listen(ctx, local)
	if err != nil {
		return nil, err
	}
	if !s.keep(d) {
		_ = d.Close()
		return nil, net.ErrClosed
	}
	return d, nil
}

// ends are the two ends of a connection; the zero AddrPort where it has none.
func ends(c net.Conn) (local, remote netip.AddrPort) {
	return endOf(c.LocalAddr()), endOf(c.RemoteAddr())
}

// oneTicket resumes every handshake with the latest session, whichever port the
// peer told it from: crypto/tls keeps sessions by name or else by address and
// port, and a data connection of FTP has another port.
type oneTicket struct {
	mu     sync.Mutex
	latest *tls.ClientSessionState
}

// Get returns the latest session.
func (o *oneTicket) Get(string) (*tls.ClientSessionState, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.latest, o.latest != nil
}

// Put keeps a session in place of the one before. None is put when a handshake
// was cut off, which says nothing about the session.
func (o *oneTicket) Put(_ string, state *tls.ClientSessionState) {
	if state == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.latest = state
}
