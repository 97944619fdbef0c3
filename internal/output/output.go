// Package output writes the documents of sekisho: the report of check, the
// scan, this machine. One file a format; an output decides nothing, it only
// shows. Nothing that came from outside leaves it without an encoder.
package output

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Show chooses how much of a document people want to see. Machine formats hold
// the whole document, but for the observations of a scan, which are chosen in
// every format.
type Show string

// The choices.
const (
	ShowOpen        Show = "open"        // open ports and what listens
	ShowInteresting Show = "interesting" // and everything that has a finding, a verdict or a doubt
	ShowAll         Show = "all"         // everything, with the remedy of the slightest finding
)

// Options say how a document is written.
type Options struct {
	Format string   // one of Formats
	Width  int      // columns of the terminal; 0 is 80
	Color  bool     // SGR colours in text
	Lang   lang.Tag // of text; documents are in the language in which they were made
	Show   Show     // empty is ShowInteresting
	Redact bool     // addresses, names and users masked
	Root   bool     // the documents were made as root, who lacks no right to see
	Piped  bool     // nobody looks at a terminal: the last line of a report stays one line, however long
}

// Scanner writes a scan while it goes on. Observe is called once for every
// observation and chooses which are shown; Close ends the document.
type Scanner interface {
	Observe(exposure.Observation) error
	Close(exposure.ScanSummary) error
}

// format is one way to write the documents. A format is one file that registers
// itself. Every format writes reports, and a scan as a report where it has no
// form of its own for one; those that leave out the others write no more.
type format struct {
	name   string
	report func(io.Writer, exposure.Report, Options) error
	scan   func(io.Writer, Options) Scanner
	local  func(io.Writer, exposure.LocalDocument, Options) error
	test   func(io.Writer, exposure.TestDocument, Options) error
	tried  func(io.Writer, exposure.ConnectDocument, Options) error
	cause  func(io.Writer, exposure.Diagnosis, Options) error
	book   func(io.Writer, exposure.CatalogueDocument, Options) error
}

var formats = map[string]format{}

func register(f format) {
	if _, double := formats[f.name]; double {
		panic("output: two formats named " + f.name)
	}
	formats[f.name] = f
}

// Formats are the names of the formats that every document has, text first.
func Formats() []string { return named(func(f format) bool { return f.local != nil }) }

// ReportFormats are the names of the formats that reports and scans have: those
// of every document first.
func ReportFormats() []string {
	return append(Formats(), named(func(f format) bool { return f.local == nil })...)
}

// DiagnosisFormats are the names of the formats that a diagnosis has: those of
// every document first.
func DiagnosisFormats() []string {
	return append(Formats(), named(func(f format) bool { return f.local == nil && f.cause != nil })...)
}

func named(which func(format) bool) []string {
	var names []string
	for name, f := range formats {
		if which(f) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if a == textName || b == textName {
			return strings.Compare(b, a)
		}
		return strings.Compare(a, b)
	})
	return names
}

// find is a format that writes every document, findReport one that writes
// reports and scans at least.
func find(name string) (format, error) {
	f, ok := formats[name]
	if !ok || f.local == nil {
		return format{}, fmt.Errorf("%q is no format: %s", name, strings.Join(Formats(), ", "))
	}
	return f, nil
}

func findReport(name string) (format, error) {
	f, ok := formats[name]
	if !ok {
		return format{}, fmt.Errorf("%q is no format: %s", name, strings.Join(ReportFormats(), ", "))
	}
	return f, nil
}

// Report writes a report.
func Report(w io.Writer, r exposure.Report, o Options) error {
	f, err := findReport(o.Format)
	if err != nil {
		return err
	}
	if o.Redact {
		r = newMask().report(r)
	}
	return f.report(w, whole(r), o)
}

// Scan begins the document of a scan.
func Scan(w io.Writer, o Options) (Scanner, error) {
	f, err := findReport(o.Format)
	if err != nil {
		return nil, err
	}
	var s Scanner = newGatherer(w, o, f.report)
	if f.scan != nil {
		s = f.scan(w, o)
	}
	if o.Redact {
		s = &maskedScanner{mask: newMask(), to: s}
	}
	return s, nil
}

