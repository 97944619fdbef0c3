package gather

import (
	"errors"
	"net"
	"net/netip"

	"sekisho/internal/diagnose"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// mostBacks bounds the addresses whose way back is looked up.
const mostBacks = 64

// Back looks up by which interface answers go to those whose packets arrived.
// Nothing is sent. Where the table of routes cannot be read nothing is known.
func Back(watched []exposure.Watched) []diagnose.Back {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return nil
	}
	defer routes.Close()
	var list []diagnose.Back
	seen := map[netip.Addr]bool{}
	for _, w := range watched {
		for _, a := range w.Arrivals {
			to := a.From.Addr()
			if seen[to] || len(seen) >= mostBacks {
				continue
			}
			seen[to] = true
			route, err := routes.To(to)
			b := diagnose.Back{To: to}
			var refused *netio.Error
			switch {
			case err == nil:
				link, err := net.InterfaceByIndex(route.Index)
				if err != nil {
					continue // it went away in this moment
				}
				b.Link = link.Name
			case errors.As(err, &refused) && refused.Reason == exposure.NetUnreach:
				b.None = true
			default:
				continue
			}
			list = append(list, b)
		}
	}
	return list
}
