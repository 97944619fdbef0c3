//go:build lab

package cli_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// look is one more vantage: who scans which ports of what.
type look struct {
	from  func(l *lab.Lab) *lab.Host
	at    []func(l *lab.Lab) netip.Addr
	ports string
	verb  string // scan when empty, or check, which tells who answers too
}

// looked has the further vantages of a fault look, and is the arguments that join
// what they saw.
func (f fault) looked(t *testing.T, l *lab.Lab, who *lab.Host) []string {
	t.Helper()
	var arguments []string
	for i, v := range f.looks {
		scan := []string{cmp.Or(v.verb, "scan"), "-p", v.ports, "--show", "all", "--authorized", "-f", "json"}
		for _, at := range v.at {
			scan = slices.Insert(scan, 1, at(l).String())
		}
		r := sekisho(t, v.from(l), root, scan...)
		if r.code == 2 {
			t.Fatalf("%s", r.errs)
		}
		seen := fmt.Sprintf("/tmp/seen-%d.json", i)
		who.WriteFile(t, seen, r.out)
		defer func() {
			if t.Failed() {
				t.Log(r.out)
			}
		}()
		arguments = append(arguments, "--merge", seen)
	}
	return arguments
}

func routerHost(l *lab.Lab) *lab.Host  { return l.Router }
func carrierHost(l *lab.Lab) *lab.Host { return l.Carrier }
func carrierV4(l *lab.Lab) netip.Addr  { return l.Carrier.V4 }
func carrierV6(l *lab.Lab) netip.Addr  { return l.Carrier.V6 }
func sharedV4(*lab.Lab) netip.Addr     { return lab.MAPEAddress }
func carrierDown4(*lab.Lab) netip.Addr { return netip.MustParseAddr("26.20.0.1") }

func carrierDown6(*lab.Lab) netip.Addr                               { return netip.MustParseAddr("2608:26:20:ff::1") }
func at(of ...func(*lab.Lab) netip.Addr) []func(*lab.Lab) netip.Addr { return of }

// onRouter is a web server or a DNS server on the router itself, which lets it in.
func onRouter(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Router.StartNginx(t, lab.Nginx{})
	l.Router.StartDnsmasq(t, "address=/home.example/192.168.77.10\n")
	l.Router.NFT(t, "insert rule inet router input meta l4proto { tcp, udp } th dport { 53, 80, 443 } accept")
}

// served is a household with a web and a DNS server that the router hands on, and
// a STUN server outside.
func served(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartNginx(t, lab.Nginx{})
		l.Home.StartDnsmasq(t, "address=/home.example/192.168.77.10\n")
		for _, port := range []uint16{53, 80, 443} {
			l.Forward(t, "tcp", port, port)
			l.Forward(t, "udp", port, port)
		}
		l.Outside.StartCoturn(t, lab.Coturn{})
		if change != nil {
			change(t, l)
		}
	}
}

// ruled writes the rule of the lab's MAP-E into a file of home.
func ruled(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Home.WriteFile(t, "/tmp/rule.yaml", lab.MAPERule)
}

// offers has the router's DHCPv6 server tell how IPv4 goes.
func offers(options string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Router.StartKea(t, "lan", options)
	}
}

// What a DHCPv6 server may tell, in the words of Kea.
const (
	offersAFTR = `{"name": "aftr-name", "data": "aftr.carrier.example"}`
	offersRule = `{"name": "s46-cont-mape"},
		{"space": "s46-cont-mape-options", "name": "s46-rule", "data": "0, 8, 32, 26.30.0.18, 2608:26:20::/56"},
		{"space": "s46-cont-mape-options", "name": "s46-br", "data": "2608:26:20:ff::1"},
		{"space": "s46-rule-options", "name": "s46-portparams", "data": "6, 0/0"}`
	offersNoRule = `{"name": "s46-cont-mape"},
		{"space": "s46-cont-mape-options", "name": "s46-br", "data": "2608:26:20:ff::1"}`
)

// cut has the carrier let nothing through for ports of those behind it, coming
// from outside.
func cut(match string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Carrier.Filter(t, lab.Forwarding, `iifname "up" `+match, lab.Drop)
	}
}

// muffled lets nothing of outside through to a port of anybody.
func muffled(match string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Carrier.NFT(t, "table inet provider {\n\tchain in {\n\t\ttype filter hook prerouting priority raw\n\t\tiifname \"up\" "+match+" drop\n\t}\n}\n")
	}
}

// stun asks the lab's STUN server.
var stun = []string{"--stun", "26.10.0.1"}

