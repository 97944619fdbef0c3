package output

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() { register(format{name: "junit", report: junitReport, cause: junitDiagnosis}) }

// The elements of JUnit's XML as CI systems read it.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Time      string      `xml:"time,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
		Out       string      `xml:"system-out,omitempty"`
	}
	junitCase struct {
		Name    string     `xml:"name,attr"`
		Class   string     `xml:"classname,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure"`
		Skipped *junitText `xml:"skipped"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// junitReport writes a test for each verdict, so that CI shows them: fail is a
// failure, and inconclusive is skipped, since it was not seen. Without a policy
// there is a test for each open port, which fails on a finding to mend. What is
// no verdict and no such finding stands in the output of the suite.
func junitReport(w io.Writer, r exposure.Report, o Options) error {
	say := lang.For(o.Lang)
	all := junitSuites{Name: "sekisho", Time: seconds(max(0, r.FinishedAt.Sub(r.StartedAt)))}
	judged := r.Summary.Pass+r.Summary.Fail+r.Summary.Inconclusive > 0
	for _, h := range r.Hosts {
		s := &junitSuite{Name: harmless(hostName(h)), Time: all.Time, Timestamp: r.StartedAt.UTC().Format(junitTime)}
		for _, p := range h.Ports {
			label := portLabel(p.Transport, p.Port)
			for _, v := range p.Verdicts {
				s.verdict(say, label, v)
			}
			if !judged && state(p) == exposure.Open {
				s.port(label, p)
			} else {
				s.told(label, p.Findings)
			}
		}
		for _, g := range h.Verdicts {
			s.verdict(say, say.Say("report.group", "Ports", groupLabel(g), "Count", g.Count), g.Verdict)
		}
		all.add(s)
	}
	if len(r.Outgoing) > 0 {
		s := &junitSuite{Name: say.Say("zone.outgoing"), Time: all.Time, Timestamp: r.StartedAt.UTC().Format(junitTime)}
		for _, p := range r.Outgoing {
			for _, v := range p.Verdicts {
				s.verdict(say, portLabel(p.Transport, p.Port), v)
			}
		}
		all.add(s)
	}
	if b := r.Baseline; b != nil {
		all.add(junitBaseline(b, all.Time, r.StartedAt.UTC().Format(junitTime), o))
	}
	return junitXML(w, all)
}

// junitTime is how a time is written: UTC without saying so.
const junitTime = "2006-01-02T15:04:05"

func junitXML(w io.Writer, all junitSuites) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// junitBaseline is a suite with a failure for each thing that the accepted report
// had not, or one test that passes.
func junitBaseline(b *exposure.Baseline, took, when string, o Options) *junitSuite {
	p := newPage(o)
	s := &junitSuite{Name: harmless(b.File), Time: took, Timestamp: when}
	for _, d := range b.Added {
		text := harmless(p.differs(d))
		s.Cases = append(s.Cases, junitCase{Name: text, Class: "sekisho.baseline", Time: "0", Failure: &junitText{Message: text, Type: "added", Text: text}})
		s.Failures++
	}
	if len(b.Added) == 0 {
		s.Cases = append(s.Cases, junitCase{Name: harmless(p.say.Say("baseline.nothing", "File", b.File)), Class: "sekisho.baseline", Time: "0"})
	}
	s.Tests = len(s.Cases)
	return s
}

func (a *junitSuites) add(s *junitSuite) {
	a.Suites = append(a.Suites, *s)
	a.Tests += s.Tests
	a.Failures += s.Failures
	a.Skipped += s.Skipped
}

// verdict adds the test of a verdict.
func (s *junitSuite) verdict(say *lang.Printer, ports string, v exposure.Verdict) {
	name := say.Say("junit.case", "Ports", ports, "Zone", say.Say("zone."+string(v.Zone)), "Expectation", say.Say("expectation."+string(v.Expectation)))
	c := junitCase{Name: name, Class: junitClass(s.Name, string(v.Zone)), Time: "0"}
	why := strings.Join(each(v.Why, harmless), "\n")
	if v.From != "" {
		why += "\n" + harmless(v.From)
	}
	if v.Cause != nil {
		why += "\n" + harmless(say.Say("report.cause", "Cause", say.Say("cause."+v.Cause.ID), "ID", v.Cause.ID, "Certainty", say.Say("certainty."+string(v.Cause.Certainty))))
	}
	message := junitText{Message: harmless(strings.Join(v.Why, " ")), Text: strings.TrimPrefix(why, "\n")}
	switch v.Verdict {
	case exposure.Fail:
		message.Type = "fail"
		c.Failure = &message
		s.Failures++
	case exposure.Pass:
	default:
		c.Skipped = &junitText{Message: harmless(say.Say("verdict.inconclusive") + ": " + message.Message)}
		s.Skipped++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
}

// port adds the test of an open port, which fails on the findings to mend.
func (s *junitSuite) port(label string, p exposure.Port) {
	c := junitCase{Name: label, Class: junitClass(s.Name, p.Name), Time: "0"}
	var mend, rest []exposure.Finding
	for _, f := range p.Findings {
		if f.Severity > exposure.Info {
			mend = append(mend, f)
		} else {
			rest = append(rest, f)
		}
	}
	if len(mend) > 0 {
		var text strings.Builder
		for _, f := range mend {
			text.WriteString(junitFinding(f) + "\n" + harmless(f.Meaning) + "\n")
		}
		c.Failure = &junitText{Message: junitFinding(mend[0]), Type: harmless(mend[0].Rule), Text: text.String()}
		s.Failures++
	}
	s.Tests++
	s.Cases = append(s.Cases, c)
	s.told(label, rest)
}

// told puts findings into the output of the suite.
func (s *junitSuite) told(label string, findings []exposure.Finding) {
	for _, f := range findings {
		s.Out += label + " " + junitFinding(f) + "\n"
	}
}

func junitFinding(f exposure.Finding) string {
	return harmless(fmt.Sprintf("%s %s: %s", f.Severity, f.Rule, f.Evidence))
}

// junitClass is a name with dots, which CI systems make folders of; dots of an
// address or a name are none.
func junitClass(host, part string) string {
	class := "sekisho." + strings.NewReplacer(".", "_", ":", "_").Replace(host)
	if part != "" {
		class += "." + part
	}
	return class
}
