package cli

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"sync"

	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/reach"
)

// portKey names one port of a host.
type portKey struct {
	transport exposure.Transport
	port      uint16
}

// assemble sorts what was seen of one host by port: each observation, service
// and listener to the port that it belongs to.
func assemble(observations []exposure.Observation, listeners []exposure.Listener, services []exposure.Service) []exposure.Port {
	ports := map[portKey]*exposure.Port{}
	at := func(t exposure.Transport, n uint16) *exposure.Port {
		key := portKey{t, n}
		if ports[key] == nil {
			ports[key] = &exposure.Port{Transport: t, Port: n, Name: portName(t, n), Observations: []exposure.Observation{}}
		}
		return ports[key]
	}
	for _, o := range observations {
		p := at(o.Transport, o.Port)
		p.Observations = append(p.Observations, o)
	}
	for _, l := range listeners {
		p := at(l.Transport, l.Port)
		p.Listeners = append(p.Listeners, l)
	}
	for _, s := range services {
		p := at(s.Transport, s.Port)
		p.Services = append(p.Services, s)
	}
	list := make([]exposure.Port, 0, len(ports))
	for _, p := range ports {
		slices.SortFunc(p.Observations, func(a, b exposure.Observation) int { return a.Address.Compare(b.Address) })
		slices.SortFunc(p.Services, func(a, b exposure.Service) int { return a.Address.Compare(b.Address) })
		list = append(list, *p)
	}
	slices.SortFunc(list, comparePorts)
	return list
}

// comparePorts is the order of the ports of a report.
func comparePorts(a, b exposure.Port) int {
	return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Transport, b.Transport))
}

// How many services are spoken to at once: in the own network, and as much as
// a router of the household can bear, at one address and beyond it. A hundred
// that stay silent take no longer than one.
const (
	probeParallel     = 1000
	probeParallelAway = 128
)

// identify speaks to what is open. Where one listener takes several addresses
// it is asked once, at the address nearest to it; without listeners each open
// address is asked, for a name may lead to several machines.
func (r *checkRun) identify(ctx context.Context, ports []exposure.Port) []exposure.Service {
	var (
		services []exposure.Service
		mu       sync.Mutex
		wait     sync.WaitGroup
		slots    = make(chan struct{}, probeParallel)
		away     = make(chan struct{}, probeParallelAway)
		at       = map[netip.Addr]chan struct{}{}
	)
	options := probe.Options{View: r.machine.view, Owned: true} // consented has asked
	for _, p := range ports {
		for _, o := range askedOnce(p) {
			own := at[o.Address]
			if own == nil {
				own = away
				if reach.LAN(o.Address) || r.machine.isOwn(o.Address) {
					own = make(chan struct{}, probeParallelAway)
				}
				at[o.Address] = own
			}
			wait.Go(func() {
				// The address first, so that one with many ports holds no others up.
				own <- struct{}{}
				defer func() { <-own }()
				slots <- struct{}{}
				defer func() { <-slots }()
				if ctx.Err() != nil {
					return
				}
				target := exposure.Target{Name: cmp.Or(o.Host, r.called), Address: o.Address}
				s := r.prints.Describe(probe.Identify(ctx, target, p.Transport, p.Port, options))
				if s.Protocol == "" && s.Confidence <= exposure.Assigned && p.Name == "" {
					s.Confidence = exposure.NoConfidence
				}
				mu.Lock()
				defer mu.Unlock()
				services = append(services, s)
			})
		}
	}
	wait.Wait()
	return services
}

// askedOnce are the open observations of a port that differ in who answers.
func askedOnce(p exposure.Port) []exposure.Observation {
	var (
		list []exposure.Observation
		seen = map[int]bool{} // by place among the listeners
	)
	sorted := slices.Clone(p.Observations)
	slices.SortStableFunc(sorted, func(a, b exposure.Observation) int {
		return cmp.Compare(distance(a.Address), distance(b.Address))
	})
	for _, o := range sorted {
		if o.State != exposure.Open || p.Transport == exposure.ICMP {
			continue
		}
		owner := -1
		for i, l := range p.Listeners {
			if !l.Takes(o.Address) {
				continue
			}
			// A socket bound to the address itself is served before a wildcard.
			if owner < 0 || p.Listeners[owner].Address.IsUnspecified() && !l.Address.IsUnspecified() {
				owner = i
			}
		}
		if owner >= 0 && seen[owner] {
			continue
		}
		seen[owner] = true
		list = append(list, o)
	}
	return list
}

// distance orders addresses by how near to the machine's middle they are.
func distance(a netip.Addr) int {
	switch {
	case reach.Loopback(a) && a.Is4():
		return 0
	case reach.Loopback(a):
		return 1
	case a.IsLinkLocalUnicast():
		return 3
	}
	return 2
}
