//go:build lab

package cli_test

import (
	"fmt"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// zone has BIND on the other PC be the resolver of the home and the authority for
// town.example, with what the zone holds beside its own server.
func zone(records string, more func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Forward(t, "tcp", 80, 80)
		l.LAN.StartBind(t, lab.Bind{
			Zones: `zone "town.example" { type primary; file "/etc/bind/town"; };`,
			Files: map[string]string{"/etc/bind/town": fmt.Sprintf("$TTL 300\n@ SOA ns me 1 3600 600 86400 120\n NS ns\nns A %s\n%s", l.LAN.V4, records)},
		})
		l.Home.WriteFile(t, "/etc/resolv.conf", "nameserver "+l.LAN.V4.String()+"\n")
		if more != nil {
			more(t, l)
		}
	})
}

// resolver has dnsmasq on the router stand between, and say some things by itself.
func resolver(records, lies string) func(t *testing.T, l *lab.Lab) {
	return zone(records, func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Router.StartDnsmasq(t, fmt.Sprintf("server=/town.example/%s\n%s\n", l.LAN.V4, lies))
		l.Home.WriteFile(t, "/etc/resolv.conf", "nameserver "+l.Gateway4.String()+"\n")
	})
}

func both(first, second func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		first(t, l)
		second(t, l)
	}
}

const (
	right4 = "www A 26.10.0.2\n"
	right6 = "www AAAA 2608:26:20:7::a\n"
	old4   = "www A 26.10.0.99\n"
	old6   = "www AAAA 2608:26:20:7::99\n"
)

var byName = []string{"--name", "www.town.example"}

func www(*lab.Lab) string { return "www.town.example" }

// nameFaults are those of names: of this machine's own, and of another host's.
var nameFaults = []fault{
	{name: "name: A and AAAA are right", provoke: zone(right4+right6, nil), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "ok", certainty: exposure.CauseLikely},
	{name: "name: A of an old address", provoke: zone(old4+right6, nil), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "name-elsewhere", certainty: exposure.CauseProven},
	{name: "name: A of an old address, asked over IPv6", provoke: zone(old4+right6, nil), from: outsideHost, at: homeV6, port: "80", arguments: byName, cause: "ok", certainty: exposure.CauseProven},
	{name: "name: AAAA of an old address", provoke: zone(right4+old6, nil), from: outsideHost, at: homeV6, port: "80", arguments: byName, cause: "name-elsewhere", certainty: exposure.CauseProven},
	{name: "name: no AAAA", provoke: zone(right4, nil), from: outsideHost, at: homeV6, port: "80", arguments: byName, cause: "name-missing", certainty: exposure.CauseProven},
	{name: "name: no A", provoke: zone(right6, nil), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "name-missing", certainty: exposure.CauseProven},
	{name: "name: no such name", provoke: zone("", nil), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "name-missing", certainty: exposure.CauseProven},
	{name: "name: an alias to an old address", provoke: zone("www CNAME old\nold A 26.10.0.99\n", nil), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "name-elsewhere", certainty: exposure.CauseProven},
	{name: "name: an old lease in the LAN", provoke: resolver(right4+right6, "address=/www.town.example/192.168.77.66"), from: lanHost, at: homeV4, port: "80", arguments: byName, cause: "name-elsewhere", certainty: exposure.CauseProven},
	{name: "name: the inner address in the LAN", provoke: resolver(right4+right6, "address=/www.town.example/192.168.77.10"), from: lanHost, at: homeV4, port: "80", arguments: byName, cause: "ok", certainty: exposure.CauseProven},
	{name: "name: the resolver lies, the zone does not", provoke: resolver(right4+right6, "address=/www.town.example/26.10.0.99"), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "ok", certainty: exposure.CauseLikely},
	{name: "name: the resolver denies it", provoke: resolver(right4+right6, "address=/www.town.example/"), from: lanHost, at: homeV4, port: "80", arguments: byName, cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "name: the resolver fails", provoke: zone(right4+right6, nil), from: lanHost, at: homeV4, port: "80", arguments: []string{"--name", "www.elsewhere.example"}, cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "name: the hosts file alone", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Forward(t, "tcp", 80, 80)
		l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n26.10.0.99 www.town.example\n")
	}), from: outsideHost, at: routerV4, port: "80", arguments: byName, cause: "name-elsewhere", certainty: exposure.CauseLikely},

	{name: "other host, name: right", provoke: zone("www A 192.168.77.20\n", func(t *testing.T, l *lab.Lab) { l.LAN.StartNginx(t, lab.Nginx{}) }), host: www, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "other host, name: no such name", provoke: zone("", nil), host: www, port: "80", cause: "name-missing", certainty: exposure.CauseProven},
	{name: "other host, name: no AAAA", provoke: zone(right4, nil), host: www, port: "80", arguments: []string{"-6"}, cause: "name-missing", certainty: exposure.CauseProven},
	{name: "other host, name: the resolver is away", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.WriteFile(t, "/etc/resolv.conf", "nameserver 127.0.0.9\noptions timeout:1 attempts:1\n")
	}, host: www, port: "80", cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "other host, name: the resolver hangs", provoke: func(t *testing.T, l *lab.Lab) {
		l.LAN.ListenPacket(t, "udp", "192.168.77.20:53")
		l.Home.WriteFile(t, "/etc/resolv.conf", "nameserver 192.168.77.20\noptions timeout:1 attempts:1\n")
	}, host: www, port: "80", cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "other host, name: the resolver fails", provoke: zone("", nil), host: func(*lab.Lab) string { return "www.elsewhere.example" }, port: "53/udp", cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "other host, name: the resolver denies it", provoke: resolver("www A 192.168.77.20\n", "address=/www.town.example/"), host: www, port: "80", cause: "dns-failure", certainty: exposure.CauseProven},
	{name: "other host, name: the resolver lies", provoke: both(resolver("www A 192.168.77.20\n", "address=/www.town.example/192.168.77.1"), func(t *testing.T, l *lab.Lab) { l.LAN.StartNginx(t, lab.Nginx{}) }), host: www, port: "80", arguments: []string{"-4"}, cause: "name-elsewhere", certainty: exposure.CauseProven},
	{name: "other host, name: the hosts file is old", provoke: zone("www A 192.168.77.20\n", func(t *testing.T, l *lab.Lab) {
		l.LAN.StartNginx(t, lab.Nginx{})
		l.Home.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n192.168.77.66 www.town.example\n")
	}), host: www, port: "80", cause: "name-elsewhere", certainty: exposure.CauseProven},
}
