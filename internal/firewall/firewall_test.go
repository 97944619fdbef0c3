package firewall_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

func yes() *bool { b := true; return &b }

// machine is a host with one card to the Internet, one to a LAN and a network of
// containers.
func machine() *firewall.Machine {
	no := false
	prefix := netip.MustParsePrefix
	return &firewall.Machine{
		Interfaces: []firewall.Interface{
			{Name: "lo", Index: 1, Loopback: true, Prefixes: []netip.Prefix{prefix("127.0.0.1/8"), prefix("::1/128")}},
			{Name: "wan", Index: 2, Prefixes: []netip.Prefix{prefix("26.10.0.2/24"), prefix("2608:26:10::2/64")}},
			{Name: "lan", Index: 3, Prefixes: []netip.Prefix{prefix("192.168.77.1/24"), prefix("fd00::1/64")}},
			{Name: "docker0", Index: 4, Bridge: true, Prefixes: []netip.Prefix{prefix("172.17.0.1/16")}},
		},
		Routes: []firewall.Route{
			{To: prefix("0.0.0.0/0"), Device: "wan", Via: netip.MustParseAddr("26.10.0.1")},
			{To: prefix("::/0"), Device: "wan", Via: netip.MustParseAddr("2608:26:10::1")},
		},
		Forward4: yes(), Forward6: yes(), LoopbackRouted: &no,
	}
}

