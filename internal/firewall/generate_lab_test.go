//go:build linux && lab

package firewall_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generator makes rule sets that the kernel takes, out of everything that the
// evaluator claims to understand, and now and then of what it does not.
type generator struct {
	*rand.Rand
}

func (g *generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *generator) port() string {
	return g.pick("22", "53", "80", "81", "443", "1024", "8080", "8443")
}

func (g *generator) ports() string {
	return g.pick(g.port(), "1-100", "80-443", "1024-65535", "{ 22, 80-81, 8080 }", "{ 53, 443 }", "@ports", "!= "+g.port(), "> 80", "<= 443", "!= { 22, 53 }")
}

func (g *generator) source4() string {
	return g.pick("26.10.0.50", "26.10.0.0/24", "8.8.4.4", "8.0.0.0/7", "203.0.113.0/24", "198.51.100.1-198.51.100.9", "10.9.9.0/25", "10.0.0.0/8", "@nets4", "!= @nets4", "!= 8.8.4.4",
		"{ 26.10.0.77, 203.0.113.9 }", "!= 26.10.0.0/24")
}

func (g *generator) source6() string {
	return g.pick("2608:26:10::50", "2608:26:10::/64", "2600::/16", "2001:470::7", "@nets6", "!= @nets6", "2608:99::/32", "!= 2600::1", "{ 2600::1, 2608:99::5 }")
}

// router4 and the like are addresses of the lab.
const (
	router4, inside4, home4 = "26.10.0.2", "192.168.77.1", "192.168.77.10"
	router6, inside6, home6 = "2608:26:10::2", "2608:26:20:7::1", "2608:26:20:7::a"
)

// match is one condition of nftables for a hook.
func (g *generator) match(hook string) string {
	list := []func() string{
		func() string { return "tcp dport " + g.ports() },
		func() string { return "tcp dport " + g.ports() },
		func() string { return "udp dport " + g.ports() },
		func() string { return "meta l4proto { tcp, udp } th dport " + g.ports() },
		func() string { return "ip saddr " + g.source4() },
		func() string { return "ip6 saddr " + g.source6() },
		func() string {
			return "ip daddr " + g.pick(router4, inside4, home4, "26.10.0.0/24", "192.168.77.0/24", "!= "+home4)
		},
		func() string { return "ip6 daddr " + g.pick(router6, inside6, home6, "2608:26:20:7::/64", "!= "+home6) },
		func() string {
			return "ct state " + g.pick("new", "established", "established,related", "{ new, untracked }", "!= new", "invalid", "untracked", "new,invalid")
		},
		func() string { return "meta l4proto " + g.pick("tcp", "udp", "{ tcp, icmp, ipv6-icmp }", "!= udp") },
		func() string { return "meta nfproto " + g.pick("ipv4", "ipv6") },
		func() string { return "meta mark " + g.pick("0", "1", "2", "!= 1", "& 3 == 2", "{ 1, 2 }") },
		func() string { return "ct mark " + g.pick("0", "1", "5", "!= 5") },
		func() string {
			return "tcp flags " + g.pick("syn", "& (fin|syn|rst|ack) == syn", "& (syn|ack) == syn|ack", "! rst", "== syn")
		},
		func() string {
			return "icmp type " + g.pick("echo-request", "{ echo-request, echo-reply }", "destination-unreachable")
		},
		func() string {
			return "icmpv6 type " + g.pick("echo-request", "{ echo-reply, destination-unreachable }")
		},
		func() string { return "ct status " + g.pick("dnat", "snat") },
		func() string { return "ct direction " + g.pick("original", "reply") },
		func() string {
			return "ip saddr . tcp dport " + g.pick("@pairs", "{ 8.8.4.4 . 22, 26.10.0.0/24 . 80-443 }")
		},
		func() string { return "meta l4proto . th dport { tcp . 22, udp . 53, tcp . 8080-8443 }" },
		func() string { return "tcp sport " + g.pick("1024-65535", "0-1023", "!= 22", g.port()) },
		func() string { return "udp sport " + g.pick("53", "1024-65535") },
		func() string { return "meta l4proto tcp ct original proto-dst " + g.port() },
		func() string { return "ip protocol " + g.pick("tcp", "udp") },
		func() string { return "ip6 nexthdr " + g.pick("tcp", "udp") },
		func() string { return "ip frag-off & 0x1fff == 0" },
		func() string { return "ip saddr & 255.255.0.0 == 26.10.0.0" },
		func() string { return "@th,16,16 " + g.port() },
	}
	if hook == "prerouting" || hook == "input" || hook == "forward" {
		list = append(list,
			func() string {
				return "iifname " + g.pick(`"wan"`, `"lan"`, `"w*"`, `{ "lan", "eth*" }`, `!= "wan"`, "@cards")
			},
			func() string { return "iif " + g.pick("wan", "lan") },
			func() string { return "fib daddr type " + g.pick("local", "unicast", "!= local") },
			func() string { return "fib saddr . iif oif " + g.pick("missing", "exists") },
			func() string { return "meta pkttype host" },
		)
	}
	if hook == "output" || hook == "forward" {
		list = append(list, func() string { return "oifname " + g.pick(`"wan"`, `"lan"`, `!= "lan"`) })
	}
	return list[g.IntN(len(list))]()
}

