package output

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func init() { register(format{name: "csv", report: csvReport, cause: csvDiagnosis}) }

// csvColumns are the first row. The words are those of the JSON documents.
var csvColumns = []string{
	"host", "address", "transport", "port", "name", "state", "reason", "by", "view", "vantage", "seen_at",
	"protocol", "product", "version", "confidence", "listening_at", "process", "user", "unit", "container",
	"verdicts", "findings",
}

// csvReport writes a row for each observation (RFC 4180, with a line feed as
// spreadsheets of every system take it), and for ports without one a row of
// what else is known. Lists in one field have semicolons between them.
func csvReport(w io.Writer, r exposure.Report, _ Options) error {
	c := csv.NewWriter(w)
	if err := c.Write(csvColumns); err != nil {
		return err
	}
	row := func(fields ...string) error { return c.Write(each(fields, csvField)) }
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			if err := csvPort(row, hostName(h), p); err != nil {
				return err
			}
		}
	}
	for _, p := range r.Outgoing {
		if err := csvPort(row, "", p); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// csvPort writes the rows of one port.
func csvPort(row func(...string) error, host string, p exposure.Port) error {
	observations := p.Observations
	if len(observations) == 0 {
		observations = []exposure.Observation{{Host: host}}
	}
	for _, o := range observations {
		state, address, seen, by := o.State.String(), "", "", o.By
		if o.Address.IsValid() {
			address = o.Address.String()
		} else {
			state = ""
		}
		if !o.SeenAt.IsZero() {
			seen = o.SeenAt.UTC().Format("2006-01-02T15:04:05Z")
		}
		name := host
		if name == "" {
			name = o.Host
		}
		s := serviceAt(p, o)
		fields := []string{
			name, address, p.Transport.String(), csvNumber(p), p.Name, state, string(o.Reason), by, string(o.View), o.Vantage, seen,
			s.Protocol, s.Product.Terminal(), s.Version.Terminal(), s.Confidence.String(),
		}
		fields = append(fields, csvOwners(p.Listeners)...)
		if err := row(append(fields, csvVerdicts(p.Verdicts), csvFindings(p.Findings))...); err != nil {
			return err
		}
	}
	return nil
}

// serviceAt is what answers where an observation was made, or else the first
// that is known to answer at the port when it is open.
func serviceAt(p exposure.Port, o exposure.Observation) exposure.Service {
	i := slices.IndexFunc(p.Services, func(s exposure.Service) bool { return s.Address == o.Address })
	switch {
	case i >= 0:
		return p.Services[i]
	case o.State == exposure.Open && len(p.Services) > 0:
		return p.Services[0]
	}
	return exposure.Service{}
}

// csvNumber is the number of a port; an echo has none.
func csvNumber(p exposure.Port) string {
	if p.Transport == exposure.ICMP {
		return ""
	}
	number, _, _ := strings.Cut(portLabel(p.Transport, p.Port), "/")
	return number
}

// csvOwners are where sockets are bound and whose they are.
func csvOwners(listeners []exposure.Listener) []string {
	columns := make([][]string, 5)
	for _, l := range listeners {
		at := ""
		if l.Address.IsValid() {
			at = l.Address.String()
		}
		for i, word := range []string{at, l.Process, l.User, l.Unit, l.Container} {
			columns[i] = appendNew(columns[i], word)
		}
	}
	return each([]string{"", "", "", "", ""}, func(string) string {
		first := strings.Join(columns[0], "; ")
		columns = columns[1:]
		return first
	})
}

func csvVerdicts(verdicts []exposure.Verdict) string {
	var items []string
	for _, v := range verdicts {
		items = append(items, strings.Join([]string{string(v.Zone), string(v.Expectation), string(v.Verdict)}, " "))
	}
	return strings.Join(items, "; ")
}

func csvFindings(findings []exposure.Finding) string {
	var items []string
	for _, f := range findings {
		items = appendNew(items, f.Severity.String()+" "+f.Rule)
	}
	return strings.Join(items, "; ")
}

// csvField makes any text one that no spreadsheet takes for a formula: beside
// what untrusted knows, those of Japanese input methods, which spreadsheets read
// as the narrow ones.
func csvField(s string) string {
	field := untrusted.New(s, 0).CSV()
	if first, _ := utf8.DecodeRuneInString(field); strings.ContainsRune("＝＋－＠", first) {
		return "'" + field
	}
	return field
}
