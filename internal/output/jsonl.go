package output

import (
	"cmp"
	"encoding/json"
	"io"
	"time"

	"sekisho/internal/exposure"
)

func init() {
	register(format{name: "jsonl", report: jsonlReport, scan: newJSONLScanner, local: jsonlLocal, test: jsonlTest, tried: jsonlConnect, cause: jsonlDiagnosis, book: jsonlServices})
}

// The lines: every object says first of which type it is, and what belongs to a
// port says to which.
type (
	observationLine struct {
		Type string `json:"type"`
		exposure.Observation
	}
	scanSummaryLine struct {
		Type string `json:"type"`
		exposure.ScanSummary
	}
	portLine struct {
		Type      string             `json:"type"`
		Host      string             `json:"host,omitempty"`
		Transport exposure.Transport `json:"transport"`
		Port      uint16             `json:"port"`
	}
	serviceLine struct {
		portLine
		exposure.Service
	}
	listenerLine struct {
		portLine
		exposure.Listener
	}
	transferLine struct {
		portLine
		exposure.Transfer
	}
	verdictLine struct {
		portLine
		exposure.Verdict
	}
	findingLine struct {
		portLine
		exposure.Finding
	}
	reportSummaryLine struct {
		Type       string    `json:"type"`
		Version    string    `json:"version"`
		StartedAt  time.Time `json:"started_at"`
		FinishedAt time.Time `json:"finished_at"`
		Partial    bool      `json:"partial"`
		Asked      string    `json:"asked,omitempty"`
		exposure.ReportSummary
		Unseen []string `json:"unseen,omitempty"`
	}
	localListenerLine struct {
		Type string `json:"type"`
		exposure.LocalListener
	}
	interfaceLine struct {
		Type string `json:"type"`
		exposure.Interface
	}
	localSummaryLine struct {
		Type      string   `json:"type"`
		Listeners int      `json:"listeners"`
		Unseen    []string `json:"unseen,omitempty"`
	}
	catalogueLine struct {
		Type string `json:"type"`
		exposure.CatalogueEntry
	}
	topicLine struct {
		Type string `json:"type"`
		exposure.Topic
	}
	serverLine struct {
		Type string `json:"type"`
		exposure.ConnectedServer
	}
	proxyLine struct {
		Type string `json:"type"`
		exposure.ProxySetting
	}
	dialogueLine struct {
		Type string `json:"type"`
		exposure.Dialogue
	}
	stepLine struct {
		Type string `json:"type"`
		exposure.Step
	}
	flowLine struct {
		Type string `json:"type"`
		exposure.Flow
	}
	testSummaryLine struct {
		Type       string    `json:"type"`
		Version    string    `json:"version"`
		Test       string    `json:"test"`
		StartedAt  time.Time `json:"started_at"`
		FinishedAt time.Time `json:"finished_at"`
		Partial    bool      `json:"partial"`
		Steps      int       `json:"steps"`
		Findings   int       `json:"findings"`
	}
)

// lines writes one object a line and keeps the first error.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) write(object any) {
	if l.err != nil {
		return
	}
	var b []byte
	if b, l.err = json.Marshal(object); l.err == nil {
		_, l.err = l.w.Write(append(inert(b), '\n'))
	}
}

func jsonlReport(w io.Writer, r exposure.Report, _ Options) error {
	l := &lines{w: w}
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			of := func(kind string) portLine { return portLine{kind, hostName(h), p.Transport, p.Port} }
			for _, o := range p.Observations {
				l.write(observationLine{"observation", o})
			}
			for _, s := range p.Services {
				l.write(serviceLine{of("service"), s})
			}
			for _, s := range p.Listeners {
				l.write(listenerLine{of("listener"), s})
			}
			for _, t := range p.Transfers {
				l.write(transferLine{of("transfer"), t})
			}
			for _, v := range p.Verdicts {
				l.write(verdictLine{of("verdict"), v})
			}
			for _, f := range p.Findings {
				l.write(findingLine{of("finding"), f})
			}
		}
	}
	l.write(reportSummaryLine{"summary", r.Version, r.StartedAt, r.FinishedAt, r.Partial, r.Asked, r.Summary, r.Unseen})
	return l.err
}

