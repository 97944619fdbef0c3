package output

import (
	"fmt"
	"io"

	"sekisho/internal/exposure"
)

// diffSummaryLine closes the lines of a comparison.
type diffSummaryLine struct {
	Type        string            `json:"type"`
	Version     string            `json:"version"`
	Old         exposure.DiffSide `json:"old"`
	New         exposure.DiffSide `json:"new"`
	Differences int               `json:"differences"`
	Uncompared  int               `json:"uncompared"`
}

type differenceLine struct {
	Type string `json:"type"`
	exposure.Difference
}

// Diff writes a comparison, in the formats that every document has.
func Diff(w io.Writer, d exposure.DiffDocument, o Options) error {
	if _, err := find(o.Format); err != nil {
		return err
	}
	if o.Redact {
		d = newMask().diff(d)
	}
	d.Differences = present(d.Differences)
	switch o.Format {
	case "json":
		return indented(w, d)
	case "jsonl":
		l := &lines{w: w}
		for _, one := range d.Differences {
			l.write(differenceLine{"difference", one})
		}
		l.write(diffSummaryLine{"summary", d.Version, d.Old, d.New, len(d.Differences), d.Uncompared})
		return l.err
	}
	p := newPage(o)
	for _, one := range d.Differences {
		p.difference(one)
	}
	p.gap()
	if len(d.Differences) == 0 {
		p.paragraph("", bold, p.say.Say("diff.same", "Old", d.Old.File, "New", d.New.File))
	} else {
		p.paragraph("", bold, p.say.Say("diff.count", "Count", len(d.Differences), "Old", d.Old.File, "New", d.New.File))
	}
	if d.Uncompared > 0 {
		p.paragraph("", yellow, p.say.Say("diff.uncompared", "Count", d.Uncompared))
	}
	if d.Old.Partial || d.New.Partial {
		p.paragraph("", yellow, p.say.Say("diff.partial"))
	}
	return p.to(w)
}

// difference writes one: a plus for what is there now, a minus for what went.
func (p *page) difference(d exposure.Difference) {
	mark, s := "~ ", plain
	switch {
	case d.Added:
		mark, s = "+ ", red
	case d.New == "":
		mark, s = "- ", green
	}
	p.paragraph(mark, s, p.differs(d))
}

// differs says a difference in words.
func (p *page) differs(d exposure.Difference) string {
	old, now := d.Old, d.New
	where := d.Host
	if d.Kind != exposure.DiffHost {
		where = fmt.Sprintf("%s %s", d.Host, portLabel(d.Transport, d.Port))
	}
	switch d.Kind {
	case exposure.DiffHost:
		if d.New == "" {
			return p.say.Say("diff.host-gone", "Where", where)
		}
		return p.say.Say("diff.host-new", "Where", where)
	case exposure.DiffState:
		family := "IPv4"
		if d.Family == "ipv6" {
			family = "IPv6"
		}
		return p.say.Say("diff.state", "Where", where, "View", p.view(d.View), "Family", family, "Old", p.stateWord(old), "New", p.stateWord(now))
	case exposure.DiffFinding:
		return p.say.Say("diff.finding", "Where", where, "Rule", d.Rule, "Old", p.severityWord(old), "New", p.severityWord(now))
	case exposure.DiffVerdict:
		return p.say.Say("diff.verdict", "Where", where, "Zone", p.say.Say("zone."+string(d.Zone)), "Old", p.verdictWord(old), "New", p.verdictWord(now))
	}
	nothing := p.say.Say("diff.nothing")
	if old == "" {
		old = nothing
	}
	if now == "" {
		now = nothing
	}
	switch d.Kind {
	case exposure.DiffListener:
		return p.say.Say("diff.listener", "Where", where, "Old", old, "New", now)
	case exposure.DiffService:
		return p.say.Say("diff.service", "Where", where, "Old", old, "New", now)
	case exposure.DiffVersion:
		return p.say.Say("diff.version", "Where", where, "Old", old, "New", now)
	}
	return p.say.Say("diff.certificate", "Where", where, "Old", shortened(old, 16), "New", shortened(now, 16))
}

// stateWord says a state that stands in a document as a word; none is that the
// port was not among those that the report tells of.
func (p *page) stateWord(s string) string {
	var state exposure.State
	if state.UnmarshalText([]byte(s)) != nil {
		return p.say.Say("diff.not-open")
	}
	return p.state(state)
}

// severityWord and verdictWord say a word of the contract; one that a document
// brings from elsewhere is none.
func (p *page) severityWord(s string) string {
	var severity exposure.Severity
	if severity.UnmarshalText([]byte(s)) != nil {
		return p.say.Say("diff.nothing")
	}
	return p.say.Say("severity." + severity.String())
}

func (p *page) verdictWord(s string) string {
	switch o := exposure.Outcome(s); o {
	case exposure.Pass, exposure.Fail, exposure.Inconclusive:
		return p.say.Say("verdict." + string(o))
	}
	return p.say.Say("diff.nothing")
}

// baseline shows what a report has that the accepted one had not.
func (p *page) baseline(b *exposure.Baseline) {
	if b == nil {
		return
	}
	p.gap()
	if len(b.Added) == 0 {
		p.paragraph("", bold, p.say.Say("baseline.nothing", "File", b.File))
		return
	}
	p.paragraph("", bold, p.say.Say("baseline.added", "Count", len(b.Added), "File", b.File))
	for _, d := range b.Added {
		p.difference(d)
	}
}
