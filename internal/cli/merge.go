package cli

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// merge joins a report that was made elsewhere: what it saw of the hosts of this
// one is added to them, by what tells that two hosts are one. What it says of its
// own machine alone, over loopback and past its firewall, is left out unless it is
// the same machine. It reports how many hosts were joined.
func merge(r *exposure.Report, other exposure.Report, id string, same func(ours, theirs exposure.Host) bool) int {
	joined := 0
	for _, theirs := range other.Hosts {
		if len(theirs.Ports)+len(theirs.Swept) == 0 {
			continue // it says nothing
		}
		for i := range r.Hosts {
			ours := &r.Hosts[i]
			if !same(*ours, theirs) {
				continue
			}
			joined++
			own := ours.Own() && theirs.Own() && ours.Name == theirs.Name
			joinHost(ours, theirs, id, own)
			break
		}
	}
	if joined > 0 {
		for _, v := range other.Vantages {
			v.ID = id
			r.Vantages = append(r.Vantages, v)
		}
		if len(other.Vantages) == 0 {
			r.Vantages = append(r.Vantages, exposure.Vantage{ID: id, Kind: "file"})
		}
		r.Partial = r.Partial || other.Partial
	}
	return joined
}

// sameMachine reports whether two hosts have an address in common that is not
// everybody's, or the same name.
func sameMachine(a, b exposure.Host) bool {
	return a.Name != "" && a.Name == b.Name || slices.ContainsFunc(a.Addresses, func(address netip.Addr) bool {
		return !address.Unmap().IsLoopback() && slices.Contains(b.Addresses, address)
	})
}

// seenFrom gives what another vantage saw of this machine the view that it had. An
// address that this machine does not have is one that a router stands behind, if
// the report has no more than one such host; other hosts of the LAN are left out,
// and so is what the vantage saw of itself. A report of this machine stays as it
// is. The vantages of several reports are told apart by the id.
func (m machine) seenFrom(r exposure.Report, id string) exposure.Report {
	onLink := false
	for _, v := range r.Vantages {
		// Another household may number its machines alike.
		if v.Address.IsValid() && !v.Address.IsLoopback() && m.isOwn(v.Address) && slices.ContainsFunc(r.Hosts, exposure.Host.Own) {
			return r
		}
		onLink = onLink || v.Address.IsValid() && m.onLink(v.Address)
	}
	// An address that this machine does not have is the router's: whoever looked at
	// it from a network that is numbered alike need not have been in this one.
	view := func(address netip.Addr, said exposure.View) exposure.View {
		if m.isOwn(address) && (onLink || said == exposure.ViewLAN) {
			return exposure.ViewLAN
		}
		return exposure.ViewOutside
	}
	hosts := m.ours(r.Hosts)
	for h := range hosts {
		hosts[h].Ports = slices.Clone(hosts[h].Ports)
		for p := range hosts[h].Ports {
			port := &hosts[h].Ports[p]
			port.Observations = slices.DeleteFunc(slices.Clone(port.Observations), func(o exposure.Observation) bool { return o.View.Own() })
			port.Services = slices.DeleteFunc(slices.Clone(port.Services), func(s exposure.Service) bool { return s.View.Own() })
			port.Transfers = slices.DeleteFunc(slices.Clone(port.Transfers), func(t exposure.Transfer) bool { return t.View.Own() })
			for i := range port.Transfers {
				t := &port.Transfers[i]
				t.View = view(t.Address, t.View)
			}
			for i := range port.Observations {
				o := &port.Observations[i]
				o.View, o.Vantage = view(o.Address, o.View), id
			}
			for i := range port.Services {
				s := &port.Services[i]
				s.View = view(s.Address, s.View)
			}
		}
		hosts[h].Swept = slices.DeleteFunc(slices.Clone(hosts[h].Swept), func(s exposure.Sweep) bool { return s.View.Own() })
		for i := range hosts[h].Swept {
			s := &hosts[h].Swept[i]
			s.View = view(s.Address, s.View)
		}
	}
	r.Hosts = hosts
	r.Vantages = slices.Clone(r.Vantages)
	for i := range r.Vantages {
		r.Vantages[i].ID = id
	}
	return r
}

// ours are the hosts of a report that are this machine, or the router before it:
// the one host that has none of its addresses and is not of the LAN.
func (m machine) ours(hosts []exposure.Host) []exposure.Host {
	var own, foreign []exposure.Host
	for _, h := range hosts {
		others := slices.DeleteFunc(slices.Clone(h.Addresses), func(a netip.Addr) bool { return a.Unmap().IsLoopback() })
		switch {
		case slices.ContainsFunc(others, m.isOwn):
			own = append(own, h)
		case !slices.ContainsFunc(others, m.near):
			foreign = append(foreign, h)
		}
	}
	if len(foreign) == 1 {
		own = append(own, foreign...)
	}
	return own
}

func joinHost(ours *exposure.Host, theirs exposure.Host, id string, own bool) {
	at := map[portKey]int{}
	for i, p := range ours.Ports {
		at[portKey{p.Transport, p.Port}] = i
	}
	taken := func(v exposure.View) bool { return own || !v.Own() }
	for _, p := range theirs.Ports {
		key := portKey{p.Transport, p.Port}
		i, known := at[key]
		if !known {
			i = len(ours.Ports)
			ours.Ports = append(ours.Ports, exposure.Port{Transport: p.Transport, Port: p.Port, Name: portName(p.Transport, p.Port), Observations: []exposure.Observation{}})
		}
		kept := 0
		for _, o := range p.Observations {
			if taken(o.View) {
				o.Vantage = id
				ours.Ports[i].Observations = append(ours.Ports[i].Observations, o)
				kept++
			}
		}
		for _, s := range p.Services {
			if taken(s.View) {
				ours.Ports[i].Services = append(ours.Ports[i].Services, s)
				kept++
			}
		}
		for _, t := range p.Transfers {
			if taken(t.View) {
				ours.Ports[i].Transfers = append(ours.Ports[i].Transfers, t)
			}
		}
		switch {
		case known:
		case kept == 0:
			ours.Ports = ours.Ports[:i]
		default:
			at[key] = i
		}
	}
	for _, s := range theirs.Swept {
		if taken(s.View) {
			ours.Swept = append(ours.Swept, s)
		}
	}
	for _, a := range theirs.Addresses {
		if !a.Unmap().IsLoopback() && sameMachine(*ours, theirs) {
			ours.Addresses = appendAddress(ours.Addresses, a)
		}
	}
	slices.SortStableFunc(ours.Ports, comparePorts)
}

func appendAddress(list []netip.Addr, a netip.Addr) []netip.Addr {
	if slices.Contains(list, a) {
		return list
	}
	return append(list, a)
}
