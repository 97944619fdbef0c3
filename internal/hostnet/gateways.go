package hostnet

import (
	"cmp"
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Gateways are the default routes of this machine, IPv4 first, each family in
// the order of their metric.
func Gateways() []exposure.Gateway { return gatewaysOf(gatewayNetwork()) }

func gatewaysOf(n Network) []exposure.Gateway {
	routes := slices.DeleteFunc(slices.Clone(n.Routes), func(r Route) bool { return r.To.Bits() != 0 })
	slices.SortStableFunc(routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.To.Addr().BitLen(), b.To.Addr().BitLen()), cmp.Compare(a.Metric, b.Metric))
	})
	var list []exposure.Gateway
	for _, r := range routes {
		family := exposure.FirewallIPv4
		if r.To.Addr().Is6() {
			family = exposure.FirewallIPv6
		}
		list = append(list, exposure.Gateway{Family: family, Via: r.Via, Interface: r.Device})
	}
	return list
}

// DNSServers are the resolvers that this machine asks, in their order; nothing
// when the system names none.
func DNSServers() []netip.Addr {
	servers, err := netio.Resolvers()
	if err != nil {
		return nil
	}
	var list []netip.Addr
	for _, s := range servers {
		list = append(list, s.Addr())
	}
	return list
}
