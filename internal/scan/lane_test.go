package scan

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// network is a way through a network that is made up: which ports answer how,
// what gets lost, and how long it takes. Time is that of a synctest bubble.
type network struct {
	plan   *plan
	random *rand.Rand
	loss   float64 // of each way
	delay  time.Duration
	answer func(index uint32) (exposure.Reason, bool) // false: silence
	// clockless is a way that does not tell when it stops waiting.
	clockless bool
	room      int // questions that may wait at once; 0: any number
	// missing is the neighbour that is not there: after neighbourFailure the
	// kernel says so to all that wait.
	missing bool
	outage  func(since time.Duration) bool
	// narrow lets so many packets a second through and keeps so many waiting.
	narrow, queue int
	free          time.Time // when the narrow place has sent what waits
	faults        func(n int64, a ask) error

	started time.Time
	flying  flock
	sent    int64
	calls   int64
	checks  int64 // controls among what was sent
	most    int   // questions that waited at once
	asked   map[uint32]int
}

// flying is something that will come back.
type flying struct {
	due time.Time
	evidence
}

// flock is a heap of what flies, by when it comes back.
type flock []flying

func (f flock) Len() int           { return len(f) }
func (f flock) Less(i, j int) bool { return f[i].due.Before(f[j].due) }
func (f flock) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flock) Push(x any)        { *f = append(*f, x.(flying)) }
func (f *flock) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

func (w *network) send(batch []ask) (int, error) {
	now := time.Now()
	if w.started.IsZero() {
		w.started = now
		w.asked = map[uint32]int{}
	}
	for i, a := range batch {
		if w.room > 0 && len(w.flying) >= w.room {
			return i, nil
		}
		w.calls++
		if w.faults != nil {
			if err := w.faults(w.calls, a); err != nil {
				return i, err
			}
		}
		w.sent++
		if a.purpose == control {
			w.checks++
		}
		w.asked[a.index]++
		w.fly(a, now)
		w.most = max(w.most, len(w.flying))
	}
	return len(batch), nil
}

// fly works out what comes of a question.
func (w *network) fly(a ask, now time.Time) {
	f := flying{evidence: evidence{index: a.index, purpose: a.purpose}}
	reason, answers := w.answer(a.index)
	lost := w.random.Float64() > (1-w.loss)*(1-w.loss) // there or back
	lost = lost || w.outage != nil && w.outage(now.Sub(w.started))
	delay := w.delay
	if w.narrow > 0 && !lost {
		gap := time.Second / time.Duration(w.narrow)
		w.free = later(w.free, now)
		if waits := w.free.Sub(now); waits > time.Duration(w.queue)*gap {
			lost = true
		} else {
			delay += waits + gap
			w.free = w.free.Add(gap)
		}
	}
	switch {
	case w.missing && a.patience > neighbourFailure:
		f.due, f.reason, f.local = now.Add(neighbourFailure), exposure.HostUnreach, true
	case answers && !lost && !w.missing && (w.clockless || delay <= a.patience):
		f.due, f.reason, f.rtt = now.Add(delay), reason, max(delay, 1)
	case w.clockless:
		return
	default:
		f.due, f.reason, f.rtt = now.Add(a.patience), exposure.NoResponse, a.patience
	}
	heap.Push(&w.flying, f)
}

func (w *network) receive(into []evidence, until time.Time) ([]evidence, error) {
	if len(w.flying) > 0 && w.flying[0].due.Before(until) {
		until = w.flying[0].due
	}
	if wait := time.Until(until); wait > 0 {
		<-time.After(wait)
	}
	now := time.Now()
	for len(w.flying) > 0 && !w.flying[0].due.After(now) {
		f := heap.Pop(&w.flying).(flying)
		f.at = now
		into = append(into, f.evidence)
	}
	return into, nil
}

func (w *network) waiting() int {
	if w.clockless {
		return -1
	}
	return len(w.flying)
}
func (w *network) packets() int64 { return w.sent }
func (w *network) close() error   { return nil }

// result is what became of a lane.
type result struct {
	ends    map[uint32]conclusion
	elapsed time.Duration
	lane    *lane
	err     error
}

