//go:build lab

package cli_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

func addressOf(of func(l *lab.Lab) netip.Addr) func(l *lab.Lab) string {
	return func(l *lab.Lab) string { return of(l).String() }
}

var (
	lanV4     = addressOf(func(l *lab.Lab) netip.Addr { return l.LAN.V4 })
	lanV6     = addressOf(func(l *lab.Lab) netip.Addr { return l.LAN.V6 })
	outsideV4 = addressOf(func(l *lab.Lab) netip.Addr { return l.Outside.V4 })
	outsideV6 = addressOf(func(l *lab.Lab) netip.Addr { return l.Outside.V6 })
)

func said(address string) func(*lab.Lab) string { return func(*lab.Lab) string { return address } }

// there has a web server and SSH on the other PC and outside, and then something
// done to one of them, to the router or to this machine.
func there(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		// A router of Linux says of six packets at once that they died, then of one
		// a second.
		l.Router.Run(t, "sysctl", "-q", "-w", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
		l.LAN.StartNginx(t, lab.Nginx{})
		l.Outside.StartNginx(t, lab.Nginx{})
		if change != nil {
			change(t, l)
		}
	}
}

func blocks(h func(l *lab.Lab) *lab.Host, hook lab.Hook, match string, v lab.Verdict) func(t *testing.T, l *lab.Lab) {
	return there(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		h(l).Filter(t, hook, match, v)
	})
}

func clientRouter(l *lab.Lab) *lab.Host { return l.Router }
func clientHome(l *lab.Lab) *lab.Host   { return l.Home }

