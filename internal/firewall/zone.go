package firewall

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// Zones of a machine, as far as its own addresses and routes tell: each zone is
// questions about who comes by which interface to which address.

// newcomer is one question: all sources of a zone to one address.
type newcomer struct {
	zone    exposure.Zone
	in      *Interface // nil: this machine itself
	sources spans
	source  netip.Addr // of the machine itself
	to      netip.Addr
}

// ephemeral are the ports that clients send from.
var ephemeral = spans{{num(uint16(1024)), num(uint16(65535))}}

// Answers says for one listener what the rules do with newcomers from each zone
// that has an address of the listener's to come to. The sources of a zone are
// taken together: where the rules tell them apart the answer is CannotSay, and says
// by which rule.
func (r *Ruleset) Answers(m *Machine, l exposure.Listener) []exposure.FirewallAnswer {
	type key struct {
		zone exposure.Zone
		v6   bool
	}
	type put struct {
		device   string
		decision Decision
	}
	var order []key
	asked := map[key][]put{}
	for _, n := range m.newcomers(l) {
		k := key{n.zone, n.to.Is6()}
		if asked[k] == nil {
			order = append(order, k)
		}
		p := put{decision: r.ask(m, l, n)}
		if n.in != nil {
			p.device = n.in.Name
		}
		asked[k] = append(asked[k], p)
	}
	var answers []exposure.FirewallAnswer
	for _, k := range order {
		var devices []string
		by := map[string][]Decision{}
		all := make([]Decision, 0, len(asked[k]))
		for _, p := range asked[k] {
			if by[p.device] == nil {
				devices = append(devices, p.device)
			}
			by[p.device], all = append(by[p.device], p.decision), append(all, p.decision)
		}
		if len(devices) == 1 || alike(all) {
			answers = append(answers, answer(k.zone, k.v6, all))
			continue
		}
		for _, device := range devices {
			a := answer(k.zone, k.v6, by[device])
			a.Interface = device
			answers = append(answers, a)
		}
	}
	return answers
}

// alike reports whether decisions are the same to whoever asks.
func alike(asked []Decision) bool {
	first := asked[0]
	for _, d := range asked {
		if d.Verdict == CannotSay || d.Verdict != first.Verdict || d.Reason != first.Reason || d.Path != first.Path || !samePlace(d.To, first.To) {
			return false
		}
	}
	return true
}

// ask puts one question.
func (r *Ruleset) ask(m *Machine, l exposure.Listener, n newcomer) Decision {
	p := Packet{Transport: l.Transport, Destination: n.to, Port: l.Port, Source: n.source}
	if n.in != nil {
		p.In, p.Source = n.in.Name, n.sources[0].lo.addr(n.to.Is6())
	}
	s, err := m.start(p)
	if err != "" {
		return Decision{Doubts: []exposure.FirewallRule{machineRef(err)}}
	}
	ask := func(s *state, reply bool) Decision {
		s.sport = among(ephemeral, sourcePortField)
		if n.in != nil {
			s.src = among(n.sources, sourceField)
		}
		return r.decide(m, s, reply)
	}
	d := ask(s, true)
	if d.Verdict != Accept || d.To.IsValid() || l.Transport != exposure.TCP {
		return d
	}
	// A rule set that forgets the packets of connections that came about lets in
	// the first one and no more.
	p.Established = true
	if s, err = m.start(p); err != "" {
		return d
	}
	if later := ask(s, false); later.Verdict == Drop || later.Verdict == Reject {
		return later
	}
	return d
}

// newcomers are the questions about a listener.
func (m *Machine) newcomers(l exposure.Listener) []newcomer {
	var list []newcomer
	list = append(list, m.itself(l)...)
	for i := range m.Interfaces {
		device := &m.Interfaces[i]
		if device.Loopback || l.Device != "" && l.Device != device.Name {
			continue
		}
		for _, p := range device.Prefixes {
			a := p.Addr().WithZone("")
			if reach.LAN(a) && p.Bits() < a.BitLen() && takes(l, p.Addr(), device.Name) {
				list = append(list, newcomer{zone: exposure.ZoneLAN, in: device, sources: m.others(p), to: a})
			}
		}
		for _, p := range device.Prefixes {
			a := p.Addr().WithZone("")
			switch {
			case !takes(l, p.Addr(), device.Name) || !m.leads(device.Name, a.Is6()) || a.IsLinkLocalUnicast():
			case a.Is4():
				list = append(list, newcomer{zone: exposure.ZoneInternetV4, in: device, sources: m.strangers(false), to: a})
			case reach.Global(a):
				list = append(list, newcomer{zone: exposure.ZoneInternetV6, in: device, sources: m.strangers(true), to: a})
			}
		}
	}
	return list
}

// takes reports whether a listener takes what comes to an address of an interface.
func takes(l exposure.Listener, a netip.Addr, device string) bool {
	if a.Is6() && a.IsLinkLocalUnicast() {
		a = a.WithZone(device)
	}
	return l.Takes(a)
}

// itself are the questions about this machine's own connections to the listener:
// over the loopback addresses, else from the address that it is bound to.
func (m *Machine) itself(l exposure.Listener) []newcomer {
	var list []newcomer
	if bound := l.Address.Unmap(); !bound.IsUnspecified() && !bound.IsMulticast() {
		if m.owner(bound) == nil {
			return nil // bound to an address that is gone
		}
		return []newcomer{{zone: exposure.ZoneLoopback, source: bound.WithZone(""), to: bound.WithZone("")}}
	}
	for _, a := range []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()} {
		if l.Takes(a) && m.owner(a) != nil && (l.Device == "" || l.LoopbackOnly()) {
			list = append(list, newcomer{zone: exposure.ZoneLoopback, source: a, to: a})
		}
	}
	return list
}

