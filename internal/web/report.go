package web

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// oneByOne is up to how many ports a report tells each for itself; of more, what is
// alike is counted.
const oneByOne = 256

// report is what came of a look as check writes it.
func (r *result) report(station exposure.Station, tag lang.Tag) exposure.Report {
	l := r.look
	rep := exposure.Report{
		Schema: exposure.ReportSchema, Version: station.Version, StartedAt: l.Started.UTC(), FinishedAt: l.Finished.UTC(),
		Partial: l.State != exposure.LookDone, Asked: askedOf(l.Job), Scan: r.summary,
		Vantages: []exposure.Vantage{{ID: station.ID, Kind: string(viewOf(l.Job.Address)), Sees: l.Job.Address, Sends: station.Sends, Error: string(r.ended)}},
	}
	like := func(a netip.Addr) bool {
		return a.Is4() == l.Job.Address.Is4() && !a.IsLoopback() && reach.LAN(a) == reach.LAN(l.Job.Address)
	}
	if i := slices.IndexFunc(station.Addresses, like); i >= 0 {
		rep.Vantages[0].Address = station.Addresses[i]
	}
	if !over(l.State) {
		rep.FinishedAt = l.Started.UTC()
		for _, o := range r.seen {
			if o.SeenAt.After(rep.FinishedAt) {
				rep.FinishedAt = o.SeenAt.UTC()
			}
		}
	}
	host := exposure.Host{Name: l.Job.Name, Addresses: []netip.Addr{l.Job.Address}, Ports: []exposure.Port{}}
	asked := r.asked()
	swept := map[exposure.Transport]*exposure.Sweep{}
	for _, e := range asked {
		o, seen := r.seen[e]
		if !seen {
			continue
		}
		f := r.form(e)
		if f != formOpen && f != formUnknown && len(asked) > oneByOne {
			sweep(swept, o)
			continue
		}
		p := r.port(e, tag)
		for i := range p.Observations {
			p.Observations[i].View, p.Observations[i].Vantage = viewOf(l.Job.Address), station.ID
		}
		if l.Kind != apiKind {
			p.Verdicts = []exposure.Verdict{r.verdict(e)}
		}
		host.Ports = append(host.Ports, p)
		for _, f := range p.Findings {
			rep.Summary.Findings.Add(f.Severity)
		}
		for _, v := range p.Verdicts {
			switch v.Verdict {
			case exposure.Pass:
				rep.Summary.Pass++
			case exposure.Fail:
				rep.Summary.Fail++
			default:
				rep.Summary.Inconclusive++
			}
		}
	}
	slices.SortFunc(host.Ports, func(a, b exposure.Port) int {
		return endpoint{a.Transport, a.Port}.compare(endpoint{b.Transport, b.Port})
	})
	for _, t := range []exposure.Transport{exposure.TCP, exposure.UDP} {
		if s := swept[t]; s != nil {
			s.View, s.Ports = viewOf(l.Job.Address), askedOf(exposure.Job{TCP: l.Job.TCP})
			if t == exposure.UDP {
				s.Ports = askedOf(exposure.Job{TCP: l.Job.UDP})
			}
			host.Swept = append(host.Swept, *s)
		}
	}
	rep.Hosts = []exposure.Host{host}
	return rep
}

// viewOf is from where an address is looked at: a private one from its own network,
// another one over the Internet, whatever addresses the vantage has itself.
func viewOf(a netip.Addr) exposure.View {
	if reach.LAN(a) {
		return exposure.ViewLAN
	}
	return exposure.ViewOutside
}

// askedOf are the ports of a job as a person writes them.
func askedOf(j exposure.Job) string {
	tcp, _ := j.TCP.MarshalText() // never returns an error
	udp, _ := j.UDP.MarshalText()
	switch {
	case len(udp) == 0:
		return string(tcp)
	case len(tcp) == 0:
		return "u:" + string(udp)
	}
	return string(tcp) + ",u:" + string(udp)
}

// sweep counts what needs no observation of its own.
func sweep(all map[exposure.Transport]*exposure.Sweep, o exposure.Observation) {
	s := all[o.Transport]
	if s == nil {
		s = &exposure.Sweep{Address: o.Address, Transport: o.Transport}
		all[o.Transport] = s
	}
	i := slices.IndexFunc(s.States, func(c exposure.SweepState) bool { return c.State == o.State && c.Reason == o.Reason && c.By == o.By })
	if i < 0 {
		i = len(s.States)
		s.States = append(s.States, exposure.SweepState{State: o.State, Reason: o.Reason, By: o.By})
	}
	s.States[i].Count++
}

// verdict is that of one port against what the visitor says to run.
func (r *result) verdict(e endpoint) exposure.Verdict {
	v := exposure.Verdict{Zone: exposure.ZoneInternetV4, Expectation: exposure.ExpectClosed, Verdict: r.outcome(e), Basis: exposure.BasisSeen}
	if r.look.Job.Address.Is6() {
		v.Zone = exposure.ZoneInternetV6
	}
	if r.intended.ports[e] {
		v.Expectation = exposure.ExpectOpen
	}
	return v
}
