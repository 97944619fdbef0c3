package firewall_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/lang"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wishes are every action for every transport, zone and direction, and what only
// some products know.
func wishes() []firewall.Wish {
	var list []firewall.Wish
	for _, action := range []firewall.Action{firewall.ActionOpen, firewall.ActionClose, firewall.ActionShow} {
		for _, t := range []exposure.Transport{exposure.TCP, exposure.UDP} {
			for _, zone := range []exposure.Zone{"", exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6, exposure.ZoneLoopback} {
				for _, out := range []bool{false, true} {
					if action != firewall.ActionShow || zone == "" {
						list = append(list, firewall.Wish{Action: action, Zone: zone, Out: out, Ports: []firewall.CommandPort{{Transport: t, Port: 53}}})
					}
				}
			}
		}
		list = append(list, firewall.Wish{
			Action: action, Zone: exposure.ZoneLAN, Ports: []firewall.CommandPort{{Transport: exposure.TCP, Port: 80}, {Transport: exposure.UDP, Port: 443}},
			LAN:  []netip.Prefix{netip.MustParsePrefix("192.168.77.0/24"), netip.MustParsePrefix("fd00::/64")},
			Name: "Web server (home)", Profiles: []string{"domain", "private"}, IfSecure: true,
			Places: []firewall.Place{{Family: "inet", Table: "my table", Chain: "in"}, {Family: "ip6", Table: "six", Chain: "input"}},
		})
	}
	return list
}

func TestCommands(t *testing.T) {
	for _, product := range firewall.CommandProducts() {
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			var b strings.Builder
			for _, w := range wishes() {
				var ports []string
				for _, p := range w.Ports {
					ports = append(ports, fmt.Sprintf("%d/%s", p.Port, p.Transport))
				}
				fmt.Fprintf(&b, "== %s %s from %q out %v name %q\n", w.Action, strings.Join(ports, " "), w.Zone, w.Out, w.Name)
				for _, s := range w.Steps(product, tag) {
					fmt.Fprintf(&b, "- %s\n", s.Words)
					for _, line := range s.Lines {
						fmt.Fprintf(&b, "    %s\n", line)
						if strings.ContainsAny(line, "\n\r") {
							t.Errorf("a line of several: %q", line)
						}
					}
				}
			}
			golden(t, filepath.Join("testdata", fmt.Sprintf("commands-%s.%s.golden", product, tag)), b.String())
			for _, off := range []string{"ufw disable", "state off", "Enabled False", "pfctl -d", "flush ruleset", "-P INPUT ACCEPT", "stop firewalld"} {
				if strings.Contains(b.String(), off) {
					t.Errorf("%s: advises to switch the firewall off: %s", product, off)
				}
			}
		}
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

// TestManager: who manages the rules goes before the language that they are held in.
func TestManager(t *testing.T) {
	chain := func(table, name string, rest ...string) string {
		return fmt.Sprintf(`{"nftables":[{"table":{"family":"inet","name":%q,"handle":1}},{"chain":{"family":"inet","table":%q,"name":%q,"handle":1,"type":"filter","hook":"input","prio":0,"policy":"drop"}}%s]}`,
			table, table, name, strings.Join(rest, ""))
	}
	for name, c := range map[string]struct {
		rules  string
		want   firewall.Product
		places []firewall.Place
	}{
		"none":      {`{"nftables":[]}`, firewall.NFTables, nil},
		"nft":       {chain("edge", "arriving"), firewall.NFTables, []firewall.Place{{Family: "inet", Table: "edge", Chain: "arriving"}}},
		"firewalld": {chain("firewalld", "filter_INPUT"), firewall.Firewalld, []firewall.Place{{Family: "inet", Table: "firewalld", Chain: "filter_INPUT"}}},
		"iptables":  {chain("filter", "INPUT"), firewall.Iptables, nil},
		"ufw":       {chain("filter", "INPUT", `,{"chain":{"family":"inet","table":"filter","name":"ufw-user-input","handle":2}}`), firewall.UFW, nil},
	} {
		rules, err := firewall.ParseNFT([]byte(c.rules))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := rules.Manager(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if d := cmp.Diff(c.places, rules.Places(false)); d != "" {
			t.Errorf("%s: places (-want +got):\n%s", name, d)
		}
	}
}