// drive runs a lane over a network, in a bubble.
func drive(ctx context.Context, t *testing.T, w *network, retries int) result {
	t.Helper()
	return driveAt(ctx, t, w, retries, lanLimits)
}

// driveAt does so at a pace.
func driveAt(ctx context.Context, t *testing.T, w *network, retries int, limits limits) result {
	t.Helper()
	return driveAs(ctx, t, w, retries, limits, func(*lane) {})
}

// driveAs changes the lane before.
func driveAs(ctx context.Context, t *testing.T, w *network, retries int, limits limits, change func(*lane)) result {
	t.Helper()
	r := result{ends: map[uint32]conclusion{}}
	r.lane = &lane{
		plan: w.plan, ledger: newLedger(w.plan, retries, false), way: w,
		pace: &pace{rate: limits.rate, window: limits.window}, throttle: newThrottle(limits),
		mine:  func(netip.Addr) bool { return false },
		heard: make([]atomic.Bool, len(w.plan.targets)),
		conclude: func(_ *lane, batch []conclusion) {
			for _, c := range batch {
				if _, twice := r.ends[c.index]; twice {
					t.Errorf("%v was concluded twice", w.plan.endpoint(c.index))
				}
				r.ends[c.index] = c
			}
		},
	}
	change(r.lane)
	start := time.Now()
	r.err = r.lane.run(ctx)
	r.elapsed = time.Since(start)
	return r
}

// states counts conclusions by state and reason.
func (r result) states() map[string]int {
	counts := map[string]int{}
	for _, c := range r.ends {
		counts[c.state.String()+" "+string(c.reason)]++
	}
	return counts
}

func portsUpTo(n int) []uint16 {
	ports := make([]uint16, n)
	for i := range ports {
		ports[i] = uint16(i + 1)
	}
	return ports
}

// everyNth answers open for one port of n, and for the others what is said.
func everyNth(n int, reason exposure.Reason, answers bool) func(uint32) (exposure.Reason, bool) {
	return func(index uint32) (exposure.Reason, bool) {
		if int(index)%n == 0 {
			return exposure.SynAck, true
		}
		return reason, answers
	}
}

func TestLaneConcludesEachPort(t *testing.T) {
	const ports = 2000
	for name, c := range map[string]struct {
		network network
		want    map[string]int
	}{
		"closed-host": {
			network{answer: everyNth(100, exposure.ConnRefused, true), delay: time.Millisecond},
			map[string]int{"open syn-ack": 20, "closed conn-refused": ports - 20},
		},
		"stealth-host": {
			network{answer: everyNth(500, "", false), delay: time.Millisecond},
			map[string]int{"open syn-ack": 4, "filtered no-response": ports - 4},
		},
		"silent-host": {
			network{answer: func(uint32) (exposure.Reason, bool) { return "", false }},
			map[string]int{"filtered no-response": ports},
		},
		"firewall-that-says-so": {
			network{answer: everyNth(500, exposure.AdminProhibited, true), delay: 20 * time.Millisecond},
			map[string]int{"open syn-ack": 4, "filtered admin-prohibited": ports - 4},
		},
		"router-that-finds-nobody": {
			network{answer: func(uint32) (exposure.Reason, bool) { return exposure.HostUnreach, true }, delay: time.Millisecond},
			map[string]int{"filtered host-unreach": ports},
		},
		"dead-neighbour": {
			network{missing: true, answer: everyNth(1, "", false)},
			map[string]int{"unknown host-unreach": ports},
		},
		"little-room": {
			network{answer: everyNth(500, "", false), delay: time.Millisecond, room: 10},
			map[string]int{"open syn-ack": 4, "filtered no-response": ports - 4},
		},
		"far-host": { // slower than a stranger is waited for at first
			network{answer: everyNth(100, exposure.ConnRefused, true), delay: 3 * time.Second},
			map[string]int{"open syn-ack": 20, "closed conn-refused": ports - 20},
		},
		"way-without-clock": {
			network{answer: everyNth(500, "", false), delay: 20 * time.Millisecond, clockless: true},
			map[string]int{"open syn-ack": 4, "filtered no-response": ports - 4},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := c.network
				w.plan = newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(ports), 1)
				w.random = rand.New(rand.NewPCG(1, 2))
				r := drive(t.Context(), t, &w, -1)
				if r.err != nil {
					t.Fatal(r.err)
				}
				if got := r.states(); !maps.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				if w.room > 0 && w.most > w.room {
					t.Errorf("%d questions waited at once, there is room for %d", w.most, w.room)
				}
				t.Logf("%d packets in %v", w.sent, r.elapsed)
			})
		})
	}
}

