//go:build linux && lab

package cli_test

import (
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// moreFaults are further ways to causes of which other tables have one.
var moreFaults = []fault{
	{name: "an address that is gone, UDP", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "address", "add", "192.168.77.99/24", "dev", "eth0")
		l.Home.ListenPacket(t, "udp", "192.168.77.99:53")
		l.Home.Run(t, "ip", "address", "del", "192.168.77.99/24", "dev", "eth0")
	}, port: "53/udp", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "an IPv6 address that is gone", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "address", "add", "2001:db8:77::99/64", "dev", "eth0", "nodad")
		l.Home.Listen(t, "tcp", "[2001:db8:77::99]:80")
		l.Home.Run(t, "ip", "address", "del", "2001:db8:77::99/64", "dev", "eth0")
	}, port: "80", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "IPv6 only, asked over IPv4", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Listen(t, "tcp6", "[::]:80")
		l.Forward(t, "tcp", 80, 80)
	}, from: outsideHost, at: routerV4, port: "80", cause: "wrong-family", certainty: exposure.CauseProven},
	{name: "IPv4 only, asked over IPv6, UDP", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.ListenPacket(t, "udp4", "0.0.0.0:53")
		l.Forward(t, "udp", 53, 53)
	}, from: outsideHost, at: homeV6, port: "53/udp", cause: "wrong-family", certainty: exposure.CauseProven},
	{name: "by name, and the certificate is for another", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n192.168.77.10 www.town.example\n")
	}), from: lanHost, at: homeV4, port: "443", arguments: []string{"--name", "www.town.example"}, cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "by name, and the certificate is for it", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n192.168.77.10 home.example\n")
	}), from: lanHost, at: homeV4, port: "443", arguments: []string{"--name", "home.example"}, cause: "ok", certainty: exposure.CauseProven},
	{name: "client: everything answers, IPv6", provoke: func(t *testing.T, l *lab.Lab) {
		l.LAN.NFT(t, `table ip6 facade { chain in { type nat hook prerouting priority dstnat; tcp dport != 7777 redirect to :7777; }; }`)
		l.LAN.Listen(t, "tcp", "[::]:7777")
	}, host: lanV6, port: "80", cause: "all-ports-answer", certainty: exposure.CauseProven},
	{name: "via: nothing arrives, and the router forwards it", provoke: pages(webHere, forwarded(func(t *testing.T, l *lab.Lab) { cutBehind(t, l, "tcp dport 80") })), via: true, port: "80", arguments: append(v4, readPages...), cause: "no-arrival", certainty: exposure.CauseLikely},
	{name: "via: nothing arrives, and the router forwards it, UDP", provoke: pages(dnsHere, func(t *testing.T, l *lab.Lab) {
		l.Home.StartBind(t, lab.Bind{})
		l.Forward(t, "udp", 53, 53)
		cutBehind(t, l, "udp dport 53")
	}), via: true, port: "53/udp", arguments: append(v4, readPages...), cause: "no-arrival", certainty: exposure.CauseLikely},
}
