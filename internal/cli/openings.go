package cli

import (
	"context"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/rules"
)

// openings are what the packet filter lets in by port; none where it was not read.
func (f *filter) openings() []exposure.Opening {
	if f == nil || f.system != nil {
		return nil
	}
	return f.rules.Openings(&f.machine)
}

// withOpenings adds to the ports of a report those that the packet filter lets in
// and nothing listens on, so that it can be said of them: of those that are wanted.
func withOpenings(ports []exposure.Port, c rules.Context, wanted func(portKey) bool) []exposure.Port {
	for _, o := range c.Openings {
		same := func(p exposure.Port) bool { return p.Transport == o.Transport && p.Port == o.First }
		if !wanted(portKey{o.Transport, o.First}) || slices.ContainsFunc(c.Bound, o.Serves) || slices.ContainsFunc(ports, same) {
			continue
		}
		ports = append(ports, exposure.Port{Transport: o.Transport, Port: o.First, Name: portName(o.Transport, o.First), Observations: []exposure.Observation{}})
	}
	slices.SortFunc(ports, comparePorts)
	return ports
}

// unused are the findings about openings that nothing listens on.
func (f *filter) unused(ctx context.Context, m machine, r *exposure.Router, listeners []exposure.Listener, tag lang.Tag) []exposure.LocalFinding {
	c := rules.Context{Local: true, Whole: true, Openings: f.openings(), Bound: listeners}
	every := func(portKey) bool { return true }
	ports := withOpenings(nil, c, every)
	if f != nil { // without its rules a port that they send on cannot be told from one that nothing has
		ports = withForwards(ctx, ports, r, m.addresses, f, every)
	}
	var list []exposure.LocalFinding
	for _, p := range ports {
		for _, l := range listeners {
			if l.Transport == p.Transport && l.Port == p.Port {
				p.Listeners = append(p.Listeners, l)
			}
		}
		for _, found := range rules.Judge(p, c, tag) {
			if found.Rule != "unused-opening" { // what else there is to say of a port, check says
				continue
			}
			list = append(list, exposure.LocalFinding{Transport: p.Transport, Port: p.Port, Finding: found})
		}
	}
	return list
}
