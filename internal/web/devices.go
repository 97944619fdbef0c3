package web

import (
	"cmp"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// devices says what the distances of the answers tell of who answered: what comes
// from further away than the answer to the ping is behind the device that gives
// that, what comes from nearer is something on the way. Without a ping the distance
// of most ports stands for that device, where there are enough to say so.
func devices(r *result, say *lang.Printer) []string {
	type group struct {
		distance int
		ports    exposure.PortList
	}
	var groups []group
	base, pinged := 0, false
	for _, a := range r.hops {
		d := a.Distance()
		if a.Transport == exposure.ICMP {
			base, pinged = d, true
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.distance == d })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{distance: d})
		}
		groups[i].ports = append(groups[i].ports, a.Ports...)
	}
	if len(groups) == 0 || !pinged && len(groups) == 1 && len(groups[0].ports) < 2 {
		return nil // one answer tells nothing
	}
	if !pinged {
		most := slices.MaxFunc(groups, func(a, b group) int { return cmp.Compare(len(a.ports), len(b.ports)) })
		base = most.distance
	}
	slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.distance, b.distance) })
	var list []string
	for _, g := range groups {
		slices.Sort(g.ports)
		ports := spaced(g.ports)
		switch {
		case g.distance > base:
			list = append(list, say.Say("web.device-behind", "Ports", ports, "Count", g.distance-base))
		case g.distance < base:
			list = append(list, say.Say("web.device-before", "Ports", ports, "Count", base-g.distance))
		}
	}
	if len(list) == 0 {
		list = append(list, say.Say("web.device-one"))
	}
	return list
}
