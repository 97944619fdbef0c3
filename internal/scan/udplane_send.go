package scan

import (
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// send hands the batch to the way and returns how much of it went out. The
// rest is asked anew.
func (l *udpLane) send(now time.Time) int {
	if len(l.batch) == 0 {
		return 0
	}
	before := l.way.packets()
	n, err := l.way.send(l.batch)
	packets := l.way.packets() - before
	l.pace.spend(int(packets))
	l.packets.Add(packets)
	l.plan.tell(l.batch[:n], now)
	for _, a := range l.batch[:n] {
		l.hosts[l.plan.host(a.index)].faults = 0
		if a.purpose == control {
			l.checks++
		} else {
			l.questions++
			l.logAsked(a, now)
		}
	}
	for _, a := range l.batch[n:] {
		l.unask(a)
	}
	if err != nil && n < len(l.batch) {
		l.fault(l.batch[n], now, err)
	}
	return n
}

// unask takes back a question that was not sent.
func (l *udpLane) unask(a ask) {
	if a.flow {
		l.flows.giveBack(1)
	}
	switch {
	case a.purpose == control:
		l.controls = slices.DeleteFunc(l.controls, func(c controlAsk) bool { return c.index == a.index })
	case a.purpose == proof:
		for _, p := range l.provers {
			p.putBack(a.index)
		}
	case l.asked[a.index] != settled:
		l.asked[a.index]--
		l.anew = append(l.anew, a.index)
	}
}

// fault slows down, since this machine could not send, and gives a port or a
// whole host up that has met too many faults.
func (l *udpLane) fault(failed ask, now time.Time, err error) {
	l.trouble = err
	l.pace.fault(now)
	if failed.purpose == control {
		l.due = now.Add(time.Second) // it must not stand before the others for ever
		return
	}
	i := l.plan.host(failed.index)
	h := &l.hosts[i]
	if h.faults == 0 {
		h.faulty = now
	}
	h.faults++
	e := evidence{index: failed.index, reason: exposure.LocalError, local: true, at: now, err: err}
	switch {
	case h.faults >= mostHostFaults && now.Sub(h.faulty) >= mostFaultTime:
		l.rest(i, e)
	case l.asked[failed.index] != settled:
		// The question that could not be sent goes last: a filter of our own
		// drops packets to one port with the same error as a full queue.
		if k := slices.Index(l.anew, failed.index); k >= 0 {
			l.anew = append(slices.Delete(l.anew, k, k+1), failed.index)
		}
		if l.voids[failed.index]++; l.voids[failed.index] >= mostPortFaults {
			l.settle(e, exposure.Unknown)
		}
	}
}
