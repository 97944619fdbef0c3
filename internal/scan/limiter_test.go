package scan

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// bucket lets errors pass as Linux does: so many at once, then so many a
// second.
type bucket struct {
	rate, burst, tokens float64
	last                time.Time
}

func (b *bucket) pass(now time.Time) bool {
	if b.last.IsZero() {
		b.tokens = b.burst
	} else {
		b.tokens = min(b.tokens+now.Sub(b.last).Seconds()*b.rate, b.burst)
	}
	b.last = now
	// What adds up to a token in truth may lack a little in numbers.
	if b.tokens < 1-1e-9 {
		return false
	}
	b.tokens--
	return true
}

// TestLimiterRate asks closed ports for a while, and has the rate of what came.
func TestLimiterRate(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name     string
		bucket   bucket
		empty    bool // somebody asked before us
		ask      time.Duration
		watch    time.Duration
		most     float64 // the rate that is told at most, and at least
		least    float64
		measured bool
	}{
		{"linux", bucket{rate: 1, burst: 6}, false, time.Millisecond, 1100 * time.Millisecond, 1.01, 0.99, true},
		{"linux-empty", bucket{rate: 1, burst: 6}, true, time.Millisecond, 1100 * time.Millisecond, 1.01, 0.9, false},
		{"linux-half-empty", bucket{rate: 1, burst: 1.5}, false, time.Millisecond, 1100 * time.Millisecond, 2, 1, false},
		{"linux-nearly-empty", bucket{rate: 1, burst: 2.3}, false, time.Millisecond, 1100 * time.Millisecond, 1.5, 1, false},
		{"linux-too-short", bucket{rate: 1, burst: 6}, false, time.Millisecond, 900 * time.Millisecond, 1.2, 1, false},
		{"linux-long", bucket{rate: 1, burst: 6}, false, 10 * time.Millisecond, 30 * time.Second, 1.01, 0.99, true},
		{"linux-ipv6", bucket{rate: 10, burst: 6}, false, time.Millisecond, 1100 * time.Millisecond, 10.5, 9.5, true},
		{"linux-ipv6-short-prefix", bucket{rate: 160, burst: 6}, false, time.Millisecond, 1100 * time.Millisecond, 170, 150, true},
		{"freebsd", bucket{rate: 200, burst: 200}, false, 300 * time.Microsecond, 10 * time.Second, 210, 190, true},
		{"one-in-five-seconds", bucket{rate: 0.2, burst: 6}, false, 25 * time.Millisecond, 12 * time.Second, 0.21, 0.19, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l limiter
			if c.empty {
				for c.bucket.pass(start) {
				}
			}
			for now := start; now.Before(start.Add(c.watch)); now = now.Add(c.ask) {
				l.ask(now)
				if c.bucket.pass(now) {
					l.proof(now)
				}
			}
			rate, measured := l.rate()
			if rate > c.most || rate < c.least || measured != c.measured {
				t.Errorf("%.3f a second, measured %v; want %.3f to %.3f, %v", rate, measured, c.least, c.most, c.measured)
			}
			if len(l.proofs) > mostProofs {
				t.Errorf("%d errors are remembered", len(l.proofs))
			}
		})
	}
	var l limiter
	if rate, measured := l.rate(); rate != 0 || measured {
		t.Errorf("nothing came: %v, %v", rate, measured)
	}
}

// TestLimiterLimited tells a limit from a way that loses.
func TestLimiterLimited(t *testing.T) {
	for _, c := range []struct {
		name          string
		refused, open roundTrips
		want          bool
	}{
		{"nothing-known", roundTrips{}, roundTrips{}, false},
		{"one-silent", roundTrips{0, 1}, roundTrips{}, false},
		{"three-silent", roundTrips{0, 3}, roundTrips{}, true},
		{"linux", roundTrips{0, 12}, roundTrips{100, 0}, true},
		{"one-token-between", roundTrips{1, 11}, roundTrips{90, 10}, true},
		{"no-limit", roundTrips{12, 0}, roundTrips{100, 0}, false},
		{"loss-of-a-tenth", roundTrips{10, 2}, roundTrips{90, 10}, false},
		{"loss-of-a-third", roundTrips{8, 4}, roundTrips{66, 33}, false},
		{"loss-and-nobody-open", roundTrips{8, 4}, roundTrips{}, false},
		{"everything-is-lost", roundTrips{0, 12}, roundTrips{0, 100}, false},
	} {
		l := limiter{trips: c.refused}
		if got := l.limited(c.open); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestSpan rounds times up.
func TestSpan(t *testing.T) {
	r, err := Request{Targets: []exposure.Target{{Address: netip.MustParseAddr("192.0.2.1")}}, UDP: []uint16{1}}.complete()
	if err != nil {
		t.Fatal(err)
	}
	n := &run{request: &r}
	for seconds, want := range map[float64]string{
		0: "1 s", 0.4: "1 s", 59.99: "60 s", 98: "98 s", 120: "2 min", 940: "16 min", 941 * 7: "110 min",
		7200: "2 h", 65000: "19 h", math.Nextafter(3600, 0): "60 min",
	} {
		if got := n.span(seconds); got != want {
			t.Errorf("%v s: %q, want %q", seconds, got, want)
		}
	}
}
