//go:build linux && lab

package scan_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// layered puts one more interface on top of a cable at both hosts, with
// addresses that both families scan.
func layered(t *testing.T, l *lab.Lab, name string, on func(h *lab.Host)) []netip.Addr {
	t.Helper()
	plug(t, "wing0", l.LAN, l.Home)
	for i, h := range []*lab.Host{l.LAN, l.Home} {
		on(h)
		for _, address := range [][]string{
			{"26.98.0.1/24", "26.98.0.2/24"}, {"2608:26:98::1/64", "2608:26:98::2/64"}, {"fe80::98:1/64", "fe80::98:2/64"},
		} {
			h.Run(t, "ip", "addr", "add", address[i], "dev", name)
		}
		h.Run(t, "ip", "link", "set", name, "up")
	}
	return []netip.Addr{
		netip.MustParseAddr("26.98.0.2"), netip.MustParseAddr("2608:26:98::2"), netip.MustParseAddr("fe80::98:2").WithZone(name),
	}
}

// Where one interface stands on another, each packet comes by twice: through
// the lower one and through the upper one, which is the one that it belongs to.
func TestEngineOnInterfacesThatStandOnOthers(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(t *testing.T, h *lab.Host)
	}{
		{"mv0", func(t *testing.T, h *lab.Host) {
			h.Run(t, "ip", "link", "add", "link", "wing0", "name", "mv0", "type", "macvlan", "mode", "bridge")
		}},
		{"br0", func(t *testing.T, h *lab.Host) {
			h.Run(t, "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
			h.Run(t, "ip", "link", "set", "wing0", "master", "br0")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			want := stealthy(t, l.Home)
			targets := layered(t, l, c.name, func(h *lab.Host) { c.make(t, h) })
			e := rawEngine(t, l.LAN, targets[0])
			// The zone's name means something in the host only.
			err := l.LAN.Do(func() error {
				want.holds(t, e, rawRequest(targets, portsBetween(1, 1056)...))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

// linkLocal is the address of an interface that needs no router. The kernel
// makes it some time after the interface is up.
func linkLocal(t *testing.T, h *lab.Host, name string) netip.Addr {
	t.Helper()
	at := device(t, h, name)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for give := time.After(time.Minute); ; {
		var addresses []net.Addr
		err := h.Do(func() (err error) {
			addresses, err = at.Addrs()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range addresses {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				return p.Addr().WithZone("")
			}
		}
		select {
		case <-look.C:
		case <-give:
			t.Fatalf("%s has no link-local address: %v", name, addresses)
		}
	}
}

// A household's router is known by its link-local address (RFC 4861 section
// 6.3.4): it is found by our own question, sent from a global address.
func TestEngineThroughAGatewayOfTheLink(t *testing.T) {
	l := lab.New(t)
	l.Outside.Listen(t, "tcp", "[::]:22")
	gateway := linkLocal(t, l.Router, "lan")
	l.LAN.Run(t, "ip", "-6", "route", "replace", "default", "via", gateway.String(), "dev", "eth0")
	l.LAN.Run(t, "ip", "neigh", "flush", "dev", "eth0")
	openOnly(22).holds(t, rawEngine(t, l.LAN, l.Outside.V6), rawRequest(both(l.Outside), portsBetween(1, 200)...))
}
