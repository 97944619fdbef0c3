package scan

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestProver proves the ports of hosts whose limits are known, some of them
// dropped by a filter, over a way that may lose.
func TestProver(t *testing.T) {
	const trip = 2 * time.Millisecond
	start := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		name            string
		bucket          bucket
		believed        float64
		measured        bool
		closed, dropped int
		loss            float64
		within          time.Duration // beyond what the limit needs
	}{
		{"linux", bucket{rate: 1, burst: 6}, 1, true, 100, 0, 0, 10 * time.Second},
		{"believed-too-fast", bucket{rate: 1, burst: 6}, 3, true, 100, 0, 0, 60 * time.Second},
		{"not-measured", bucket{rate: 1, burst: 6}, 0.4, false, 100, 0, 0, 60 * time.Second},
		{"half-is-dropped", bucket{rate: 10, burst: 6}, 10, true, 200, 200, 0, 30 * time.Second},
		{"all-is-dropped", bucket{rate: 1, burst: 6}, 1, true, 0, 300, 0, 120 * time.Second},
		{"loss", bucket{rate: 20, burst: 6}, 20, true, 200, 50, 0.1, 30 * time.Second},
		{"ipv6", bucket{rate: 10, burst: 6}, 9, true, 400, 0, 0, 15 * time.Second},
		{"no-limit-any-more", bucket{rate: 1e9, burst: 1e9}, 5, true, 100, 0, 0, 20 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			lost := func() bool { return c.loss > 0 && random.Float64() < c.loss }
			control := uint32(c.closed + c.dropped)
			var ports []uint32
			for i := range control {
				ports = append(ports, i)
			}
			random.Shuffle(len(ports), func(i, j int) { ports[i], ports[j] = ports[j], ports[i] })
			for c.bucket.pass(start) && c.bucket.burst < 1e9 {
			}
			p := newProver(c.believed, c.measured, control, ports, start, start.Add(time.Hour))
			closed := map[uint32]bool{}
			var silent []uint32
			type answer struct {
				at    time.Time
				index uint32
			}
			var flying []answer
			now := start
			for ; !p.over(now); now = now.Add(5 * time.Millisecond) {
				for len(flying) > 0 && !flying[0].at.After(now) {
					index := flying[0].index
					flying = flying[1:]
					closed[index] = index != control
					p.answered(index)
				}
				silent = append(silent, p.expire(now, 200*time.Millisecond)...)
				for {
					index, ok := p.due(now)
					if !ok {
						break
					}
					dropped := index < uint32(c.dropped)
					if !dropped && !lost() && c.bucket.pass(now) && !lost() {
						flying = append(flying, answer{now.Add(trip), index})
					}
				}
			}
			delete(closed, control)
			if len(closed) != c.closed {
				t.Errorf("%d of %d closed ports proved", len(closed), c.closed)
			}
			wrong := slices.DeleteFunc(silent, func(i uint32) bool { return i < uint32(c.dropped) })
			if len(wrong) > 0 {
				t.Errorf("%d closed ports were taken for silent ones", len(wrong))
			}
			least := time.Duration(float64(c.closed) / c.bucket.rate * float64(time.Second))
			if took := now.Sub(start); took > least+c.within {
				t.Errorf("%v, where the limit needs %v", took, least)
			}
		})
	}
}

// TestProverEnds though the host is gone, and when its time is over.
func TestProverEnds(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	for name, until := range map[string]time.Duration{"gone": time.Hour, "late": 20 * time.Second} {
		p := newProver(1, true, 9, []uint32{1, 2, 3, 4, 5, 6, 7, 8}, start, start.Add(until))
		now := start
		for ; !p.over(now); now = now.Add(10 * time.Millisecond) {
			p.expire(now, 200*time.Millisecond)
			p.due(now)
		}
		if took := now.Sub(start); took > min(until, 3*time.Minute) {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// TestProverPutBack: what could not be sent is no silence.
func TestProverPutBack(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	p := newProver(1, true, 9, []uint32{1}, start, start.Add(time.Hour))
	index, ok := p.due(start.Add(2 * time.Second))
	if !ok || index != 1 {
		t.Fatalf("port %d, %v", index, ok)
	}
	p.putBack(index)
	p.expire(start.Add(10*time.Second), time.Second)
	if len(p.missed) != 0 || !slices.Equal(p.queue, []uint32{1}) {
		t.Errorf("missed %v, queue %v", p.missed, p.queue)
	}
}
