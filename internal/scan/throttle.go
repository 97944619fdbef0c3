package scan

import (
	"iter"
	"math"
	"time"
)

// throttle finds out how fast a path takes packets. It judges short intervals
// of sending by what came back of them: the rate grows while answers grow with
// it and the round-trip time does not. Loss that stays when the rate falls is
// no matter of the rate and does not slow it, and silence is no loss: where
// nobody answers there is nothing to judge by, and the rate grows to what may
// be sent blindly. It knows the clock only from its callers.
type throttle struct {
	most  float64 // packets a second
	blind float64 // the same while nobody answers, no more than most
	bold  float64 // what it was before nobody answered for too long
	least float64 // no path is believed to be slower
	rate  float64

	intervals []interval // not judged yet, the last one is going on
	pool      interval   // judged ones that say too little alone
	few       interval   // all those of which even a pool said too little
	fewFor    time.Duration
	rested    interval // what came of questions in the pauses
	usual     shares   // when the path is not hurried
	base      time.Duration
	queued    time.Duration // more than base when it was first slowed down for that
	slowed    int           // for that since, without it getting shorter
	before    float64       // the rate then
	started   time.Time
	sober     time.Time // what was sent before went at a rate that is given up
	lapped    time.Time // what was sent before were questions to ports that answer more often
	ceiling   float64   // at which packets got lost; 0 when none did
	calms     int       // judgements near the ceiling without loss
	hold      int       // so many of them, and the ceiling is tried again
	fell      fall
	suspect   *loss   // the last one: did it help to slow down?
	lossy     bool    // there was one, or a queue
	limited   bool    // the host limits its resets: only open ports tell of the path
	hurried   stretch // that was sent too fast and is to be asked again
}

// stretch is a time of sending.
type stretch struct{ from, to time.Time }

// interval is a short time of sending and what came of it.
type interval struct {
	from, to  time.Time
	rate      float64 // that was allowed
	sent      int
	questions outcome // first ones
	opens     outcome // controls of open ports
	closed    outcome // and of closed ones
	trips     int
	trip      time.Duration // sum of the round trips
}

// outcome is what came of questions of one kind.
type outcome struct{ asked, answered int }

// shares are the parts of the questions of each kind that are answered.
type shares struct{ questions, opens, closed float64 }

// fall is when the rate was lowered because nothing at all came back, the first
// time within fallTime, and from where. A path that is only too narrow brings
// something back.
type fall struct {
	at   time.Time
	rate float64
}

// loss is a judgement that packets got lost: the share that came of those that
// were expected, at which speed, and the speed that the first of several such
// judgements in turn was about.
type loss struct{ share, speed, top float64 }

// The measures of a throttle.
const (
	firstRate     = 2000.0
	blindStep     = 25 * time.Millisecond // after which the rate grows while nobody answers
	intervalTime  = 5 * time.Millisecond
	intervalSent  = 20
	mostIntervals = 256
	judgeAfter    = 10 * time.Millisecond // beside the round-trip time
	telling       = 20.0                  // answers that must be expected before their lack tells something
	surprise      = 4.0                   // standard deviations that are no chance in thousands of judgements
	poolTime      = 100 * time.Millisecond
	idle          = 0.2                   // of the rate
	seldom        = 0.1                   // answers to a packet: where there are fewer, nearly nobody answers
	risingTrip    = 5 * time.Millisecond  // more than base: a queue builds up
	queueingTrip  = 20 * time.Millisecond // so much more: it is to be worked off
	firstHold     = 8
	// usualJudgement is how long an interval is that tells enough by itself and
	// went out at the rate that it is judged for.
	usualJudgement = 15 * time.Millisecond
	mostHold       = 512
	fallTime       = time.Second
)

func newThrottle(l limits) *throttle {
	return &throttle{
		most: l.rate, blind: l.blind, bold: l.blind, least: min(500, l.rate/10),
		rate: min(firstRate, l.rate), hold: firstHold,
	}
}

