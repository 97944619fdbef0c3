package policy

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
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

// Expects tells what the policy says of one port of a host in each zone, in the
// order of the zones; from is where it says so. Zones in which it says nothing
// are left out.
func (p *Policy) Expects(host exposure.Host, t exposure.Transport, port uint16) []Expected {
	plan := p.plan(host)
	var list []Expected
	for _, zone := range zones {
		z := plan.zones[zone]
		if e := z.at[portKey{t, port}]; e != nil {
			list = append(list, Expected{zone, e.expect, e.from, false})
		} else if z.rest != nil {
			list = append(list, Expected{zone, z.rest.expect, z.rest.from, true})
		}
	}
	return list
}

// Expected is what a policy says of a port in a zone.
type Expected struct {
	Zone        exposure.Zone
	Expectation exposure.Expectation
	From        string
	Rest        bool // not of this port, but of those that nothing else speaks of
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

// Narrowed is the report with nothing in it but one port of each host.
func Narrowed(r exposure.Report, t exposure.Transport, port uint16) exposure.Report {
	only := func(ports []exposure.Port) []exposure.Port {
		return slices.DeleteFunc(slices.Clone(ports), func(p exposure.Port) bool { return p.Transport != t || p.Port != port })
	}
	r.Hosts = slices.Clone(r.Hosts)
	for i := range r.Hosts {
		r.Hosts[i].Ports = only(r.Hosts[i].Ports)
		r.Hosts[i].Verdicts = slices.DeleteFunc(slices.Clone(r.Hosts[i].Verdicts), func(g exposure.GroupVerdict) bool {
			return g.Transport != t || g.Ports != restLabel && !inRanges(g.Ports, port)
		})
	}
	r.Outgoing = only(r.Outgoing)
	return r
}

func inRanges(text string, port uint16) bool {
	spec, err := portspec.Parse(text, false)
	return err == nil && slices.Contains(spec.TCP.Slice(), port)
}
