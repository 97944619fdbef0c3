package output

import (
	"io"

	"sekisho/internal/exposure"
)

// markdownDiagnosis writes the one cause of each port, the evidence, the stages
// and what to do.
func markdownDiagnosis(w io.Writer, d exposure.Diagnosis, o Options) error {
	o.Color = false
	m := markdown{newPage(o)}
	m.line("# sekisho", "", "**"+marked(m.diagnosisTitle(d))+"**")
	if d.Partial {
		m.line("", marked(m.say.Say("report.partial")))
	}
	for _, port := range d.Ports {
		m.line("", "## "+marked(m.diagnosisLine(port)), "")
		for _, e := range port.Cause.Evidence {
			m.line("- " + marked(e))
		}
		if len(port.Stages) > 0 {
			m.line("")
			m.row(m.say.Say("column.stage"), m.say.Say("column.result"), m.say.Say("column.words"))
			m.line("|---|---|---|")
		}
		for _, s := range port.Stages {
			m.row(m.say.Say("stage."+s.ID), m.say.Say("stage-result."+string(s.Result)), s.Detail)
		}
		m.transfers(m.say.Say("transfer.title"), port.Transfers, port.Zone != "")
		if len(port.Rivals) > 0 {
			m.line("", "### "+marked(m.say.Say("diagnosis.rivals")), "")
		}
		for _, r := range toCheck(port.Rivals) {
			m.line("- " + marked(m.rival(r)))
		}
		if len(port.Cause.Remedy) > 0 {
			m.line("", "### "+marked(m.say.Say("diagnosis.remedy")))
			m.steps(port.Cause.Remedy)
		}
	}
	for _, n := range d.Names {
		if len(n.Answers) == 0 {
			continue
		}
		m.line("", "## "+marked(m.say.Say("diagnosis.names", "Name", n.Name)), "")
		m.row(m.nameHeads()...)
		m.line("|---|---|---|---|---|")
		for _, row := range m.nameRows(n) {
			m.row(row...)
		}
	}
	for _, u := range append(vantageLines(d.Vantages), d.Unseen...) {
		m.line("", marked(u))
	}
	return m.to(w)
}
