package scan

import (
	"slices"
	"time"
)

// prover asks the silent ports of a host that limits its ICMP errors, just
// under the limit, so that each closed one gets its error. A port that a filter
// drops takes nothing out of the limiter's bucket, so its place is free again
// when it has missed. Whether a silence means anything is seen by asking a port
// that is known to be refused: when that is silent too, the limit is lower than
// was believed, and what missed meanwhile is asked anew.
//
// It knows neither sockets nor the clock.
type prover struct {
	rate    float64 // errors a second that the host is believed to send
	growth  float64 // of the rate, for each proof
	credit  float64 // questions that may go out
	last    time.Time
	until   time.Time // when to give up
	queue   []uint32
	misses  map[uint32]uint8
	out     []question // in order
	missed  []uint32   // of which no refusal of another port tells yet what it means
	enough  int        // so many of them call for a control
	dark    int        // controls in a row that were silent
	control uint32     // a port that is known to be refused
}

// question is one that may still be answered.
type question struct {
	index uint32
	at    time.Time
}

const (
	// proverBurst is what a pause of our own process may make up for.
	proverBurst = 3
	// proverBelow keeps the pace just under the limit.
	proverBelow = 0.98
	// proverFirst is the pace where nothing was measured: that of Linux.
	proverFirst   = 1.0
	proverSlowest = 1.0 / 60
	// proverMisses is how often a port is silent before it stays so.
	proverMisses             = 2
	proverFewest, proverMost = 3, 32
	// proverDark is how many silent controls in a row end it: the host is gone.
	proverDark = 6
)

func newProver(rate float64, measured bool, control uint32, silent []uint32, now, until time.Time) *prover {
	p := &prover{
		rate: rate, growth: 1.01, last: now, until: until, queue: silent,
		misses: map[uint32]uint8{}, enough: proverFewest, control: control,
	}
	if !measured {
		p.growth = 1.5
		if p.rate = min(rate, proverFirst); rate <= 0 {
			p.rate = proverFirst
		}
	}
	return p
}

// over reports whether nothing is left to be asked, or no time.
func (p *prover) over(now time.Time) bool {
	return len(p.queue)+len(p.out)+len(p.missed) == 0 || !now.Before(p.until) || p.dark >= proverDark
}

// due is the port to ask now, if any.
func (p *prover) due(now time.Time) (uint32, bool) {
	p.credit = min(p.credit+now.Sub(p.last).Seconds()*p.rate*proverBelow, proverBurst)
	p.last = now
	if p.credit < 1 || p.controlling() {
		return 0, false
	}
	index := p.control
	switch {
	case len(p.missed) >= p.enough || len(p.queue) == 0 && len(p.out) == 0 && len(p.missed) > 0:
		if len(p.out) > 0 {
			return 0, false // what is out may be answered yet
		}
	case len(p.queue) > 0:
		index, p.queue = p.queue[0], p.queue[1:]
	default:
		return 0, false
	}
	p.credit--
	p.out = append(p.out, question{index, now})
	return index, true
}

func (p *prover) controlling() bool {
	return len(p.out) > 0 && p.out[len(p.out)-1].index == p.control
}

// next is when there may be something to ask.
func (p *prover) next(now time.Time, patience time.Duration) time.Time {
	next := now.Add(time.Duration((1 - p.credit) / (p.rate * proverBelow) * float64(time.Second)))
	if len(p.out) > 0 {
		if t := p.out[0].at.Add(patience); t.Before(next) || p.controlling() {
			next = t
		}
	}
	return next
}

// answered takes in that a port was refused, or answered. It returns the ports
// whose silence means something.
func (p *prover) answered(index uint32) (silent []uint32) {
	late := false
	if !p.unask(index) {
		// The answer to what was given up already.
		if p.missed, late = without(p.missed, index); !late {
			return nil
		}
	}
	p.dark = 0
	p.rate *= p.growth
	missed := p.missed
	p.missed = nil
	if index != p.control {
		p.queue = append(p.queue, missed...)
		return nil
	}
	p.enough = min(2*p.enough, proverMost)
	for _, m := range missed {
		if p.misses[m]++; p.misses[m] >= proverMisses {
			silent = append(silent, m)
		} else {
			p.queue = append(p.queue, m)
		}
	}
	return silent
}

func without(list []uint32, index uint32) ([]uint32, bool) {
	i := slices.Index(list, index)
	if i < 0 {
		return list, false
	}
	return slices.Delete(list, i, i+1), true
}

// putBack takes back a question that was not sent.
func (p *prover) putBack(index uint32) {
	if p.unask(index) && index != p.control {
		p.queue = append(p.queue, index)
	}
}

// unask takes a question back.
func (p *prover) unask(index uint32) bool {
	n := len(p.out)
	p.out = slices.DeleteFunc(p.out, func(q question) bool { return q.index == index })
	return len(p.out) < n
}

// expire takes in the silence of what was asked too long ago.
func (p *prover) expire(now time.Time, patience time.Duration) {
	for len(p.out) > 0 && now.Sub(p.out[0].at) >= patience {
		index := p.out[0].index
		p.out = p.out[1:]
		if index != p.control {
			p.missed = append(p.missed, index)
			p.credit = min(p.credit+1, proverBurst)
			continue
		}
		p.queue = append(p.queue, p.missed...)
		p.missed = nil
		p.rate = max(p.rate*0.7, proverSlowest)
		p.growth, p.credit, p.enough = 1.01, 0, proverFewest
		p.dark++
	}
}

// rest is how long it will take.
func (p *prover) rest(now time.Time) time.Duration {
	n := float64(len(p.queue) + len(p.out) + len(p.missed))
	return min(time.Duration(n/p.rate*float64(time.Second)), max(p.until.Sub(now), 0))
}
