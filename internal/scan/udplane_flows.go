package scan

import "time"

// opens counts the connection that a question to a port opens for a router of
// ours, if it does, when the one before went out at a time, which may be
// unknown. It is false when no more may be opened at present. All questions
// have one source port, so that those to one port are one connection.
func (l *udpLane) opens(index uint32, before, now time.Time) bool {
	if l.flows == nil || l.asked[index] > 0 && now.Sub(before) < flowKept {
		return true
	}
	l.flow = l.flows.take(now, 1, 0) > 0
	return l.flow
}

// counted reports whether the next question opens a connection that was
// counted for it.
func (l *udpLane) counted() bool {
	flow := l.flow
	l.flow = false
	return flow
}

// count tells how many connections are still to be opened: rounds that take
// long open them all again.
func (l *udpLane) count() {
	switch {
	case l.flows == nil:
	case l.plan.places() > mostFlows:
		l.toOpen.Store(l.todo.Load())
	case l.rounds == 1:
		l.toOpen.Store(int64(l.open * (2*l.plan.places() - l.walk) / (2 * l.plan.places())))
	default:
		l.toOpen.Store(0)
	}
}
