package scan

import "sekisho/internal/exposure"

// A host, or the filter before it, may limit how many errors it sends. What
// stays silent then is not what a rule drops, and what gets no answer is not
// lost on the way.

// refusals counts the ICMP errors by which ports were refused: those that came
// when first asked, and later.
type refusals struct{ first, later int }

// errs reports whether a reason is an ICMP error that ends a port.
func errs(r exposure.Reason) bool {
	return r == exposure.PortUnreach || r == exposure.AdminProhibited || r == exposure.ProtoUnreach
}

func (r *refusals) count(tries int) {
	if tries <= 1 {
		r.first++
	} else {
		r.later++
	}
}

func (r refusals) all() int { return r.first + r.later }

// burstErrors is more than what a limit lets pass at first: Linux sends six to
// one address (XRLIM_BURST_FACTOR in net/ipv4/inetpeer.c).
const burstErrors = 20

// suspect reports whether a limit could be behind the silence of other ports.
func (r refusals) suspect() bool { return r.all() > 0 && (r.limited() || r.first <= burstErrors) }

// limited reports whether it is: more of them came only when asked again than
// some that got lost.
func (r refusals) limited() bool { return r.later >= 2 && 4*r.later >= r.first }

// stingy reports whether the host limits its ICMP errors, so that ports look
// silent that it would refuse.
func (h *host) stingy() bool {
	return h.silent > h.missed && h.refusals.limited()
}

// resets compares what comes back of closed ports with what comes back of open
// ones, which no limit concerns.
type resets struct {
	trips        roundTrips // of closed ports
	open, closed roundTrips // of controls since there is a doubt
	slow         int        // ports that were found closed only when asked slowly
}

// fewestDoubts is how many resets must be missing before there is a doubt.
const fewestDoubts = 3

func (r *resets) doubted() bool { return r.trips.lost >= fewestDoubts }

// suspect reports whether a limit could be behind the silence of other ports.
func (r *resets) suspect() bool { return r.limited() || r.doubted() && r.trips.share() > 0.2 }

// compare counts a control. Only those count that were asked in the same time,
// or else a gap in the line would look like a limit.
func (r *resets) compare(trip roundTrips, closed bool) {
	switch {
	case !r.doubted():
	case closed:
		r.closed = r.closed.plus(trip)
	default:
		r.open = r.open.plus(trip)
	}
}

// limited reports whether the host limits its resets: closed ports answer more
// seldom than open ones, or, where none is known to be open, more seldom than
// any usable way would let them, or only when asked slowly.
func (r *resets) limited() bool {
	const unusable, leastLoss = 0.5, 0.05
	if r.slow >= 2 {
		return true
	}
	if r.open == (roundTrips{}) {
		return r.trips.floor() > unusable
	}
	return r.closed.floor() > max(r.open.bound(), leastLoss)
}

// way counts the round trips that tell of the way to the host.
func (h *host) way() roundTrips {
	if h.resets.limited() {
		return roundTrips{h.seen.answered - h.resets.trips.answered, h.seen.lost - h.resets.trips.lost}
	}
	return h.seen
}
