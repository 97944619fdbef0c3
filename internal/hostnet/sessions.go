package hostnet

import "net/netip"

// Session is a TCP connection from elsewhere by which this process is worked with:
// that of ssh, as a rule.
type Session struct {
	Peer, Local netip.AddrPort
}
