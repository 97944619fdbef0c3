package policy

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

func number(n uint16) string { return strconv.Itoa(int(n)) }

// swept is what the report counts, without an observation of each, of the ports
// of a group.
type swept struct {
	addresses int // that were looked at from the zone
	least     int // ports of the group that were looked at, at the address where that is least
	odd       int // ports that are not as expected, or may be
	doubt     int // ports whose state is not known
	exact     bool
}

// swept adds up the sweeps of the addresses that the zone looked at.
func (j *judgement) swept(zone exposure.Zone, g group) swept {
	w := swept{least: len(g.ports), exact: true}
	at, kept := map[netip.Addr]map[uint16]bool{}, map[netip.Addr]map[uint16]bool{}
	for _, a := range j.host.Addresses {
		if looked := j.lookedAt(zone, g.transport, a); looked != nil {
			at[a], kept[a] = looked, maps.Clone(looked)
		}
	}
	w.addresses = len(at)
	for _, s := range j.host.Swept {
		if z, ok := zoneOf(s.View, s.Address); !ok || z != zone || s.Transport != g.transport {
			continue
		}
		spec, err := portspec.Parse(s.Ports, false)
		if err != nil {
			w.exact = false // a report of another program
			continue
		}
		asked := spec.TCP.Slice()
		if at[s.Address] == nil {
			at[s.Address] = map[uint16]bool{}
			w.addresses++
		}
		for _, n := range asked {
			at[s.Address][n] = true
		}
		for _, st := range s.States {
			count := map[stance]int{stanceOf(st.State, st.Reason, st.By): 1}
			switch outcome(g.entry.expect, count) {
			case exposure.Fail:
				w.odd += st.Count
			case exposure.Inconclusive:
				w.doubt += st.Count
			}
		}
		// What a part of them is cannot be told from the count of all.
		w.exact = w.exact && !slices.ContainsFunc(asked, func(n uint16) bool {
			_, in := slices.BinarySearch(g.ports, n)
			return !in && !kept[s.Address][n]
		})
	}
	for _, looked := range at {
		n := 0
		for _, port := range g.ports {
			if looked[port] {
				n++
			}
		}
		w.least = min(w.least, n)
	}
	return w
}

// lookedAt are the ports of which the report has an observation at an address
// from the zone, nil for none.
func (j *judgement) lookedAt(zone exposure.Zone, t exposure.Transport, a netip.Addr) map[uint16]bool {
	var looked map[uint16]bool
	for key, p := range j.ports {
		if key.transport != t {
			continue
		}
		for _, o := range p.Observations {
			if z, ok := zoneOf(o.View, o.Address); ok && z == zone && o.Address == a {
				if looked == nil {
					looked = map[uint16]bool{}
				}
				looked[key.port] = true
			}
		}
	}
	return looked
}

// ruling is what becomes of the ports of a group that did not fail by
// themselves: apart are those that are not as expected or doubtful.
func (w swept) ruling(zone exposure.Zone, g group, apart int, doubtful []uint16) ruling {
	r := ruling{outcome: exposure.Pass, basis: exposure.BasisSeen}
	if w.least < len(g.ports) {
		r.with(exposure.Inconclusive, say(whyNoSweep, "All", len(g.ports), "Looked", w.least, "Zone", zoneWords[zone]))
	} else {
		r.with(exposure.Pass, say(whyGroup, "Count", max(0, len(g.ports)-apart-w.odd-w.doubt), "Zone", zoneWords[zone]))
	}
	switch {
	case w.odd > 0 && w.exact:
		r.with(exposure.Fail, say(whyOdd, "Count", w.odd, "Zone", zoneWords[zone]))
	case w.odd > 0:
		r.with(exposure.Inconclusive, say(whyMixed, "Count", w.odd))
	}
	if w.doubt > 0 {
		r.with(exposure.Inconclusive, say(whyUnknown, "Count", w.doubt))
	}
	if len(doubtful) > 0 {
		r.with(exposure.Inconclusive, say(whyDoubtful, "Count", len(doubtful), "Ports", shortRanges(doubtful)))
	}
	return r
}

// shortRanges is a list of ports that is no page long.
func shortRanges(ports []uint16) string {
	const most = 200
	text := ranges(ports)
	if len(text) <= most {
		return text
	}
	return text[:strings.LastIndexByte(text[:most], ',')] + " …"
}
