package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/internal/book"
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
)

// servicesCommand looks services up in the book.
func (a *app) servicesCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "services [NAME|PORT|WORD]",
		Short:   a.say.Say("help.services"),
		Long:    a.say.Say("help.services-long"),
		Example: "  sekisho services 445\n  sekisho services 53/udp\n  sekisho services imaps\n  sekisho services printer\n  sekisho services ports\n  sekisho services -f json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				// "services port 20" and "services mail server", without quotes.
				word := strings.Join(args, " ")
				if rest := strings.Join(args[1:], " "); strings.EqualFold(args[0], "port") && book.Find(rest).Number {
					word = rest
				}
				args = []string{word}
			}
			found := book.Found{Services: portspec.Services(), Topics: []book.Topic{book.Ports}}
			if len(args) == 1 {
				if found = book.Find(args[0]); len(found.Services)+len(found.Topics) == 0 {
					return a.notInBook(args[0], found)
				}
			}
			d := exposure.CatalogueDocument{Schema: exposure.ServicesSchema, Version: version(), Services: []exposure.CatalogueEntry{}, Also: found.Also}
			for _, s := range found.Services {
				d.Services = append(d.Services, a.entry(s))
			}
			for _, t := range found.Topics {
				d.Topics = append(d.Topics, exposure.Topic{Name: t.Name, Title: a.text(t.Title), Facts: a.texts(t.Facts), Tables: a.bookTables(t.Tables)})
			}
			return a.deliver(func(w *bufio.Writer) error { return output.Services(w, d, a.outputOptions()) })
		},
	}
}

// notInBook says that a word leads nowhere: of a port what range it lies in, of
// a word which name it is like.
func (a *app) notInBook(word string, f book.Found) error {
	if f.Number && f.TCP != f.UDP {
		asked, other := exposure.TCP, exposure.UDP
		if f.UDP {
			asked, other = other, asked
		}
		if s, known := portspec.Lookup(other.String(), f.Port); known {
			return a.fail(exitUsage, "cli.no-service-transport", "Port", f.Port, "Transport", asked, "Other", other, "Service", s.Name)
		}
	}
	if f.Number {
		r := book.RangeOf(f.Port)
		return a.fail(exitUsage, "cli.no-service-port", "Port", f.Port, "Range", a.text(r.Name), "Numbers", fmt.Sprintf("%d-%d", r.First, r.Last), "About", a.text(r.About))
	}
	if near := portspec.Nearest(word); near != "" {
		return a.fail(exitUsage, "cli.no-service-near", "Word", quoted(word), "Near", near)
	}
	return a.fail(exitUsage, "cli.no-service", "Word", quoted(word))
}

// text is a text of the book in the language of the run.
func (a *app) text(t book.Text) string {
	if a.tag == lang.Japanese {
		return t.JA
	}
	return t.EN
}

func (a *app) texts(list []book.Text) []string {
	var texts []string
	for _, t := range list {
		texts = append(texts, a.text(t))
	}
	return texts
}

// entry is a service in the language of the run.
func (a *app) entry(s portspec.Service) exposure.CatalogueEntry {
	l := book.Of(s)
	e := exposure.CatalogueEntry{
		Name: s.Name, Aliases: s.Aliases, TCP: s.TCP, UDP: s.UDP, Range: book.RangeOf(append(s.TCP[:len(s.TCP):len(s.TCP)], s.UDP...)[0]).Word,
		Summary: a.text(book.Text(s.Summary)), Session: a.text(l.Session), Risk: a.text(book.Text(s.Risk)), Close: a.text(l.Close),
		Usual: exposure.Usual{
			HomePC: l.Usual.HomePC.String(), HomeServer: l.Usual.HomeServer.String(),
			MailServer: l.Usual.MailServer.String(), WebServer: l.Usual.WebServer.String(),
		},
		Cleartext: s.Cleartext, LoginCleartext: s.LoginCleartext, Upgrade: l.Upgrade, LocalOnly: s.LocalOnly, Trojan: s.Trojan, Successor: s.Successor,
		Facts: a.texts(l.Facts), Tables: a.bookTables(l.Tables),
	}
	for _, d := range l.Diagrams {
		drawn := exposure.Diagram{Title: a.text(d.Title), Parties: a.texts(d.Parties)}
		for _, step := range d.Steps {
			drawn.Steps = append(drawn.Steps, exposure.DiagramStep{From: step.From, To: step.To, Text: a.text(step.Text)})
		}
		e.Diagrams = append(e.Diagrams, drawn)
	}
	return e
}

func (a *app) bookTables(list []book.Table) []exposure.Table {
	var tables []exposure.Table
	for _, t := range list {
		table := exposure.Table{Title: a.text(t.Title), Heads: a.texts(t.Heads)}
		for _, row := range t.Rows {
			table.Rows = append(table.Rows, a.texts(row))
		}
		tables = append(tables, table)
	}
	return tables
}