// lap tells that from now on other ports are asked, which answer more seldom.
// Of what was asked before, the controls alone go on telling something.
func (t *throttle) lap(now time.Time) {
	t.usual.questions, t.lapped = 0, now
	t.pool.questions = outcome{}
}

// calm bounds what is sent blindly.
func (t *throttle) calm(rate float64, now time.Time) {
	t.blind = min(t.blind, rate)
	if t.rate > rate {
		t.rate, t.sober = rate, now
	}
}

// send counts what goes out now.
func (t *throttle) send(now time.Time, packets int) *interval {
	n := len(t.intervals)
	if n == 0 || now.Sub(t.intervals[n-1].from) >= intervalTime && t.intervals[n-1].sent >= intervalSent {
		if n == mostIntervals {
			t.intervals = t.intervals[:copy(t.intervals, t.intervals[1:])]
		}
		t.intervals = append(t.intervals, interval{from: now, rate: t.rate})
		n = len(t.intervals)
	}
	t.intervals[n-1].sent += packets
	return &t.intervals[n-1]
}

// of is the interval in which something was sent, nil when it is judged.
func (t *throttle) of(sent time.Time) *interval {
	for n := len(t.intervals) - 1; n >= 0; n-- {
		if i := &t.intervals[n]; !sent.Before(i.from) {
			return i
		}
	}
	return nil
}

// count adds the questions of another interval, or takes them off.
func (i *interval) count(other interval, sign int) {
	i.questions.asked += sign * other.questions.asked
	i.opens.asked += sign * other.opens.asked
	i.closed.asked += sign * other.closed.asked
}

// returned takes note of the time that an answer took.
func (i *interval) returned(trip time.Duration) {
	i.trips++
	i.trip += trip
}

// judge sets the rate by the intervals whose answers must have come by now, if
// they take no longer than trip. As long as no answer has come, trip is 0 and
// the rate grows with time.
func (t *throttle) judge(now time.Time, trip time.Duration) {
	if trip == 0 && len(t.intervals) > 0 {
		if t.started.IsZero() {
			t.started = t.intervals[0].from
		}
		steps := float64(now.Sub(t.started) / blindStep)
		t.rate = max(t.rate, min(firstRate*math.Pow(4, steps), t.blind))
		return
	}
	for len(t.intervals) > 1 {
		i, end := t.intervals[0], t.intervals[1].from
		if now.Sub(end) < trip+judgeAfter {
			return
		}
		i.to = end
		t.intervals = t.intervals[:copy(t.intervals, t.intervals[1:])]
		if i.from.Before(t.lapped) {
			i.questions = outcome{}
		}
		if !i.from.Before(t.sober) {
			t.weigh(t.pool.plus(i), now)
		}
	}
}

// weigh judges an interval.
func (t *throttle) weigh(i interval, now time.Time) {
	expected, came, spread := t.expect(&i)
	t.pool = interval{}
	if i.speed() < idle*i.rate {
		// There was little to send: the rate had no part in what came of it.
		t.rested = t.rested.plus(i)
		t.usual.learn(&t.rested)
		return
	}
	t.usual.learn(&i)
	queue := t.queue(&i)
	queues := queue > max(risingTrip, t.base/4)
	if expected < telling {
		patience := poolTime
		switch {
		case expected > seldom*float64(i.sent):
			patience = time.Second // it is only that little is sent
		case !t.lossy:
			patience = blindStep
		}
		if expected > 0 && i.to.Sub(i.from) < patience {
			t.pool = i // until it tells more
			return
		}
		if t.fewer(&i, queues, now) {
			return
		}
		t.usual.average(&i)
		t.rise(&i, t.blind)
		return
	}
	switch {
	case tooFew(expected, came, spread, queues):
		if came == 0 && now.Sub(t.fell.at) > fallTime {
			t.fell = fall{now, t.rate}
		}
		t.lost(&i, expected, came, queues, now)
	case queue > max(queueingTrip, t.base/2):
		if t.slowed++; t.slowed == 1 {
			t.queued, t.before = queue, t.rate
		}
		t.drop(i.speed()*0.7, now)
	case queues:
		t.calms = 0
	default:
		t.suspect = nil
		t.usual.average(&i)
		t.rise(&i, t.most)
	}
}

