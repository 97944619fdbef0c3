package output

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// firewallStyles are the colours of what the packet filter does: open is what a
// reader must see.
var firewallStyles = map[exposure.FirewallVerdict]style{
	exposure.FirewallAccept: yellow, exposure.FirewallDrop: green, exposure.FirewallReject: green, exposure.FirewallCannotSay: yellow,
}

// firewallWord is what the packet filter does, in a word or two.
func (p *page) firewallWord(a exposure.FirewallAnswer) string {
	if a.Verdict == exposure.FirewallCannotSay && a.BySource {
		return p.say.Say("firewall-does.by-source")
	}
	return p.say.Say("firewall-does." + string(a.Verdict))
}

// filtered says for each zone what the packet filter does, the zones with the same
// answer together.
func (p *page) filtered(answers []exposure.FirewallAnswer) []string {
	var words []string
	zones := map[string][]string{}
	for _, a := range answers {
		word := p.firewallWord(a)
		if zones[word] == nil {
			words = append(words, word)
		}
		zones[word] = appendNew(zones[word], p.zoneOf(a, answers))
	}
	var lines []string
	for _, word := range words {
		lines = append(lines, p.say.Say("firewall.zones", "Verdict", word, "Zones", zones[word]))
	}
	return lines
}

// zoneOf names the zone, with the family where the two of a zone differ.
func (p *page) zoneOf(a exposure.FirewallAnswer, all []exposure.FirewallAnswer) string {
	familiesDiffer := false
	for _, b := range all {
		familiesDiffer = familiesDiffer || b.Zone == a.Zone && b.Family != a.Family && p.firewallWord(b) != p.firewallWord(a)
	}
	return p.zoneName(a, familiesDiffer)
}

// zoneName names the zone of an answer, with the interface and, when asked, with
// the family in brackets.
func (p *page) zoneName(a exposure.FirewallAnswer, family bool) string {
	name := p.say.Say("zone." + string(a.Zone))
	if a.Zone == exposure.ZoneInternetV4 || a.Zone == exposure.ZoneInternetV6 {
		family = false // the name says it
	}
	switch {
	case family && a.Interface != "":
		return p.say.Say("firewall.zone-of-both", "Zone", name, "Family", p.say.Say("family."+string(a.Family)), "Interface", a.Interface)
	case a.Interface != "":
		return p.say.Say("firewall.zone-of-family", "Zone", name, "Family", a.Interface)
	case family:
		return p.say.Say("firewall.zone-of-family", "Zone", name, "Family", p.say.Say("family."+string(a.Family)))
	}
	return name
}

func (p *page) filteredCell(answers []exposure.FirewallAnswer) cell {
	c := cell{lines: p.filtered(answers)}
	for _, a := range answers {
		if a.Zone != exposure.ZoneLoopback {
			c.style = firewallStyles[a.Verdict]
			if a.Verdict != exposure.FirewallDrop && a.Verdict != exposure.FirewallReject {
				break // the style of what may be open wins
			}
		}
	}
	return c
}

// maxRulesTold bounds how many rules stand for one answer on a page.
const maxRulesTold = 3

// firewall says who makes the rules, and what a verdict alone does not tell: where
// newcomers are sent on, and on which rule it hangs that nobody can say.
func (p *page) firewall(d exposure.LocalDocument) {
	if d.Firewall == nil {
		return
	}
	p.gap()
	if d.Firewall.Unread {
		p.unreadFirewall(*d.Firewall)
		return
	}
	if d.Firewall.Rules == 0 {
		p.paragraph("", plain, p.say.Say("firewall.no-rules"))
	} else {
		p.paragraph("", plain, p.say.Say("firewall.summary", "Products", d.Firewall.Products, "Count", d.Firewall.Rules))
	}
	var said []string
	for _, l := range d.Listeners {
		for _, a := range l.Firewall {
			for _, line := range p.remarks(portLabel(l.Transport, l.Port), a) {
				if !slices.Contains(said, line) {
					said = append(said, line)
					p.paragraph(findingIndent, plain, line)
				}
			}
		}
	}
}

// unreadFirewall names the firewalls of a system whose rules are not evaluated.
func (p *page) unreadFirewall(f exposure.LocalFirewall) {
	p.paragraph("", plain, p.say.Say("firewall.unread", "Products", f.Products, "Count", len(f.Products)))
	for _, one := range f.Profiles {
		if len(one.Interfaces) > 0 {
			p.paragraph(findingIndent, plain, p.say.Say("firewall.profile", "Name", one.Name, "Interfaces", one.Interfaces, "On", one.Enabled, "Incoming", one.Incoming))
		}
	}
}

