package hostnet

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"sekisho/internal/exposure"
)

// Interfaces returns the network devices of this machine with their addresses,
// in the order of their index. A prefix holds no zone: Addresses adds it.
func Interfaces() ([]exposure.Interface, error) {
	devices, err := net.Interfaces()
	if err != nil {
		return nil, &Error{Op: "list", Source: "network interfaces", Err: err}
	}
	interfaces := make([]exposure.Interface, 0, len(devices))
	for _, device := range devices {
		addresses, err := device.Addrs()
		if err != nil {
			if _, gone := net.InterfaceByIndex(device.Index); gone != nil {
				continue // it went away after it was listed
			}
			return nil, &Error{Op: "list addresses of", Source: clean(device.Name, maxName), Err: err}
		}
		interfaces = append(interfaces, exposure.Interface{
			Name:     interfaceName(device),
			Index:    device.Index,
			Up:       device.Flags&net.FlagUp != 0,
			Loopback: device.Flags&net.FlagLoopback != 0,
			Prefixes: prefixes(addresses),
		})
	}
	slices.SortStableFunc(interfaces, func(a, b exposure.Interface) int { return a.Index - b.Index })
	return interfaces, nil
}

// interfaceName is the name, or the number when the name has characters that act
// on a terminal: either is good as the zone of an address.
func interfaceName(device net.Interface) string {
	if name := clean(device.Name, maxName); name == device.Name {
		return name
	}
	return strconv.Itoa(device.Index)
}

// prefixes keeps the address and its length, IPv4 before IPv6.
func prefixes(addresses []net.Addr) []netip.Prefix {
	found := make([]netip.Prefix, 0, len(addresses))
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(network.IP)
		if !ok {
			continue
		}
		ip = ip.Unmap()
		// A mask in its 16-byte form counts 96 bits more than the IPv4 address has.
		ones, bits := network.Mask.Size()
		if bits == 0 {
			continue // a mask with holes
		}
		if excess := bits - ip.BitLen(); excess > 0 {
			ones -= excess
		}
		if prefix := netip.PrefixFrom(ip, ones); prefix.IsValid() {
			found = append(found, prefix)
		}
	}
	slices.SortFunc(found, netip.Prefix.Compare)
	return found
}

// Addresses returns every address of the interfaces that are up, sorted and
// once each. A link-local IPv6 address carries its interface as zone, without
// which nothing can be sent to it (RFC 4007 section 6).
func Addresses(interfaces []exposure.Interface) []netip.Addr {
	var own []netip.Addr
	for _, device := range interfaces {
		if !device.Up {
			continue
		}
		for _, prefix := range device.Prefixes {
			address := prefix.Addr()
			if address.Is6() && address.IsLinkLocalUnicast() {
				address = address.WithZone(device.Name)
			}
			own = append(own, address)
		}
	}
	slices.SortFunc(own, netip.Addr.Compare)
	return slices.Compact(own)
}
