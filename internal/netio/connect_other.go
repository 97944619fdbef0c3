//go:build !linux

package netio

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"sekisho/internal/exposure"
)

// Connector makes TCP connections in bulk, only to learn how the attempt ends,
// each in a goroutine of its own and a bounded number at once. It belongs to
// one goroutine.
type Connector struct {
	descriptors *Descriptors
	context     context.Context
	cancel      context.CancelFunc
	results     chan Connection
	inFlight    int
}

// mostConnects bounds the attempts in flight, each of which is a goroutine and,
// on some systems, a thread.
const mostConnects = 256

// NewConnector returns a connector that stays inside the budget.
func NewConnector(d *Descriptors) (*Connector, error) {
	d.Refresh()
	ctx, cancel := context.WithCancel(context.Background())
	return &Connector{descriptors: d, context: ctx, cancel: cancel, results: make(chan Connection, mostConnects)}, nil
}

// Close ends all attempts.
func (c *Connector) Close() error {
	c.cancel()
	for c.inFlight > 0 {
		c.take(<-c.results)
	}
	return nil
}

// Waiting is how many attempts are in flight or have a result to fetch.
func (c *Connector) Waiting() int { return c.inFlight }

// Start begins an attempt that ends after patience. An error means that the
// attempt was not made and that every other one would fare the same now.
func (c *Connector) Start(id uint64, to netip.AddrPort, _ bool, patience time.Duration) error {
	if c.inFlight >= mostConnects || !c.descriptors.take() {
		return ErrNoRoom
	}
	c.inFlight++
	go func() { c.results <- c.connect(id, to, patience) }()
	return nil
}

// Shorten does nothing here: few attempts are in flight, and none of them lasts
// long enough to hold up the others twice.
func (c *Connector) Shorten(netip.Addr, time.Duration, func(id uint64) bool) {}

// Wait appends the results that have come to into, waiting for the first until
// then.
func (c *Connector) Wait(into []Connection, until time.Time) ([]Connection, error) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case result := <-c.results:
		into = append(into, c.take(result))
	case <-timer.C:
	}
	for {
		select {
		case result := <-c.results:
			into = append(into, c.take(result))
		default:
			return into, nil
		}
	}
}

func (c *Connector) take(result Connection) Connection {
	c.inFlight--
	c.descriptors.give(1)
	return result
}

func (c *Connector) connect(id uint64, to netip.AddrPort, patience time.Duration) Connection {
	dialer := net.Dialer{Timeout: patience, KeepAlive: -1}
	start := time.Now()
	conn, err := dialer.DialTCP(c.context, "tcp", netip.AddrPort{}, to)
	result := Connection{ID: id, At: time.Now()}
	result.RTT = max(result.At.Sub(start), 1)
	var (
		errno syscall.Errno
		ne    net.Error
	)
	switch {
	case err == nil:
		result.Reason = exposure.SynAck
		result.Again = conn.LocalAddr().String() == conn.RemoteAddr().String()
		// The reset that a linger of zero sends leaves no TIME_WAIT here.
		_ = conn.SetLinger(0)
		_ = conn.Close()
	case errors.As(err, &errno):
		result.ended(portable(errno))
	case errors.As(err, &ne) && ne.Timeout():
		result.Reason = exposure.NoResponse
	default:
		result.Reason, result.Err, result.Local = exposure.LocalError, err, true
	}
	return result
}
