package cli

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
)

// merge joins a report that was made elsewhere: what it saw of the hosts of this
// one is added to them. What it says of its own machine alone, over loopback and
// past its firewall, is left out unless it is the same machine. It reports how
// many hosts were joined.
func merge(r *exposure.Report, other exposure.Report, id string) int {
	joined := 0
	for _, theirs := range other.Hosts {
		for i := range r.Hosts {
			ours := &r.Hosts[i]
			if !sameMachine(*ours, theirs) {
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
		if !a.Unmap().IsLoopback() {
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
