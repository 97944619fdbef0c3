package scan

import (
	"errors"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// connectWay asks TCP ports by connecting: no privilege is needed, the answer
// is the kernel's, and an open port sees a connection that is reset at once.
type connectWay struct {
	connector *netio.Connector
	results   []netio.Connection
	sent      int64
}

func newConnectWay(d *netio.Descriptors) (way, error) {
	c, err := netio.NewConnector(d)
	if err != nil {
		return nil, err
	}
	return &connectWay{connector: c}, nil
}

func (w *connectWay) send(batch []ask) (int, error) {
	for i, a := range batch {
		err := w.connector.Start(uint64(a.purpose)<<32|uint64(a.index), a.to, a.own, a.patience)
		if errors.Is(err, netio.ErrNoRoom) {
			return i, nil
		}
		if err != nil {
			return i, err
		}
		w.sent++
	}
	return len(batch), nil
}

// shorten frees the sockets that wait for longer than an answer takes. The one
// that waits for its neighbour keeps its time.
func (w *connectWay) shorten(to netip.Addr, patience time.Duration) {
	w.connector.Shorten(to, patience, func(id uint64) bool { return purpose(id>>32) == canary })
}

func (w *connectWay) receive(into []evidence, until time.Time) ([]evidence, error) {
	var err error
	w.results, err = w.connector.Wait(w.results[:0], until)
	for _, r := range w.results {
		e := evidence{
			index: uint32(r.ID), purpose: purpose(r.ID >> 32),
			reason: r.Reason, by: r.By, local: r.Local, void: r.Again, shut: r.Shut,
			rtt: r.RTT, at: r.At, err: r.Err,
		}
		switch {
		case r.Cut:
			e.note = cut
		case r.Reason == exposure.LocalError && netio.Forbidden(r.Err):
			e.note = forbidden
		}
		into = append(into, e)
	}
	return into, err
}

func (w *connectWay) waiting() int   { return w.connector.Waiting() }
func (w *connectWay) packets() int64 { return w.sent }
func (w *connectWay) close() error   { return w.connector.Close() }
