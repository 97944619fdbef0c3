package scan

import (
	"slices"
	"time"
)

// prover asks the silent ports of a host that limits its ICMP errors, just
// under the limit, so that each closed one gets its error. A port that a filter
// drops takes nothing out of the limiter's bucket, so its place is free again
// when it has missed.
//
// What such a silence means is found out by trial: some of the ports that
// missed are asked in one go, and right after them one that is known to be
// refused. When that is answered, the bucket was not empty before, and whoever
// was silent then was so of its own. When it is silent too, the limit is lower
// than was believed.
//
// It knows neither sockets nor the clock.
type prover struct {
	control uint32  // a port that is known to be refused
	rate    float64 // errors a second that the host is believed to send
	growth  float64 // of the rate, for each proof
	credit  float64 // questions that may go out
	last    time.Time
	until   time.Time // when to give up
	queue   []uint32
	out     []question // in order
	missed  []uint32   // ports that were silent when asked alone
	asked   time.Time  // something, last

	trial  *trial // nil: none is under way
	most   int    // ports of the next trial
	misses map[uint32]uint8
	dark   int // trials in a row whose control was silent
}

// trial is some ports that are asked in one go with the control after them.
type trial struct {
	ports   []uint32 // that were not answered
	ahead   []uint32 // what is still to be sent
	upheld  bool     // the control was answered
	refused bool     // a port was, too: alone it was asked too soon
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
	// proverPause is how many errors may be saved up before a trial.
	proverPause = 2
	// proverMisses is in how many trials a port is silent before it stays so.
	proverMisses             = 2
	proverFewest, proverMost = 4, 32
	// proverDark is how many silent controls in a row end it: the host is gone.
	proverDark = 6
)

func newProver(rate float64, measured bool, control uint32, silent []uint32, now, until time.Time) *prover {
	p := &prover{
		rate: rate, growth: 1.002, last: now, asked: now, until: until, queue: silent,
		misses: map[uint32]uint8{}, most: proverFewest, control: control,
	}
	if !measured {
		p.growth = 1.2
		if p.rate = min(rate, proverFirst); rate <= 0 {
			p.rate = proverFirst
		}
	}
	return p
}

// over reports whether nothing is left to be asked, or no time.
func (p *prover) over(now time.Time) bool {
	return len(p.queue)+len(p.out)+len(p.missed) == 0 && p.trial == nil || !now.Before(p.until) || p.dark >= proverDark
}

// due is the port to ask now, if any.
func (p *prover) due(now time.Time) (index uint32, ok bool) {
	p.credit = min(p.credit+now.Sub(p.last).Seconds()*p.rate*proverBelow, proverBurst)
	p.last = now
	if p.trying(now) {
		n := min(p.most, len(p.missed))
		p.trial = &trial{ports: slices.Clone(p.missed[:n]), ahead: append(slices.Clone(p.missed[:n]), p.control)}
		p.missed = slices.Delete(p.missed, 0, n)
	}
	switch {
	case p.trial != nil && len(p.trial.ahead) > 0:
		index, p.trial.ahead = p.trial.ahead[0], p.trial.ahead[1:]
	case p.trial != nil || p.wants() || len(p.queue) == 0 || p.credit < 1:
		return 0, false
	default:
		index, p.queue = p.queue[0], p.queue[1:]
	}
	p.credit = max(p.credit-1, 0)
	p.asked = now
	p.out = append(p.out, question{index, now})
	return index, true
}

// wants reports whether a trial is to be held next.
func (p *prover) wants() bool {
	return len(p.missed) >= p.most || len(p.missed) > 0 && len(p.queue)+len(p.out) == 0
}

// trying reports whether it may be held now: nothing else is under way, and
// the bucket had the time to fill a little.
func (p *prover) trying(now time.Time) bool {
	return p.wants() && p.trial == nil && len(p.out) == 0 && now.Sub(p.asked) >= p.pause()
}

func (p *prover) pause() time.Duration { return p.span(proverPause) }

// span is how long the host needs for some errors.
func (p *prover) span(errors float64) time.Duration {
	return time.Duration(errors / (p.rate * proverBelow) * float64(time.Second))
}

// next is when there may be something to ask.
func (p *prover) next(now time.Time, patience time.Duration) time.Time {
	next := now.Add(p.span(1 - p.credit))
	if p.wants() {
		next = p.asked.Add(p.pause())
	}
	if len(p.out) > 0 {
		if t := p.out[0].at.Add(patience); t.Before(next) || p.wants() || p.trial != nil {
			next = t
		}
	}
	return next
}

// answered takes in that a port was refused, or answered.
func (p *prover) answered(index uint32) {
	waited := p.drop(index)
	if i := slices.Index(p.missed, index); i >= 0 {
		p.missed = slices.Delete(p.missed, i, i+1) // late
	}
	switch t := p.trial; {
	case t == nil && waited:
		p.rate *= p.growth
	case t != nil && index == p.control:
		t.upheld = t.upheld || waited
	case t != nil:
		n := len(t.ports)
		t.ports = slices.DeleteFunc(t.ports, func(i uint32) bool { return i == index })
		t.refused = t.refused || len(t.ports) < n
	}
}

// putBack takes back a question that was not sent.
func (p *prover) putBack(index uint32) {
	if p.drop(index) && p.trial == nil {
		p.queue = append(p.queue, index)
	}
}

// drop takes out a question that no answer is waited for any more.
func (p *prover) drop(index uint32) bool {
	n := len(p.out)
	p.out = slices.DeleteFunc(p.out, func(q question) bool { return q.index == index })
	return len(p.out) < n
}

// expire takes in the silence of what was asked too long ago. It returns the
// ports whose silence is their own.
func (p *prover) expire(now time.Time, patience time.Duration) (silent []uint32) {
	for len(p.out) > 0 && now.Sub(p.out[0].at) >= patience {
		index := p.out[0].index
		p.out = p.out[1:]
		if p.trial == nil {
			p.missed = append(p.missed, index)
			p.credit = min(p.credit+1, proverBurst)
		}
	}
	if t := p.trial; t != nil && len(t.ahead)+len(p.out) == 0 {
		p.trial = nil
		silent = p.judge(t)
	}
	return silent
}

// judge ends a trial.
func (p *prover) judge(t *trial) (silent []uint32) {
	if t.refused || !t.upheld {
		// The pace was too fast for the bucket.
		p.rate = max(p.rate*0.9, proverSlowest)
		p.growth = 1.002
	}
	if !t.upheld {
		p.missed = append(p.missed, t.ports...)
		p.most = max(p.most/2, 1)
		if p.dark++; t.refused {
			p.dark = 0
		}
		return nil
	}
	p.dark = 0
	p.most = min(2*p.most, proverMost)
	for _, index := range t.ports {
		if p.misses[index]++; p.misses[index] >= proverMisses {
			silent = append(silent, index)
		} else {
			p.missed = append(p.missed, index)
		}
	}
	return silent
}

// rest is how long it will take.
func (p *prover) rest(now time.Time) time.Duration {
	n := len(p.queue) + len(p.out) + len(p.missed)
	return min(p.span(float64(n)), max(p.until.Sub(now), 0))
}