// remarks are what is to be said beside a verdict.
func (p *page) remarks(port string, a exposure.FirewallAnswer) []string {
	zone := p.zoneName(a, true)
	switch {
	case a.Verdict == exposure.FirewallCannotSay:
		doubts := slices.Clone(a.Doubts)
		for i := range doubts {
			if a.BySource { // the word says why already
				doubts[i].Why = untrusted.Text{}
			}
		}
		return []string{p.say.Say("firewall.hangs-on", "Port", port, "Zone", zone, "Verdict", p.firewallWord(a), "Rules", p.ruleTexts(doubts))}
	case a.Path == exposure.FirewallForward && a.To.IsValid():
		return []string{p.say.Say("firewall.sent-on", "Port", port, "Zone", zone, "To", a.To.String(), "Verdict", p.firewallWord(a), "Rules", p.ruleTexts(a.Rules))}
	case a.Silent:
		return []string{p.say.Say("firewall.answer-dropped", "Port", port, "Zone", zone, "Rules", p.ruleTexts(a.Rules))}
	}
	return nil
}

// ruleTexts are the rules in a line each, the last ones where they are many: those
// decide.
func (p *page) ruleTexts(rules []exposure.FirewallRule) []string {
	if len(rules) > maxRulesTold {
		rules = rules[len(rules)-maxRulesTold:]
	}
	var list []string
	for _, r := range rules {
		where := shortened(r.Table.Terminal()+" "+r.Chain.Terminal(), quoteWidth)
		text := shortened(r.Text.Terminal(), 2*quoteWidth)
		switch why := p.reasonOf(r); {
		case r.Chain.IsZero():
			list = append(list, p.say.Say("firewall.kernel", "Why", why))
		case why != "":
			list = append(list, p.say.Say("firewall.rule-why", "Where", where, "Text", text, "Why", why))
		default:
			list = append(list, p.say.Say("firewall.rule", "Where", where, "Text", text))
		}
	}
	return list
}

// firewallReasons are the reasons of the evaluator that are sentences of ours. All
// others are words of rules, such as limit, and are the same in every language.
var firewallReasons = map[string]string{
	"depends on the source":                             "source",
	"the order of chains with the same priority":        "order",
	"depends on which address of this machine is asked": "address",
	"whether the machine forwards":                      "forwards",
	"the machine does not forward (ip_forward is off)":  "not-forwarding",
	"the destination is not known":                      "destination",
	"a rule of a bridge":                                "bridge",
	"its rules are not read":                            "unread",
}

// reasonOf is why a rule could not be evaluated, empty when it could.
func (p *page) reasonOf(r exposure.FirewallRule) string {
	why := r.Why.Terminal()
	if word := firewallReasons[why]; word != "" {
		return p.say.Say("firewall-why." + word)
	}
	return shortened(why, quoteWidth)
}

// computed says what the packet filter does for the zones from which nobody looked
// at the port.
func (p *page) computed(port exposure.Port) []string {
	var answers []exposure.FirewallAnswer
	for _, l := range port.Listeners {
		for _, a := range l.Firewall {
			if a.Zone == exposure.ZoneLoopback || lookedFrom(port, a) {
				continue
			}
			i := slices.IndexFunc(answers, func(b exposure.FirewallAnswer) bool {
				return b.Zone == a.Zone && b.Family == a.Family && b.Interface == a.Interface && b.Verdict == a.Verdict && b.BySource == a.BySource
			})
			if i < 0 {
				answers = append(answers, a)
			}
		}
	}
	var lines []string
	for _, line := range p.filtered(answers) {
		lines = append(lines, p.say.Say("firewall.computed", "Line", line))
	}
	return lines
}

// lookedFrom reports whether somebody in the zone looked at the port, in the family
// of the answer.
func lookedFrom(port exposure.Port, a exposure.FirewallAnswer) bool {
	return slices.ContainsFunc(port.Observations, func(o exposure.Observation) bool {
		if o.Address.Unmap().Is4() != (a.Family == exposure.FirewallIPv4) {
			return false
		}
		return a.Zone == exposure.ZoneLAN && o.View == exposure.ViewLAN || a.Zone != exposure.ZoneLAN && o.View == exposure.ViewOutside
	})
}
