//go:build linux && lab

package cli_test

import (
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// pythonServer has a script of Python stand in for a service, so that it can bind
// its socket as no server of Debian does. It runs until the test ends.
func pythonServer(t *testing.T, h *lab.Host, code string) {
	t.Helper()
	h.WriteFile(t, "/tmp/serve.py", "import socket, time, threading\n"+code+"\nopen('/tmp/ready', 'w').close()\nwhile True: time.sleep(60)\n")
	cmd := h.Command(t.Context(), "/usr/bin/python3", "/tmp/serve.py")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	h.Run(t, "sh", "-c", "for i in $(seq 200); do [ -e /tmp/ready ] && exit 0; sleep 0.05; done; exit 1")
}

// boundBy is a web server whose socket a line of Python binds.
func boundBy(family, bind string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Run(t, "sh", "-ec", "ip link add docker0 type bridge\nip link set docker0 up\nip address add 172.17.0.1/16 dev docker0\nip address add fe80::99/64 dev eth0 nodad")
		pythonServer(t, l.Home, `
s = socket.socket(socket.`+family+`)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
`+bind+`
s.listen(50)
def loop():
    while True:
        c, _ = s.accept()
        try:
            c.settimeout(3)
            c.recv(4096)
            c.sendall(b"HTTP/1.0 200 OK\r\nServer: py\r\nContent-Length: 2\r\n\r\nhi")
        except Exception:
            pass
        c.close()
threading.Thread(target=loop, daemon=True).start()
`)
	}
}

// exhausted is a server whose queue of connections to be accepted is full.
func exhausted(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Forward(t, "tcp", 80, 80)
	pythonServer(t, l.Home, `
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 80))
s.listen(0)
waiting = [socket.socket() for _ in range(4)]
for c in waiting:
    c.setblocking(False)
    c.connect_ex(("127.0.0.1", 80))
while ":0050 00000000:0000 0A 00000000:00000001" not in open("/proc/net/tcp").read(): time.sleep(0.02)
`)
}

// tlsServer is openssl's, with options of its own.
func tlsServer(options string) func(t *testing.T, l *lab.Lab) {
	return func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Run(t, "sh", "-ec", "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/key.pem -out /tmp/cert.pem -subj /CN=home.example -days 30 2>/dev/null")
		cmd := l.Home.Command(t.Context(), "sh", "-c", "exec openssl s_server -accept 443 -cert /tmp/cert.pem -key /tmp/key.pem -www "+options+" >/dev/null 2>&1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		l.Home.Run(t, "sh", "-c", "for i in $(seq 200); do grep -q ':01BB .* 0A ' /proc/net/tcp6 && exit 0; sleep 0.05; done; exit 1")
	}
}

// routed is a web server of a machine whose routes are changed by lines of ip.
func routed(lines ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Run(t, "sh", "-ec", strings.Join(lines, "\n"))
	})
}

// sentElsewhere is a web server of a machine whose own packet filter sends newcomers on.
func sentElsewhere(rule string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.Run(t, "sysctl", "-qw", "net.ipv4.ip_forward=1")
		l.Home.NFT(t, `table ip own { chain pre { type nat hook prerouting priority dstnat; `+rule+`; }; }`)
	})
}

// atDevice drops at an interface, before everything else.
const atDevice = `table netdev guard { chain in { type filter hook ingress device "eth0" priority -500; %s; }; }`

