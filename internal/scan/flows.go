package scan

import (
	"context"
	"sync"
	"time"
)

// flows counts the connections that a router of ours has to remember because
// it translates their addresses. The tables of household routers are small and
// keep what was never answered for minutes (RFC 5382 section 5 asks for 4):
// no more than mostFlows are opened in any flowTime. All scans share them, for
// it is one router.
type flows struct {
	mu     sync.Mutex
	epoch  time.Time
	opened []time.Duration // when each of the last ones was, since the epoch: a ring
	oldest int             // place in the ring, which the next one takes
	urgent int             // wanted by those who cannot do anything else meanwhile
}

const (
	mostFlows = 2000
	// flowTime is two minutes, and a little for what leaves later than it was
	// counted.
	flowTime = 121 * time.Second
	// flowKept is how long the most forgetful routers remember what was not
	// answered: what is asked again after it is one flow more.
	flowKept = 30 * time.Second
)

// take counts up to n connections as opened now and returns how many may be. It
// leaves spare ones for others.
func (f *flows) take(now time.Time, n, spare int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.claim(now, n, f.urgent+spare)
}

// claim takes connections as long as so many more than it takes are left.
func (f *flows) claim(now time.Time, n, spare int) int {
	if f.opened == nil {
		f.epoch = now
		f.opened = make([]time.Duration, mostFlows)
		for i := range f.opened {
			f.opened[i] = -flowTime
		}
	}
	// A clock that was set back must not put the ring out of order.
	at := max(now.Sub(f.epoch), f.opened[f.place(-1)])
	for taken := range n {
		if spare >= mostFlows || at-f.opened[f.place(spare)] < flowTime {
			return taken
		}
		f.opened[f.oldest] = at
		f.oldest = f.place(1)
	}
	return n
}

// place is the place in the ring of one that was opened later than the oldest,
// or, before it, last.
func (f *flows) place(after int) int { return (f.oldest + after + mostFlows) % mostFlows }

// giveBack returns connections that were not opened after all.
func (f *flows) giveBack(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.oldest = f.place(-1)
		f.opened[f.oldest] = -flowTime
	}
}

// due is when n more connections will have been opened, if nobody else opens
// any but those who wait for one.
func (f *flows) due(now time.Time, n int) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.frees(now, n+f.urgent)
}

func (f *flows) frees(now time.Time, n int) time.Time {
	if f.opened == nil {
		return now
	}
	n-- // before the last of them
	first := later(now, f.epoch.Add(f.opened[f.place(n%mostFlows)]+flowTime))
	return first.Add(time.Duration(n/mostFlows) * flowTime)
}

// wait waits for one connection and takes it, before anybody who does not wait.
// It is false when ctx has ended.
func (f *flows) wait(ctx context.Context) bool {
	f.want(1)
	defer f.want(-1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		now := time.Now()
		f.mu.Lock()
		taken, next := f.claim(now, 1, 0), f.frees(now, 1)
		f.mu.Unlock()
		if taken == 1 {
			return true
		}
		timer.Reset(next.Sub(now))
	}
}

func (f *flows) want(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.urgent += n
}
