package cli

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/policy"
)

// TestMergedViewsDecide: what another PC of the LAN saw of this machine decides
// what this machine cannot see of itself, and what that PC says of itself alone
// stays out.
func TestMergedViewsDecide(t *testing.T) {
	at := netip.MustParseAddr
	see := func(v exposure.View, address string, port uint16, s exposure.State, why exposure.Reason) exposure.Port {
		return exposure.Port{Transport: exposure.TCP, Port: port, Observations: []exposure.Observation{
			{View: v, Address: at(address), Transport: exposure.TCP, Port: port, State: s, Reason: why, Vantage: "self"},
		}}
	}
	ours := exposure.Report{
		Vantages: []exposure.Vantage{{ID: "self", Kind: "self"}},
		Hosts: []exposure.Host{{
			Name: "server", Addresses: []netip.Addr{at("127.0.0.1"), at("192.168.1.5")},
			Ports: []exposure.Port{see(exposure.ViewSelf, "192.168.1.5", 22, exposure.Open, exposure.SynAck)},
		}},
	}
	theirs := exposure.Report{
		Vantages: []exposure.Vantage{{ID: "self", Kind: "self", Address: at("192.168.1.7")}},
		Hosts: []exposure.Host{{
			Addresses: []netip.Addr{at("192.168.1.5")},
			Ports: []exposure.Port{
				see(exposure.ViewLAN, "192.168.1.5", 22, exposure.Filtered, exposure.NoResponse),
				see(exposure.ViewLoopback, "127.0.0.1", 631, exposure.Open, exposure.SynAck),
				see(exposure.ViewLAN, "192.168.1.5", 80, exposure.Open, exposure.SynAck),
			},
		}},
	}
	if n := merge(&ours, theirs, "file-1"); n != 1 {
		t.Fatalf("%d hosts were joined", n)
	}
	host := ours.Hosts[0]
	if len(host.Ports) != 2 || len(host.Ports[0].Observations) != 2 || host.Ports[0].Observations[1].Vantage != "file-1" || len(ours.Vantages) != 2 {
		t.Fatalf("%+v", host.Ports)
	}
	p, err := policy.Parse("f", []byte("lan: {stealth: 22, open: 80}"), policy.Known{})
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Judge(ours, policy.Context{}, lang.English).Summary; s.Pass != 2 {
		t.Errorf("%+v", s)
	}
}
