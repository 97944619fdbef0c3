package scan

import (
	"math"
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// ledger keeps what is known of the ports of a plan, one byte each, and of
// their hosts. It decides: it takes evidence and gives conclusions, and knows
// neither sockets nor the clock.
type ledger struct {
	plan    *plan
	retries int  // −1: by the loss
	own     bool // the targets are this machine's own addresses
	asked   []uint8
	hints   map[uint32]evidence
	voids   map[uint32]uint8
	hosts   []host
	left    int // ports without a conclusion
	most    int // tries of any host
	seen    roundTrips
	resends bool // the kernel asks again by itself, after a second
	// ambiguous: no round trip was seen but ones that a repeat may have
	// lengthened (RFC 6298 section 3).
	ambiguous bool
	past      int           // how many of the answers earlier runs saw
	srtt      time.Duration // over all hosts, smoothed as in RFC 6298
	rttvar    time.Duration
}

// settled marks a port that has its conclusion; below are tries.
const settled = 255

// mostVoids is how often a question that came to nothing is asked anew.
const mostVoids = 5

// host is what is known of one target.
type host struct {
	left    int
	open    int
	silent  int   // ports that ended without an answer
	tried   tried // and how often those were asked
	tries   int   // that its ports get
	seen    roundTrips
	longest time.Duration // round trip that was seen lately
	timed   time.Time     // when the last one was
	fresh   time.Time     // when the last first answer came
	// heard: something came back from there or from a router on the way.
	// resolved: its neighbour is there, or the next hop is. Until one of them
	// is so, silence may be our own.
	heard, resolved bool
	canary          bool // one is out
	failures        int  // neighbour resolutions that failed
	failed          time.Time
	faults          int // ports in a row that this machine could not ask
	faulty          time.Time
	lastFault       uint32
	shortest        time.Duration   // patience in this lap
	patiences       []time.Duration // the shortest of the laps before
	hasty           int             // laps whose patience was shorter than the round trip
	refusals        refusals
	resets          resets
	accepting       []uint32 // ports known to be open, a few
	refusing        []uint32 // and to be closed
	slowed          bool     // silent ports were asked once more, slowly
	missed          int      // of those, the ones that stayed silent

	trusted    bool // its silence may be believed
	spared     bool // its silent ports are to be asked slowly
	watch      watch
	signs      signs
	mute       bool      // it used to answer and does not at present
	fellSilent time.Time // since when it has not, given up for that
}

// conclusion is a port's end.
type conclusion struct {
	evidence
	state exposure.State
	tries int
}

func newLedger(p *plan, retries int, own bool) *ledger {
	l := &ledger{
		plan: p, retries: retries, own: own,
		asked: make([]uint8, p.size()),
		hints: map[uint32]evidence{},
		voids: map[uint32]uint8{},
		hosts: make([]host, len(p.targets)),
		left:  p.size(),
	}
	for i := range l.hosts {
		l.hosts[i].left = len(p.ports)
	}
	l.recall(p.past)
	return l
}

// need is what is to become of a port when the lap comes by.
type need uint8

const (
	over  need = iota // it has its conclusion
	due               // it is to be asked
	spent             // it was asked often enough and is silent
	kept              // its silence is not to be believed yet
)

func (l *ledger) need(index uint32) need {
	n := l.asked[index]
	if n == settled {
		return over
	}
	switch h := &l.hosts[l.plan.host(index)]; {
	case h.mute:
		return kept
	case int(n) < h.tries:
		return due
	case h.spared && !l.hinted(index), !h.trusted:
		return kept
	}
	return spent
}

// ask counts a try.
func (l *ledger) ask(index uint32, patience time.Duration) {
	if l.asked[index] != settled {
		l.asked[index]++
	}
	h := &l.hosts[l.plan.host(index)]
	if h.shortest == 0 || patience < h.shortest {
		h.shortest = patience
	}
}

// unask takes back a try that did not go out.
func (l *ledger) unask(index uint32) {
	if n := l.asked[index]; n != settled && n > 0 {
		l.asked[index] = n - 1
	}
}

// take weighs a piece of evidence. It returns whether it ends the port, or
// else whether the question is to be asked anew at once.
func (l *ledger) take(e evidence) (c conclusion, ends, anew bool) {
	h := &l.hosts[l.plan.host(e.index)]
	if !e.local && !e.void && e.reason != exposure.NoResponse {
		h.heard = true
	}
	n := l.asked[e.index]
	if n == settled || e.reason == exposure.NoResponse {
		return c, false, false
	}
	state, weight := weigh(l.plan.transport, e)
	switch weight {
	case certain:
		l.learn(h, e, state, int(n))
		return l.settle(e, state), true, false
	case hint:
		if known, ok := l.hints[e.index]; !ok || known.reason != exposure.ProtoResponse {
			l.hints[e.index] = e
		}
		return c, false, false
	}
	if e.local && e.reason == exposure.HostUnreach {
		// Resolution fails for all that waits on it at once: one failure.
		if e.at.Sub(h.failed) > neighbourFailure/2 {
			h.failures++
			h.failed = e.at
		}
	}
	l.unask(e.index)
	l.voids[e.index]++
	missing := e.reason == exposure.HostUnreach && l.voids[e.index] >= fewestTries
	if missing || l.voids[e.index] >= mostVoids {
		l.asked[e.index] = n
		return l.settle(e, exposure.Unknown), true, false
	}
	return c, false, true
}

// When this machine cannot ask, a port is given up after so many faults, and a
// host after so many ports in a row for so long. It may be a lack of buffers,
// which passes, or an address that nothing can be sent to from here.
const (
	mostPortFaults = 15
	mostHostFaults = 16
	mostFaultTime  = 3 * time.Second
)

// fault counts a question that this machine could not ask. It reports whether
// the port, or the whole host, has met enough of them.
func (l *ledger) fault(index uint32, at time.Time) (port, host bool) {
	h := &l.hosts[l.plan.host(index)]
	if h.faults == 0 {
		h.faulty = at
	}
	if h.faults == 0 || index != h.lastFault {
		h.faults++
		h.lastFault = index
	}
	if l.asked[index] == settled {
		return false, false
	}
	l.voids[index]++
	return l.voids[index] >= mostPortFaults, h.faults >= mostHostFaults && at.Sub(h.faulty) >= mostFaultTime
}

// sound takes note that the host of a port can be asked.
func (l *ledger) sound(index uint32) { l.hosts[l.plan.host(index)].faults = 0 }

// neighbourFailure is how long Linux asks for a neighbour before it gives up:
// three times, a second apart. IPv6 (RFC 4861 section 10) has the same
// constants.
const neighbourFailure = 3 * time.Second

// dead reports whether a host's neighbour, or the router to it, was found
// missing as often as is enough, and nothing was ever heard.
func (h *host) dead() bool { return !h.heard && !h.resolved && h.failures >= fewestTries }

// learn takes from an answer what it tells of the way.
func (l *ledger) learn(h *host, e evidence, state exposure.State, tries int) {
	if e.local {
		return
	}
	l.measure(h, e.rtt, e.at, state == exposure.Open)
	if state == exposure.Open {
		h.open++
	}
	if errs(e.reason) {
		// ICMP errors come as seldom as the limit of their sender wants, which
		// says nothing of loss.
		h.refusals.count(tries)
		return
	}
	if state != exposure.Open && state != exposure.Closed {
		return
	}
	trips := roundTrips{1, max(tries, 1) - 1}
	l.travelled(h, trips, state == exposure.Closed)
	if l.own {
		return
	}
	if state == exposure.Closed {
		h.refusing = remember(h.refusing, e.index)
	} else {
		h.accepting = remember(h.accepting, e.index)
	}
}

// mostAnswerers is how many ports of a host take turns as controls.
const mostAnswerers = 16

// remember keeps a port as a control.
func remember(ports []uint32, index uint32) []uint32 {
	if len(ports) < mostAnswerers {
		ports = append(ports, index)
	}
	return ports
}

// control is the port whose turn it is to be asked again, and whether it is
// closed. Closed ones are better, for they write no line into anybody's log;
// but when they fall silent, open ones take turns with them: they tell a way
// that loses packets from a host that limits its resets. A spare one is open.
func (h *host) control(turn int, spare bool) (index uint32, closed, ok bool) {
	silent := h.resets.doubted() || len(h.watch.row) >= fewestDoubts
	closed = !spare && len(h.refusing) > 0 && (!silent || len(h.accepting) == 0 || turn%2 == 0)
	ports := h.accepting
	if closed {
		ports = h.refusing
	}
	if len(ports) == 0 {
		return 0, false, false
	}
	return ports[turn/2%len(ports)], closed, true
}

// travelled counts round trips.
func (l *ledger) travelled(h *host, trips roundTrips, closed bool) {
	h.seen = h.seen.plus(trips)
	l.seen = l.seen.plus(trips)
	if closed {
		h.resets.trips = h.resets.trips.plus(trips)
	}
}

// controlled counts a control question that was answered or lost.
func (l *ledger) controlled(index uint32, answered bool) {
	h := &l.hosts[l.plan.host(index)]
	trip := roundTrips{lost: 1}
	if answered {
		trip = roundTrips{answered: 1}
	}
	closed := slices.Contains(h.refusing, index)
	h.resets.compare(trip, closed)
	l.travelled(h, trip, closed)
}

// measure takes in the round-trip time of an answer that came at a time, as RFC
// 6298 section 2 has it. The longest is forgotten within seconds: it may have
// been a crowd that we made ourselves.
func (l *ledger) measure(h *host, rtt time.Duration, at time.Time, open bool) {
	ambiguous := (open || l.resends) && rtt > repeatedAfter
	if rtt <= 0 || ambiguous && l.repeats(rtt) {
		return
	}
	if l.ambiguous && !ambiguous {
		l.srtt, h.longest = 0, 0
	}
	l.ambiguous = ambiguous && (l.srtt == 0 || l.ambiguous)
	if rtt < h.longest && at.After(h.timed) {
		left := math.Exp(-at.Sub(h.timed).Seconds())
		h.longest = rtt + time.Duration(left*float64(h.longest-rtt))
	}
	h.longest, h.timed = max(h.longest, rtt), later(h.timed, at)
	if l.srtt == 0 {
		l.srtt, l.rttvar = rtt, rtt/2
		return
	}
	l.rttvar += ((l.srtt - rtt).Abs() - l.rttvar) / 4
	l.srtt += (rtt - l.srtt) / 8
}

// repeats reports whether an answer has taken so long that it, or the question
// before it, must be a repeat: hosts send a SYN-ACK again after a second, three,
// seven (RFC 6298 section 5), our kernel a SYN, and that is no time of the way.
func (l *ledger) repeats(rtt time.Duration) bool {
	return l.srtt > 0 && rtt > repeatedAfter && rtt > 4*l.trip()
}

// repeatedAfter is a little less than the second after which a SYN-ACK is
// repeated.
const repeatedAfter = 900 * time.Millisecond

// trip is how long nearly every answer takes at most.
func (l *ledger) trip() time.Duration { return l.srtt + 4*l.rttvar }

// How long to wait for an answer.
const (
	ownPatience      = 300 * time.Millisecond
	strangerPatience = time.Second // nothing is known of the way
	leastPatience    = 200 * time.Millisecond
	mostPatience     = 10 * time.Second
	// canaryPatience is longer than a missing neighbour needs to be found out,
	// and than an answer takes over two satellites.
	canaryPatience = 2*neighbourFailure + time.Second
)

// patience is how long an answer of the host may take: three times the longest
// round trip that was seen.
func (l *ledger) patience(h *host) time.Duration {
	switch {
	case h.longest > 0:
		return min(max(3*h.longest, leastPatience), mostPatience)
	case l.own:
		return ownPatience
	}
	return strangerPatience
}

// enough is how many round trips must be seen before their loss is believed.
const enough = 30

// tries is how often the ports of the host are asked at most.
func (l *ledger) tries(h *host) int {
	if l.retries >= 0 {
		return min(l.retries+1, settled-1)
	}
	if l.own {
		return fewestTries
	}
	goal := missed
	if h.left <= few && h.way().answered >= enough {
		goal = missedFew
	}
	return tries(h.open, l.loss(h), goal) + h.hasty
}

// loss is the share of round trips to the host that may get lost: what was
// measured to the host or, until that is enough, on all the ways of the lane.
func (l *ledger) loss(h *host) float64 {
	way := h.way()
	if way.answered+way.lost >= enough {
		return way.bound()
	}
	if n := l.seen; n.answered+n.lost >= enough && way.answered > 0 && !h.resets.limited() {
		return max(n.bound(), way.share())
	}
	return max(assumedLoss, min(way.share(), 0.5))
}

// assumed reports whether what is told of some host's silence rests on no
// measurement: nothing was heard of it by any lane.
func (l *ledger) assumed(heard func(host int) bool) bool {
	if l.own {
		return false
	}
	for i := range l.hosts {
		if h := &l.hosts[i]; h.silent > 0 && h.seen.answered == 0 && !heard(i) {
			return true
		}
	}
	return false
}

// mostHasty bounds the laps that are asked again because they were too
// impatient.
const mostHasty = 3

// fit works out for each host how often its ports are to be asked and what
// their silence is worth by now. A host of which nothing was ever heard keeps
// its ports until its neighbour is known to be there, and one that may limit
// its answers those that are to be asked slowly. It reports whether ports that
// were kept for the former may now be ended.
func (l *ledger) fit(heard func(host int) bool) (more bool) {
	l.most = 0
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		h.tries = l.tries(h)
		l.most = max(l.most, h.tries)
		was := h.trusted
		h.trusted = l.own || h.heard || h.resolved || heard(i)
		more = more || h.trusted && !was
		h.spared = l.spares(h)
	}
	return more
}

