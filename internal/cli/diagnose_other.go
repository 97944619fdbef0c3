package cli

import (
	"context"
	"net/netip"
	"slices"

	"sekisho/internal/diagnose"
	"sekisho/internal/diagnose/gather"
	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// mostAddresses bounds how many addresses of a name are looked at: each gets a
// page of stages for each port.
const mostAddresses = 32

// diagnoseOther is the diagnosis of the way from here to ports of another host.
func (a *app) diagnoseOther(ctx context.Context, flags *diagnoseFlags, host string, ports []asked) (exposure.Diagnosis, error) {
	names, err := a.named(ctx, host)
	if err != nil {
		return exposure.Diagnosis{}, err
	}
	vias, err := flags.via.parse(a)
	if err != nil {
		return exposure.Diagnosis{}, err
	}
	names = a.namedVia(ctx, vias, flags.family, names)
	zone := zoneOf(flags.family)
	if len(names) > 0 && !slices.ContainsFunc(names[0].Addresses, flags.family.keeps) {
		document := exposure.Diagnosis{
			Schema: exposure.DiagnosisSchema, Version: version(), Host: untrusted.New(host, maxReason).Terminal(), Addresses: []netip.Addr{}, Ports: []exposure.DiagnosedPort{},
			Names: names, SeenAt: now(),
		}
		for _, p := range ports {
			document.Ports = append(document.Ports, a.causeOf(diagnose.Case{Transport: p.transport, Port: p.port, Zone: zone, Names: names}))
		}
		return document, nil
	}
	// Ports that are often open tell whether the host is reached at all.
	flags.ports = specOf(ports) + ",t:22,t:80,t:443"
	run, err := a.newCheck(&flags.scanFlags)
	if err != nil {
		return exposure.Diagnosis{}, err
	}
	if run.through, err = flags.views.proxy.parse(ctx, a); err != nil {
		return exposure.Diagnosis{}, err
	}
	run.most = mostAddresses
	right := rightful(names, flags.family)
	before := routesTo(host, names)
	if err := run.see(ctx, append([]string{host}, right...)); err != nil {
		return exposure.Diagnosis{}, err
	}
	run.judge()
	seen := run.report.Hosts[0]
	document := a.diagnosis(run, seen)
	document.Names = names
	var cases []diagnose.Case
	proxied := run.throughProxy(ctx, seen, ports)
	ways := a.waysTo(ctx, seen, before)
	for _, p := range ports {
		port := portOf(seen, p.portKey)
		ftp := run.lookFTP(ctx, &flags.ftp, p, port, false)
		for _, address := range seen.Addresses {
			c := diagnose.Case{
				Transport: p.transport, Port: p.port, Expected: p.expected(), Zone: zone, Changed: ways.changed(address),
				Addresses: []netip.Addr{address}, Names: names, Reached: answering(seen, address, p.portKey),
			}
			for _, o := range slices.Concat(port.Observations, proxied) {
				if o.Address == address && o.Transport == p.transport && o.Port == p.port {
					c.Observations = append(c.Observations, o)
				}
			}
			for _, s := range port.Services {
				if s.Address == address {
					c.Services = append(c.Services, s)
				}
			}
			for _, h := range run.report.Hosts[1:] {
				c.Right = append(c.Right, portOf(h, p.portKey).Observations...)
			}
			run.tellFurther(&c)
			run.tellFTP(ctx, &c, ftp)
			if c.Transport == exposure.TCP && slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool { return o.State == exposure.Open }) {
				c.Again = gather.Again(ctx, netip.AddrPortFrom(address, p.port))
			}
			c.Way = ways.to(ctx, c)
			cases = append(cases, c)
		}
	}
	run.controls(ctx, cases)
	trails(ctx, seen, cases)
	for _, c := range cases {
		d := a.causeOf(c)
		d.Address = c.Addresses[0]
		document.Ports = append(document.Ports, d)
	}
	return document, nil
}

// zoneOf is the zone of the families that are asked about: of both it is the LAN.
func zoneOf(f family) exposure.Zone {
	switch {
	case f.v4 == f.v6:
		return exposure.ZoneLAN
	case f.v4:
		return exposure.ZoneInternetV4
	}
	return exposure.ZoneInternetV6
}

// named asks for the addresses of a host that is named, not of an address.
func (a *app) named(ctx context.Context, host string) ([]exposure.Resolution, error) {
	if _, err := parseAddress(host); err == nil {
		return nil, nil
	}
	if err := a.nameLike(host); err != nil {
		return nil, err
	}
	return a.resolved(ctx, host), nil
}

// mostRightful bounds the addresses that are looked at beside those that programs
// of this machine get.
const mostRightful = 4

// rightful are the addresses that the servers of a name's zone say and programs of
// this machine do not get.
func rightful(names []exposure.Resolution, only family) []string {
	var list []string
	for _, n := range names {
		for _, answer := range n.Answers {
			for _, address := range answer.Addresses {
				word := address.String()
				if answer.Source == exposure.NameAuthority && only.keeps(address) && !slices.Contains(n.Addresses, address) && !slices.Contains(list, word) && len(list) < mostRightful && lookable(address) {
					list = append(list, word)
				}
			}
		}
	}
	return list
}

// lookable reports whether an address that somebody else chose is one of a host
// that can be looked at.
func lookable(a netip.Addr) bool {
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && !a.IsLoopback() && !broadcast.Contains(a)
}

// answering reports whether any other port of an address answered.
func answering(h exposure.Host, address netip.Addr, except portKey) bool {
	return slices.ContainsFunc(h.Ports, func(p exposure.Port) bool {
		return (portKey{p.Transport, p.Port}) != except && slices.ContainsFunc(p.Observations, func(o exposure.Observation) bool {
			return o.Address == address && (o.State == exposure.Open || o.State == exposure.Closed)
		})
	})
}
