package scan

import (
	"context"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// udpNetwork is a way to a host that is made up: which ports answer, how its
// ICMP errors are limited, and what gets lost. Time is that of a synctest
// bubble.
type udpNetwork struct {
	answer  func(port uint16) exposure.Reason // "" for silence
	limit   *bucket                           // of the errors; nil: none
	loss    float64                           // of each way
	outage  func(since time.Duration) bool
	delay   time.Duration
	missing bool // the neighbour is not there
	full    int  // answers that find no room in our own buffer
	forge   uint16

	plan    *plan
	random  *rand.Rand
	started time.Time
	flying  []evidence
	asked   []uint16 // in order
	when    map[uint16][]time.Time
	lost    int
}

func (w *udpNetwork) send(batch []ask) (int, error) {
	now := time.Now()
	if w.started.IsZero() {
		w.started = now
		w.when = map[uint16][]time.Time{}
	}
	for _, a := range batch {
		port := a.to.Port()
		w.asked = append(w.asked, port)
		w.when[port] = append(w.when[port], now)
		e := evidence{index: a.index, reason: w.answer(port), at: now.Add(w.delay), rtt: max(w.delay, 1)}
		if w.missing {
			e.reason, e.local, e.at = exposure.HostUnreach, true, now.Add(neighbourFailure)
			w.flying = append(w.flying, e)
			continue
		}
		gone := func() bool { return w.random.Float64() < w.loss }
		if e.reason == "" || gone() || w.outage != nil && w.outage(now.Sub(w.started)) {
			continue
		}
		if errs(e.reason) && w.limit != nil && !w.limit.pass(now) || gone() {
			continue
		}
		if !errs(e.reason) && w.full > 0 {
			w.full--
			w.lost++
			continue
		}
		w.flying = append(w.flying, e)
	}
	if w.forge > 0 {
		index, _ := w.plan.within(0, w.forge)
		w.flying = append(w.flying, evidence{index: index, reason: exposure.PortUnreach, at: now})
		w.forge = 0
	}
	return len(batch), nil
}

func (w *udpNetwork) receive(into []evidence, until time.Time) ([]evidence, error) {
	for _, e := range w.flying {
		if e.at.Before(until) {
			until = e.at
		}
	}
	if wait := time.Until(until); wait > 0 {
		<-time.After(wait)
	}
	now := time.Now()
	w.flying = slices.DeleteFunc(w.flying, func(e evidence) bool {
		if e.at.After(now) {
			return false
		}
		into = append(into, e)
		return true
	})
	return into, nil
}

func (w *udpNetwork) waiting() int   { return -1 }
func (w *udpNetwork) packets() int64 { return int64(len(w.asked)) }
func (w *udpNetwork) close() error   { return nil }
func (w *udpNetwork) dropped() int   { return w.lost }

// udpResult is what became of a lane.
type udpResult struct {
	ends    map[uint16]conclusion
	notes   []string
	loss    *float64
	summary exposure.ScanSummary
	elapsed time.Duration
	err     error
}

// states counts conclusions by state and reason.
func (r udpResult) states() map[string]int {
	counts := map[string]int{}
	for _, c := range r.ends {
		counts[c.state.String()+" "+string(c.reason)]++
	}
	return counts
}

// driveUDP runs a lane over a network, in a bubble. Ports below 100 have a
// payload.
func driveUDP(ctx context.Context, t *testing.T, w *udpNetwork, ports int, change func(*udpLane)) udpResult {
	t.Helper()
	payloads := func(port uint16) []Payload {
		if port < 100 {
			return []Payload{{Protocol: "test"}}
		}
		return nil
	}
	w.plan = newPlan(exposure.UDP, targetsOf("192.0.2.7"), portsUpTo(ports), 1)
	if w.random == nil {
		w.random = rand.New(rand.NewPCG(1, 2))
	}
	l := newUDPLane(w.plan, w, payloads)
	l.pace = &pace{rate: udpRate}
	l.mine = func(netip.Addr) bool { return false }
	l.heard = make([]atomic.Bool, 1)
	l.retries = -1
	if change != nil {
		change(l)
	}
	r := udpResult{ends: map[uint16]conclusion{}}
	l.report(func(p *plan, batch []conclusion) {
		for _, c := range batch {
			port := p.endpoint(c.index).Port()
			if _, twice := r.ends[port]; twice {
				t.Errorf("port %d was concluded twice", port)
			}
			r.ends[port] = c
		}
	})
	start := time.Now()
	r.err = l.run(ctx)
	r.elapsed = time.Since(start)
	request, err := Request{Targets: w.plan.targets, UDP: w.plan.ports}.complete()
	if err != nil {
		t.Fatal(err)
	}
	n := &run{request: &request, ended: []runner{l}}
	n.finish(r.elapsed)
	r.notes, r.loss, r.summary = n.summary.Notes, n.summary.Loss, n.summary
	return r
}

// openEach answers on one port of n, and says the same of all others.
func openEach(n uint16, reason exposure.Reason) func(uint16) exposure.Reason {
	return func(port uint16) exposure.Reason {
		if port%n == 0 {
			return exposure.ProtoResponse
		}
		return reason
	}
}

func linuxLimit() *bucket { return &bucket{rate: 1, burst: 6} }

func TestUDPLane(t *testing.T) {
	const closed, open, silent = "closed port-unreach", "open proto-response", "open|filtered no-response"
	for name, c := range map[string]struct {
		network udpNetwork
		ports   int
		change  func(*udpLane)
		want    map[string]int
		note    string // "" for none
	}{
		"no-limit":     {udpNetwork{answer: openEach(100, exposure.PortUnreach)}, 1000, nil, map[string]int{open: 10, closed: 990}, ""},
		"linux":        {udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: linuxLimit()}, 1000, nil, map[string]int{open: 10, closed: 7, silent: 983}, "192.0.2.7 sends 1 ICMP error a second; 983 ports stay open|filtered; `--wait` proves them in 17 min."},
		"linux-waits":  {udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: linuxLimit()}, 1000, waiting, map[string]int{open: 10, closed: 990}, ""},
		"linux-few":    {udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: linuxLimit()}, 12, nil, map[string]int{closed: 12}, ""},
		"ipv6-nobody":  {udpNetwork{answer: openEach(2000, exposure.PortUnreach), limit: &bucket{rate: 10, burst: 6}}, 1000, nil, map[string]int{closed: 15, silent: 985}, "192.0.2.7 sends 10 ICMP errors a second; 985 ports stay open|filtered; `--wait` proves them in 99 s."},
		"fast-limit":   {udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: &bucket{rate: 1000, burst: 50}}, 1000, nil, map[string]int{open: 10, closed: 990}, ""},
		"slow-limit":   {udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: &bucket{rate: 0.25, burst: 6}}, 1000, nil, map[string]int{open: 10, closed: 6, silent: 984}, "192.0.2.7 sends no more than 0.9 ICMP errors a second; 984 ports stay open|filtered; `--wait` proves them in 20 min or more."},
		"filter-drops": {udpNetwork{answer: dropping(50, openEach(100, exposure.PortUnreach))}, 1000, nil, map[string]int{open: 10, closed: 30, silent: 960}, ""},
		"drops-and-limits": {
			udpNetwork{answer: dropping(50, openEach(100, exposure.PortUnreach)), limit: &bucket{rate: 5, burst: 6}},
			1000, waiting,
			map[string]int{open: 10, closed: 30, silent: 960},
			"",
		},
		"silent":       {udpNetwork{answer: openEach(2000, "")}, 200, nil, map[string]int{silent: 200}, "Nothing answered that could have shown how many packets get lost on the way; 10 % was assumed."},
		"silent-waits": {udpNetwork{answer: openEach(2000, "")}, 200, waiting, map[string]int{silent: 200}, "Nothing answered that could have shown how many packets get lost on the way; 10 % was assumed."},
		"rejects":      {udpNetwork{answer: openEach(100, exposure.AdminProhibited), limit: linuxLimit()}, 1000, nil, map[string]int{open: 10, "filtered admin-prohibited": 7, silent: 983}, "192.0.2.7 sends 1 ICMP error a second; 983 ports stay open|filtered; `--wait` proves them in 17 min."},
		"missing":      {udpNetwork{answer: openEach(100, ""), missing: true}, 200, nil, map[string]int{"unknown host-unreach": 200}, ""},
		"router-says":  {udpNetwork{answer: openEach(2000, exposure.HostUnreach)}, 200, nil, map[string]int{"filtered host-unreach": 200}, ""},
		"far":          {udpNetwork{answer: openEach(100, exposure.PortUnreach), delay: 900 * time.Millisecond}, 500, nil, map[string]int{open: 5, closed: 495}, ""},
		"outage": {
			udpNetwork{answer: openEach(100, exposure.PortUnreach), outage: func(t time.Duration) bool { return t > 100*time.Millisecond && t < 600*time.Millisecond }},
			1000, nil,
			map[string]int{open: 10, closed: 990},
			"",
		},
		"overflow": {udpNetwork{answer: openEach(100, ""), full: 25}, 1000, nil, map[string]int{open: 10, silent: 990}, "25 answers found no room in this machine's receive buffer; what was asked meanwhile was asked again."},
		"forged":   {udpNetwork{answer: openEach(100, ""), forge: 1000}, 1000, nil, map[string]int{open: 10, silent: 990}, ""},
		"retries-fixed": {
			udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: linuxLimit()},
			1000, func(l *udpLane) { l.retries = 0 },
			map[string]int{open: 10, closed: 6, silent: 984},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := c.network
				w.delay = max(w.delay, time.Millisecond)
				r := driveUDP(t.Context(), t, &w, c.ports, c.change)
				if got := r.states(); r.err != nil || !maps.Equal(got, c.want) {
					t.Errorf("got %v, want %v (%v)", got, c.want, r.err)
				}
				if got := strings.Join(r.notes, "\n"); got != c.note {
					t.Errorf("notes %q, want %q", got, c.note)
				}
				t.Logf("%d packets in %v", len(w.asked), r.elapsed)
			})
		})
	}
}

