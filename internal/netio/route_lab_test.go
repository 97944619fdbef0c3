//go:build linux && lab

package netio_test

import (
	"errors"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/netio"
)

func TestRoutes(t *testing.T) {
	l := lab.New(t)
	h := l.LAN
	h.Run(t, "ip", "link", "add", "second", "type", "veth", "peer", "name", "end")
	h.Run(t, "ip", "link", "set", "end", "up")
	h.Run(t, "ip", "link", "set", "second", "up", "arp", "off")
	h.Run(t, "ip", "addr", "add", "26.98.0.1/24", "dev", "second")
	h.Run(t, "ip", "route", "add", "unreachable", "26.97.1.0/24")
	h.Run(t, "ip", "route", "add", "prohibit", "26.97.2.0/24")
	h.Run(t, "ip", "route", "add", "blackhole", "26.97.3.0/24")
	h.Run(t, "ip", "neigh", "replace", l.Home.V4.String(), "lladdr", "02:00:00:00:00:05", "dev", "eth0", "nud", "permanent")

	err := h.Do(func() error {
		routes, err := netio.OpenRoutes()
		if err != nil {
			return err
		}
		defer routes.Close()
		for _, c := range []struct {
			name, target            string
			source, hop             string
			own, raw, hasNeighbours bool
		}{
			{"neighbour", l.Home.V4.String(), h.V4.String(), l.Home.V4.String(), false, true, true},
			{"neighbour_v6", l.Home.V6.String(), h.V6.String(), l.Home.V6.String(), false, true, true},
			{"gateway", l.Outside.V4.String(), h.V4.String(), l.Gateway4.String(), false, true, true},
			{"gateway_v6", l.Outside.V6.String(), h.V6.String(), l.Gateway6.String(), false, true, true},
			{"second_source", "26.98.0.9", "26.98.0.1", "26.98.0.9", false, true, false}, // ARP is off there
			{"own", h.V4.String(), h.V4.String(), h.V4.String(), true, false, false},
			{"loopback", "127.0.0.1", "127.0.0.1", "127.0.0.1", true, false, false},
			{"broadcast", "192.168.77.255", h.V4.String(), "192.168.77.255", false, false, false},
			{"mapped", "::ffff:" + l.Home.V4.String(), h.V4.String(), l.Home.V4.String(), false, true, true},
		} {
			way, err := routes.To(netip.MustParseAddr(c.target))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if way.Source.String() != c.source || way.NextHop.String() != c.hop || way.Own != c.own || way.Raw != c.raw || way.Neighbours != c.hasNeighbours {
				t.Errorf("%s: %+v", c.name, way)
			}
		}
		for target, want := range map[string]exposure.Reason{
			"26.97.1.1":      exposure.HostUnreach,
			"26.97.2.1":      exposure.LocalError,
			"26.97.3.1":      exposure.LocalError,
			"fe80::1%nosuch": exposure.LocalError,
		} {
			_, err := routes.To(netip.MustParseAddr(target))
			if e, ok := errors.AsType[*netio.Error](err); !ok || e.Reason != want || e.By != exposure.Local {
				t.Errorf("%s: %v", target, err)
			}
		}
		// A link-local address without its zone could be on any link.
		if way, err := routes.To(netip.MustParseAddr("fe80::1")); err == nil && way.Raw {
			t.Errorf("fe80::1 without a zone: %+v", way)
		}
		way, err := routes.To(l.Home.V4)
		if err != nil {
			return err
		}
		known, err := routes.Neighbours(way.Index)
		if n := known[l.Home.V4]; n.Hardware != (netio.HardwareAddr{2, 0, 0, 0, 0, 5}) || !n.Lasting {
			t.Errorf("neighbours %v", known)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A rule counts where it may drop what goes out, whatever it says; address
// translation and what comes in do not.
func TestOutputRule(t *testing.T) {
	l := lab.New(t)
	h := l.LAN
	for _, c := range []struct{ name, rules, want string }{
		{"none", "", ""},
		{"empty", "table inet a { chain out { type filter hook output priority 0; }; }", ""},
		{"input", "add table inet b; add chain inet b in { type filter hook input priority 0; policy drop; }", ""},
		{"nat", "add table ip c; add chain ip c out { type nat hook output priority 0; }; add rule ip c out ip daddr 26.1.1.1 dnat to 26.1.1.2", ""},
		{"not_hooked", "add table ip d; add chain ip d other; add rule ip d other drop", ""},
		{"postrouting", "add table ip6 e; add chain ip6 e post { type filter hook postrouting priority 0; }; add rule ip6 e post counter", "nft ip6 e post"},
		{"removed", "delete table ip6 e", ""},
		{"route", "add table inet f; add chain inet f mangle { type route hook output priority 0; }; add rule inet f mangle accept", "nft inet f mangle"},
		{"removed_too", "delete table inet f", ""},
		{"policy", "add chain inet a out { policy drop; }", "nft inet a out"},
	} {
		h.NFT(t, c.rules)
		var name string
		err := h.Do(func() (err error) {
			name, err = netio.OutputRule()
			return err
		})
		if err != nil || name != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, name, err, c.want)
		}
	}
}
