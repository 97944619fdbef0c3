package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
	"sekisho/internal/portspec"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/nmapxml"
)

// maxReport is the most bytes that a report may have that is read back.
const maxReport = 256 << 20

// readReport reads a report that was kept: of check -f json or of scan -f json, or
// what nmap -oX wrote.
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
var errNoReport = errors.New("neither a report of sekisho check -f json or scan -f json nor of nmap -oX")

// document reads any of the documents that say what was seen of ports.
func document(b []byte) (exposure.Report, error) {
	if nmapxml.Is(b) {
		run, err := nmapxml.Read(b)
		return nmapRead(run), err
	}
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
		return output.ScanReport(d, nil), err
	case exposure.TestSchema:
		var d exposure.TestDocument
		err := json.Unmarshal(b, &d)
		return tested(d), err
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

// nmapRead is a scan of nmap as a report. Nmap does not say from where it looked:
// an address of a LAN was seen from the LAN, any other from outside.
func nmapRead(run nmapxml.Run) exposure.Report {
	d := exposure.ScanDocument{Schema: exposure.ScanSchema, Summary: exposure.ScanSummary{Complete: run.Stats.Finished.Exit != "error"}}
	var (
		hosts []exposure.Target
		swept = map[netip.Addr][]exposure.Sweep{}
		spoke []exposure.Service
	)
	for _, h := range run.Hosts {
		target, ok := nmapTarget(h)
		if !ok || h.Ports == nil {
			continue
		}
		hosts = append(hosts, target)
		view, seen := nmapView(target.Address), time.Unix(max(h.End, run.Start), 0).UTC()
		for _, p := range h.Ports.Ports {
			transport, known := nmapTransports[p.Protocol]
			if !known {
				continue
			}
			o := exposure.Observation{
				Host: target.Name, Address: target.Address, Transport: transport, Port: p.Number, View: view, Vantage: "nmap", SeenAt: seen,
			}
			o.State, o.Reason = nmapState(p.State.State, p.State.Reason, transport)
			if by, err := netip.ParseAddr(p.State.By); err == nil && by != target.Address {
				o.By = by.String()
			}
			d.Observations = append(d.Observations, o)
			d.Summary.Count(o.State)
			if s := p.Service; s != nil && s.Method == "probed" {
				spoke = append(spoke, nmapService(o, *s))
			}
		}
		for transport, s := range nmapSwept(run, h, target.Address, view) {
			if len(s.States) > 0 {
				s.Transport = transport
				swept[target.Address] = append(swept[target.Address], s)
			}
		}
	}
	r := output.ScanReport(d, hosts)
	for i, h := range r.Hosts {
		for _, a := range h.Addresses {
			r.Hosts[i].Swept = append(r.Hosts[i].Swept, swept[a]...)
		}
		for n, p := range h.Ports {
			for _, s := range spoke {
				if s.Port == p.Port && s.Transport == p.Transport && slices.Contains(h.Addresses, s.Address) {
					r.Hosts[i].Ports[n].Services = append(r.Hosts[i].Ports[n].Services, s)
				}
			}
		}
	}
	r.Version = untrusted.New("nmap "+run.Version, 64).Terminal()
	return r
}

var nmapTransports = map[string]exposure.Transport{"tcp": exposure.TCP, "udp": exposure.UDP}

// nmapTarget is the address of a host, with the name that the user wrote.
func nmapTarget(h nmapxml.Host) (exposure.Target, bool) {
	var t exposure.Target
	for _, a := range h.Addresses {
		if address, err := netip.ParseAddr(a.Address); err == nil && !t.Address.IsValid() {
			t.Address = address.Unmap()
		}
	}
	if h.Names != nil {
		for _, n := range h.Names.Names {
			if n.Type == "user" && t.Name == "" {
				t.Name = untrusted.New(n.Name, 255).Terminal()
			}
		}
	}
	return t, t.Address.IsValid()
}

func nmapView(a netip.Addr) exposure.View {
	switch {
	case reach.Loopback(a):
		return exposure.ViewLoopback
	case reach.LAN(a):
		return exposure.ViewLAN
	}
	return exposure.ViewOutside
}

// nmapReasons are the reasons of nmap that sekisho has a word for, its own words
// among them.
var nmapReasons = map[string]exposure.Reason{
	"syn-ack": exposure.SynAck, "conn-refused": exposure.ConnRefused, "reset": exposure.Reset, "no-response": exposure.NoResponse,
	"port-unreach": exposure.PortUnreach, "proto-unreach": exposure.ProtoUnreach, "admin-prohibited": exposure.AdminProhibited,
	"host-prohibited": exposure.AdminProhibited, "net-prohibited": exposure.AdminProhibited, "host-unreach": exposure.HostUnreach,
	"net-unreach": exposure.NetUnreach, "time-exceeded": exposure.TimeExceeded, "proto-response": exposure.ProtoResponse,
	"udp-response": exposure.ProtoResponse, "echo-reply": exposure.EchoReply, "script-set": exposure.ProtoResponse,
}

// nmapState reads a state with its reason. One that sekisho has no word for says
// nothing that could be relied on.
func nmapState(state, reason string, t exposure.Transport) (exposure.State, exposure.Reason) {
	var s exposure.State
	if s.UnmarshalText([]byte(state)) != nil {
		return exposure.Unknown, exposure.LocalError
	}
	if r, known := nmapReasons[reason]; known {
		return s, r
	}
	switch {
	case s == exposure.Open && t == exposure.TCP:
		return s, exposure.SynAck
	case s == exposure.Open:
		return s, exposure.ProtoResponse
	case s == exposure.Closed && t == exposure.TCP:
		return s, exposure.Reset
	}
	return exposure.Unknown, exposure.LocalError
}

func nmapService(o exposure.Observation, s nmapxml.Service) exposure.Service {
	service := exposure.Service{
		Address: o.Address, Transport: o.Transport, Port: o.Port, View: o.View, Protocol: untrusted.New(s.Name, 64).Terminal(),
		Product: untrusted.New(s.Product, 0), Version: untrusted.New(s.Version, 0), Confidence: exposure.Likely,
	}
	if s.Tunnel == "ssl" {
		service.TLS = &exposure.TLS{}
	}
	return service
}

// nmapSwept are the ports that nmap only counts.
func nmapSwept(run nmapxml.Run, h nmapxml.Host, a netip.Addr, view exposure.View) map[exposure.Transport]exposure.Sweep {
	swept := map[exposure.Transport]exposure.Sweep{}
	for _, info := range run.ScanInfo {
		transport, known := nmapTransports[info.Protocol]
		if _, err := portspec.Parse(info.Services, false); known && err == nil {
			swept[transport] = exposure.Sweep{Address: a, View: view, Ports: info.Services}
		}
	}
	for _, e := range h.Ports.Extra {
		for _, reason := range e.Reasons {
			transport := nmapTransports[reason.Protocol]
			if transport == exposure.NoTransport && len(swept) == 1 {
				for only := range swept {
					transport = only
				}
			}
			s, asked := swept[transport]
			if !asked {
				continue
			}
			state := exposure.SweepState{Count: reason.Count}
			state.State, state.Reason = nmapState(e.State, singular(reason.Reason), transport)
			s.States = append(s.States, state)
			swept[transport] = s
		}
	}
	return swept
}

// singular is the word of a reason: versions of nmap before 7.90 counted resets
// and no-responses.
func singular(reason string) string {
	for _, suffix := range []string{"", "s", "es"} {
		if word := strings.TrimSuffix(reason, suffix); nmapReasons[word] != "" {
			return word
		}
	}
	return reason
}
