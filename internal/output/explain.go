package output

import (
	"io"
	"slices"
	"strings"

	"sekisho/internal/exposure"
)

// Expected is what a policy says of a port in a zone.
type Expected struct {
	Zone        exposure.Zone
	Expectation exposure.Expectation
	From        string
	Rest        bool // of the ports that nothing else speaks of
}

// Explain writes why the verdicts of one port are what they are: what the policy
// says and where, what was seen from everywhere, and what follows.
func Explain(w io.Writer, r exposure.Report, t exposure.Transport, port uint16, expected []Expected, o Options) error {
	if o.Redact {
		r = newMask().report(r)
	}
	r = whole(r)
	p := newPage(o)
	for _, h := range r.Hosts {
		p.gap()
		p.paragraph("", bold, p.say.Say("explain.port", "Port", portLabel(t, port), "Host", hostName(h)))
		at := slices.IndexFunc(h.Ports, func(p exposure.Port) bool { return p.Transport == t && p.Port == port })
		var seen exposure.Port
		if at >= 0 {
			seen = h.Ports[at]
		}
		p.sightings(h, seen)
		p.rulings(h, seen, expected, o)
	}
	for _, port := range r.Outgoing {
		for _, v := range port.Verdicts {
			p.ruling(v)
		}
	}
	return p.to(w)
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

// rulings says what the policy wants, zone by zone, and what became of it.
func (p *page) rulings(h exposure.Host, port exposure.Port, expected []Expected, o Options) {
	if len(expected) == 0 {
		p.gap()
		p.paragraph(findingIndent, plain, p.say.Say("explain.nothing-expected"))
	}
	for _, e := range expected {
		at := slices.IndexFunc(port.Verdicts, func(v exposure.Verdict) bool { return v.Zone == e.Zone })
		group := slices.IndexFunc(h.Verdicts, func(g exposure.GroupVerdict) bool { return g.Zone == e.Zone })
		switch {
		case at >= 0:
			p.ruling(port.Verdicts[at])
		case group >= 0 && e.Expectation != exposure.ExpectAny:
			p.ruling(h.Verdicts[group].Verdict)
		default:
			from := e.From
			if o.Redact {
				from = from[strings.LastIndexAny(from, `/\`)+1:]
			}
			p.gap()
			p.paragraph(findingIndent, plain, p.say.Say("explain.unjudged", "Zone", p.say.Say("zone."+string(e.Zone)),
				"Expectation", p.say.Say("expectation."+string(e.Expectation)), "From", from))
		}
	}
}

func (p *page) ruling(v exposure.Verdict) {
	styles := map[exposure.Outcome]style{exposure.Fail: red, exposure.Inconclusive: yellow, exposure.Pass: green}
	p.gap()
	p.paragraph(findingIndent, styles[v.Verdict], p.say.Say("explain.verdict", "Verdict", p.say.Say("verdict."+string(v.Verdict)),
		"Zone", p.say.Say("zone."+string(v.Zone)), "Expectation", p.say.Say("expectation."+string(v.Expectation)), "From", v.From))
	for _, why := range v.Why {
		p.paragraph(findingIndent+"- ", plain, why)
	}
}