func nft(t *testing.T, name string) *firewall.Ruleset {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := firewall.ParseNFT(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range rules.Problems() {
		t.Error(p)
	}
	return rules
}

// packet makes a packet out of "wan tcp 1.2.3.4 26.10.0.2:22".
func packet(t *testing.T, in, transport, source, to string) firewall.Packet {
	t.Helper()
	var p firewall.Packet
	if err := p.Transport.UnmarshalText([]byte(transport)); err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(to)
	p.In, p.Source, p.SourcePort, p.Destination, p.Port = in, netip.MustParseAddr(source), 40000, at.Addr(), at.Port()
	return p
}

func TestHouseholdOfNftables(t *testing.T) {
	rules, m := nft(t, "household.json"), machine()
	for _, test := range []struct {
		in, transport, source, to string
		verdict                   firewall.Verdict
		reason                    exposure.Reason
		path                      firewall.Path
		rewritten                 string
	}{
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:22", firewall.Accept, "", firewall.PathInput, ""},
		{"wan", "tcp", "203.0.113.9", "26.10.0.2:22", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:23", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:9", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:8080", firewall.Drop, "", firewall.PathInput, ""},
		{"lan", "tcp", "192.168.77.9", "192.168.77.1:8080", firewall.Accept, "", firewall.PathInput, ""},
		{"lan", "tcp", "192.168.77.9", "192.168.77.1:4003", firewall.Accept, "", firewall.PathInput, ""},
		{"lan", "tcp", "192.168.77.9", "192.168.77.1:4001", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "10.1.1.1", "26.10.0.2:4001", firewall.Accept, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:113", firewall.Reject, exposure.Reset, firewall.PathInput, ""},
		{"wan", "udp", "8.8.8.8", "26.10.0.2:113", firewall.Reject, exposure.PortUnreach, firewall.PathInput, ""},
		{"wan", "udp", "8.8.8.8", "26.10.0.2:53", firewall.Accept, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:53", firewall.Drop, "", firewall.PathInput, ""}, // the answer is
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:25", firewall.CannotSay, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:26", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "2600::1", "[2608:26:10::2]:80", firewall.Accept, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:80", firewall.Drop, "", firewall.PathInput, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:8081", firewall.Accept, "", firewall.PathForward, "172.17.0.2:80"},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:7001", firewall.Accept, "", firewall.PathForward, "172.17.0.4:7001"},
		{"lan", "tcp", "192.168.77.9", "192.168.77.1:8081", firewall.Drop, "", firewall.PathForward, ""},
		{"wan", "tcp", "8.8.8.8", "26.10.0.2:8443", firewall.Accept, "", firewall.PathInput, "26.10.0.2:443"},
		{"", "tcp", "127.0.0.1", "127.0.0.1:23", firewall.Accept, "", firewall.PathInput, ""},
		{"", "tcp", "127.0.0.1", "127.0.0.1:8443", firewall.Accept, "", firewall.PathInput, ""},
	} {
		d := rules.Reach(m, packet(t, test.in, test.transport, test.source, test.to))
		if d.Verdict != test.verdict || d.Reason != test.reason || d.Path != test.path && test.verdict != firewall.CannotSay {
			t.Errorf("%s %s %s %s: %s %s %s, want %s %s %s; by %v, doubts %v", test.in, test.transport, test.source, test.to, d.Verdict, d.Reason, d.Path, test.verdict, test.reason, test.path, d.Rules, d.Doubts)
		}
		if got := d.To; got.IsValid() != (test.rewritten != "") || got.IsValid() && got.String() != test.rewritten {
			t.Errorf("%s %s: goes to %v, want %s", test.transport, test.to, got, test.rewritten)
		}
	}
}

// TestDockerBehindUfw is the case that everybody meets: ufw denies, and the
// container's port is open all the same, since its packets never come to INPUT.
func TestDockerBehindUfw(t *testing.T) {
	data, err := os.ReadFile("testdata/household.iptables")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := firewall.ParseIptables(data, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := machine()
	for _, test := range []struct {
		in, source, to string
		verdict        firewall.Verdict
		path           firewall.Path
	}{
		{"wan", "8.8.8.8", "26.10.0.2:8080", firewall.Accept, firewall.PathForward},
		{"wan", "8.8.8.8", "26.10.0.2:8081", firewall.Drop, firewall.PathInput},
		{"wan", "8.8.8.8", "26.10.0.2:80", firewall.Accept, firewall.PathInput},
		{"wan", "8.8.8.8", "26.10.0.2:139", firewall.Drop, firewall.PathInput},
		{"lan", "192.168.77.9", "192.168.77.1:139", firewall.Accept, firewall.PathInput},
		{"wan", "8.8.8.8", "26.10.0.2:22", firewall.CannotSay, ""}, // ufw limit
		{"", "127.0.0.1", "127.0.0.1:8081", firewall.Accept, firewall.PathInput},
		{"", "192.168.77.1", "192.168.77.1:8080", firewall.Accept, firewall.PathOutput},
	} {
		d := rules.Reach(m, packet(t, test.in, "tcp", test.source, test.to))
		if d.Verdict != test.verdict || test.path != "" && d.Path != test.path {
			t.Errorf("%s %s: %s %s by %v, doubts %v", test.source, test.to, d.Verdict, d.Path, d.Rules, d.Doubts)
		}
		if test.verdict == firewall.CannotSay && (len(d.Doubts) != 1 || d.Doubts[0].Why.Terminal() != "-m recent") {
			t.Errorf("%s: the doubts are %v", test.to, d.Doubts)
		}
	}
}

// TestLargeSets holds that a set of 100,000 elements is searched, not walked.
func TestLargeSets(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"nftables":[{"table":{"family":"inet","name":"t"}},{"set":{"family":"inet","table":"t","name":"bad","type":"ipv4_addr","flags":["interval"],"elem":[`)
	for i := range 100_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"prefix":{"addr":"%d.%d.%d.0","len":25}}`, 11+i/65536, i/256%256, i%256)
	}
	b.WriteString(`]}},{"chain":{"family":"inet","table":"t","name":"in","hook":"input","type":"filter","prio":0,"policy":"accept"}},
		{"rule":{"family":"inet","table":"t","chain":"in","handle":7,"expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"@bad"}},{"drop":null}]}}]}`)
	rules, err := firewall.ParseNFT([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	m := machine()
	for i := range 20_000 {
		source, want := fmt.Sprintf("11.%d.%d.%d", i/256%256, i%256, i%128), firewall.Drop
		if i%2 == 1 {
			source, want = fmt.Sprintf("11.%d.%d.%d", i/256%256, i%256, 128+i%128), firewall.Accept
		}
		if d := rules.Evaluate(m, packet(t, "wan", "tcp", source, "26.10.0.2:22")); d.Verdict != want {
			t.Fatalf("%s: %s, want %s", source, d.Verdict, want)
		}
	}
	for port := range uint16(400) {
		for _, a := range rules.Answers(m, exposure.Listener{Transport: exposure.TCP, Address: netip.MustParseAddr("26.10.0.2"), Port: port + 1}) {
			if a.Zone == exposure.ZoneInternetV4 && !a.BySource {
				t.Fatalf("port %d: some of the Internet is blocked, and the answer is %+v", port+1, a)
			}
		}
	}
}
