//go:build linux && lab

package scan_test

import (
	"net/netip"
	"os"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// A tunnel between two machines, as a VPN makes it, has no link addresses and
// no neighbours to look for: what the other machine's kernel says at its far
// end is found all the same, in both families.
func TestEngineThroughATunnelBetweenTwoHosts(t *testing.T) {
	l := lab.New(t)
	near, far := tunnel(t, l.LAN, "26.99.0.1/24"), tunnel(t, l.Home, "26.99.0.2/24")
	l.LAN.Run(t, "ip", "addr", "add", "2608:26:99::1/64", "dev", "tun0")
	l.Home.Run(t, "ip", "addr", "add", "2608:26:99::2/64", "dev", "tun0")
	relay := func(from, to *os.File) {
		packet := make([]byte, 2048)
		for {
			n, err := from.Read(packet)
			if err != nil {
				return
			}
			if _, err := to.Write(packet[:n]); err != nil {
				return
			}
		}
	}
	go relay(near, far)
	go relay(far, near)
	want := stealthy(t, l.Home)
	l.Home.Filter(t, lab.Input, "tcp dport 600-609", lab.RejectAdmin)
	inside := []netip.Addr{netip.MustParseAddr("26.99.0.2"), netip.MustParseAddr("2608:26:99::2")}
	e := rawEngine(t, l.LAN, inside[0])
	truth(func(to netip.AddrPort) exposure.State {
		if to.Port() >= 600 && to.Port() < 610 {
			return exposure.Filtered
		}
		return want(to)
	}).holds(t, e, rawRequest(inside, portsBetween(1, 1056)...))
}
