// Package rules judges what was seen of a port: which of it its owner should
// know or mend, and how. One file holds the rules of one protocol or theme,
// with their texts in both languages. Pure: no clock, no socket, no
// environment; what a rule does not know it does not judge.
package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Context is what a rule must know besides the port.
type Context struct {
	Now    time.Time
	Owners bool // the owner of every listener could be seen
	Local  bool // this machine's own report: its listeners are known
	Whole  bool // and they are all: no socket of another user is hidden
	// Openings are what the machine's packet filter lets in by port, and Bound all of
	// its listeners.
	Openings []exposure.Opening
	Bound    []exposure.Listener
}

// rule is one thing that can be worth a finding.
type rule struct {
	id    string
	judge func(subject) []ruling
}

// subject is the port that is judged.
type subject struct {
	exposure.Port
	Context
}

// ruling is a finding before it is put into words of one language.
type ruling struct {
	severity exposure.Severity
	evidence said
	meaning  said
	remedy   []said // each the words of a step, then lines to type or to write into a file
}

// said is a text with what is to be filled in.
type said struct {
	lang.Text
	pairs []any
}

func say(t lang.Text, pairs ...any) said { return said{t, pairs} }

func (s said) in(t lang.Tag) string { return s.In(t, s.pairs...) }

var rules []rule

// register adds a rule; two of one name are a mistake of the program.
func register(r rule) {
	if slices.ContainsFunc(rules, func(known rule) bool { return known.id == r.id }) {
		panic(fmt.Sprintf("rule %q is registered twice", r.id))
	}
	rules = append(rules, r)
}

// Judge returns what is to be said of a port in a language, the gravest first.
// The same thing seen at several addresses is said once.
func Judge(p exposure.Port, c Context, t lang.Tag) []exposure.Finding {
	var findings []exposure.Finding
	for _, r := range rules {
		for _, found := range r.judge(subject{p, c}) {
			f := exposure.Finding{
				Rule: r.id, Severity: found.severity,
				Evidence: found.evidence.in(t), Meaning: found.meaning.in(t), Remedy: []string{},
			}
			for _, step := range found.remedy {
				f.Remedy = append(f.Remedy, step.in(t))
			}
			findings = append(findings, f)
		}
	}
	slices.SortStableFunc(findings, func(a, b exposure.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Evidence, b.Evidence))
	})
	return slices.CompactFunc(findings, func(a, b exposure.Finding) bool {
		return a.Rule == b.Rule && a.Severity == b.Severity && a.Evidence == b.Evidence
	})
}
