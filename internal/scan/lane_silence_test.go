package scan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// tableOnTheWay is a network behind a router whose table takes so many
// connections. What is never answered stays in it; when it is full nothing
// passes any more. Ports below opens are open, the next ones up to answering
// closed, and all others silent.
func tableOnTheWay(ports, opens, answering, room int, seed uint64) (w *network, full func() bool) {
	known := map[uint32]bool{}
	full = func() bool { return len(known) >= room }
	w = &network{
		delay: time.Millisecond, random: rand.New(rand.NewPCG(seed, 7)),
		plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(ports), 1+seed),
		answer: func(index uint32) (exposure.Reason, bool) {
			switch {
			case full():
				return "", false
			case int(index) < opens:
				return exposure.SynAck, true
			case int(index) < answering:
				return exposure.ConnRefused, true
			}
			known[index] = true
			return "", false
		},
	}
	return w, full
}

// TestLaneStopsAnswering has few ports of a host answer before nothing does any
// more. Nobody knows then what the others are, however few answered and however
// soon the scan would be over.
func TestLaneStopsAnswering(t *testing.T) {
	const seeds = 24 / madeUpPart
	for _, pinned := range []bool{true, false} {
		for _, clockless := range []bool{true, false} {
			for name, limits := range map[string]limits{"lan": lanLimits, "wan": wanLimits, "polite": politeLimits} {
				t.Run(fmt.Sprintf("%s-pinned-%v-clockless-%v", name, pinned, clockless), func(t *testing.T) {
					t.Parallel()
					answered := map[int]int{}
					for seed := range uint64(seeds) {
						var wrong string
						synctest.Test(t, func(t *testing.T) {
							w, full := tableOnTheWay(600, 3, 23, 100, seed)
							w.clockless = clockless
							r := driveAs(t.Context(), t, w, -1, limits, func(l *lane) {
								l.pinned = pinned
								if pinned {
									l.flows = &flows{}
								}
							})
							got := r.states()
							known := got["open syn-ack"] + got["closed conn-refused"]
							answered[known]++
							if !full() || known == 0 {
								return // nothing to stop
							}
							if h := &r.lane.ledger.hosts[0]; h.fellSilent.IsZero() || got["unknown no-response"] != 600-known {
								wrong = fmt.Sprintf("seed %d: %v after %v, %d packets, %d of them controls, row %d, seen %+v", seed, got, r.elapsed, w.sent, w.checks, len(h.watch.row), h.seen)
							}
						})
						if wrong != "" {
							t.Error(wrong)
						}
					}
					t.Log(answered)
				})
			}
		}
	}
}

// TestLaneGoesOnAnswering has hosts of which long nothing comes, or hardly
// anything, and which answer all the same: that they have stopped may be said
// of none.
func TestLaneGoesOnAnswering(t *testing.T) {
	// limited lets so many resets pass at once, and then one each gap.
	limited := func(burst int, gap time.Duration, opens, answering uint32) func(uint32) (exposure.Reason, bool) {
		credit, last := time.Duration(burst)*gap, time.Time{}
		return func(index uint32) (exposure.Reason, bool) {
			if index < opens {
				return exposure.SynAck, true
			}
			if index >= answering {
				return "", false
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
			return exposure.Reset, true
		}
	}
	always := func(opens, answering uint32) func(uint32) (exposure.Reason, bool) {
		return limited(1<<20, time.Second, opens, answering)
	}
	const seeds = 1 + 11/madeUpPart
	for name, c := range map[string]struct {
		ports  int
		loss   float64 // of each way
		opens  int     // that must be found
		answer func() func(uint32) (exposure.Reason, bool)
	}{
		"ten-resets-a-second":        {600, 0, 0, func() func(uint32) (exposure.Reason, bool) { return limited(5, 100*time.Millisecond, 0, 600) }},
		"one-reset-a-second":         {600, 0, 0, func() func(uint32) (exposure.Reason, bool) { return limited(5, time.Second, 0, 600) }},
		"a-reset-in-two-seconds":     {600, 0, 0, func() func(uint32) (exposure.Reason, bool) { return limited(5, 2*time.Second, 0, 600) }},
		"few-closed-and-limited":     {600, 0, 0, func() func(uint32) (exposure.Reason, bool) { return limited(5, time.Second, 0, 20) }},
		"limited-and-lossy":          {600, 0.1, 0, func() func(uint32) (exposure.Reason, bool) { return limited(5, 300*time.Millisecond, 0, 600) }},
		"closed-answer-only-at-once": {600, 0, 1, func() func(uint32) (exposure.Reason, bool) { return limited(5, time.Hour, 1, 600) }},
		"lossy-one-open":             {200, 0.3, 1, func() func(uint32) (exposure.Reason, bool) { return always(1, 1) }},
		"lossy-one-closed":           {200, 0.3, 0, func() func(uint32) (exposure.Reason, bool) { return always(0, 1) }},
		"lossy-few":                  {200, 0.3, 3, func() func(uint32) (exposure.Reason, bool) { return always(3, 10) }},
		"small-scan-one-open":        {3, 0, 1, func() func(uint32) (exposure.Reason, bool) { return always(1, 1) }},
		"small-scan-one-closed":      {3, 0, 0, func() func(uint32) (exposure.Reason, bool) { return always(0, 1) }},
		"small-scan-lossy":           {3, 0.3, 1, func() func(uint32) (exposure.Reason, bool) { return always(1, 2) }},
	} {
		for _, pinned := range []bool{true, false} {
			for _, clockless := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s-pinned-%v-clockless-%v", name, pinned, clockless), func(t *testing.T) {
					t.Parallel()
					missed := 0
					var longest time.Duration
					for seed := range uint64(seeds) {
						var r result
						synctest.Test(t, func(t *testing.T) {
							w := &network{
								delay: 20 * time.Millisecond, random: rand.New(rand.NewPCG(seed, 3)), clockless: clockless, loss: c.loss,
								plan: newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(c.ports), 1+seed), answer: c.answer(),
							}
							limits := lanLimits
							if pinned {
								limits = wanLimits
							}
							r = driveAs(t.Context(), t, w, -1, limits, func(l *lane) {
								l.pinned = pinned
								if pinned {
									l.flows = &flows{}
								}
							})
						})
						longest = max(longest, r.elapsed)
						got := r.states()
						missed += c.opens - got["open syn-ack"]
						if h := &r.lane.ledger.hosts[0]; r.err != nil || !h.fellSilent.IsZero() || got["unknown no-response"] > 0 {
							t.Errorf("seed %d: %v, %v after %v, seen %+v, outages %d", seed, r.err, got, r.elapsed, h.seen, h.watch.outages)
						}
					}
					// Where nothing answers at first a tenth is taken for lost, not a half.
					if missed > 0 && c.loss == 0 || missed > 1+seeds/4 {
						t.Errorf("%d of %d open ports missed", missed, seeds*c.opens)
					}
					t.Logf("%d missed, at most %v", missed, longest)
				})
			}
		}
	}
}
