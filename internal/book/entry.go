package book

import (
	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

// In is the text in one of the two languages.
func (t Text) In(japanese bool) string {
	if japanese {
		return t.JA
	}
	return t.EN
}

func textsIn(list []Text, japanese bool) []string {
	var texts []string
	for _, t := range list {
		texts = append(texts, t.In(japanese))
	}
	return texts
}

func tablesIn(list []Table, japanese bool) []exposure.Table {
	var tables []exposure.Table
	for _, t := range list {
		table := exposure.Table{Title: t.Title.In(japanese), Heads: textsIn(t.Heads, japanese)}
		for _, row := range t.Rows {
			table.Rows = append(table.Rows, textsIn(row, japanese))
		}
		tables = append(tables, table)
	}
	return tables
}

// In is the topic in one of the two languages.
func (t Topic) In(japanese bool) exposure.Topic {
	return exposure.Topic{Name: t.Name, Title: t.Title.In(japanese), Facts: textsIn(t.Facts, japanese), Tables: tablesIn(t.Tables, japanese)}
}

// Entry is a service of the catalogue with its lesson, in one of the two languages.
func Entry(s portspec.Service, japanese bool) exposure.CatalogueEntry {
	l := Of(s)
	e := exposure.CatalogueEntry{
		Name: s.Name, Aliases: s.Aliases, TCP: s.TCP, UDP: s.UDP, Range: RangeOf(append(s.TCP[:len(s.TCP):len(s.TCP)], s.UDP...)[0]).Word,
		Summary: Text(s.Summary).In(japanese), Session: l.Session.In(japanese), Risk: Text(s.Risk).In(japanese), Close: l.Close.In(japanese),
		Usual: exposure.Usual{
			HomePC: l.Usual.HomePC.String(), HomeServer: l.Usual.HomeServer.String(),
			MailServer: l.Usual.MailServer.String(), WebServer: l.Usual.WebServer.String(),
		},
		Cleartext: s.Cleartext, LoginCleartext: s.LoginCleartext, Upgrade: l.Upgrade, LocalOnly: s.LocalOnly, Trojan: s.Trojan, Successor: s.Successor,
		Facts: textsIn(l.Facts, japanese), Tables: tablesIn(l.Tables, japanese),
	}
	for _, d := range l.Diagrams {
		drawn := exposure.Diagram{Title: d.Title.In(japanese), Parties: textsIn(d.Parties, japanese)}
		for _, step := range d.Steps {
			drawn.Steps = append(drawn.Steps, exposure.DiagramStep{From: step.From, To: step.To, Text: step.Text.In(japanese)})
		}
		e.Diagrams = append(e.Diagrams, drawn)
	}
	return e
}