// auditFaults are faults of the places that nobody thinks of first: interfaces,
// routes, the machine's own redirects, queues and handshakes.
var auditFaults = []fault{
	{name: "a mailbox's certificate has expired", provoke: expiredMailbox, from: lanHost, at: homeV4, port: "993", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "expired behind STARTTLS, IPv6", provoke: expiredMailbox, from: lanHost, at: homeV6, port: "143", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "expired behind STARTTLS, from another host", provoke: expiredMailbox, on: lanHost, host: hostAt(homeV4), port: "143", cause: "tls-broken", certainty: exposure.CauseProven},
	{name: "in a network namespace, not published", provoke: func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "sh", "-ec", "ip netns add box\nip -n box link set lo up")
		l.Home.StartInNamespace(t, "box", "80")
	}, from: lanHost, checks: true, at: homeV4, port: "80", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "bound to the interface lo", provoke: boundBy("AF_INET", `s.setsockopt(socket.SOL_SOCKET, 25, b"lo"); s.bind(("0.0.0.0", 80))`), from: lanHost, checks: true, at: homeV4, port: "80", cause: "loopback-only", certainty: exposure.CauseProven},
	{name: "bound to another interface", provoke: boundBy("AF_INET", `s.setsockopt(socket.SOL_SOCKET, 25, b"docker0"); s.bind(("0.0.0.0", 80))`), from: lanHost, checks: true, at: homeV4, port: "80", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "bound to the right interface", provoke: boundBy("AF_INET", `s.setsockopt(socket.SOL_SOCKET, 25, b"eth0"); s.bind(("0.0.0.0", 80))`), from: lanHost, checks: true, at: homeV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "bound to the address of a bridge of containers", provoke: boundBy("AF_INET", `s.bind(("172.17.0.1", 80))`), from: lanHost, checks: true, at: homeV4, port: "80", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "bound to the address of a bridge of containers, nobody else looked", provoke: boundBy("AF_INET", `s.bind(("172.17.0.1", 80))`), port: "80", cause: "wrong-address", certainty: exposure.CauseLikely},
	{name: "bound to a link-local address", provoke: boundBy("AF_INET6", `s.bind(("fe80::99", 80, 0, socket.if_nametoindex("eth0")))`), from: lanHost, checks: true, at: homeV6, port: "80", cause: "wrong-address", certainty: exposure.CauseProven},
	{name: "no route for the answer, by a rule of routing", provoke: routed("ip route add blackhole default table 100", "ip rule add ipproto tcp sport 80 table 100 pref 100"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "no route for the answer, blackhole", provoke: routed("ip route add blackhole 192.168.77.20/32"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "the reverse path filter drops", provoke: routed("sysctl -qw net.ipv4.conf.all.rp_filter=1", "ip link add docker0 type bridge", "ip link set docker0 up", "ip address add 172.17.0.1/16 dev docker0", "ip route add 192.168.77.20/32 dev docker0"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "dropped at the interface", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, strings.Replace(atDevice, "%s", "tcp dport 80 drop", 1))
	}), from: lanHost, checks: true, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "answers ARP to nobody", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, `table arp guard { chain in { type filter hook input priority 0; drop; }; }`)
	}), from: lanHost, checks: true, at: homeV4, port: "80", cause: "inconclusive", certainty: exposure.CausePossible},
	{name: "connections begun are let in, and those that are there dropped", provoke: policyDropAll("ct state new tcp dport 80 accept"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "an ipset of iptables drops", provoke: typedIn("ipset create bad hash:net,port", "ipset add bad 192.168.77.0/24,tcp:80", "iptables -A INPUT -p tcp -m multiport --dports 22,80:90 -m set --match-set bad src,dst -j DROP"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "iptables counts connections", provoke: typedIn("iptables -A INPUT -p tcp --dport 80 -m connlimit --connlimit-above 0 -j DROP"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "host-firewall", certainty: exposure.CauseLikely},
	{name: "redirected to a port that nobody has", provoke: sentElsewhere("tcp dport 80 redirect to :8088"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "redirected to a port that serves", provoke: sentElsewhere("tcp dport 8088 redirect to :80"), from: lanHost, checks: true, at: homeV4, port: "8088", cause: "ok", certainty: exposure.CauseProven},
	{name: "sent on to a host that is not there", provoke: sentElsewhere("tcp dport 80 dnat to 192.168.77.77:80"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "forward-elsewhere", certainty: exposure.CauseProven},
	{name: "published, and the container is gone", provoke: func(t *testing.T, l *lab.Lab) { l.Home.Run(t, "sh", "-ec", dockerRules) }, from: lanHost, checks: true, at: homeV4, port: "8080", cause: "not-listening", certainty: exposure.CauseLikely},
	{name: "as many wait as may", provoke: exhausted, from: lanHost, checks: true, at: homeV4, port: "80", cause: "service-silent", certainty: exposure.CauseProven},
	{name: "TLS 1.0 only", provoke: tlsServer("-tls1 -cipher ALL:@SECLEVEL=0"), from: lanHost, checks: true, at: homeV4, port: "443", cause: "tls-broken", certainty: exposure.CauseLikely},
	{name: "a certificate of the client is wanted", provoke: tlsServer("-Verify 1 -verify_return_error"), from: lanHost, checks: true, at: homeV4, port: "443", cause: "service-refuses", certainty: exposure.CauseLikely},
	{name: "twenty addresses", provoke: routed("for i in $(seq 100 119); do ip address add 192.168.77.$i/24 dev eth0; ip address add 2608:26:20:7::$i/64 dev eth0 nodad; done"), from: lanHost, checks: true, at: homeV4, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "IPv6 only", provoke: routed("ip -4 address flush dev eth0"), from: lanHost, checks: true, at: homeV6, port: "80", cause: "ok", certainty: exposure.CauseProven},
	{name: "client: a route that forbids it", provoke: web(func(t *testing.T, l *lab.Lab) { l.LAN.Run(t, "ip", "route", "add", "prohibit", l.Home.V4.String()) }), on: lanHost, host: hostAt(homeV4), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: a route that swallows it", provoke: web(func(t *testing.T, l *lab.Lab) { l.LAN.Run(t, "ip", "route", "add", "blackhole", l.Home.V4.String()) }), on: lanHost, host: hostAt(homeV4), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: the host says that it is not there", provoke: filtered("tcp dport 80", lab.RejectHost), on: lanHost, host: hostAt(homeV4), port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "client: the host says that the port is not there", provoke: filtered("tcp dport 80", lab.RejectPort), on: lanHost, host: hostAt(homeV4), port: "80", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: no route for the answer, by a rule of routing", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		l.Home.Run(t, "sh", "-ec", "ip route add blackhole default table 100\nip rule add ipproto tcp sport 80 table 100 pref 100")
	}), via: true, port: "80", arguments: v4, cause: "no-route", certainty: exposure.CauseProven},
	{name: "both ends: dropped at the interface for the vantage alone", provoke: forwarded(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, strings.Replace(atDevice, "%s", "ip saddr "+l.Outside.V4.String()+" tcp dport 80 drop", 1))
	}), via: true, port: "80", arguments: v4, cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "both ends: as many wait as may", provoke: exhausted, via: true, port: "80", arguments: v4, cause: "service-silent", certainty: exposure.CauseProven},
	{name: "no route for the answer over IPv6", provoke: routed("ip -6 route add blackhole 2608:26:20:7::14/128"), from: lanHost, checks: true, at: homeV6, port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "no route for the answer, UDP", provoke: named(func(t *testing.T, l *lab.Lab) { l.Home.Run(t, "ip", "route", "add", "blackhole", "192.168.77.20/32") }), from: lanHost, checks: true, at: homeV4, port: "53/udp", cause: "no-route", certainty: exposure.CauseProven},
	{name: "redirected to a port that nobody has, UDP", provoke: named(func(t *testing.T, l *lab.Lab) {
		l.Home.NFT(t, `table ip own { chain pre { type nat hook prerouting priority dstnat; udp dport 53 redirect to :5454; }; }`)
	}), from: lanHost, checks: true, at: homeV4, port: "53/udp", cause: "not-listening", certainty: exposure.CauseProven},
	{name: "dropped at the interface, UDP", provoke: named(func(t *testing.T, l *lab.Lab) { l.Home.NFT(t, strings.Replace(atDevice, "%s", "udp dport 53 drop", 1)) }), from: lanHost, checks: true, at: homeV4, port: "53/udp", cause: "host-firewall", certainty: exposure.CauseProven},
	{name: "should be closed, and nothing listens", provoke: func(*testing.T, *lab.Lab) {}, port: "80", arguments: []string{"--closed"}, cause: "ok", certainty: exposure.CauseProven},
	{name: "client: a rule of routing for the port", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.LAN.Run(t, "sh", "-ec", "ip route add unreachable default table 100\nip rule add ipproto tcp dport 80 table 100 pref 100")
	}), on: lanHost, host: hostAt(homeV4), port: "80", cause: "no-route", certainty: exposure.CauseProven},
	{name: "client: its own packet filter drops for some users", provoke: web(func(t *testing.T, l *lab.Lab) {
		l.LAN.NFT(t, `table inet own { chain out { type filter hook output priority 0; meta skuid 0 tcp dport 80 drop; }; }`)
	}), on: lanHost, host: hostAt(homeV4), port: "80", cause: "egress-blocked", certainty: exposure.CauseLikely},
}

// policyDropAll is a chain that lets in the loopback, neighbours and the lines.
func policyDropAll(lines ...string) func(t *testing.T, l *lab.Lab) {
	return web(func(t *testing.T, l *lab.Lab) {
		t.Helper()
		l.Home.NFT(t, `table inet own {
			chain input {
				type filter hook input priority filter; policy drop
				iif lo accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
				`+strings.Join(lines, "\n")+`
			}
		}`)
	})
}

func expiredMailbox(t *testing.T, l *lab.Lab) {
	l.Home.StartDovecot(t, lab.Dovecot{Expires: time.Now().Add(-48 * time.Hour)})
}
