//go:build linux && lab

package cli_test

import (
	"fmt"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// forwarded is a web server at home and the router's forward to it.
func forwarded(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Forward(t, "tcp", 80, 80)
		if change != nil {
			change(t, l)
		}
	})
}

// hairpinning has the router send back in what comes from inside for its own
// global address.
func hairpinning(t *testing.T, l *lab.Lab, port int) {
	t.Helper()
	// Where bridges pass the packet filter, the packet would have to leave by the
	// port of the bridge that it came in by.
	l.Router.Run(t, "ip", "link", "set", "lan1", "type", "bridge_slave", "hairpin", "on")
	l.Router.NFT(t, fmt.Sprintf(`
		add rule inet router prerouting iifname "lan" ip daddr %[1]s tcp dport %[3]d dnat ip to %[2]s:%[3]d
		add rule inet router postrouting oifname "lan" ip saddr 192.168.77.0/24 ip daddr %[2]s masquerade
	`, l.Router.V4, l.Home.V4, port))
}

// cutBehind drops packets after the vantage's own kernel has let them go, as the
// provider of a vantage does: nobody tells it.
func cutBehind(t *testing.T, l *lab.Lab, match string) {
	t.Helper()
	l.Router.NFT(t, fmt.Sprintf(`
		table inet provider {
			chain before {
				type filter hook prerouting priority raw
				iifname "wan" %s drop
			}
		}
	`, match))
}

var v4, v6 = []string{"-4"}, []string{"-6"}

// viaFaults are faults that a vantage outside finds out, asked by --via.
var viaFaults = []fault{
	{name: "via: nothing is wrong", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartSshd(t, lab.Sshd{})
		l.Forward(t, "tcp", 22, 22)
		hairpinning(t, l, 22)
	}, via: true, port: "22", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong, and nothing tells whose web server it is", provoke: forwarded(func(t *testing.T, l *lab.Lab) { hairpinning(t, l, 80) }), via: true, port: "80", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong, TLS", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Forward(t, "tcp", 443, 443)
		hairpinning(t, l, 443)
	}), via: true, port: "443", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong over IPv6", provoke: forwarded(nil), via: true, port: "80", arguments: v6, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong, UDP over IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartBind(t, lab.Bind{})
		l.Forward(t, "udp", 53, 53)
	}, via: true, port: "53/udp", arguments: v6, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong, UDP", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartBind(t, lab.Bind{})
		l.Forward(t, "udp", 53, 53)
	}, via: true, port: "53/udp", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: nothing is wrong, by name", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		hairpinning(t, l, 80)
	}), via: true, port: "80", arguments: []string{"-4", "--name", "home.example"}, cause: "ok", certainty: exposure.CauseProven},
	{name: "via: hairpin refused", provoke: forwarded(nil), via: true, port: "80", arguments: v4, cause: "hairpin-missing", certainty: exposure.CauseProven},
	{name: "via: hairpin dropped", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		l.Router.Filter(t, lab.Input, fmt.Sprintf(`iifname "lan" ip daddr %s`, l.Router.V4), lab.Drop)
	}), via: true, port: "80", arguments: v4, cause: "hairpin-missing", certainty: exposure.CauseProven},
	{name: "via: IPv6 forbidden by the router", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, "insert rule inet router forward iifname \"wan\" ip6 daddr "+l.Home.V6.String()+" tcp dport 80 reject with icmpx type admin-prohibited")
	}), via: true, port: "80", arguments: v6, cause: "router-filter", certainty: exposure.CauseLikely},
	{name: "via: IPv6 dropped by the router", provoke: web(nil), via: true, port: "80", arguments: v6, cause: "router-filter", certainty: exposure.CauseLikely},
	{name: "via: no forward", provoke: web(nil), via: true, port: "80", arguments: v4, cause: "router-no-forward", certainty: exposure.CauseLikely},
	{name: "via: forwarded, and the service is stopped", provoke: func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) }, via: true, port: "80", arguments: v4, cause: "not-listening", certainty: exposure.CauseProven},
	{name: "via: let in over IPv6, and the service is stopped", provoke: func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 80) }, via: true, port: "80", arguments: v6, cause: "not-listening", certainty: exposure.CauseProven},
	{name: "via: forwarded, and dropped for the Internet", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		l.Home.Filter(t, lab.Input, "ip saddr != 192.168.0.0/16 tcp dport 80", lab.Drop)
	}), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "via: the vantage cannot send", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartPostfix(t, lab.Postfix{})
		l.Forward(t, "tcp", 25, 25)
		l.Outside.Filter(t, lab.Output, "tcp dport 25", lab.Drop)
	}, via: true, port: "25", arguments: v6, cause: "vantage-egress-block", certainty: exposure.CauseProven},
	{name: "via: the vantage's provider cuts the port", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartPostfix(t, lab.Postfix{})
		l.Forward(t, "tcp", 25, 25)
		cutBehind(t, l, "tcp dport 25")
	}, via: true, port: "25", arguments: v6, cause: "vantage-egress-block", certainty: exposure.CauseLikely},
	{name: "via: open over IPv6 alone", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, "add rule inet router opened ip6 daddr "+l.Home.V6.String()+" accept")
	}), via: true, port: "80", arguments: []string{"--closed"}, zone: exposure.ZoneInternetV6, cause: "ipv6-unfiltered", certainty: exposure.CauseProven},
	{name: "via: open over IPv6 alone, a rule of the host's lets it in", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, "add rule inet router opened ip6 daddr "+l.Home.V6.String()+" accept")
		l.Home.NFT(t, `table inet own {
			chain input {
				type filter hook input priority filter; policy drop
				ct state established,related accept
				iif lo accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				tcp dport 80 accept
			}
		}`)
	}), via: true, port: "80", arguments: []string{"--closed"}, zone: exposure.ZoneInternetV6, cause: "ipv6-unfiltered", certainty: exposure.CauseLikely},
}
