package scan

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// udpLane asks UDP ports. They are not asked as TCP ports are: a closed one is
// proved by an ICMP error, which comes as seldom as the host's limit wants; an
// open one may well be silent; and so most ports of an ordinary host never
// answer, which says nothing of the way. What the loss is, only ports tell that
// are known to be open; they are asked again all the time.
//
// The ports that have a payload are asked first, for they are those that can
// be open, and get the first of the errors. Rounds follow each other without a
// pause; the tries of one port are some way apart all the same.
type udpLane struct {
	plan     *plan
	way      way
	pace     *pace
	flows    *flows                // nil where no router of ours has to remember connections
	mine     func(netip.Addr) bool // an address of this machine
	heard    []atomic.Bool         // by target, shared with the other lanes of the same targets
	known    []bool                // by port of the plan: has a payload that makes a service answer
	conclude func(*plan, []conclusion)
	retries  int  // −1: by the loss
	own      bool // the targets are this machine's own addresses
	wait     bool // for every proof that a limit delays

	hosts  []udpHost
	asked  []uint8 // tries by port, or settled
	hints  map[uint32]evidence
	voids  map[uint32]uint8
	open   int // ports without a conclusion
	rounds int
	most   int                    // tries of any host
	walk   int                    // place in the order; the ports without a payload come in a second walk
	marks  [2][udpMarks]time.Time // when a stretch of the walk was asked, in even rounds and odd ones
	began  [2][udpMarks]time.Time // and when it was begun
	marked int                    // the stretch that is being asked
	hushed bool                   // nothing was heard yet
	anew   []uint32               // to be asked again at once

	overflow int // answers that this machine's buffers had no room for
	batch    []ask
	flow     bool // the next question opens a connection that was counted
	evidence []evidence
	ready    []conclusion
	controls []controlAsk
	turn     int       // whose turn it is to be a control
	due      time.Time // of the next control that is open
	doubt    time.Time // and of one that is refused
	tail     time.Time // and of what keeps a limiter busy
	started  time.Time
	active   time.Time // something was asked
	trouble  error     // the last fault of this machine
	provers  []proving

	questions, checks int

	packets atomic.Int64
	todo    atomic.Int64
	toOpen  atomic.Int64 // connections, where they are counted
	delay   atomic.Int64 // nanoseconds that the proofs will take
}

// proving is a host whose silent ports are proved.
type proving struct {
	host int
	*prover
}

// udpMarks is how many stretches of a walk are told apart when the tries of a
// port are kept apart.
const udpMarks = 64

// How often ports are asked again that are known: open ones, in all and each,
// and refused ones, so often that a limit on errors cannot hide behind loss.
const (
	// proof is the purpose of a question that a limit is to answer: one
	// datagram is enough, whatever the port is asked otherwise.
	proof = neighbour + 1

	udpControls    = 10 * time.Millisecond
	udpControlEach = 100 * time.Millisecond
	udpDoubts      = 30 * time.Millisecond
	udpMostDoubts  = 12
)

// What a host gets until something is heard of it: Linux holds 212,992 bytes
// for a neighbour that is not resolved yet, which are these datagrams with what
// they take beside their own size.
const (
	udpHushTime = 100 * time.Millisecond
	udpHushAsks = 192
)

// limiterTime is how long a limiter is watched before its rate is told: Linux
// lets an error pass each second. udpTail is how often it is asked meanwhile.
const (
	limiterTime = 1100 * time.Millisecond
	udpTail     = 25 * time.Millisecond
	// doubtTime is what the fewest controls of one refused port take.
	doubtTime = fewestDoubts*udpControlEach + leastPatience
)

func newUDPLane(p *plan, w way, payloads func(uint16) []Payload) *udpLane {
	l := &udpLane{
		plan: p, way: w,
		known: make([]bool, len(p.ports)),
		hosts: make([]udpHost, len(p.targets)),
		asked: make([]uint8, p.size()),
		hints: map[uint32]evidence{}, voids: map[uint32]uint8{},
		open:   p.size(),
		hushed: true,
	}
	for i, port := range p.ports {
		l.known[i] = slices.ContainsFunc(payloads(port), func(p Payload) bool { return !p.Silent })
	}
	for i := range l.hosts {
		l.hosts[i].left = len(p.ports)
	}
	l.recall(p.past)
	return l
}

func (l *udpLane) close() error { return l.way.close() }
func (l *udpLane) size() int    { return l.plan.size() }
func (l *udpLane) sent() int64  { return l.packets.Load() }
func (l *udpLane) left() int64  { return l.todo.Load() }

func (l *udpLane) unopened() int64 { return l.toOpen.Load() }

