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
			ja := a.tag == lang.Japanese
			for _, s := range found.Services {
				d.Services = append(d.Services, book.Entry(s, ja))
			}
			for _, t := range found.Topics {
				d.Topics = append(d.Topics, t.In(ja))
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
		return a.fail(exitUsage, "cli.no-service-port", "Port", f.Port, "Range", r.Name.In(a.tag == lang.Japanese), "Numbers", fmt.Sprintf("%d-%d", r.First, r.Last), "About", r.About.In(a.tag == lang.Japanese))
	}
	if near := portspec.Nearest(word); near != "" {
		return a.fail(exitUsage, "cli.no-service-near", "Word", quoted(word), "Near", near)
	}
	return a.fail(exitUsage, "cli.no-service", "Word", quoted(word))
}
