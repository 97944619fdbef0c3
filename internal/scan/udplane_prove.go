package scan

import (
	"context"
	"time"
)

// end concludes the silent ports, except those that are to be proved.
func (l *udpLane) end() {
	now := time.Now()
	for i := range l.hosts {
		h := &l.hosts[i]
		if h.left == 0 {
			continue
		}
		silent := l.silent(i)
		// A few ports are proved also where it is only in doubt whether there is a
		// limit: other scans may have used it up.
		few := l.retries < 0 && len(silent) <= proveFew && (!h.limit.tried() || h.limit.trips.lost > 0)
		// Who waits for the proofs has them wherever a limit is not ruled out: one
		// that lets much pass is not seen by a few controls.
		unknown := l.wait && (h.limit.trips.lost > 0 || h.limit.trips.answered < enough)
		if len(silent) > 0 && (h.limited || !l.own && len(h.refusing) > 0 && (few || unknown)) {
			if until, worth := l.worth(h, len(silent), now); worth {
				rate, measured := h.limit.rate()
				l.provers = append(l.provers, proving{i, newProver(rate, measured, h.refusing[0], silent, now, until)})
				continue
			}
			h.unproved += len(silent)
		}
		for _, index := range silent {
			l.quieten(index)
		}
	}
}

// silent are the ports of a host that have no conclusion, those with a payload
// first.
func (l *udpLane) silent(i int) []uint32 {
	var list []uint32
	first := i * len(l.plan.ports)
	for _, payload := range []bool{true, false} {
		for j, known := range l.known {
			index := uint32(first + j)
			if l.asked[index] == settled || known != payload {
				continue
			}
			if _, ok := l.hints[index]; ok {
				l.quieten(index)
			} else {
				list = append(list, index)
			}
		}
	}
	return list
}

// What is proved without being asked to wait: few ports, or what takes no time.
const (
	proveFew     = 32
	proveFewTime = 10 * time.Second
	proveTime    = time.Second
	// proveSlack is what the proofs may take beyond twice their estimate.
	proveSlack = 30 * time.Second
)

// worth reports whether silent ports of a limited host are to be proved, and
// when to give up.
func (l *udpLane) worth(h *udpHost, silent int, now time.Time) (until time.Time, ok bool) {
	rate, _ := h.limit.rate()
	if rate <= 0 {
		rate = proverFirst
	}
	estimate := time.Duration(float64(silent) / rate * float64(time.Second))
	switch {
	case l.wait:
		return now.Add(2*estimate + proveSlack), true
	case l.retries >= 0:
		return now, false
	case silent <= proveFew && estimate <= proveFewTime:
		return now.Add(proveFewTime), true
	}
	return now.Add(2 * proveTime), estimate <= proveTime
}

// prove asks the silent ports of hosts that limit their errors as the limits
// allow. When ctx ends, what is silent by then stays so: it had its tries.
func (l *udpLane) prove(ctx context.Context) error {
	err := l.loop(ctx, l.proved)
	for _, p := range l.provers {
		for _, index := range l.silent(p.host) {
			l.hosts[p.host].unproved++
			l.quieten(index)
		}
	}
	l.provers = nil
	l.delay.Store(0)
	return err
}

// proved has the provers ask. It is over when all of them are.
func (l *udpLane) proved(now time.Time) (bool, time.Time) {
	next := now.Add(slice)
	over := true
	var delay time.Duration
	for _, p := range l.provers {
		patience := l.hosts[p.host].patience(l.own)
		for _, index := range p.expire(now, patience) {
			l.quieten(index)
		}
		if p.over(now) {
			continue
		}
		over = false
		delay = max(delay, p.rest(now))
		for {
			index, ok := p.due(now)
			if !ok {
				break
			}
			if index != p.control && l.asked[index] == settled {
				p.answered(index)
				continue
			}
			if !l.opens(index, time.Time{}, now) {
				p.putBack(index)
				break
			}
			l.put(index, now, proof)
		}
		if t := p.next(now, patience); t.Before(next) {
			next = t
		}
	}
	l.delay.Store(int64(delay))
	return over, next
}