func (l *udpLane) report(conclude func(*plan, []conclusion)) { l.conclude = conclude }

// run asks until every port has its conclusion or ctx ends.
func (l *udpLane) run(ctx context.Context) error {
	defer l.plan.log.end()
	defer l.flush()
	l.started = time.Now()
	l.review()
	for l.open > 0 {
		for l.needy() {
			l.rounds++
			l.walk, l.marked = 0, -1
			if err := l.loop(ctx, l.walked); err != nil {
				return err
			}
			l.review()
		}
		if err := l.loop(ctx, l.quiet); err != nil {
			return err
		}
		if l.review(); l.needy() {
			continue
		}
		l.resolve()
		l.end()
		if l.needy() || l.open == 0 {
			continue
		}
		if err := l.prove(ctx); err != nil {
			return err
		}
	}
	return nil
}

// How often silent ports of this machine are asked when no more than so many
// are left of a greater number.
const (
	ownFew   = 1000
	ownTries = 4
)

// review takes in what a round has told of the hosts.
func (l *udpLane) review() {
	if w, ok := l.way.(interface{ dropped() int }); ok && w.dropped() > l.overflow {
		// Whose answers they were nobody knows.
		l.overflow = w.dropped()
		for i := range l.hosts {
			l.hosts[i].extra = min(l.hosts[i].extra+1, mostExtra)
		}
	}
	l.most = 0
	for i := range l.hosts {
		h := &l.hosts[i]
		h.review()
		switch {
		case l.retries >= 0:
			h.tries = min(l.retries+1, settled-1)
		case l.own:
			h.tries = fewestTries
			if len(l.plan.ports) > ownFew && h.left <= ownFew && len(h.refusing) > 0 {
				// The errors of a whole sweep crowd the queue of our own
				// socket; those of a few ports do not.
				h.tries = ownTries
			}
		default:
			h.tries = min(tries(h.open, h.loss(), missed)+h.extra, settled-1)
		}
		if h.left > 0 {
			l.most = max(l.most, h.tries)
		}
	}
}

// needy reports whether some port is to be asked again.
func (l *udpLane) needy() bool {
	if len(l.anew) > 0 {
		return true
	}
	for i := range l.hosts {
		if h := &l.hosts[i]; h.left > 0 {
			first := i * len(l.plan.ports)
			for _, n := range l.asked[first : first+len(l.plan.ports)] {
				if int(n) < h.tries {
					return true
				}
			}
		}
	}
	return false
}

// loop sends and receives until done says so. done also says when there may be
// something to do, if not before.
func (l *udpLane) loop(ctx context.Context, done func(now time.Time) (bool, time.Time)) error {
	for l.open > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		l.batch = l.batch[:0]
		until := now.Add(slice)
		room := l.pace.allow(now, mostBatch)
		if room > 0 {
			room = l.control(now, room)
		} else if t := l.pace.next(now); t.Before(until) {
			until = t
		}
		over, next := l.fill(now, room, done)
		if next.After(now) && next.Before(until) {
			until = next
		}
		if l.send(now) > 0 {
			until = now
		} else if over {
			return nil
		} else {
			l.flush()
		}
		if err := l.receive(until); err != nil {
			return err
		}
	}
	return nil
}

// fill puts questions into the batch, and then hears from done.
func (l *udpLane) fill(now time.Time, room int, done func(time.Time) (bool, time.Time)) (bool, time.Time) {
	for ; room > 0 && len(l.anew) > 0; room-- {
		index := l.anew[0]
		if l.asked[index] != settled {
			if !l.opens(index, time.Time{}, now) {
				break
			}
			l.ask(index, now)
		}
		l.anew = l.anew[1:]
	}
	if len(l.anew) > 0 {
		return false, now.Add(slice)
	}
	return done(now)
}

// walked asks the ports of this round in their order. It is over at the end of
// the walk.
func (l *udpLane) walked(now time.Time) (bool, time.Time) {
	room := l.room(now)
	for size := l.plan.places(); l.walk < 2*size; l.walk++ {
		index := l.plan.at(l.walk % size)
		if l.known[int(index)%len(l.plan.ports)] != (l.walk < size) {
			continue
		}
		h := &l.hosts[l.plan.host(index)]
		if int(l.asked[index]) >= h.tries {
			continue
		}
		if room <= len(l.batch) {
			return false, l.pace.next(now)
		}
		stretch := l.walk * udpMarks / (2 * size)
		if t := l.marks[(l.rounds+1)%2][stretch].Add(h.spacing(l.own)); now.Before(t) {
			return false, t
		}
		if !l.opens(index, l.began[(l.rounds+1)%2][stretch], now) {
			return false, l.flows.due(now, 1)
		}
		if stretch != l.marked {
			l.marked, l.began[l.rounds%2][stretch] = stretch, now
		}
		l.marks[l.rounds%2][stretch] = now
		l.ask(index, now)
	}
	return true, now
}

