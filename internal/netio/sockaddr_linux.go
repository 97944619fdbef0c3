package netio

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// zoneIndex is the interface number of a zone, remembered in known: a sweep of
// a link-local address asks for the same one 65,535 times.
func zoneIndex(known map[string]uint32, zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if index, ok := known[zone]; ok {
		return index, nil
	}
	index, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		device, err := net.InterfaceByName(zone)
		if err != nil {
			return 0, unix.ENODEV
		}
		index = uint64(device.Index)
	}
	known[zone] = uint32(index)
	return uint32(index), nil
}

// addrPort reads a sockaddr, without its zone.
func addrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr).Unmap(), uint16(s.Port))
	}
	return netip.AddrPort{}
}
