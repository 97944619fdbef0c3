package scan

import (
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// receive takes in what has come, waiting for it until then.
func (l *udpLane) receive(until time.Time) error {
	var err error
	l.evidence, err = l.way.receive(l.evidence[:0], until)
	for _, e := range l.evidence {
		l.take(e)
	}
	now := time.Now()
	for len(l.controls) > 0 && now.Sub(l.controls[0].at) >= l.hosts[l.plan.host(l.controls[0].index)].patience(l.own) {
		l.checked(l.controls[0].index, false)
	}
	l.logLull(now)
	l.todo.Store(l.questionsLeft())
	l.count()
	return err
}

// questionsLeft is about how many questions are still to be asked.
func (l *udpLane) questionsLeft() int64 {
	if len(l.provers) > 0 {
		return int64(l.open)
	}
	done := float64(l.walk) / float64(2*l.plan.places())
	return int64(float64(l.open) * max(float64(l.most-l.rounds)+1-done, 0))
}

// take weighs one piece of evidence.
func (l *udpLane) take(e evidence) {
	i := l.plan.host(e.index)
	h := &l.hosts[i]
	if e.by == l.plan.targets[i].Address.WithZone("") {
		e.by = netip.Addr{}
	}
	e.local = e.local || e.reason != exposure.ProtoResponse && e.by.IsValid() && l.mine(e.by)
	n := l.asked[e.index]
	if n == 0 {
		return // nobody asked: forged, or about another scan
	}
	if e.reason == exposure.NoResponse {
		return
	}
	if !e.local && !e.void {
		h.heard, l.hushed = true, false
		if !l.heard[i].Load() {
			l.heard[i].Store(true)
		}
		if errs(e.reason) {
			h.limit.proof(e.at)
		}
		l.answered(i, e.index)
	}
	if n == settled {
		l.checked(e.index, true)
		return
	}
	state, weight := weigh(l.plan.transport, e)
	switch {
	case weight == certain:
		h.learn(e, state, int(n))
		l.settle(e, state)
	case weight == hint:
		if known, ok := l.hints[e.index]; !ok || known.reason != exposure.ProtoResponse {
			l.hints[e.index] = e
		}
	default:
		l.void(h, e)
	}
}

// void takes in that a question came to nothing on this machine, mostly since
// the neighbour could not be found.
func (l *udpLane) void(h *udpHost, e evidence) {
	if e.reason == exposure.HostUnreach && e.at.Sub(h.failed) > neighbourFailure/2 {
		// A resolution fails for all that waits on it at once: one failure.
		h.failures++
		h.failed = e.at
	}
	l.voids[e.index]++
	if n := l.voids[e.index]; e.reason == exposure.HostUnreach && n >= fewestTries || n >= mostVoids {
		l.settle(e, exposure.Unknown)
		return
	}
	l.asked[e.index]--
	l.anew = append(l.anew, e.index)
}

// answered tells the prover of a host.
func (l *udpLane) answered(host int, index uint32) {
	for _, p := range l.provers {
		if p.host == host {
			p.answered(index)
		}
	}
}

// checked counts the answer to a control, or its silence.
func (l *udpLane) checked(index uint32, answered bool) {
	k := slices.IndexFunc(l.controls, func(c controlAsk) bool { return c.index == index })
	if k < 0 {
		return
	}
	l.controls = slices.Delete(l.controls, k, k+1)
	h := &l.hosts[l.plan.host(index)]
	trip := roundTrips{lost: 1}
	if answered {
		trip = roundTrips{answered: 1}
	}
	if slices.Contains(h.refusing, index) {
		h.limit.trips = h.limit.trips.plus(trip)
	} else {
		h.round = h.round.plus(trip)
	}
}

// quieten concludes a port that did not answer in all its tries.
func (l *udpLane) quieten(index uint32) {
	if l.asked[index] == settled {
		return
	}
	h := &l.hosts[l.plan.host(index)]
	if e, ok := l.hints[index]; ok {
		state, _ := weigh(l.plan.transport, e)
		if state == exposure.Open {
			h.open++
		}
		l.settle(e, state)
		return
	}
	h.silent++
	h.tried.count(int(l.asked[index]))
	l.settle(evidence{index: index, reason: exposure.NoResponse}, silence(l.plan.transport))
}

// rest concludes all ports of a host that have no conclusion as unknown.
func (l *udpLane) rest(i int, e evidence) {
	first := i * len(l.plan.ports)
	for j := range l.plan.ports {
		if e.index = uint32(first + j); l.asked[e.index] != settled {
			l.settle(e, exposure.Unknown)
		}
	}
}

func (l *udpLane) settle(e evidence, state exposure.State) {
	c := conclusion{evidence: e, state: state, tries: int(l.asked[e.index])}
	l.asked[e.index] = settled
	delete(l.hints, e.index)
	delete(l.voids, e.index)
	l.hosts[l.plan.host(e.index)].left--
	l.open--
	l.ready = append(l.ready, c)
	if len(l.ready) >= mostReady {
		l.flush()
	}
}

func (l *udpLane) flush() {
	if len(l.ready) > 0 {
		l.conclude(l.plan, l.ready)
		l.ready = l.ready[:0]
	}
}
