package scan

import (
	"bytes"
	"cmp"
	"errors"
	"net/netip"
	"slices"
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
	wandering []uint16 // ports of the plan whose services may answer from another one
	key       cookie.Key
	clock     clock
	ready     []evidence
	sent      int64
}

func newUDPWay(p *plan, payloads func(uint16) []Payload) *udpWay {
	w := &udpWay{
		datagrams: netio.NewDatagrams(), plan: p, payloads: payloads,
		key: p.key, clock: newClock(p.size()),
	}
	for _, port := range p.ports {
		if slices.ContainsFunc(payloads(port), func(p Payload) bool { return p.OtherPort }) {
			w.wandering = append(w.wandering, port)
		}
	}
	return w
}

// send asks each port with every payload that it has, or with an empty
// datagram, which is all that can be said to a service that nobody knows.
func (w *udpWay) send(batch []ask) (int, error) {
	for i, a := range batch {
		w.clock.start(a.index)
		questions := w.questions(a.to)
		if a.purpose == proof {
			questions = questions[:1]
		}
		for _, data := range questions {
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

// questions are what a port is asked, each once.
func (w *udpWay) questions(to netip.AddrPort) [][]byte {
	var questions [][]byte
	for _, p := range w.payloads(to.Port()) {
		data := p.New(w.nonce(to))
		if !slices.ContainsFunc(questions, func(q []byte) bool { return bytes.Equal(q, data) }) {
			questions = append(questions, data)
		}
	}
	if len(questions) == 0 {
		return [][]byte{nil}
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
		if e, ok := w.weigh(d); ok {
			into = append(into, e)
		}
	})
	return into, err
}

// weigh finds out which question a datagram answers, if any. Whoever guesses
// our port can send us datagrams and errors: those about ports that were not
// asked, and errors that quote what we did not send, are not taken.
func (w *udpWay) weigh(d netio.Datagram) (evidence, bool) {
	index, ok := w.plan.find(d.Peer)
	asked := ok && w.clock.asked[index] != 0
	e := evidence{reason: cmp.Or(d.Reason, exposure.ProtoResponse), by: d.By, local: d.Local, at: d.At}
	switch {
	case d.Reason != "":
		if !asked || !w.quotes(w.plan.endpoint(index), d.Data) {
			return e, false
		}
	case asked && w.recognises(w.plan.endpoint(index), d.Data, &e):
	default:
		if other, ok := w.elsewhere(d, &e); ok {
			index = other
			break
		}
		if !asked {
			return e, false
		}
		// A port without questions of its own cannot be answered wrongly, nor
		// so that the answer proves itself.
		e.note = weak
		if len(w.payloads(w.plan.endpoint(index).Port())) > 0 {
			e.note = unrecognised
		}
	}
	e.index = index
	e.rtt = w.clock.since(index, d.At)
	return e, true
}

// quotes reports whether an error may be about one of the questions to a port.
// It quotes what followed the UDP header: nothing of it in the shortest form
// (RFC 792), all of it and more in others (RFC 4884 section 5).
func (w *udpWay) quotes(to netip.AddrPort, quoted []byte) bool {
	return slices.ContainsFunc(w.questions(to), func(q []byte) bool {
		n := min(len(q), len(quoted))
		return bytes.Equal(q[:n], quoted[:n])
	})
}

// recognises reports whether reply answers one of the questions to a port, and
// notes whether it proves so.
func (w *udpWay) recognises(to netip.AddrPort, reply []byte, e *evidence) bool {
	found := false
	for _, p := range w.payloads(to.Port()) {
		if p.Match != nil && !p.Match(p.New(w.nonce(to)), reply) {
			continue
		}
		found = true
		if e.note = noNote; !p.Weak && p.Match != nil {
			break
		}
		e.note = weak
	}
	return found
}

// mostWanderers bounds the targets that an answer from a strange address is
// compared with.
const mostWanderers = 64

// elsewhere finds the port whose question is answered from another port of its
// host, as TFTP does (RFC 1350 section 4), or from another address, as a server
// with several of them may. The latter has to prove itself.
func (w *udpWay) elsewhere(d netio.Datagram, e *evidence) (uint32, bool) {
	host, known := w.plan.place[numbered(answering(d.Peer.Addr()))]
	ports := w.wandering
	hosts := []int{host}
	if !known {
		if len(w.plan.targets) > mostWanderers {
			return 0, false
		}
		hosts = hosts[:0]
		for i := range w.plan.targets {
			hosts = append(hosts, i)
		}
		ports = append([]uint16{d.Peer.Port()}, ports...)
		e.by = d.Peer.Addr()
	}
	for _, host := range hosts {
		for _, port := range ports {
			index, ok := w.plan.within(host, port)
			if !ok || w.clock.asked[index] == 0 || len(w.payloads(port)) == 0 {
				continue
			}
			if !w.recognises(w.plan.endpoint(index), d.Data, e) || !known && e.note == weak {
				continue
			}
			if e.note == noNote {
				e.note = elsewhere
			}
			e.from = d.Peer
			return index, true
		}
	}
	e.by, e.note = netip.Addr{}, noNote
	return 0, false
}

// dropped is how many answers found no room in this machine's buffers.
func (w *udpWay) dropped() int { return w.datagrams.Dropped() }

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