// lap counts the laps whose silence proves nothing, because they did not wait
// for as long as an answer turns out to take.
func (l *ledger) lap() {
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		if h.shortest > 0 {
			h.patiences = append(h.patiences, h.shortest)
		}
		h.shortest, h.hasty = 0, 0
		for _, p := range h.patiences {
			if p < h.longest && h.hasty < mostHasty {
				h.hasty++
			}
		}
	}
}

// end concludes a port that did not answer in all its tries.
func (l *ledger) end(index uint32) conclusion {
	h := &l.hosts[l.plan.host(index)]
	if e, ok := l.hints[index]; ok {
		state, _ := weigh(l.plan.transport, e)
		if state == exposure.Open {
			h.open++
		}
		return l.settle(e, state)
	}
	h.silent++
	h.tried.count(int(l.asked[index]))
	return l.settle(evidence{index: index, reason: exposure.NoResponse}, silence(l.plan.transport))
}

// bury concludes all ports of a host whose neighbour is not there.
func (l *ledger) bury(i int, conclude func(conclusion)) {
	at := l.hosts[i].failed
	l.rest(i, evidence{reason: exposure.HostUnreach, local: true, at: at}, conclude)
}

// resolve ends the waiting for neighbours: what is left belongs to hosts that
// had the time to be found missing. One of which a resolution failed, if only
// once, is not called silent.
func (l *ledger) resolve(conclude func(conclusion)) {
	for i := range l.hosts {
		if h := &l.hosts[i]; h.failures > 0 {
			l.bury(i, conclude)
		} else {
			h.resolved = true
		}
	}
}

// todo is how many questions are still to be asked, as far as can be told in
// the given lap at the given place of its walk.
func (l *ledger) todo(lap, walk int) int64 {
	size := float64(l.plan.places())
	part := float64(walk) / size
	now := float64(l.left) * (1 - part)
	// The ports that are not asked yet will answer as those before them did.
	silent := float64(l.left)
	if lap == 1 && walk > 0 {
		silent = size * max(1-(size-float64(l.left))/float64(walk), 0)
	}
	return int64(now + silent*float64(max(l.most-lap, 0)))
}

// rest concludes all ports of a host that have no conclusion as unknown.
func (l *ledger) rest(i int, e evidence, conclude func(conclusion)) {
	first := i * len(l.plan.ports)
	for j := range l.plan.ports {
		if e.index = uint32(first + j); l.asked[e.index] != settled {
			conclude(l.settle(e, exposure.Unknown))
		}
	}
}

func (l *ledger) settle(e evidence, state exposure.State) conclusion {
	c := conclusion{evidence: e, state: state, tries: int(l.asked[e.index])}
	l.asked[e.index] = settled
	delete(l.hints, e.index)
	delete(l.voids, e.index)
	l.hosts[l.plan.host(e.index)].left--
	l.left--
	return c
}