// fewer takes in an interval in which too few answers were expected for a
// judgement. It reports whether with those before they were enough for one, and
// packets got lost. Only controls count: which questions are answered that are
// so seldom is chance.
func (t *throttle) fewer(i *interval, queues bool, now time.Time) bool {
	controls := *i
	controls.questions = outcome{}
	t.few = t.few.plus(controls)
	t.fewFor += i.to.Sub(i.from)
	expected, came, spread := t.expect(&t.few)
	if expected < telling {
		return false
	}
	few := t.few
	few.to = few.from.Add(t.fewFor) // without the pauses
	t.few, t.fewFor = interval{}, 0
	if !tooFew(expected, came, spread, queues) {
		t.blind = min(4*t.blind, t.bold)
		return false
	}
	t.lost(&few, expected, came, queues, now)
	return true
}

// queue is how much longer than usual the round trips took. When they got no
// shorter by sending less and less, they take that long for other reasons.
func (t *throttle) queue(i *interval) time.Duration {
	if i.trips == 0 {
		return 0
	}
	mean := i.trip / time.Duration(i.trips)
	switch {
	case t.base == 0 || mean < t.base:
		t.base, t.slowed = mean, 0
	case t.slowed >= mostSlowed && mean-t.base > t.queued*3/4:
		t.base, t.slowed = mean, 0
		t.rate = max(t.rate, t.before)
	case mean-t.base < t.queued/2:
		t.slowed = 0
	}
	return mean - t.base
}

// mostSlowed is how often the rate is lowered for a queue that gets no shorter.
const mostSlowed = 8

// expect is how many answers an unhurried path would have brought back, give or
// take the spread of chance, and how many came.
func (t *throttle) expect(i *interval) (expected, came, spread float64) {
	variance := 1.0
	for usual, o := range t.usual.kinds(i) {
		if t.limited && usual != &t.usual.opens {
			continue
		}
		expected += *usual * float64(o.asked)
		variance += *usual * (1 - *usual) * float64(o.asked)
		came += float64(o.answered)
	}
	return expected, came, math.Sqrt(variance)
}

// tooFew reports whether fewer answers came than chance may leave. Where a queue
// builds up beside, less has to be put down to chance.
func tooFew(expected, came, spread float64, queues bool) bool {
	if queues {
		return most(came) < expected*(1-drift)
	}
	return came < expected*(1-drift)-surprise*spread
}

// most is how many answers there would have been at the most without chance.
func most(came float64) float64 { return came + 2*math.Sqrt(came) + 1 }

// drift is what the usual share may be wrong by.
const drift = 0.05

// learn takes in what is certain of questions that are answered often: the
// most that was seen, since the first counts may have been made in a hurry.
func (s *shares) learn(i *interval) {
	for usual, o := range s.kinds(i) {
		if certain := 1 - (roundTrips{o.answered, max(o.asked-o.answered, 0)}).bound(); certain >= seldom {
			*usual = max(*usual, certain)
		}
	}
}

// average takes in the answers to questions that are answered seldom, when
// nothing was lost. Here the most that was seen would be the work of chance.
func (s *shares) average(i *interval) {
	for usual, o := range s.kinds(i) {
		if o.asked == 0 || *usual >= seldom {
			continue
		}
		share := min(float64(o.answered)/float64(o.asked), 1)
		weight := 0.03
		if share > *usual {
			weight = 0.3
		}
		*usual += (share - *usual) * weight
	}
}

// kinds pairs the shares with what came of the questions of their kind.
func (s *shares) kinds(i *interval) iter.Seq2[*float64, outcome] {
	return func(yield func(*float64, outcome) bool) {
		_ = yield(&s.questions, i.questions) && yield(&s.opens, i.opens) && yield(&s.closed, i.closed)
	}
}