// TestLaneMissesNothing loses packets. What is open must be found, in every
// run, and what is not must not be called open.
func TestLaneMissesNothing(t *testing.T) {
	const ports, runs = 1500, 2 + 8/madeUpPart
	for name, answer := range map[string]func(uint32) (exposure.Reason, bool){
		"closed-host":  everyNth(30, exposure.ConnRefused, true),
		"stealth-host": everyNth(300, "", false),
	} {
		for _, loss := range []float64{0.01, 0.05, 0.10} {
			for _, clockless := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s-%g-clockless-%v", name, loss, clockless), func(t *testing.T) {
					missed, opens := 0, 0
					synctest.Test(t, func(t *testing.T) {
						for run := range uint64(runs) {
							w := &network{answer: answer, loss: loss, delay: 20 * time.Millisecond, clockless: clockless}
							w.plan = newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(ports), run)
							w.random = rand.New(rand.NewPCG(run, uint64(loss*1000)))
							r := drive(t.Context(), t, w, -1)
							for index, c := range r.ends {
								reason, answers := answer(index)
								if open := answers && reason == exposure.SynAck; open {
									opens++
									if c.state != exposure.Open {
										missed++
										t.Logf("run %d: port %d: %+v after %d tries, seen %+v", run, index, c.state, c.tries, r.lane.ledger.seen)
									}
								} else if c.state == exposure.Open {
									t.Errorf("run %d: %v is called open", run, w.plan.endpoint(index))
								}
							}
							trip := 1 - (1-loss)*(1-loss)
							if share := r.lane.ledger.seen.share(); name == "closed-host" && (share < trip/2 || share > trip*3/2) {
								t.Errorf("run %d: loss of %g measured as %g", run, trip, share)
							}
						}
					})
					t.Logf("loss %g: %d of %d missed", loss, missed, opens)
					if missed > 0 {
						t.Errorf("loss %g: %d of %d open ports missed", loss, missed, opens)
					}
				})
			}
		}
	}
}

// TestLaneOutage takes the line away for half a second in the middle.
func TestLaneOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &network{
			answer: everyNth(100, exposure.ConnRefused, true), delay: 5 * time.Millisecond,
			outage: func(since time.Duration) bool {
				return since > 20*time.Millisecond && since < 520*time.Millisecond
			},
			random: rand.New(rand.NewPCG(1, 1)),
			plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(5000), 1),
		}
		r := drive(t.Context(), t, w, -1)
		want := map[string]int{"open syn-ack": 50, "closed conn-refused": 4950}
		if got := r.states(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestLaneNarrow has a narrow place on the way, with a short queue before it:
// no port may be lost there, and the time is what the place needs.
func TestLaneNarrow(t *testing.T) {
	for name, c := range map[string]struct {
		ports, rate, queue, nth int
		reason                  exposure.Reason
		loss                    float64
		delay                   time.Duration
	}{
		"closed-host":        {20000, 1000, 50, 400, exposure.ConnRefused, 0, time.Millisecond},
		"closed-host-lossy":  {20000, 1000, 50, 400, exposure.ConnRefused, 0.02, time.Millisecond},
		"closed-host-far":    {20000, 1000, 50, 400, exposure.ConnRefused, 0, 60 * time.Millisecond},
		"short-queue":        {20000, 1000, 10, 400, exposure.ConnRefused, 0, 5 * time.Millisecond},
		"lossy":              {65535, 0, 0, 1300, exposure.ConnRefused, 0.01, time.Millisecond},
		"lossy-stealth":      {65535, 0, 0, 13000, "", 0.05, 20 * time.Millisecond},
		"fast":               {65535, 50000, 500, 400, exposure.ConnRefused, 0, time.Millisecond},
		"fast-far-and-lossy": {65535, 50000, 500, 400, exposure.ConnRefused, 0.05, 40 * time.Millisecond},
		"stealth-host":       {65535, 20000, 100, 6000, "", 0, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &network{
					answer: everyNth(c.nth, c.reason, c.reason != ""), delay: c.delay, loss: c.loss,
					narrow: c.rate, queue: c.queue, clockless: true, random: rand.New(rand.NewPCG(1, 1)),
					plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(c.ports), 1),
				}
				r := drive(t.Context(), t, w, -1)
				open := (c.ports + c.nth - 1) / c.nth
				got := r.states()
				if got["open syn-ack"] != open || c.reason != "" && got["closed conn-refused"] != c.ports-open {
					t.Errorf("got %v, want %d open", got, open)
				}
				t.Logf("%d packets in %v, at best %v", w.sent, r.elapsed, time.Duration(w.sent)*time.Second/time.Duration(max(c.rate, 1)))
			})
		})
	}
}