// carrierFaults are faults between the router and the Internet.
var carrierFaults = []fault{
	{name: "a shared address of a carrier", access: lab.CGNAT, on: routerHost, provoke: onRouter, from: outsideHost, at: carrierV4, port: "80", cause: "cgnat", certainty: exposure.CauseProven},
	{name: "a shared address of a carrier, UDP", access: lab.CGNAT, on: routerHost, provoke: onRouter, from: outsideHost, at: carrierV4, port: "53/udp", cause: "cgnat", certainty: exposure.CauseProven},
	{name: "a shared address, IPv6 beside it", access: lab.CGNAT, provoke: served(nil), from: outsideHost, at: homeV6, port: "80", cause: "ok", certainty: exposure.CauseProven},

	{name: "a shared address, as the person says", access: lab.CGNAT, provoke: pages("wan: 100.64.9.2\n", served(nil)), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "cgnat", certainty: exposure.CauseProven},
	{name: "a shared address, as the person says, UDP", access: lab.CGNAT, provoke: pages("wan: 100.64.9.2\n", served(nil)), from: outsideHost, at: carrierV4, port: "53/udp", arguments: readPages, cause: "cgnat", certainty: exposure.CauseProven},

	{name: "two routers, the outer one refuses", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\n", served(nil)), looks: []look{
		{from: outsideHost, at: at(carrierV4), ports: "80"},
		{from: carrierHost, at: at(routerV4), ports: "80"},
	}, port: "80", arguments: append(slices.Clone(stun), readPages...), cause: "double-nat", certainty: exposure.CauseProven},
	{name: "two routers, the outer one refuses, UDP", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\n", served(nil)), looks: []look{
		{from: outsideHost, at: at(carrierV4), ports: "u:53"},
		{from: carrierHost, at: at(routerV4), ports: "u:53"},
	}, port: "53/udp", arguments: append(slices.Clone(stun), readPages...), cause: "double-nat", certainty: exposure.CauseProven},
	{name: "two routers, the outer one is silent", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\n", served(func(t *testing.T, l *lab.Lab) {
		l.Carrier.NFT(t, `insert rule inet carrier input iifname "up" tcp dport 80 drop`)
	})), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "double-nat", certainty: exposure.CauseLikely},
	{name: "two routers, and both hand it on", access: lab.SecondRouter, provoke: pages("wan: 192.168.0.2\nforwards: [{protocol: tcp, outer: 80, to: 192.168.77.10}]\n", served(func(t *testing.T, l *lab.Lab) {
		l.Carrier.NFT(t, `add rule inet carrier prerouting iifname "up" tcp dport 80 dnat ip to 192.168.0.2`)
	})), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "ok", certainty: exposure.CauseProven},

	{name: "DS-Lite, as the router's page says", access: lab.DSLite, provoke: pages("wan: 192.0.0.2\n", served(nil)), from: outsideHost, at: carrierV4, port: "80", arguments: readPages, cause: "ds-lite", certainty: exposure.CauseProven},
	{name: "DS-Lite ends here", access: lab.DSLite, on: routerHost, provoke: onRouter, from: outsideHost, at: carrierV4, port: "80", cause: "ds-lite", certainty: exposure.CauseProven},
	{name: "DS-Lite ends here, UDP", access: lab.DSLite, on: routerHost, provoke: onRouter, from: outsideHost, at: carrierV4, port: "53/udp", cause: "ds-lite", certainty: exposure.CauseProven},
	{name: "DS-Lite, as the DHCPv6 server tells", access: lab.DSLite, provoke: served(offers(offersAFTR)), from: outsideHost, at: carrierV4, port: "80", arguments: []string{"--ask-dhcpv6"}, cause: "ds-lite", certainty: exposure.CauseLikely},

	{name: "a port that MAP-E gives to nobody", access: lab.MAPE, provoke: served(ruled), from: outsideHost, at: sharedV4, port: "80", arguments: []string{"--map-e-rule", "/tmp/rule.yaml"}, cause: "map-e-port", certainty: exposure.CauseProven},
	{name: "a port that MAP-E gives to nobody, UDP", access: lab.MAPE, provoke: served(ruled), from: outsideHost, at: sharedV4, port: "53/udp", arguments: []string{"--map-e-rule", "/tmp/rule.yaml"}, cause: "map-e-port", certainty: exposure.CauseProven},
	{name: "a port of MAP-E, nobody looked", access: lab.MAPE, provoke: served(ruled), port: "80", arguments: []string{"--map-e-rule", "/tmp/rule.yaml"}, cause: "map-e-port", certainty: exposure.CauseProven},
	{name: "a port of MAP-E, as STUN and the DHCPv6 server tell", access: lab.MAPE, provoke: served(offers(offersRule)), from: outsideHost, at: sharedV4, port: "443", arguments: append([]string{"--ask-dhcpv6"}, stun...), cause: "map-e-port", certainty: exposure.CauseProven},
	{name: "MAP-E, and no rule", access: lab.MAPE, provoke: served(offers(offersNoRule)), from: outsideHost, at: sharedV4, port: "80", arguments: []string{"--ask-dhcpv6"}, cause: "inconclusive", certainty: exposure.CausePossible},
	{name: "a port of its own by MAP-E", access: lab.MAPE, provoke: pages("forwards: [{protocol: tcp, outer: 8220, to: 192.168.77.10}]\n", served(func(t *testing.T, l *lab.Lab) {
		ruled(t, l)
		l.Home.StartNginx(t, lab.Nginx{Port: 8220, TLSPort: 8221})
		l.Forward(t, "tcp", 8220, 8220)
	})), from: outsideHost, at: sharedV4, port: "8220", arguments: append([]string{"--map-e-rule", "/tmp/rule.yaml"}, readPages...), cause: "ok", certainty: exposure.CauseProven},

	{name: "the carrier cuts 80", access: lab.Routed, provoke: served(cut("tcp dport { 25, 80 }")), looks: []look{
		{from: outsideHost, at: at(routerV4, carrierV4), ports: "80,443"},
		{from: carrierHost, at: at(routerV4), ports: "80"},
	}, port: "80", arguments: stun, cause: "carrier-block", certainty: exposure.CauseProven},
	{name: "the carrier cuts 25", access: lab.Routed, provoke: served(func(t *testing.T, l *lab.Lab) {
		cut("tcp dport { 25, 80 }")(t, l)
		l.Home.StartPostfix(t, lab.Postfix{})
		l.Forward(t, "tcp", 25, 25)
	}), looks: []look{
		{from: outsideHost, at: at(routerV4, carrierV4), ports: "25,443"},
		{from: carrierHost, at: at(routerV4), ports: "25"},
	}, port: "25", arguments: stun, cause: "carrier-block", certainty: exposure.CauseProven},
	{name: "the carrier cuts 80 over IPv6", access: lab.Routed, provoke: served(cut("ip6 daddr 2608:26::/32 tcp dport { 25, 80 }")), looks: []look{
		{from: outsideHost, at: at(homeV6, carrierV6), ports: "80,443"},
		{from: carrierHost, at: at(homeV6), ports: "80"},
	}, port: "80", cause: "carrier-block", certainty: exposure.CauseProven},
	{name: "the carrier cuts 53, UDP", access: lab.Routed, provoke: served(cut("udp dport 53")), looks: []look{
		{from: outsideHost, at: at(routerV4, carrierV4), ports: "u:53,t:443"},
		{from: carrierHost, at: at(routerV4), ports: "u:53"},
	}, port: "53/udp", arguments: stun, cause: "carrier-block", certainty: exposure.CauseProven},
	{name: "the carrier cuts 80, one vantage only", access: lab.Routed, provoke: served(cut("tcp dport 80")), looks: []look{
		{from: outsideHost, at: at(routerV4, carrierV4), ports: "80,443"},
	}, port: "80", arguments: stun, cause: "router-no-forward", certainty: exposure.CausePossible},

	{name: "the vantage's provider cuts 80", access: lab.Routed, provoke: served(muffled("tcp dport 80")), looks: []look{
		{from: outsideHost, at: at(routerV4, carrierV4, carrierDown4), ports: "80,443"},
		{from: carrierHost, at: at(routerV4), ports: "80"},
	}, port: "80", arguments: stun, cause: "vantage-egress-block", certainty: exposure.CauseProven},
	{name: "the vantage's provider cuts 53 over IPv6, UDP", access: lab.Routed, provoke: served(muffled("udp dport 53")), looks: []look{
		{from: outsideHost, at: at(homeV6, carrierV6, carrierDown6), ports: "u:53,t:443"},
		{from: carrierHost, at: at(homeV6), ports: "u:53"},
	}, port: "53/udp", cause: "vantage-egress-block", certainty: exposure.CauseProven},
	{name: "the vantage's own filter, UDP", access: lab.Routed, provoke: served(func(t *testing.T, l *lab.Lab) {
		l.Outside.Filter(t, lab.Output, "udp dport 53", lab.Drop)
	}), from: outsideHost, at: routerV4, port: "53/udp", cause: "vantage-egress-block", certainty: exposure.CauseProven},
	{name: "the vantage's own filter", access: lab.Routed, provoke: served(func(t *testing.T, l *lab.Lab) {
		l.Outside.Filter(t, lab.Output, "tcp dport 80", lab.RejectAdmin)
	}), from: outsideHost, at: homeV6, port: "80", cause: "vantage-egress-block", certainty: exposure.CauseProven},
}