// lost slows down to what came through. When the last such step has not
// helped, though nothing queues, the loss has other reasons than the rate: it is
// usual from now on.
func (t *throttle) lost(i *interval, expected, came float64, queues bool, now time.Time) {
	share := min(most(came), expected) / expected // at the most
	if open := i.opens; open.asked >= 5 && float64(open.answered) >= 0.8*t.usual.opens*float64(open.asked) && !t.limited {
		t.limited, t.suspect, t.ceiling = true, nil, 0
		return
	}
	top := i.speed()
	if s := t.suspect; s != nil {
		// Had the rate been the reason, as much would have come as before, which
		// is a greater share of less.
		hoped := min(s.share*s.speed/i.speed(), 1)
		if !queues && i.speed() < s.speed && share < s.share+(hoped-s.share)/3 {
			t.usual = shares{}
			t.usual.learn(i)
			t.suspect, t.ceiling = nil, 0
			t.rate, t.sober = max(t.rate, s.top), now
			return
		}
		top = max(top, s.top)
	}
	t.suspect = &loss{min(came/expected, 1), i.speed(), top}
	if t.hurried.to.IsZero() {
		t.hurried.from = i.from
		if !t.lossy && !t.started.IsZero() {
			t.hurried.from = t.started // what was asked blindly went faster yet
		}
	}
	t.hurried.to = now
	if queues {
		share *= 0.8 // or what waits would never be worked off
	}
	t.drop(i.speed()*max(share, 0.1)*0.95, now)
}

// fault tells that this machine could not send what the rate wanted.
func (t *throttle) fault(now time.Time) { t.drop(t.rate*0.7, now) }

// stall tells that the line is dead since a time. Perhaps it was too fast for it,
// and if it was not, the rate that it had is soon reached again.
func (t *throttle) stall(since, now time.Time) {
	was := t.rate
	if t.fell.at.After(since) {
		was = max(was, t.fell.rate) // that was the outage too
	}
	t.rate, t.suspect = was, nil
	t.drop(was/4, now)
	t.ceiling = was
}

// drop sets a lower rate. What was sent at the old one is not judged any more.
func (t *throttle) drop(rate float64, now time.Time) {
	t.rate = max(min(rate, t.rate), t.least)
	t.ceiling, t.sober, t.lossy = t.rate, now, true
	t.few, t.fewFor = interval{}, 0
	if t.calms > 0 {
		t.hold = min(2*t.hold, mostHold)
	}
	t.calms = 0
}

// rise raises the rate, the less the nearer it is to where packets got lost.
func (t *throttle) rise(i *interval, most float64) {
	stride := 4.0
	// Where few answers come, a judgement takes longer and has to count for more.
	weight := max(i.to.Sub(i.from).Seconds()/usualJudgement.Seconds(), 1)
	switch {
	case t.ceiling == 0 && !t.lossy && t.base > risingTrip:
		stride = 2 // what is too much is seen late
	case t.ceiling == 0 && !t.lossy:
	case t.ceiling == 0:
		stride = 1.25
	case t.rate < 0.9*t.ceiling:
		stride = 1.5
	default:
		stride = 1.02
		if t.calms += int(weight); t.calms >= t.hold {
			t.ceiling, t.calms = 0, 1
		}
	}
	stride = min(math.Pow(stride, weight), 4)
	t.rate = max(t.rate, min(stride*i.speed(), most))
}

// speed is how fast an interval sent, in packets a second.
func (i *interval) speed() float64 {
	return float64(i.sent) / max(i.to.Sub(i.from), intervalTime).Seconds()
}

// plus joins an interval with the next one.
func (i interval) plus(next interval) interval {
	if i.sent == 0 {
		return next
	}
	return interval{
		i.from, next.to, min(i.rate, next.rate), i.sent + next.sent,
		i.questions.plus(next.questions), i.opens.plus(next.opens), i.closed.plus(next.closed),
		i.trips + next.trips, i.trip + next.trip,
	}
}

func (o outcome) plus(p outcome) outcome { return outcome{o.asked + p.asked, o.answered + p.answered} }
