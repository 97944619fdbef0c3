package scan

import (
	"sync"
	"time"
)

// flows counts the connections that a router of ours has to remember because
// it translates their addresses. The tables of household routers are small and
// keep what was never answered for minutes (RFC 5382 section 5 asks for 4):
// no more than mostFlows are opened in any flowTime.
type flows struct {
	mu     sync.Mutex
	epoch  time.Time
	opened [flowSeconds]int // by second
	second int64            // since the epoch
	sum    int
}

const (
	mostFlows   = 2000
	flowSeconds = 121 // one more than the time, since the current second is not over
)

// turn forgets what was opened long ago.
func (f *flows) turn(now time.Time) {
	if f.epoch.IsZero() {
		f.epoch = now
	}
	second := int64(now.Sub(f.epoch) / time.Second)
	for n := 0; f.second < second && n < flowSeconds; n++ {
		f.second++
		f.sum -= f.opened[f.second%flowSeconds]
		f.opened[f.second%flowSeconds] = 0
	}
	f.second = max(f.second, second)
}

// allow is how many connections may be opened now.
func (f *flows) allow(now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	return max(mostFlows-f.sum, 0)
}

// open counts connections.
func (f *flows) open(now time.Time, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.turn(now)
	f.opened[f.second%flowSeconds] += n
	f.sum += n
}
