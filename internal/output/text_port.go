package output

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// quoteWidth is how many columns of a banner a table shows.
const quoteWidth = 48

// services says what answers behind a port: one line for each different thing,
// since a port may lead elsewhere at another address.
func (p *page) services(port exposure.Port) []string {
	var known []string
	for _, s := range port.Services {
		known = appendNew(known, p.service(s, port.Name))
		if s.Silence != "" {
			known = appendNew(known, p.say.Say("silence."+string(s.Silence)))
		}
	}
	if len(known) == 0 && port.Name != "" {
		known = append(known, p.say.Say("service.assigned", "Name", port.Name))
	}
	for _, o := range port.Observations {
		// That who is there answers no stranger is not known by the state alone.
		if len(port.Services) == 0 && o.State == exposure.OpenFiltered {
			known = appendNew(known, o.Detail)
		}
	}
	return known
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// service is protocol, product and version; how sure that is, where it is not;
// the banner, where nothing else is known.
func (p *page) service(s exposure.Service, assigned string) string {
	words := []string{s.Protocol}
	if s.TLS != nil && s.Protocol != "tls" {
		words = append(words, p.throughTLS(s))
	}
	words = append(words, shortened(s.Product.Terminal(), quoteWidth), shortened(s.Version.Terminal(), quoteWidth))
	name := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
	switch {
	case name == "" && !s.Banner.IsZero():
		return p.say.Say("service.banner", "Banner", shortened(s.Banner.Terminal(), quoteWidth))
	case name == "" && assigned == "" && s.Silence != "":
		return "" // how it is silent is all there is to say
	case name == "" && assigned == "":
		return p.say.Say("service.unrecognised")
	case name == "":
		return p.say.Say("service.assigned", "Name", assigned)
	case s.Confidence == exposure.Assigned:
		return p.say.Say("service.assigned", "Name", name)
	case s.Confidence == exposure.Likely:
		return p.say.Say("service.likely", "Name", name)
	}
	return name
}

func (p *page) throughTLS(s exposure.Service) string {
	if s.TLS.StartTLS {
		return "(STARTTLS)"
	}
	return "(TLS)"
}

// owners says whose the port is: process, user and what started it.
func (p *page) owners(mine bool, port exposure.Port) []string {
	var known []string
	for _, l := range port.Listeners {
		known = appendNew(known, p.owner(l))
	}
	if len(known) == 0 && mine && state(port) == exposure.Open {
		return []string{p.say.Say("report.no-listener")}
	}
	return known
}

func (p *page) owner(l exposure.Listener) string {
	unit := l.Unit
	if unit == l.Process+".service" {
		unit = "" // nothing that the process does not say
	}
	words := []string{l.Process, l.User, unit, l.Container}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	switch {
	case len(words) > 0:
		return strings.Join(words, ", ")
	case l.Unowned:
		return p.say.Say("report.unowned")
	}
	return p.say.Say("report.owner-unseen")
}

// whereabouts says where the port can be reached: by what is bound, and by what
// was seen where that differs or where nothing is known to be bound.
func (p *page) whereabouts(h exposure.Host, mine bool, port exposure.Port) []string {
	lines := p.bindings(port.Listeners)
	all := groups(port)
	for _, g := range all {
		switch addresses := written(g.addresses); {
		case g.view.Own():
			// What is bound says it already, unless something is in between.
			odd := g.state != exposure.Open && port.Transport == exposure.TCP
			if len(port.Listeners) == 0 && g.state == exposure.Open {
				lines = append(lines, addresses...)
			} else if odd && g.covered(port.Listeners) {
				lines = append(lines, p.say.Say("report.at", "State", p.state(g.state), "Addresses", addresses))
			}
		case mine:
			lines = append(lines, p.say.Say("report.from", "View", p.viewOf(g), "State", p.state(g.state)))
		case len(all) > 1:
			lines = append(lines, p.say.Say("report.at", "State", p.state(g.state), "Addresses", addresses))
		case len(h.Addresses) > 1:
			lines = append(lines, addresses...)
		}
	}
	if mine {
		lines = append(lines, p.computed(port)...)
	}
	return lines
}

// viewOf names the view of a group: from the Internet the families are two views
// that differ as often as not.
func (p *page) viewOf(g group) string {
	other := func(a netip.Addr) bool { return a.Unmap().Is4() != g.addresses[0].Unmap().Is4() }
	switch {
	case g.view != exposure.ViewOutside || slices.ContainsFunc(g.addresses, other):
		return p.view(g.view)
	case g.addresses[0].Unmap().Is4():
		return p.say.Say("view.outside-v4")
	}
	return p.say.Say("view.outside-v6")
}

// vantages says who else looked, and why one saw nothing.
func (p *page) vantages(list []exposure.Vantage) {
	for _, line := range vantageLines(list) {
		p.gap()
		p.paragraph("", yellow, line)
	}
	for _, v := range list {
		switch {
		case v.Error != "":
		case v.Sees.IsValid():
			p.gap()
			p.paragraph("", plain, p.say.Say("report.vantage", "Vantage", v.ID, "Address", v.Address, "Sees", v.Sees))
		}
	}
}

// vantageLines are why vantages saw nothing, or not all, each line once: over both
// families the reason is mostly the same.
func vantageLines(list []exposure.Vantage) []string {
	var lines []string
	for _, v := range list {
		for _, line := range []string{v.Error, v.Note} {
			if line != "" {
				lines = appendNew(lines, line)
			}
		}
	}
	return lines
}

// bindings says to which addresses the sockets of a port are bound.
func (p *page) bindings(listeners []exposure.Listener) []string {
	var (
		all, all4, all6, loopback bool
		lines                     []string
	)
	for _, l := range listeners {
		switch address := l.Address.Unmap(); {
		case l.LoopbackOnly():
			loopback = true
		case l.Device != "" && address.IsUnspecified():
			lines = appendNew(lines, p.say.Say("report.all-of-device", "Device", l.Device))
		case !address.IsUnspecified():
			lines = appendNew(lines, address.String())
		case address.Is4():
			all4 = true
		case l.V6Only != nil && *l.V6Only:
			all6 = true
		default:
			all = true
		}
	}
	switch {
	case all || all4 && all6:
		return []string{p.say.Say("report.all-addresses")}
	case all4:
		lines = append(lines, p.say.Say("report.all-ipv4"))
	case all6:
		lines = append(lines, p.say.Say("report.all-ipv6"))
	}
	if loopback {
		lines = append(lines, p.say.Say("report.loopback-only"))
	}
	return lines
}

// group is the addresses at which one view saw the same state.
type group struct {
	view      exposure.View
	state     exposure.State
	addresses []netip.Addr
}

func groups(port exposure.Port) []group {
	var all []group
	for _, o := range port.Observations {
		i := slices.IndexFunc(all, func(g group) bool { return g.view == o.View && g.state == o.State })
		if i < 0 {
			i = len(all)
			all = append(all, group{view: o.View, state: o.State})
		}
		if !slices.Contains(all[i].addresses, o.Address) {
			all[i].addresses = append(all[i].addresses, o.Address)
		}
	}
	return all
}

// covered reports whether a socket is bound to one of the addresses.
func (g group) covered(listeners []exposure.Listener) bool {
	return slices.ContainsFunc(listeners, func(l exposure.Listener) bool {
		return slices.ContainsFunc(g.addresses, l.Takes)
	})
}

func written(addresses []netip.Addr) []string {
	out := make([]string, len(addresses))
	for i, a := range addresses {
		out[i] = a.String()
	}
	return out
}
