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
	for i := range l.ledger.hosts {
		if h := &l.ledger.hosts[i]; len(h.accepting)+len(h.refusing) > 0 {
			l.wake(h, l.started)
		}
	}
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
	known, err := way.leaked(now)
	if err == nil {
		l.whole = known
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
	l.repeated, l.whole = repeated, known
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
			l.throttle.calm(max(calmRate, float64(l.plan.places())/calmLap.Seconds()), now)
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
		if h.signs.held && l.sure(h, h.signs.asked, now) {
			h.signs.held, l.acted = false, true
		}
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
	if l.doubts() {
		return nil
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
