//go:build linux && lab

package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// ufw is a web server behind ufw as Debian sets it up, with commands of its own.
func ufw(commands ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartUFW(t, commands...)
	})
}

// firewalld is a web server behind firewalld as Debian sets it up, with commands
// of firewall-offline-cmd before it starts.
func firewalld(commands ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartFirewalld(t, commands...)
	})
}

// typedIn is a web server, and lines that its owner typed.
func typedIn(lines ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Run(t, "sh", "-ec", strings.Join(lines, "\n"))
	})
}

// named is a name server, and what is changed after it.
func named(change func(t *testing.T, l *lab.Lab)) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.StartBind(t, lab.Bind{})
		change(t, l)
	}
}

// policyDrop is a chain that lets in the lines and nothing else.
func policyDrop(lines ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.NFT(t, `table inet own {
			chain input {
				type filter hook input priority filter; policy drop
				ct state established,related accept
				iif lo accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				`+strings.Join(lines, "\n")+`
			}
		}`)
	})
}

// manyElements is a set of 100,000 networks and the LAN's.
func manyElements() string {
	var b strings.Builder
	b.WriteString("table inet own {\n set bad { type ipv4_addr; flags interval; elements = { 192.168.77.0/24")
	for i := range 100_000 {
		fmt.Fprintf(&b, ", 60.%d.%d.%d", i>>15, i>>7&255, i<<1&255)
	}
	b.WriteString(" }; }\n chain input { type filter hook input priority filter; ip saddr @bad tcp dport 80 drop; }\n}\n")
	return b.String()
}

// dockerRules are what Docker 20.10 writes for a container 172.17.0.2 whose port
// 80 is published as 8080: taken from iptables-save of such a machine. The
// container is a network namespace on the bridge.
const dockerRules = `
ip netns add box
ip link add docker0 type bridge
ip address add 172.17.0.1/16 dev docker0
ip link add veth-box type veth peer name eth0 netns box
ip link set veth-box master docker0 up
ip link set docker0 up
ip -n box address add 172.17.0.2/16 dev eth0
ip -n box link set eth0 up
ip -n box link set lo up
ip -n box route add default via 172.17.0.1
sysctl -qw net.ipv4.ip_forward=1
iptables-restore --noflush <<'END'
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-I FORWARD -o docker0 -j DOCKER
-I FORWARD -i docker0 ! -o docker0 -j ACCEPT
-I FORWARD -i docker0 -o docker0 -j ACCEPT
-I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-I FORWARD -j DOCKER-ISOLATION-STAGE-1
-I FORWARD -j DOCKER-USER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
END
iptables -P FORWARD DROP
`

// publishedBehindUFW is a container whose port 8080 is published, and ufw that
// denies all that comes in, in the order in which machines get them.
func publishedBehindUFW(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Home.StartUFW(t, "deny 8080/tcp")
	l.Home.Run(t, "sh", "-ec", dockerRules)
	l.Home.StartInNamespace(t, "box", "80")
}

