package scan

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// lane is one way to ask with the ports that are asked that way. It runs in one
// goroutine: it sends as the pace allows, takes answers in, and has the ledger
// decide. It walks the order again and again: a port that has not answered is
// asked once a lap and, asked often enough, concluded when the lap comes by. A
// lap follows the one before it at the distance that an answer may take, so
// that the tries of a port are far apart and no time is lost between laps.
type lane struct {
	plan     *plan
	ledger   *ledger
	way      way
	pace     *pace
	shared   *pace     // of all lanes, nil when each has only its own
	throttle *throttle // nil where the pace is fixed
	flows    *flows    // nil where no router of ours has to remember connections
	pinned   bool      // repeats keep their source port
	flow     bool      // the next question opens a connection that was counted
	full     bool      // no more may be opened at present
	mine     func(netip.Addr) bool
	heard    []atomic.Bool // by target, shared with the other lanes of the same targets
	conclude func(*lane, []conclusion)

	walk     int // place in the order
	ahead    ahead
	frontier int // before it each place was asked
	laps     int
	acted    bool  // in this lap something was asked or concluded
	repeated int   // places whose question was taken back
	trail    trail // of this lap
	before   trail // of the one before
	fitted   time.Time
	finds    bool     // the way finds neighbours by itself
	anew     []uint32 // to be asked again at once
	anewAt   time.Time
	batch    []ask
	evidence []evidence
	ready    []conclusion
	controls controls
	started  time.Time
	trouble  error         // the last fault of this machine
	whole    time.Time     // until when this machine has lost no answer
	leaks    int           // places whose question was taken back for that
	beat     time.Duration // between laps while nothing is heard

	questions int // that were sent, controls apart

	packets atomic.Int64
	todo    atomic.Int64 // questions still to be asked, as far as is known
	toOpen  atomic.Int64 // connections still to be opened, where they are counted
}

// most questions and conclusions in one go, and places of one walk.
const (
	mostBatch = 256
	mostReady = 512
	mostSteps = 1 << 14
)

// slice bounds one wait, so that the end of a context is seen soon.
const slice = 50 * time.Millisecond

