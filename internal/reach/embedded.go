package reach

import "net/netip"

// The forms in which an IPv6 address carries an IPv4 address.
var (
	compatible = netip.MustParsePrefix("::/96")         // RFC 4291 section 2.5.5.1
	mapped     = netip.MustParsePrefix("::ffff:0:0/96") // RFC 4291 section 2.5.5.2
	translated = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052 section 2.1
	sixToFour  = netip.MustParsePrefix("2002::/16")     // RFC 3056 section 2
	teredo     = netip.MustParsePrefix("2001::/32")     // RFC 4380 section 4
)

// embedded returns the IPv4 address that a stands for: the host itself, or with
// 6to4 the router in front of it. In 64:ff9b:1::/48 every network chooses for
// itself where the address sits (RFC 8215 section 5), so there it is not told.
func embedded(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case a.Is4():
		return netip.Addr{}
	case sixToFour.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	case teredo.Contains(a):
		// The client's public address is stored inverted, so that no NAT on the
		// way rewrites it (RFC 4380 section 4).
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
	case a.IsLoopback(), a.IsUnspecified():
		return netip.Addr{} // in ::/96, and older than that form
	case mapped.Contains(a), translated.Contains(a), compatible.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	}
	return netip.Addr{}
}