// clientFaults are those of the way from here to another host.
var clientFaults = []fault{
	{name: "client: nothing is wrong", provoke: there(nil), host: lanV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "client: nothing is wrong over IPv6, behind a router", provoke: there(nil), host: outsideV6, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "client: the host is down", provoke: there(nil), host: said("192.168.77.66"), port: "80", cause: "host-down", certainty: exposure.CauseProven},
	{name: "client: the host is down, IPv6", provoke: there(nil), host: said("2608:26:20:7::66"), port: "80", cause: "host-down", certainty: exposure.CauseProven},
	{name: "client: the host is down, UDP", provoke: there(nil), host: said("192.168.77.66"), port: "53/udp", cause: "host-down", certainty: exposure.CauseProven},
	{name: "client: the host behind the router is down", provoke: there(nil), host: said("26.10.0.66"), port: "80", cause: "host-down", certainty: exposure.CauseLikely},
	{name: "client: no route", provoke: there(func(t *testing.T, l *lab.Lab) { l.Home.Run(t, "ip", "route", "del", "default") }), host: outsideV4, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: no route, IPv6", provoke: there(func(t *testing.T, l *lab.Lab) { l.Home.Run(t, "ip", "-6", "route", "del", "default") }), host: outsideV6, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: no address of that family", provoke: there(func(t *testing.T, l *lab.Lab) { l.Home.Run(t, "ip", "-6", "address", "flush", "dev", "eth0") }), host: lanV6, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: the router is away", provoke: there(func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "route", "replace", "default", "via", "192.168.77.254")
	}), host: outsideV4, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: the router knows no way", provoke: there(func(t *testing.T, l *lab.Lab) { l.Router.Run(t, "ip", "route", "del", "default") }), host: said("26.77.0.1"), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: the router forbids it", provoke: blocks(clientRouter, lab.Forwarding, "tcp dport 80", lab.RejectAdmin), host: outsideV4, port: "80", cause: "router-filter", certainty: exposure.CauseProven},
	{name: "client: the router forbids it, IPv6", provoke: blocks(clientRouter, lab.Forwarding, "tcp dport 80", lab.RejectAdmin), host: outsideV6, port: "80", cause: "router-filter", certainty: exposure.CauseProven},
	{name: "client: the router forbids it, UDP", provoke: blocks(clientRouter, lab.Forwarding, "udp dport 53", lab.RejectAdmin), host: outsideV4, port: "53/udp", cause: "router-filter", certainty: exposure.CauseProven},
	{name: "client: the router says the host is not there", provoke: blocks(clientRouter, lab.Forwarding, "tcp dport 80", lab.RejectHost), host: outsideV4, port: "80", cause: "router-filter", certainty: exposure.CauseProven},
	{name: "client: the router refuses in the host's name", provoke: blocks(clientRouter, lab.Forwarding, "tcp dport 80", lab.RejectReset), host: outsideV4, port: "80", cause: "router-filter", certainty: exposure.CauseProven},
	{name: "client: the router drops", provoke: blocks(clientRouter, lab.Forwarding, "tcp dport 80", lab.Drop), host: outsideV4, port: "80", cause: "host-firewall", certainty: exposure.CausePossible},
	{name: "client: this machine drops what it sends", provoke: blocks(clientHome, lab.Output, "tcp dport 80", lab.Drop), host: outsideV4, port: "80", cause: "egress-blocked", certainty: exposure.CauseProven},
	{name: "client: this machine drops what it sends, in the LAN, IPv6", provoke: blocks(clientHome, lab.Output, "tcp dport 80", lab.Drop), host: lanV6, port: "80", cause: "egress-blocked", certainty: exposure.CauseProven},
	{name: "client: this machine refuses what it sends", provoke: blocks(clientHome, lab.Output, "tcp dport 80", lab.RejectReset), host: lanV4, port: "80", cause: "egress-blocked", certainty: exposure.CauseProven},
	{name: "client: this machine drops what it sends, UDP", provoke: blocks(clientHome, lab.Output, "udp dport 53", lab.Drop), host: lanV4, port: "53/udp", cause: "egress-blocked", certainty: exposure.CauseProven},
	{name: "client: this machine drops what it sends, UDP, not root", provoke: blocks(clientHome, lab.Output, "udp dport 53", lab.Drop), host: lanV4, port: "53/udp", unprivileged: true, cause: "egress-blocked", certainty: exposure.CauseProven},
	{name: "client: the service is stopped", provoke: there(nil), host: lanV4, port: "8080", cause: "not-listening", certainty: exposure.CauseLikely},
	{name: "client: the service is stopped, UDP", provoke: there(nil), host: lanV6, port: "53/udp", cause: "not-listening", certainty: exposure.CauseLikely},
	{name: "client: the host drops", provoke: there(func(t *testing.T, l *lab.Lab) { l.LAN.Filter(t, lab.Input, "tcp dport 80", lab.Drop) }), host: lanV4, port: "80", cause: "host-firewall", certainty: exposure.CauseLikely},
	{name: "client: the host drops, IPv6", provoke: there(func(t *testing.T, l *lab.Lab) { l.LAN.Filter(t, lab.Input, "tcp dport 80", lab.Drop) }), host: lanV6, port: "80", cause: "host-firewall", certainty: exposure.CauseLikely},
	{name: "client: the host forbids", provoke: there(func(t *testing.T, l *lab.Lab) { l.LAN.Filter(t, lab.Input, "tcp dport 80", lab.RejectAdmin) }), host: lanV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "client: the host forbids, UDP", provoke: there(func(t *testing.T, l *lab.Lab) { l.LAN.Filter(t, lab.Input, "udp dport 53", lab.RejectAdmin) }), host: lanV6, port: "53/udp", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "client: the host drops all but ping", provoke: there(func(t *testing.T, l *lab.Lab) { l.LAN.Filter(t, lab.Input, "meta l4proto tcp", lab.Drop) }), host: lanV4, port: "80", cause: "host-firewall", certainty: exposure.CauseLikely},
	{name: "client: everything answers", provoke: func(t *testing.T, l *lab.Lab) {
		l.LAN.NFT(t, `table ip facade { chain in { type nat hook prerouting priority dstnat; tcp dport != 7777 redirect to :7777; }; }`)
		l.LAN.Listen(t, "tcp", "0.0.0.0:7777")
	}, host: lanV4, port: "80", cause: "all-ports-answer", certainty: exposure.CauseProven},
	{name: "client: the service hangs", provoke: func(t *testing.T, l *lab.Lab) { l.LAN.Listen(t, "tcp", "[::]:80") }, host: lanV6, port: "80", cause: "service-silent", certainty: exposure.CauseProven},
}
