package scan

import (
	"cmp"
	"net/netip"
	"time"
)

// receive takes in what has come, waiting for it until then.
func (l *lane) receive(until time.Time) error {
	var err error
	l.evidence, err = l.way.receive(l.evidence[:0], until)
	for _, e := range l.evidence {
		l.take(e)
	}
	now := time.Now()
	l.decide(now)
	l.logLull(now)
	l.todo.Store(l.ledger.todo(l.laps, l.walk))
	if l.flows != nil {
		l.count()
	}
	return err
}

// take has the ledger weigh one piece of evidence and does what follows.
func (l *lane) take(e evidence) {
	i := l.plan.host(e.index)
	h := &l.ledger.hosts[i]
	if e.by == l.plan.targets[i].Address.WithZone("") {
		e.by = netip.Addr{}
	}
	e.local = e.local || e.by.IsValid() && l.mine(e.by)

	switch {
	case e.purpose == neighbour:
		l.found(i, e)
		return
	case e.purpose == control:
		l.controlled(e)
		return
	case e.purpose == canary:
		h.canary = false
		h.resolved = h.resolved || !e.local && !e.void
	case l.way.waiting() < 0 && !l.finds && l.ledger.asked[e.index] == settled:
		// A way that does not tell what was asked for: a port that is known
		// and answers once more may be a control.
		l.controlled(e)
	}
	patience := l.ledger.patience(h)
	blind := l.ledger.seen.answered == 0
	c, ends, anew := l.ledger.take(e)
	if blind && l.ledger.seen.answered > 0 && l.laps > 1 && l.throttle != nil {
		l.restart()
	}
	l.shorten(i, patience)
	if h.heard && !l.heard[i].Load() {
		l.heard[i].Store(true)
	}
	if ends {
		if !e.local {
			h.fresh = e.at
			l.wake(h, e.at.Add(-e.rtt))
			l.answered(h, e.at.Add(-cmp.Or(e.rtt, l.ledger.trip())))
			if !errs(e.reason) {
				l.returned(e, nil)
			}
		}
		l.end(c)
	}
	if anew {
		l.anew = append(l.anew, e.index)
	}
	switch {
	case e.void && e.err != nil:
		l.trouble = e.err
		l.slacken(e.at)
		if anew {
			l.shortage(e)
		}
	case !e.void && l.way.waiting() >= 0:
		l.ledger.sound(e.index)
	}
	if h.left > 0 && h.dead() {
		l.ledger.bury(i, l.end)
	}
}

// shorten has the questions to a host that went out when little was known of it
// wait for no longer than others do, once its answers turn out to take less.
func (l *lane) shorten(i int, was time.Duration) {
	h := &l.ledger.hosts[i]
	patience := l.ledger.patience(h)
	if w, ok := l.way.(shortener); ok && patience <= was/2 {
		h.shortest = min(h.shortest, patience)
		w.shorten(l.plan.targets[i].Address, patience)
	}
}

// restart has everything asked again from the first try on: whole laps were
// asked blindly before the first answer came, and were perhaps too fast for the
// way.
func (l *lane) restart() {
	for index, n := range l.ledger.asked {
		for ; n != settled && n > 0 && l.ledger.retries < 0; n-- {
			l.ledger.unask(uint32(index))
			l.plan.log.again(uint32(index))
		}
	}
	l.acted = true // it has to be gone by once more
}

// returned tells the throttle of an answer to a first question or to a control.
func (l *lane) returned(e evidence, c *controlAsk) {
	if l.throttle == nil {
		return
	}
	trip := e.rtt
	if trip == 0 {
		trip = l.ledger.trip() // to which question it belongs is not known any more
	}
	i := l.throttle.of(e.at.Add(-trip))
	switch {
	case i == nil:
		return
	case c == nil:
		i.questions.answered++
	case c.open:
		i.opens.answered++
	default:
		i.closed.answered++
	}
	if e.rtt > 0 {
		i.returned(e.rtt)
	}
}

// found takes in whether the neighbour of a host is there.
func (l *lane) found(i int, e evidence) {
	l.finds = true
	h := &l.ledger.hosts[i]
	if h.resolved = !e.local; !h.resolved {
		h.failed = e.at
		l.ledger.bury(i, l.end)
	}
}
