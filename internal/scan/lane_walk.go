package scan

import (
	"time"
)

// draw fills the batch with what may be asked now and concludes what the lap
// comes by. It reports whether it has stopped for no other reason than to let
// answers in.
func (l *lane) draw(now time.Time) (busy bool) {
	l.batch, l.full = l.batch[:0], false
	room := l.pace.allow(now, mostBatch)
	if l.shared != nil {
		room = min(room, l.shared.allow(now, mostBatch))
	}
	if waiting := l.way.waiting(); waiting >= 0 {
		room = min(room, l.pace.window-waiting)
	}
	if l.hushed(now) {
		room = min(room, hushAsks*len(l.plan.targets)-int(l.way.packets()))
	}
	stalled := l.stalled(now)
	doubts := l.doubts()
	for len(l.batch) < room && l.controlling() && l.controlDue(now) {
		spare := !stalled && !doubts && !l.affords()
		if spare && !l.ample() || !l.control(now, spare) {
			break
		}
	}
	if stalled {
		return false
	}
	l.trail.note(l.walk, now)
	busy = true
	for n := 0; n < mostSteps && busy; n++ {
		busy = l.step(now, len(l.batch) < room)
	}
	l.mix()
	return busy
}

// mix puts the controls anywhere in the batch: at its head they would find room
// in a short queue that has none for the rest, and show a line without loss.
func (l *lane) mix() {
	controls := 0
	for controls < len(l.batch) && l.batch[controls].purpose == control {
		controls++
	}
	for i := range controls {
		j := i + l.controls.random.IntN(len(l.batch)-i)
		l.batch[i], l.batch[j] = l.batch[j], l.batch[i]
	}
}

// step goes on by one place, if there is something to do there now.
func (l *lane) step(now time.Time, room bool) bool {
	if len(l.anew) > 0 {
		index := l.anew[0]
		if l.ledger.asked[index] != settled {
			if !room || !l.opens(index, time.Time{}, now) {
				return false
			}
			l.ask(index, now)
			l.anewAt, l.acted = now, true
		}
		l.anew = l.anew[1:]
		return true
	}
	if l.walk == l.plan.places() {
		if l.acted && l.ledger.left > 0 {
			l.lap(now)
			return true
		}
		return false
	}
	index := l.here()
	switch l.ledger.need(index) {
	case due:
		if !room || now.Before(l.ripe(index, false)) {
			return false
		}
		if !l.opens(index, l.before.passed(l.walk), now) {
			if l.walk < l.frontier || !l.acted {
				return false
			}
			l.lap(now)
			return true
		}
		l.ask(index, now)
		l.acted = true
		l.frontier = max(l.frontier, l.walk+1)
	case spent:
		if now.Before(l.ripe(index, true)) {
			return false
		}
		if h := &l.ledger.hosts[l.plan.host(index)]; !l.sure(h, l.before.passed(l.walk), now) {
			h.signs.held = true
			break
		}
		l.end(l.ledger.end(index))
		l.acted = true
	}
	l.walk++
	return true
}

// ahead are the ports from one place of the order on.
type ahead struct {
	from, n int
	ports   [64]uint32
	warmth  uint8 // of no meaning
}

// here is the port at the place of the walk. Neighbours in the order are far
// apart in the ledger: those that come next are looked up together, since the
// processor fetches what does not depend on one another at the same time.
func (l *lane) here() uint32 {
	a := &l.ahead
	if i := l.walk - a.from; i >= 0 && i < a.n {
		return a.ports[i]
	}
	a.from, a.n = l.walk, min(len(a.ports), l.plan.places()-l.walk)
	for i := range a.n {
		a.ports[i] = l.plan.at(a.from + i)
	}
	for _, index := range a.ports[:a.n] {
		a.warmth += l.ledger.asked[index]
	}
	return a.ports[0]
}

// ripe is when the last question to the port that the lap is at has been
// waited for long enough. Silence ends a port only when the answers of its host
// have ceased for as long, and when nothing was heard of anybody, when there was
// the time for the longest of ways.
func (l *lane) ripe(index uint32, ends bool) time.Time {
	if l.laps == 1 {
		return time.Time{}
	}
	i := l.plan.host(index)
	h := &l.ledger.hosts[i]
	at := l.before.passed(l.walk)
	if ends {
		at = later(at, later(l.anewAt, h.fresh))
	}
	patience := l.ledger.patience(h)
	if l.ledger.retries >= 0 || l.ledger.own || l.known(i) || l.ledger.srtt > 0 {
		return at.Add(patience)
	}
	if ends {
		return later(at.Add(patience), l.started.Add(canaryPatience))
	}
	return at.Add(max(patience, l.beat))
}

// beat is the time from lap to lap while nothing is heard, by the seed of a
// scan: no even number of seconds, for a line that fails once a second would
// swallow every try, and more than the quarter by which two tries must differ
// to meet both halves of such a second.
func beat(seed uint64) time.Duration {
	return strangerPatience*5/4 + time.Duration(seed%256)*strangerPatience/1024
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ask puts a question into the batch. As long as nothing is known of a host,
// one question to it waits for as long as a missing neighbour needs to be
// found out.
func (l *lane) ask(index uint32, now time.Time) {
	i := l.plan.host(index)
	h := &l.ledger.hosts[i]
	a := ask{index: index, to: l.plan.endpoint(index), own: l.ledger.own, pinned: l.pinned, lap: uint16(l.laps), patience: l.ledger.patience(h)}
	if !h.canary && !h.resolved && !a.own && l.way.waiting() >= 0 && !l.known(i) {
		h.canary = true
		a.purpose, a.patience = canary, canaryPatience
	}
	h.signs.asked = now
	a.flow, l.flow = l.flow, false
	l.ledger.ask(index, a.patience)
	l.batch = append(l.batch, a)
}

// known reports whether anything was heard of a host, by this lane or another.
func (l *lane) known(i int) bool { return l.ledger.hosts[i].heard || l.heard[i].Load() }

// A queue of a neighbour that is not resolved yet is short, and what does not
// fit is dropped in silence: until something is heard, or this time is over, a
// host gets few questions.
const (
	hushTime = 200 * time.Millisecond
	hushAsks = 64
)

func (l *lane) hushed(now time.Time) bool {
	return !l.ledger.own && !l.finds && !l.ledger.answered() && now.Sub(l.started) < hushTime
}