// run asks until every port has its conclusion or ctx ends.
func (l *lane) run(ctx context.Context) error {
	defer l.plan.log.end()
	defer l.flush()
	l.started = time.Now()
	l.controls.random = rand.New(rand.NewPCG(uint64(l.plan.size()), uint64(l.plan.at(0))))
	l.lap(l.started)
	for l.ledger.left > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		if now.Sub(l.fitted) >= fitEvery {
			l.fit(now)
		}
		l.mend(now)
		l.regain(now)
		busy := l.draw(now)
		until := now
		if l.send(now) == 0 && !busy {
			if l.walk == l.plan.places() && len(l.anew) == 0 {
				if err := l.rest(ctx, now); err != nil {
					return err
				}
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

// mend has the ports asked again whose answers this machine may have lost: that
// is no silence of theirs, and no loss of the way.
func (l *lane) mend(now time.Time) {
	way, ok := l.way.(leaky)
	if !ok {
		return
	}
	err := way.leaked()
	if err == nil {
		l.whole = now
		return
	}
	l.trouble = err
	l.slacken(now)
	for i := range l.controls.queue {
		if c := &l.controls.queue[i]; !c.decided {
			c.decided, c.void = true, true
		}
	}
	repeated := l.repeated
	l.again(stretch{l.whole.Add(-l.ledger.trip() - leakSpan), now}, -1)
	l.leaks += l.repeated - repeated
	l.repeated, l.whole = repeated, now
	if l.leaks <= mostLeaks*l.plan.places() {
		return
	}
	// Somebody sends more than can be read, and does not cease.
	for i := range l.ledger.hosts {
		l.ledger.rest(i, evidence{reason: exposure.LocalError, local: true, at: now, err: err}, l.end)
	}
}

// mostLeaks is how often all ports may be asked again for answers that this
// machine has lost, on average.
const mostLeaks = 32

// leakSpan is how late the reader may be who finds that answers were lost: as
// long as the ring lasts.
const leakSpan = 250 * time.Millisecond

// lap begins another lap.
func (l *lane) lap(now time.Time) {
	l.trail.end(l.walk, now)
	l.before, l.trail = l.trail, newTrail()
	l.laps++
	l.walk, l.acted = 0, false
	l.ledger.lap()
	if l.throttle != nil {
		l.throttle.lap(now)
		if l.laps > 1 && !l.ledger.answered() {
			// Perhaps it was too fast for the way, and there is time: a host of
			// which nothing is heard is waited for anyway.
			l.throttle.calm(max(calmRate, float64(l.plan.places())/calmLap.Seconds()))
		}
	}
	l.fit(now)
}

// The rate of the laps after the first while nobody has answered: so many
// packets a second, or more if a lap would take longer than this.
const (
	calmRate = 10000.0
	calmLap  = 2 * time.Second
)

// fitEvery is how often the tries are fitted to what has come back, and the
// rate to the path.
const fitEvery = 5 * time.Millisecond

func (l *lane) fit(now time.Time) {
	l.fitted = now
	if l.ledger.fit(l.known) {
		l.acted = true // what was kept back has to be gone by once more
	}
	for i := range l.ledger.hosts {
		h := &l.ledger.hosts[i]
		was := h.mute
		h.mute = l.fallen(i, now)
		l.acted = l.acted || was && !h.mute // it has to be gone by once more
		if h.left > 0 && h.dead() {
			l.ledger.bury(i, l.end)
		}
	}
	if l.throttle != nil {
		l.throttle.judge(now, l.ledger.trip())
		if s := &l.throttle.hurried; !s.to.IsZero() {
			l.again(*s, -1)
			*s = stretch{}
		}
		l.pace.set(l.throttle.rate)
	}
}

// rest does what is to be done when a lap has found nothing to ask and nothing
// to conclude: what is left waits for something. Silent ports of a host that
// limits its answers are asked slowly; of a host that was never heard, it is
// waited for what tells a dead neighbour from a silent host.
func (l *lane) rest(ctx context.Context, now time.Time) error {
	for i := range l.ledger.hosts {
		if l.ledger.hosts[i].mute {
			return nil
		}
	}
	if slowed, err := l.slow(ctx); slowed || err != nil {
		l.lap(time.Now())
		return err
	}
	waiting := l.way.waiting()
	if waiting > 0 || waiting < 0 && now.Sub(l.started) < canaryPatience {
		return nil
	}
	l.ledger.resolve(l.end)
	l.lap(now)
	return nil
}

// next is when there may be something to do without an answer.
func (l *lane) next(now time.Time) time.Time {
	until := now.Add(slice)
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(until) {
			until = t
		}
	}
	if l.full {
		sooner(l.flows.due(now, 1+l.controlFlows()))
	} else if sooner(l.pace.next(now)); l.shared != nil {
		sooner(l.shared.next(now))
	}
	if l.walk < l.plan.places() {
		index := l.here()
		sooner(l.ripe(index, l.ledger.need(index) == spent))
	}
	if l.hushed(now) {
		sooner(l.started.Add(hushTime))
	}
	if l.controlling() {
		sooner(l.controls.due)
	}
	if l.throttle != nil && l.throttle.rate < l.throttle.most && !l.full {
		sooner(now.Add(fitEvery))
	}
	return until
}

// draw fills the batch with what may be asked now and concludes what the lap
// comes by. It reports whether it has stopped for no other reason than to let
// answers in.
func (l *lane) draw(now time.Time) (busy bool) {
	l.batch, l.full = l.batch[:0], false
	room := l.pace.allow(now, mostBatch)
	if l.shared != nil {
		room = min(room, l.shared.allow(now, mostBatch))
	}
	if waiting := l.way.waiting(); waiting >= 0 {
		room = min(room, l.pace.window-waiting)
	}
	if l.hushed(now) {
		room = min(room, hushAsks*len(l.plan.targets)-int(l.way.packets()))
	}
	stalled := l.stalled(now)
	for len(l.batch) < room && l.controlling() && !now.Before(l.controls.due) {
		spare := !stalled && !l.affords()
		if spare && !l.ample() || !l.control(now, spare) {
			break
		}
	}
	if stalled {
		return false
	}
	l.trail.note(l.walk, now)
	busy = true
	for n := 0; n < mostSteps && busy; n++ {
		busy = l.step(now, len(l.batch) < room)
	}
	l.mix()
	return busy
}

// mix puts the controls anywhere in the batch: at its head they would find room
// in a short queue that has none for the rest, and show a line without loss.
func (l *lane) mix() {
	controls := 0
	for controls < len(l.batch) && l.batch[controls].purpose == control {
		controls++
	}
	for i := range controls {
		j := i + l.controls.random.IntN(len(l.batch)-i)
		l.batch[i], l.batch[j] = l.batch[j], l.batch[i]
	}
}

// step goes on by one place, if there is something to do there now.
func (l *lane) step(now time.Time, room bool) bool {
	if len(l.anew) > 0 {
		index := l.anew[0]
		if l.ledger.asked[index] != settled {
			if !room || !l.opens(index, time.Time{}, now) {
				return false
			}
			l.ask(index, now)
			l.anewAt, l.acted = now, true
		}
		l.anew = l.anew[1:]
		return true
	}
	if l.walk == l.plan.places() {
		if l.acted && l.ledger.left > 0 {
			l.lap(now)
			return true
		}
		return false
	}
	index := l.here()
	switch l.ledger.need(index) {
	case due:
		if !room || now.Before(l.ripe(index, false)) {
			return false
		}
		if !l.opens(index, l.before.passed(l.walk), now) {
			if l.walk < l.frontier || !l.acted {
				return false
			}
			l.lap(now)
			return true
		}
		l.ask(index, now)
		l.acted = true
		l.frontier = max(l.frontier, l.walk+1)
	case spent:
		if now.Before(l.ripe(index, true)) {
			return false
		}
		l.end(l.ledger.end(index))
		l.acted = true
	}
	l.walk++
	return true
}

// ahead are the ports from one place of the order on.
type ahead struct {
	from, n int
	ports   [64]uint32
	warmth  uint8 // of no meaning
}

// here is the port at the place of the walk. Neighbours in the order are far
// apart in the ledger: those that come next are looked up together, since the
// processor fetches what does not depend on one another at the same time.
func (l *lane) here() uint32 {
	a := &l.ahead
	if i := l.walk - a.from; i >= 0 && i < a.n {
		return a.ports[i]
	}
	a.from, a.n = l.walk, min(len(a.ports), l.plan.places()-l.walk)
	for i := range a.n {
		a.ports[i] = l.plan.at(a.from + i)
	}
	for _, index := range a.ports[:a.n] {
		a.warmth += l.ledger.asked[index]
	}
	return a.ports[0]
}

// ripe is when the last question to the port that the lap is at has been
// waited for long enough. Silence ends a port only when the answers of its host
// have ceased for as long, and when nothing was heard of anybody, when there was
// the time for the longest of ways.
func (l *lane) ripe(index uint32, ends bool) time.Time {
	if l.laps == 1 {
		return time.Time{}
	}
	i := l.plan.host(index)
	h := &l.ledger.hosts[i]
	at := l.before.passed(l.walk)
	if ends {
		at = later(at, later(l.anewAt, h.fresh))
	}
	patience := l.ledger.patience(h)
	if l.ledger.retries >= 0 || l.ledger.own || l.known(i) || l.ledger.srtt > 0 {
		return at.Add(patience)
	}
	if ends {
		return later(at.Add(patience), l.started.Add(canaryPatience))
	}
	return at.Add(max(patience, l.beat))
}

// beat is the time from lap to lap while nothing is heard, by the seed of a
// scan: no even number of seconds, for a line that fails once a second would
// swallow every try, and more than the quarter by which two tries must differ
// to meet both halves of such a second.
func beat(seed uint64) time.Duration {
	return strangerPatience*5/4 + time.Duration(seed%256)*strangerPatience/1024
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// ask puts a question into the batch. As long as nothing is known of a host,
// one question to it waits for as long as a missing neighbour needs to be
// found out.
func (l *lane) ask(index uint32, now time.Time) {
	i := l.plan.host(index)
	h := &l.ledger.hosts[i]
	a := ask{index: index, to: l.plan.endpoint(index), own: l.ledger.own, pinned: l.pinned, lap: uint16(l.laps), patience: l.ledger.patience(h)}
	if !h.canary && !h.resolved && !a.own && l.way.waiting() >= 0 && !l.known(i) {
		h.canary = true
		a.purpose, a.patience = canary, canaryPatience
	}
	a.flow, l.flow = l.flow, false
	l.ledger.ask(index, a.patience)
	l.batch = append(l.batch, a)
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
	return !l.ledger.own && !l.finds && !l.ledger.answered() && now.Sub(l.started) < hushTime
}

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