// room is how many questions may go out. The queue of a neighbour that is not
// resolved yet is short, and what does not fit is dropped in silence: until
// something is heard, or some time is over, a host gets few questions.
func (l *udpLane) room(now time.Time) int {
	room := l.pace.allow(now, mostBatch)
	if !l.own && l.hushed && now.Sub(l.started) < udpHushTime {
		room = min(room, udpHushAsks*len(l.plan.targets)-l.questions)
	}
	return room
}

func (l *udpLane) ask(index uint32, now time.Time) {
	l.active = now
	l.put(index, now, find)
}

// put puts a question into the batch and counts the try.
func (l *udpLane) put(index uint32, now time.Time, why purpose) {
	if l.asked[index] < settled-1 {
		l.asked[index]++
	}
	l.hosts[l.plan.host(index)].limit.ask(now)
	l.batch = append(l.batch, ask{index: index, to: l.plan.endpoint(index), own: l.own, purpose: why, flow: l.counted()})
}

// control asks ports again that are known to answer. It returns what is left
// of the room.
func (l *udpLane) control(now time.Time, room int) int {
	if l.own || l.retries >= 0 || len(l.provers) > 0 {
		return room
	}
	if !now.Before(l.due) && (l.checks+1)*controlsShare <= l.questions+l.checks+1 {
		l.due = now.Add(udpControls)
		room -= l.recheck(now, func(h *udpHost) ([]uint32, bool) { return h.accepting, true })
	}
	if !now.Before(l.doubt) && l.rounds > 1 {
		l.doubt = now.Add(udpDoubts / time.Duration(len(l.hosts)))
		room -= l.recheck(now, func(h *udpHost) ([]uint32, bool) {
			return h.refusing, h.limit.trips.answered+h.limit.trips.lost < udpMostDoubts
		})
	}
	return room
}

// recheck asks one port of the next host that has some. It returns how many.
func (l *udpLane) recheck(now time.Time, some func(*udpHost) ([]uint32, bool)) int {
	for range l.hosts {
		l.turn++
		h := &l.hosts[l.turn%len(l.hosts)]
		ports, wanted := some(h)
		if !wanted || h.left == 0 || len(ports) == 0 {
			continue
		}
		index := ports[l.turn/len(l.hosts)%len(ports)]
		if slices.ContainsFunc(l.controls, func(c controlAsk) bool {
			return c.index == index && now.Sub(c.at) < udpControlEach
		}) {
			continue
		}
		if !l.opens(index, time.Time{}, now) {
			return 0
		}
		l.controls = append(l.controls, controlAsk{index: index, at: now})
		l.batch = append(l.batch, ask{index: index, to: l.plan.endpoint(index), purpose: control, flow: l.counted()})
		return 1
	}
	return 0
}

// quiet waits until no answer is to be expected any more, or until a neighbour
// had the time to be found missing. Meanwhile what is silent is asked on where
// the errors are limited and the rate is not known.
func (l *udpLane) quiet(now time.Time) (bool, time.Time) {
	end := l.active
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		t := l.active.Add(h.patience(l.own))
		if !l.trusted(i) {
			t = l.started.Add(canaryPatience)
		} else if h.limited = h.limit.limited(h.seen); l.watches(i) {
			watch := l.started.Add(limiterTime)
			if len(h.refusing) > 0 && !h.limit.tried() {
				watch = h.limit.proofs[0].Add(doubtTime)
			}
			if l.wait && len(h.refusing) == 0 {
				watch = l.started.Add(2 * limiterTime) // whoever asked before us may have emptied the bucket
			}
			if watch.After(t) {
				t = watch
			}
		}
		if t.After(end) {
			end = t
		}
	}
	if !now.Before(end) {
		return true, now
	}
	if !now.Before(l.tail) {
		l.tail = now.Add(udpTail)
		l.press(now)
	}
	return false, end
}

// watches reports whether it is still to be found out how a host sends errors:
// none has come yet, or nobody knows whether they are limited, or by how much.
func (l *udpLane) watches(i int) bool {
	h := &l.hosts[i]
	if h.left == 0 || l.own || l.retries >= 0 && !l.wait || !l.trusted(i) {
		return false
	}
	_, measured := h.limit.rate()
	return len(h.refusing) == 0 || !h.limit.tried() || h.limited && !measured
}

