// Package diff says in what two reports differ: which ports opened or closed as
// seen from where, what else listens and answers, which findings and verdicts
// came and went. Pure. What only one of the reports looked at is no difference.
package diff

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

// Compare returns what a newer report has otherwise than an older one, in the
// order of the hosts and ports, and how many open ports only one of them looked
// at.
func Compare(older, newer exposure.Report) (differences []exposure.Difference, uncompared int) {
	c := &comparison{older: sideOf(older), newer: sideOf(newer)}
	matched := make([]bool, len(older.Hosts))
	for _, now := range newer.Hosts {
		i := slices.IndexFunc(older.Hosts, func(was exposure.Host) bool { return same(was, now) })
		if i < 0 {
			if len(now.Ports) > 0 && open(now) {
				c.add(exposure.Difference{Kind: exposure.DiffHost, Host: name(now), New: name(now), Added: true})
			}
			c.host(exposure.Host{Addresses: now.Addresses}, now)
			continue
		}
		matched[i] = true
		c.host(older.Hosts[i], now)
	}
	for i, was := range older.Hosts {
		if matched[i] {
			continue
		}
		if open(was) && c.newer.whole {
			c.add(exposure.Difference{Kind: exposure.DiffHost, Host: name(was), Old: name(was)})
		}
		c.host(was, exposure.Host{Name: was.Name, Addresses: was.Addresses})
	}
	return c.list, c.uncompared
}

// comparison is a comparison as it goes on.
type comparison struct {
	older, newer side
	list         []exposure.Difference
	uncompared   int
}

func (c *comparison) add(d exposure.Difference) { c.list = append(c.list, d) }

// side is what one report looked at.
type side struct {
	asked map[exposure.Transport][]uint16 // by -p; nil without it
	whole bool                            // it holds whatever is open, as a scan does that tells the open ports only
	mute  bool                            // it judges nothing: a scan, of ours or of nmap
}

func sideOf(r exposure.Report) side {
	s := side{whole: r.Version == "" && r.Scan != nil && !r.Partial}
	s.mute = r.Version == "" && r.Scan != nil || strings.HasPrefix(r.Version, "nmap ")
	if spec, err := portspec.Parse(r.Asked, false); r.Asked != "" && err == nil {
		s.asked = map[exposure.Transport][]uint16{exposure.TCP: spec.TCP.Slice(), exposure.UDP: spec.UDP.Slice()}
	}
	return s
}

// looked reports whether a report looked at a port of a host from a view, of
// which it has no observation.
func (s side) looked(h exposure.Host, v exposure.View, t exposure.Transport, port uint16) bool {
	if s.whole {
		return true
	}
	if _, in := slices.BinarySearch(s.asked[t], port); in {
		return true
	}
	return slices.ContainsFunc(h.Swept, func(w exposure.Sweep) bool {
		if w.View != v || w.Transport != t {
			return false
		}
		spec, err := portspec.Parse(w.Ports, false)
		return err == nil && slices.Contains(spec.TCP.Slice(), port)
	})
}

// name is the name that was written for a host, or its first address.
func name(h exposure.Host) string {
	if h.Name == "" && len(h.Addresses) > 0 {
		return h.Addresses[0].String()
	}
	return h.Name
}

// same reports whether two entries are one host: of the same name, both the
// machine that looked, or with an address in common that is not everybody's.
func same(a, b exposure.Host) bool {
	if a.Name != "" && strings.EqualFold(a.Name, b.Name) {
		return true
	}
	if a.Own() && b.Own() {
		return true
	}
	return slices.ContainsFunc(a.Addresses, func(address netip.Addr) bool {
		return !address.Unmap().IsLoopback() && slices.Contains(b.Addresses, address)
	})
}

func open(h exposure.Host) bool {
	return slices.ContainsFunc(h.Ports, func(p exposure.Port) bool {
		return len(p.Listeners) > 0 || slices.ContainsFunc(p.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open })
	})
}

