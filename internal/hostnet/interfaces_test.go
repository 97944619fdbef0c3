package hostnet

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func TestLoopbackIsAmongTheInterfaces(t *testing.T) {
	interfaces, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(interfaces, func(i exposure.Interface) bool { return i.Loopback && i.Up })
	if i < 0 {
		t.Fatalf("no loopback among %+v", interfaces)
	}
	if want := netip.MustParsePrefix("127.0.0.1/8"); !slices.Contains(interfaces[i].Prefixes, want) {
		t.Errorf("loopback has %v, want %v among them", interfaces[i].Prefixes, want)
	}
	if want := netip.MustParseAddr("127.0.0.1"); !slices.Contains(Addresses(interfaces), want) {
		t.Errorf("addresses %v, want %v among them", Addresses(interfaces), want)
	}
	if !slices.IsSortedFunc(interfaces, func(a, b exposure.Interface) int { return a.Index - b.Index }) {
		t.Errorf("not in the order of their index: %+v", interfaces)
	}
}

func TestPrefixes(t *testing.T) {
	got := prefixes([]net.Addr{
		&net.IPNet{IP: net.ParseIP("fe80::1"), Mask: net.CIDRMask(64, 128)},
		&net.IPNet{IP: net.ParseIP("192.0.2.2"), Mask: net.CIDRMask(24, 32)},   // 16-byte form of the address
		&net.IPNet{IP: net.ParseIP("192.0.2.3"), Mask: net.CIDRMask(120, 128)}, // of both
		&net.IPNet{IP: net.IP{1, 2}, Mask: net.CIDRMask(8, 32)},
		&net.IPNet{IP: net.ParseIP("192.0.2.4"), Mask: net.IPMask{255, 0, 255, 0}},
		&net.UnixAddr{Name: "/run/x"},
	})
	want := []netip.Prefix{
		netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("192.0.2.3/24"),
		netip.MustParsePrefix("fe80::1/64"),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("prefixes (-want +got):\n%s", diff)
	}
}

func TestAddresses(t *testing.T) {
	p := netip.MustParsePrefix
	got := Addresses([]exposure.Interface{
		{Name: "lo", Up: true, Prefixes: []netip.Prefix{p("127.0.0.1/8"), p("::1/128")}},
		{Name: "eth0", Up: true, Prefixes: []netip.Prefix{p("169.254.1.1/16"), p("fe80::1/64"), p("192.0.2.2/24")}},
		{Name: "eth1", Up: true, Prefixes: []netip.Prefix{p("fe80::1/64"), p("192.0.2.2/24")}},
		{Name: "down", Prefixes: []netip.Prefix{p("192.0.2.9/24")}},
	})
	var want []netip.Addr
	for _, text := range []string{"127.0.0.1", "169.254.1.1", "192.0.2.2", "::1", "fe80::1%eth0", "fe80::1%eth1"} {
		want = append(want, netip.MustParseAddr(text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestInterfaceNames(t *testing.T) {
	for name, want := range map[string]string{"eth0": "eth0", "wlp2s0.100@x": "wlp2s0.100@x", "e\x1b[2J": "7", "Ethernet 2": "Ethernet 2"} {
		if got := interfaceName(net.Interface{Name: name, Index: 7}); got != want {
			t.Errorf("interfaceName(%q) = %q, want %q", name, got, want)
		}
	}
}
