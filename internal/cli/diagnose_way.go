package cli

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/hostnet"
)

// ways are what is known of the ways from this machine to the addresses of a host.
type ways struct {
	before, after map[netip.Addr]diagnose.Way
	echoes        map[netip.Addr]diagnose.Echo
	filter        *filter
	proxies       []exposure.ProxySetting
}

// routesTo are the ways to the addresses of a host before anybody is asked.
func routesTo(host string, names []exposure.Resolution) map[netip.Addr]diagnose.Way {
	var addresses []netip.Addr
	if address, err := parseAddress(host); err == nil {
		addresses = append(addresses, address)
	}
	for _, n := range names {
		addresses = append(addresses, n.Addresses...)
	}
	found := map[netip.Addr]diagnose.Way{}
	for _, address := range addresses[:min(len(addresses), mostAddresses)] {
		found[address] = gather.Route(address)
	}
	return found
}

// waysTo looks at the ways to the addresses of a host again, and asks them and the
// routers before them for echoes.
func (a *app) waysTo(ctx context.Context, host exposure.Host, before map[netip.Addr]diagnose.Way) ways {
	w := ways{before: before, after: map[netip.Addr]diagnose.Way{}}
	var asked []netip.Addr
	for _, address := range host.Addresses {
		found := gather.Route(address)
		w.after[address] = found
		for _, one := range []netip.Addr{address, found.Gateway} {
			if one.IsValid() && found.Source.IsValid() && !slices.Contains(asked, one) {
				asked = append(asked, one)
			}
		}
	}
	w.echoes = gather.Echoes(ctx, asked)
	for address := range w.after { // whose link addresses are known by now
		w.after[address] = gather.Route(address)
	}
	w.filter, _ = readFilter(ctx)
	w.proxies = a.proxiesFor(ctx, host)
	return w
}

// proxiesFor are the proxies that programs of this machine take for a host.
func (a *app) proxiesFor(ctx context.Context, host exposure.Host) []exposure.ProxySetting {
	var list []exposure.ProxySetting
	for _, p := range hostnet.Proxies(ctx, a.getenv) {
		names := []string{host.Name}
		for _, address := range host.Addresses {
			names = append(names, address.String())
		}
		if slices.ContainsFunc(names, func(name string) bool { return name != "" && hostnet.Exempted(p.Hosts, name) != "" }) {
			return nil
		}
		if p.Kind != "exempt" && p.URL != "" {
			list = append(list, p)
		}
	}
	return list
}

// changed reports whether packets to an address took another way in the end than
// in the beginning, or none.
func (w ways) changed(address netip.Addr) bool {
	was, known := w.before[address]
	is := w.after[address]
	return known && (was.Source != is.Source || was.Gateway != is.Gateway || was.Device != is.Device)
}

// ephemeral stands for the port that a program of this machine sends from.
const ephemeral = 50_000

// to is the way to the port of a case.
func (w ways) to(ctx context.Context, c diagnose.Case) *diagnose.Way {
	address := c.Addresses[0]
	way := w.after[address]
	way.Echo, way.Proxies = w.echoes[address], w.proxies
	if way.Gateway.IsValid() {
		way.GatewayEcho = w.echoes[way.Gateway]
	}
	if way.Known && way.Source.IsValid() && !gather.Leaves(way.Source, netip.AddrPortFrom(address, c.Port), c.Transport) {
		way.Ruled = true
	}
	if w.filter != nil && w.filter.system == nil && way.Source.IsValid() {
		said := w.filter.rules.Reach(&w.filter.machine, firewall.Packet{Transport: c.Transport, Source: way.Source, SourcePort: ephemeral, Destination: address, Port: c.Port})
		way.Output = &exposure.FirewallAnswer{Verdict: exposure.FirewallVerdict(said.Verdict), Rules: said.Rules, Doubts: said.Doubts}
	}
	if slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool { return o.Reason == exposure.LocalError }) {
		way.Forbidden = gather.Forbidden(ctx, netip.AddrPortFrom(address, c.Port))
	}
	return &way
}

// mostTrails bounds for how many ports it is looked how far packets go.
const mostTrails = 8

// trails looks how far packets go to ports that are not open behind a router.
func trails(ctx context.Context, host exposure.Host, cases []diagnose.Case) {
	var all sync.WaitGroup
	n := 0
	for _, c := range cases {
		open := slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open })
		if c.Transport != exposure.TCP || open || !c.Way.Gateway.IsValid() || n == mostTrails {
			continue
		}
		n++
		other := otherPort(host, c)
		all.Go(func() {
			c.Way.Distance, c.Way.Trail = gather.Trail(ctx, netip.AddrPortFrom(c.Addresses[0], c.Port), other)
		})
	}
	all.Wait()
}

// otherPort is a port at which the same address answered, an open one if there is,
// 0 if none did.
func otherPort(host exposure.Host, c diagnose.Case) uint16 {
	var found uint16
	for _, p := range host.Ports {
		for _, o := range p.Observations {
			if p.Transport != exposure.TCP || p.Port == c.Port || o.Address != c.Addresses[0] {
				continue
			}
			if o.State == exposure.Open {
				return p.Port
			}
			if o.State == exposure.Closed {
				found = p.Port
			}
		}
	}
	return found
}

// The ports drawn by lot that tell whether every port of a host takes connections:
// fewer than what has a scan doubt by itself.
const (
	controlPorts = 12
	firstControl = 20_000
	lastControl  = 60_000
)

// controls looks at ports drawn by lot at addresses where a port is open and says
// nothing that proves a service: where those answer too, something else does.
func (r *checkRun) controls(ctx context.Context, cases []diagnose.Case) {
	var targets []exposure.Target
	for _, c := range cases {
		open := slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open && o.Transport == exposure.TCP })
		spoke := slices.ContainsFunc(c.Services, func(s exposure.Service) bool { return s.Confidence == exposure.Confirmed })
		if t := (exposure.Target{Address: c.Addresses[0]}); open && !spoke && !slices.Contains(targets, t) {
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 || ctx.Err() != nil {
		return
	}
	var drawn []uint16
	for len(drawn) < controlPorts {
		if port := firstControl + rand.N[uint16](lastControl-firstControl); !slices.Contains(drawn, port) {
			drawn = append(drawn, port)
		}
	}
	slices.Sort(drawn)
	asked, open := map[netip.Addr]int{}, map[netip.Addr]int{}
	_, err := r.app.runJobs(ctx, r.base, []job{{targets: targets, tcp: drawn}}, func(o exposure.Observation) {
		asked[o.Address]++
		if o.Reason == exposure.SynAck {
			open[o.Address]++
		}
	})
	if err != nil {
		return
	}
	for i, c := range cases {
		cases[i].Controls, cases[i].ControlsOpen = asked[c.Addresses[0]], open[c.Addresses[0]]
	}
}

// readdressed reports whether this machine has lost an address that others may use
// since it was looked at.
func (a *app) readdressed(before machine) bool {
	after, err := a.machine()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(before.addresses, func(address netip.Addr) bool {
		return !address.IsLoopback() && !address.IsLinkLocalUnicast() && !after.own[address]
	})
}
