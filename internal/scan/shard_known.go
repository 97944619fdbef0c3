package scan

import (
	"errors"
	"hash/crc32"
	"slices"

	"sekisho/internal/exposure"
)

// known is what is known of the ports of a wave before it is asked anything:
// which belong to other shards, and what earlier runs found out.
type known struct {
	request *Request
	first   int // rank of the first target
	targets []exposure.Target
	ports   []uint8 // of each target, in the order of the request: tries, or settled
	hints   map[int]evidence
	hosts   map[hostPlace]*hostPast
	lanes   []*pastLane // of earlier runs; nil where they are of another wave
}

// hostPlace is a target of the wave as one lane sees it.
type hostPlace struct {
	target    int
	transport exposure.Transport
}

// hostPast is what earlier runs learned of a host.
type hostPast struct {
	open, silent        int
	tried               tried // the silent ones
	refusals            refusals
	accepting, refusing []uint16 // a few ports
	way                 wayPast
}

// pastLane gives the places of an earlier lane their meaning.
type pastLane struct {
	plan    *plan
	targets []int // in the wave
	hosts   []*hostPast
}

// errJournal is why a journal with whole blocks cannot be right.
var errJournal = &Error{"resume", errors.New("the journal contradicts itself")}

// know works out what is known of some targets, which begin at a rank. Where
// all is to be asked there is nothing to know.
func (r *Request) know(first int, targets []exposure.Target) (*known, error) {
	return r.repeat(first, targets, func(*plan, []conclusion) {})
}

// repeat does so, and calls found with each batch of what earlier runs
// concluded.
func (r *Request) repeat(first int, targets []exposure.Target, found func(*plan, []conclusion)) (*known, error) {
	if !r.Shard.parted() && r.journal == nil {
		return nil, nil
	}
	k := &known{
		request: r, first: first, targets: targets,
		ports: make([]uint8, len(targets)*r.each()),
		hints: map[int]evidence{}, hosts: map[hostPlace]*hostPast{},
	}
	if r.Shard.parted() {
		for i := range k.ports {
			k.ports[i] = settled
		}
		s := newDeal(r)
		for i := range targets {
			mine := k.ports[i*s.each:]
			s.of(first+i, func(item int) { mine[item] = 0 })
		}
	}
	if r.journal == nil {
		return k, nil
	}
	_, _, err := r.journal.walk(func(next *record) error { return k.recall(next, found) })
	return k, err
}

// recall takes in one record of the journal.
func (k *known) recall(next *record, found func(*plan, []conclusion)) error {
	if next.kind == laneRecord {
		l, err := k.lane(&next.def)
		k.lanes = append(k.lanes, l)
		return err
	}
	l := k.lanes[next.lane]
	if l == nil {
		return nil
	}
	switch next.kind {
	case triedRecord:
		for _, place := range next.places {
			if port := &k.ports[k.port(l, l.plan.at(int(place)))]; *port < next.tries {
				*port = next.tries
			}
		}
	case againRecord:
		for _, place := range next.places {
			if port := &k.ports[k.port(l, l.plan.at(int(place)))]; *port != settled && *port > 0 {
				*port--
			}
		}
	case hintRecord:
		e := next.ends[0].evidence
		e.index = l.plan.at(int(e.index))
		k.hints[k.port(l, e.index)] = e
	case hostRecord:
		// It counts controls too, and what the conclusions before it tell.
		if h := k.host(l, next.host); next.way.seen.answered >= h.way.seen.answered {
			h.way = next.way
		}
	default:
		k.ended(l, next.ends, found)
	}
	return nil
}

// ended takes in conclusions, each port's first. What this machine could not
// ask, for want of a route or of buffers, it may be able to ask now; that a
// neighbour was missing is a result.
func (k *known) ended(l *pastLane, ends []conclusion, found func(*plan, []conclusion)) {
	kept := ends[:0]
	for _, c := range ends {
		c.index = l.plan.at(int(c.index))
		port := &k.ports[k.port(l, c.index)]
		if *port == settled || c.state == exposure.Unknown && c.reason != exposure.HostUnreach {
			continue
		}
		*port = settled
		kept = append(kept, c)
		k.host(l, l.plan.host(c.index)).learn(&c, l.plan.endpoint(c.index).Port())
	}
	if len(kept) > 0 {
		found(l.plan, kept)
	}
}

