package scan

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// TestExpect holds the reckoning against tries, which asks until it is small
// enough.
func TestExpect(t *testing.T) {
	for _, open := range []int{0, 5, 50} {
		for _, loss := range []float64{0.001, 0.05, 0.1, 0.3} {
			n := tries(open, loss, missed)
			if got := expect(open, loss, n); got > missed*1.0000001 { // 0.1³ is a little more than 0.001
				t.Errorf("%d open, loss %g: %g are expected to be missed after %d tries", open, loss, got, n)
			}
			if got := expect(open, loss, n-1); n > fewestTries && got <= missed {
				t.Errorf("%d open, loss %g: %d tries would do, %d were asked for", open, loss, n-1, n)
			}
		}
	}
	if got := expect(4, 0.5, -1); got != 5 {
		t.Errorf("without a try that counts %g of 5 are expected to be missed", got)
	}
}

// TestEffortOfAHost: what is expected of a host comes from the loss that its
// tries were worked out with, whether they were or the request fixed them.
func TestEffortOfAHost(t *testing.T) {
	seen := roundTrips{answered: 950, lost: 50}
	q := seen.bound()
	tests := map[string]struct {
		own  bool
		h    host
		want float64
	}{
		"measured": {false, host{open: 5, silent: 3, seen: seen, tried: tried{4, 6}}, 6 * math.Pow(q, 4)},
		"hasty":    {false, host{open: 5, silent: 3, seen: seen, tried: tried{4, 6}, hasty: 1}, 6 * math.Pow(q, 3)},
		"assumed":  {false, host{silent: 3, tried: tried{3, 3}}, math.Pow(assumedLoss, 3)},
		"own":      {true, host{silent: 3, tried: tried{2, 2}}, 0},
	}
	for name, test := range tests {
		for _, retries := range []int{-1, 3} {
			l := &ledger{own: test.own, retries: retries}
			if got := l.expect(&test.h); math.Abs(got-test.want) > 1e-12 {
				t.Errorf("%s, retries %d: got %g, want %g", name, retries, got, test.want)
			}
		}
	}
}

func TestEffortIsSummedUp(t *testing.T) {
	var e effort
	var s exposure.ScanSummary
	e.tell(&s, 0)
	if s.Tries != 0 || s.ExpectedMissed != nil || s.Profile != "" || s.Rate != 0 || s.RTT != 0 {
		t.Errorf("nothing was done, and it tells %+v", s)
	}
	for _, g := range []*group{{own: true}, {profile: WAN}, {profile: LAN}, {profile: WAN}} {
		e.drive(g)
	}
	var some tried
	for _, n := range []int{3, 2, 5} {
		some.count(n)
	}
	e.silence(some, 0.25)
	e.silence(tried{4, 4}, 0.123456)
	e.tell(&s, 500)
	if some != (tried{2, 5}) || s.Tries != 5 || s.Profile != "lan, wan" || s.Rate != 500 {
		t.Errorf("%+v: %+v", some, s)
	}
	if s.ExpectedMissed == nil || *s.ExpectedMissed != 0.373 {
		t.Errorf("expects %v", s.ExpectedMissed)
	}
}

// TestPaceIsSaid: the messages know the numbers of the profiles by heart.
func TestPaceIsSaid(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		say := lang.For(tag).Say
		for id, numbers := range map[string][]string{
			"scan.pace-wan":    {fmt.Sprint(wanLimits.rate), strings.Replace(fmt.Sprint(mostFlows), "2", "2,", 1)},
			"scan.pace-polite": {fmt.Sprint(politeLimits.rate)},
		} {
			for _, n := range numbers {
				if line := strings.NewReplacer("(", " ", "、", " ").Replace(say(id)); !strings.Contains(line, " "+n+" ") {
					t.Errorf("%s does not say %s: %q", id, n, line)
				}
			}
		}
	}
}

// TestTroubleIsSaidOnce though every lane met it.
func TestTroubleIsSaidOnce(t *testing.T) {
	n := &run{request: &Request{Say: lang.For(lang.English).Say}}
	n.troubled(nil)
	for _, err := range []string{"no buffer space", "no buffer space", "too many open files", "no buffer space"} {
		n.troubled(errors.New(err))
	}
	if len(n.summary.Notes) != 2 {
		t.Errorf("said %q", n.summary.Notes)
	}
}

// TestUDPEffort: what datagrams tell of a way, and what silence leaves open.
func TestUDPEffort(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(uint16) exposure.Reason
		change func(*udpLane)
		tries  int
		missed float64 // −1: unknown
		rtt    time.Duration
	}{
		"silent":   {openEach(2000, ""), nil, 3, 0.001, 0},
		"fixed":    {openEach(2000, ""), func(l *udpLane) { l.retries = 0 }, 1, 0.1, 0},
		"own":      {openEach(2000, ""), func(l *udpLane) { l.own = true }, 2, 0, 0},
		"answered": {openEach(100, exposure.PortUnreach), nil, 0, -1, time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := udpNetwork{answer: c.answer, delay: time.Millisecond}
				s := driveUDP(t.Context(), t, &w, 200, c.change).summary
				// The one port that a limiter is looked for on may get more.
				if s.Tries < c.tries || c.tries == 0 && s.Tries > 0 {
					t.Errorf("%d tries, want %d", s.Tries, c.tries)
				}
				switch {
				case (s.ExpectedMissed == nil) != (c.missed < 0):
					t.Errorf("expects %v, want %g", s.ExpectedMissed, c.missed)
				case s.ExpectedMissed != nil && *s.ExpectedMissed != c.missed:
					t.Errorf("expects %g, want %g", *s.ExpectedMissed, c.missed)
				}
				if got := time.Duration(s.RTT); got != c.rtt {
					t.Errorf("round trip %v, want %v", got, c.rtt)
				}
			})
		})
	}
}

// TestEffortOfEarlierRuns: the silent ports of a host that no lane asks any more
// count as well, once, and those of a host that is still asked are the lane's.
func TestEffortOfEarlierRuns(t *testing.T) {
	r, err := Request{
		Targets: []exposure.Target{
			{Address: netip.MustParseAddr("192.0.2.1")},
			{Address: netip.MustParseAddr("192.0.2.2")},
			{Address: netip.MustParseAddr("192.0.2.3")},
		},
		TCP: []uint16{1, 2}, Echo: true,
		Own: func(a netip.Addr) bool { return a == netip.MustParseAddr("192.0.2.3") },
	}.complete()
	if err != nil {
		t.Fatal(err)
	}
	k := &known{
		request: &r, targets: r.Targets,
		ports: make([]uint8, len(r.Targets)*r.each()),
		hosts: map[hostPlace]*hostPast{},
	}
	for i := range k.ports {
		k.ports[i] = settled
	}
	k.ports[r.each()+r.item(exposure.TCP)] = 2 // of the second target
	for i := range r.Targets {
		h := &hostPast{open: 1}
		for _, tries := range []int{4, 3} {
			h.learn(&conclusion{evidence: evidence{reason: exposure.NoResponse}, state: exposure.Filtered, tries: tries}, 1)
		}
		k.hosts[hostPlace{i, exposure.TCP}] = h
		k.hosts[hostPlace{i, exposure.ICMP}] = h
	}
	var e effort
	k.silence(&e)
	if want := 2 * math.Pow(assumedLoss, 3); !e.silent || e.tries != 4 || math.Abs(e.missed-want) > 1e-12 {
		t.Errorf("got %+v, want %g missed after 4 tries", e, want)
	}
}
