// Package fingerprint recognises products by the fingerprints that others have
// collected: it reads files in the XML form of recog, and what they tell of a
// banner, a header or a fact becomes further facts of the service. It opens
// nothing itself and brings no fingerprints of its own.
package fingerprint

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Matcher holds databases of fingerprints by the kind of text that they judge.
// The nil Matcher knows nothing. Any number of goroutines may use one.
type Matcher struct {
	databases map[string]*database
	kinds     []string // of the databases, sorted
}

// database judges one kind of text, such as the greeting of SSH servers. The
// first fingerprint that matches is the answer.
type database struct {
	prints []*fingerprint
	index  *index
}

// fingerprint is a pattern and what it tells of a text that it matches.
type fingerprint struct {
	description string
	pattern     string // as regexp reads it, its flags in front
	params      []param

	line  *regexp.Regexp // for texts of one line, where ^ is the beginning and $ the end
	lines func() *regexp.Regexp
	needs []need
}

// param is one thing that a fingerprint tells: a value, into which other
// params may be filled, or what a group of the pattern matched.
type param struct {
	name  string
	value string
	group int // 0: the value
}

// finding is what a fingerprint told of a text.
type finding struct {
	description string
	params      []told
}

// told is one param with its value, which may hold text from the network.
type told struct{ name, value string }

// newMatcher makes files of fingerprints ready for use. Several about the same
// kind of text are asked in the order of their preference, the highest first.
func newMatcher(files []file) *Matcher {
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(b.preference, a.preference) })
	m := &Matcher{databases: map[string]*database{}}
	for _, f := range files {
		d := m.databases[f.matches]
		if d == nil {
			d = &database{}
			m.databases[f.matches] = d
		}
		d.prints = append(d.prints, f.prints...)
	}
	for _, d := range m.databases {
		d.index = newIndex(d.prints)
	}
	m.kinds = slices.Sorted(maps.Keys(m.databases))
	return m
}

// maxText bounds the text that is judged: greetings and headers are shorter,
// and what a peer may send without end costs no more than this.
const maxText = 4 << 10

// match asks the database for a kind of text. It reports false when there is
// none or no fingerprint of it fits.
func (m *Matcher) match(kind, text string) (finding, bool) {
	d := m.databases[kind]
	if d == nil {
		return finding{}, false
	}
	text = text[:min(len(text), maxText)]
	many := strings.Contains(text, "\n")
	for _, i := range d.index.candidates(text) {
		p := d.prints[i]
		pattern := p.line
		if many {
			pattern = p.lines()
		}
		if at := pattern.FindStringSubmatchIndex(text); at != nil {
			return p.tell(text, at), true
		}
	}
	return finding{}, false
}

// compile makes the pattern ready. In the language that fingerprints are
// written in, ^ and $ stand at every line; a text of one line is judged many
// times faster without that.
func (p *fingerprint) compile(flags string) error {
	line, err := regexp.Compile("(?" + flags + ":" + p.pattern + ")")
	if err != nil {
		return err
	}
	p.line = line
	many := "(?m" + flags + ":" + p.pattern + ")"
	p.lines = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(many) })
	return nil
}

// tell fills in what the groups matched. A version that a text does not name
// is "-" in a CPE name (NISTIR 7695 section 5.3.2: not applicable); anything
// else that cannot be filled in is left out.
func (p *fingerprint) tell(text string, at []int) finding {
	f := finding{description: p.description, params: make([]told, 0, len(p.params))}
	for _, param := range p.params {
		value := param.value
		if param.group > 0 {
			from, to := at[2*param.group], at[2*param.group+1]
			if from < 0 {
				continue
			}
			value = text[from:to]
		}
		if value != "" {
			f.params = append(f.params, told{param.name, value})
		}
	}
	for i, param := range f.params {
		if p.filled(param.name) {
			f.params[i].value = fill(param.value, param.name, f.params)
		}
	}
	f.params = slices.DeleteFunc(f.params, func(t told) bool { return t.value == "" })
	return f
}

// filled reports whether the value of a param is ours to fill in: what the
// network sent is not, though it may hold braces.
func (p *fingerprint) filled(name string) bool {
	return slices.ContainsFunc(p.params, func(known param) bool {
		return known.name == name && known.group == 0 && strings.Contains(known.value, "{")
	})
}

// fill puts values in the place of their names in braces, once from left to
// right. The empty text says that one of them is missing.
func fill(value, name string, known []told) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(value, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("{" + rest)
			return b.String()
		}
		at := slices.IndexFunc(known, func(t told) bool { return t.name == inner })
		switch {
		case at >= 0:
			b.WriteString(known[at].value)
		case strings.HasSuffix(name, ".cpe23") && strings.HasSuffix(inner, ".version"):
			b.WriteString("-")
		default:
			return ""
		}
		value = after
	}
}