// learn counts a conclusion.
func (h *hostPast) learn(c *conclusion, port uint16) {
	switch {
	case c.local:
	case c.reason == exposure.NoResponse:
		h.silent++
		h.tried.count(c.tries)
	case errs(c.reason):
		h.refusals.count(c.tries)
	case c.state == exposure.Closed:
		h.refusing = rememberPort(h.refusing, port)
	case c.state == exposure.Open:
		h.accepting = rememberPort(h.accepting, port)
	}
	if c.state == exposure.Open {
		h.open++
	}
	if c.rtt > 0 && !errs(c.reason) {
		h.way.seen = h.way.seen.plus(roundTrips{1, max(c.tries, 1) - 1})
		smooth := udpHost{srtt: h.way.srtt, rttvar: h.way.rttvar}
		smooth.measure(c.rtt)
		h.way.srtt, h.way.rttvar = smooth.srtt, smooth.rttvar
		h.way.longest = max(h.way.longest, c.rtt)
	}
}

func rememberPort(ports []uint16, port uint16) []uint16 {
	if len(ports) < mostAnswerers {
		ports = append(ports, port)
	}
	return ports
}

// lane gives an earlier lane back its plan.
func (k *known) lane(d *laneDef) (*pastLane, error) {
	if d.job != k.request.job {
		return nil, nil
	}
	l := &pastLane{}
	var targets []exposure.Target
	for _, s := range d.ranks {
		begin := s.first - k.first
		if begin < 0 || begin+s.count > len(k.targets) {
			return nil, nil
		}
		for i := range s.count {
			l.targets = append(l.targets, begin+i)
		}
		targets = append(targets, k.targets[begin:begin+s.count]...)
	}
	l.plan = &plan{transport: d.transport, targets: targets, ports: k.request.ports(d.transport)}
	start := k.start(l)
	if d.sum != 0 {
		l.plan.only = start.open()
		if len(l.plan.only) != d.places || sumOf(l.plan.only) != d.sum {
			return nil, errJournal
		}
	}
	l.plan.shuffle(d.seed)
	return l, nil
}

// port is the place of a port of a lane among all ports of the wave.
func (k *known) port(l *pastLane, index uint32) int {
	n := len(l.plan.ports)
	return l.targets[int(index)/n]*k.request.each() + k.request.item(l.plan.transport) + int(index)%n
}

func (k *known) host(l *pastLane, i int) *hostPast {
	if l.hosts == nil {
		l.hosts = make([]*hostPast, len(l.targets))
	}
	if l.hosts[i] == nil {
		place := hostPlace{l.targets[i], l.plan.transport}
		if k.hosts[place] == nil {
			k.hosts[place] = &hostPast{}
		}
		l.hosts[i] = k.hosts[place]
	}
	return l.hosts[i]
}

// asks reports whether a host has ports to ask of a transport.
func (k *known) asks(place hostPlace) bool {
	begin := place.target*k.request.each() + k.request.item(place.transport)
	ports := k.ports[begin : begin+len(k.request.ports(place.transport))]
	return portStates(ports).left() > 0
}

// left are the targets that have ports to ask.
func (k *known) left() []exposure.Target {
	each := k.request.each()
	var left []exposure.Target
	for i, t := range k.targets {
		if slices.ContainsFunc(k.ports[i*each:(i+1)*each], func(n uint8) bool { return n != settled }) {
			left = append(left, t)
		}
	}
	return left
}

// portStates is what is known of the ports of a lane, one byte each.
type portStates []uint8

func (k *known) start(l *pastLane) portStates {
	n := len(l.plan.ports)
	s := make(portStates, 0, len(l.targets)*n)
	for _, target := range l.targets {
		begin := target*k.request.each() + k.request.item(l.plan.transport)
		s = append(s, k.ports[begin:begin+n]...)
	}
	return s
}

// open are the ports that are to be asked.
func (s portStates) open() []uint32 {
	var open []uint32
	for i, n := range s {
		if n != settled {
			open = append(open, uint32(i))
		}
	}
	return open
}

func (s portStates) left() int {
	left := 0
	for _, n := range s {
		if n != settled {
			left++
		}
	}
	return left
}

// sumOf tells lists of ports apart. It is not 0.
func sumOf(list []uint32) uint32 {
	var b [4]byte
	sum := uint32(1)
	for _, n := range list {
		b = [4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
		sum = crc32.Update(sum, castagnoli, b[:])
	}
	return max(sum, 1)
}
