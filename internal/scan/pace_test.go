package scan

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestPaceKeepsTheRate(t *testing.T) {
	for _, rate := range []float64{1, 50, 3000, 40000} {
		p := &pace{rate: rate}
		sent := 0
		const seconds = 10
		for now := noon; now.Before(noon.Add(seconds * time.Second)); now = now.Add(time.Millisecond) {
			n := p.allow(now, mostBatch)
			p.spend(n)
			sent += n
		}
		if most := rate*seconds + max(rate*burst.Seconds(), 1); float64(sent) > most || float64(sent) < rate*seconds*0.9 {
			t.Errorf("rate %g: %d packets in %d s", rate, sent, seconds)
		}
	}
}

// TestPaceMakesUpForLittle lets the process sleep: what it did not send then
// must not go out in one burst.
func TestPaceMakesUpForLittle(t *testing.T) {
	p := &pace{rate: 1000}
	p.allow(noon, mostBatch)
	if n := p.allow(noon.Add(time.Minute), 1000000); n > 10 {
		t.Errorf("%d packets at once after a pause", n)
	}
}

func TestPaceNext(t *testing.T) {
	p := &pace{rate: 10}
	p.spend(p.allow(noon, mostBatch))
	next := p.next(noon)
	if want := noon.Add(100 * time.Millisecond); next.Sub(want).Abs() > 2*time.Microsecond {
		t.Errorf("next after %v, want 100ms", next.Sub(noon))
	}
	if n := p.allow(next, mostBatch); n != 1 {
		t.Errorf("%d packets when one is due", n)
	}
}

func TestPaceFault(t *testing.T) {
	p := &pace{}
	now := noon
	last := time.Duration(0)
	for range 12 {
		p.fault(now)
		pause := p.next(now).Sub(now)
		if pause < last || pause > longestPause {
			t.Fatalf("pause of %v after one of %v", pause, last)
		}
		if n := p.allow(now.Add(pause-1), mostBatch); n != 0 {
			t.Fatalf("%d packets inside the pause", n)
		}
		now, last = now.Add(pause), pause
	}
	if last != longestPause {
		t.Errorf("the pause grew to %v, want %v", last, longestPause)
	}
	p.spend(p.allow(now, 1))
	p.fault(now)
	if pause := p.next(now).Sub(now); pause != shortestPause {
		t.Errorf("after a packet that went out the pause is %v, want %v", pause, shortestPause)
	}
}

func TestPaceWithoutRate(t *testing.T) {
	p := &pace{}
	for range 100 {
		if n := p.allow(noon, mostBatch); n != mostBatch {
			t.Fatalf("%d packets allowed, want %d", n, mostBatch)
		}
		p.spend(mostBatch)
	}
	if next := p.next(noon); next != noon {
		t.Errorf("next is %v away", next.Sub(noon))
	}
}

// TestPaceUnderAnother: many scans together keep the rate of all, and each its own.
func TestPaceUnderAnother(t *testing.T) {
	all := &pace{rate: 1000}
	var list []*pace
	for range 10 {
		list = append(list, &pace{rate: 300, above: all})
	}
	const seconds = 10
	sent := make([]int, len(list))
	for now := noon; now.Before(noon.Add(seconds * time.Second)); now = now.Add(time.Millisecond) {
		for i, p := range list {
			n := p.allow(now, mostBatch)
			p.spend(n)
			sent[i] += n
		}
	}
	sum := 0
	for i, n := range sent {
		if sum += n; n > 300*seconds+3 {
			t.Errorf("scan %d sent %d", i, n)
		}
	}
	if sum > 1000*seconds+10 || sum < 900*seconds {
		t.Errorf("all together sent %d in %d s", sum, seconds)
	}
	if next := list[0].next(noon.Add(seconds * time.Second)); next.Sub(noon) > seconds*time.Second+crowdPause {
		t.Errorf("one in a crowd waits for %v", next.Sub(noon))
	}
}