// press asks one silent port of each host that is watched.
func (l *udpLane) press(now time.Time) {
	for i := range l.hosts {
		if l.room(now) <= len(l.batch) {
			return
		}
		if !l.watches(i) {
			continue
		}
		first := i * len(l.plan.ports)
		for range l.plan.ports {
			l.turn++
			if index := uint32(first + l.turn%len(l.plan.ports)); l.asked[index] != settled {
				if !l.opens(index, time.Time{}, now) {
					return
				}
				l.put(index, now, proof)
				break
			}
		}
	}
}

// trusted reports whether the silence of a host is its own.
func (l *udpLane) trusted(i int) bool {
	h := &l.hosts[i]
	return l.own || h.heard || h.resolved || l.heard[i].Load()
}

// resolve ends the waiting for neighbours. A host of which a resolution
// failed, if only once, is not called silent.
func (l *udpLane) resolve() {
	for i := range l.hosts {
		switch h := &l.hosts[i]; {
		case l.trusted(i) || h.left == 0:
		case h.failures > 0:
			l.rest(i, evidence{reason: exposure.HostUnreach, local: true, at: h.failed})
		default:
			h.resolved = true
		}
	}
}

// end concludes the silent ports, except those that are to be proved.
func (l *udpLane) end() {
	now := time.Now()
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		silent := l.silent(i)
		// A few ports are proved also where it is only in doubt whether there is a
		// limit: other scans may have used it up.
		few := l.retries < 0 && len(silent) <= proveFew && (!h.limit.tried() || h.limit.trips.lost > 0)
		unknown := l.wait && h.limit.trips.answered == 0
		if len(silent) > 0 && (h.limited || !l.own && len(h.refusing) > 0 && (few || unknown)) {
			if until, worth := l.worth(h, len(silent), now); worth {
				rate, measured := h.limit.rate()
				l.provers = append(l.provers, proving{i, newProver(rate, measured, h.refusing[0], silent, now, until)})
				continue
			}
			h.unproved += len(silent)
		}
		for _, index := range silent {
			l.quieten(index)
		}
	}
}

// silent are the ports of a host that have no conclusion, those with a payload
// first.
func (l *udpLane) silent(i int) []uint32 {
	var list []uint32
	first := i * len(l.plan.ports)
	for _, payload := range []bool{true, false} {
		for j, known := range l.known {
			index := uint32(first + j)
			if l.asked[index] == settled || known != payload {
				continue
			}
			if _, ok := l.hints[index]; ok {
				l.quieten(index)
			} else {
				list = append(list, index)
			}
		}
	}
	return list
}

// What is proved without being asked to wait: few ports, or what takes no time.
const (
	proveFew     = 32
	proveFewTime = 10 * time.Second
	proveTime    = time.Second
	// proveSlack is what the proofs may take beyond twice their estimate.
	proveSlack = 30 * time.Second
)

// worth reports whether silent ports of a limited host are to be proved, and
// when to give up.
func (l *udpLane) worth(h *udpHost, silent int, now time.Time) (until time.Time, ok bool) {
	rate, _ := h.limit.rate()
	if rate <= 0 {
		rate = proverFirst
	}
	estimate := time.Duration(float64(silent) / rate * float64(time.Second))
	switch {
	case l.wait:
		return now.Add(2*estimate + proveSlack), true
	case l.retries >= 0:
		return now, false
	case silent <= proveFew && estimate <= proveFewTime:
		return now.Add(proveFewTime), true
	}
	return now.Add(2 * proveTime), estimate <= proveTime
}

// prove asks the silent ports of hosts that limit their errors as the limits
// allow. When ctx ends, what is silent by then stays so: it had its tries.
func (l *udpLane) prove(ctx context.Context) error {
	err := l.loop(ctx, l.proved)
	for _, p := range l.provers {
		for _, index := range l.silent(p.host) {
			l.hosts[p.host].unproved++
			l.quieten(index)
		}
	}
	l.provers = nil
	l.delay.Store(0)
	return err
}

// proved has the provers ask. It is over when all of them are.
func (l *udpLane) proved(now time.Time) (bool, time.Time) {
	next := now.Add(slice)
	over := true
	var delay time.Duration
	for _, p := range l.provers {
		patience := l.hosts[p.host].patience(l.own)
		for _, index := range p.expire(now, patience) {
			l.quieten(index)
		}
		if p.over(now) {
			continue
		}
		over = false
		delay = max(delay, p.rest(now))
		for {
			index, ok := p.due(now)
			if !ok {
				break
			}
			if index != p.control && l.asked[index] == settled {
				p.answered(index)
				continue
			}
			if !l.opens(index, time.Time{}, now) {
				p.putBack(index)
				break
			}
			l.put(index, now, proof)
		}
		if t := p.next(now, patience); t.Before(next) {
			next = t
		}
	}
	l.delay.Store(int64(delay))
	return over, next
}

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
