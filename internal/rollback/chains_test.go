package rollback

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const listing = `table inet edge { # handle 4
	set friends { # handle 9
		type ipv4_addr
		flags interval
		elements = { 10.1.1.1, 10.1.1.2,
			     10.1.1.9 }
	}

	chain arriving { # handle 1
		comment "who comes"
		type filter hook input priority filter; policy drop;
		ct state established,related accept # handle 2
		ip saddr @friends counter packets 5 bytes 300 accept # handle 3
		tcp dport { 22, 2222 } accept comment "a # handle 7 }" # handle 5
	}
}
table ip nat { # handle 1
	chain POSTROUTING { # handle 1
		type nat hook postrouting priority srcnat; policy accept;
	}
}
`

func TestParseNFT(t *testing.T) {
	got := parseNFT(listing)
	want := []chain{
		{program: "nft", table: "inet edge", name: "arriving", rules: []ruleLine{
			{"ct state established,related accept", 2}, {"ip saddr @friends counter accept", 3}, {`tcp dport { 22, 2222 } accept comment "a # handle 7 }"`, 5},
		}},
		{program: "nft", table: "ip nat", name: "POSTROUTING"},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestParseSaved(t *testing.T) {
	got := parseSaved("iptables", "# x\n*nat\n:INPUT ACCEPT [0:0]\nCOMMIT\n*filter\n:INPUT DROP [1:2]\n:mine - [0:0]\n-A INPUT -i lo -j ACCEPT\n-A mine -j DROP\n-A INPUT -j mine\nCOMMIT\n")
	want := []chain{
		{program: "iptables", table: "nat", name: "INPUT"},
		{program: "iptables", table: "filter", name: "INPUT", rules: []ruleLine{{text: "-i lo -j ACCEPT"}, {text: "-j mine"}}},
		{program: "iptables", table: "filter", name: "mine", rules: []ruleLine{{text: "-j DROP"}}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// TestUndoPutsBack: whatever is put in and taken away comes back, and what somebody
// else adds meanwhile stays.
func TestUndoPutsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		handle := uint64(0)
		rules := func(label string, from []ruleLine, least int) []ruleLine {
			list := slices.Clone(from)
			for n := rapid.IntRange(least, 4).Draw(t, label); n > 0; n-- {
				handle++
				at := rapid.IntRange(0, len(list)).Draw(t, "at")
				list = slices.Insert(list, at, ruleLine{fmt.Sprintf("%s %d", label, rapid.IntRange(0, 3).Draw(t, "text")), handle})
			}
			return list
		}
		of := func(rules []ruleLine) []chain {
			return []chain{{program: "nft", table: "inet a", name: "b", rules: rules}}
		}
		before := rules("old", nil, 0)
		after := rules("new", before, 0)
		after = slices.DeleteFunc(after, func(r ruleLine) bool {
			return strings.HasPrefix(r.text, "old") && rapid.Bool().Draw(t, "away")
		})
		now := rules("their", after, 0)
		done := play(t, now, undo(of(before), of(after), of(now)))
		mine := slices.DeleteFunc(slices.Clone(done), func(r ruleLine) bool { return strings.HasPrefix(r.text, "their") })
		if !slices.EqualFunc(mine, before, sameText) {
			t.Fatalf("before %v, after %v, now %v: becomes %v", before, after, now, done)
		}
		if len(done)-len(mine) != len(now)-len(after) {
			t.Fatalf("theirs are not all there: %v", done)
		}
		if again := undo(of(before), of(after), of(before)); len(again) > 0 {
			t.Fatalf("what is back is put back once more: %v", again)
		}
	})
}

// play does the steps of one chain as the kernel does.
func play(t *rapid.T, rules []ruleLine, steps []step) []ruleLine {
	rules = slices.Clone(rules)
	for _, s := range steps {
		if s.remove {
			at := slices.Index(rules, s.rule)
			if at < 0 {
				t.Fatalf("%v is not there to be removed", s.rule)
			}
			rules = slices.Delete(rules, at, at+1)
			continue
		}
		if at := slices.Index(rules, s.after) + 1; s.after.handle != 0 && at != s.at-1 {
			t.Fatalf("behind %v is not place %d", s.after, s.at)
		}
		rules = slices.Insert(rules, s.at-1, s.rule)
	}
	return rules
}

func TestScripts(t *testing.T) {
	nft, ip := chain{program: "nft", table: "inet a", name: "b"}, chain{program: "iptables", table: "filter", name: "INPUT"}
	got := scripts([]step{
		{chain: nft, rule: ruleLine{"x", 3}, remove: true},
		{chain: nft, rule: ruleLine{"y", 9}, after: ruleLine{"z", 4}, at: 2},
		{chain: nft, rule: ruleLine{"w", 8}, at: 1},
		{chain: ip, rule: ruleLine{text: "-j DROP"}, remove: true},
		{chain: ip, rule: ruleLine{text: "-j ACCEPT"}, at: 3},
	})
	want := map[string]string{
		"nft":      "delete rule inet a b handle 3\nadd rule inet a b position 4 y\ninsert rule inet a b w\n",
		"iptables": "*filter\n-D INPUT -j DROP\n-I INPUT 3 -j ACCEPT\nCOMMIT\n",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(listing)
	f.Add("*filter\n:INPUT DROP [1:2]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n")
	f.Add("}\n}\n{\nchain x {\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, b := parseNFT(text), parseSaved("iptables", text)
		if len(differing(a, a)) > 0 || len(differing(b, b)) > 0 {
			return // chains of one name twice
		}
		scripts(undo(a, b, a))
	})
}
