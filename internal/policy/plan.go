package policy

import (
	"cmp"
	"slices"

	"sekisho/internal/exposure"
)

// The zones in the order in which they are told.
var zones = []exposure.Zone{exposure.ZoneLoopback, exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6}

// portKey names one port.
type portKey struct {
	transport exposure.Transport
	port      uint16
}

// manyPorts is from how many ports on an entry is a range: its ports are told
// one by one only where they are not as expected.
const manyPorts = 33

func (e *entry) ranged() bool { return len(e.tcp)+len(e.udp) >= manyPorts }

// plan is what holds for one host: the profiles that the policy extends, its
// top, the profiles that the host extends, the host. What comes later wins.
type plan struct {
	zones map[exposure.Zone]*zonePlan
}

// zonePlan is what holds for one host in one zone.
type zonePlan struct {
	zone exposure.Zone
	at   map[portKey]*entry // of each port the entry that holds
	rest *restRule
}

// entries are the entries of which anything holds still, each once.
func (z *zonePlan) entries() []*entry {
	seen := map[*entry]bool{}
	var list []*entry
	for _, e := range z.at {
		if !seen[e] {
			seen[e] = true
			list = append(list, e)
		}
	}
	return list
}

func (p *Policy) plan(host exposure.Host) *plan {
	to := &plan{zones: map[exposure.Zone]*zonePlan{}}
	for _, z := range zones {
		to.zones[z] = &zonePlan{zone: z, at: map[portKey]*entry{}}
	}
	p.apply(p.top, func(s *section) { to.take(s) })
	for _, h := range p.hosts {
		if h.matches(host) {
			p.apply(&h.section, func(s *section) { to.take(s) })
		}
	}
	return to
}

// apply calls f for every profile that a section extends, and then for itself.
// Parse has held that there is no circle.
func (p *Policy) apply(s *section, f func(*section)) {
	for _, name := range s.extends {
		p.apply(p.profiles[name], f)
	}
	f(s)
}

// take lays a section over what there is.
func (p *plan) take(s *section) {
	if s.rest != nil {
		for _, z := range zones[1:] {
			p.zones[z].rest = s.rest
		}
	}
	for name, rules := range s.zones {
		z := p.zones[name]
		for _, ranged := range []bool{true, false} {
			for _, e := range rules.entries {
				if e.ranged() == ranged {
					e.each(func(t exposure.Transport, port uint16) { z.at[portKey{t, port}] = e })
				}
			}
		}
		if rules.rest != nil {
			z.rest = rules.rest
		}
	}
}

// outgoing are the entries about the ports of others, of every section: they
// are of the network and not of one host.
func (p *Policy) outgoing() []*entry {
	at := map[portKey]*entry{}
	add := func(s *section) {
		for _, e := range s.outgoing {
			e.each(func(t exposure.Transport, port uint16) { at[portKey{t, port}] = e })
		}
	}
	p.apply(p.top, add)
	for _, h := range p.hosts {
		p.apply(&h.section, add)
	}
	z := zonePlan{at: at}
	return z.kept()
}

// kept are the entries with the ports of which they hold still, in the order of
// their ports.
func (z *zonePlan) kept() []*entry {
	left := map[*entry]*entry{}
	for key, e := range z.at {
		k := left[e]
		if k == nil {
			clone := *e
			clone.tcp, clone.udp = nil, nil
			k = &clone
			left[e] = k
		}
		if key.transport == exposure.UDP {
			k.udp = append(k.udp, key.port)
		} else {
			k.tcp = append(k.tcp, key.port)
		}
	}
	list := make([]*entry, 0, len(left))
	for _, e := range left {
		slices.Sort(e.tcp)
		slices.Sort(e.udp)
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b *entry) int {
		return cmp.Or(slices.Compare(a.tcp, b.tcp), slices.Compare(a.udp, b.udp))
	})
	return list
}
