package policy

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// zoneOf is the zone for which a view of an address stands; ok is false for a
// view that stands for none: this machine looking at its own addresses passes
// by its firewall, and what comes back through the own router or a proxy is no
// stranger's view.
func zoneOf(v exposure.View, a netip.Addr) (z exposure.Zone, ok bool) {
	switch v {
	case exposure.ViewLoopback:
		return exposure.ZoneLoopback, true
	case exposure.ViewLAN:
		return exposure.ZoneLAN, true
	case exposure.ViewOutside:
		if a.Unmap().Is4() {
			return exposure.ZoneInternetV4, true
		}
		return exposure.ZoneInternetV6, true
	}
	return "", false
}

// stance is what an observation means for an expectation.
type stance uint8

const (
	unseen   stance = iota // it tells nothing of the port
	reached                // open
	refused                // the port answered that it is closed
	rejected               // a filter answered
	silent                 // nothing answered
	unsure                 // silence of UDP: a service or a filter
)

// stanceOf reads one observation. A host-unreachable of a router or of this
// machine's own kernel tells that the way is cut or the host is off, and
// nothing of the port.
func stanceOf(state exposure.State, reason exposure.Reason, by string) stance {
	switch state {
	case exposure.Open:
		return reached
	case exposure.Closed:
		return refused
	case exposure.OpenFiltered:
		return unsure
	case exposure.Filtered:
		switch reason {
		case exposure.NoResponse:
			return silent
		case exposure.AdminProhibited, exposure.PortUnreach, exposure.ProtoUnreach, exposure.Reset, exposure.ConnRefused, exposure.ProtoResponse:
			return rejected
		case exposure.HostUnreach, exposure.NetUnreach:
			if by == "" {
				return rejected
			}
		}
	}
	return unseen
}

// sight is everything that is known of one port for one zone.
type sight struct {
	zone   exposure.Zone
	port   exposure.Port
	seen   []exposure.Observation // from the zone
	own    bool                   // the machine that looks
	known  bool                   // every listener of it
	noAddr bool                   // the machine has no address that the zone could reach
	global bool                   // it has one that the Internet routes, of the zone's family
}

func newSight(h exposure.Host, zone exposure.Zone, port exposure.Port) sight {
	s := sight{zone: zone, port: port, own: h.Own(), known: h.ListenersKnown, noAddr: unaddressed(h, zone), global: globally(h, zone)}
	for _, o := range port.Observations {
		if z, ok := zoneOf(o.View, o.Address); ok && z == zone {
			s.seen = append(s.seen, o)
		}
	}
	return s
}

// unaddressed reports whether a machine whose addresses are all known has none
// that the IPv6 Internet could reach. Of IPv4 nobody can say so: a router may
// translate.
func unaddressed(h exposure.Host, zone exposure.Zone) bool {
	return zone == exposure.ZoneInternetV6 && h.Own() && len(h.Addresses) > 0 && !slices.ContainsFunc(h.Addresses, func(a netip.Addr) bool {
		return a.Is6() && !a.Is4In6() && reach.Global(a)
	})
}

// nothingBound reports whether no socket of the host takes what comes to the
// address, as far as every socket is known.
func (s sight) nothingBound(a netip.Addr) bool {
	return s.known && !slices.ContainsFunc(s.port.Listeners, func(l exposure.Listener) bool { return l.Takes(a) })
}

// ruling is what became of an expectation, before it is put into words.
type ruling struct {
	outcome exposure.Outcome
	basis   exposure.Basis
	why     []said
}

// said is a text with what is to be filled in.
type said struct {
	lang.Text
	pairs []any
}

func say(t lang.Text, pairs ...any) said { return said{t, pairs} }

// judge compares an expectation with what was seen.
func (s sight) judge(expect exposure.Expectation) ruling {
	if len(s.seen) == 0 {
		return s.unlooked(expect)
	}
	count := map[stance]int{}
	r := ruling{basis: exposure.BasisSeen}
	for _, o := range s.seen {
		st := stanceOf(o.State, o.Reason, o.By)
		if st == unsure && s.nothingBound(o.Address) {
			st, r.basis = silent, exposure.BasisOwnFacts
		} else if st == unsure && s.own && s.dropped(o.Address.Unmap().Is6()) {
			st, r.basis = silent, exposure.BasisComputed
		}
		count[st]++
	}
	r.why = s.told()
	switch r.basis {
	case exposure.BasisOwnFacts:
		r.why = append(r.why, say(whyNothingBound))
	case exposure.BasisComputed:
		r.why = append(r.why, say(whyFilterDrops, "Zone", zoneWords[s.zone], "Rule", firstRule(s.answers()[0])))
	}
	r.outcome = outcome(expect, count)
	if r.outcome == exposure.Inconclusive && count[unsure] > 0 {
		r.why = append(r.why, say(whyUnsure))
	}
	if expect == exposure.ExpectStealth && count[rejected] > 0 && count[reached]+count[refused] == 0 {
		r.why = append(r.why, say(whyRejected))
	}
	return r
}

// outcome decides by how many observations took which stance. One that reached
// the port proves it open; closed and stealth must hold of all.
func outcome(expect exposure.Expectation, count map[stance]int) exposure.Outcome {
	doubt := count[unseen]+count[unsure] > 0
	switch expect {
	case exposure.ExpectOpen:
		switch {
		case count[reached] > 0:
			return exposure.Pass
		case doubt:
			return exposure.Inconclusive
		}
		return exposure.Fail
	case exposure.ExpectClosed:
		switch {
		case count[reached] > 0:
			return exposure.Fail
		case doubt:
			return exposure.Inconclusive
		}
		return exposure.Pass
	case exposure.ExpectStealth:
		switch {
		case count[reached]+count[refused]+count[rejected] > 0:
			return exposure.Fail
		case doubt:
			return exposure.Inconclusive
		}
		return exposure.Pass
	}
	if count[unseen] > 0 && count[reached] == 0 {
		return exposure.Inconclusive
	}
	return exposure.Pass
}

// unlooked is the ruling where nobody looked from the zone.
func (s sight) unlooked(expect exposure.Expectation) ruling {
	if s.noAddr {
		r := ruling{outcome: exposure.Pass, basis: exposure.BasisOwnFacts, why: []said{say(whyNoAddress)}}
		switch expect {
		case exposure.ExpectOpen:
			r.outcome = exposure.Fail
		case exposure.ExpectStealth:
			r.outcome = exposure.Inconclusive
		}
		return r
	}
	if r, ok := s.byRules(expect); ok {
		return r
	}
	return ruling{outcome: exposure.Inconclusive, why: []said{say(whyNobody, "Zone", zoneWords[s.zone]), say(howToLook[s.zone])}}
}

// told says what was seen, each different thing once with its addresses.
func (s sight) told() []said {
	type kind struct {
		state  exposure.State
		reason exposure.Reason
		by     string
	}
	var order []kind
	at := map[kind][]string{}
	for _, o := range s.seen {
		k := kind{o.State, o.Reason, o.By}
		if at[k] == nil {
			order = append(order, k)
		}
		if a := o.Address.String(); !slices.Contains(at[k], a) {
			at[k] = append(at[k], a)
		}
	}
	var list []said
	for _, k := range order {
		text := whySeen
		if k.by != "" && k.by != exposure.Local {
			text = whySeenBy
		}
		list = append(list, say(text, "Addresses", at[k], "State", stateWords[k.state], "Reason", string(k.reason), "By", k.by))
	}
	return list
}
