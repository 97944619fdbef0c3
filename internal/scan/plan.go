package scan

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
)

// plan is the work of one lane: every port of one transport on some targets,
// as numbers. Nothing in it grows with the number of ports.
type plan struct {
	transport exposure.Transport
	targets   []exposure.Target
	ports     []uint16 // rising
	order     cookie.Permutation
	place     map[netip.Addr]int                                  // of a target, its zone as a number or none
	only      []uint32                                            // the ports to ask where they are few, rising; nil for all
	past      *past                                               // nil where nothing is known
	log       *logbook                                            // nil without a journal
	key       cookie.Key                                          // of the cookies
	asked     func(exposure.Transport, netip.AddrPort, time.Time) // told of each question; nil for nobody
}

// newPlan makes a plan of targets and ports that hold nothing twice.
func newPlan(transport exposure.Transport, targets []exposure.Target, ports []uint16, seed uint64) *plan {
	p := &plan{transport: transport, targets: targets, ports: ports, key: cookie.NewKey(), place: make(map[netip.Addr]int, len(targets))}
	for i, t := range targets {
		p.place[numbered(answering(t.Address))] = i
	}
	p.order = cookie.NewPermutation(uint64(p.size()), seed)
	return p
}

// under makes the plan use what a request names in place of its own.
func (p *plan) under(r *Request) *plan {
	if r.Key != (cookie.Key{}) {
		p.key = r.Key
	}
	p.asked = r.Asked
	return p
}

// tell says that questions have left.
func (p *plan) tell(batch []ask, now time.Time) {
	if p.asked == nil {
		return
	}
	for _, a := range batch {
		p.asked(p.transport, a.to, now)
	}
}

func (p *plan) size() int { return len(p.targets) * len(p.ports) }

// at is the port at a place of the order.
func (p *plan) at(place int) uint32 {
	index := uint32(p.order.At(uint64(place)))
	if p.only != nil {
		return p.only[index]
	}
	return index
}

// host is the target that a port belongs to.
func (p *plan) host(index uint32) int { return int(index) / len(p.ports) }

// endpoint is the address and number of a port.
func (p *plan) endpoint(index uint32) netip.AddrPort {
	return netip.AddrPortFrom(p.targets[p.host(index)].Address, p.ports[int(index)%len(p.ports)])
}

// find is the port that an answer came from.
func (p *plan) find(from netip.AddrPort) (uint32, bool) {
	host, ok := p.place[numbered(answering(from.Addr()))]
	if !ok {
		return 0, false
	}
	return p.within(host, from.Port())
}

// within is a port of the target at a place.
func (p *plan) within(host int, number uint16) (uint32, bool) {
	port, ok := slices.BinarySearch(p.ports, number)
	return uint32(host*len(p.ports) + port), ok
}

// answering is the address that answers when a is asked: this machine itself
// answers for the unspecified one.
func answering(a netip.Addr) netip.Addr {
	switch {
	case a == netip.IPv4Unspecified():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case a == netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return a
}

// numbered names a zone by the number of its interface, as the addresses that
// come from a socket do.
func numbered(a netip.Addr) netip.Addr {
	if _, err := strconv.Atoi(a.Zone()); err == nil || a.Zone() == "" {
		return a
	}
	device, err := net.InterfaceByName(a.Zone())
	if err != nil {
		return a
	}
	return a.WithZone(strconv.Itoa(device.Index))
}

// single returns the targets without doubles and without IPv4 addresses mapped
// into IPv6. Of one address under two names the first stays.
func single(targets []exposure.Target) []exposure.Target {
	seen := make(map[netip.Addr]bool, len(targets))
	var kept []exposure.Target
	for _, t := range targets {
		t.Address = t.Address.Unmap()
		if t.Address.IsValid() && !seen[t.Address] {
			seen[t.Address] = true
			kept = append(kept, t)
		}
	}
	return kept
}

// rising returns the ports in order, each once.
func rising(ports []uint16) []uint16 {
	ports = slices.Clone(ports)
	slices.Sort(ports)
	return slices.Compact(ports)
}
