package output

import (
	"fmt"
	"io"
	"strings"

	"sekisho/internal/exposure"
)

// fewServices is up to how many services each gets a page of its own.
const fewServices = 5

// textServices is the page of services: everything of a few, a line each of
// many.
func textServices(w io.Writer, d exposure.CatalogueDocument, o Options) error {
	p := newPage(o)
	if len(d.Services) <= fewServices {
		for _, s := range d.Services {
			p.gap()
			p.described(s)
		}
		return p.to(w)
	}
	var rows [][]cell
	for _, s := range d.Services {
		rows = append(rows, []cell{text(s.Name), text(numbers(s)...), text(s.Summary)})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.service"), least: 10},
		{head: p.say.Say("column.port"), least: 8},
		{head: p.say.Say("column.what"), least: 20},
	}, rows)...)
	return p.to(w)
}

// numbers are the ports of a service, a line for each transport.
func numbers(s exposure.CatalogueEntry) []string {
	var lines []string
	for _, t := range []struct {
		transport exposure.Transport
		ports     []uint16
	}{{exposure.TCP, s.TCP}, {exposure.UDP, s.UDP}} {
		var line strings.Builder
		for i, port := range t.ports {
			if i > 0 {
				line.WriteString(", ")
			}
			fmt.Fprint(&line, port)
		}
		if line.String() != "" {
			lines = append(lines, line.String()+"/"+t.transport.String())
		}
	}
	return lines
}

func (p *page) described(s exposure.CatalogueEntry) {
	p.paragraph("", bold, p.say.Say("services.title", "Name", s.Name, "Ports", numbers(s)))
	p.paragraph("", plain, s.Summary)
	if len(s.Aliases) > 0 {
		p.paragraph("", dim, p.say.Say("services.aliases", "Aliases", s.Aliases))
	}
	switch {
	case s.LoginCleartext:
		p.paragraph("", yellow, p.say.Say("services.login-cleartext"))
	case s.Cleartext:
		p.paragraph("", yellow, p.say.Say("services.cleartext"))
	}
	if s.LocalOnly {
		p.paragraph("", yellow, p.say.Say("services.local-only"))
	}
	if s.Trojan {
		p.paragraph("", yellow, p.say.Say("services.trojan"))
	}
	p.paragraph("", plain, p.say.Say("services.risk", "Risk", s.Risk))
	if s.Successor != "" {
		p.paragraph("", plain, p.say.Say("services.successor", "Successor", s.Successor))
	}
}