// doubtful are conditions that nobody can evaluate.
func (g *generator) doubtful() string {
	return g.pick("limit rate 1000/second", "numgen random mod 2 == 0", "meta length > 40", "ip ttl 64", "jhash ip saddr mod 4 == 1")
}

func (g *generator) matches(hook string) string {
	var list []string
	for range g.pick("", ".", ".", ".", "..", "..", "...") {
		list = append(list, g.match(hook))
	}
	if g.chance(1) {
		list = append(list, g.doubtful())
	}
	return strings.Join(list, " ")
}

// rule is a rule of a chain of the type filter. users are the chains that may be
// jumped to.
func (g *generator) rule(hook string, users []string) string {
	if g.chance(8) {
		return g.vmap(users)
	}
	m := g.matches(hook)
	verdicts := []string{"accept", "accept", "accept", "drop", "drop", "counter", "return", "meta mark set 1", "meta mark set meta mark or 2", "counter accept"}
	if hook != "raw" {
		verdicts = append(verdicts, "ct mark set 5", "meta mark set ct mark", "ct mark set meta mark")
	}
	for _, u := range users {
		verdicts = append(verdicts, "jump "+u, "jump "+u, "goto "+u)
	}
	if hook != "prerouting" {
		verdicts = append(verdicts, "reject", "reject with icmpx admin-prohibited", "reject with icmpx host-unreachable", "reject with icmpx no-route")
		// Before a reset nft leaves a condition on the family out of its list.
		if strings.Contains(m, "tcp dport") && !strings.Contains(m, "nfproto") {
			verdicts = append(verdicts, "reject with tcp reset", "reject with tcp reset")
		}
	}
	return m + " " + verdicts[g.IntN(len(verdicts))]
}

func (g *generator) vmap(users []string) string {
	to := func() string {
		if len(users) > 0 && g.chance(40) {
			return "jump " + users[g.IntN(len(users))]
		}
		return g.pick("accept", "drop", "return", "continue")
	}
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("tcp dport vmap { 22 : %s, 80-443 : %s }", to(), to())
	case 1:
		return fmt.Sprintf("ct state vmap { established : accept, related : accept, invalid : %s }", to())
	case 2:
		return fmt.Sprintf("meta l4proto vmap { tcp : %s, udp : %s }", to(), to())
	}
	return "tcp dport vmap @byport"
}

func (g *generator) natRule() string {
	m := g.match("prerouting")
	if g.chance(50) {
		m = ""
	}
	to4, to6 := g.pick(home4, home4+":"+g.port()), g.pick(home6, "["+home6+"]:"+g.port())
	port := g.pick("tcp dport "+g.ports(), "udp dport "+g.ports())
	switch g.IntN(8) {
	case 0, 1:
		return fmt.Sprintf("%s %s dnat ip to %s", m, port, to4)
	case 2, 3:
		return fmt.Sprintf("%s %s dnat ip6 to %s", m, port, to6)
	case 4:
		return fmt.Sprintf("%s redirect to :%s", port, g.port())
	case 5:
		return fmt.Sprintf("dnat ip to tcp dport map { 22 : %s, 80 : %s }", home4, inside4)
	case 6:
		return fmt.Sprintf("dnat ip to tcp dport map { 443 : %s . 8443, 8080 : %s . 80 }", home4, home4)
	case 7:
		return fmt.Sprintf("%s redirect to :udp dport map { 53 : 443, 443 : 53 }", m)
	}
	return m + " " + g.pick("accept", "return", "counter", "drop")
}

