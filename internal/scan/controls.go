package scan

import (
	"math/rand/v2"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// controls are questions to ports that are known to answer. They measure the
// loss, and show when the line is dead.
type controls struct {
	queue  []controlAsk         // in the order of asking
	turns  int                  // whose turn it is
	due    time.Time            // of the next one, be there much to ask or little
	busy   time.Time            // before that no other, however much is asked
	after  int                  // questions, of all there were, that make one due
	asked  int                  // that were sent
	line   watch                // over all hosts
	random *rand.Rand           // where in a batch they go
	last   map[uint32]time.Time // when each was asked, where it keeps its source port
}

// controlAsk is a control question. It leaves the queue when it is decided and
// those before it are, so that they are judged in the order of asking.
type controlAsk struct {
	index    uint32
	open     bool
	answered bool
	decided  bool
	void     bool
	at       time.Time
}

// How many control questions are asked: at least so many a second in all, and
// more where much is sent, one to so many questions, so that what they tell is
// what became of the questions and not what the line does in the pauses. Fewer of
// each open port, whose service may have a short queue for connections. Where
// the pace is slow, at most one question of so many is a control, or they would
// leave no room for what is to be found out.
const (
	controlsAll   = 50
	controlsMost  = 2000
	controlsPart  = 200 // one to so many questions
	openPart      = 1000
	controlsShare = 10
	// controlsPinned is how often one connection is asked that keeps its
	// source port: hosts answer repeats of one twice a second (Linux:
	// tcp_invalid_ratelimit).
	controlsPinned = 2
	// mostPending is how many may be without an answer where the kernel asks
	// again by itself: on a link that takes a hundred packets a second those
	// that are lost would fill it with their repeats. More would not tell more.
	mostPending = 2 * mostInRow
)

// affords reports whether enough was asked for one more control.
func (l *lane) affords() bool {
	return (l.controls.asked+1)*controlsShare <= l.questions+l.controls.asked+1
}

// ample reports whether the least number of controls is a small part of what
// may be sent, be there much to ask or little. It is not where most of what is
// sent gets lost: the kernel repeats it, and the way may be too narrow for both.
func (l *lane) ample() bool {
	if l.ledger.resends && l.ledger.seen.floor() > 0.4 {
		return false
	}
	slowest := l.pace.speed()
	if l.shared != nil {
		slowest = min(slowest, l.shared.speed())
	}
	return slowest >= controlsAll*controlsShare && l.flows == nil
}

// controlling reports whether loss is to be measured: not where it cannot be,
// nor where the user has fixed the tries.
func (l *lane) controlling() bool {
	return l.ledger.retries < 0 && !l.ledger.own && l.ledger.seen.answered > 0
}

// control asks a port again that is known to answer, of one host after the
// other. It reports whether there was one. A spare control, for which no question
// makes room, goes to an open port: a host may have but few refusals to give,
// and the ports that nothing is known of need them.
func (l *lane) control(now time.Time, spare bool) bool {
	c := &l.controls
	doubts := l.doubts()
	for range l.ledger.hosts {
		c.turns++
		h := &l.ledger.hosts[c.turns%len(l.ledger.hosts)]
		turn := c.turns / len(l.ledger.hosts)
		if l.pinned {
			turn = 2*turn + turn%2 // no port twice in a row
		}
		index, closed, ok := h.control(turn, spare)
		if h.left == 0 || doubts && !h.signs.held || !ok || l.pinned && now.Sub(c.last[index]) < time.Second/controlsPinned {
			continue
		}
		if l.flows != nil && l.flows.take(now, 1, 0) == 0 {
			c.due = l.flows.due(now, 1)
			return false
		}
		l.batch = append(l.batch, ask{
			index: index, to: l.plan.endpoint(index), patience: l.ledger.patience(h),
			purpose: control, pinned: l.pinned, flow: l.flows != nil, open: !closed,
		})
		c.queue = append(c.queue, controlAsk{index: index, open: !closed, at: now})
		if l.pinned {
			if c.last == nil {
				c.last = map[uint32]time.Time{}
			}
			c.last[index] = now
		}
		c.due = now.Add(time.Second / time.Duration(l.controlRate(h)))
		c.busy = now.Add(time.Second / controlsMost)
		c.after = l.questions + l.controlPart(h, closed)
		return true
	}
	c.due = now.Add(time.Second / controlsAll)
	return false
}

// controlDue reports whether it is time for a control.
func (l *lane) controlDue(now time.Time) bool {
	c := &l.controls
	if l.ledger.resends && len(c.queue) >= mostPending {
		return false
	}
	return !now.Before(c.due) || !l.pinned && l.throttle != nil && l.questions >= c.after && !now.Before(c.busy)
}

// controlRate is how many controls a second there are to be at least, now that
// a port of h has been asked. Where each port has its own time, that is as
// often as all of them may be.
func (l *lane) controlRate(h *host) int {
	if l.pinned {
		ports := 0
		for i := 0; i < len(l.ledger.hosts) && ports*controlsPinned < controlsAll; i++ {
			ports += max(len(l.ledger.hosts[i].accepting), len(l.ledger.hosts[i].refusing))
		}
		return max(min(controlsAll, controlsPinned*ports), 1)
	}
	if l.throttle != nil && l.ample() && len(h.refusing) == 0 && l.throttle.rested.opens.asked < controlsAll {
		return restedRate * controlsAll
	}
	return controlsAll
}

// restedRate is how many times more controls there are in the pauses at the
// beginning, until it is known what the path loses by itself, of a host that
// refuses nothing and so cannot run short of refusals.
const restedRate = 4

// controlPart is after how many questions there is to be another one.
func (l *lane) controlPart(h *host, closed bool) int {
	if !closed && len(l.ledger.hosts) == 1 {
		return max(openPart/max(len(h.accepting), 1), controlsPart)
	}
	return controlsPart
}

// uncontrol takes back a control question that was not sent.
func (l *lane) uncontrol(a ask) {
	q := l.controls.queue
	for i := len(q) - 1; i >= 0; i-- {
		if q[i].index == a.index {
			l.controls.queue = slices.Delete(q, i, i+1)
			return
		}
	}
}

// controlled takes in the answer to a control question, or its silence.
func (l *lane) controlled(e evidence) {
	if c := l.controls.find(e); c != nil {
		c.decided, c.void = true, e.void || e.local
		c.answered = !c.void && e.reason != exposure.NoResponse
		if c.answered {
			h := &l.ledger.hosts[l.plan.host(c.index)]
			l.ledger.measure(h, e.rtt, e.at, c.open)
			l.answered(h, c.at)
			if e.rtt < l.ledger.trip()/2 && l.controls.pending(c.index) > 1 {
				e.rtt = 0 // it rather belongs to an earlier one of several questions
			}
			l.returned(e, c)
		}
	}
	l.decide(time.Now())
}

// find is the question that a piece of evidence is about: that of the port
// which went out nearest to the time that its round trip tells. The port alone
// does not tell it: an answer would be taken for that of an earlier question
// that was lost.
func (c *controls) find(e evidence) *controlAsk {
	sent := e.at.Add(-e.rtt)
	var nearest *controlAsk
	for i := range c.queue {
		a := &c.queue[i]
		if a.index == e.index && !a.decided && (nearest == nil || a.at.Sub(sent).Abs() < nearest.at.Sub(sent).Abs()) {
			nearest = a
		}
	}
	return nearest
}

// pending is how many questions to a port are, or were just now, without an
// answer.
func (c *controls) pending(index uint32) (n int) {
	for i := range c.queue {
		if c.queue[i].index == index {
			n++
		}
	}
	return n
}

// decide judges the control questions whose end is known, in the order of
// asking. On a way that does not tell when it stops waiting, that is when
// their patience is over.
func (l *lane) decide(now time.Time) {
	q := l.controls.queue
	for len(q) > 0 {
		c := q[0]
		if !c.decided {
			h := &l.ledger.hosts[l.plan.host(c.index)]
			if l.way.waiting() >= 0 || now.Sub(c.at) < l.ledger.patience(h) {
				break
			}
		}
		q = q[1:]
		if !c.void {
			l.watch(c)
		}
	}
	l.controls.queue = q
}
