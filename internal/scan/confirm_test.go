package scan

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

func TestUnlikely(t *testing.T) {
	var all, most []uint16
	for port := 1; port <= 65535; port++ {
		all = append(all, uint16(port))
		if port != 2000 && port != 3000 && port != 9100 && port != 22 {
			most = append(most, uint16(port))
		}
	}
	for _, c := range []struct {
		name  string
		asked []uint16
		among func(uint16) bool
	}{
		{"few_asked", []uint16{22, 80}, func(p uint16) bool { return p >= 1024 }},
		{"low_asked", all[:60000], func(p uint16) bool { return p > 60000 }},
		{"all_asked", all, func(p uint16) bool { return p >= 49152 }},
		{"most_asked", most, func(p uint16) bool { return p >= 49152 || p == 2000 || p == 3000 }},
	} {
		ports := unlikely(c.asked, 7)
		if len(ports) != controlPorts || len(slices.Compact(slices.Sorted(slices.Values(ports)))) != controlPorts {
			t.Errorf("%s: %v", c.name, ports)
		}
		for _, p := range ports {
			if !c.among(p) || mayPrint(p) {
				t.Errorf("%s: %d", c.name, p)
			}
		}
		if !slices.Equal(ports, unlikely(c.asked, 7)) {
			t.Errorf("%s: another draw for the same seed", c.name)
		}
	}
	if ports := unlikely(most, 7); !slices.Contains(ports, 2000) || !slices.Contains(ports, 3000) {
		t.Errorf("what was not asked goes first: %v", ports)
	}
}

func TestJudge(t *testing.T) {
	took := func(after netio.After, passed time.Duration) netio.Handshake {
		return netio.Handshake{Reason: exposure.SynAck, After: after, Passed: passed}
	}
	refused := netio.Handshake{Reason: exposure.ConnRefused}
	silent := netio.Handshake{Reason: exposure.NoResponse}
	short := netio.Handshake{Reason: exposure.LocalError}
	for _, c := range []struct {
		name    string
		answers []netio.Handshake
		want    judgement
	}{
		{"closed", slices.Repeat([]netio.Handshake{refused}, 8), judgement{stage: honest}},
		{"silent", slices.Repeat([]netio.Handshake{silent}, 8), judgement{stage: honest}},
		{"one_by_chance", append(slices.Repeat([]netio.Handshake{silent}, 7), took(netio.Spoke, 1)), judgement{stage: honest, accepted: 1}},
		{"we_could_not_ask", slices.Repeat([]netio.Handshake{short}, 8), judgement{stage: honest}},
		{"portspoof", slices.Repeat([]netio.Handshake{took(netio.Spoke, 1)}, 8), judgement{stage: hollow, accepted: 8}},
		{"behind_loss", append(slices.Repeat([]netio.Handshake{took(netio.Acknowledged, 1)}, 6), silent, silent), judgement{stage: hollow, accepted: 6}},
		{"proxy", append(slices.Repeat([]netio.Handshake{took(netio.WasReset, 3)}, 7), took(netio.WasReset, 9)), judgement{stage: doubted, accepted: 8, slowest: 9}},
		{"tarpit", slices.Repeat([]netio.Handshake{took(netio.Nothing, 1)}, 8), judgement{stage: doubted, accepted: 8}},
	} {
		if got := judge(c.answers); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// shown is what a host of a test is: what a whole connection to each port
// shows.
type shown func(port uint16) netio.Handshake

// confirming runs a scan's open and closed ports through a confirmer in the
// order that they are given, and returns what it tells by port.
func confirming(ctx context.Context, t *testing.T, host shown, asked []uint16, batches ...[]exposure.Observation) (map[uint16]exposure.Observation, exposure.ScanSummary, int64) {
	t.Helper()
	r, err := (Request{Targets: targetsOf("192.0.2.1"), TCP: asked, Seed: 3, Profile: LAN}).complete()
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan []exposure.Observation)
	n := &run{engine: New(), request: &r}
	c := newConfirmer(ctx, n, out)
	var shakes, now, most atomic.Int64
	c.made = shakes.Load
	c.shake = func(ctx context.Context, to netip.AddrPort, m netio.Manners) netio.Handshake {
		shakes.Add(1)
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		h := host(to.Port())
		wait := h.Passed
		if h.Reason == exposure.SynAck && h.After == netio.Nothing {
			wait = m.Whole
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return netio.Handshake{Reason: exposure.LocalError, Err: ctx.Err()}
		}
		return h
	}
	told := map[uint16]exposure.Observation{}
	var reading sync.WaitGroup
	reading.Go(func() {
		for batch := range out {
			for _, o := range batch {
				if _, twice := told[o.Port]; twice {
					t.Errorf("port %d was told twice", o.Port)
				}
				told[o.Port] = o
			}
		}
	})
	p := newPlan(exposure.TCP, r.Targets, r.TCP, r.Seed)
	for _, batch := range batches {
		c.take(p, make([]conclusion, len(batch)), batch)
	}
	c.finish()
	close(out)
	reading.Wait()
	c.remark(n)
	if most.Load() > mostAtOnce {
		t.Errorf("%d connections at once", most.Load())
	}
	return told, n.summary, shakes.Load()
}

// seen makes observations of ports in one state.
func seen(state exposure.State, ports ...uint16) []exposure.Observation {
	var all []exposure.Observation
	for _, port := range ports {
		all = append(all, exposure.Observation{
			Address: netip.MustParseAddr("192.0.2.1"), Transport: exposure.TCP, Port: port, State: state, Reason: exposure.SynAck,
		})
	}
	return all
}

func always(h netio.Handshake) shown { return func(uint16) netio.Handshake { return h } }

func countStates(told map[uint16]exposure.Observation) (open, closed, unknown int) {
	for _, o := range told {
		switch o.State {
		case exposure.Open:
			open++
		case exposure.Closed:
			closed++
		case exposure.Unknown:
			unknown++
		}
	}
	return open, closed, unknown
}

// A host of which some port is closed is believed, and nothing is asked of it.
func TestConfirmNobodyDoubtsAnHonestHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := portsUpTo(100)
		told, s, shakes := confirming(t.Context(), t, always(netio.Handshake{}), ports,
			seen(exposure.Open, ports[:10]...), seen(exposure.Closed, 50), seen(exposure.Open, ports[10:40]...))
		if len(told) != 41 || shakes != 0 || len(s.Notes) != 0 {
			t.Errorf("%d told, %d connections, %q", len(told), shakes, s.Notes)
		}
		told, _, shakes = confirming(t.Context(), t, always(netio.Handshake{}), ports, seen(exposure.Open, ports[:15]...))
		if open, _, _ := countStates(told); open != 15 || shakes != 0 {
			t.Errorf("%d open of 15, %d connections", open, shakes)
		}
	})
}

