package output

import (
	"slices"
	"time"

	"sekisho/internal/exposure"
)

// maxForwardsTold bounds the forwards on a page: a router may have a thousand.
const maxForwardsTold = 40

// wanStyles are the colours of what kind of address a router's outer one is.
var wanStyles = map[exposure.WANKind]style{
	exposure.WANGlobal: plain, exposure.WANPrivate: yellow, exposure.WANShared: yellow, exposure.WANSpecial: yellow,
}

// router is what the router before this machine told: its outer address and
// what that is worth, and where it sends newcomers on.
func (p *page) router(r *exposure.Router) {
	if r == nil || len(r.Sources) == 0 {
		return
	}
	p.gap()
	var sources []string
	for _, s := range r.Sources {
		sources = append(sources, p.say.Say("router.source-"+string(s)))
	}
	title := p.say.Say("router.title", "Gateway", routerName(r), "Sources", sources)
	if name := r.Product.Terminal(); name != "" {
		title = p.say.Say("router.title-product", "Gateway", routerName(r), "Product", name, "Sources", sources)
	}
	p.paragraph("", plain, title)
	if r.WAN.IsValid() && r.WANKind != "" {
		p.paragraph(findingIndent, wanStyles[r.WANKind], p.say.Say("router.wan-"+string(r.WANKind), "Address", r.WAN))
	} else {
		p.paragraph(findingIndent, plain, p.say.Say("router.wan-unknown"))
	}
	if r.Page != "" {
		p.paragraph(findingIndent, plain, p.say.Say("router.page", "Page", r.Page))
	}
	if r.DMZ.IsValid() {
		p.paragraph(findingIndent, yellow, p.say.Say("router.dmz", "Address", r.DMZ))
	}
	if f := r.Filter6; f != nil {
		if f.On {
			p.paragraph(findingIndent, plain, p.say.Say("router.filter6-on"))
		} else {
			p.paragraph(findingIndent, yellow, p.say.Say("router.filter6-off"))
		}
	}
	p.forwards(r)
}

// routerName names the router, which a file may tell of where none was asked.
func routerName(r *exposure.Router) string {
	if !r.Gateway.IsValid() {
		return ""
	}
	return r.Gateway.String()
}

func (p *page) forwards(r *exposure.Router) {
	var rows [][]cell
	for _, f := range r.Forwards[:min(len(r.Forwards), maxForwardsTold)] {
		outer := portLabel(f.Transport, f.Outer)
		if f.Outer == 0 {
			outer = p.say.Say("router.every-port", "Transport", f.Transport.String())
		}
		lasts := p.say.Say("router.lasts-forever")
		if f.LeaseS > 0 {
			lasts = (time.Duration(f.LeaseS) * time.Second).String()
		}
		words := []string{p.say.Say("router.source-" + string(f.Source))}
		if f.Off {
			words = append(words, p.say.Say("router.off"))
		}
		if f.Remote.IsValid() {
			words = append(words, p.say.Say("router.only-from", "Address", f.Remote))
		}
		rows = append(rows, []cell{text(outer), text(f.To.String()), text(f.Description.Terminal()), text(lasts), text(words...)})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.outer-port")},
		{head: p.say.Say("column.to"), least: 12},
		{head: p.say.Say("column.description"), least: 10},
		{head: p.say.Say("column.lasts")},
		{head: p.say.Say("column.told-by"), least: 8},
	}, rows)...)
	if more := len(r.Forwards) - len(rows); more > 0 {
		p.paragraph(findingIndent, plain, p.say.Say("router.more", "Count", more))
	}
	switch {
	case r.Whole:
		p.paragraph(findingIndent, plain, p.say.Say("router.whole"))
	case r.Cut:
		p.paragraph(findingIndent, plain, p.say.Say("router.cut"))
	case slices.Contains(r.Sources, exposure.RouterUPnP):
		p.paragraph(findingIndent, plain, p.say.Say("router.not-whole"))
	default:
		p.paragraph(findingIndent, plain, p.say.Say("router.no-list"))
	}
}
