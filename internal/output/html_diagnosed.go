package output

import (
	"io"

	"sekisho/internal/exposure"
)

// The parts of the page of a diagnosis.
type (
	htmlDiagnosed struct {
		Class, Text string
		Evidence    []string
		Way         htmlWay
		Stages      []htmlStage
		Rivals      []string
		Remedy      []htmlStep
		Moved       []htmlTransfers
	}
	htmlStage struct{ Name, Class, Result, Detail string }
)

// htmlDiagnosis writes the one cause of each port, the picture of the way with
// the place marked where it lies, and the stages.
func htmlDiagnosis(w io.Writer, d exposure.Diagnosis, o Options) error {
	o.Color = false
	p := newPage(o)
	page := p.htmlPage(d.Partial, append(vantageLines(d.Vantages), d.Unseen...))
	page.Last = harmless(p.diagnosisTitle(d))
	for _, port := range d.Ports {
		one := htmlDiagnosed{
			Class: causeClass(port.Cause.ID), Text: harmless(p.diagnosisLine(port)), Evidence: each(port.Cause.Evidence, harmless),
			Way: p.way(port.Zone, port.Cause.ID), Remedy: htmlSteps(port.Cause.Remedy),
		}
		for _, s := range port.Stages {
			one.Stages = append(one.Stages, htmlStage{
				harmless(p.say.Say("stage." + s.ID)), stageClasses[s.Result], harmless(p.say.Say("stage-result." + string(s.Result))), harmless(s.Detail),
			})
		}
		one.Moved = p.htmlTransfers(p.say.Say("transfer.title"), port.Transfers, port.Zone != "")
		for _, r := range toCheck(port.Rivals) {
			one.Rivals = append(one.Rivals, harmless(p.rival(r)))
		}
		page.Diagnosed = append(page.Diagnosed, one)
	}
	return htmlTemplate.Execute(w, page)
}

// causeClass is the class of the line of a cause.
func causeClass(id string) string {
	switch id {
	case "ok":
		return string(exposure.Pass)
	case "inconclusive":
		return string(exposure.Inconclusive)
	}
	return string(exposure.Fail)
}

// stageClasses are those of the results.
var stageClasses = map[exposure.StageResult]string{
	exposure.StageOK: string(exposure.Pass), exposure.StageCut: string(exposure.Fail), exposure.StageUnknown: "closed",
}