func waiting(l *udpLane) { l.wait = true }

// dropping is a filter that lets only one port of so many through to the host.
func dropping(n uint16, host func(uint16) exposure.Reason) func(uint16) exposure.Reason {
	return func(port uint16) exposure.Reason {
		if port%n != 0 && (port+1)%n != 0 && (port+2)%n != 0 || host(port) == "" {
			return ""
		}
		if port%100 == 0 {
			return host(port)
		}
		if port%n == 0 || (port+1)%n == 0 {
			return exposure.PortUnreach
		}
		return ""
	}
}

// TestUDPLaneMissesNothing loses packets.
func TestUDPLaneMissesNothing(t *testing.T) {
	for _, loss := range []float64{0.01, 0.05, 0.10} {
		missed := 0
		synctest.Test(t, func(t *testing.T) {
			for run := range uint64(20) {
				w := &udpNetwork{
					answer: openEach(100, exposure.PortUnreach), limit: linuxLimit(), loss: loss,
					delay: 5 * time.Millisecond, random: rand.New(rand.NewPCG(run, uint64(1000*loss))),
				}
				r := driveUDP(t.Context(), t, w, 1000, nil)
				for port, c := range r.ends {
					if open := port%100 == 0; open && c.state != exposure.Open {
						missed++
					} else if !open && c.state == exposure.Open {
						t.Errorf("port %d is called open", port)
					}
				}
				if trip := 1 - (1-loss)*(1-loss); r.loss == nil || *r.loss > 3*trip {
					t.Errorf("loss of %g measured as %v", trip, r.loss)
				}
			}
		})
		if missed > 0 {
			t.Errorf("loss %g: %d of 200 open ports missed", loss, missed)
		}
	}
}

