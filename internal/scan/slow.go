package scan

import (
	"context"
	"time"
)

// How silent ports are asked once more of a host that seems to limit its
// answers: one at a time, as slowly as Linux wants for its ICMP errors
// (icmp_ratelimit, one a second to one address), less slowly for resets, and
// not for long. When a few in a row stay silent, no limit is the reason. Of many
// silent ports a sample tells whether there is a limit.
const (
	errorGap   = 1100 * time.Millisecond
	resetGap   = 250 * time.Millisecond
	slowTime   = 10 * time.Second
	slowMost   = 32
	slowSample = 3
	slowMisses = 3
)

// spares reports whether silent ports of a host are still to be asked slowly.
func (l *ledger) spares(h *host) bool {
	if l.retries >= 0 || l.own || h.slowed {
		return false
	}
	if h.left+h.silent > slowMost {
		return h.refusals.suspect() && !h.refusals.limited()
	}
	return h.refusals.suspect() || h.resets.suspect()
}

// hinted reports whether something is known of a port already.
func (l *ledger) hinted(index uint32) bool {
	_, ok := l.hints[index]
	return ok
}

// spared are the ports of a host that are to be asked slowly.
func (l *ledger) spared(i int) []uint32 {
	var silent []uint32
	first := i * len(l.plan.ports)
	for j := range l.plan.ports {
		if index := uint32(first + j); l.asked[index] != settled && !l.hinted(index) {
			silent = append(silent, index)
		}
	}
	if len(silent) <= slowMost {
		return silent
	}
	var sample []uint32
	for n := range slowSample {
		sample = append(sample, silent[(2*n+1)*len(silent)/(2*slowSample)])
	}
	return sample
}

// slowly is a host that is asked slowly.
type slowly struct {
	host   *host
	gap    time.Duration
	ports  []uint32
	next   time.Time
	out    bool // the first of the ports is asked
	misses int  // in a row
}

// slow asks the spared ports. It reports whether there were any.
func (l *lane) slow(ctx context.Context) (bool, error) {
	started := time.Now()
	var asked []*slowly
	for i := range l.ledger.hosts {
		if h := &l.ledger.hosts[i]; h.left > 0 && l.ledger.spares(h) {
			gap := resetGap
			if h.refusals.suspect() {
				gap = errorGap
			}
			asked = append(asked, &slowly{host: h, gap: gap, ports: l.ledger.spared(i), next: started.Add(gap)})
			h.slowed = true
		}
	}
	for busy := len(asked) > 0; busy; {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		now := time.Now()
		over := now.Sub(started) >= slowTime
		room := l.pace.allow(now, mostBatch)
		until := now.Add(slice)
		l.batch = l.batch[:0]
		busy = false
		for _, s := range asked {
			if !now.Before(s.next) {
				l.slowed(s)
				if len(s.ports) > 0 && !over && len(l.batch) < room {
					if !l.opens(s.ports[0], time.Time{}, now) {
						started, busy = now, true // the time is for those that are asked
						continue
					}
					l.ask(s.ports[0], now)
					s.out = true
					s.next = now.Add(max(s.gap, l.ledger.patience(s.host)))
				}
			}
			busy = busy || s.out || len(s.ports) > 0 && !over
			if s.next.After(now) && s.next.Before(until) {
				until = s.next
			}
		}
		if !busy {
			break
		}
		l.send(now)
		if err := l.receive(until); err != nil {
			return true, err
		}
		l.flush()
	}
	return len(asked) > 0, nil
}

// slowed takes note of what became of the question that was out.
func (l *lane) slowed(s *slowly) {
	if !s.out {
		return
	}
	s.out = false
	if l.ledger.asked[s.ports[0]] == settled {
		s.misses = 0
		if s.gap == resetGap {
			s.host.resets.slow++
		}
	} else {
		s.misses++
		s.host.missed++
	}
	s.ports = s.ports[1:]
	if s.misses >= slowMisses {
		s.ports = nil
	}
}