// A silent host with many open ports: its controls are silent too.
func TestConfirmStealthHostWithManyServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := portsUpTo(1000)
		told, s, shakes := confirming(t.Context(), t, always(netio.Handshake{Reason: exposure.NoResponse, Passed: controlAccept}), ports,
			seen(exposure.Open, ports[:16]...), seen(exposure.Open, ports[16:30]...))
		if open, _, _ := countStates(told); open != 30 || shakes != controlPorts || len(s.Notes) != 0 {
			t.Errorf("%d open of 30, %d connections, %q", open, shakes, s.Notes)
		}
	})
}

// Everything answers, really: 16 answers and 8 connections tell it.
func TestConfirmEverythingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := portsUpTo(60000)
		told, s, shakes := confirming(t.Context(), t, always(netio.Handshake{Reason: exposure.SynAck, After: netio.Spoke}), ports,
			slices.Collect(slices.Chunk(seen(exposure.Open, ports...), 128))...)
		open, _, _ := countStates(told)
		if open != 60000 || shakes > 16 || len(s.Notes) != 1 || told[59999].Detail == "" || told[1].Detail == "" {
			t.Errorf("%d open, %d connections, %q", open, shakes, s.Notes)
		}
	})
}

// All 65,535 ports are answered by a proxy; one is real.
func TestConfirmProxyBeforeAllPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := portsUpTo(65535)
		host := func(port uint16) netio.Handshake {
			if port == 443 {
				return netio.Handshake{Reason: exposure.SynAck, After: netio.Opened, Passed: time.Millisecond}
			}
			return netio.Handshake{Reason: exposure.SynAck, After: netio.WasReset, Passed: time.Millisecond}
		}
		began := time.Now()
		told, s, _ := confirming(t.Context(), t, host, ports, slices.Collect(slices.Chunk(seen(exposure.Open, ports...), 128))...)
		open, closed, _ := countStates(told)
		if open != 1 || closed != 65534 || told[443].State != exposure.Open || len(s.Notes) != 1 {
			t.Errorf("%d open, %d closed, %q", open, closed, s.Notes)
		}
		if o := told[80]; o.Reason != exposure.Reset || o.Detail == "" {
			t.Errorf("%+v", o)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A tarpit before all ports costs no more than the time for it.
func TestConfirmTarpitBeforeAllPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ports := portsUpTo(65535)
		began := time.Now()
		told, s, _ := confirming(t.Context(), t, always(netio.Handshake{Reason: exposure.SynAck, Shut: true}), ports,
			slices.Collect(slices.Chunk(seen(exposure.Open, ports...), 128))...)
		if _, _, unknown := countStates(told); unknown != 65535 || len(s.Notes) == 0 {
			t.Errorf("%d unknown, %q", unknown, s.Notes)
		}
		if took := time.Since(began); took > confirmTime+confirmAccept+confirmWhole {
			t.Errorf("it took %v", took)
		}
	})
}

