package scan

import (
	"cmp"
	"slices"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
)

// past is what a lane begins with.
type past struct {
	ports portStates
	hints map[uint32]evidence
	hosts map[int]*hostPast
}

// of are the ports of one host.
func (p *past) of(host int, l *plan) portStates {
	return p.ports[host*len(l.ports) : (host+1)*len(l.ports)]
}

// answered is how many round trips to a host earlier runs saw.
func (p *past) answered(host int) int {
	if h := p.hosts[host]; h != nil {
		return h.way.seen.answered
	}
	return 0
}

// sparse is which part of its ports a lane may still have to ask for them to be
// listed, so that its walks are no longer than they need be: the list takes
// four bytes a port, half a byte for each port of the plan.
const sparse = 8

// begin tells a plan what is known of its ports, and returns how many are left
// to ask. If there is a journal, what its lane does is written there from here
// on.
func (k *known) begin(p *plan, seed uint64) int {
	if k == nil {
		return p.size()
	}
	l := &pastLane{plan: p}
	d := laneDef{job: k.request.job, transport: p.transport, seed: seed}
	for _, t := range p.targets {
		i, _ := rank(k.targets, t.Address)
		l.targets = append(l.targets, i)
		if n := len(d.ranks); n > 0 && d.ranks[n-1].first+d.ranks[n-1].count == k.first+i {
			d.ranks[n-1].count++
		} else {
			d.ranks = append(d.ranks, rankSpan{k.first + i, 1})
		}
	}
	p.past = &past{ports: k.start(l), hints: map[uint32]evidence{}, hosts: map[int]*hostPast{}}
	left := p.past.ports.left()
	if left == 0 {
		return 0
	}
	if left*sparse <= p.size() {
		p.only = p.past.ports.open()
		p.shuffle(seed)
		d.sum = sumOf(p.only)
	}
	for i, target := range l.targets {
		if h := k.hosts[hostPlace{target, p.transport}]; h != nil {
			p.past.hosts[i] = h
		}
	}
	if len(k.hints) > 0 {
		for index := range p.past.ports {
			if e, ok := k.hints[k.port(l, uint32(index))]; ok && p.past.ports[index] != settled {
				e.index = uint32(index)
				p.past.hints[e.index] = e
			}
		}
	}
	if d.places = p.places(); k.request.journal != nil {
		p.log = newLogbook(k.request.journal, p, &d)
	}
	return left
}

// conclude writes conclusions into the journal before anybody is told of them.
func (p *plan) conclude(batch []conclusion) {
	if p.log == nil {
		return
	}
	now := time.Now()
	for i := range batch {
		batch[i].at = cmp.Or(batch[i].at, now)
	}
	p.log.ended(batch)
}

// logAsked and logLull keep the logbook of a lane.
func (l *lane) logAsked(a ask, now time.Time) {
	l.plan.log.asked(a.index, l.ledger.asked[a.index], a.patience, l.strange(l.plan.host(a.index)), now)
}

func (l *lane) logLull(now time.Time) {
	if l.plan.log != nil {
		l.plan.log.lull(lull{l.ledger.asked, l.ledger.hints, l.strange, l.ledger.wayPast, l.alive(now)}, now)
	}
}

// alive is until when the line was alive for certain: as long as a control
// question is lost, what was asked since may have to be asked again.
func (l *lane) alive(now time.Time) time.Time {
	w := &l.controls.line
	if len(l.ledger.hosts) == 1 {
		w = &l.ledger.hosts[0].watch
	}
	if len(w.row) == 0 || w.alive.IsZero() {
		return now
	}
	return w.alive
}

// strange reports whether it is open yet that a host, or its neighbour, is
// there.
func (l *lane) strange(i int) bool {
	h := &l.ledger.hosts[i]
	return !l.known(i) && !h.resolved && h.seen.answered <= l.plan.past.answered(i)
}

func (l *ledger) wayPast(host int) wayPast {
	h := &l.hosts[host]
	if h.left == 0 {
		return wayPast{}
	}
	return wayPast{h.seen, h.longest, l.srtt, l.rttvar}
}

