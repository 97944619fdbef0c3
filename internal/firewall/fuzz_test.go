package firewall_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// ask puts a few questions to whatever was read, so that the walk meets it too.
func ask(rules *firewall.Ruleset) {
	m := machine()
	for _, p := range []firewall.Packet{
		{Transport: exposure.TCP, In: "wan", Source: netip.MustParseAddr("8.8.8.8"), SourcePort: 4000, Destination: netip.MustParseAddr("26.10.0.2"), Port: 22},
		{Transport: exposure.UDP, In: "lan", Source: netip.MustParseAddr("fd00::9"), SourcePort: 4000, Destination: netip.MustParseAddr("fd00::1"), Port: 53},
		{Transport: exposure.ICMP, Source: netip.MustParseAddr("127.0.0.1"), Destination: netip.MustParseAddr("127.0.0.1")},
	} {
		rules.Reach(m, p)
	}
}

func FuzzParseIptables(f *testing.F) {
	data, err := os.ReadFile("testdata/household.iptables")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, true)
	f.Add([]byte("*filter\n:INPUT DROP [0:0]\n[1:2] -A INPUT ! -s 10.0.0.0/255.0.255.0 -p tcp -m tcp --tcp-flags ALL NONE -g INPUT\nCOMMIT\n"), false)
	f.Fuzz(func(_ *testing.T, data []byte, v6 bool) {
		rules, err := firewall.ParseIptables(data, v6, nil)
		if err != nil {
			return
		}
		ask(firewall.Join(rules))
	})
}

func FuzzParseIPSet(f *testing.F) {
	f.Add([]byte("create a hash:net,port,net family inet\nadd a 10.0.0.0/8,tcp:80-90,1.2.3.4\n"))
	f.Add([]byte("create b list:set size 8\nadd b a\ncreate c bitmap:port range 0-9\nadd c 1-5\n"))
	f.Add([]byte("create d hash:net,iface family inet6\nadd d 2600::/16,eth0 nomatch\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		sets, err := firewall.ParseIPSet(data)
		if err != nil {
			return
		}
		rules, err := firewall.ParseIptables([]byte("*filter\n:INPUT DROP\n"+
			"-A INPUT -m set --match-set a src,dst,src -j ACCEPT\n-A INPUT -m set ! --match-set b src -j RETURN\n-A INPUT -m set --match-set d dst,dst -j DROP\n"), false, sets)
		if err != nil {
			return
		}
		ask(firewall.Join(rules))
	})
}

func FuzzParseNFT(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"nftables":[{"table":{"family":"ip","name":"t"}},{"chain":{"family":"ip","table":"t","name":"c","hook":"input","prio":0}},{"rule":{"family":"ip","table":"t","chain":"c","expr":[{"goto":{"target":"c"}}]}}]}`))
	f.Fuzz(func(_ *testing.T, data []byte) {
		rules, err := firewall.ParseNFT(data)
		if err != nil {
			return
		}
		ask(firewall.Join(rules))
	})
}
