package scan

import (
	"time"

	"sekisho/internal/exposure"
)

// udpHost is what is known of one target whose UDP ports are asked.
type udpHost struct {
	left  int
	open  int
	tries int // that its ports get
	seen  roundTrips
	round roundTrips // of controls, since the last review
	extra int        // rounds that do not count: nothing came through, or it did not fit in here

	srtt, rttvar time.Duration // as in RFC 6298

	// heard: something came back from there or from a router on the way.
	// resolved: its neighbour had the time to be found missing and was not.
	heard, resolved bool
	failures        int // neighbour resolutions that failed
	failed          time.Time
	faults          int // questions in a row that this machine could not send
	faulty          time.Time

	accepting []uint32 // ports known to be open, a few
	refusing  []uint32 // and to be refused
	limit     limiter
	limited   bool // as far as is known by now
	silent    int  // ports that ended without an answer
	tried     tried
	unproved  int // of those, the ones that a limit may have made silent
}

// mostExtra bounds the rounds that are asked again.
const mostExtra = 3

// review ends a round: it takes in what the controls of the round tell. Where
// most of them got lost the line had a gap, and whatever was asked meanwhile is
// asked once more; a gap is no measure of the loss.
func (h *udpHost) review() {
	const gap, fewest = 0.5, 3
	if h.round.lost >= fewest && h.round.share() > gap && h.extra < mostExtra {
		h.extra++
	} else {
		h.seen = h.seen.plus(h.round)
	}
	h.round = roundTrips{}
	h.limited = h.limit.limited(h.seen)
}

// loss is the share of round trips that may get lost.
func (h *udpHost) loss() float64 {
	if h.seen.answered+h.seen.lost >= enough && h.seen.answered > 0 {
		return h.seen.bound()
	}
	return max(assumedLoss, min(h.seen.share(), 0.5))
}

func (h *udpHost) measure(rtt time.Duration) {
	switch {
	case rtt <= 0:
	case h.srtt == 0:
		h.srtt, h.rttvar = rtt, rtt/2
	default:
		h.rttvar += ((h.srtt - rtt).Abs() - h.rttvar) / 4
		h.srtt += (rtt - h.srtt) / 8
	}
}

// patience is how long an answer of the host may take.
func (h *udpHost) patience(own bool) time.Duration {
	switch {
	case h.srtt > 0:
		return min(max(2*h.srtt+4*h.rttvar, leastPatience), mostPatience)
	case own:
		return ownPatience
	}
	return strangerPatience
}

// spacing is how far apart the tries of one port are: a gap of half a second
// in the line must not take all of them.
func (h *udpHost) spacing(own bool) time.Duration {
	const least = 250 * time.Millisecond
	switch {
	case own:
		return ownPatience
	case h.srtt > 0:
		return max(h.patience(own), least)
	}
	return least
}

// learn takes in what an answer that ends a port tells of the host.
func (h *udpHost) learn(e evidence, state exposure.State, tries int) {
	switch {
	case e.local:
		return
	case errs(e.reason):
		// Errors come as seldom as their limit wants: that says nothing of loss.
		h.refusing = remember(h.refusing, e.index)
	case state == exposure.Open:
		h.open++
		h.seen = h.seen.plus(roundTrips{1, max(tries, 1) - 1})
		h.accepting = remember(h.accepting, e.index)
	}
	h.measure(e.rtt)
}
