package scan

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// lane is one way to ask with the ports that are asked that way. It runs in one
// goroutine: it sends as the pace allows, takes answers in, and has the ledger
// decide, round after round: each port that has not answered is asked once a
// round, so that a port's tries are far apart and a gap of half a second in the
// line costs one of them.
type lane struct {
	plan     *plan
	ledger   *ledger
	way      way
	pace     *pace
	mine     func(netip.Addr) bool // an address of this machine
	heard    []atomic.Bool         // by target, shared with the other lanes of the same targets
	conclude func(*lane, []conclusion)

	walk     int // place in the order
	rounds   int
	patient  bool     // this round waits for the canaries
	finds    bool     // the way finds neighbours by itself
	anew     []uint32 // to be asked again at once
	batch    []ask
	evidence []evidence
	ready    []conclusion
	canaries int
	controls []controlAsk
	turns    int       // whose turn it is to be a control
	due      time.Time // of the next control
	started  time.Time
	active   time.Time // something was asked, or a port concluded
	trouble  error     // the last fault of this machine

	questions int // that were sent, controls apart
	checks    int // controls that were sent

	packets atomic.Int64
	todo    atomic.Int64 // questions still to be asked, as far as is known
}

// controlAsk is a control question that may still be answered.
type controlAsk struct {
	index uint32
	at    time.Time
}

// most questions and conclusions in one go.
const (
	mostBatch = 64
	mostReady = 128
)

// slice bounds one wait, so that the end of a context is seen soon.
const slice = 50 * time.Millisecond

// run asks until every port has its conclusion or ctx ends.
func (l *lane) run(ctx context.Context) error {
	defer l.flush()
	l.started = time.Now()
	for l.ledger.left > 0 {
		l.walk = 0
		l.rounds++
		if err := l.round(ctx); err != nil {
			return err
		}
		more := l.ledger.turn(l.known, l.end)
		if !more {
			slowed, err := l.slow(ctx)
			if err != nil {
				return err
			}
			more = slowed && l.ledger.turn(l.known, l.end)
		}
		if l.patient && !more {
			l.ledger.resolve(l.end)
		}
		l.patient = !more
	}
	return nil
}

// round asks each port that needs it once and waits until no answer is to be
// expected any more.
func (l *lane) round(ctx context.Context) error {
	for l.ledger.left > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		l.draw(now)
		until := now
		if l.send(now) == 0 {
			if l.walk >= l.plan.size() && len(l.anew) == 0 && l.quiet(now) {
				return nil
			}
			until = l.next(now)
			l.flush()
		}
		if err := l.receive(until); err != nil {
			return err
		}
	}
	return nil
}

// quiet reports whether no answer is to be expected any more. A patient round
// waits for what tells a dead neighbour from a silent host.
func (l *lane) quiet(now time.Time) bool {
	if waiting := l.way.waiting(); waiting >= 0 {
		if l.patient {
			return waiting == 0
		}
		return waiting <= l.canaries+len(l.controls)
	}
	if l.patient && now.Sub(l.started) < canaryPatience {
		return false
	}
	wait := time.Duration(0)
	for i := range l.ledger.hosts {
		if h := &l.ledger.hosts[i]; h.left > 0 {
			wait = max(wait, l.ledger.patience(h))
		}
	}
	return now.Sub(l.active) >= wait
}

// next is when there may be something to do without an answer.
func (l *lane) next(now time.Time) time.Time {
	until := now.Add(slice)
	if l.walk < l.plan.size() || len(l.anew) > 0 {
		if t := l.pace.next(now); t.After(now) && t.Before(until) {
			until = t
		}
		if t := l.started.Add(hushTime); l.hushed(now) && t.Before(until) {
			until = t
		}
	}
	if l.controlling() && l.affords() && l.due.After(now) && l.due.Before(until) {
		until = l.due
	}
	return until
}

