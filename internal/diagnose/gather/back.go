package gather

import (
	"errors"
	"net"
	"net/netip"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// mostBacks bounds the packets whose way back is looked up.
const mostBacks = 64

// ephemeral stands for the port that those who looked sent from, where it is not
// known.
const ephemeral = 50_000

// Back looks up by which interface answers go to those whose packets arrived.
// Nothing is sent. Where the table of routes cannot be read nothing is known.
func Back(watched []exposure.Watched) []diagnose.Back {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return nil
	}
	defer routes.Close()
	var list []diagnose.Back
	seen := map[netio.Flow]bool{}
	for _, w := range watched {
		for _, a := range w.Arrivals {
			flow := netio.Flow{Transport: a.Transport, From: a.To, To: netip.AddrPortFrom(a.From.Addr(), ephemeral)}
			if seen[flow] || len(seen) >= mostBacks {
				continue
			}
			seen[flow] = true
			if b, ok := back(routes, flow, a.Interface); ok {
				list = append(list, b)
			}
		}
	}
	return list
}

// BackTo looks up the way of answers of a port of this machine to one who looked
// at it by an interface. It is false where nothing is known.
func BackTo(from netip.AddrPort, to netip.Addr, transport exposure.Transport, link string) (diagnose.Back, bool) {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return diagnose.Back{}, false
	}
	defer routes.Close()
	return back(routes, netio.Flow{Transport: transport, From: from, To: netip.AddrPortFrom(to, ephemeral)}, link)
}

// Leaves reports whether packets of a program of this machine for a port have a
// way: rules of routing may look at the port. Where that cannot be asked they do.
func Leaves(from netip.Addr, to netip.AddrPort, transport exposure.Transport) bool {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return true
	}
	defer routes.Close()
	_, err = routes.Answer(netio.Flow{Transport: transport, From: netip.AddrPortFrom(from, ephemeral), To: to})
	var refused *netio.Error
	return !errors.As(err, &refused) || refused.Reason != exposure.NetUnreach
}

func back(routes *netio.Routes, flow netio.Flow, link string) (diagnose.Back, bool) {
	b := diagnose.Back{To: flow.To.Addr(), From: flow.From, Transport: flow.Transport}
	index, err := routes.Answer(flow)
	var refused *netio.Error
	switch {
	case err == nil:
		out, err := net.InterfaceByIndex(index)
		if err != nil {
			return b, false // it went away in this moment
		}
		b.Link = out.Name
		if in, err := net.InterfaceByName(link); err == nil && in.Index != index {
			b.Strays = routes.Strays(flow, in.Index)
		}
	case errors.As(err, &refused) && refused.Reason == exposure.NetUnreach:
		b.None = true
	default:
		return b, false
	}
	return b, true
}
