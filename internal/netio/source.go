package netio

import (
	"net"
	"net/netip"
)

// SourceOf is the address that packets to a would come from; invalid when there
// is no route. Nothing is sent: a datagram socket is connected, which looks up
// the route, and closed.
func SourceOf(a netip.Addr) netip.Addr {
	const discard = 9
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, discard)))
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
