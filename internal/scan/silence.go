package scan

import "time"

// Silence of a port tells something only as long as its host answers
// otherwise: the host is asked at a port that is known to answer, and a port
// ends as silent when such an answer belongs to a later question than the
// last one to it. Where there are many hosts each is asked too seldom for
// that; there some controls in a row must have been lost before it is doubted.

// signs are what shows that a host still answers.
type signs struct {
	last  time.Time // when what was answered last went out, to whichever port
	asked time.Time // when the last question went out, controls apart
	held  bool      // silent ports wait for a sign
}

// fewHosts are so few that each is asked a control several times a second.
const fewHosts = 16

// longestDoubt is how long after the last question a sign is waited for, if
// this machine cannot ask for it. Else the controls tell far sooner.
const longestDoubt = time.Minute

// answered takes in that a host has answered what went out at a time, and ends
// the row of a host of which no port is known to be open: its closed ones keep
// silent by a limit, since others answer.
func (l *lane) answered(h *host, sent time.Time) {
	h.signs.last = later(h.signs.last, sent)
	if h.signs.held && l.sure(h, h.signs.asked, sent) {
		h.signs.held = false
		l.acted = true // it has to be gone by once more
	}
	if w := &h.watch; w.limited && len(w.row) > 0 && len(h.accepting) == 0 && sent.After(w.since) {
		for _, index := range w.row {
			l.ledger.controlled(index, false)
		}
		w.alive, w.row = sent, w.row[:0]
	}
}

// sure reports whether the silence of a port of a host that was asked last at a
// time is the port's own.
func (l *lane) sure(h *host, asked, now time.Time) bool {
	w := &h.watch
	switch {
	case len(h.accepting)+len(h.refusing) == 0 || w.alive.IsZero() || !l.controlling():
		return true // nobody can tell
	case !h.signs.last.Before(asked) || !h.signs.last.Before(h.signs.asked):
		return true
	case len(l.ledger.hosts) > fewHosts && len(w.row) < fewestInRow:
		return true
	}
	return now.Sub(h.signs.asked) > longestDoubt+l.ledger.patience(h)
}

// idle reports whether the lap has nothing left to ask or to conclude.
func (l *lane) idle() bool {
	return l.walk == l.plan.places() && !l.acted && len(l.anew) == 0
}

// doubts reports whether nothing is left to do but to hear from hosts that may
// have stopped answering.
func (l *lane) doubts() bool {
	if !l.idle() {
		return false
	}
	for i := range l.ledger.hosts {
		if h := &l.ledger.hosts[i]; h.signs.held && h.left > 0 {
			return true
		}
	}
	return false
}
