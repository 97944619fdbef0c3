package scan

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// logbook writes what one lane does into the journal. A lane without a journal
// has none: a nil logbook does nothing.
type logbook struct {
	journal *Journal
	plan    *plan
	number  int // of the lane
	started time.Time

	mu    sync.Mutex // of what follows: conclusions may be told from elsewhere
	block []byte
	wrote time.Time

	// Questions that an answer may still come to, in the order of their asking:
	// those to hosts that were heard of, and those to strangers, which wait for
	// longer.
	known, strangers askedQueue
	looked           time.Time
	due              []askedOnce
	taken            []uint32 // ports that a try is taken back of
	measured, met    time.Time
	ways             []roundTrips // of each host, as last written
}

// askedOnce is one question that went out. Times are in milliseconds of the
// logbook.
type askedOnce struct {
	index uint32
	at    uint32
	wait  uint16 // how long for its answer
	try   uint8
}

// askedQueue is a list that is taken from the front.
type askedQueue struct {
	list []askedOnce
	head int
}

func (q *askedQueue) push(a askedOnce) {
	if q.head > 0 && len(q.list) == cap(q.list) && q.head >= len(q.list)/2 {
		q.list = q.list[:copy(q.list, q.list[q.head:])]
		q.head = 0
	}
	q.list = append(q.list, a)
}

// until takes out what was asked by alive and waited for by now, if only so
// long as the least wait.
func (q *askedQueue) until(now, alive, least uint32, into []askedOnce) []askedOnce {
	for ; q.head < len(q.list); q.head++ {
		a := q.list[q.head]
		if a.at > alive || a.at+max(uint32(a.wait), least) >= now {
			break
		}
		into = append(into, a)
	}
	return into
}

// sort takes out of the whole list what keep does not keep.
func (q *askedQueue) sort(keep func(askedOnce) bool, into []askedOnce) []askedOnce {
	kept := q.list[:0]
	for _, a := range q.list[q.head:] {
		if keep(a) {
			kept = append(kept, a)
		} else {
			into = append(into, a)
		}
	}
	q.list, q.head = kept, 0
	return into
}

// How long the writing may wait: a kill loses at most what was learned in that
// time, and a block is worth its head.
const (
	logDelay   = 50 * time.Millisecond
	logBlock   = 16 << 10
	logMeasure = time.Second
	logMeet    = 250 * time.Millisecond
)

func newLogbook(j *Journal, p *plan, d *laneDef) *logbook {
	return &logbook{
		journal: j, plan: p, number: j.lane(d), started: time.Now(),
		block: make([]byte, blockHead, logBlock+logBlock/4),
		ways:  make([]roundTrips, len(p.targets)),
	}
}

func (t *logbook) millis(at time.Time) uint32 {
	return uint32(max(at.Sub(t.started), 0) / time.Millisecond)
}

// asked takes note of a question that went out for the nth time. What a host
// that nothing was heard of says may be our own kernel's word that its
// neighbour is missing, which takes longer than an answer.
func (t *logbook) asked(index uint32, try uint8, patience time.Duration, stranger bool, now time.Time) {
	q := &t.known
	if stranger {
		q = &t.strangers
	}
	q.push(askedOnce{index, t.millis(now), uint16(min(patience/time.Millisecond, math.MaxUint16)), try})
}

// again takes note that a try of a port does not count, because the line was
// dead.
func (t *logbook) again(index uint32) {
	if t != nil {
		t.taken = append(t.taken, index)
	}
}

// lull is what a lane knows when it writes its logbook.
type lull struct {
	asked    []uint8 // tries of each port, or settled
	hints    map[uint32]evidence
	stranger func(host int) bool    // nothing was heard of it
	way      func(host int) wayPast // no round trips for a host that has ended
	alive    time.Time              // what was asked later may have met a dead line
}

