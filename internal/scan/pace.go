package scan

import (
	"math"
	"sync"
	"time"
)

// pace says when how much may be sent on the ways that share it. It knows the
// clock only from its callers.
type pace struct {
	rate   float64 // packets a second; 0: as fast as they go
	window int     // questions that may be unanswered at once
	above  *pace   // that of all scans of the engine; nil without any

	mu      sync.Mutex
	credit  float64
	last    time.Time
	resume  time.Time     // after a fault of this machine
	backoff time.Duration // of the next fault
}

// burst is how much may go out at once, in time: what a pause of our own
// process may make up for. At least one packet may.
const burst = 10 * time.Millisecond

// The pause after a fault of this machine doubles between these.
const (
	shortestPause = 5 * time.Millisecond
	longestPause  = 200 * time.Millisecond
)

// allow is how many packets may go now, at most most.
func (p *pace) allow(now time.Time, most int) int {
	most = p.allowed(now, most)
	if p.above != nil && most > 0 {
		return p.above.allow(now, most)
	}
	return most
}

func (p *pace) allowed(now time.Time, most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.resume) {
		return 0
	}
	if p.rate <= 0 {
		return most
	}
	if p.last.IsZero() {
		p.credit = 1
	} else {
		p.credit += now.Sub(p.last).Seconds() * p.rate
	}
	p.last = now
	p.credit = min(p.credit, max(p.rate*burst.Seconds(), 1))
	return min(int(max(p.credit, 0)), most)
}

// speed is how many packets a second may go.
func (p *pace) speed() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rate <= 0 {
		return math.Inf(1)
	}
	return p.rate
}

// spend counts what was sent.
func (p *pace) spend(packets int) {
	if p.above != nil {
		p.above.spend(packets)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.credit -= float64(packets)
	if packets > 0 {
		p.backoff = 0
	}
}

// set changes the rate.
func (p *pace) set(rate float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = rate
}

// fault tells that this machine could not send.
func (p *pace) fault(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backoff = min(max(2*p.backoff, shortestPause), longestPause)
	p.resume = now.Add(p.backoff)
}

// crowdPause is how long a scan waits where others have taken what all together may
// send: hundreds of them are not to look at the clock for each packet.
const crowdPause = burst

// next is when allow will say more than 0 again.
func (p *pace) next(now time.Time) time.Time {
	if p.above != nil && p.above.next(now).After(now) {
		return later(p.own(now), now.Add(crowdPause))
	}
	return p.own(now)
}

func (p *pace) own(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.resume) {
		return p.resume
	}
	if p.rate <= 0 || p.credit >= 1 {
		return now
	}
	// Rounded up, so that it is not a moment too early.
	return now.Add(time.Duration((1-p.credit)/p.rate*float64(time.Second)) + time.Microsecond)
}

// limits are what a profile allows: packets a second, the same as long as
// nobody answers who could show what the path takes, and questions that may be
// unanswered at once.
type limits struct {
	rate   float64
	blind  float64
	window int
}

// The limits of the profiles, and of this machine's own addresses, where no
// path can be hurt. What lies on the Internet is not asked blindly as fast as
// what lies near.
var (
	ownLimits    = limits{0, 0, 4096}
	lanLimits    = limits{1e6, 1e6, 16384}
	farLimits    = limits{1e6, 20000, 16384}
	wanLimits    = limits{500, 500, 1000}
	politeLimits = limits{50, 50, 100}
)