// draw fills the batch with what may be asked now.
func (l *lane) draw(now time.Time) {
	l.batch = l.batch[:0]
	room := l.pace.allow(now, mostBatch)
	if waiting := l.way.waiting(); waiting >= 0 {
		room = min(room, l.pace.window-waiting)
	}
	if l.hushed(now) {
		room = min(room, hushAsks*len(l.plan.targets)-int(l.way.packets()))
	}
	if room > 0 && l.controlling() && l.affords() && !now.Before(l.due) {
		l.control(now)
	}
	for len(l.batch) < room {
		index, ok := l.pick()
		if !ok {
			return
		}
		l.ask(index, now)
	}
}

// pick is the next port to ask.
func (l *lane) pick() (uint32, bool) {
	for len(l.anew) > 0 {
		index := l.anew[0]
		l.anew = l.anew[1:]
		if l.ledger.asked[index] != settled {
			return index, true
		}
	}
	for l.walk < l.plan.size() {
		index := l.plan.at(l.walk)
		l.walk++
		if l.ledger.open(index) {
			return index, true
		}
	}
	return 0, false
}

// ask puts a question into the batch. As long as nothing is known of a host,
// one question to it waits for as long as a missing neighbour needs to be
// found out.
func (l *lane) ask(index uint32, now time.Time) {
	i := l.plan.host(index)
	h := &l.ledger.hosts[i]
	a := ask{index: index, to: l.plan.endpoint(index), own: l.ledger.own, patience: l.ledger.patience(h)}
	if !a.own && !h.canary && !h.resolved && !l.known(i) && l.way.waiting() >= 0 {
		h.canary = true
		l.canaries++
		a.purpose, a.patience = canary, canaryPatience
	}
	l.ledger.ask(index, a.patience)
	l.batch = append(l.batch, a)
	l.active = now
}

// known reports whether anything was heard of a host, by this lane or another.
func (l *lane) known(i int) bool { return l.ledger.hosts[i].heard || l.heard[i].Load() }

// A queue of a neighbour that is not resolved yet is short, and what does not
// fit is dropped in silence: until something is heard, or this time is over, a
// host gets few questions.
const (
	hushTime = 200 * time.Millisecond
	hushAsks = 64
)

func (l *lane) hushed(now time.Time) bool {
	return !l.ledger.own && !l.finds && l.ledger.seen.answered == 0 && now.Sub(l.started) < hushTime
}

// How many control questions a second are asked: in all, and of one open port,
// which may keep a log. Where the pace is slow, at most one question of so many
// is a control, or they would leave no room for what is to be found out.
const (
	controlsAll   = 50
	controlsOpen  = 10
	controlsShare = 10
)

// affords reports whether enough was asked for one more control.
func (l *lane) affords() bool { return (l.checks+1)*controlsShare <= l.questions+l.checks+1 }

// controlling reports whether loss is to be measured: not where it cannot be,
// nor where the user has fixed the tries.
func (l *lane) controlling() bool {
	return l.ledger.retries < 0 && !l.ledger.own && !l.patient && l.ledger.seen.answered > 0
}

// control asks a port again that is known to answer, of one host after the
// other.
func (l *lane) control(now time.Time) {
	for range l.ledger.hosts {
		l.turns++
		h := &l.ledger.hosts[l.turns%len(l.ledger.hosts)]
		index, closed, ok := h.control(l.turns / len(l.ledger.hosts))
		if h.left == 0 || !ok {
			continue
		}
		l.batch = append(l.batch, ask{index: index, to: l.plan.endpoint(index), patience: l.ledger.patience(h), purpose: control})
		l.controls = append(l.controls, controlAsk{index, now})
		perSecond := controlsAll
		if !closed {
			perSecond = min(perSecond, controlsOpen*len(h.accepting))
		}
		l.due = now.Add(time.Second / time.Duration(perSecond))
		return
	}
	l.due = now.Add(time.Second / controlsAll)
}

