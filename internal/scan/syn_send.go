package scan

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
)

// errOverflow slows the lane down: answers came faster than they were read.
var errOverflow = errors.New("the ring of received packets was full")

// leaked returns errOverflow when answers were lost since it was last asked, and
// until when that is known: the reader looks when it has read what was there.
func (w *synWay) leaked(time.Time) (time.Time, error) {
	known := w.tap.epoch.Add(time.Duration(w.tap.sound.Load()))
	lost := w.tap.lost.Load()
	if lost == w.lost {
		return known, nil
	}
	w.lost = lost
	return known, errOverflow
}

// longestHold bounds how long nothing is sent because answers wait to be read:
// a flood of packets that are none must not keep a scan from its end.
const longestHold = 200 * time.Millisecond

func (w *synWay) send(batch []ask) (int, error) {
	if err := w.tap.failure(); err != nil {
		return 0, err
	}
	now := time.Now()
	if w.hold(now) {
		return 0, nil
	}
	if !now.Before(w.checkDue) && !w.resolved(now) {
		return 0, nil
	}
	return w.transmit(batch[:min(len(batch), mostBatch)], now)
}

// hold reports whether to wait for the reader of the tap. Hundreds of scans at
// once can ask faster than one reader reads, and what the ring has no room for
// is lost.
func (w *synWay) hold(now time.Time) bool {
	if !w.tap.wire.Behind() {
		w.held = time.Time{}
		return false
	}
	if w.held.IsZero() {
		w.held = now
	}
	if now.Sub(w.held) < longestHold {
		return true
	}
	w.held = now
	return false
}

// build makes the packets of a batch into a ship and remembers them. Questions
// to whom no way leads become evidence.
//
// It goes over the batch twice: the places of memory that are scattered are all
// looked up before the first is used, which lets the processor fetch them at
// the same time.
func (w *synWay) build(s *synShip, batch []ask, now time.Time) {
	s.clear()
	sent := w.clock(now)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, a := range batch {
		h := &w.hosts[w.plan.host(a.index)]
		if h.fault != nil || !h.hop.known {
			e := evidence{index: a.index, purpose: a.purpose, reason: exposure.HostUnreach, local: true, at: now, err: h.fault}
			if h.fault != nil {
				e.reason = reasonOf(h.fault)
			}
			w.said = append(w.said, e)
			continue
		}
		h.hop.silent++
		source := w.source(&a)
		w.warmth += w.flight(a.index, source).sent
		s.sources[len(s.asks)] = source
		s.asks, s.places = append(s.asks, a), append(s.places, i)
	}
	for i := range s.asks {
		a, source := &s.asks[i], s.sources[i]
		h := &w.hosts[w.plan.host(a.index)]
		f := w.flight(a.index, source)
		*f = flight{index: a.index, sent: sent, source: source, repeated: f.index == a.index && f.source == source}
		start := len(s.buffer)
		s.buffer = h.syn.Append(s.buffer, source, a.to.Port(), uint32(w.key.Word(a.to, source)))
		s.links[i] = h.hop.link
		s.frames = append(s.frames, rawsock.Frame{Link: &s.links[i], Protocol: h.protocol, Data: s.buffer[start:]})
	}
}

// reasonOf is what a fault of this machine is called.
func reasonOf(err error) exposure.Reason {
	var e *netio.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return exposure.LocalError
}

// transmit sends a batch and returns how many of it are dealt with; it puts
// those first. One thread cannot fill a fast link: much at once goes with the
// helper while the lane makes the next, and the lane sends itself what the
// helper has no time for. What the helper could not send is told by unsent.
func (w *synWay) transmit(batch []ask, now time.Time) (int, error) {
	s := w.ship()
	w.build(s, batch, now)
	if len(s.frames) > worthHelp && !w.tap.many.Load() && w.helper.take(s, now) {
		w.sent += int64(len(s.frames))
		return len(batch), nil
	}
	w.sent += int64(len(s.frames))
	s.send(w.tap.wire)
	w.landed(s, now)
	n := len(batch)
	for _, i := range slices.Backward(s.places[s.gone+len(s.refused):]) { // they rise, so that none is moved twice
		n--
		batch[i], batch[n] = batch[n], batch[i]
	}
	return n, s.err
}

// worthHelp is how many packets take longer to send than to hand over.
const worthHelp = 64

// unsent returns the questions that the helper could not send, and why. It
// waits for a helper that is held up: as long as it is not known what went out,
// silence is none.
func (w *synWay) unsent(now time.Time) (asks []ask, err error) {
	for s := w.helper.back(now); s != nil; s = w.helper.back(now) {
		asks, err = append(asks, s.asks[s.gone+len(s.refused):]...), cmp.Or(s.err, err)
		w.landed(s, now)
	}
	return asks, err
}

// landed takes in what became of the packets of a ship, and takes it back.
func (w *synWay) landed(s *synShip, now time.Time) {
	w.sent -= int64(len(s.frames) - s.gone)
	for _, e := range s.refused {
		e.at = now
		w.said = append(w.said, e)
	}
	w.free = append(w.free, s)
}

// ship is an empty one.
func (w *synWay) ship() *synShip {
	n := len(w.free)
	if n == 0 {
		return &synShip{}
	}
	s := w.free[n-1]
	w.free = w.free[:n-1]
	return s
}

// source chooses the port that a question leaves from: one from the half of the
// row that its purpose has, another one for each control and in each lap,
// unless a router would have to remember each.
func (w *synWay) source(a *ask) uint16 {
	first, half := w.tap.row.First, w.half()
	choice := uint16(a.index) ^ uint16(a.index>>6) + uint16(w.key[0])
	if a.purpose == control {
		first += half
		w.checks++
	}
	switch {
	case a.pinned:
	case a.purpose == control:
		choice = w.checks
	default:
		choice += a.lap
	}
	return first + choice%half
}

// half is how many source ports either purpose has.
func (w *synWay) half() uint16 { return (w.tap.row.Last - w.tap.row.First + 1) / 2 }

// flight is the place where a question is remembered.
func (w *synWay) flight(index uint32, source uint16) *flight {
	const spread = 0x9e3779b1 // near 2^32 over the golden ratio
	return &w.flights[(index<<6^uint32(source))*spread>>(32-w.flightBits)]
}
