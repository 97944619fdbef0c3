package output

import (
	"io"
	"strings"

	"sekisho/internal/exposure"
)

// junitDiagnosis writes a test for each port and zone: any cause is a failure,
// and what could not be decided is skipped.
func junitDiagnosis(w io.Writer, d exposure.Diagnosis, o Options) error {
	p := newPage(o)
	all := junitSuites{Name: "sekisho", Time: "0"}
	s := &junitSuite{Name: harmless(d.Host), Time: "0", Timestamp: d.SeenAt.UTC().Format(junitTime)}
	for _, port := range d.Ports {
		name := portLabel(port.Transport, port.Port)
		if port.Zone != "" {
			name += " " + p.say.Say("zone."+string(port.Zone))
		}
		c := junitCase{Name: harmless(name), Class: junitClass(s.Name, string(port.Zone)), Time: "0"}
		line := harmless(p.diagnosisLine(port))
		switch port.Cause.ID {
		case "ok":
		case "inconclusive":
			c.Skipped = &junitText{Message: line}
			s.Skipped++
		default:
			c.Failure = &junitText{Message: line, Type: harmless(port.Cause.ID), Text: strings.Join(each(port.Cause.Evidence, harmless), "\n")}
			s.Failures++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	for _, u := range d.Unseen {
		s.Out += harmless(u) + "\n"
	}
	all.add(s)
	return junitXML(w, all)
}
