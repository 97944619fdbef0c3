package netio

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// Listener waits for a connection that one host has been asked to make to us,
// as the server of an active FTP session is. Whoever else comes is sent away.
type Listener struct {
	ln     *net.TCPListener
	limits Limits
	from   netip.Addr
}

// Listen opens a port of the address local, one that the system chooses, for
// connections from one host. Port numbers below 1024 are never chosen. What it
// and Accept return as an error is an *Error.
func (d *Dialer) Listen(ctx context.Context, local, from netip.Addr) (*Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false) // the peer's answer shall be the one that it gives everybody
	ln, err := c.Listen(ctx, "tcp", netip.AddrPortFrom(local, 0).String())
	if err != nil {
		return nil, failure(ctx, "listen", netip.AddrPort{}, err)
	}
	return &Listener{ln: ln.(*net.TCPListener), limits: d.Limits, from: from.Unmap().WithZone("")}, nil
}

// Addr is where it listens.
func (l *Listener) Addr() netip.AddrPort {
	a := l.ln.Addr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// maxStrangers is how many connections from others are closed before the
// waiting ends: somebody floods the port.
const maxStrangers = 64

// errStrangers ends a waiting that others disturb.
var errStrangers = errors.New("others connect in place of the peer")

// Accept waits for the host, at most the given time, and returns its connection
// under the limits of the Dialer. Connections of others are reset.
func (l *Listener) Accept(ctx context.Context, wait time.Duration) (net.Conn, error) {
	peer := netip.AddrPortFrom(l.from, 0)
	end := time.Now().Add(wait)
	if d := l.limits.deadline(ctx); d.Before(end) {
		end = d
	}
	if err := l.ln.SetDeadline(end); err != nil {
		return nil, failure(ctx, "accept", peer, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = l.ln.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	for range maxStrangers {
		c, err := l.ln.AcceptTCP()
		if err != nil {
			return nil, failure(ctx, "accept", peer, err)
		}
		from := c.RemoteAddr().(*net.TCPAddr).AddrPort()
		if from.Addr().Unmap().WithZone("") == l.from {
			return l.limits.Bound(ctx, c, from), nil
		}
		_ = c.SetLinger(0) // nothing of theirs stays here
		_ = c.Close()
	}
	return nil, &Error{Op: "accept", Target: peer, Reason: exposure.LocalError, Err: errStrangers}
}

// Close stops listening.
func (l *Listener) Close() error { return l.ln.Close() }