// send hands the batch to the way and returns how much of it went out. The
// rest is asked anew.
func (l *lane) send(now time.Time) int {
	if len(l.batch) == 0 {
		return 0
	}
	before := l.way.packets()
	n, err := l.way.send(l.batch)
	packets := l.way.packets() - before
	l.pace.spend(int(packets))
	l.packets.Add(packets)
	for _, a := range l.batch[:n] {
		if a.purpose == control {
			l.checks++
		} else {
			l.questions++
		}
	}
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

// fault slows down, since this machine could not send. While nothing is under
// way whose end could help, it counts against the port and its host.
func (l *lane) fault(failed ask, now time.Time, err error) {
	l.trouble = err
	l.pace.fault(now)
	if failed.purpose == control {
		l.due = now.Add(time.Second) // it must not stand before the others for ever
		return
	}
	if l.way.waiting() > 0 {
		return
	}
	l.shortage(evidence{index: failed.index, reason: exposure.LocalError, local: true, at: now, err: err})
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
	if a.purpose == control {
		l.controls = l.controls[:len(l.controls)-1]
		return
	}
	if a.purpose == canary {
		l.ledger.hosts[l.plan.host(a.index)].canary = false
		l.canaries--
	}
	l.ledger.unask(a.index)
	l.anew = append(l.anew, a.index)
}

// receive takes in what has come, waiting for it until then.
func (l *lane) receive(until time.Time) error {
	var err error
	l.evidence, err = l.way.receive(l.evidence[:0], until)
	for _, e := range l.evidence {
		l.take(e)
	}
	l.forget(time.Now())
	l.todo.Store(l.ledger.todo(l.rounds, l.walk))
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
		l.canaries--
		h.resolved = h.resolved || !e.local && !e.void
	case l.way.waiting() < 0 && !l.finds && l.ledger.asked[e.index] == settled:
		// A way that does not tell what was asked for: a port that is known
		// and answers once more may be a control.
		l.controlled(e)
	}
	c, ends, anew := l.ledger.take(e)
	if h.heard && !l.heard[i].Load() {
		l.heard[i].Store(true)
	}
	if ends {
		l.active = e.at
		l.end(c)
	}
	if anew {
		l.anew = append(l.anew, e.index)
	}
	switch {
	case e.void && e.err != nil:
		l.trouble = e.err
		l.pace.fault(e.at)
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

// found takes in whether the neighbour of a host is there.
func (l *lane) found(i int, e evidence) {
	l.finds = true
	h := &l.ledger.hosts[i]
	if h.resolved = !e.local; !h.resolved {
		h.failed = e.at
		l.ledger.bury(i, l.end)
	}
}

// controlled counts the answer to a control question, or its silence.
func (l *lane) controlled(e evidence) {
	i := slices.IndexFunc(l.controls, func(c controlAsk) bool { return c.index == e.index })
	if i < 0 {
		return
	}
	l.controls = slices.Delete(l.controls, i, i+1)
	if !e.void && !e.local {
		l.ledger.controlled(e.index, e.reason != exposure.NoResponse, e.rtt)
	}
}

// forget counts control questions as lost that a way without a clock of its
// own has not brought back.
func (l *lane) forget(now time.Time) {
	if l.way.waiting() >= 0 {
		return
	}
	for len(l.controls) > 0 {
		c := l.controls[0]
		if now.Sub(c.at) < l.ledger.patience(&l.ledger.hosts[l.plan.host(c.index)]) {
			return
		}
		l.controls = l.controls[1:]
		l.ledger.controlled(c.index, false, 0)
	}
}

// end hands a conclusion on.
func (l *lane) end(c conclusion) {
	l.ready = append(l.ready, c)
	if len(l.ready) >= mostReady {
		l.flush()
	}
}

func (l *lane) flush() {
	if len(l.ready) > 0 {
		l.conclude(l, l.ready)
		l.ready = l.ready[:0]
	}
}
