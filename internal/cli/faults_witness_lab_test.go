//go:build linux && lab

package cli_test

import (
	"fmt"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// forwardedDNS is a name server at home that the router forwards, as an example of UDP.
func forwardedDNS(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartBind(t, lab.Bind{})
		l.Forward(t, "udp", 53, 53)
		if change != nil {
			change(t, l)
		}
	}
}

// replies has the router drop or refuse what a service at home answers.
func replies(match, verdict string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Router.NFT(t, fmt.Sprintf(`insert rule inet router forward iifname "lan" %s %s`, match, verdict))
	}
}

// untold drops or refuses what comes from the vantage alone, by a rule of which
// nobody can say what it does to people of the Internet.
func untold(match, verdict string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.NFT(t, fmt.Sprintf(`table inet blocked {
			chain input {
				type filter hook input priority filter
				ip saddr { %[3]s, %[5]s } %[1]s %[2]s
				ip6 saddr %[4]s %[1]s %[2]s
			}
		}`, match, verdict, l.Outside.V4, l.Outside.V6, l.Gateway4))
	}
}

// witnessFaults are faults that both ends find out together.
var witnessFaults = []fault{
	{name: "both ends: dropped by a rule for the vantage alone", provoke: forwarded(untold("tcp dport 80", "drop")), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: dropped by a rule for the vantage alone, IPv6", provoke: forwarded(untold("tcp dport 80", "drop")), via: true, port: "80", arguments: v6, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: refused by a rule for the vantage alone", provoke: forwarded(untold("tcp dport 80", "reject with tcp reset")), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: forbidden by a rule for the vantage alone, IPv6", provoke: forwarded(untold("tcp dport 80", "reject with icmpx type admin-prohibited")), via: true, port: "80", arguments: v6, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: dropped by a rule for the vantage alone, UDP", provoke: forwardedDNS(untold("udp dport 53", "drop")), via: true, port: "53/udp", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: dropped, UDP over IPv6", provoke: forwardedDNS(func(t *testing.T, l *lab.Lab) {
		l.Home.Filter(t, lab.Input, `iifname "eth0" udp dport 53`, lab.Drop)
	}), via: true, port: "53/udp", arguments: v6, cause: "host-firewall", certainty: exposure.CauseProven},

	{name: "both ends: the router drops the answers", provoke: forwarded(replies("tcp sport 80", "drop")), via: true, port: "80", arguments: v4, cause: "reply-lost", certainty: exposure.CauseProven},
	{name: "both ends: the router drops the answers, IPv6", provoke: forwarded(replies("tcp sport 80", "drop")), via: true, port: "80", arguments: v6, cause: "reply-lost", certainty: exposure.CauseProven},
	{name: "both ends: the router refuses the answers, IPv6", provoke: forwarded(replies("tcp sport 80", "reject with tcp reset")), via: true, port: "80", arguments: v6, cause: "reply-lost", certainty: exposure.CauseProven},
	{name: "both ends: the router drops the answers, UDP", provoke: forwardedDNS(replies("udp sport 53", "drop")), via: true, port: "53/udp", arguments: v4, cause: "reply-lost", certainty: exposure.CauseProven},
	{name: "both ends: the router drops the answers, UDP over IPv6", provoke: forwardedDNS(replies("udp sport 53", "drop")), via: true, port: "53/udp", arguments: v6, cause: "reply-lost", certainty: exposure.CauseProven},

	{name: "both ends: to another port of this machine", provoke: web(func(t *testing.T, l *lab.Lab) { l.Forward(t, "tcp", 80, 8081) }), via: true, port: "80", arguments: v4, cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "both ends: to another port of this machine, UDP", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.StartBind(t, lab.Bind{})
		l.Forward(t, "udp", 53, 5353)
	}, via: true, port: "53/udp", arguments: v4, cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "both ends: to another PC that answers", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.LAN.StartNginx(t, lab.Nginx{})
		l.Router.NFT(t, fmt.Sprintf(`add rule inet router prerouting iifname "wan" tcp dport 80 dnat ip to %s:80`, l.LAN.V4))
	}), via: true, port: "80", arguments: v4, cause: "forward-elsewhere", certainty: exposure.CauseLikely},

	{name: "both ends: not forwarded", provoke: web(nil), via: true, port: "80", arguments: v4, cause: "router-no-forward", certainty: exposure.CauseLikely},
	{name: "both ends: not forwarded, UDP", provoke: func(t *testing.T, l *lab.Lab) { l.Home.StartBind(t, lab.Bind{}) }, via: true, port: "53/udp", arguments: v4, cause: "router-no-forward", certainty: exposure.CauseLikely},
	{name: "both ends: not let in, UDP over IPv6", provoke: func(t *testing.T, l *lab.Lab) { l.Home.StartBind(t, lab.Bind{}) }, via: true, port: "53/udp", arguments: v6, cause: "router-filter", certainty: exposure.CauseLikely},
	{name: "both ends: the router itself answers", provoke: func(t *testing.T, l *lab.Lab) {
		l.Router.StartNginx(t, lab.Nginx{})
		l.Router.NFT(t, `insert rule inet router input tcp dport 80 accept`)
	}, via: true, port: "80", arguments: []string{"-4", "--closed"}, cause: "router-itself", certainty: exposure.CauseLikely},

	{name: "both ends: a router that hides who comes, and nothing is wrong", provoke: web(func(t *testing.T, l *lab.Lab) {
		hairpinning(t, l, 80)
		l.Router.NFT(t, fmt.Sprintf(`
			add rule inet router prerouting iifname "wan" meta nfproto ipv4 tcp dport 80 dnat ip to %[1]s:80
			add rule inet router postrouting oifname "lan" ip daddr %[1]s tcp dport 80 masquerade
		`, l.Home.V4))
	}), via: true, port: "80", arguments: v4, cause: "ok", certainty: exposure.CauseProven},
	{name: "both ends: a router that hides who comes, and the host drops", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Router.NFT(t, fmt.Sprintf(`
			add rule inet router prerouting iifname "wan" meta nfproto ipv4 tcp dport 80 dnat ip to %[1]s:80
			add rule inet router postrouting oifname "lan" ip daddr %[1]s tcp dport 80 masquerade
		`, l.Home.V4))
		untold("tcp dport 80", "drop")(t, l)
	}), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: sequence numbers changed on the way, and the host drops", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		renumbered(t, l)
		untold("tcp dport 80", "drop")(t, l)
	}), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: sequence numbers changed on the way, and the host drops, IPv6", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		renumbered(t, l)
		untold("tcp dport 80", "drop")(t, l)
	}), via: true, port: "80", arguments: v6, cause: "host-firewall", certainty: exposure.CauseProven},
}

// renumbered has the router change the sequence numbers of what comes from
// outside, as some middleboxes do: the vantage's cookie is lost. It does not
// change the answers back: there are none.
func renumbered(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Router.NFT(t, `table inet middlebox {
		chain raw {
			type filter hook prerouting priority raw
			iifname "wan" tcp dport 80 tcp flags & (syn | ack) == syn tcp sequence set 12345
		}
	}`)
}
