package output

import (
	"io"
	"regexp"
	"strings"

	"sekisho/internal/exposure"
)

func init() { register(format{name: "markdown", report: markdownReport, cause: markdownDiagnosis}) }

// markdown is a page of GitHub's flavour as it grows, for the summary of a CI
// run or a ticket.
type markdown struct{ *page }

// markdownReport writes the verdict of the whole, what is not as the policy
// wants it, the ports and what is to mend.
func markdownReport(w io.Writer, r exposure.Report, o Options) error {
	o.Color = false
	m := markdown{newPage(o)}
	m.line("# sekisho", "", "**"+marked(m.lastLine(r))+"**")
	if r.Partial {
		m.line("", marked(m.say.Say("report.partial")))
	}
	m.judgements(r)
	m.sinceBaseline(r.Baseline)
	for _, h := range r.Hosts {
		m.host(r, h)
		m.routed(h.Router)
	}
	m.toMend(r)
	return m.to(w)
}

// routed is what is known of the router before this machine.
func (m markdown) routed(r *exposure.Router) {
	title, lines := m.routerList(r)
	if title == "" {
		return
	}
	m.line("", marked(title), "")
	for _, l := range lines {
		m.line("- " + marked(l))
	}
}

// judgements are the verdicts, the bad ones first.
func (m markdown) judgements(r exposure.Report) {
	all := sentences(r)
	if len(all) == 0 {
		return
	}
	m.line("", "## "+marked(m.say.Say("report.policy", "File", r.Policy)), "")
	m.row(m.say.Say("column.verdict"), m.say.Say("column.port"), m.say.Say("column.zone"), m.say.Say("column.expectation"), m.say.Say("column.why"))
	m.line("|---|---|---|---|---|")
	for _, outcome := range []exposure.Outcome{exposure.Fail, exposure.Inconclusive, exposure.Pass} {
		for _, s := range all {
			if s.Verdict.Verdict != outcome {
				continue
			}
			ports := strings.Join(m.enumerate(s.ports), ", ")
			if s.group != "" {
				ports = m.say.Say("report.group", "Ports", s.group, "Count", s.count)
			}
			m.row(m.say.Say("verdict."+string(outcome)), ports, m.say.Say("zone."+string(s.Zone)),
				m.say.Say("expectation."+string(s.Expectation)), strings.Join(s.Why, " "))
		}
	}
	for _, s := range all {
		if s.Cause == nil {
			continue
		}
		m.line("", "### "+marked(m.judged(s)), "", "**"+marked(m.cause(s.Cause))+"**", "")
		for _, e := range s.Cause.Evidence {
			m.line("- " + marked(e))
		}
		m.steps(s.Cause.Remedy)
	}
}

// sinceBaseline is what the accepted report had not.
func (m markdown) sinceBaseline(b *exposure.Baseline) {
	if b == nil {
		return
	}
	if len(b.Added) == 0 {
		m.line("", marked(m.say.Say("baseline.nothing", "File", b.File)))
		return
	}
	m.line("", "## "+marked(m.say.Say("baseline.added", "Count", len(b.Added), "File", b.File)), "")
	for _, d := range b.Added {
		m.line("- " + marked(m.differs(d)))
	}
}

// host is the table of the ports of one host.
func (m markdown) host(r exposure.Report, h exposure.Host) {
	mine := h.Own()
	title := m.say.Say("report.other-machine", "Host", hostName(h), "Time", r.StartedAt.UTC().Format(timeLayout), "Version", r.Version)
	if mine {
		title = m.say.Say("report.this-machine", "Host", hostName(h), "Time", r.StartedAt.UTC().Format(timeLayout), "Version", r.Version)
	}
	m.line("", "## "+marked(title), "")
	var rows [][]cell
	for _, port := range h.Ports {
		if m.Show.showsPort(port) {
			rows = append(rows, m.portRow(h, mine, port))
		}
	}
	if m.Show != ShowAll {
		rows = runs(rows)
	}
	if len(rows) == 0 {
		m.line(marked(m.say.Say("markdown.nothing")))
		return
	}
	m.row(m.say.Say("column.port"), m.say.Say("column.state"), m.say.Say("column.service"), m.say.Say("column.owner"),
		m.say.Say("column.where"), m.say.Say("column.verdict"))
	m.line("|---|---|---|---|---|---|")
	for _, row := range rows {
		fields := make([]string, len(row))
		for i, c := range row {
			fields[i] = strings.Join(c.lines, "; ")
		}
		m.row(fields...)
	}
	for _, port := range h.Ports {
		if m.Show.showsPort(port) {
			m.transfers(m.transfersOf(port), port.Transfers, mine)
		}
	}
}

// toMend are the findings that are to be mended, each with what to do.
func (m markdown) toMend(r exposure.Report) {
	matters := collect(r)
	mend := mendable(matters)
	if mend == 0 {
		return
	}
	m.line("", "## "+marked(m.say.Say("report.findings")))
	for _, f := range matters[:mend] {
		m.line("", "### "+marked(m.title(f)), "")
		for _, e := range f.evidence[:min(len(f.evidence), evidenceShown)] {
			m.line("- " + marked(e))
		}
		m.line("", marked(f.Meaning))
		m.steps(f.Remedy)
	}
}

// steps are what to do: words, and lines to type.
func (m markdown) steps(steps []string) {
	for _, step := range steps {
		words, commands, _ := strings.Cut(step, "\n")
		m.line("", marked(words))
		if commands != "" {
			m.fenced(commands)
		}
	}
}

// row writes one row of a table.
func (m markdown) row(fields ...string) {
	m.line("| " + strings.Join(each(fields, marked), " | ") + " |")
}

// fenced writes lines to type, in a fence that nothing in them can close.
func (m markdown) fenced(lines string) {
	fence := "```"
	for strings.Contains(lines, fence) {
		fence += "`"
	}
	m.line("", fence)
	for l := range strings.Lines(lines) {
		m.line(harmless(strings.TrimRight(l, "\n")))
	}
	m.line(fence)
}

// marked makes any text one that is only text in Markdown: on one line, and each
// mark that could mean something escaped (CommonMark 0.31 section 2.4). What
// would become a link by itself is broken up; what would become a tag is an
// entity even where backslashes are none.
func marked(s string) string {
	var b strings.Builder
	s = harmless(s)
	for i, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]|~$@", r),
			r == ':' && strings.HasPrefix(s[i:], "://"),
			// At the beginning, a heading, a list or a line below a heading.
			strings.ContainsRune("#+-=", r) && strings.TrimLeft(s[:i], " ") == "",
			(r == '.' || r == ')') && strings.Trim(s[:i], " 0123456789") == "" && strings.HasPrefix(s[i+1:]+" ", " "):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return linked.ReplaceAllString(b.String(), `${1}\.`)
}

// linked is what GitHub makes a link of though nobody marked it.
var linked = regexp.MustCompile(`(?i)\b(www)\.`)