// lull writes down which questions came to nothing: their time was over when it
// was looked at last, so that whatever came in time has been read since. The
// tries tell which of them were answered, or taken back, after all.
func (t *logbook) lull(l lull, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if looked, alive := t.millis(t.looked), t.millis(l.alive); !t.looked.IsZero() {
		t.due = t.known.until(looked, alive, 0, t.due)
		t.due = t.strangers.until(looked, alive, uint32(canaryPatience/time.Millisecond), t.due)
		if now.Sub(t.met) >= logMeet {
			t.met = now
			// What was asked of strangers that something was heard of since
			// needs to wait no longer than other questions do.
			t.due = t.strangers.sort(func(a askedOnce) bool {
				return a.at > alive || a.at+uint32(a.wait) >= looked || l.stranger(t.plan.host(a.index))
			}, t.due)
		}
	}
	t.looked = now
	if now.Sub(t.wrote) < logDelay && len(t.due)+len(t.taken) < mostPlaces {
		return
	}
	if now.Sub(t.measured) >= logMeasure {
		t.measured = now
		t.measure(l.way)
	}
	t.silent(l.asked, l.hints)
	t.takeBack()
	t.flush(now)
}

// silent writes what is due.
func (t *logbook) silent(asked []uint8, hints map[uint32]evidence) {
	kept := t.due[:0]
	for _, a := range t.due {
		if n := asked[a.index]; n == settled || n < a.try {
			continue
		}
		if e, ok := hints[a.index]; ok {
			// The silence is not all that is known.
			t.full(hintRecord, conclusion{evidence: e})
		}
		a.index = t.plan.placeOf(a.index)
		kept = append(kept, a)
	}
	slices.SortFunc(kept, func(a, b askedOnce) int {
		return cmp.Or(cmp.Compare(a.try, b.try), cmp.Compare(a.index, b.index))
	})
	var places []uint32
	for i, a := range kept {
		places = append(places, a.index)
		if i+1 == len(kept) || kept[i+1].try != a.try {
			t.block = appendTried(t.block, t.number, a.try, slices.Compact(places))
			places = places[:0]
		}
	}
	t.due = t.due[:0]
}

// takeBack writes what was taken back.
func (t *logbook) takeBack() {
	for i, index := range t.taken {
		t.taken[i] = t.plan.placeOf(index)
	}
	slices.Sort(t.taken)
	for len(t.taken) > 0 {
		// A port that lost two tries is in two lists.
		var once, more []uint32
		for i, place := range t.taken {
			if i > 0 && place == t.taken[i-1] {
				more = append(more, place)
			} else {
				once = append(once, place)
			}
		}
		t.block = appendAgain(t.block, t.number, once)
		t.taken = more
	}
}

// measure writes what the ways to hosts are like, when much has been added to
// what was last written.
func (t *logbook) measure(way func(host int) wayPast) {
	for i := range t.ways {
		now := way(i)
		if before := t.ways[i].answered + t.ways[i].lost; now.seen.answered+now.seen.lost > before+before/8 {
			t.ways[i] = now.seen
			t.block = appendHost(t.block, t.number, i, now)
		}
	}
}

// ended writes conclusions. They are moments old, so that one that is lost in
// a kill costs a question.
func (t *logbook) ended(batch []conclusion) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var alike []conclusion
	for _, c := range batch {
		if !slices.Contains(reasons, c.reason) || c.tries >= settled {
			continue
		}
		if c.plain() {
			c.index = t.plan.placeOf(c.index)
			alike = append(alike, c)
		} else {
			t.full(endRecord, c)
		}
	}
	slices.SortFunc(alike, func(a, b conclusion) int { return cmp.Or(a.kin(&b), cmp.Compare(a.index, b.index)) })
	for len(alike) > 0 {
		n := 1
		for n < len(alike) && alike[n].kin(&alike[0]) == 0 {
			n++
		}
		t.block = appendEnds(t.block, t.number, alike[:n])
		alike = alike[n:]
	}
	now := time.Now()
	if len(t.block) >= logBlock || now.Sub(t.wrote) >= logDelay {
		t.flush(now)
	}
}

// kin orders plain conclusions by all that a record of many of them holds once.
func (c *conclusion) kin(o *conclusion) int {
	return cmp.Or(
		cmp.Compare(c.state, o.state), cmp.Compare(c.reason, o.reason),
		cmp.Compare(c.tries, o.tries), cmp.Compare(c.flags(), o.flags()),
	)
}

func (t *logbook) full(kind recordKind, c conclusion) {
	c.index = t.plan.placeOf(c.index)
	t.block = appendEnd(t.block, kind, t.number, &c)
}

func (t *logbook) flush(now time.Time) {
	t.wrote = now
	if len(t.block) > blockHead {
		t.journal.append(t.block)
		t.block = t.block[:blockHead]
	}
}

// end writes what is left when the lane has ended.
func (t *logbook) end() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush(time.Now())
}
