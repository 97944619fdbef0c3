//go:build linux && lab

package firewall_test

import (
	"fmt"
	"strings"
)

// ipSets are the sets that generated rules of iptables ask for.
const ipSets = `create nets4 hash:net family inet
add nets4 8.8.4.0/24
add nets4 26.10.0.64/26
add nets4 10.9.9.200
create nets6 hash:net family inet6
add nets6 2600::/32
add nets6 2608:26:10::/120
create pairs4 hash:ip,port family inet
add pairs4 8.8.4.4,tcp:22
add pairs4 26.10.0.50,udp:53
add pairs4 203.0.113.9,tcp:8080
create pairs6 hash:net,port family inet6
add pairs6 2600::/16,tcp:80
add pairs6 2608:26:10::/64,udp:443
create doors bitmap:port range 0-65535
add doors 22
add doors 80-81
create all4 list:set size 8
add all4 nets4
`

// iptablesMatch is one condition of iptables. The chain is of a hook, or a user's.
func (g *generator) iptablesMatch(chain string, v6 bool) string {
	not := g.pick("", "", "", "! ")
	family, icmp := "4", "--icmp-type"
	source := g.pick("26.10.0.50", "26.10.0.0/24", "8.0.0.0/7", "203.0.113.9", "10.9.9.0/25", "26.10.0.0/255.255.0.255")
	to := g.pick(router4, inside4, home4, "192.168.77.0/24")
	ranged := g.pick("8.8.0.0-8.9.0.0", "26.10.0.51-203.0.113.9")
	if v6 {
		family, icmp = "6", "--icmpv6-type"
		source = g.pick("2608:26:10::50", "2608:26:10::/64", "2600::/16", "2001:470::7")
		to = g.pick(router6, inside6, home6, "2608:26:20:7::/64")
		ranged = g.pick("2600::-2601::", "2001::-2608:26:10::40")
	}
	proto, kinds := g.pick("tcp", "udp"), "LOCAL,BROADCAST"
	if v6 {
		kinds = "LOCAL,UNICAST"
	}
	list := []func() string{
		func() string {
			return fmt.Sprintf("-p tcp -m tcp %s--dport %s", not, g.pick(g.port(), "1:100", "80:443", "1024:65535"))
		},
		func() string {
			return fmt.Sprintf("-p udp -m udp %s--dport %s", not, g.pick(g.port(), "1:100", "80:443"))
		},
		func() string {
			return fmt.Sprintf("-p %s -m multiport %s--dports %s", proto, not, g.pick("22,80:81,8080", "53,443", "1024:65535"))
		},
		func() string {
			return fmt.Sprintf("-p %s -m multiport %s--ports %s", proto, not, g.pick("22,80", "53,443"))
		},
		func() string { return fmt.Sprintf("%s-s %s", not, source) },
		func() string { return fmt.Sprintf("%s-d %s", not, to) },
		func() string {
			return fmt.Sprintf("-m conntrack %s--ctstate %s", not, g.pick("NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "DNAT", "NEW,UNTRACKED", "SNAT"))
		},
		func() string {
			return fmt.Sprintf("-m state %s--state %s", not, g.pick("NEW", "RELATED,ESTABLISHED", "UNTRACKED"))
		},
		func() string {
			return fmt.Sprintf("-m addrtype %s--dst-type %s", not, g.pick("LOCAL", "UNICAST", kinds))
		},
		func() string { return fmt.Sprintf("-m set %s--match-set nets%s src", not, family) },
		func() string { return fmt.Sprintf("-m set %s--match-set pairs%s src,dst", not, family) },
		func() string { return fmt.Sprintf("-p %s -m set %s--match-set doors dst", proto, not) },
		func() string { return fmt.Sprintf("-m mark %s--mark %s", not, g.pick("0x1", "0x2/0x3", "0x0")) },
		func() string { return fmt.Sprintf("-m connmark %s--mark %s", not, g.pick("0x0", "0x5", "0x1/0x1")) },
		func() string { return fmt.Sprintf("-m iprange %s--src-range %s", not, ranged) },
		func() string {
			return "-p tcp -m tcp " + not + "--tcp-flags " + g.pick("SYN,ACK SYN", "FIN,SYN,RST,ACK SYN", "RST RST")
		},
		func() string {
			return "-p " + map[bool]string{false: "icmp", true: "ipv6-icmp"}[v6] + " -m icmp" + family + " " + icmp + " " + g.pick("echo-request", "echo-reply")
		},
		func() string { return "-p tcp -m tcp " + not + "--sport " + g.pick("1024:65535", "22", "80:443") },
		func() string { return not + "-p " + g.pick("tcp", "udp") },
		func() string { return "-m conntrack --ctdir " + g.pick("ORIGINAL", "REPLY") },
		func() string { return "-m conntrack " + not + "--ctorigdstport " + g.port() },
		func() string { return "-m comment --comment \"a \\\"quoted\\\" word\"" },
	}
	if !v6 {
		list = append(list, func() string { return "-m set " + not + "--match-set all4 src" })
	}
	if chain == "INPUT" || chain == "FORWARD" || chain == "PREROUTING" {
		list = append(list, func() string { return fmt.Sprintf("%s-i %s", not, g.pick("wan", "lan", "w+", "docker0")) })
	}
	if chain == "OUTPUT" || chain == "FORWARD" || chain == "POSTROUTING" {
		list = append(list, func() string { return fmt.Sprintf("%s-o %s", not, g.pick("wan", "lan", "w+")) })
	}
	return strings.Replace(list[g.IntN(len(list))](), "icmp4", "icmp", 1)
}

func (g *generator) iptablesMatches(chain string, v6 bool) string {
	var list []string
	for range g.pick("", ".", ".", ".", "..") {
		list = append(list, g.iptablesMatch(chain, v6))
	}
	if g.chance(1) {
		list = append(list, g.pick("-m limit --limit 1000/sec", "-m statistic --mode random --probability 0.5", "-m length --length 40:2000"))
	}
	m := strings.Join(list, " ")
	if strings.Count(m, "-p ") > 1 || strings.Count(m, "-i ") > 1 || strings.Count(m, "-o ") > 1 || strings.Count(m, "-s ") > 1 || strings.Count(m, "-d ") > 1 {
		return list[0]
	}
	return m
}

func (g *generator) iptablesRule(table, chain string, users []string, v6 bool) string {
	m := g.iptablesMatches(chain, v6)
	targets := []string{"ACCEPT", "ACCEPT", "DROP", "RETURN"}
	for _, u := range users {
		targets = append(targets, u, u)
	}
	switch table {
	case "raw":
		targets = append(targets, "CT --notrack")
	case "mangle":
		targets = append(targets, "MARK --set-xmark 0x1/0xffffffff", "MARK --set-xmark 0x2/0x2", "CONNMARK --set-xmark 0x5/0xffffffff", "CONNMARK --save-mark", "CONNMARK --restore-mark")
	case "filter":
		words := []string{"icmp-port-unreachable", "icmp-host-unreachable", "icmp-admin-prohibited", "icmp-net-unreachable"}
		if v6 {
			words = []string{"icmp6-port-unreachable", "icmp6-addr-unreachable", "icmp6-adm-prohibited", "icmp6-no-route"}
		}
		if strings.Contains(m, "-p tcp") && !strings.Contains(m, "! -p") {
			words = append(words, "tcp-reset", "tcp-reset")
		}
		targets = append(targets, "REJECT --reject-with "+g.pick(words...), "REJECT --reject-with "+g.pick(words...), "REJECT")
	}
	target := targets[g.IntN(len(targets))]
	if strings.HasPrefix(target, "u") && g.chance(20) {
		return fmt.Sprintf("-A %s %s -g %s", chain, m, target)
	}
	if g.chance(5) {
		return fmt.Sprintf("-A %s %s", chain, m)
	}
	return fmt.Sprintf("-A %s %s -j %s", chain, m, target)
}

func (g *generator) iptablesNAT(chain string, v6 bool) string {
	m := g.pick("", g.iptablesMatch(chain, v6))
	if chain == "POSTROUTING" {
		return fmt.Sprintf("-A %s %s -j %s", chain, m, g.pick("MASQUERADE", "ACCEPT"))
	}
	port := fmt.Sprintf("-p %s --dport %s", g.pick("tcp", "udp"), g.pick(g.port(), "80:443", "1024:65535"))
	if strings.Contains(m, "-p ") {
		m = ""
	}
	to := g.pick(home4, home4+":"+g.port())
	if v6 {
		to = g.pick(home6, "["+home6+"]:"+g.port())
	}
	return fmt.Sprintf("-A %s %s %s -j %s", chain, m, port, g.pick("DNAT --to-destination "+to, "DNAT --to-destination "+to, "REDIRECT --to-ports "+g.port(), "ACCEPT", "RETURN"))
}

// iptables is a rule set as iptables-restore takes it.
func (g *generator) iptables(v6 bool) string {
	var b strings.Builder
	table := func(name string, percent int, chains ...string) {
		if !g.chance(percent) {
			return
		}
		fmt.Fprintf(&b, "*%s\n", name)
		for _, c := range chains {
			policy := "ACCEPT"
			if name == "filter" && (c == "INPUT" || c == "FORWARD") {
				policy = g.pick("ACCEPT", "ACCEPT", "DROP")
			}
			fmt.Fprintf(&b, ":%s %s [0:0]\n", c, policy)
		}
		var users []string
		if name != "nat" {
			for i := range g.IntN(3) {
				u := fmt.Sprintf("u%d", i)
				fmt.Fprintf(&b, ":%s - [0:0]\n", u)
				users = append(users, u)
			}
		}
		for i, u := range users {
			for range 1 + g.IntN(3) {
				fmt.Fprintln(&b, g.iptablesRule(name, u, users[:i], v6))
			}
		}
		for _, c := range chains {
			if g.chance(40) && name == "filter" {
				fmt.Fprintf(&b, "-A %s -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n", c)
			}
			for range g.IntN(5) {
				if name == "nat" {
					fmt.Fprintln(&b, g.iptablesNAT(c, v6))
				} else if c != "OUTPUT" && c != "POSTROUTING" || g.chance(25) {
					fmt.Fprintln(&b, g.iptablesRule(name, c, users, v6))
				}
			}
		}
		fmt.Fprintln(&b, "COMMIT")
	}
	table("raw", 25, "PREROUTING", "OUTPUT")
	table("mangle", 30, "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
	nat := []string{"PREROUTING"}
	if g.chance(25) {
		nat = append(nat, "POSTROUTING")
	}
	table("nat", 80, nat...)
	table("filter", 95, "INPUT", "FORWARD", "OUTPUT")
	return b.String()
}
