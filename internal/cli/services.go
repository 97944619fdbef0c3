package cli

import (
	"bufio"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
)

// servicesCommand looks services up in the catalogue.
func (a *app) servicesCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "services [NAME|PORT|WORD]",
		Short:   a.say.Say("help.services"),
		Long:    a.say.Say("help.services-long"),
		Example: "  sekisho services 445\n  sekisho services imaps\n  sekisho services printer\n  sekisho services -f json",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return a.noArguments(nil, args[1:])
			}
			found := portspec.Services()
			if len(args) == 1 {
				if found = a.found(args[0]); len(found) == 0 {
					return a.fail(exitUsage, "cli.no-service", "Word", quoted(args[0]))
				}
			}
			d := exposure.CatalogueDocument{Schema: exposure.ServicesSchema, Version: version()}
			for _, s := range found {
				d.Services = append(d.Services, a.entry(s))
			}
			return a.deliver(func(w *bufio.Writer) error { return output.Services(w, d, a.outputOptions()) })
		},
	}
}

// found are the services that a word means: a port of either transport, a name,
// or else a part of a name or of what a service is.
func (a *app) found(word string) []portspec.Service {
	all := portspec.Services()
	if n, err := strconv.ParseUint(word, 10, 16); err == nil {
		return slices.DeleteFunc(all, func(s portspec.Service) bool {
			return !slices.Contains(s.TCP, uint16(n)) && !slices.Contains(s.UDP, uint16(n))
		})
	}
	if s, ok := portspec.ByName(word); ok {
		return []portspec.Service{s}
	}
	word = strings.ToLower(word)
	return slices.DeleteFunc(all, func(s portspec.Service) bool {
		return !slices.ContainsFunc(append([]string{s.Name, s.Summary.EN, s.Summary.JA}, s.Aliases...), func(text string) bool {
			return strings.Contains(strings.ToLower(text), word)
		})
	})
}

// entry is a service in the language of the run.
func (a *app) entry(s portspec.Service) exposure.CatalogueEntry {
	in := func(t portspec.Text) string {
		if a.tag == lang.Japanese {
			return t.JA
		}
		return t.EN
	}
	return exposure.CatalogueEntry{
		Name: s.Name, Aliases: s.Aliases, TCP: s.TCP, UDP: s.UDP, Summary: in(s.Summary), Risk: in(s.Risk),
		Cleartext: s.Cleartext, LoginCleartext: s.LoginCleartext, LocalOnly: s.LocalOnly, Trojan: s.Trojan, Successor: s.Successor,
	}
}
