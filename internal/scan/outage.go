package scan

import (
	"math"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// watch tells a line that is dead from one that loses packets, by controls
// that are lost in a row. What they say of the loss is counted when the row has
// ended without having been a dead line.
type watch struct {
	alive    time.Time // when the last control was asked that was answered
	row      []uint32  // ports of the controls that were lost since
	since    time.Time // when the first of those was asked
	until    time.Time // and the last
	limited  bool      // a limit of resets may be behind the row
	doubtful []uint32  // closed ones that were lost since, perhaps by a limit of the host
	answered int       // controls, since the line was dead the last time
	outages  int
}

const (
	// deadRow is the chance by which so many controls in a row get lost on a
	// line that is alive.
	deadRow     = 1e-4
	fewestInRow = 4
	mostInRow   = 24
	// rationed is how many controls must be answered between two outages, when
	// there were more than a few, or the ports are taken for ones that answer
	// only now and then.
	rationed   = 20
	fewOutages = 4
	// blockedAfter is how long a line may be dead before the scan gives up, and
	// searchedFor how long one may seem so before no more ports are asked that
	// could show that it is not.
	blockedAfter = 10 * time.Second
	searchedFor  = time.Minute
	// limitSpan is longer than a limit of resets, which has a few for each
	// second, keeps a host from sending any.
	limitSpan = 2500 * time.Millisecond
)

// dead reports whether the row is too long for chance and, where a limit of
// resets could be behind it, for that.
func (l *lane) dead(w *watch) bool {
	if len(w.row) < fewestInRow || w.alive.IsZero() || w.limited && w.until.Sub(w.since) < limitSpan {
		return false
	}
	loss := min(max(l.ledger.seen.bound(), 0.05), 0.9)
	return float64(len(w.row)) >= min(math.Ceil(math.Log(deadRow)/math.Log(loss)), mostInRow)
}

// watches are those that a control of a host concerns: the one over the
// line and, where there are other hosts, that over the host.
func (l *lane) watches(h *host) []*watch {
	if len(l.ledger.hosts) == 1 {
		return []*watch{&h.watch}
	}
	return []*watch{&h.watch, &l.controls.line}
}

// watch takes in how a control question ended.
func (l *lane) watch(c controlAsk) {
	h := &l.ledger.hosts[l.plan.host(c.index)]
	limited := !c.answered && !c.open && h.resets.doubted()
	switch {
	case !limited:
	case len(h.accepting) > 0:
		// Silence of closed ports may be a limit of the host. Whether it is,
		// tell the open ones.
		h.watch.doubtful = append(h.watch.doubtful, c.index)
		return
	case !c.at.After(h.signs.last):
		// Something else that was asked since was answered.
		l.ledger.controlled(c.index, false)
		return
	}
	if w := &h.watch; c.answered {
		if !l.dead(w) {
			for _, index := range w.doubtful {
				l.ledger.controlled(index, false)
			}
		}
		w.doubtful = w.doubtful[:0]
	}
	if c.answered {
		l.ledger.controlled(c.index, true)
	}
	for n, w := range l.watches(h) {
		if !c.answered {
			if n > 0 && limited {
				continue // of that one host alone
			}
			if len(w.row) == 0 {
				w.since = c.at
			}
			w.row, w.until, w.limited = append(w.row, c.index), c.at, limited
			continue
		}
		w.answered++
		switch {
		case !l.dead(w):
			if n == 0 {
				for _, index := range w.row {
					l.ledger.controlled(index, false)
				}
			}
		case w.outages >= fewOutages && w.answered < rationed:
			l.ration(w)
			w.outages++
		default:
			if n == 0 {
				l.again(stretch{w.alive, c.at}, l.plan.host(c.index))
			} else {
				l.again(stretch{w.alive, c.at}, -1)
			}
			w.outages++
			w.answered = 0
		}
		w.alive, w.row = c.at, w.row[:0]
	}
}

// ration gives up the ports of a row as controls.
func (l *lane) ration(w *watch) {
	for _, index := range w.row {
		h := &l.ledger.hosts[l.plan.host(index)]
		is := func(port uint32) bool { return port == index }
		h.accepting = slices.DeleteFunc(h.accepting, is)
		h.refusing = slices.DeleteFunc(h.refusing, is)
	}
}

// again has the ports asked once more whose question went out in a stretch when
// it was most likely lost: those of one host, or of all for −1. What is asked
// again in the whole scan is bounded.
func (l *lane) again(s stretch, host int) {
	for _, t := range []*trail{&l.trail, &l.before} {
		most := l.walk
		if t == &l.before {
			most = t.marks[len(t.marks)-1].place
		}
		first, last := t.between(s.from, s.to, most)
		for place := first; place < last && l.repeated < mostRepeats*l.plan.places(); place++ {
			l.repeated++
			if index := l.plan.at(place); host < 0 || l.plan.host(index) == host {
				l.ledger.unask(index)
				l.plan.log.again(index)
			}
		}
	}
	l.acted = true // it has to be gone by once more
}

// mostRepeats is how often the ports may be asked again, on average.
const mostRepeats = 8

// wake takes note of the first answer of a host, in this run or, if a port is
// known to answer, in an earlier one: the line is alive before any control is
// asked.
func (l *lane) wake(h *host, sent time.Time) {
	for _, w := range l.watches(h) {
		if w.alive.IsZero() {
			w.alive = sent
		}
	}
}

// stalled reports whether the line is dead at present: nothing but controls is
// to be asked then.
func (l *lane) stalled(now time.Time) bool {
	if len(l.ledger.hosts) == 1 {
		return l.ledger.hosts[0].mute
	}
	w := &l.controls.line
	return l.dead(w) && now.Sub(w.since) <= blockedAfter
}

// fallen reports whether a host that used to answer does not any more. When it
// has been so for long, its ports are given up: it may have blocked us, and
// their silence says nothing.
func (l *lane) fallen(i int, now time.Time) bool {
	h := &l.ledger.hosts[i]
	if len(h.accepting)+len(h.refusing) == 0 {
		h.watch.row = h.watch.row[:0] // nobody is left who could tell
	}
	if h.left == 0 || !l.dead(&h.watch) {
		return false
	}
	since := h.watch.since
	if len(h.accepting) == 0 && now.Sub(since) > limitSpan {
		// Only closed ports tell so, which may have been all the resets that the
		// host has to give: all other ports are asked before that is believed.
		if !l.idle() && now.Sub(since) <= searchedFor {
			return false
		}
		since = later(since, h.signs.asked)
	}
	if !h.mute && l.throttle != nil {
		l.throttle.stall(h.watch.alive, now)
	}
	if now.Sub(since) > blockedAfter {
		h.fellSilent = h.watch.alive
		l.ledger.rest(i, evidence{reason: exposure.NoResponse, note: fellSilent, at: now}, l.end)
		return false
	}
	return true
}
