package book

import (
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/portspec"
)

// Found is what a word led to.
type Found struct {
	Services []portspec.Service // in the order of the catalogue
	Topics   []Topic
	// Also names the services in whose texts the word occurs beside those.
	Also []string
	// Port is the number that was asked for, when the word is one, and TCP and
	// UDP over what.
	Port             uint16
	Number, TCP, UDP bool
}

// Find looks a word up: a port, perhaps with its transport (53, 53/udp, u:53),
// a name, or else a part of a name or summary in either language; and only
// where there is none, a part of the lessons.
func Find(word string) Found {
	word = strings.ToLower(strings.TrimSpace(word))
	if port, tcp, udp, ok := numbered(word); ok {
		return Found{Port: port, Number: true, TCP: tcp, UDP: udp, Services: where(func(s portspec.Service) bool {
			return tcp && slices.Contains(s.TCP, port) || udp && slices.Contains(s.UDP, port)
		})}
	}
	var f Found
	if slices.Contains(append([]string{Ports.Name}, Ports.Aliases...), word) {
		return Found{Topics: []Topic{Ports}}
	}
	if word == "" {
		return f
	}
	told := where(func(s portspec.Service) bool { return slices.ContainsFunc(told(s), holds(word)) })
	if s, ok := portspec.ByName(word); ok {
		f.Services = []portspec.Service{s}
	} else {
		f.Services = where(func(s portspec.Service) bool {
			return slices.ContainsFunc(append([]string{s.Name, s.Summary.EN, s.Summary.JA}, s.Aliases...), holds(word))
		})
	}
	if len(f.Services) == 0 {
		f.Services = told
		return f
	}
	for _, s := range told {
		if !slices.ContainsFunc(f.Services, func(o portspec.Service) bool { return o.Name == s.Name }) {
			f.Also = append(f.Also, s.Name)
		}
	}
	return f
}

// numbered reads a port as people write it.
func numbered(word string) (port uint16, tcp, udp, ok bool) {
	tcp, udp = true, true
	for _, form := range []struct {
		mark string
		udp  bool
	}{{"tcp", false}, {"udp", true}} {
		for _, cut := range []func() (string, bool){
			func() (string, bool) { return strings.CutSuffix(word, "/"+form.mark) },
			func() (string, bool) { return strings.CutPrefix(word, form.mark+"/") },
			func() (string, bool) { return strings.CutPrefix(word, form.mark+" ") },
			func() (string, bool) { return strings.CutPrefix(word, form.mark[:1]+":") },
		} {
			if rest, found := cut(); found {
				word, tcp, udp = rest, !form.udp, form.udp
			}
		}
	}
	n, err := strconv.ParseUint(word, 10, 16)
	return uint16(n), tcp, udp, err == nil
}

func where(right func(portspec.Service) bool) []portspec.Service {
	return slices.DeleteFunc(portspec.Services(), func(s portspec.Service) bool { return !right(s) })
}

func holds(word string) func(text string) bool {
	return func(text string) bool { return strings.Contains(strings.ToLower(text), word) }
}

// told is every text of the book about a service, in both languages.
func told(s portspec.Service) []string {
	l := Of(s)
	texts := []Text{Text(s.Summary), Text(s.Risk), l.Session, l.Close, same(l.Upgrade), same(s.Name)}
	texts = append(texts, l.Facts...)
	for _, d := range l.Diagrams {
		texts = append(append(texts, d.Title), d.Parties...)
		for _, step := range d.Steps {
			texts = append(texts, step.Text)
		}
	}
	for _, t := range l.Tables {
		texts = append(texts, t.Title)
		for _, row := range t.Rows {
			texts = append(texts, row...)
		}
	}
	var words []string
	for _, t := range texts {
		words = append(words, t.EN, t.JA)
	}
	return append(words, s.Aliases...)
}
