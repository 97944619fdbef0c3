package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// maxReport is the most bytes that a report may have that is read back.
const maxReport = 256 << 20

// readReport reads a report that was kept: of check -f json or of scan -f json.
func (a *app) readReport(path string) (exposure.Report, error) {
	b, err := readBounded(path, maxReport)
	if err != nil {
		return exposure.Report{}, a.fail(exitUsage, "cli.report-unread", "Path", path, "Error", reason(err))
	}
	r, err := document(b)
	if err != nil {
		return exposure.Report{}, a.fail(exitUsage, "cli.report-wrong", "Path", path, "Error", oneLine(err.Error()))
	}
	return r, nil
}

// errNoReport is about a document that is none of those that can be read.
var errNoReport = errors.New("neither a report of sekisho check -f json nor of scan -f json")

// document reads any of the documents that say what was seen of ports.
func document(b []byte) (exposure.Report, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return exposure.Report{}, fmt.Errorf("line %d: %w", 1+bytes.Count(b[:min(int(syntax.Offset), len(b))], []byte("\n")), err)
		}
		return exposure.Report{}, errNoReport
	}
	switch head.Schema {
	case exposure.ReportSchema:
		var r exposure.Report
		err := json.Unmarshal(b, &r)
		return numbered(r), err
	case exposure.ScanSchema:
		var d exposure.ScanDocument
		err := json.Unmarshal(b, &d)
		return scanned(d), err
	}
	return exposure.Report{}, errNoReport
}

// numbered gives listeners and services the port that their place in the
// document says.
func numbered(r exposure.Report) exposure.Report {
	for _, h := range r.Hosts {
		for _, p := range h.Ports {
			for i := range p.Listeners {
				p.Listeners[i].Transport, p.Listeners[i].Port = p.Transport, p.Port
			}
			for i := range p.Services {
				p.Services[i].Transport, p.Services[i].Port = p.Transport, p.Port
			}
		}
	}
	return r
}

// scanned is a scan as a report: each name or address that was scanned is a
// host.
func scanned(d exposure.ScanDocument) exposure.Report {
	r := exposure.Report{Schema: exposure.ReportSchema, Scan: &d.Summary, Partial: !d.Summary.Complete, Hosts: []exposure.Host{}}
	at, seen := map[string]int{}, [][]exposure.Observation{}
	for _, o := range d.Observations {
		name := o.Host
		if name == "" {
			name = o.Address.String()
		}
		i, known := at[name]
		if !known {
			i = len(r.Hosts)
			at[name] = i
			r.Hosts = append(r.Hosts, exposure.Host{Name: o.Host})
			seen = append(seen, nil)
		}
		if h := &r.Hosts[i]; len(seen[i]) == 0 || h.Addresses[len(h.Addresses)-1] != o.Address {
			h.Addresses = appendNewAddress(h.Addresses, o.Address)
		}
		seen[i] = append(seen[i], o)
		if r.StartedAt.IsZero() || o.SeenAt.Before(r.StartedAt) {
			r.StartedAt = o.SeenAt
		}
		if o.SeenAt.After(r.FinishedAt) {
			r.FinishedAt = o.SeenAt
		}
	}
	for i := range r.Hosts {
		r.Hosts[i].Ports = assemble(seen[i], nil, nil)
	}
	return r
}

func appendNewAddress(list []netip.Addr, a netip.Addr) []netip.Addr {
	if slices.Contains(list, a) {
		return list
	}
	return append(list, a)
}
