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
	if n := merge(&ours, theirs, "file-1", sameMachine); n != 1 {
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

// TestSeenFrom: the view is that of whoever looked, and of a report only what
// concerns this machine counts.
func TestSeenFrom(t *testing.T) {
	at := netip.MustParseAddr
	m := machine{
		interfaces: []exposure.Interface{{Name: "eth0", Up: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.1.5/24")}}},
		addresses:  []netip.Addr{at("192.168.1.5")}, own: map[netip.Addr]bool{at("192.168.1.5"): true},
	}
	host := func(view exposure.View, address string) exposure.Host {
		return exposure.Host{Addresses: []netip.Addr{at(address)}, Ports: []exposure.Port{{Transport: exposure.TCP, Port: 80, Observations: []exposure.Observation{
			{View: view, Address: at(address), Transport: exposure.TCP, Port: 80, State: exposure.Open},
		}}}}
	}
	for name, c := range map[string]struct {
		from  string
		hosts []exposure.Host
		want  []exposure.View
	}{
		"from the LAN":                               {"192.168.1.7", []exposure.Host{host(exposure.ViewLAN, "192.168.1.5")}, []exposure.View{exposure.ViewLAN}},
		"of another PC":                              {"192.168.1.7", []exposure.Host{host(exposure.ViewLAN, "192.168.1.9")}, nil},
		"of itself":                                  {"192.168.1.7", []exposure.Host{host(exposure.ViewSelf, "192.168.1.5")}, []exposure.View{}},
		"of the router from outside":                 {"26.10.0.1", []exposure.Host{host(exposure.ViewOutside, "26.20.0.2")}, []exposure.View{exposure.ViewOutside}},
		"of several from outside":                    {"26.10.0.1", []exposure.Host{host(exposure.ViewOutside, "26.20.0.2"), host(exposure.ViewOutside, "26.20.0.3")}, nil},
		"of this machine and a router":               {"26.10.0.1", []exposure.Host{host(exposure.ViewOutside, "26.20.0.2"), host(exposure.ViewLAN, "192.168.1.5")}, []exposure.View{exposure.ViewLAN, exposure.ViewOutside}},
		"of the router from a network like this one": {"192.168.1.7", []exposure.Host{host(exposure.ViewOutside, "26.20.0.2")}, []exposure.View{exposure.ViewOutside}},
		"by this machine":                            {"192.168.1.5", []exposure.Host{host(exposure.ViewSelf, "192.168.1.5")}, []exposure.View{exposure.ViewSelf}},
	} {
		t.Run(name, func(t *testing.T) {
			r := m.seenFrom(exposure.Report{Vantages: []exposure.Vantage{{ID: "self", Address: at(c.from)}}, Hosts: c.hosts}, "file-1")
			var got []exposure.View
			for _, h := range r.Hosts {
				for _, o := range h.Ports[0].Observations {
					got = append(got, o.View)
				}
			}
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
		})
	}
}