// TestLaneNarrowStealth scans hosts of which hardly any port answers over ways
// that take far less than may be sent: what is too much is seen by the controls
// alone, laps are shorter than a judgement takes, and the pauses between them are
// without loss.
func TestLaneNarrowStealth(t *testing.T) {
	for _, rate := range []int{200000, 100000, 50000, 20000}[:1+3/madeUpPart] {
		for seed := range uint64(1 + 1/madeUpPart) {
			t.Run(fmt.Sprintf("%d-%d", rate, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := &network{
						answer: everyNth(13000, "", false), delay: 20 * time.Millisecond, loss: 0.05,
						narrow: rate, queue: rate / 50, clockless: true, random: rand.New(rand.NewPCG(seed, 1)),
						plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(65535), 1+seed),
					}
					r := drive(t.Context(), t, w, -1)
					if got := r.states(); got["open syn-ack"] != 6 {
						t.Errorf("got %v, want 6 open", got)
					}
					t.Logf("%d packets in %v", w.sent, r.elapsed)
				})
			})
		}
	}
}

// TestLaneAsksSilentPortsOnceEach: where hardly any port answers, which of them
// do is chance and no sign of loss, and nothing is asked again for it.
func TestLaneAsksSilentPortsOnceEach(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			w := &network{
				answer: everyNth(3000, "", false), delay: 50 * time.Microsecond, clockless: true, random: rand.New(rand.NewPCG(seed, 1)),
				plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(6000), 1+seed),
			}
			r := driveAt(t.Context(), t, w, 1, limits{rate: 3000, blind: 3000, window: 16384})
			if got := r.states(); got["open syn-ack"] != 2 || w.sent > 12000 {
				t.Errorf("seed %d: %v in %d packets, want 2 open in 12000", seed, got, w.sent)
			}
		})
	}
}

// leaking is a network whose answers get lost in this machine for a while.
type leaking struct {
	*network
	lost bool
}

func (w *leaking) leaked(now time.Time) (time.Time, error) {
	if !w.lost {
		return now, nil
	}
	w.lost = false
	return now, errOverflow
}

func (w *leaking) receive(into []evidence, until time.Time) ([]evidence, error) {
	start := len(into)
	into, err := w.network.receive(into, until)
	if since := time.Since(w.started); since > 5*time.Millisecond && since < 300*time.Millisecond && len(into) > start {
		w.lost = true
		into = into[:start]
	}
	return into, err
}

// TestLaneLeak loses all answers of a third of a second in this machine: no
// port may be called silent for that, not even with one try.
func TestLaneLeak(t *testing.T) {
	for _, retries := range []int{-1, 0} {
		synctest.Test(t, func(t *testing.T) {
			n := &network{
				answer: everyNth(10, exposure.ConnRefused, true), delay: time.Millisecond, clockless: true,
				random: rand.New(rand.NewPCG(1, 1)),
				plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(3000), 1),
			}
			r := driveAs(t.Context(), t, n, retries, lanLimits, func(l *lane) { l.way = &leaking{network: n} })
			if got := r.states(); got["open syn-ack"] != 300 || got["closed conn-refused"] != 2700 {
				t.Errorf("retries %d: got %v", retries, got)
			}
			if !errors.Is(r.lane.trouble, errOverflow) || r.lane.ledger.seen.share() > 0.01 {
				t.Errorf("retries %d: trouble %v, loss %+v", retries, r.lane.trouble, r.lane.ledger.seen)
			}
		})
	}
}

