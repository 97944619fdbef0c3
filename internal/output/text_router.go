package output

import (
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// maxForwardsTold bounds the forwards on a page: a router may have a thousand.
const maxForwardsTold = 40

// wanStyles are the colours of what kind of address a router's outer one is.
var wanStyles = map[exposure.WANKind]style{
	exposure.WANGlobal: plain, exposure.WANPrivate: yellow, exposure.WANShared: yellow, exposure.WANSpecial: yellow,
}

// remark is a sentence and how it is to be shown.
type remark struct {
	style style
	text  string
}

// router is what the router before this machine told: its outer address and
// what that is worth, and where it sends newcomers on.
func (p *page) router(r *exposure.Router) {
	title, remarks := p.routerRemarks(r)
	if title == "" {
		return
	}
	p.gap()
	p.paragraph("", plain, title)
	for _, s := range remarks {
		p.paragraph(findingIndent, s.style, s.text)
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.outer-port")},
		{head: p.say.Say("column.to"), least: 12},
		{head: p.say.Say("column.description"), least: 10},
		{head: p.say.Say("column.lasts")},
		{head: p.say.Say("column.told-by"), least: 8},
	}, p.forwardRows(r))...)
	for _, s := range p.forwardRemarks(r) {
		p.paragraph(findingIndent, plain, s)
	}
}

// routerRemarks are who told of the router, empty when nobody did, and what is
// known of it beside its forwards.
func (p *page) routerRemarks(r *exposure.Router) (title string, list []remark) {
	if r == nil || len(r.Sources) == 0 {
		return "", nil
	}
	var sources []string
	for _, s := range r.Sources {
		sources = append(sources, p.say.Say("router.source-"+string(s)))
	}
	gateway := ""
	if r.Gateway.IsValid() { // a file may tell of one where none was asked
		gateway = r.Gateway.String()
	}
	title = p.say.Say("router.title", "Gateway", gateway, "Sources", sources)
	if name := r.Product.Terminal(); name != "" {
		title = p.say.Say("router.title-product", "Gateway", gateway, "Product", name, "Sources", sources)
	}
	add := func(s style, text string) { list = append(list, remark{s, text}) }
	if r.WAN.IsValid() && r.WANKind != "" {
		add(wanStyles[r.WANKind], p.say.Say("router.wan-"+string(r.WANKind), "Address", r.WAN))
	} else {
		add(plain, p.say.Say("router.wan-unknown"))
	}
	if r.Page != "" {
		add(plain, p.say.Say("router.page", "Page", r.Page))
	}
	if r.DMZ.IsValid() {
		add(yellow, p.say.Say("router.dmz", "Address", r.DMZ))
	}
	if f := r.Filter6; f != nil && f.On {
		add(plain, p.say.Say("router.filter6-on"))
	} else if f != nil {
		add(yellow, p.say.Say("router.filter6-off"))
	}
	return title, list
}

// forwardRows are the forwards, one a row.
func (p *page) forwardRows(r *exposure.Router) [][]cell {
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
	return rows
}

// forwardRemarks say what the list of forwards is worth.
func (p *page) forwardRemarks(r *exposure.Router) []string {
	var list []string
	if more := len(r.Forwards) - maxForwardsTold; more > 0 {
		list = append(list, p.say.Say("router.more", "Count", more))
	}
	worth := p.say.Say("router.no-list")
	switch {
	case r.Whole:
		worth = p.say.Say("router.whole")
	case r.Cut:
		worth = p.say.Say("router.cut")
	case slices.Contains(r.Sources, exposure.RouterUPnP):
		worth = p.say.Say("router.not-whole")
	}
	return append(list, worth)
}

// routerList is all that is known of the router, one thing a line.
func (p *page) routerList(r *exposure.Router) (title string, lines []string) {
	title, remarks := p.routerRemarks(r)
	if title == "" {
		return "", nil
	}
	for _, s := range remarks {
		lines = append(lines, harmless(s.text))
	}
	for _, row := range p.forwardRows(r) {
		var words []string
		for _, c := range row {
			words = append(words, c.lines...)
		}
		lines = append(lines, harmless(strings.Join(words, " · ")))
	}
	for _, s := range p.forwardRemarks(r) {
		lines = append(lines, harmless(s))
	}
	return harmless(title), lines
}
