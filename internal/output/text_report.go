package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
)

// textReport is the page that check prints: what is open, who owns it, what of
// it is worrying and what to do, and one line that says it all.
func textReport(w io.Writer, r exposure.Report, o Options) error {
	p := newPage(o)
	for _, h := range r.Hosts {
		p.host(r, h)
	}
	p.vantages(r.Vantages)
	p.unshown(r)
	for _, h := range r.Hosts {
		p.router(h.Router)
	}
	p.verdicts(r)
	p.baseline(r.Baseline)
	p.findings(r)
	p.unseen(r.Unseen)
	p.scanned(r)
	p.gap()
	if o.Piped {
		p.line(p.paint(bold, harmless(p.lastLine(r))))
	} else {
		p.paragraph("", bold, p.lastLine(r))
	}
	return p.to(w)
}

const timeLayout = "2006-01-02 15:04 UTC"

func (p *page) host(r exposure.Report, h exposure.Host) {
	p.gap()
	name, when := hostName(h), r.StartedAt.UTC().Format(timeLayout)
	mine := h.Own()
	if mine {
		p.paragraph("", bold, p.say.Say("report.this-machine", "Host", name, "Time", when, "Version", r.Version))
	} else {
		p.paragraph("", bold, p.say.Say("report.other-machine", "Host", name, "Time", when, "Version", r.Version))
	}
	p.unreached(r, h)
	var rows [][]cell
	for _, port := range h.Ports {
		if p.Show.showsPort(port) {
			rows = append(rows, p.portRow(h, mine, port))
		}
	}
	if p.Show != ShowAll {
		rows = runs(rows)
	}
	if len(rows) > 0 {
		p.gap()
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.port")},
		{head: p.say.Say("column.state")},
		{head: p.say.Say("column.service"), least: 14},
		{head: p.say.Say("column.owner"), least: 10},
		{head: p.say.Say("column.where"), least: 12},
		{head: p.say.Say("column.verdict"), least: 10},
	}, rows)...)
	for _, port := range h.Ports {
		if len(port.Transfers) > 0 && p.Show.showsPort(port) {
			p.gap()
			p.textTransfers(p.transfersOf(port), port.Transfers, mine)
		}
	}
}

// manyAlike is from how many rows on a run of rows that differ in the port only
// is one row: where every port answers, ten thousand rows tell nothing more.
const manyAlike = 4

func runs(rows [][]cell) [][]cell {
	var out [][]cell
	for begin := 0; begin < len(rows); {
		end := begin + 1
		for end < len(rows) && alike(rows[begin], rows[end]) {
			end++
		}
		if end-begin < manyAlike {
			out = append(out, rows[begin:end]...)
		} else {
			first, _, _ := strings.Cut(rows[begin][0].lines[0], "/")
			rows[begin][0].lines[0] = first + "-" + rows[end-1][0].lines[0]
			out = append(out, rows[begin])
		}
		begin = end
	}
	return out
}

// alike reports whether two rows say the same of ports of one transport.
func alike(a, b []cell) bool {
	_, transport, _ := strings.Cut(a[0].lines[0], "/")
	_, other, _ := strings.Cut(b[0].lines[0], "/")
	return transport == other && slices.EqualFunc(a[1:], b[1:], func(x, y cell) bool {
		return x.style == y.style && slices.Equal(x.lines, y.lines)
	})
}

// showsPort reports whether a port is a row of the table.
func (s Show) showsPort(p exposure.Port) bool {
	switch {
	case s == ShowAll, state(p) == exposure.Open, len(p.Listeners) > 0:
		return true
	case s == ShowOpen:
		return false
	}
	return len(p.Findings) > 0 || slices.ContainsFunc(p.Verdicts, func(v exposure.Verdict) bool { return v.Verdict != exposure.Pass })
}

// state is the state that says most about a port: that it is open somewhere
// weighs more than that it is closed elsewhere.
func state(p exposure.Port) exposure.State {
	weight := []exposure.State{exposure.Unknown, exposure.Closed, exposure.Filtered, exposure.OpenFiltered, exposure.Open}
	best := 0
	for _, o := range p.Observations {
		best = max(best, slices.Index(weight, o.State))
	}
	return weight[best]
}

// portRow is a row of the table. Whether the host is mine is found out once for
// all of its rows, of which there may be 65535.
func (p *page) portRow(h exposure.Host, mine bool, port exposure.Port) []cell {
	return []cell{
		text(portLabel(port.Transport, port.Port)),
		p.stateCell(port),
		text(p.services(port)...),
		text(p.owners(mine, port)...),
		text(p.whereabouts(h, mine, port)...),
		p.verdictCell(port),
	}
}

func (p *page) stateCell(port exposure.Port) cell {
	if len(port.Observations) == 0 && len(port.Listeners) > 0 {
		return cell{[]string{p.say.Say("report.listens")}, stateStyle(exposure.Open, port.Exposed())}
	}
	s := state(port)
	return cell{[]string{p.state(s)}, stateStyle(s, port.Exposed())}
}

// verdictCell holds the worst verdict of the port, empty without a policy.
func (p *page) verdictCell(port exposure.Port) cell {
	styles := map[exposure.Outcome]style{exposure.Fail: red, exposure.Inconclusive: yellow, exposure.Pass: green}
	for _, outcome := range []exposure.Outcome{exposure.Fail, exposure.Inconclusive, exposure.Pass} {
		var lines []string
		for _, v := range port.Verdicts {
			if v.Verdict == outcome {
				lines = append(lines, p.say.Say("report.verdict", "Verdict", p.say.Say("verdict."+string(outcome)),
					"Zone", p.say.Say("zone."+string(v.Zone))))
			}
		}
		if len(lines) > 0 {
			return cell{lines, styles[outcome]}
		}
	}
	return cell{}
}

// scanned says how much was looked at and whether that is all.
func (p *page) scanned(r exposure.Report) {
	if r.Scan != nil {
		p.gap()
		missing := unlooked(*r.Scan)
		tried := max(0, r.Scan.Ports-missing-echoes(r))
		p.paragraph("", dim, p.say.Say("report.scanned", "Count", tried, "Seconds", seconds(r.FinishedAt.Sub(r.StartedAt))))
		p.effort(*r.Scan, dim)
		p.notes(*r.Scan)
		if missing > 0 {
			p.paragraph("", yellow, p.say.Say("scan.incomplete-ports", "Count", missing))
		}
	}
	if r.Partial {
		p.gap()
		p.paragraph("", yellow, p.say.Say("report.partial"))
	}
}

// notes are what the engine has to say about its own scan.
func (p *page) notes(s exposure.ScanSummary) {
	if s.Unknown > 0 {
		p.paragraph("", yellow, p.say.Say("scan.unknown", "Count", s.Unknown))
	}
	for _, note := range s.Notes {
		p.paragraph("", dim, note)
	}
}

// seconds rounds a duration to what a person wants to know.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }
