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
	p.paragraph("", bold, p.say.Say("diagnosis.title", "Host", d.Host, "Time", d.SeenAt.UTC().Format(timeLayout), "Version", d.Version))
	for _, port := range d.Ports {
		p.gap()
		p.diagnosed(port)
	}
	p.unseen(d.Unseen)
	if d.Partial {
		p.gap()
		p.paragraph("", yellow, p.say.Say("test.partial"))
	}
	return p.to(w)
}

// causeStyles make what is well look so, and what nobody knows.
var causeStyles = map[string]style{"ok": green, "inconclusive": yellow}

func (p *page) diagnosed(d exposure.DiagnosedPort) {
	label := portLabel(d.Transport, d.Port)
	if d.Name != "" {
		label += " " + d.Name
	}
	look, known := causeStyles[d.Cause.ID]
	if !known {
		look = red
	}
	zone := ""
	if d.Zone != "" {
		zone = p.say.Say("zone." + string(d.Zone))
	}
	p.paragraph("", look, p.say.Say("diagnosis.cause", "Port", label, "Zone", zone, "Cause", p.say.Say("cause."+d.Cause.ID),
		"Certainty", p.say.Say("certainty."+string(d.Cause.Certainty)), "ID", d.Cause.ID))
	for _, e := range d.Cause.Evidence {
		p.paragraph("  - ", plain, e)
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
	if len(d.Rivals) > 0 {
		p.line(p.paint(bold, p.say.Say("diagnosis.rivals")))
		for _, r := range d.Rivals {
			p.paragraph("  - ", plain, p.say.Say("diagnosis.rival", "Cause", p.say.Say("cause."+r.ID), "Test", r.Test))
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
