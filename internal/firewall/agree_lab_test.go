//go:build linux && lab

package firewall_test

import (
	"flag"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

var seed = flag.Uint64("seed", 0x5e19, "of the generated rule sets")

const (
	ruleSets         = 300
	packetsOfRuleSet = 20
)

// packets are questions about every way through the router.
func (b *truth) packets(g *generator) []firewall.Packet {
	var list []firewall.Packet
	for range packetsOfRuleSet {
		b.port++
		p := firewall.Packet{In: "wan", SourcePort: b.port, Transport: exposure.TCP}
		sources4, sources6 := []string{"26.10.0.50", "26.10.0.77", "8.8.4.4", "203.0.113.9", "198.51.100.7"}, []string{"2608:26:10::50", "2600::1", "2001:470::7"}
		to4, to6 := []string{router4, router4, router4, home4, inside4}, []string{router6, router6, router6, home6, inside6}
		if g.chance(25) {
			p.In, sources4, sources6 = "lan", []string{"10.9.9.5", "10.9.9.200"}, []string{"2608:99::5"}
			to4, to6 = []string{router4, inside4}, []string{router6, inside6}
		}
		source, to := g.pick(sources4...), g.pick(to4...)
		if g.chance(45) {
			source, to = g.pick(sources6...), g.pick(to6...)
		}
		p.Source, p.Destination, p.Port = netip.MustParseAddr(source), netip.MustParseAddr(to), served[g.IntN(len(served))]
		switch n := g.IntN(100); {
		case n < 5:
			p.Transport, p.Port = exposure.ICMP, 0
		case n < 45:
			p.Transport = exposure.UDP
		}
		list = append(list, p)
	}
	return list
}

// look sends the packets and waits until all has gone its way.
func (b *truth) look(packets []firewall.Packet) {
	b.answers, b.delivered = map[uint16]string{}, map[uint16]string{}
	for _, p := range packets {
		from, to := b.outside, b.wan
		if p.In == "lan" {
			from, to = b.lan, b.inner
		}
		b.send(from, frame(p, from.mac, to.mac))
	}
	b.settle()
	b.echo()
	b.settle()
}

// TestEvaluatorAgreesWithTheKernel loads rule sets that a seed makes, sends
// packets through, and holds the evaluator's answer against what came back.
func TestEvaluatorAgreesWithTheKernel(t *testing.T) {
	b := newTruth(t)
	b.must("", "nft", "flush", "ruleset")
	b.must(ipSets, "ipset", "restore")
	var err error
	if b.sets, err = firewall.ParseIPSet([]byte(b.must("", "ipset", "save"))); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for n := range ruleSets {
		g := &generator{Rand: rand.New(rand.NewPCG(*seed, uint64(n)))}
		rules, source := b.load(g, n)
		if rules == nil {
			continue
		}
		packets := b.packets(g)
		b.look(packets)
		for _, p := range packets {
			b.compare(n, source, rules, p, seen)
		}
		b.itself(t, n, g, source, rules, seen)
		if t.Failed() && seen["wrong"] > 12 {
			break
		}
	}
	t.Logf("%v", seen)
	if all := seen["accept"] + seen["drop"] + seen["reject"] + seen["cannot-say"]; seen["cannot-say"]*20 > all || all < ruleSets*packetsOfRuleSet {
		t.Errorf("of %d packets %d could not be evaluated", all, seen["cannot-say"])
	}
	for _, kind := range []string{"accept", "drop", "reject", "rewritten", "forward", "input", "itself"} {
		if seen[kind] < 300 {
			t.Errorf("only %d packets were of the kind %q: the rule sets prove little", seen[kind], kind)
		}
	}
}

// load gives the router a rule set, of nftables or of one of the two iptables, and
// reads it back.
func (b *truth) load(g *generator, n int) (*firewall.Ruleset, string) {
	for _, undo := range b.loaded {
		undo()
	}
	b.loaded = nil
	if n%2 == 0 {
		source := b.taken(g.nft(), func(s string) error {
			_, err := b.run(s, "nft", "-f", "-")
			return err
		})
		b.loaded = append(b.loaded, func() { b.must("", "nft", "flush", "ruleset") })
		return firewall.Join(b.listed()), source
	}
	backend := g.pick("nft", "legacy")
	var rules []*firewall.Ruleset
	all := ""
	for _, v6 := range []bool{false, true} {
		tool := map[bool]string{false: "iptables-", true: "ip6tables-"}[v6] + backend
		source := b.taken(g.iptables(v6), func(s string) error {
			_, err := b.run(s, tool+"-restore")
			return err
		})
		saved, err := firewall.ParseIptables([]byte(b.must("", tool+"-save")), v6, b.sets)
		if err != nil {
			b.t.Fatal(err)
		}
		rules, all = append(rules, saved), all+tool+"\n"+source
		if backend == "legacy" {
			b.loaded = append(b.loaded, func() { b.must(emptied, tool+"-restore") })
		}
	}
	if backend == "nft" {
		b.loaded = append(b.loaded, func() { b.must("", "nft", "flush", "ruleset") })
	}
	rules = append([]*firewall.Ruleset{b.listed()}, rules...)
	return firewall.Join(rules...), all
}

// emptied has no rules and accepts everything.
const emptied = `*raw
COMMIT
*mangle
COMMIT
*nat
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
COMMIT
`

func (b *truth) listed() *firewall.Ruleset {
	rules, err := firewall.ParseNFT([]byte(b.must("", "nft", "-j", "list", "ruleset")))
	if err != nil {
		b.t.Fatal(err)
	}
	return rules
}

// refusedLine is where a tool says that it does not take a line.
var refusedLine = regexp.MustCompile(`/dev/stdin:(\d+):|line:? (\d+)`)

// taken leaves the lines out of a rule set that the kernel or its tool does not
// take, such as a condition on two protocols at once.
func (b *truth) taken(source string, load func(string) error) string {
	lines := strings.Split(source, "\n")
	for range lines {
		err := load(strings.Join(lines, "\n"))
		if err == nil {
			return strings.Join(lines, "\n")
		}
		places := refusedLine.FindAllStringSubmatch(err.Error(), -1)
		if places == nil {
			b.t.Fatal(err)
		}
		for _, place := range places {
			if n, err := strconv.Atoi(place[1] + place[2]); err == nil && n <= len(lines) && lines[n-1] != "COMMIT" {
				lines[n-1] = ""
			}
		}
	}
	b.t.Fatalf("nothing of it is taken:\n%s", source)
	return ""
}

// unsure are the words of what nobody can evaluate: no others may be the reason
// of a doubt.
var unsure = []string{"limit", "numgen", "meta length", "ip ttl", "jhash", "nft may list", "-m limit", "-m statistic", "-m length", "the address of a masquerade", "the address that a refusal", "icmp checksum", "icmpv6 checksum"}

func (b *truth) compare(n int, source string, rules *firewall.Ruleset, p firewall.Packet, seen map[string]int) {
	d := rules.Reach(b.machine, p)
	got := b.answers[p.SourcePort]
	seen[string(d.Verdict)]++
	if d.Path != "" {
		seen[string(d.Path)]++
	}
	want := ""
	switch d.Verdict {
	case firewall.CannotSay:
		for _, doubt := range d.Doubts {
			why := doubt.Why.Terminal()
			if !slices.ContainsFunc(unsure, func(w string) bool { return strings.HasPrefix(why, w) }) {
				b.t.Errorf("rule set %d: %+v cannot be said for %s, which is no reason: %v", n, p, why, doubt)
				seen["wrong"]++
			}
		}
		return
	case firewall.Accept:
		want = "answered"
		if p.Transport != exposure.ICMP {
			want += " by " + netip.AddrPortFrom(p.Destination, p.Port).String()
		}
	case firewall.Reject:
		want = string(d.Reason)
	}
	if strings.HasPrefix(got, "answered by") && got != want && d.Verdict == firewall.Drop {
		got = "" // from elsewhere than was asked: nobody takes that for an answer
	}
	if got != want {
		b.t.Errorf("rule set %d: %+v\n%s %s %s to %v by %v, and the sender got %q; delivered %q\n%s", n, p, d.Verdict, d.Reason, d.Path, d.To, d.Rules, got, b.delivered[p.SourcePort], source)
		seen["wrong"]++
	}
	one := rules.Evaluate(b.machine, p)
	if one.To.IsValid() {
		seen["rewritten"]++
	}
	at := b.delivered[p.SourcePort]
	switch {
	case one.Verdict == firewall.Accept && one.Path == firewall.PathForward && p.Transport != exposure.ICMP:
		to := netip.AddrPortFrom(p.Destination, p.Port)
		if one.To.IsValid() {
			to = one.To
		}
		if at != to.String() {
			b.t.Errorf("rule set %d: %+v goes on to %v, and was delivered at %q\n%s", n, p, to, at, source)
			seen["wrong"]++
		}
	case one.Verdict == firewall.Accept && p.Transport == exposure.UDP && !strings.HasPrefix(at, "router:"):
		b.t.Errorf("rule set %d: %+v is accepted, and was delivered at %q\n%s", n, p, at, source)
		seen["wrong"]++
	case (one.Verdict == firewall.Drop || one.Verdict == firewall.Reject) && at != "":
		b.t.Errorf("rule set %d: %+v ends by %v, and was delivered at %q\n%s", n, p, one.Rules, at, source)
		seen["wrong"]++
	}
}