// What this machine cannot do leaves a port unknown, and what it is short of
// for a moment leaves nothing behind.
func TestConfirmOwnFaults(t *testing.T) {
	for name, passes := range map[string]bool{"passes": true, "lasts": false} {
		synctest.Test(t, func(t *testing.T) {
			ports := portsUpTo(40)
			var asked atomic.Int64
			host := func(uint16) netio.Handshake {
				// The controls first.
				if n := asked.Add(1); n > 8 && (!passes || n < 100) {
					return netio.Handshake{Reason: exposure.LocalError, Err: &netio.Error{Op: "dial", Reason: exposure.LocalError, Err: syscall.EMFILE}}
				}
				return netio.Handshake{Reason: exposure.SynAck, After: netio.WasReset}
			}
			told, _, _ := confirming(t.Context(), t, host, ports, seen(exposure.Open, ports...))
			_, closed, unknown := countStates(told)
			if passes && closed != 40 || !passes && unknown != 40 {
				t.Errorf("%s: %d closed, %d unknown", name, closed, unknown)
			}
			if o := told[1]; !passes && (o.Reason != exposure.LocalError || o.Detail == "") {
				t.Errorf("%+v", o)
			}
		})
	}
}

// A scan that is ended tells what it knows and waits for nothing.
func TestConfirmEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 2500*time.Millisecond, errors.New("enough"))
		defer cancel()
		ports := portsUpTo(20000)
		began := time.Now()
		told, _, _ := confirming(ctx, t, always(netio.Handshake{Reason: exposure.SynAck, Shut: true}), ports, seen(exposure.Open, ports...))
		if len(told) >= len(ports) || time.Since(began) > 3*time.Second {
			t.Errorf("%d told after %v", len(told), time.Since(began))
		}
		for port, o := range told {
			if o.State == exposure.Closed {
				t.Errorf("port %d is closed", port)
			}
		}
	})
}

// A scan that takes half an hour at its pace confirms to its end.
func TestConfirmAtASlowPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := (Request{Targets: targetsOf("192.0.2.1"), TCP: portsUpTo(3000), Seed: 3, Profile: Polite}).complete()
		if err != nil {
			t.Fatal(err)
		}
		out := make(chan []exposure.Observation, 3000)
		c := newConfirmer(t.Context(), &run{engine: New(), request: &r}, out)
		c.shake = func(context.Context, netip.AddrPort, netio.Manners) netio.Handshake {
			return netio.Handshake{Reason: exposure.SynAck, After: netio.WasReset}
		}
		p := newPlan(exposure.TCP, r.Targets, r.TCP, r.Seed)
		for i, batch := range slices.Collect(slices.Chunk(seen(exposure.Open, r.TCP...), 100)) {
			if i == 20 {
				time.Sleep(30 * time.Minute) // of the bubble's clock
			}
			c.take(p, slices.Repeat([]conclusion{{evidence: evidence{shut: true}}}, len(batch)), batch)
		}
		c.finish()
		close(out)
		closed := 0
		for batch := range out {
			for _, o := range batch {
				if o.State == exposure.Closed {
					closed++
				}
			}
		}
		if closed != 3000 {
			t.Errorf("%d of 3000 confirmed", closed)
		}
	})
}
