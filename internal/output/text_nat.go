package output

import (
	"strconv"
	"strings"

	"sekisho/internal/exposure"
)

// natStyles make the kinds stand out behind which nobody outside gets in as he is.
var natStyles = map[exposure.NATKind]style{
	exposure.NATDouble: yellow, exposure.NATCarrier: yellow, exposure.NATDSLite: yellow, exposure.NATMAPE: yellow,
}

// mostRuns bounds the runs of ports on a page: MAP-E gives 63 of four ports each.
const mostRuns = 70

// nat is what lies between this household and the Internet.
func (p *page) nat(a *exposure.Access) {
	if a == nil {
		return
	}
	p.gap()
	title := p.say.Say("nat-kind." + string(a.Kind))
	if a.Certainty != "" {
		title = p.say.Say("nat.certain", "Kind", title, "Certainty", p.say.Say("certainty."+string(a.Certainty)))
	}
	p.paragraph("", natStyles[a.Kind], title)
	for _, e := range a.Evidence {
		p.paragraph(findingIndent+"- ", plain, e)
	}
	for _, s := range a.Public {
		p.paragraph(findingIndent, plain, p.say.Say("nat.public", "Address", s.Address, "By", s.By))
	}
	if a.AFTR != "" {
		p.paragraph(findingIndent, plain, p.say.Say("nat.aftr", "Name", a.AFTR))
	}
	set := a.MAPE
	if set == nil {
		return
	}
	runs := set.Ports[:min(mostRuns, len(set.Ports))]
	words := strings.Join(runs, ", ")
	if more := len(set.Ports) - len(runs); more > 0 {
		words += " … (+" + strconv.Itoa(more) + ")"
	}
	if set.PSIDLength == 0 {
		p.paragraph(findingIndent, plain, p.say.Say("nat.whole", "IPv4", set.IPv4))
		return
	}
	p.paragraph(findingIndent, plain, p.say.Say("nat.ports", "IPv4", set.IPv4.Addr(), "PSID", set.PSID, "Length", set.PSIDLength, "Offset", set.PSIDOffset, "Count", set.Count, "Ports", words))
}