// nft is a rule set in nft's own language.
func (g *generator) nft() string {
	var b strings.Builder
	fmt.Fprint(&b, `table inet t {
	set ports { type inet_service; flags interval; elements = { 22, 80-100, 8443 } }
	set nets4 { type ipv4_addr; flags interval; elements = { 8.8.4.0/24, 26.10.0.64/26, 10.9.9.200, 198.51.100.7-198.51.100.8 } }
	set nets6 { type ipv6_addr; flags interval; elements = { 2600::/32, 2608:26:10::/120 } }
	set pairs { type ipv4_addr . inet_service; flags interval; elements = { 26.10.0.0/24 . 22, 8.8.0.0/16 . 80-443, 203.0.113.9 . 8080 } }
	set cards { type ifname; elements = { "wan", "docker0" } }
`)
	users := []string{}
	for i := range g.IntN(4) {
		var rules []string
		for range 1 + g.IntN(4) {
			rules = append(rules, "\t\t"+g.rule("any", users))
		}
		name := fmt.Sprintf("u%d", i)
		fmt.Fprintf(&b, "\tchain %s {\n%s\n\t}\n", name, strings.Join(rules, "\n"))
		users = append(users, name)
	}
	to := "accept"
	if len(users) > 0 {
		to = "jump " + users[0]
	}
	fmt.Fprintf(&b, "\tmap byport { type inet_service : verdict; elements = { 53 : %s, 81 : drop, 8080 : accept } }\n", to)
	chain := func(name, kind, hook string, priority int, most int) {
		policy := g.pick("accept", "accept", "drop")
		if kind == "nat" || hook == "prerouting" || hook == "output" && g.chance(60) {
			policy = "accept"
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\ttype %s hook %s priority %d; policy %s;\n", name, kind, hook, priority, policy)
		if policy == "drop" && g.chance(70) {
			fmt.Fprintln(&b, "\t\tct state established,related accept")
		}
		for range 1 + g.IntN(most) {
			switch {
			case kind == "nat" && hook == "prerouting":
				fmt.Fprintln(&b, "\t\t"+g.natRule())
			case kind == "nat":
				fmt.Fprintln(&b, "\t\t"+g.match("output"), g.pick("masquerade", "accept"))
			default:
				fmt.Fprintln(&b, "\t\t"+g.rule(hook, users))
			}
		}
		fmt.Fprintln(&b, "\t}")
	}
	if g.chance(20) {
		fmt.Fprintf(&b, "\tchain craw {\n\t\ttype filter hook prerouting priority -300;\n\t\t%s notrack\n\t}\n", g.match("output"))
	}
	if g.chance(30) {
		chain("cpre", "filter", "prerouting", g.IntN(3)*100-150, 3)
	}
	if g.chance(80) {
		chain("cdst", "nat", "prerouting", -100, 6)
	}
	if g.chance(90) {
		chain("cin", "filter", "input", 0, 8)
	}
	if g.chance(25) {
		chain("cin2", "filter", "input", 10, 4)
	}
	if g.chance(80) {
		chain("cfwd", "filter", "forward", 0, 6)
	}
	if g.chance(25) {
		chain("cout", "filter", "output", 0, 4)
	}
	if g.chance(20) {
		chain("csrc", "nat", "postrouting", 100, 2)
	}
	fmt.Fprintln(&b, "}")
	if g.chance(30) {
		fmt.Fprintf(&b, "table %s other {\n\tchain cin {\n\t\ttype filter hook input priority -10; policy accept;\n\t\ttcp dport %s %s\n\t\tudp dport %s accept\n\t}\n}\n",
			g.pick("ip", "ip6", "inet"), g.pick("22", "80-443", "{ 53, 8443 }"), g.pick("drop", "accept", "reject with tcp reset"), g.port())
	}
	return b.String()
}