// host compares two hosts port by port.
func (c *comparison) host(was, now exposure.Host) {
	type key struct {
		port      uint16
		transport exposure.Transport
	}
	older, newer := map[key]exposure.Port{}, map[key]exposure.Port{}
	var keys []key
	for _, p := range was.Ports {
		older[key{p.Port, p.Transport}] = p
		keys = append(keys, key{p.Port, p.Transport})
	}
	for _, p := range now.Ports {
		newer[key{p.Port, p.Transport}] = p
		keys = append(keys, key{p.Port, p.Transport})
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.transport, b.transport))
	})
	for _, k := range slices.Compact(keys) {
		p := pair{comparison: c, was: was, now: now, old: older[k], new: newer[k]}
		p.about = exposure.Difference{
			Host: cmp.Or(name(now), name(was)), Transport: k.transport, Port: k.port, Name: cmp.Or(p.new.Name, p.old.Name),
		}
		p.old.Transport, p.new.Transport, p.old.Port, p.new.Port = k.transport, k.transport, k.port, k.port
		p.states()
		p.listeners()
		p.services()
		if !p.older.mute && !p.newer.mute {
			p.findings()
		}
		p.verdicts()
	}
}

// pair is the same port in both reports.
type pair struct {
	*comparison
	was, now exposure.Host
	old, new exposure.Port
	about    exposure.Difference
}

func (p *pair) differs(kind exposure.DifferenceKind, old, now string, added bool, change func(*exposure.Difference)) {
	if old == now {
		return
	}
	d := p.about
	d.Kind, d.Old, d.New, d.Added = kind, old, now, added
	if change != nil {
		change(&d)
	}
	p.add(d)
}

// sight is a view over one family of addresses. Addresses come and go (DHCP,
// privacy extensions), so that they are no part of it.
type sight struct {
	view exposure.View
	v6   bool
}

// weight is how much a state says: that a port is open at one address weighs more
// than that it is closed at another.
var weight = []exposure.State{exposure.Unknown, exposure.Closed, exposure.Filtered, exposure.OpenFiltered, exposure.Open}

func sights(p exposure.Port) map[sight]exposure.State {
	all := map[sight]exposure.State{}
	for _, o := range p.Observations {
		s := sight{o.View, o.Address.Unmap().Is6()}
		if known, seen := all[s]; !seen || slices.Index(weight, o.State) > slices.Index(weight, known) {
			all[s] = o.State
		}
	}
	return all
}

// states compares what each view saw.
func (p *pair) states() {
	old, now := sights(p.old), sights(p.new)
	var order []sight
	for s := range old {
		order = append(order, s)
	}
	for s := range now {
		if _, both := old[s]; !both {
			order = append(order, s)
		}
	}
	slices.SortFunc(order, func(a, b sight) int {
		if c := cmp.Compare(a.view, b.view); c != 0 || a.v6 == b.v6 {
			return c
		} else if b.v6 {
			return -1
		}
		return 1
	})
	for _, s := range order {
		was, sawOld := old[s]
		is, sawNew := now[s]
		switch {
		case sawOld && sawNew && (was == exposure.Unknown || is == exposure.Unknown):
			if was != is && (was == exposure.Open || is == exposure.Open) {
				p.uncompared++
			}
			continue
		case sawOld && !sawNew:
			if was != exposure.Open {
				continue // what is not open need not be kept
			}
			if !p.newer.looked(p.now, s.view, p.new.Transport, p.new.Port) {
				p.uncompared++
				continue
			}
		case sawNew && !sawOld:
			if is != exposure.Open {
				continue
			}
			if !p.older.looked(p.was, s.view, p.old.Transport, p.old.Port) {
				// It may have been open before. For whoever wants to know of all that is
				// new it is.
				p.uncompared++
			}
		}
		family := "ipv4"
		if s.v6 {
			family = "ipv6"
		}
		word := func(state exposure.State, seen bool) string {
			if !seen {
				return ""
			}
			return state.String()
		}
		p.differs(exposure.DiffState, word(was, sawOld), word(is, sawNew), is == exposure.Open && sawNew, func(d *exposure.Difference) {
			d.View, d.Family = s.view, family
		})
	}
}

