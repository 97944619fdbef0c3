package output

import (
	"io"
	"maps"
	"slices"

	"sekisho/internal/exposure"
)

// Explain writes why the verdicts of one port are what they are: what was seen
// from everywhere, what the policy says and where, and what follows. The report
// has that port of each host; unjudged are, host by host, the zones in which the
// policy leaves its state open, with where it says so.
func Explain(w io.Writer, r exposure.Report, unjudged []map[exposure.Zone]string, o Options) error {
	if o.Redact {
		r = newMask().report(r)
	}
	r = whole(r)
	p := newPage(o)
	for i, h := range r.Hosts {
		for _, port := range h.Ports {
			p.gap()
			p.paragraph("", bold, p.say.Say("explain.port", "Port", portLabel(port.Transport, port.Port), "Host", hostName(h)))
			p.sightings(h, port)
			for _, v := range port.Verdicts {
				p.ruling(v)
			}
			p.unjudged(unjudged[i], o)
			if len(port.Verdicts)+len(unjudged[i]) == 0 {
				p.gap()
				p.paragraph(findingIndent, plain, p.say.Say("explain.nothing-expected"))
			}
		}
	}
	for _, port := range r.Outgoing {
		for _, v := range port.Verdicts {
			p.ruling(v)
		}
	}
	return p.to(w)
}

// unjudged says in which zones the policy leaves the state open.
func (p *page) unjudged(zones map[exposure.Zone]string, o Options) {
	for _, zone := range slices.SortedFunc(maps.Keys(zones), func(a, b exposure.Zone) int { return zoneOrder(a) - zoneOrder(b) }) {
		from := zones[zone]
		if o.Redact {
			from = newMask().file(from)
		}
		p.gap()
		p.paragraph(findingIndent, plain, p.say.Say("explain.unjudged", "Zone", p.say.Say("zone."+string(zone)),
			"Expectation", p.say.Say("expectation.any"), "From", from))
	}
}

// sightings says what is known of the port.
func (p *page) sightings(h exposure.Host, port exposure.Port) {
	if len(port.Observations) == 0 {
		p.paragraph(findingIndent, plain, p.say.Say("explain.unseen"))
	}
	for _, o := range port.Observations {
		p.paragraph(findingIndent, plain, p.say.Say("explain.seen", "Address", o.Address, "View", p.view(o.View),
			"State", p.state(o.State), "Reason", p.why(o)))
	}
	switch {
	case len(port.Listeners) > 0:
		p.paragraph(findingIndent, plain, p.say.Say("explain.listens", "Owners", p.owners(true, port), "Where", p.bindings(port.Listeners)))
	case h.ListenersKnown:
		p.paragraph(findingIndent, plain, p.say.Say("explain.nothing-listens"))
	}
	if known := p.services(port); len(port.Services) > 0 && len(known) > 0 {
		p.paragraph(findingIndent, plain, p.say.Say("explain.answers", "Services", known))
	}
}

// ruling says what the policy wants in a zone and what became of it.
func (p *page) ruling(v exposure.Verdict) {
	styles := map[exposure.Outcome]style{exposure.Fail: red, exposure.Inconclusive: yellow, exposure.Pass: green}
	p.gap()
	p.paragraph(findingIndent, styles[v.Verdict], p.say.Say("explain.verdict", "Verdict", p.say.Say("verdict."+string(v.Verdict)),
		"Zone", p.say.Say("zone."+string(v.Zone)), "Expectation", p.say.Say("expectation."+string(v.Expectation)), "From", v.From))
	for _, why := range v.Why {
		p.paragraph(findingIndent+"- ", plain, why)
	}
}