func TestLaneRetriesAreTheUsers(t *testing.T) {
	for _, retries := range []int{0, 1, 4} {
		synctest.Test(t, func(t *testing.T) {
			w := &network{
				answer: everyNth(10, "", false), delay: time.Millisecond, random: rand.New(rand.NewPCG(1, 1)),
				plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(100), 1),
			}
			r := drive(t.Context(), t, w, retries)
			for index, n := range w.asked {
				want := retries + 1
				if _, answers := w.answer(index); answers {
					want = 1
				}
				if n != want || r.ends[index].tries != want {
					t.Errorf("retries %d: port %d was asked %d times and says %d, want %d", retries, index, n, r.ends[index].tries, want)
				}
			}
		})
	}
}

// TestLaneFaults lets this machine fail: some sends, then every one.
func TestLaneFaults(t *testing.T) {
	shortage := &Error{"send", context.DeadlineExceeded}
	for name, c := range map[string]struct {
		faults func(n int64, a ask) error
		want   map[string]int
	}{
		"now-and-then": {
			func(n int64, _ ask) error {
				if n%50 == 0 {
					return shortage
				}
				return nil
			},
			map[string]int{"open syn-ack": 10, "closed conn-refused": 990},
		},
		"for-good": {
			func(int64, ask) error { return shortage },
			map[string]int{"unknown local-error": 1000},
		},
		"for-good-in-the-middle": {
			func(n int64, _ ask) error {
				if n > 500 {
					return shortage
				}
				return nil
			},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &network{
					answer: everyNth(100, exposure.ConnRefused, true), delay: time.Millisecond, faults: c.faults,
					random: rand.New(rand.NewPCG(1, 1)),
					plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(1000), 1),
				}
				r := drive(t.Context(), t, w, -1)
				got := r.states()
				if c.want != nil && !maps.Equal(got, c.want) {
					t.Errorf("got %v, want %v", got, c.want)
				}
				if len(r.ends) != 1000 || got["filtered no-response"] > 0 {
					t.Errorf("our own fault became a state: %v", got)
				}
				if r.lane.trouble == nil {
					t.Error("the trouble is not kept for the summary")
				}
			})
		})
	}
}

// TestLaneFaultsOfOnePort and of one host leave the others their states.
func TestLaneFaultsOfSome(t *testing.T) {
	shortage := &Error{"send", context.DeadlineExceeded}
	for name, c := range map[string]struct {
		fails func(to netip.AddrPort) bool
		want  map[string]int
	}{
		"one-port": {
			func(to netip.AddrPort) bool { return to == netip.MustParseAddrPort("192.0.2.1:7") },
			map[string]int{"open syn-ack": 10, "filtered no-response": 989, "unknown local-error": 1},
		},
		"one-host": {
			func(to netip.AddrPort) bool { return to.Addr() == netip.MustParseAddr("192.0.2.1") },
			map[string]int{"open syn-ack": 5, "filtered no-response": 495, "unknown local-error": 500},
		},
	} {
		for _, clockless := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s-clockless-%v", name, clockless), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := &network{
						answer: everyNth(100, "", false), delay: time.Millisecond, clockless: clockless,
						random: rand.New(rand.NewPCG(1, 1)),
						plan:   newPlan(exposure.TCP, targetsOf("192.0.2.1", "192.0.2.2"), portsUpTo(500), 1),
					}
					w.faults = func(_ int64, a ask) error {
						if c.fails(a.to) {
							return shortage
						}
						return nil
					}
					r := drive(t.Context(), t, w, -1)
					if got := r.states(); !maps.Equal(got, c.want) {
						t.Errorf("got %v, want %v", got, c.want)
					}
				})
			})
		}
	}
}

