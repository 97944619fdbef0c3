package scan

import (
	"context"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
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

func (l *udpLane) size() int { return l.plan.size() }

func (l *udpLane) sent() int64 { return l.packets.Load() }

func (l *udpLane) left() int64 { return l.todo.Load() }

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
