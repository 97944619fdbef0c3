package firewall

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// Session is a TCP connection that somebody has to this machine, by which the
// machine is looked after.
type Session struct {
	Peer, Local netip.AddrPort
}

// Heard is what becomes of the packets of a session, and of those of a new one of
// the same peer to the same port, with their answers.
type Heard struct {
	Now, Anew Verdict
}

// Hears says what becomes of a session.
func (r *Ruleset) Hears(m *Machine, s Session) Heard {
	peer, local := s.Peer.Addr().Unmap().WithZone(""), s.Local.Addr().Unmap().WithZone("")
	p := Packet{Transport: exposure.TCP, Source: peer, SourcePort: s.Peer.Port(), Destination: local, Port: s.Local.Port()}
	if m.owner(peer) == nil {
		if in := m.route(peer); in != nil {
			p.In = in.Name
		}
	}
	fresh, err := m.start(p)
	if err != "" {
		return Heard{CannotSay, CannotSay}
	}
	fresh.sport = among(ephemeral, sourcePortField)
	p.Established = true
	return Heard{r.Reach(m, p).Verdict, r.decide(m, fresh, true).Verdict}
}

// Cuts are those of the sessions that the commands of a wish would cut off at
// worst, or whose peers could not come again: what is let through before and not
// after. The rules are as before when it returns.
func (r *Ruleset) Cuts(m *Machine, w Wish, p Product, sessions []Session) []Session {
	if w.Action != ActionClose {
		return nil // no rule is added but such that let through
	}
	before := make([]Heard, len(sessions))
	for i, s := range sessions {
		before[i] = r.Hears(m, s)
	}
	defer r.closed(order{Wish: w}, p)()
	var cut []Session
	for i, s := range sessions {
		if Cut(before[i], r.Hears(m, s)) {
			cut = append(cut, s)
		}
	}
	return cut
}

// Cut reports whether a session that was heard as before is worse off after.
func Cut(before, after Heard) bool {
	return after.Now != Accept && after.Now != before.Now || after.Anew != Accept && after.Anew != before.Anew
}

// closed puts the rules in place that the commands of a closing wish could leave,
// each of its steps taken, and returns what takes them out again.
func (r *Ruleset) closed(o order, p Product) (restore func()) {
	tables := r.tables
	if p == NFTables && len(r.Places(o.Out)) == 0 {
		t := &table{family: familyInet, kind: "nft", name: "sekisho", chains: map[string]*chain{}}
		hook := map[bool]hook{false: input, true: output}[o.Out]
		t.order = []*chain{{table: t, name: o.hook(), base: &base{hook: hook, kind: "filter"}}}
		r.tables = append(slices.Clone(tables), t)
	}
	var undo []func()
	for _, t := range r.tables {
		for _, c := range t.order {
			if !o.standsIn(c, p) {
				continue
			}
			rules := c.rules
			undo = append(undo, func() { c.rules = rules })
			c.rules = append(o.denials(c), slices.DeleteFunc(slices.Clone(rules), o.lets)...)
		}
	}
	return func() {
		for _, u := range undo {
			u()
		}
		r.tables = tables
	}
}

// standsIn reports whether the commands for a product change a chain.
func (o *order) standsIn(c *chain, p Product) bool {
	end := strings.ToUpper(o.hook())
	switch p {
	case UFW:
		return c.name == "ufw-user-"+o.hook() || c.name == "ufw6-user-"+o.hook()
	case Firewalld:
		if o.Out {
			return c.base != nil && c.base.hook == output
		}
		return strings.HasPrefix(c.name, "filter_IN_") || strings.HasPrefix(c.name, "IN_")
	case Iptables:
		return c.name == end && c.base != nil && c.table.name == "filter"
	}
	return c.base != nil && string(c.base.hook) == o.hook() && c.base.kind == "filter"
}

// denials are the rules that keep the ports out, written as iptables has them.
func (o *order) denials(c *chain) []*rule {
	var rules []*rule
	for _, v6 := range []bool{false, true} {
		if !c.table.family.takes(v6) {
			continue
		}
		nets := []string{""}
		if len(o.peers()) > 0 {
			nets = nil
			side := " -s "
			if o.Out {
				side = " -d "
			}
			for _, n := range o.networks(v6) {
				nets = append(nets, side+n.String())
			}
		}
		for _, port := range o.Ports {
			for _, n := range nets {
				p := &iptablesParser{rules: &Ruleset{}, v6: v6, at: &table{family: c.table.family, chains: map[string]*chain{}}}
				word := "-4"
				if v6 {
					word = "-6"
				}
				p.rule(fmt.Sprintf("X %s -p %s --dport %d%s -j DROP", word, port.Transport, port.Port, n))
				made := p.at.chains["X"].rules[0]
				made.chain = c
				rules = append(rules, made)
			}
		}
	}
	return rules
}

var (
	dportWord  = regexp.MustCompile(`(tcp|udp) dport (\S+|\{[^}]*\})`)
	acceptWord = regexp.MustCompile(`(^|\s)(accept|-j ACCEPT)(\s|$)`)
	numberWord = regexp.MustCompile(`\d+`)
)

// lets reports whether a rule is one that the commands may take away: it lets in
// what goes to one of the ports.
func (o *order) lets(r *rule) bool {
	if !acceptWord.MatchString(r.text) {
		return false
	}
	for _, p := range o.Ports {
		if strings.Contains(r.text, fmt.Sprintf("-p %s ", p.Transport)) && regexp.MustCompile(fmt.Sprintf(`--dports? (\S*,)?%d(,|\s|$)`, p.Port)).MatchString(r.text) {
			return true
		}
		if m := dportWord.FindStringSubmatch(r.text); m != nil && m[1] == p.Transport.String() && slices.Contains(numberWord.FindAllString(m[2], -1), fmt.Sprint(p.Port)) {
			return true
		}
	}
	return false
}
