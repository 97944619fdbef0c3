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
	for _, t := range d.Topics {
		p.gap()
		p.topic(t)
	}
	if len(d.Services) > 0 {
		p.gap()
	}
	if len(d.Services) <= fewServices {
		for i, s := range d.Services {
			if i > 0 {
				p.gap()
			}
			p.described(s)
		}
		p.also(d.Also)
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
	p.also(d.Also)
	return p.to(w)
}

// mostAlso is how many services are named that tell of a word, too.
const mostAlso = 12

// also names the services in whose texts the word occurs beside those shown.
func (p *page) also(names []string) {
	if len(names) == 0 {
		return
	}
	p.gap()
	p.paragraph("", dim, p.say.Say("services.also", "Names", names[:min(len(names), mostAlso)], "Count", len(names)))
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
	if s.Range != "" {
		p.paragraph("", dim, p.say.Say("services.range-"+s.Range))
	}
	p.titled(p.say.Say("services.session"), s.Session)
	switch {
	case s.LoginCleartext:
		p.titled(p.say.Say("services.secrecy"), p.say.Say("services.login-cleartext"))
	case s.Cleartext:
		p.titled(p.say.Say("services.secrecy"), p.say.Say("services.cleartext"))
	default:
		p.titled(p.say.Say("services.secrecy"), p.say.Say("services.encrypted"))
	}
	if s.Upgrade != "" {
		p.paragraph("  ", plain, p.say.Say("services.upgrade", "Word", s.Upgrade))
	}
	switch {
	case s.Successor != "":
		p.paragraph("  ", plain, p.say.Say("services.successor", "Successor", s.Successor))
	case s.Cleartext && s.Trojan:
	case s.Cleartext && s.LocalOnly:
		p.paragraph("  ", plain, p.say.Say("services.no-successor-local"))
	case s.Cleartext:
		p.paragraph("  ", plain, p.say.Say("services.no-successor"))
	}
	p.usually(s)
	p.titled(p.say.Say("services.risk"), s.Risk)
	p.titled(p.say.Say("services.close"), s.Close)
	if len(s.Facts) > 0 {
		p.line(p.paint(bold, p.say.Say("services.facts")))
		for _, f := range s.Facts {
			p.paragraph("  - ", plain, f)
		}
	}
	for _, d := range s.Diagrams {
		p.line("")
		p.diagram(d)
	}
	p.tables(s.Tables)
}

// titled is a heading and a text under it.
func (p *page) titled(heading, text string) {
	p.line(p.paint(bold, heading))
	p.paragraph("  ", plain, text)
}

// usually says where the port is usually open.
func (p *page) usually(s exposure.CatalogueEntry) {
	p.line(p.paint(bold, p.say.Say("services.usual")))
	habit := func(word string) string { return p.say.Say("habit." + word) }
	p.paragraph("  ", plain, p.say.Say("services.home-pc", "Habit", habit(s.Usual.HomePC)))
	p.paragraph("  ", plain, p.say.Say("services.home-server", "Habit", habit(s.Usual.HomeServer)))
	p.paragraph("  ", plain, p.say.Say("services.mail-server", "Habit", habit(s.Usual.MailServer)))
	p.paragraph("  ", plain, p.say.Say("services.web-server", "Habit", habit(s.Usual.WebServer)))
	if s.LocalOnly {
		p.paragraph("  ", yellow, p.say.Say("services.local-only"))
	}
	if s.Trojan {
		p.paragraph("  ", yellow, p.say.Say("services.trojan"))
	}
}

// tables writes facts in rows.
func (p *page) tables(tables []exposure.Table) {
	for _, t := range tables {
		p.line("")
		p.paragraph("", bold, t.Title)
		heads := make([]column, len(t.Heads))
		for i, h := range t.Heads {
			heads[i] = column{head: h}
		}
		if len(heads) > 0 {
			heads[len(heads)-1].least = 16
		}
		rows := make([][]cell, len(t.Rows))
		for i, row := range t.Rows {
			rows[i] = make([]cell, len(heads))
			for j := range min(len(row), len(heads)) {
				rows[i][j] = text(row[j])
			}
		}
		p.line(p.table(heads, rows)...)
	}
}

// topic is a lesson that belongs to no single service.
func (p *page) topic(t exposure.Topic) {
	p.paragraph("", bold, t.Title)
	for _, f := range t.Facts {
		p.paragraph("  - ", plain, f)
	}
	p.tables(t.Tables)
}
