package scan

import (
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// TestLaneDeadHalf begins while a line is dead that is so for half of each
// second: some lap meets the other half, whatever the seed.
func TestLaneDeadHalf(t *testing.T) {
	for _, seed := range []uint64{0, 1, 100, 255} {
		for _, begin := range []time.Duration{0, 200 * time.Millisecond, 400 * time.Millisecond} {
			synctest.Test(t, func(t *testing.T) {
				w := &network{
					answer: everyNth(10, exposure.ConnRefused, true), delay: time.Millisecond,
					outage: func(since time.Duration) bool { return (since+begin)%time.Second < 500*time.Millisecond },
					random: rand.New(rand.NewPCG(1, 1)),
					plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(200), 1),
				}
				r := driveBeat(t, w, beat(seed))
				if got := r.states(); got["open syn-ack"] != 20 || got["closed conn-refused"] != 180 {
					t.Errorf("seed %d, %v into the second: got %v", seed, begin, got)
				}
			})
		}
	}
}

// driveBeat runs a lane whose laps keep a beat while nothing is heard.
func driveBeat(t *testing.T, w *network, beat time.Duration) result {
	t.Helper()
	r := result{ends: map[uint32]conclusion{}}
	r.lane = &lane{
		plan: w.plan, ledger: newLedger(w.plan, -1, false), way: w,
		pace: &pace{rate: lanLimits.rate, window: lanLimits.window}, throttle: newThrottle(lanLimits),
		mine:  func(netip.Addr) bool { return false },
		heard: make([]atomic.Bool, len(w.plan.targets)),
		beat:  beat,
		conclude: func(_ *lane, batch []conclusion) {
			for _, c := range batch {
				r.ends[c.index] = c
			}
		},
	}
	if r.err = r.lane.run(t.Context()); r.err != nil {
		t.Error(r.err)
	}
	return r
}

// TestThrottleStall has the rate come back after an outage, and not to what a
// narrow path had shown to be too much.
func TestThrottleStall(t *testing.T) {
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		came    int
		ceiling float64
	}{"dead": {0, 1e5}, "narrow": {20, 0}} {
		t.Run(name, func(t *testing.T) {
			th := newThrottle(lanLimits)
			th.rate, th.usual.questions = 1e5, 1
			i := interval{
				from: start, to: start.Add(10 * time.Millisecond), rate: 1e5, sent: 1000,
				questions: outcome{1000, c.came},
			}
			th.weigh(i, start.Add(20*time.Millisecond))
			if th.rate > 1e4 {
				t.Errorf("%.0f packets a second after a loss", th.rate)
			}
			lowered := th.rate
			th.stall(start, start.Add(200*time.Millisecond))
			want := c.ceiling
			if want == 0 {
				want = lowered
			}
			if th.ceiling != want || th.rate > want/4+th.least {
				t.Errorf("%.0f packets a second below %.0f, want %.0f", th.rate, th.ceiling, want)
			}
		})
	}
}

// TestLedgerAmbiguous forgets a first round trip that the kernel's own repeat
// may have lengthened as soon as a clean one is seen.
func TestLedgerAmbiguous(t *testing.T) {
	p := newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(10), 1)
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		trips []time.Duration
		want  time.Duration
	}{
		"repeat, then clean":  {[]time.Duration{time.Second, time.Millisecond}, time.Millisecond},
		"clean, then repeat":  {[]time.Duration{time.Millisecond, time.Second}, time.Millisecond},
		"as long as it takes": {[]time.Duration{3 * time.Second, 3 * time.Second}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(p, -1, false)
			l.resends = true
			for _, trip := range c.trips {
				l.measure(&l.hosts[0], trip, at, false)
			}
			if got := l.hosts[0].longest; got != c.want {
				t.Errorf("the longest round trip is %v, want %v", got, c.want)
			}
		})
	}
}
