package policy

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// mostOdd is of how many ports of a range, at one address, an observation that
// is not as expected is kept: where everything answers, the count tells enough.
const mostOdd = 100

// Keeper tells of each observation of a host whether the policy must find it in
// the report: of a port that it names, or one that is not as the range that the
// port belongs to is to be. Of the others a count is enough.
func (p *Policy) Keeper(host exposure.Host) func(exposure.Observation) bool {
	type place struct {
		zone    exposure.Zone
		address netip.Addr
	}
	plan, odd := p.plan(host), map[place]int{}
	named := map[portKey]bool{}
	for _, z := range plan.zones {
		for key, e := range z.at {
			named[key] = named[key] || !e.ranged()
		}
	}
	return func(o exposure.Observation) bool {
		key := portKey{o.Transport, o.Port}
		if named[key] {
			return true
		}
		zone, ok := zoneOf(o.View, o.Address)
		if !ok {
			return false
		}
		z, expect := plan.zones[zone], exposure.ExpectAny
		if e := z.at[key]; e != nil {
			expect = e.expect
		} else if z.rest != nil {
			expect = z.rest.expect
		}
		if outcome(expect, map[stance]int{stanceOf(o.State, o.Reason, o.By): 1}) != exposure.Fail {
			return false
		}
		at := place{zone, o.Address}
		odd[at]++
		return odd[at] <= mostOdd
	}
}

// Named are the ports of a host that the policy names one by one.
func (p *Policy) Named(host exposure.Host) (tcp, udp []uint16) {
	for _, z := range p.plan(host).zones {
		for key, e := range z.at {
			switch {
			case e.ranged():
			case key.transport == exposure.UDP:
				udp = append(udp, key.port)
			default:
				tcp = append(tcp, key.port)
			}
		}
	}
	slices.Sort(tcp)
	slices.Sort(udp)
	return slices.Compact(tcp), slices.Compact(udp)
}

// Unwanted are the findings that must be absent of a port, in whatever zone.
func (p *Policy) Unwanted(host exposure.Host, t exposure.Transport, number uint16) []string {
	var rules []string
	plan := p.plan(host)
	for _, zone := range zones {
		if e := plan.zones[zone].at[portKey{t, number}]; e != nil {
			rules = append(rules, e.needs.without...)
		}
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// Must is what a policy says that the service of a port must be.
type Must struct {
	Protocol  string // as it is written: https, smtp; empty when any will do
	Encrypted bool   // whether TLS is demanded, in whatever way
	Days      int    // that the certificate must still be valid for; 0: nobody asks
}

// Must is what the service of a port must be for those of a zone.
func (p *Policy) Must(host exposure.Host, zone exposure.Zone, t exposure.Transport, number uint16) Must {
	e := p.plan(host).zones[zone].at[portKey{t, number}]
	if e == nil {
		return Must{}
	}
	n := e.needs
	return Must{Protocol: n.protocol, Encrypted: n.days > 0 || n.oldest != "" || n.tls != "" && n.tls != tlsNone, Days: n.days}
}

// Unjudged is a zone in which a policy leaves the state of a port open.
type Unjudged struct {
	Zone exposure.Zone
	From string // where it says so
}

// Explain judges one port of a host of a report for itself, also where it is one
// of a range or of the rest. Zones in which the policy says nothing are left out.
func (p *Policy) Explain(h exposure.Host, t exposure.Transport, number uint16, c Context, tag lang.Tag) (verdicts []exposure.Verdict, unjudged []Unjudged) {
	key := portKey{t, number}
	j := judgement{Context: c, host: h, tag: tag, ports: map[portKey]exposure.Port{}}
	for _, port := range h.Ports {
		port.Verdicts = nil
		j.ports[portKey{port.Transport, port.Port}] = port
	}
	plan := p.plan(h)
	for _, zone := range zones {
		z := plan.zones[zone]
		e := z.at[key]
		if e == nil && z.rest != nil {
			e = &entry{expect: z.rest.expect, from: z.rest.from}
		}
		if e == nil {
			continue
		}
		if e.expect == exposure.ExpectAny && !e.needs.any() {
			unjudged = append(unjudged, Unjudged{zone, e.from})
			continue
		}
		port := j.port(key)
		r := j.ruled(zone, port, e)
		if counted, ok := j.counted(zone, key, e); ok && len(newSight(h, zone, port).seen) == 0 {
			r = counted
		}
		verdicts = append(verdicts, j.verdict(zone, e, r))
	}
	return verdicts, unjudged
}

// counted is the ruling of a port that was looked at and of which the report has
// only the count of those that are like it.
func (j *judgement) counted(zone exposure.Zone, key portKey, e *entry) (ruling, bool) {
	g := group{transport: key.transport, ports: []uint16{key.port}, entry: e, all: true}
	w := j.swept(zone, g)
	if w.addresses == 0 || w.least < 1 {
		return ruling{}, false
	}
	return w.ruling(zone, g, 0, nil), true
}

// Ports reads ports as a policy has them: 21/tcp, ftp, 53/udp. The error is a
// *portspec.Error that points at the character that is wrong.
func Ports(text string) (tcp, udp []uint16, err error) {
	spec, _, err := portItem(text, false)
	if err != nil {
		return nil, nil, err
	}
	return spec.TCP.Slice(), spec.UDP.Slice(), nil
}

// Narrowed is the report with nothing in it but one port of each host, and those
// ports of others.
func Narrowed(r exposure.Report, t exposure.Transport, number uint16) exposure.Report {
	only := func(ports []exposure.Port) []exposure.Port {
		return slices.DeleteFunc(slices.Clone(ports), func(p exposure.Port) bool { return p.Transport != t || p.Port != number })
	}
	r.Hosts = slices.Clone(r.Hosts)
	for i := range r.Hosts {
		h := &r.Hosts[i]
		h.Verdicts = nil
		if h.Ports = only(h.Ports); len(h.Ports) == 0 {
			j := judgement{}
			h.Ports = []exposure.Port{j.port(portKey{t, number})}
		}
	}
	r.Outgoing = only(r.Outgoing)
	return r
}
