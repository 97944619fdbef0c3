package scan

import (
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// fill puts questions into the batch, and then hears from done.
func (l *udpLane) fill(now time.Time, room int, done func(time.Time) (bool, time.Time)) (bool, time.Time) {
	for ; room > 0 && len(l.anew) > 0; room-- {
		index := l.anew[0]
		if l.asked[index] != settled {
			if !l.opens(index, time.Time{}, now) {
				break
			}
			l.ask(index, now)
		}
		l.anew = l.anew[1:]
	}
	if len(l.anew) > 0 {
		return false, now.Add(slice)
	}
	return done(now)
}

// walked asks the ports of this round in their order. It is over at the end of
// the walk.
func (l *udpLane) walked(now time.Time) (bool, time.Time) {
	room := l.room(now)
	for size := l.plan.places(); l.walk < 2*size; l.walk++ {
		index := l.plan.at(l.walk % size)
		if l.known[int(index)%len(l.plan.ports)] != (l.walk < size) {
			continue
		}
		h := &l.hosts[l.plan.host(index)]
		if int(l.asked[index]) >= h.tries {
			continue
		}
		if room <= len(l.batch) {
			return false, l.pace.next(now)
		}
		stretch := l.walk * udpMarks / (2 * size)
		if t := l.marks[(l.rounds+1)%2][stretch].Add(h.spacing(l.own)); now.Before(t) {
			return false, t
		}
		if !l.opens(index, l.began[(l.rounds+1)%2][stretch], now) {
			return false, l.flows.due(now, 1)
		}
		if stretch != l.marked {
			l.marked, l.began[l.rounds%2][stretch] = stretch, now
		}
		l.marks[l.rounds%2][stretch] = now
		l.ask(index, now)
	}
	return true, now
}

// room is how many questions may go out. The queue of a neighbour that is not
// resolved yet is short, and what does not fit is dropped in silence: until
// something is heard, or some time is over, a host gets few questions.
func (l *udpLane) room(now time.Time) int {
	room := l.pace.allow(now, mostBatch)
	if !l.own && l.hushed && now.Sub(l.started) < udpHushTime {
		room = min(room, udpHushAsks*len(l.plan.targets)-l.questions)
	}
	return room
}

func (l *udpLane) ask(index uint32, now time.Time) {
	l.active = now
	l.put(index, now, find)
}

// put puts a question into the batch and counts the try.
func (l *udpLane) put(index uint32, now time.Time, why purpose) {
	if l.asked[index] < settled-1 {
		l.asked[index]++
	}
	l.hosts[l.plan.host(index)].limit.ask(now)
	l.batch = append(l.batch, ask{index: index, to: l.plan.endpoint(index), own: l.own, purpose: why, flow: l.counted()})
}

// control asks ports again that are known to answer. It returns what is left
// of the room.
func (l *udpLane) control(now time.Time, room int) int {
	if l.own || l.retries >= 0 || len(l.provers) > 0 {
		return room
	}
	if !now.Before(l.due) && (l.checks+1)*controlsShare <= l.questions+l.checks+1 {
		l.due = now.Add(udpControls)
		room -= l.recheck(now, func(h *udpHost) ([]uint32, bool) { return h.accepting, true })
	}
	if !now.Before(l.doubt) && l.rounds > 1 {
		l.doubt = now.Add(udpDoubts / time.Duration(len(l.hosts)))
		room -= l.recheck(now, func(h *udpHost) ([]uint32, bool) {
			return h.refusing, h.limit.trips.answered+h.limit.trips.lost < udpMostDoubts
		})
	}
	return room
}

// recheck asks one port of the next host that has some. It returns how many.
func (l *udpLane) recheck(now time.Time, some func(*udpHost) ([]uint32, bool)) int {
	for range l.hosts {
		l.turn++
		h := &l.hosts[l.turn%len(l.hosts)]
		ports, wanted := some(h)
		if !wanted || h.left == 0 || len(ports) == 0 {
			continue
		}
		index := ports[l.turn/len(l.hosts)%len(ports)]
		if slices.ContainsFunc(l.controls, func(c controlAsk) bool {
			return c.index == index && now.Sub(c.at) < udpControlEach
		}) {
			continue
		}
		if !l.opens(index, time.Time{}, now) {
			return 0
		}
		l.controls = append(l.controls, controlAsk{index: index, at: now})
		l.batch = append(l.batch, ask{index: index, to: l.plan.endpoint(index), purpose: control, flow: l.counted()})
		return 1
	}
	return 0
}

// quiet waits until no answer is to be expected any more, or until a neighbour
// had the time to be found missing. Meanwhile what is silent is asked on where
// the errors are limited and the rate is not known.
func (l *udpLane) quiet(now time.Time) (bool, time.Time) {
	end := l.active
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		t := l.active.Add(h.patience(l.own))
		if !l.trusted(i) {
			t = l.started.Add(canaryPatience)
		} else if h.limited = h.limit.limited(h.seen); l.watches(i) {
			watch := l.started.Add(limiterTime)
			if len(h.refusing) > 0 && !h.limit.tried() {
				watch = h.limit.proofs[0].Add(doubtTime)
			}
			if l.wait && len(h.refusing) == 0 {
				watch = l.started.Add(2 * limiterTime) // whoever asked before us may have emptied the bucket
			}
			if watch.After(t) {
				t = watch
			}
		}
		if t.After(end) {
			end = t
		}
	}
	if !now.Before(end) {
		return true, now
	}
	if !now.Before(l.tail) {
		l.tail = now.Add(udpTail)
		l.press(now)
	}
	return false, end
}

// watches reports whether it is still to be found out how a host sends errors:
// none has come yet, or nobody knows whether they are limited, or by how much.
func (l *udpLane) watches(i int) bool {
	h := &l.hosts[i]
	if h.left == 0 || l.own || l.retries >= 0 && !l.wait || !l.trusted(i) {
		return false
	}
	_, measured := h.limit.rate()
	return len(h.refusing) == 0 || !h.limit.tried() || h.limited && !measured
}

// press asks one silent port of each host that is watched.
func (l *udpLane) press(now time.Time) {
	for i := range l.hosts {
		if l.room(now) <= len(l.batch) {
			return
		}
		if !l.watches(i) {
			continue
		}
		first := i * len(l.plan.ports)
		for range l.plan.ports {
			l.turn++
			if index := uint32(first + l.turn%len(l.plan.ports)); l.asked[index] != settled {
				if !l.opens(index, time.Time{}, now) {
					return
				}
				l.put(index, now, proof)
				break
			}
		}
	}
}

// trusted reports whether the silence of a host is its own.
func (l *udpLane) trusted(i int) bool {
	h := &l.hosts[i]
	return l.own || h.heard || h.resolved || l.heard[i].Load()
}

// resolve ends the waiting for neighbours. A host of which a resolution
// failed, if only once, is not called silent.
func (l *udpLane) resolve() {
	for i := range l.hosts {
		switch h := &l.hosts[i]; {
		case l.trusted(i) || h.left == 0:
		case h.failures > 0:
			l.rest(i, evidence{reason: exposure.HostUnreach, local: true, at: h.failed})
		default:
			h.resolved = true
		}
	}
}
