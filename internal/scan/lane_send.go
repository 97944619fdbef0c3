package scan

import (
	"time"

	"sekisho/internal/exposure"
)

// send hands the batch to the way and returns how much of it went out. The
// rest is asked anew.
func (l *lane) send(now time.Time) int {
	if len(l.batch) == 0 {
		return 0
	}
	before := l.way.packets()
	n, err := l.way.send(l.batch)
	l.spend(now, l.batch[:n], int(l.way.packets()-before))
	rest := l.batch[n:]
	var failed ask
	if len(rest) > 0 {
		failed = rest[0]
	}
	if err != nil && len(rest) > 1 {
		// The question that could not be sent may be the only one: a filter of
		// our own drops packets to one port with the same error as a full queue.
		// It goes last, so that it holds up no other.
		rest = append(rest[1:], rest[0])
	}
	for _, a := range rest {
		l.unask(a)
	}
	if l.way.waiting() < 0 {
		for _, a := range l.batch[:n] {
			l.ledger.sound(a.index)
		}
	}
	if err != nil {
		l.fault(failed, now, err)
	}
	return n
}

// regain takes back what the way could not send after all.
func (l *lane) regain(now time.Time) {
	way, ok := l.way.(belated)
	if !ok {
		return
	}
	before := l.way.packets()
	asks, err := way.unsent(now)
	l.packets.Add(l.way.packets() - before)
	if len(asks) == 0 {
		return
	}
	gone := tally(asks)
	l.questions -= gone.questions.asked
	l.controls.asked -= gone.opens.asked + gone.closed.asked
	if l.throttle != nil {
		l.throttle.send(now, -len(asks)).count(gone, -1)
	}
	for _, a := range asks {
		l.unask(a)
		if a.purpose != control {
			l.plan.log.again(a.index)
		}
	}
	l.fault(asks[0], now, err)
}

// spend counts what has gone out.
func (l *lane) spend(now time.Time, batch []ask, packets int) {
	l.packets.Add(int64(packets))
	l.plan.tell(batch, now)
	l.pace.spend(packets)
	if l.shared != nil {
		l.shared.spend(packets)
	}
	if l.plan.log != nil {
		for _, a := range batch {
			if a.purpose != control {
				l.logAsked(a, now)
			}
		}
	}
	gone := tally(batch)
	l.questions += gone.questions.asked
	l.controls.asked += gone.opens.asked + gone.closed.asked
	if l.throttle != nil {
		l.throttle.send(now, packets).count(gone, 1)
	}
}

// tally counts questions by their kind.
func tally(batch []ask) (i interval) {
	for _, a := range batch {
		switch {
		case a.purpose != control:
			i.questions.asked++
		case a.open:
			i.opens.asked++
		default:
			i.closed.asked++
		}
	}
	return i
}

// fault slows down, since this machine could not send. While nothing is under
// way whose end could help, it counts against the port and its host.
func (l *lane) fault(failed ask, now time.Time, err error) {
	l.trouble = err
	l.slacken(now)
	if failed.purpose == control {
		l.controls.due = now.Add(time.Second) // it must not stand before the others for ever
		return
	}
	if l.way.waiting() > 0 {
		return
	}
	l.shortage(evidence{index: failed.index, reason: exposure.LocalError, local: true, at: now, err: err})
}

// slacken sends less for a while, and more slowly, because this machine could
// not send.
func (l *lane) slacken(now time.Time) {
	l.pace.fault(now)
	if l.throttle != nil {
		l.throttle.fault(now)
	}
}

// shortage counts a fault of this machine and concludes what has met too many.
func (l *lane) shortage(e evidence) {
	port, host := l.ledger.fault(e.index, e.at)
	switch {
	case host:
		l.ledger.rest(l.plan.host(e.index), e, l.end)
	case port:
		l.end(l.ledger.settle(e, exposure.Unknown))
	}
}

// unask takes back a question that was not sent.
func (l *lane) unask(a ask) {
	if a.flow {
		l.flows.giveBack(1)
	}
	if a.purpose == control {
		l.uncontrol(a)
		return
	}
	if a.purpose == canary {
		l.ledger.hosts[l.plan.host(a.index)].canary = false
	}
	l.ledger.unask(a.index)
	l.anew = append(l.anew, a.index)
}
