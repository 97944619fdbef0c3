//go:build lab

package cli_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// denied is a machine behind ufw's default deny with a published container port:
// the rules are those that ufw and Docker make.
const denied = `*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:ufw-user-input - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -j ufw-user-input
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -j DOCKER
-A DOCKER -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT
-A ufw-user-input -s 192.168.77.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
`

// TestLocalEvaluatesTheFirewall holds what local and check say of a port that ufw
// denies, of one that it allows to the LAN, and of a published one.
func TestLocalEvaluatesTheFirewall(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSshd(t, lab.Sshd{})
	for _, address := range []string{":23", ":8080"} {
		h.Listen(t, "tcp", address)
	}
	h.Run(t, "sh", "-ec", "ip link add docker0 type bridge; ip addr add 172.17.0.1/16 dev docker0; ip link set docker0 up; sysctl -qw net.ipv4.ip_forward=1")
	h.WriteFile(t, "/tmp/rules", denied)
	h.Run(t, "sh", "-ec", "iptables-restore < /tmp/rules")

	document := decode[exposure.LocalDocument](t, sekisho(t, h, root, "local", "-f", "json"))
	want := map[uint16]map[exposure.Zone]exposure.FirewallVerdict{
		22:   {exposure.ZoneLAN: exposure.FirewallAccept, exposure.ZoneInternetV4: exposure.FirewallDrop, exposure.ZoneInternetV6: exposure.FirewallAccept},
		23:   {exposure.ZoneLAN: exposure.FirewallDrop, exposure.ZoneInternetV4: exposure.FirewallDrop, exposure.ZoneInternetV6: exposure.FirewallAccept},
		8080: {exposure.ZoneInternetV4: exposure.FirewallAccept},
	}
	for port, zones := range want {
		for zone, verdict := range zones {
			a := answerOf(document, port, zone)
			if a.Verdict != verdict {
				t.Errorf("port %d from %s: %+v, want %s", port, zone, a, verdict)
			}
		}
	}
	if a := answerOf(document, 8080, exposure.ZoneInternetV4); a.Path != exposure.FirewallForward || a.To.String() != "172.17.0.2:80" {
		t.Errorf("the published port: %+v", a)
	}
	if document.Firewall == nil || !slices.Contains(document.Firewall.Products, "ufw") || !slices.Contains(document.Firewall.Products, "docker") {
		t.Errorf("the firewall is %+v", document.Firewall)
	}

	text := sekisho(t, h, root, "check", "-p", "22").out
	if !strings.Contains(text, "(computed)") {
		t.Errorf("check does not say what the firewall does:\n%s", text)
	}

	hidden := decode[exposure.LocalDocument](t, sekisho(t, h, nobody, "local", "-f", "json"))
	if hidden.Firewall != nil || answerOf(hidden, 23, exposure.ZoneLAN).Verdict != "" || !slices.ContainsFunc(hidden.Unseen, func(s string) bool { return strings.Contains(s, "firewall") }) {
		t.Errorf("without the right to read them, the rules are %+v; unseen %q", hidden.Firewall, hidden.Unseen)
	}
}

// answerOf is the first answer for a zone and IPv4, or for the zone's own family.
func answerOf(d exposure.LocalDocument, port uint16, zone exposure.Zone) exposure.FirewallAnswer {
	for _, l := range d.Listeners {
		for _, a := range l.Firewall {
			if l.Port == port && l.Transport == exposure.TCP && a.Zone == zone && a.Interface != "docker0" && (a.Family == "ipv4" || zone == exposure.ZoneInternetV6) {
				return a
			}
		}
	}
	return exposure.FirewallAnswer{}
}