// applyFaults are faults of the machine's own packet filter: the products that
// people have, for real.
var applyFaults = []fault{
	{name: "ufw denies by default", provoke: ufw(), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw denies by default, IPv6", provoke: ufw(), from: lanHost, at: homeV6, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw denies by default, UDP", provoke: named(func(t *testing.T, l *lab.Lab) { l.Home.StartUFW(t) }), from: lanHost, at: homeV4, port: "53/udp", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw denies by default, nobody else looked", provoke: ufw(), port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw rejects", provoke: ufw("default allow incoming", "reject 80/tcp"), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw lets in from another network only", provoke: ufw("allow from 10.9.9.0/24 to any port 80 proto tcp"), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw lets in over UDP, asked over TCP", provoke: ufw("allow 80/udp"), from: lanHost, at: homeV6, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "ufw lets in", provoke: ufw("allow 80/tcp"), from: lanHost, at: homeV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "ufw lets in, and nothing listens", provoke: func(t *testing.T, l *lab.Lab) { l.Home.StartUFW(t, "allow 80/tcp") }, from: lanHost, at: homeV4, port: "80", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "firewalld's zone has not the service", provoke: firewalld(), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "firewalld's zone has not the service, IPv6", provoke: firewalld(), from: lanHost, at: homeV6, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "firewalld's zone has not the service, UDP", provoke: named(func(t *testing.T, l *lab.Lab) { l.Home.StartFirewalld(t) }), from: lanHost, at: homeV4, port: "53/udp", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "firewalld lets in by the zone of another interface", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "ip", "link", "add", "eth9", "type", "bridge")
		l.Home.StartFirewalld(t, "--zone=internal --add-interface=eth9", "--zone=internal --add-service=http")
	}), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "firewalld's zone drops", provoke: firewalld("--zone=drop --add-interface=eth0"), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "firewalld lets in the service", provoke: firewalld("--add-service=http"), from: lanHost, at: homeV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "iptables-legacy drops", provoke: typedIn("iptables-legacy -A INPUT -p tcp --dport 80 -j DROP"), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "iptables-legacy drops, IPv6", provoke: typedIn("ip6tables-legacy -A INPUT -p tcp --dport 80 -j DROP"), from: lanHost, at: homeV6, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "iptables drops by its policy", provoke: typedIn("iptables -A INPUT -i lo -j ACCEPT", "iptables -A INPUT -p tcp -m multiport --dports 22,443 -j ACCEPT", "iptables -P INPUT DROP"), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "a set of nftables drops", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, `table inet own { set shut { type inet_service; flags interval; elements = { 70-90, 8080 }; }
			chain input { type filter hook input priority filter; tcp dport @shut drop; }
}`)
	}), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "a map of nftables drops, UDP", provoke: named(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, `table inet own { map fate { type inet_proto . inet_service : verdict; elements = { tcp . 80 : accept, udp . 53 : drop }; }
			chain input { type filter hook input priority filter; meta l4proto . th dport vmap @fate; }
}`)
	}), from: lanHost, at: homeV6, port: "53/udp", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "a set of 100,000 elements drops", provoke: web(func(t *testing.T, l *lab.Lab) { l.Home.NFT(t, manyElements()) }), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "the answer is dropped", provoke: web(func(t *testing.T, l *lab.Lab) { l.Home.Filter(t, lab.Output, "tcp sport 80", lab.Drop) }), from: lanHost, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "the packet filter may not be read", provoke: ufw(), port: "80", unprivileged: true, cause: "inconclusive", certainty: exposure.CausePossible},
	{name: "the packet filter may not be read, IPv6", provoke: policyDrop(), from: lanHost, at: homeV6, port: "80", unprivileged: true, cause: "host-firewall", certainty: exposure.CauseLikely},

	{name: "published by a container behind ufw", provoke: publishedBehindUFW, from: lanHost, at: homeV4, port: "8080", arguments: []string{"--closed"}, cause: "container-published", certainty: exposure.CauseProven},
	{name: "published by a container behind ufw, nobody looked", provoke: publishedBehindUFW, port: "8080", arguments: []string{"--closed"}, cause: "container-published", certainty: exposure.CauseProven},
	{name: "open by a rule of ufw", provoke: ufw("allow 80/tcp"), from: lanHost, at: homeV4, port: "80", arguments: []string{"--closed"}, cause: "allow-rule", certainty: exposure.CauseProven},
	{name: "open by a rule of ufw, IPv6", provoke: ufw("allow 80/tcp"), from: lanHost, at: homeV6, port: "80", arguments: []string{"--closed"}, cause: "allow-rule", certainty: exposure.CauseProven},
	{name: "open by a service of firewalld", provoke: firewalld("--add-service=http"), from: lanHost, at: homeV4, port: "80", arguments: []string{"--closed"}, cause: "allow-rule", certainty: exposure.CauseProven},
	{name: "open by a rule of ufw, UDP", provoke: named(func(t *testing.T, l *lab.Lab) { l.Home.StartUFW(t, "allow 53/udp") }), from: lanHost, at: homeV4, port: "53/udp", arguments: []string{"--closed"}, cause: "allow-rule", certainty: exposure.CauseProven},
	{name: "open without a packet filter, IPv6", provoke: web(nil), from: lanHost, at: homeV6, port: "80", arguments: []string{"--closed"}, cause: "firewall-off", certainty: exposure.CauseProven},
	{name: "open without a packet filter, UDP", provoke: named(func(*testing.T, *lab.Lab) {}), from: lanHost, at: homeV4, port: "53/udp", arguments: []string{"--closed"}, cause: "firewall-off", certainty: exposure.CauseProven},
	{name: "open since ufw is switched off", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.StartUFW(t, "deny 80/tcp")
		l.Home.Run(t, "ufw", "disable")
	}), from: lanHost, at: homeV4, port: "80", arguments: []string{"--closed"}, cause: "firewall-off", certainty: exposure.CauseProven},
}
