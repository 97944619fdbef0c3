package scan

import "time"

// Where a router of ours has to remember each connection, those that may be
// opened are used up soon. The walk then turns back at the frontier, so that
// what was asked gets all its tries, which cost nothing more as long as the
// router remembers it, and goes on beyond when it may.

// spareFlows are kept for controls: without them an outage would not be seen
// while ports are asked again. Of an answered control the router forgets the
// connection, so that each is one more.
const spareFlows = mostFlows / 8

// controlFlows is how many connections are left for controls.
func (l *lane) controlFlows() int {
	if l.controlling() {
		return spareFlows
	}
	return 0
}

// opens counts the connection that a question to a port opens, if it does, when
// the one before went out at a time, which may be unknown. It is false when no
// more may be opened at present.
func (l *lane) opens(index uint32, before, now time.Time) bool {
	if l.flows == nil {
		return true
	}
	kept := l.pinned && l.ledger.asked[index] > 0 && now.Sub(before) < flowKept
	if kept {
		return true
	}
	l.flow = l.flows.take(now, 1, l.controlFlows()) > 0
	l.full = !l.flow
	return l.flow
}

// count tells how many questions and connections are still to come.
func (l *lane) count() {
	beyond := int64(min(l.plan.places()-l.frontier, l.ledger.left))
	rest := int64(l.ledger.left) - beyond
	tries := int64(max(l.ledger.most, 1))
	l.todo.Store(beyond*tries + rest)
	if l.pinned {
		l.toOpen.Store(beyond)
	} else {
		l.toOpen.Store(beyond*tries + rest)
	}
}
