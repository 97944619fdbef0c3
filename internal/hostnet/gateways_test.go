package hostnet

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sekisho/internal/exposure"
)

func TestGatewaysOf(t *testing.T) {
	via := netip.MustParseAddr
	n := Network{Routes: []Route{
		{To: netip.MustParsePrefix("::/0"), Device: "eth0", Via: via("fe80::1"), Metric: 100},
		{To: netip.MustParsePrefix("192.168.1.0/24"), Device: "eth0"},
		{To: netip.MustParsePrefix("0.0.0.0/0"), Device: "wlan0", Via: via("192.168.2.1"), Metric: 600},
		{To: netip.MustParsePrefix("0.0.0.0/0"), Device: "eth0", Via: via("192.168.1.1"), Metric: 100},
		{To: netip.MustParsePrefix("::/0"), Device: "ppp0", Metric: 1},
	}}
	want := []exposure.Gateway{
		{Family: exposure.FirewallIPv4, Via: via("192.168.1.1"), Interface: "eth0"},
		{Family: exposure.FirewallIPv4, Via: via("192.168.2.1"), Interface: "wlan0"},
		{Family: exposure.FirewallIPv6, Interface: "ppp0"},
		{Family: exposure.FirewallIPv6, Via: via("fe80::1"), Interface: "eth0"},
	}
	if d := cmp.Diff(want, gatewaysOf(n), cmpopts.EquateComparable(netip.Addr{})); d != "" {
		t.Error(d)
	}
}
