package output

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// sentence is the same verdict for the same reasons, on one port or many.
type sentence struct {
	exposure.Verdict
	ports []portName
	group string // of the ports that have no verdict of their own: their label
	count int
}

// verdicts shows what is not as the policy wants it, and what could not be
// decided, each with its reasons; what passes only when everything is asked for.
func (p *page) verdicts(r exposure.Report) {
	all := slices.DeleteFunc(sentences(r), func(s *sentence) bool { return s.Verdict.Verdict == exposure.Pass && p.Show != ShowAll })
	if len(all) == 0 {
		return
	}
	p.gap()
	p.paragraph("", bold, p.say.Say("report.policy", "File", r.Policy))
	styles := map[exposure.Outcome]style{exposure.Fail: red, exposure.Inconclusive: yellow, exposure.Pass: green}
	for _, outcome := range []exposure.Outcome{exposure.Fail, exposure.Inconclusive, exposure.Pass} {
		for _, s := range all {
			if s.Verdict.Verdict != outcome {
				continue
			}
			p.paragraph("", styles[outcome], p.judged(s))
			for _, why := range s.Why {
				p.paragraph(findingIndent, plain, why)
			}
			p.caused(s.Cause)
		}
	}
}

// caused says why a port is not as the policy wants it, and what to do.
func (p *page) caused(c *exposure.Cause) {
	if c == nil {
		return
	}
	p.paragraph(findingIndent, bold, p.cause(c))
	for _, e := range c.Evidence {
		p.paragraph(findingIndent+"- ", plain, e)
	}
	if len(c.Remedy) == 0 {
		return
	}
	p.paragraph(findingIndent, bold, p.say.Say("report.what-to-do"))
	for _, step := range c.Remedy {
		p.step(step)
	}
}

// cause names a cause in words, with how sure it is.
func (p *page) cause(c *exposure.Cause) string {
	return p.say.Say("report.cause", "Cause", p.say.Say("cause."+c.ID), "ID", c.ID, "Certainty", p.say.Say("certainty."+string(c.Certainty)))
}

// judged says one verdict: which ports, from where, what is wanted.
func (p *page) judged(s *sentence) string {
	ports := p.enumerate(s.ports)
	if s.group != "" {
		ports = []string{p.say.Say("report.group", "Ports", s.group, "Count", s.count)}
	}
	return p.say.Say("report.judged", "Verdict", p.say.Say("verdict."+string(s.Verdict.Verdict)), "Ports", ports,
		"Zone", p.say.Say("zone."+string(s.Zone)), "Expectation", p.say.Say("expectation."+string(s.Expectation)))
}

// sentences puts verdicts together that say the same for the same reasons.
func sentences(r exposure.Report) []*sentence {
	var list []*sentence
	known := map[string]*sentence{}
	add := func(name portName, v exposure.Verdict) {
		words := append([]string{string(v.Zone), string(v.Expectation), string(v.Verdict)}, v.Why...)
		if v.Cause != nil {
			words = append(append(append(words, v.Cause.ID, string(v.Cause.Certainty)), v.Cause.Evidence...), v.Cause.Remedy...)
		}
		key := strings.Join(words, "\x00")
		if v.Cause != nil {
			key += "\x00" + strings.Join(append([]string{v.Cause.ID, string(v.Cause.Certainty)}, append(v.Cause.Evidence, v.Cause.Remedy...)...), "\x00")
		}
		s := known[key]
		if s == nil {
			s = &sentence{Verdict: v}
			known[key] = s
			list = append(list, s)
		}
		s.ports = append(s.ports, name)
	}
	for _, h := range r.Hosts {
		name := ""
		if len(r.Hosts) > 1 {
			name = hostName(h) + " "
		}
		for _, port := range h.Ports {
			for _, v := range port.Verdicts {
				add(portName{name, port.Transport, port.Port}, v)
			}
		}
		for _, g := range h.Verdicts {
			list = append(list, &sentence{Verdict: g.Verdict, group: name + groupLabel(g), count: g.Count})
		}
	}
	for _, port := range r.Outgoing {
		for _, v := range port.Verdicts {
			add(portName{"", port.Transport, port.Port}, v)
		}
	}
	slices.SortStableFunc(list, func(a, b *sentence) int { return cmp.Compare(zoneOrder(a.Zone), zoneOrder(b.Zone)) })
	return list
}

// groupLabel is how people write the ports of a group.
func groupLabel(g exposure.GroupVerdict) string { return g.Ports + "/" + g.Transport.String() }

func zoneOrder(z exposure.Zone) int {
	return slices.Index([]exposure.Zone{exposure.ZoneLoopback, exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6, exposure.ZoneOutgoing}, z)
}