// TestUDPLaneOrder: ports with a payload come first, in each round, and the
// tries of a port are apart.
func TestUDPLaneOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &udpNetwork{answer: openEach(2000, ""), delay: time.Millisecond}
		driveUDP(t.Context(), t, w, 500, nil)
		for i, port := range w.asked[:500] {
			if (port < 100) != (i < 99) {
				t.Fatalf("port %d is asked as number %d", port, i)
			}
		}
		for port, times := range w.when {
			for i := range times[1:] {
				if gap := times[i+1].Sub(times[i]); gap < 200*time.Millisecond {
					t.Errorf("port %d is asked again after %v", port, gap)
				}
			}
		}
	})
}

// TestUDPLaneInterrupted: what had its tries when the wait is cut short is
// told.
func TestUDPLaneInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := &udpNetwork{answer: openEach(100, exposure.PortUnreach), limit: linuxLimit(), delay: time.Millisecond}
		r := driveUDP(ctx, t, w, 1000, waiting)
		closed := r.states()["closed port-unreach"]
		if r.err == nil || len(r.ends) != 1000 || closed < 55 || closed > 70 {
			t.Errorf("%v: %v", r.err, r.states())
		}
		if len(r.notes) != 1 || !strings.Contains(r.notes[0], "the wait ended before") {
			t.Errorf("notes %q", r.notes)
		}
	})
}
