package output

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// outcomes tells hosts apart by what became of the ports that are not shown.
func (h *scannedHost) outcomes() string {
	var b strings.Builder
	for _, o := range mostFirst(h.hidden) {
		fmt.Fprintf(&b, "%d %v %s %t\n", h.hidden[o], o.state, o.reason, o.echo)
	}
	return b.String()
}

// withNothingToShow groups the hosts of which no port is shown by outcomes.
func withNothingToShow(hosts []*scannedHost) map[string][]*scannedHost {
	groups := map[string][]*scannedHost{}
	for _, h := range hosts {
		if len(h.shown) == 0 {
			groups[h.outcomes()] = append(groups[h.outcomes()], h)
		}
	}
	return groups
}

// alike shows each group of more than one in a line, the largest first: in a
// network of which three addresses are in use, 250 blocks would bury those.
func (p *page) alike(groups map[string][]*scannedHost) {
	var all [][]*scannedHost
	for _, hosts := range groups {
		if len(hosts) > 1 {
			all = append(all, hosts)
		}
	}
	slices.SortFunc(all, func(a, b []*scannedHost) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), a[0].address.Compare(b[0].address))
	})
	if len(all) > 0 {
		p.gap()
	}
	for _, hosts := range all {
		names := p.ranges(hosts)
		if reason, none := unanswered(hosts[0].hidden); none {
			p.paragraph("", dim, p.say.Say("scan.silent", "Count", len(hosts), "Reason", reason, "Addresses", names))
			continue
		}
		var ports []string
		for _, o := range mostFirst(hosts[0].hidden) {
			if o.echo {
				ports = append(ports, p.say.Say("scan.hidden-echo", "State", p.state(o.state), "Reason", o.reason))
				continue
			}
			ports = append(ports, p.say.Say("scan.alike-ports", "Count", hosts[0].hidden[o], "State", p.state(o.state), "Reason", o.reason))
		}
		p.paragraph("", dim, p.say.Say("scan.alike", "Count", len(hosts), "Ports", ports, "Addresses", names))
	}
}

// unanswered reports whether nothing at all came back, and the one reason.
func unanswered(counts map[outcome]int) (reason exposure.Reason, none bool) {
	for o := range counts {
		silent := o.state == exposure.Unknown && o.reason == exposure.HostUnreach ||
			o.state == exposure.Filtered && o.reason == exposure.NoResponse
		if !silent || reason != "" && reason != o.reason {
			return "", false
		}
		reason = o.reason
	}
	return reason, reason != ""
}

// ranges names hosts, neighbouring addresses as a range, and no endless list.
// The hosts are sorted by address.
func (p *page) ranges(hosts []*scannedHost) []string {
	var names []string
	for begin := 0; begin < len(hosts); {
		end := begin + 1
		for end < len(hosts) && hosts[begin].label() == hosts[begin].address.String() && follows(hosts[end-1], hosts[end]) {
			end++
		}
		label := hosts[begin].label()
		if end-begin > 2 {
			label += "-" + hosts[end-1].label()
		} else {
			end = begin + 1
		}
		names = append(names, label)
		begin = end
	}
	names = slices.Compact(names) // a name may have several addresses
	if len(names) > rangesShown {
		names = append(names[:rangesShown], ellipsis)
	}
	return names
}

// follows reports whether an address without a name is the next one.
func follows(a, b *scannedHost) bool {
	return b.label() == b.address.String() && a.address.Next() == b.address
}

// label is the name that was written for a host, or its address.
func (h *scannedHost) label() string {
	if h.name != "" {
		return h.name
	}
	return h.address.String()
}
