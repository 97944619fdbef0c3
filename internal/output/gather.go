package output

import (
	"cmp"
	"io"
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/portspec"
)

// gatherer writes a scan in a format that has no form of its own for one: as a
// report of nothing but observations. What is not to be shown it counts.
type gatherer struct {
	w       io.Writer
	options Options
	report  func(io.Writer, exposure.Report, Options) error
	shown   []exposure.Observation
	counted map[gathered]map[exposure.SweepState]int
	known   map[netip.Addr]bool
	order   []exposure.Target
	began   time.Time // of the first observation, shown or not
	ended   time.Time
}

// gathered is what ports that are not shown are counted for.
type gathered struct {
	address   netip.Addr
	transport exposure.Transport
	view      exposure.View
}

func newGatherer(w io.Writer, o Options, report func(io.Writer, exposure.Report, Options) error) *gatherer {
	return &gatherer{w: w, options: o, report: report, counted: map[gathered]map[exposure.SweepState]int{}, known: map[netip.Addr]bool{}}
}

// Observe keeps the observation or counts it.
func (g *gatherer) Observe(o exposure.Observation) error {
	if g.began.IsZero() || o.SeenAt.Before(g.began) {
		g.began = o.SeenAt
	}
	if o.SeenAt.After(g.ended) {
		g.ended = o.SeenAt
	}
	if g.options.Show.shows(o) {
		g.shown = append(g.shown, o)
	} else if o.Transport != exposure.ICMP {
		key := gathered{o.Address, o.Transport, o.View}
		if g.counted[key] == nil {
			g.counted[key] = map[exposure.SweepState]int{}
		}
		g.counted[key][exposure.SweepState{State: o.State, Reason: o.Reason, By: o.By}]++
	}
	if !g.known[o.Address] {
		g.known[o.Address] = true
		g.order = append(g.order, exposure.Target{Name: o.Host, Address: o.Address})
	}
	return nil
}

// Close writes the document.
func (g *gatherer) Close(summary exposure.ScanSummary) error {
	r := ScanReport(exposure.ScanDocument{Observations: g.shown, Summary: summary}, g.order)
	r.StartedAt, r.FinishedAt = g.began, g.ended // what is only counted has its time, too
	for i, h := range r.Hosts {
		for _, address := range h.Addresses {
			for key, states := range g.counted {
				if key.address == address {
					r.Hosts[i].Swept = append(r.Hosts[i].Swept, sweepOf(key, states))
				}
			}
		}
		slices.SortFunc(r.Hosts[i].Swept, func(a, b exposure.Sweep) int {
			return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Transport, b.Transport))
		})
	}
	return g.report(g.w, whole(r), g.options)
}

func sweepOf(key gathered, states map[exposure.SweepState]int) exposure.Sweep {
	s := exposure.Sweep{Address: key.address, Transport: key.transport, View: key.view}
	for state, n := range states {
		state.Count = n
		s.States = append(s.States, state)
	}
	slices.SortFunc(s.States, func(a, b exposure.SweepState) int {
		return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.By, b.By))
	})
	return s
}

// ScanReport is a scan as a report: each name or address that was scanned is a
// host. Hosts beside those of the observations may be given.
func ScanReport(d exposure.ScanDocument, hosts []exposure.Target) exposure.Report {
	r := exposure.Report{
		Schema: exposure.ReportSchema, Scan: &d.Summary, Partial: !d.Summary.Complete, Hosts: []exposure.Host{}, Vantages: []exposure.Vantage{},
	}
	at := map[string]int{}
	of := func(name string, address netip.Addr) int {
		key := cmp.Or(name, address.String())
		i, known := at[key]
		if !known {
			i = len(r.Hosts)
			at[key] = i
			r.Hosts = append(r.Hosts, exposure.Host{Name: name, Ports: []exposure.Port{}})
		}
		if h := &r.Hosts[i]; !slices.Contains(h.Addresses, address) {
			h.Addresses = append(h.Addresses, address)
		}
		return i
	}
	for _, source := range d.Summary.Sources {
		r.Vantages = append(r.Vantages, exposure.Vantage{ID: "self", Kind: "self", Address: source})
	}
	for _, t := range hosts {
		of(t.Name, t.Address)
	}
	seen := map[int][]exposure.Observation{}
	for _, o := range d.Observations {
		i := of(o.Host, o.Address)
		seen[i] = append(seen[i], o)
		if r.StartedAt.IsZero() || o.SeenAt.Before(r.StartedAt) {
			r.StartedAt = o.SeenAt
		}
		if o.SeenAt.After(r.FinishedAt) {
			r.FinishedAt = o.SeenAt
		}
	}
	for i, observations := range seen {
		r.Hosts[i].Ports = byPort(observations)
	}
	return r
}

// byPort sorts observations to their ports.
func byPort(observations []exposure.Observation) []exposure.Port {
	type key struct {
		transport exposure.Transport
		port      uint16
	}
	at := map[key]int{}
	ports := []exposure.Port{}
	for _, o := range observations {
		k := key{o.Transport, o.Port}
		i, known := at[k]
		if !known {
			i = len(ports)
			at[k] = i
			service, _ := portspec.Lookup(o.Transport.String(), o.Port)
			ports = append(ports, exposure.Port{Transport: o.Transport, Port: o.Port, Name: service.Name})
		}
		ports[i].Observations = append(ports[i].Observations, o)
	}
	slices.SortFunc(ports, func(a, b exposure.Port) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Transport, b.Transport))
	})
	return ports
}