// hostName is the name that was written for a host, or its first address.
func hostName(h exposure.Host) string {
	if h.Name == "" && len(h.Addresses) > 0 {
		return h.Addresses[0].String()
	}
	return h.Name
}

func jsonlLocal(w io.Writer, d exposure.LocalDocument, _ Options) error {
	l := &lines{w: w}
	for _, i := range d.Interfaces {
		l.write(interfaceLine{"interface", i})
	}
	for _, s := range d.Listeners {
		l.write(localListenerLine{"listener", s})
	}
	l.write(localSummaryLine{"summary", len(d.Listeners), d.Unseen})
	return l.err
}

func jsonlTest(w io.Writer, d exposure.TestDocument, _ Options) error {
	l := &lines{w: w}
	of := func(kind string) portLine {
		return portLine{kind, cmp.Or(d.Host, d.Address.String()), d.Transport, d.Port}
	}
	for _, s := range d.Steps {
		l.write(stepLine{"step", s})
	}
	for _, f := range d.Flow {
		l.write(flowLine{"flow", f})
	}
	l.write(serviceLine{of("service"), d.Service})
	for _, f := range d.Findings {
		l.write(findingLine{of("finding"), f})
	}
	l.write(testSummaryLine{"summary", d.Version, d.Test, d.StartedAt, d.FinishedAt, d.Partial, len(d.Steps), len(d.Findings)})
	return l.err
}

func jsonlServices(w io.Writer, d exposure.CatalogueDocument, _ Options) error {
	l := &lines{w: w}
	for _, s := range d.Services {
		l.write(catalogueLine{"service", s})
	}
	for _, t := range d.Topics {
		l.write(topicLine{"topic", t})
	}
	return l.err
}

func jsonlConnect(w io.Writer, d exposure.ConnectDocument, _ Options) error {
	l := &lines{w: w}
	for _, s := range d.Servers {
		l.write(serverLine{"server", s})
	}
	for _, p := range d.Proxies {
		l.write(proxyLine{"proxy", p})
	}
	if d.Dialogue != nil {
		l.write(dialogueLine{"dialogue", *d.Dialogue})
	}
	return l.err
}

type jsonlScanner struct {
	lines
	show Show
}

func newJSONLScanner(w io.Writer, o Options) Scanner {
	return &jsonlScanner{lines{w: w}, o.Show}
}

// Observe writes the observation's line if it is one to show.
func (s *jsonlScanner) Observe(o exposure.Observation) error {
	if s.show.shows(o) {
		s.write(observationLine{"observation", o})
	}
	return s.err
}

// Close writes the summary line.
func (s *jsonlScanner) Close(summary exposure.ScanSummary) error {
	s.write(scanSummaryLine{"summary", summary})
	return s.err
}

// jsonlDiagnosis writes a line a port.
func jsonlDiagnosis(w io.Writer, d exposure.Diagnosis, _ Options) error {
	l := &lines{w: w}
	for _, p := range d.Ports {
		l.write(struct {
			Type string `json:"type"`
			Host string `json:"host"`
			exposure.DiagnosedPort
		}{"diagnosis", d.Host, p})
	}
	return l.err
}

// Look writes one look of diagnose --watch as a line of its own, in the format
// jsonl.
func Look(w io.Writer, d exposure.Diagnosis, o Options) error {
	if o.Redact {
		d = newMask().diagnosis(d)
	}
	d.Addresses, d.Ports = present(d.Addresses), present(d.Ports)
	l := &lines{w: w}
	l.write(struct {
		Type string `json:"type"`
		exposure.Diagnosis
	}{"look", d})
	return l.err
}