// TestLaneVoid has questions come to nothing, some of them always.
func TestLaneVoid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{
			delay: time.Millisecond, random: rand.New(rand.NewPCG(1, 1)),
			plan: newPlan(exposure.TCP, targetsOf("127.0.0.1"), portsUpTo(100), 1),
		}
		n.answer = everyNth(10, exposure.ConnRefused, true)
		w := &voiding{network: n}
		r := result{ends: map[uint32]conclusion{}}
		l := &lane{
			plan: n.plan, ledger: newLedger(n.plan, -1, true), way: w, pace: &pace{window: 10},
			mine: func(netip.Addr) bool { return true }, heard: make([]atomic.Bool, 1),
			conclude: func(_ *lane, batch []conclusion) {
				for _, c := range batch {
					r.ends[c.index] = c
				}
			},
		}
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"open syn-ack": 10, "closed conn-refused": 89, "unknown ": 1}
		if got := r.states(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if c := r.ends[0]; c.tries != 1 {
			t.Errorf("void tries are counted: %d", c.tries)
		}
	})
}

// voiding makes the first three questions to port 0 of the plan void, and all
// to port 1.
type voiding struct {
	*network
	met int
}

func (w *voiding) receive(into []evidence, until time.Time) ([]evidence, error) {
	into, err := w.network.receive(into, until)
	for i := range into {
		e := &into[i]
		if e.index == 1 || e.index == 0 && w.met < 3 {
			*e = evidence{index: e.index, void: true, at: e.at}
			if e.index == 0 {
				w.met++
			}
		}
	}
	return into, err
}

func TestLaneEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		w := &network{
			answer: everyNth(10, "", false), delay: time.Millisecond, random: rand.New(rand.NewPCG(1, 1)),
			plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(1000), 1),
		}
		r := drive(ctx, t, w, -1)
		if r.err == nil || ctx.Err() == nil {
			t.Fatalf("ended with %v", r.err)
		}
		if r.elapsed > 350*time.Millisecond {
			t.Errorf("took %v to notice", r.elapsed-300*time.Millisecond)
		}
		if got := r.states(); got["open syn-ack"] != 100 || len(r.ends) != 100 {
			t.Errorf("got %v, want what is known: 100 open", got)
		}
	})
}

// TestLaneHosts looks at several hosts at once, each of another kind.
func TestLaneHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ports = 500
		kinds := []func(uint32) (exposure.Reason, bool){
			everyNth(50, exposure.ConnRefused, true), everyNth(50, "", false), everyNth(50, exposure.AdminProhibited, true),
		}
		w := &network{
			delay: 10 * time.Millisecond, loss: 0.02, random: rand.New(rand.NewPCG(1, 1)),
			plan: newPlan(exposure.TCP, targetsOf("192.0.2.1", "192.0.2.2", "2001:db8::3"), portsUpTo(ports), 1),
		}
		w.answer = func(index uint32) (exposure.Reason, bool) { return kinds[w.plan.host(index)](index) }
		r := drive(t.Context(), t, w, -1)
		want := map[string]int{
			"open syn-ack": 30, "closed conn-refused": 490, "filtered no-response": 490, "filtered admin-prohibited": 490,
		}
		if got := r.states(); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestLaneSlowPace has controls leave room for the questions at any pace, and
// measure the loss all the same.
func TestLaneSlowPace(t *testing.T) {
	const ports = 300
	for name, answer := range map[string]func(uint32) (exposure.Reason, bool){
		"closed-host":  everyNth(30, exposure.ConnRefused, true),
		"stealth-host": everyNth(30, "", false),
	} {
		for _, limits := range []limits{{1, 1, 100}, {5, 5, 100}, {20, 20, 100}, politeLimits, {100, 100, 16384}, lanLimits} {
			for _, clockless := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s-%g-clockless-%v", name, limits.rate, clockless), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := &network{
							answer: answer, delay: 5 * time.Millisecond, clockless: clockless,
							random: rand.New(rand.NewPCG(1, 1)),
							plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(ports), 1),
						}
						ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
						defer cancel()
						r := driveAt(ctx, t, w, -1, limits)
						if r.err != nil || len(r.ends) != ports || r.states()["open syn-ack"] != ports/30 {
							t.Fatalf("%v: %d of %d ports concluded: %v", r.err, len(r.ends), ports, r.states())
						}
						slow := limits.rate < controlsAll*controlsShare
						// When nothing is left to ask, a few more find out whether the host still answers.
						if last := int64(3); slow && (w.checks-last)*controlsShare > w.sent-last {
							t.Errorf("%d of %d questions were controls", w.checks, w.sent)
						}
						if least := int64(r.elapsed.Seconds()*controlsAll) - 2; !slow && name == "stealth-host" && w.checks < least {
							t.Errorf("%d controls, want %d in %v", w.checks, least, r.elapsed)
						}
						if name == "stealth-host" && w.checks == 0 {
							t.Error("no control was asked")
						}
						t.Logf("%d packets, %d of them controls, in %v", w.sent, w.checks, r.elapsed)
					})
				})
			}
		}
	}
}

