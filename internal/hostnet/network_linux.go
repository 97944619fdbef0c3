package hostnet

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
)

// ReadNetwork reads devices, addresses, routes and the switches of the kernel that
// decide where packets go.
func ReadNetwork() (Network, error) {
	devices, err := net.Interfaces()
	if err != nil {
		return Network{}, &Error{Op: "list", Source: "network interfaces", Err: err}
	}
	var n Network
	names := map[int]string{}
	for _, d := range devices {
		if d.Flags&net.FlagUp == 0 {
			continue
		}
		addresses, err := d.Addrs()
		if err != nil {
			continue // it went away
		}
		_, bridge := os.Stat(filepath.Join("/sys/class/net", d.Name, "bridge"))
		names[d.Index] = d.Name
		n.Devices = append(n.Devices, Device{
			Name: d.Name, Index: d.Index, Loopback: d.Flags&net.FlagLoopback != 0, Bridge: bridge == nil, Prefixes: inOrder(addresses),
		})
	}
	if n.Routes, err = routes(names); err != nil {
		return Network{}, err
	}
	n.Forward4 = kernelSwitch("/proc/sys/net/ipv4/ip_forward")
	n.Forward6 = kernelSwitch("/proc/sys/net/ipv6/conf/all/forwarding")
	n.LoopbackRouted = loopbackRouted(n.Devices)
	return n, nil
}

// inOrder are the prefixes of addresses, not sorted.
func inOrder(addresses []net.Addr) []netip.Prefix {
	var list []netip.Prefix
	for _, a := range addresses {
		list = append(list, prefixes([]net.Addr{a})...)
	}
	return list
}

// routes reads the main routing table.
func routes(names map[int]string) ([]Route, error) {
	told, err := netlink.RouteList(nil, netlink.FAMILY_ALL)
	if err != nil {
		return nil, &Error{Op: "list", Source: "routes", Err: err}
	}
	var list []Route
	for _, r := range told {
		to, ok := routePrefix(r)
		if !ok {
			continue
		}
		hops := r.MultiPath
		if len(hops) == 0 {
			hops = []*netlink.NexthopInfo{{LinkIndex: r.LinkIndex, Gw: r.Gw}}
		}
		for _, hop := range hops {
			via, _ := netip.AddrFromSlice(hop.Gw)
			if name := names[hop.LinkIndex]; name != "" {
				list = append(list, Route{To: to, Device: name, Via: via.Unmap(), Metric: r.Priority})
			}
		}
	}
	return list, nil
}

// routePrefix is where a route leads; one without a destination is the default.
func routePrefix(r netlink.Route) (netip.Prefix, bool) {
	if r.Dst == nil {
		switch {
		case r.Family == netlink.FAMILY_V6:
			return netip.PrefixFrom(netip.IPv6Unspecified(), 0), true
		case r.Family == netlink.FAMILY_V4:
			return netip.PrefixFrom(netip.IPv4Unspecified(), 0), true
		}
		return netip.Prefix{}, false
	}
	list := prefixes([]net.Addr{r.Dst})
	if len(list) != 1 {
		return netip.Prefix{}, false
	}
	if bits, size := r.Dst.Mask.Size(); bits == 0 && size == 128 {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0), true
	}
	return list[0].Masked(), true
}

// kernelSwitch reads a switch; nil when it cannot be read.
func kernelSwitch(path string) *bool {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	on := strings.TrimSpace(string(b)) != "0"
	return &on
}

// loopbackRouted is the switch that all devices share, nil when they differ.
func loopbackRouted(devices []Device) *bool {
	all := kernelSwitch("/proc/sys/net/ipv4/conf/all/route_localnet")
	if all == nil || *all {
		return all
	}
	for _, d := range devices {
		if one := kernelSwitch(filepath.Join("/proc/sys/net/ipv4/conf", d.Name, "route_localnet")); d.Loopback || one != nil && !*one {
			continue
		}
		return nil
	}
	return all
}