// listeners compares what is bound, by address, process and user; processes get
// other numbers every time.
func (p *pair) listeners() {
	bound := func(port exposure.Port) (whose string, exposed bool) {
		var words []string
		for _, l := range port.Listeners {
			word := strings.Join(slices.DeleteFunc([]string{l.Address.String(), l.Device, l.Process, l.User, l.Container}, func(s string) bool { return s == "" }), " ")
			words = append(words, word)
			exposed = exposed || !l.LoopbackOnly()
		}
		slices.Sort(words)
		return strings.Join(slices.Compact(words), "; "), exposed
	}
	old, _ := bound(p.old)
	now, exposed := bound(p.new)
	if len(p.old.Listeners) == 0 && !p.was.ListenersKnown || len(p.new.Listeners) == 0 && !p.now.ListenersKnown {
		return // one of them could not see
	}
	p.differs(exposure.DiffListener, old, now, exposed, nil)
}

// services compares what answers, where both found out.
func (p *pair) services() {
	told := func(port exposure.Port) (what, version, certificate string) {
		var names, versions, prints []string
		for _, s := range port.Services {
			if s.Confidence < exposure.Likely {
				continue
			}
			product := s.Product.Terminal()
			tls := ""
			if s.TLS != nil && !s.TLS.StartTLS {
				tls = "TLS"
			}
			names = append(names, strings.Join(slices.DeleteFunc([]string{s.Protocol, tls, product}, func(w string) bool { return w == "" }), " "))
			versions = append(versions, s.Version.Terminal())
			if s.TLS != nil && s.TLS.Certificate != nil {
				prints = append(prints, s.TLS.Certificate.SHA256)
			}
		}
		return set(names), set(versions), set(prints)
	}
	what, version, certificate := told(p.old)
	whatNow, versionNow, certificateNow := told(p.new)
	if what == "" || whatNow == "" {
		return
	}
	p.differs(exposure.DiffService, what, whatNow, true, nil)
	if what == whatNow && version != "" && versionNow != "" {
		p.differs(exposure.DiffVersion, version, versionNow, false, nil)
	}
	if certificate != "" && certificateNow != "" {
		p.differs(exposure.DiffCertificate, certificate, certificateNow, false, nil)
	}
}

// set is a list of words as one, each word once.
func set(words []string) string {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	slices.Sort(words)
	return strings.Join(slices.Compact(words), "; ")
}

// findings compares which rules found something; how they say it depends on the
// language.
func (p *pair) findings() {
	found := func(port exposure.Port) map[string]exposure.Severity {
		all := map[string]exposure.Severity{}
		for _, f := range port.Findings {
			all[f.Rule] = max(all[f.Rule], f.Severity)
		}
		return all
	}
	old, now := found(p.old), found(p.new)
	var rules []string
	for rule := range old {
		rules = append(rules, rule)
	}
	for rule := range now {
		rules = append(rules, rule)
	}
	slices.Sort(rules)
	for _, rule := range slices.Compact(rules) {
		was, before := old[rule]
		is, after := now[rule]
		if before && !after && !p.known(p.new) {
			continue
		}
		word := func(s exposure.Severity, there bool) string {
			if !there {
				return ""
			}
			return s.String()
		}
		severity := is
		if !after {
			severity = was
		}
		p.differs(exposure.DiffFinding, word(was, before), word(is, after), after && is > exposure.Info && (!before || is > was), func(d *exposure.Difference) {
			d.Rule, d.Severity = rule, &severity
		})
	}
}

// known reports whether a report knows anything of a port: what nobody looked at
// has no findings, and none went.
func (p *pair) known(port exposure.Port) bool {
	if len(port.Observations)+len(port.Listeners) > 0 {
		return true
	}
	return slices.ContainsFunc(p.old.Observations, func(o exposure.Observation) bool {
		return p.newer.looked(p.now, o.View, port.Transport, port.Port)
	})
}

// verdicts compares what the policy made of the port.
func (p *pair) verdicts() {
	for _, now := range p.new.Verdicts {
		i := slices.IndexFunc(p.old.Verdicts, func(v exposure.Verdict) bool { return v.Zone == now.Zone })
		old := ""
		if i >= 0 {
			old = string(p.old.Verdicts[i].Verdict)
		} else if now.Verdict != exposure.Fail {
			continue // a policy that says more than before
		}
		p.differs(exposure.DiffVerdict, old, string(now.Verdict), now.Verdict == exposure.Fail, func(d *exposure.Difference) { d.Zone = now.Zone })
	}
}

// Added are the differences by which something is there that was not.
func Added(all []exposure.Difference) []exposure.Difference {
	return slices.DeleteFunc(slices.Clone(all), func(d exposure.Difference) bool { return !d.Added })
}