// TestLaneLimits has a host limit its answers: what is silent for that is asked
// slowly or said to be limited, and it is no loss.
func TestLaneLimits(t *testing.T) {
	// limiter lets burst answers pass at once and one more each gap.
	limiter := func(burst int, gap time.Duration, limited exposure.Reason, answer func(uint32) (exposure.Reason, bool)) func(uint32) (exposure.Reason, bool) {
		credit, last := time.Duration(burst)*gap, time.Time{}
		return func(index uint32) (exposure.Reason, bool) {
			reason, answers := answer(index)
			if !answers || reason != limited {
				return reason, answers
			}
			now := time.Now()
			if !last.IsZero() {
				credit = min(credit+now.Sub(last), time.Duration(burst)*gap)
			}
			last = now
			if credit < gap {
				return "", false
			}
			credit -= gap
			return reason, true
		}
	}
	for name, c := range map[string]struct {
		ports          int
		limited        exposure.Reason
		burst          int
		gap            time.Duration
		nth            int
		silent         bool // no limit: the other ports are silent
		stingy, resets bool
		found          int // at least so many ports have the limited reason
	}{
		"errors-of-many":   {1000, exposure.AdminProhibited, 6, time.Second, 500, false, true, false, 8},
		"errors-of-few":    {12, exposure.AdminProhibited, 6, time.Second, 12, false, false, false, 11},
		"resets-of-many":   {2000, exposure.Reset, 5, 100 * time.Millisecond, 1000, false, false, true, 5},
		"resets-of-few":    {40, exposure.Reset, 5, 100 * time.Millisecond, 40, false, false, false, 39},
		"resets-and-close": {1000, exposure.Reset, 5, 100 * time.Millisecond, 2000, false, false, true, 5},
		"silent":           {1000, exposure.AdminProhibited, 6, time.Second, 500, true, false, false, 0},
	} {
		for _, clockless := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s-clockless-%v", name, clockless), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					answer := everyNth(c.nth, c.limited, true)
					if c.silent {
						answer = everyNth(c.nth, "", false)
					}
					if c.nth > c.ports { // nothing is open
						answer = func(uint32) (exposure.Reason, bool) { return c.limited, true }
					}
					w := &network{
						delay: time.Millisecond, clockless: clockless, random: rand.New(rand.NewPCG(1, 1)),
						answer: limiter(c.burst, c.gap, c.limited, answer),
						plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(c.ports), 1),
					}
					r := drive(t.Context(), t, w, -1)
					h := &r.lane.ledger.hosts[0]
					found := 0
					for _, e := range r.ends {
						if e.reason == c.limited {
							found++
						}
					}
					if r.err != nil || len(r.ends) != c.ports || found < c.found {
						t.Errorf("%v: %d ports concluded, %d with %s, want %d at least", r.err, len(r.ends), found, c.limited, c.found)
					}
					if resets := h.resets.limited() && h.silent > h.missed; h.stingy() != c.stingy || resets != c.resets {
						t.Errorf("errors limited: %v, resets: %v: %+v", h.stingy(), resets, h)
					}
					if c.resets && h.way().lost > 0 {
						t.Errorf("the limit is taken for loss: %+v", h.way())
					}
					if r.elapsed > slowTime+5*time.Second {
						t.Errorf("took %v", r.elapsed)
					}
					t.Logf("%v: %v, %d packets", r.elapsed, r.states(), w.sent)
				})
			})
		}
	}
}