// leads reports whether a default route goes by the interface.
func (m *Machine) leads(device string, v6 bool) bool {
	return slices.ContainsFunc(m.Routes, func(r Route) bool {
		return r.Device == device && r.To.Bits() == 0 && r.To.Addr().Is6() == v6
	})
}

// others are the neighbours in a prefix: all of it but this machine's addresses
// and, in IPv4, the first and last, which are nobody's.
func (m *Machine) others(p netip.Prefix) spans {
	all := prefixSpan(p)
	not := m.ownSpans(p.Addr().Is6())
	if p.Addr().Is4() && p.Bits() < 31 {
		not = append(not, one(all.lo), one(all.hi))
	}
	rest := spans{all}.without(normal(not))
	if len(rest) == 0 {
		return spans{all}
	}
	return rest
}

func (m *Machine) ownSpans(v6 bool) []span {
	var list []span
	for _, i := range m.Interfaces {
		for _, p := range i.Prefixes {
			if p.Addr().Is6() == v6 {
				list = append(list, one(address(p.Addr().WithZone(""))))
			}
		}
	}
	return list
}

// unroutable are the blocks that no stranger on the Internet sends from (RFC 6890),
// the larger ones; of IPv6 only 2000::/3 is given out at all (RFC 3587).
var unroutable = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("224.0.0.0/3"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

// strangers are the sources on the Internet: not this machine, nor its neighbours.
func (m *Machine) strangers(v6 bool) spans {
	all := spans{{zero, num(uint32(0xffffffff))}}
	if v6 {
		all = spans{prefixSpan(netip.MustParsePrefix("2000::/3"))}
	}
	var not []span
	for _, p := range unroutable {
		if p.Addr().Is6() == v6 {
			not = append(not, prefixSpan(p))
		}
	}
	for _, i := range m.Interfaces {
		for _, p := range i.Prefixes {
			if p.Addr().Is6() == v6 {
				not = append(not, prefixSpan(p))
			}
		}
	}
	for _, r := range m.Routes {
		if r.To.Addr().Is6() == v6 && r.To.Bits() > 0 {
			not = append(not, prefixSpan(r.To))
		}
	}
	return all.without(normal(not))
}

// answer puts the decisions about one zone together.
func answer(zone exposure.Zone, v6 bool, asked []Decision) exposure.FirewallAnswer {
	a := exposure.FirewallAnswer{Zone: zone, Family: exposure.FirewallIPv4}
	if v6 {
		a.Family = exposure.FirewallIPv6
	}
	first := asked[0]
	if alike(asked) {
		a.Verdict, a.Reason, a.To, a.Rules, a.Silent = exposure.FirewallVerdict(first.Verdict), first.Reason, first.To, first.Rules, first.Replying
		if first.Path == PathInput || first.Path == PathForward {
			a.Path = exposure.FirewallPath(first.Path)
		}
		return a
	}
	a.Verdict, a.BySource = exposure.FirewallCannotSay, true
	possible := func(v Verdict) {
		if p := exposure.FirewallVerdict(v); !slices.Contains(a.Possible, p) {
			a.Possible = append(a.Possible, p)
		}
	}
	for _, d := range asked {
		if d.Verdict != CannotSay {
			possible(d.Verdict)
			continue
		}
		for _, v := range d.Possible {
			possible(v)
		}
		for _, doubt := range d.Doubts {
			a.BySource = a.BySource && doubt.Why.Terminal() == dependsOnSource
			if !slices.Contains(a.Doubts, doubt) {
				a.Doubts = append(a.Doubts, doubt)
			}
		}
	}
	if len(a.Doubts) == 0 {
		a.BySource, a.Doubts = false, []exposure.FirewallRule{machineRef("depends on which address of this machine is asked")}
	}
	slices.Sort(a.Possible)
	return a
}

// samePlace reports whether two rewritten destinations are alike to a reader: the
// same one, or the same port of this machine's own addresses.
func samePlace(a, b netip.AddrPort) bool {
	return a == b || a.IsValid() && b.IsValid() && a.Port() == b.Port()
}

// products are the programs that make rules, by what they call their chains and
// tables.
var products = []struct{ name, table, chain string }{
	{"ufw", "", "ufw-"},
	{"ufw", "", "ufw6-"},
	{"firewalld", "firewalld", ""},
	{"firewalld", "", "IN_public"},
	{"docker", "", "DOCKER"},
	{"podman", "", "NETAVARK"},
	{"fail2ban", "f2b-table", ""},
	{"fail2ban", "", "f2b-"},
	{"libvirt", "libvirt_network", ""},
	{"libvirt", "", "LIBVIRT_"},
	{"kubernetes", "", "KUBE-"},
	{"shorewall", "", "net-fw"},
	{"tailscale", "", "ts-input"},
}

// Products names the programs whose rules these are, as far as the names tell,
// then the languages that they are held in: nftables, iptables.
func (r *Ruleset) Products() []string {
	var found []string
	add := func(name string) {
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	for _, p := range products {
		for _, t := range r.tables {
			for _, c := range t.order {
				if p.table != "" && t.name == p.table || p.chain != "" && len(c.name) >= len(p.chain) && c.name[:len(p.chain)] == p.chain {
					add(p.name)
				}
			}
		}
	}
	for _, t := range r.tables {
		if len(t.order) > 0 {
			add(map[string]string{"nft": "nftables", "iptables": "iptables"}[t.kind])
		}
	}
	return found
}
