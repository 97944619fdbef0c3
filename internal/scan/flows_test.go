package scan

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// opener opens flows and remembers when.
type opener struct {
	flows
	times []time.Time
}

func (o *opener) open(now time.Time, n int) int {
	n = o.take(now, n, 0)
	for range n {
		o.times = append(o.times, now)
	}
	return n
}

// crowded is the most that were opened in any two minutes. The times rise.
func crowded(times []time.Time) int {
	most, first := 0, 0
	for i, t := range times {
		for t.Sub(times[first]) >= 2*time.Minute {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

func TestFlowsSlide(t *testing.T) {
	var o opener
	start := time.Now()
	after := func(d time.Duration) time.Time { return start.Add(d) }
	for _, step := range []struct {
		at       time.Duration
		want, is int
	}{
		{0, 500, 500},
		{time.Second, 2000, 1500},
		{time.Second, 1, 0},
		{flowTime - 1, 10, 0},
		{flowTime, 1, 1}, // each is free again to the moment
		{flowTime, 2000, 499},
		{flowTime + time.Second - 1, 1, 0},
		{flowTime + time.Second, 2000, 1500},
		{time.Hour, 2001, 2000}, // a long pause saves nothing up
		{time.Second, 1, 0},     // a clock that was set back
		{time.Hour + flowTime, 2000, 2000},
		{flowTime, 5, 0},
	} {
		if got := o.take(after(step.at), step.want, 0); got != step.is {
			t.Fatalf("after %v: %d of %d, want %d", step.at, got, step.want, step.is)
		}
	}
	if got, want := o.due(after(time.Hour+flowTime), 1), after(time.Hour+2*flowTime); !got.Equal(want) {
		t.Errorf("the next is due after %v, want %v", got.Sub(start), want.Sub(start))
	}
	if got, want := o.due(after(time.Hour+flowTime), mostFlows+1), after(time.Hour+3*flowTime); !got.Equal(want) {
		t.Errorf("the 2001st is due after %v, want %v", got.Sub(start), want.Sub(start))
	}
}

func TestFlowsSpareAndGiveBack(t *testing.T) {
	var f flows
	now := time.Now()
	if !f.due(now, mostFlows).Equal(now) {
		t.Error("the first are not due at once")
	}
	if got := f.take(now, mostFlows, 250); got != mostFlows-250 {
		t.Errorf("%d, want 250 left", got)
	}
	f.giveBack(100)
	if got := f.take(now, mostFlows, 0); got != 350 {
		t.Errorf("%d, want 350", got)
	}
	if got := f.take(now, 1, mostFlows+1); got != 0 {
		t.Errorf("%d though more than all are to be left", got)
	}
}

// TestFlowsNeverCrowd takes at random times, as many as will have it, and gives
// some back.
func TestFlowsNeverCrowd(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		var o opener
		start := time.Now()
		now := start
		for range 5000 {
			switch random.IntN(100) {
			case 0:
				now = now.Add(time.Duration(random.Int64N(int64(5 * time.Minute))))
			case 1:
				o.take(now.Add(-time.Duration(random.Int64N(int64(time.Hour)))), 0, 0)
			default:
				now = now.Add(time.Duration(random.Int64N(int64(time.Second))))
			}
			n := o.open(now, random.IntN(60))
			if back := random.IntN(10); back == 1 && n > 0 {
				o.giveBack(n)
				o.times = o.times[:len(o.times)-n]
			}
		}
		if busiest := crowded(o.times); busiest > mostFlows {
			t.Fatalf("seed %d: %d in two minutes", seed, busiest)
		}
		if least := int(now.Sub(start)/flowTime) * mostFlows / 3; len(o.times) < least {
			t.Errorf("seed %d: %d in %v, that is less than could have been: %d", seed, len(o.times), now.Sub(start), least)
		}
	}
}

// Who waits for a connection comes before who only wants some, and the end of a
// context ends the wait.
func TestFlowsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flows
		start := time.Now()
		f.take(start, mostFlows, 0)
		ctx, cancel := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		var got [3]bool
		for i := range got {
			all.Go(func() { got[i] = f.wait(ctx) })
		}
		synctest.Wait()
		<-time.After(flowTime)
		all.Wait()
		if got != [3]bool{true, true, true} {
			t.Errorf("waited in vain: %v", got)
		}
		if n := f.take(time.Now(), mostFlows, 0); n != mostFlows-3 {
			t.Errorf("%d are left beside those three", n)
		}
		all.Go(func() { got[0] = f.wait(ctx) })
		synctest.Wait()
		if n := f.take(time.Now().Add(flowTime), mostFlows, 0); n != mostFlows-1 {
			t.Errorf("%d, though one is waited for", n)
		}
		cancel(errors.New("interrupted"))
		all.Wait()
		if passed := time.Since(start); got[0] || passed != flowTime {
			t.Errorf("%t after %v, want no connection and no wait", got[0], passed)
		}
	})
}
