package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"sekisho/internal/exposure"
)

// resendAfter is how long an unanswered datagram waits for its repetition,
// and maxSends how many are sent in all: one lost packet must not make a
// service silent, and a peer that stays silent is not to be flooded.
const (
	resendAfter = time.Second
	maxSends    = 3
)

// maxDatagram is the longest reply that is kept. A DNS server was told 1232,
// and no first answer of the protocols asked here is longer than a frame.
const maxDatagram = 4096

// Exchange sends a datagram and returns the first reply that accept takes;
// others are ignored but count against the budget. An ICMP error that this
// machine's kernel passes on ends it as an *Error whose Reason is that
// evidence and whose By is the address that sent it when it is not the peer.
func Exchange(ctx context.Context, d *Dialer, to netip.AddrPort, request []byte, accept func(reply []byte) bool) ([]byte, error) {
	conn, err := d.Dial(ctx, exposure.UDP, to)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	buf := make([]byte, maxDatagram)
	for sent := 0; ; {
		if sent < maxSends {
			if _, err := conn.Write(request); err != nil {
				return nil, unreachable(conn, err)
			}
			sent++
		}
		wait := time.Now().Add(resendAfter)
		if sent == maxSends {
			wait = time.Time{}
		}
		if err := conn.SetReadDeadline(wait); err != nil {
			return nil, failure(ctx, "receive", to, err)
		}
		reply, err := receive(conn, buf, accept)
		switch {
		case err == nil:
			return reply, nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return nil, unreachable(conn, err)
		case sent == maxSends || !d.Limits.deadline(ctx).After(time.Now()):
			return nil, err
		}
	}
}

// receive reads datagrams until one is accepted or reading fails.
func receive(conn net.Conn, buf []byte, accept func([]byte) bool) ([]byte, error) {
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if accept(buf[:n]) {
			return buf[:n], nil
		}
	}
}

// unreachable completes an error with what ICMP said. Where the system does
// not tell the type and code, a refused datagram is an unreachable port.
func unreachable(conn net.Conn, err error) error {
	var e *Error
	if !errors.As(err, &e) || e.Reason == exposure.NoResponse {
		return err
	}
	if b, ok := conn.(*bound); ok {
		if reason, by, ok := queuedError(b.Conn); ok {
			e.Reason = reason
			if by != e.Target.Addr().Unmap() {
				e.By = by.String()
			}
			e.Err = fmt.Errorf("icmp %s: %w", reason, e.Err)
			return e
		}
	}
	if e.Reason == exposure.ConnRefused || e.Reason == exposure.Reset {
		e.Reason = exposure.PortUnreach
		e.Err = fmt.Errorf("icmp %s: %w", e.Reason, e.Err)
	}
	return e
}
