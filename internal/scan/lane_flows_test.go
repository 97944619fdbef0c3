package scan

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// translator is a router on the way that has to remember each connection: one
// that was answered until its end, which comes at once, the others for two
// minutes.
type translator struct {
	*network
	pinned  bool
	table   map[flowKey]time.Time // when it was last asked
	opened  []time.Time
	control map[uint32]time.Time // when each was last asked as a control
	hasty   int                  // controls sooner than twice a second
	woken   int                  // calls of receive
}

type flowKey struct {
	index   uint32
	control bool
	number  int
}

func (w *translator) send(batch []ask) (int, error) {
	now := time.Now()
	if w.table == nil {
		w.table, w.control = map[flowKey]time.Time{}, map[uint32]time.Time{}
	}
	n, err := w.network.send(batch)
	for _, a := range batch[:n] {
		key := flowKey{index: a.index, control: a.purpose == control}
		if !w.pinned || !a.pinned {
			key.number = len(w.opened)
		}
		if key.control {
			if last, ok := w.control[a.index]; ok && now.Sub(last) < time.Second/controlsPinned-time.Millisecond {
				w.hasty++
			}
			w.control[a.index] = now
		}
		last, known := w.table[key]
		if !known || now.Sub(last) >= 2*time.Minute {
			w.opened = append(w.opened, now)
		}
		w.table[key] = now
	}
	return n, err
}

func (w *translator) receive(into []evidence, until time.Time) ([]evidence, error) {
	w.woken++
	into, err := w.network.receive(into, until)
	for _, e := range into {
		if e.reason != exposure.NoResponse {
			delete(w.table, flowKey{index: e.index, control: e.purpose == control})
		}
	}
	return into, err
}

// TestLaneFlows asks 5,000 ports behind a router of ours.
func TestLaneFlows(t *testing.T) {
	const ports = 5000
	for name, c := range map[string]struct {
		answer func(uint32) (exposure.Reason, bool)
		loss   float64
		pinned bool
		lifted bool
		most   time.Duration
	}{
		"silent-host":          {answer: everyNth(ports+1, "", false), pinned: true, most: 3 * flowTime},
		"stealth-host":         {answer: everyNth(250, "", false), pinned: true, most: 3 * flowTime},
		"stealth-host-lossy":   {answer: everyNth(250, "", false), loss: 0.05, pinned: true, most: 4 * flowTime},
		"closed-host":          {answer: everyNth(250, exposure.Reset, true), pinned: true, most: 3 * flowTime},
		"stealth-host-connect": {answer: everyNth(250, "", false), most: 8 * flowTime},
		"rate":                 {answer: everyNth(250, "", false), pinned: true, lifted: true, most: flowTime / 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &translator{pinned: c.pinned, network: &network{
					answer: c.answer, delay: 20 * time.Millisecond, loss: c.loss, clockless: c.pinned,
					random: rand.New(rand.NewPCG(1, 1)),
					plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(ports), 1),
				}}
				limits := wanLimits
				r := driveAs(t.Context(), t, w.network, -1, limits, func(l *lane) {
					l.way, l.pinned = w, c.pinned
					if !c.lifted {
						l.flows = new(flows)
					}
				})
				open := 0
				for index, e := range r.ends {
					_, answers := c.answer(index)
					if answers != (e.state == exposure.Open || e.state == exposure.Closed) {
						t.Errorf("port %d: %v", index, e.state)
					}
					if e.state == exposure.Open {
						open++
					}
				}
				if r.err != nil || len(r.ends) != ports {
					t.Errorf("%v, %d ports", r.err, len(r.ends))
				}
				busiest := crowded(w.opened)
				if crowds := busiest > mostFlows; crowds != c.lifted {
					t.Errorf("%d connections in two minutes", busiest)
				}
				if c.pinned && !c.lifted && w.hasty > mostAnswerers {
					t.Errorf("a control was asked again within half a second, %d times", w.hasty)
				}
				if r.elapsed > c.most+flowTime {
					t.Errorf("took %v", r.elapsed)
				}
				if most := 3*int(w.sent) + 100*int(r.elapsed/time.Second); w.woken > most {
					t.Errorf("woke up %d times in %v for %d packets", w.woken, r.elapsed, w.sent)
				}
				t.Logf("%d open, %d connections, %d at most in two minutes, %d packets, %d controls, %v, woke %d times",
					open, len(w.opened), busiest, w.sent, w.checks, r.elapsed, w.woken)
			})
		})
	}
}

// A scan that waits for its router ends at once with its context.
func TestLaneFlowsEndWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := &network{
			answer: everyNth(250, "", false), delay: 20 * time.Millisecond, clockless: true,
			random: rand.New(rand.NewPCG(1, 1)),
			plan:   newPlan(exposure.TCP, targetsOf("192.0.2.7"), portsUpTo(5000), 1),
		}
		r := driveAs(ctx, t, w, -1, wanLimits, func(l *lane) { l.flows, l.pinned = new(flows), true })
		if r.err == nil || r.elapsed > time.Minute+2*slice {
			t.Errorf("%v after %v", r.err, r.elapsed)
		}
		if silent := r.states()["filtered no-response"]; silent < 1000 {
			t.Errorf("%d of those that were asked are concluded: %v", silent, r.states())
		}
		if left := r.lane.unopened(); left < 2500 || left > 3500 {
			t.Errorf("%d connections are to be opened", left)
		}
	})
}

// TestUDPLaneFlows does the same for datagrams: all to one port are one
// connection, which is soon forgotten.
func TestUDPLaneFlows(t *testing.T) {
	for _, ports := range []int{1700, 5000} {
		synctest.Test(t, func(t *testing.T) { udpFlows(t, ports) })
	}
}

func udpFlows(t *testing.T, ports int) {
	t.Helper()
	w := &udpNetwork{answer: openEach(250, ""), delay: 20 * time.Millisecond}
	r := driveUDP(t.Context(), t, w, ports, func(l *udpLane) {
		l.flows, l.pace = new(flows), &pace{rate: wanLimits.rate}
	})
	if len(r.ends) != ports {
		t.Errorf("%d of %d ports", len(r.ends), ports)
	}
	var opened []time.Time
	for _, asked := range w.when {
		for i, at := range asked {
			if i == 0 || at.Sub(asked[i-1]) >= flowKept {
				opened = append(opened, at)
			}
		}
	}
	slices.SortFunc(opened, time.Time.Compare)
	if busiest := crowded(opened); busiest > mostFlows {
		t.Errorf("%d connections in two minutes", busiest)
	}
	last := opened[len(opened)-1].Sub(opened[0])
	if repeats := 2 * flowTime; ports <= 1700 && last > repeats {
		t.Errorf("the last connection was opened after %v", last)
	}
	t.Logf("%d ports: %d connections, %d packets in %v", ports, len(opened), len(w.asked), last)
}
