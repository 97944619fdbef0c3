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
