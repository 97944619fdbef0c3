package scan

import (
	"fmt"
	"math"
	"time"

	"sekisho/internal/exposure"
)

// udpRate is how many packets a second one host is asked, and udpMostRate the
// same where it has so many ports to ask that a round takes longer than
// udpRound: a round that is over sooner gains nothing, since the tries of a port
// are kept apart, and leaves no time to watch how ICMP errors are limited. Each
// port has a buffer of its own; where one program takes all ports they share
// one, 212,992 bytes on Linux, which lost nothing at 10,000 a second and one in
// a hundred at 30,000.
const (
	udpRate     = 3000.0
	udpMostRate = 10000.0
	udpRound    = 3 // a second
)

// udp makes the lane for the UDP ports of some targets.
func (n *run) udp(g *group) (runner, error) {
	r := n.request
	if len(r.UDP) == 0 {
		return nil, nil
	}
	p := newPlan(exposure.UDP, g.targets, r.UDP, r.Seed).under(r)
	if n.known.begin(p, r.Seed) == 0 {
		return nil, nil
	}
	n.effort.drive(g)
	l := newUDPLane(p, newUDPWay(p, r.Payloads), r.Payloads)
	l.mine, l.heard, l.own = r.Own, g.heard, g.own
	l.retries, l.wait = r.Retries, r.Wait
	limits := g.limits
	if !g.own {
		each := min(max(udpRound*float64(len(r.UDP)), udpRate), udpMostRate)
		limits.rate = min(limits.rate, each*float64(len(g.targets)))
	}
	l.pace = &pace{rate: limits.rate, window: limits.window}
	if g.wan {
		l.flows = n.flows()
	}
	if r.Rate > 0 {
		if n.pace == nil {
			n.pace = &pace{rate: float64(r.Rate), window: limits.window, above: n.engine.whole}
		}
		l.pace = n.pace
	}
	return l, nil
}

// remark tells the run what its counts do not.
func (l *udpLane) remark(n *run) {
	n.troubled(l.trouble)
	if l.overflow > 0 {
		n.summary.Notes = append(n.summary.Notes, n.request.Say("note.overflow", "Count", l.overflow))
	}
	var limited []int
	for i := range l.hosts {
		h := &l.hosts[i]
		n.seen = n.seen.plus(h.seen)
		n.effort.rtt = max(n.effort.rtt, h.srtt)
		if h.silent > 0 {
			n.effort.silence(h.tried, l.expect(h))
			n.assumed = n.assumed || !l.own && h.seen.answered == 0 && !l.heard[i].Load()
		}
		if h.unproved > 0 {
			limited = append(limited, i)
		}
	}
	if len(limited) > mostLimited {
		n.summary.Notes = append(n.summary.Notes, l.limitedHosts(n, limited))
		return
	}
	for _, i := range limited {
		n.summary.Notes = append(n.summary.Notes, l.limitedHost(n, i))
	}
}

// mostLimited is of how many hosts the limit is told one by one.
const mostLimited = 4

// limitedHost says how a host limits its errors, what that leaves open, and how
// long it takes to have it all the same.
func (l *udpLane) limitedHost(n *run, i int) string {
	r, h := n.request, &l.hosts[i]
	address := l.plan.targets[i].Address.String()
	rate, measured := h.limit.rate()
	if l.wait || rate <= 0 {
		return r.Say("note.icmp-limited-left", "Address", address, "Count", h.unproved)
	}
	switch {
	case !measured:
		return r.Say("note.icmp-limited-most", "Address", address, "Rate", fmt.Sprintf("%.1f", rate), "Count", h.unproved, "Time", n.span(float64(h.unproved)/rate))
	case rate < leastRound:
		return r.Say("note.icmp-limited-slow", "Address", address, "Every", n.span(1/rate), "Count", h.unproved, "Time", n.span(float64(h.unproved)/rate))
	}
	// Limits are set in round numbers, and the first error after a burst may
	// come a little before its time.
	rate = math.Round(rate)
	return r.Say("note.icmp-limited", "Address", address, "Rate", int(rate), "Count", h.unproved, "Time", n.span(float64(h.unproved)/rate))
}

// leastRound is the lowest rate that is told as so many errors a second.
const leastRound = 0.8

// limitedHosts says the same of many, which are asked side by side.
func (l *udpLane) limitedHosts(n *run, limited []int) string {
	ports, longest := 0, 0.0
	for _, i := range limited {
		h := &l.hosts[i]
		ports += h.unproved
		if rate, _ := h.limit.rate(); rate > 0 {
			longest = max(longest, float64(h.unproved)/rate)
		}
	}
	if l.wait {
		return n.request.Say("note.icmp-limited-left-hosts", "Count", ports, "Hosts", len(limited))
	}
	return n.request.Say("note.icmp-limited-hosts", "Count", ports, "Hosts", len(limited), "Time", n.span(longest))
}

// span says a time as people do: in seconds, minutes or hours, and no unit for
// fewer than two of them that a smaller one says better.
func (n *run) span(seconds float64) string {
	const minute, hour = 60, 3600
	count := func(unit float64) int { return int(math.Ceil(seconds/unit - 0.05)) }
	switch {
	case seconds < 2*minute:
		return n.request.Say("span.seconds", "Count", max(count(1), 1))
	case seconds < 2*hour:
		return n.request.Say("span.minutes", "Count", count(minute))
	}
	return n.request.Say("span.hours", "Count", count(hour))
}

// udpDetail says what the reason of a UDP port's state does not.
func (n *run) udpDetail(p *plan, c conclusion) string {
	r := n.request
	switch c.note {
	case weak:
		if c.from.IsValid() {
			return r.Say("detail.weak-elsewhere", "From", c.from.String())
		}
		return r.Say("detail.weak")
	case elsewhere:
		return r.Say("detail.elsewhere", "From", c.from.String())
	}
	if c.state != exposure.OpenFiltered || c.reason != exposure.NoResponse {
		return ""
	}
	names := ""
	for _, q := range r.Payloads(p.endpoint(c.index).Port()) {
		if !q.Silent {
			return ""
		}
		if names != "" {
			names += ", "
		}
		names += q.Protocol
	}
	if names == "" {
		return ""
	}
	return r.Say("detail.silent", "Protocol", names)
}

// waits is how long the proofs take that limits delay.
func waits(lanes []runner) time.Duration {
	var longest time.Duration
	for _, l := range lanes {
		if l, ok := l.(*udpLane); ok {
			longest = max(longest, time.Duration(l.delay.Load()))
		}
	}
	return longest
}
