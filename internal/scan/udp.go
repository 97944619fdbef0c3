package scan

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// udpWay asks UDP ports through the kernel's sockets: no privilege is needed,
// ICMP errors come with their sender, and the kernel, which knows the socket,
// does not answer the replies with errors of its own.
type udpWay struct {
	datagrams *netio.Datagrams
	plan      *plan
	payloads  func(uint16) []Payload
	key       cookie.Key
	clock     clock
	ready     []evidence
	sent      int64
}

func newUDPWay(p *plan, payloads func(uint16) []Payload) (way, error) {
	return &udpWay{
		datagrams: netio.NewDatagrams(), plan: p, payloads: payloads,
		key: cookie.NewKey(), clock: newClock(p.size()),
	}, nil
}

// send asks each port with every payload that it has, or with an empty
// datagram, which is all that can be said to a service that nobody knows.
func (w *udpWay) send(batch []ask) (int, error) {
	for i, a := range batch {
		w.clock.start(a.index)
		for _, data := range w.questions(a) {
			if err := w.datagrams.Send(a.to, a.own, data); err != nil {
				if netio.Scarce(err) {
					return i, err
				}
				e := unsent(a, err)
				if a.to.Port() == 0 && errors.Is(err, syscall.EINVAL) {
					e.note = portZero
				}
				w.ready = append(w.ready, e)
				break
			}
			w.sent++
		}
	}
	return len(batch), nil
}

func (w *udpWay) questions(a ask) [][]byte {
	payloads := w.payloads(a.to.Port())
	if len(payloads) == 0 {
		return [][]byte{nil}
	}
	questions := make([][]byte, len(payloads))
	for i, p := range payloads {
		questions[i] = p.New(w.nonce(a.to))
	}
	return questions
}

// nonce belongs to one endpoint under a secret of this scan: nothing needs to
// be remembered for a reply to be proven.
func (w *udpWay) nonce(to netip.AddrPort) uint64 { return w.key.Word(to, 0) }

func (w *udpWay) receive(into []evidence, until time.Time) ([]evidence, error) {
	into = append(into, w.ready...)
	if len(w.ready) > 0 {
		until = time.Time{}
	}
	w.ready = w.ready[:0]
	err := w.datagrams.Receive(until, func(d netio.Datagram) {
		if index, ok := w.plan.find(d.Peer); ok {
			into = append(into, w.weigh(index, d))
		}
	})
	return into, err
}

func (w *udpWay) weigh(index uint32, d netio.Datagram) evidence {
	e := evidence{index: index, reason: d.Reason, by: d.By, local: d.Local, at: d.At, rtt: w.clock.since(index, d.At)}
	if d.Reason == "" {
		e.reason = exposure.ProtoResponse
		if !w.recognised(w.plan.endpoint(index), d.Data) {
			e.note = unrecognised
		}
	}
	return e
}

// recognised reports whether reply answers one of the questions to a port. A
// port without questions of its own cannot be answered wrongly.
func (w *udpWay) recognised(to netip.AddrPort, reply []byte) bool {
	payloads := w.payloads(to.Port())
	for _, p := range payloads {
		if p.Match == nil || p.Match(p.New(w.nonce(to)), reply) {
			return true
		}
	}
	return len(payloads) == 0
}

func (w *udpWay) waiting() int   { return -1 }
func (w *udpWay) packets() int64 { return w.sent }
func (w *udpWay) close() error   { return w.datagrams.Close() }

// unsent is the evidence for a question that the kernel did not send.
func unsent(a ask, err error) evidence {
	e := evidence{index: a.index, purpose: a.purpose, reason: exposure.LocalError, local: true, at: time.Now(), err: err}
	var refused *netio.Error
	if errors.As(err, &refused) {
		e.reason, e.err = refused.Reason, refused.Err
	}
	switch {
	case errors.Is(err, netio.ErrEchoForbidden):
		e.note = unpermitted
	case netio.Forbidden(err):
		e.note = forbidden
	}
	return e
}

// clock remembers when each port was asked: four bytes a port, in units of two
// microseconds, which come round after 71 minutes. The lowest bit marks a port
// that was asked again: which question an answer belongs to is not known then
// (Karn and Partridge 1987).
type clock struct {
	epoch time.Time
	asked []uint32
}

func newClock(size int) clock { return clock{time.Now().Add(-clockUnit), make([]uint32, size)} }

const clockUnit = 2 * time.Microsecond

func (c *clock) start(index uint32) {
	if c.asked[index] != 0 {
		c.asked[index] |= 1
		return
	}
	c.asked[index] = uint32(time.Since(c.epoch)/clockUnit) << 1
}

// since is how long ago a port was asked; 0 where that is not known.
func (c *clock) since(index uint32, at time.Time) time.Duration {
	asked := c.asked[index]
	if asked&1 != 0 {
		return 0
	}
	passed := uint32(at.Sub(c.epoch)/clockUnit)<<1 - asked
	return max(time.Duration(passed>>1)*clockUnit, 1)
}
