package firewall_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// TestCuts: closing the port of a session is foreseen for every product, and
// closing another one, or for others, is not taken for it.
func TestCuts(t *testing.T) {
	m := &firewall.Machine{
		Interfaces: []firewall.Interface{
			{Name: "lo", Index: 1, Loopback: true, Prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}},
			{Name: "eth0", Index: 2, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.168.77.10/24"), netip.MustParsePrefix("2608:26::10/64")}},
		},
		Routes: []firewall.Route{{To: netip.MustParsePrefix("0.0.0.0/0"), Device: "eth0"}, {To: netip.MustParsePrefix("::/0"), Device: "eth0"}},
	}
	lan := firewall.Session{Peer: netip.MustParseAddrPort("192.168.77.20:40000"), Local: netip.MustParseAddrPort("192.168.77.10:22")}
	six := firewall.Session{Peer: netip.MustParseAddrPort("[2608:99::1]:40000"), Local: netip.MustParseAddrPort("[2608:26::10]:22")}
	const iptables = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -m comment --comment sekisho-22-tcp -j ACCEPT\nCOMMIT\n"
	const ufw = "*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -j ufw-user-input\n-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n"
	const ranges = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 1:1000 -j ACCEPT\nCOMMIT\n"
	port := func(action firewall.Action, number uint16, transport exposure.Transport, zone exposure.Zone, out bool) firewall.Wish {
		return firewall.Wish{Action: action, Zone: zone, Out: out, Ports: []firewall.CommandPort{{Transport: transport, Port: number}}}
	}
	for name, c := range map[string]struct {
		rules   string
		v6      bool
		product firewall.Product
		wish    firewall.Wish
		session firewall.Session
		cut     bool
	}{
		"iptables":         {iptables, false, firewall.Iptables, port(firewall.ActionClose, 22, exposure.TCP, "", false), lan, true},
		"iptables-six":     {iptables, true, firewall.Iptables, port(firewall.ActionClose, 22, exposure.TCP, "", false), six, true},
		"within-a-range":   {ranges, false, firewall.Iptables, port(firewall.ActionClose, 22, exposure.TCP, "", false), lan, true},
		"ufw":              {ufw, false, firewall.UFW, port(firewall.ActionClose, 22, exposure.TCP, "", false), lan, true},
		"another-port":     {ufw, false, firewall.UFW, port(firewall.ActionClose, 80, exposure.TCP, "", false), lan, false},
		"udp":              {iptables, false, firewall.Iptables, port(firewall.ActionClose, 22, exposure.UDP, "", false), lan, false},
		"open":             {iptables, false, firewall.Iptables, port(firewall.ActionOpen, 22, exposure.TCP, "", false), lan, false},
		"from-the-lan":     {ranges, false, firewall.Iptables, port(firewall.ActionClose, 22, exposure.TCP, exposure.ZoneLAN, false), lan, true},
		"from-six":         {ranges, false, firewall.Iptables, port(firewall.ActionClose, 22, exposure.TCP, exposure.ZoneInternetV6, false), lan, false},
		"out-to-its-port":  {iptables, false, firewall.Iptables, port(firewall.ActionClose, 40000, exposure.TCP, "", true), lan, false},
		"nothing-filtered": {"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", false, firewall.NFTables, port(firewall.ActionClose, 22, exposure.TCP, "", false), lan, true},
	} {
		if name == "out-to-its-port" { // what goes to the peer's own port is the answer
			c.rules += "*mangle\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"
			c.cut = true
		}
		r, err := firewall.ParseIptables([]byte(c.rules), c.v6, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before := r.Hears(m, c.session)
		if got := len(r.Cuts(m, c.wish, c.product, []firewall.Session{c.session})) > 0; got != c.cut {
			t.Errorf("%s: cuts %v, want %v (heard before: %+v)", name, got, c.cut, before)
		}
		if after := r.Hears(m, c.session); after != before {
			t.Errorf("%s: the rules are not as before: %+v, then %+v", name, before, after)
		}
	}
}