// answered reports whether anything has answered, in this run.
func (l *ledger) answered() bool { return l.seen.answered > l.past }

// recall has a ledger begin with what earlier runs learned. What was heard of a
// host then says nothing of now, and is not believed: only the measures of the
// way are taken over, and the ports that may be controls.
func (l *ledger) recall(p *past) {
	if p == nil {
		return
	}
	l.asked, l.hints, l.left = p.ports, p.hints, 0
	for i := range l.hosts {
		h := &l.hosts[i]
		h.left = p.of(i, l.plan).left()
		l.left += h.left
		before := p.hosts[i]
		if before == nil || h.left == 0 {
			continue
		}
		h.open, h.silent, h.tried, h.refusals = before.open, before.silent, before.tried, before.refusals
		h.seen, h.longest = before.way.seen, before.way.longest
		h.accepting, h.refusing = l.plan.indexes(i, before.accepting), l.plan.indexes(i, before.refusing)
		l.seen = l.seen.plus(h.seen)
		if l.srtt == 0 {
			l.srtt, l.rttvar = before.way.srtt, before.way.rttvar
		}
	}
	l.past = l.seen.answered
}

// indexes are ports of the target at a place.
func (p *plan) indexes(host int, numbers []uint16) []uint32 {
	var list []uint32
	for _, n := range numbers {
		if index, ok := p.within(host, n); ok {
			list = append(list, index)
		}
	}
	return list
}

// The same for UDP.
func (l *udpLane) logAsked(a ask, now time.Time) {
	if l.plan.log != nil {
		i := l.plan.host(a.index)
		l.plan.log.asked(a.index, l.asked[a.index], l.hosts[i].patience(l.own), l.strange(i), now)
	}
}

func (l *udpLane) logLull(now time.Time) {
	if l.plan.log != nil {
		l.plan.log.lull(lull{l.asked, l.hints, l.strange, l.wayPast, now}, now)
	}
}

func (l *udpLane) strange(i int) bool {
	return !l.hosts[i].heard && !l.hosts[i].resolved && !l.heard[i].Load()
}

func (l *udpLane) wayPast(host int) wayPast {
	h := &l.hosts[host]
	if h.left == 0 {
		return wayPast{}
	}
	return wayPast{h.seen, h.srtt + 4*h.rttvar, h.srtt, h.rttvar}
}

// recall has a lane begin with what earlier runs learned, as that of a ledger.
func (l *udpLane) recall(p *past) {
	if p == nil {
		return
	}
	l.asked, l.hints, l.open = p.ports, p.hints, 0
	for i := range l.hosts {
		h := &l.hosts[i]
		h.left = p.of(i, l.plan).left()
		l.open += h.left
		if before := p.hosts[i]; before != nil && h.left > 0 {
			h.open, h.silent, h.tried = before.open, before.silent, before.tried
			h.seen, h.srtt, h.rttvar = before.way.seen, before.way.srtt, before.way.rttvar
			h.accepting, h.refusing = l.plan.indexes(i, before.accepting), l.plan.indexes(i, before.refusing)
		}
	}
}

// shuffle gives the ports that are to be asked their order.
func (p *plan) shuffle(seed uint64) { p.order = cookie.NewPermutation(uint64(p.places()), seed) }

// places is how many ports a walk meets.
func (p *plan) places() int {
	if p.only != nil {
		return len(p.only)
	}
	return p.size()
}

// placeOf is the place of a port in the order.
func (p *plan) placeOf(index uint32) uint32 {
	if p.only != nil {
		n, _ := slices.BinarySearch(p.only, index)
		index = uint32(n)
	}
	return uint32(p.order.Place(uint64(index)))
}

// ports are those that the request asks of each target.
func (r *Request) ports(t exposure.Transport) []uint16 {
	switch t {
	case exposure.TCP:
		return r.TCP
	case exposure.UDP:
		return r.UDP
	case exposure.ICMP:
		if r.Echo {
			return echoPort
		}
	}
	return nil
}

// echoPort is the one port of an echo.
var echoPort = []uint16{0}
