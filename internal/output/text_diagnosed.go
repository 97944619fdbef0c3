package output

import (
	"io"

	"sekisho/internal/exposure"
)

// textDiagnosis is the page of diagnose: for each port the one cause and how
// sure it is, the evidence, the stages of the way, what else it might be, and
// what to do.
func textDiagnosis(w io.Writer, d exposure.Diagnosis, o Options) error {
	p := newPage(o)
	p.paragraph("", bold, p.diagnosisTitle(d))
	for _, port := range d.Ports {
		p.gap()
		p.diagnosed(port)
	}
	p.names(d.Names)
	p.vantages(d.Vantages)
	p.unseen(d.Unseen)
	if d.Partial {
		p.gap()
		p.paragraph("", yellow, p.say.Say("test.partial"))
	}
	return p.to(w)
}

// causeStyles make what is well look so, and what nobody knows.
var causeStyles = map[string]style{"ok": green, "inconclusive": yellow}

// diagnosisTitle names the host and when it was looked at.
func (p *page) diagnosisTitle(d exposure.Diagnosis) string {
	return p.say.Say("diagnosis.title", "Host", d.Host, "Time", d.SeenAt.UTC().Format(timeLayout), "Version", d.Version)
}

// diagnosisLine is the one cause of a port and how sure it is.
func (p *page) diagnosisLine(d exposure.DiagnosedPort) string {
	label := portLabel(d.Transport, d.Port)
	if d.Name != "" {
		label += " " + d.Name
	}
	zone := ""
	if d.Zone != "" {
		zone = p.say.Say("zone." + string(d.Zone))
	}
	at := ""
	if d.Address.IsValid() {
		at = d.Address.String()
	}
	return p.say.Say("diagnosis.cause", "Port", label, "Zone", zone, "Address", at, "Cause", p.say.Say("cause."+d.Cause.ID),
		"Certainty", p.say.Say("certainty."+string(d.Cause.Certainty)), "ID", d.Cause.ID)
}

// mostToCheck is how many things a person is sent to look at where nothing decides:
// the likeliest cause and its rivals.
const mostToCheck = 5

// toCheck are the rivals that a page lists, the likeliest first; a document for
// programs has them all.
func toCheck(rivals []exposure.Rival) []exposure.Rival {
	return rivals[:min(len(rivals), mostToCheck-1)]
}

func (p *page) rival(r exposure.Rival) string {
	return p.say.Say("diagnosis.rival", "Cause", p.say.Say("cause."+r.ID), "Test", r.Test)
}

func (p *page) diagnosed(d exposure.DiagnosedPort) {
	look, known := causeStyles[d.Cause.ID]
	if !known {
		look = red
	}
	p.paragraph("", look, p.diagnosisLine(d))
	for _, e := range d.Cause.Evidence {
		p.paragraph("  - ", plain, e)
	}
	for _, a := range d.Arrivals {
		p.paragraph("  - ", plain, p.arrival(a))
	}
	var rows [][]cell
	for _, s := range d.Stages {
		rows = append(rows, []cell{
			text(p.say.Say("stage." + s.ID)),
			{[]string{p.say.Say("stage-result." + string(s.Result))}, stageStyles[s.Result]},
			text(s.Detail),
		})
	}
	p.line(p.table([]column{
		{head: p.say.Say("column.stage"), least: 12},
		{head: p.say.Say("column.result")},
		{head: p.say.Say("column.words"), least: 20},
	}, rows)...)
	p.textTransfers(p.say.Say("transfer.title"), d.Transfers, d.Zone != "")
	if len(d.Rivals) > 0 {
		p.line(p.paint(bold, p.say.Say("diagnosis.rivals")))
		for _, r := range toCheck(d.Rivals) {
			p.paragraph("  - ", plain, p.rival(r))
		}
	}
	if len(d.Cause.Remedy) > 0 {
		p.line(p.paint(bold, p.say.Say("diagnosis.remedy")))
		for _, step := range d.Cause.Remedy {
			p.step(step)
		}
	}
}

// stageStyles make the cut stand out.
var stageStyles = map[exposure.StageResult]style{
	exposure.StageOK: green, exposure.StageCut: red, exposure.StageUnknown: dim,
}

// arrival is what came and what became of it, in a line.
func (p *page) arrival(a exposure.Arrival) string {
	words := []any{"Time", a.SeenAt.UTC().Format(clockLayout), "From", a.From.Addr(), "To", a.To, "Count", a.Packets, "Answer", string(a.Answer)}
	switch {
	case a.Accepted:
		return p.say.Say("diagnosis.arrival-accepted", words...)
	case a.Answer == "":
		return p.say.Say("diagnosis.arrival-unanswered", words...)
	}
	return p.say.Say("diagnosis.arrival-answered", words...)
}

// clockLayout is the time of the day, in UTC.
const clockLayout = "15:04:05"

// Flips writes the lines of one look of diagnose --watch: the causes of all ports
// at the first, later those that became another.
func Flips(w io.Writer, d exposure.Diagnosis, first bool, o Options) error {
	p := newPage(o)
	at := d.SeenAt.UTC().Format(clockLayout)
	zone := func(z exposure.Zone) string {
		if z == "" {
			return ""
		}
		return p.say.Say("zone." + string(z))
	}
	side := func(name string, c exposure.FlipSide) []any {
		return []any{name, p.say.Say("cause." + c.Cause), name + "ID", c.Cause, name + "Certainty", p.say.Say("certainty." + string(c.Certainty))}
	}
	line := func(cause, words string) {
		look, known := causeStyles[cause]
		if !known {
			look = red
		}
		p.line(p.paint(look, words)) // not wrapped: each is a line to whoever reads along
	}
	for _, port := range d.Ports {
		if !first {
			break
		}
		is := side("Is", exposure.FlipSide{Cause: port.Cause.ID, Certainty: port.Cause.Certainty})
		line(port.Cause.ID, p.say.Say("watch.first", append(is, "Time", at, "Port", portLabel(port.Transport, port.Port), "Zone", zone(port.Zone))...))
	}
	for _, f := range d.Flips {
		both := append(side("Was", f.Was), side("Is", f.Is)...)
		line(f.Is.Cause, p.say.Say("watch.flip", append(both, "Time", at, "Port", portLabel(f.Transport, f.Port), "Zone", zone(f.Zone))...))
	}
	return p.to(w)
}
