//go:build linux && lab

package scan_test

import (
	"fmt"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// The host that is looked at gets another link address in the middle of a slow
// scan, as when an address moves to another machine. What was asked between
// then and when that is found out is asked again: the scan ends right.
func TestEngineFollowsANeighbourThatMoves(t *testing.T) {
	for i, family := range []string{"ipv4", "ipv6"} {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			var open []uint16
			for port := uint16(1000); port < 1400; port += 8 {
				l.Home.Listen(t, "tcp", fmt.Sprintf("[::]:%d", port))
				open = append(open, port)
			}
			e := rawEngine(t, l.LAN, l.Home.V4)
			r := rawRequest(both(l.Home)[i:i+1], portsBetween(1000, 1399)...)
			r.Rate = 100
			want, seen := openOnly(open...), 0
			_, err := e.Run(t.Context(), r, func(o exposure.Observation) {
				if seen++; seen == 150 {
					l.Home.Run(t, "ip", "link", "set", "eth0", "address", "02:5e:19:00:01:01")
				}
				if state := want(o.Endpoint()); o.State != state {
					t.Errorf("%v is %v (%s by %q, %d tries), want %v", o.Endpoint(), o.State, o.Reason, o.By, o.Attempts, state)
				}
			})
			if err != nil || seen != 400 {
				t.Errorf("%d observations, %v", seen, err)
			}
		})
	}
}

// A scanner with two links and an address on each, and one more that a policy
// has it use for a third network: each host is asked from the address that
// this machine's own connections to it come from. Nothing else is let in.
func TestEngineAsksFromTheAddressOfTheRoute(t *testing.T) {
	l := lab.New(t)
	plug(t, "wing0", l.LAN, l.Home, "26.98.0.1/24", "26.98.0.2/24", "2608:26:98::1/64", "2608:26:98::2/64")
	for _, add := range [][]string{
		{"addr", "add", "26.97.0.1/32", "dev", "wing0"},
		{"addr", "add", "2608:26:97::1/128", "dev", "wing0", "nodad", "preferred_lft", "0"},
		{"route", "add", "26.96.0.0/24", "via", "26.98.0.2", "src", "26.97.0.1", "table", "77"},
		{"-6", "route", "add", "2608:26:96::/64", "via", "2608:26:98::2", "src", "2608:26:97::1", "table", "77"},
		{"rule", "add", "to", "26.96.0.0/24", "lookup", "77"},
		{"-6", "rule", "add", "to", "2608:26:96::/64", "lookup", "77"},
		{"route", "add", "26.96.0.0/24", "via", l.Home.V4.String()}, // what there is without the policy
		{"-6", "route", "add", "2608:26:96::/64", "via", l.Home.V6.String()},
	} {
		l.LAN.Run(t, "ip", add...)
	}
	for _, add := range [][]string{
		{"addr", "add", "26.96.0.9/32", "dev", "lo"},
		{"addr", "add", "2608:26:96::9/128", "dev", "lo"},
		{"route", "add", "26.97.0.1/32", "via", "26.98.0.1"},
		{"-6", "route", "add", "2608:26:97::1/128", "via", "2608:26:98::1"},
	} {
		l.Home.Run(t, "ip", add...)
	}
	l.Home.Listen(t, "tcp", "[::]:22")
	l.Home.NFT(t, fmt.Sprintf(`table inet right { chain in { type filter hook input priority 0
		iifname "eth0" ip daddr %[1]v ip saddr %[2]v accept
		iifname "eth0" ip6 daddr %[3]v ip6 saddr %[4]v accept
		iifname "wing0" ip daddr 26.98.0.2 ip saddr 26.98.0.1 accept
		iifname "wing0" ip6 daddr 2608:26:98::2 ip6 saddr 2608:26:98::1 accept
		iifname "wing0" ip daddr 26.96.0.9 ip saddr 26.97.0.1 accept
		iifname "wing0" ip6 daddr 2608:26:96::9 ip6 saddr 2608:26:97::1 accept
		meta l4proto tcp drop
	}; }`, l.Home.V4, l.LAN.V4, l.Home.V6, l.LAN.V6))
	e := rawEngine(t, l.LAN, l.Home.V4)
	targets := both(l.Home)
	for _, a := range []string{"26.98.0.2", "2608:26:98::2", "26.96.0.9", "2608:26:96::9"} {
		targets = append(targets, netip.MustParseAddr(a))
	}
	openOnly(22).holds(t, e, rawRequest(targets, portsBetween(1, 200)...))
}