// Local writes what is known of this machine.
func Local(w io.Writer, d exposure.LocalDocument, o Options) error {
	f, err := find(o.Format)
	if err != nil {
		return err
	}
	if o.Redact {
		d = newMask().local(d)
	}
	d.Listeners, d.Addresses = present(d.Listeners), present(d.Addresses)
	d.Findings = each(d.Findings, func(f exposure.LocalFinding) exposure.LocalFinding {
		f.Remedy = present(f.Remedy)
		return f
	})
	d.Interfaces = each(present(d.Interfaces), func(i exposure.Interface) exposure.Interface {
		i.Prefixes = present(i.Prefixes)
		return i
	})
	return f.local(w, d, o)
}

// Diagnosis writes the document of diagnose. Options.Format must be one that has
// it; the error says which have.
func Diagnosis(w io.Writer, d exposure.Diagnosis, o Options) error {
	f, ok := formats[o.Format]
	if !ok || f.cause == nil {
		return fmt.Errorf("%q is no format of a diagnosis: %s", o.Format, strings.Join(DiagnosisFormats(), ", "))
	}
	if o.Redact {
		d = newMask().diagnosis(d)
	}
	d.Addresses = present(d.Addresses)
	d.Names = each(d.Names, func(n exposure.Resolution) exposure.Resolution {
		n.Addresses = present(n.Addresses)
		return n
	})
	d.Ports = each(present(d.Ports), func(p exposure.DiagnosedPort) exposure.DiagnosedPort {
		p.Cause.Evidence, p.Cause.Remedy, p.Stages = present(p.Cause.Evidence), present(p.Cause.Remedy), present(p.Stages)
		return p
	})
	return f.cause(w, d, o)
}

// Test writes what a test found out.
func Test(w io.Writer, d exposure.TestDocument, o Options) error {
	f, err := find(o.Format)
	if err != nil {
		return err
	}
	if o.Redact {
		d = newMask().test(d)
	}
	d.Steps = present(d.Steps)
	d.Findings = each(present(d.Findings), wholeFinding)
	return f.test(w, d, o)
}

// Connect writes what connect tried.
func Connect(w io.Writer, d exposure.ConnectDocument, o Options) error {
	f, err := find(o.Format)
	if err != nil {
		return err
	}
	if o.Redact {
		d = newMask().connect(d)
	}
	d.Servers = present(d.Servers)
	if d.Dialogue != nil {
		talk := *d.Dialogue
		talk.Lines = present(talk.Lines)
		d.Dialogue = &talk
	}
	return f.tried(w, d, o)
}

// Services writes entries of the catalogue.
func Services(w io.Writer, d exposure.CatalogueDocument, o Options) error {
	f, err := find(o.Format)
	if err != nil {
		return err
	}
	d.Services = present(d.Services)
	return f.book(w, d, o)
}

// shows reports whether an observation of a scan is one to show.
func (s Show) shows(o exposure.Observation) bool {
	return s == ShowAll || o.State == exposure.Open
}

// whole is a report whose lists are all there: an empty one is [] and not null
// in JSON.
func whole(r exposure.Report) exposure.Report {
	r.Vantages = present(r.Vantages)
	r.Hosts = each(present(r.Hosts), func(h exposure.Host) exposure.Host {
		h.Addresses = present(h.Addresses)
		h.Ports = each(present(h.Ports), wholePort)
		h.Swept = each(h.Swept, func(s exposure.Sweep) exposure.Sweep {
			s.States = present(s.States)
			return s
		})
		h.Verdicts = each(h.Verdicts, func(g exposure.GroupVerdict) exposure.GroupVerdict {
			g.Verdict = wholeVerdict(g.Verdict)
			return g
		})
		return h
	})
	r.Outgoing = each(r.Outgoing, wholePort)
	if r.Baseline != nil {
		b := *r.Baseline
		b.Added = present(b.Added)
		r.Baseline = &b
	}
	return r
}

func wholePort(p exposure.Port) exposure.Port {
	p.Observations = present(p.Observations)
	p.Findings = each(p.Findings, wholeFinding)
	p.Verdicts = each(p.Verdicts, wholeVerdict)
	return p
}

func wholeVerdict(v exposure.Verdict) exposure.Verdict {
	if v.Cause != nil {
		cause := *v.Cause
		cause.Evidence, cause.Remedy = present(cause.Evidence), present(cause.Remedy)
		v.Cause = &cause
	}
	return v
}

func wholeFinding(f exposure.Finding) exposure.Finding {
	f.Remedy = present(f.Remedy)
	return f
}

func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
