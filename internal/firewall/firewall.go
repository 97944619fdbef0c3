// Package firewall says what the packet filter of a machine does with a packet:
// it holds the rules as they were read, walks them as the kernel does, and tells
// which rule decided. It is pure: no clock, no socket, no file. A rule that
// cannot be evaluated is named, and spoils the answer only when the answer
// depends on it: both ways are walked, and if they end alike that is the answer.
//
// So far it knows the rules of Linux: nftables as nft -j list ruleset writes
// them, and iptables as iptables-save does.
package firewall

import (
	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// family is the kind of packets that a table is asked about.
type family uint8

const (
	familyInet family = iota // both of IP
	familyIP
	familyIP6
	familyNetdev
	familyBridge
	familyARP
)

var familyWords = map[string]family{
	"inet": familyInet, "ip": familyIP, "ip6": familyIP6, "netdev": familyNetdev, "bridge": familyBridge, "arp": familyARP,
}

func (f family) takes(v6 bool) bool {
	return f == familyInet || f == familyNetdev || v6 && f == familyIP6 || !v6 && f == familyIP
}

// hook is where in the kernel a base chain hangs.
type hook string

const (
	ingress     hook = "ingress"
	prerouting  hook = "prerouting"
	input       hook = "input"
	forward     hook = "forward"
	output      hook = "output"
	postrouting hook = "postrouting"
	egress      hook = "egress"
)

// Priorities at which the kernel itself does something (linux/netfilter_ipv4.h):
// connections are tracked and addresses translated, whatever the priority of the
// chains that say how.
const (
	prioTrack  = -200
	prioDstNAT = -100
	prioSrcNAT = 100
)

// Ruleset is the rules of a machine, as one or several programs of it told them.
type Ruleset struct {
	tables   []*table
	problems []string
}

// table is a table of nftables or of iptables.
type table struct {
	family  family
	kind    string // nft, or iptables
	name    string
	dormant bool
	chains  map[string]*chain
	order   []*chain
	foreign bool // it has rules that only iptables-save tells
	// shared is of a table of iptables-save that nftables shows too (nf_tables).
	shared bool
}

// chain is a chain of a table; base is nil for those that are only jumped to.
type chain struct {
	table *table
	name  string
	base  *base
	rules []*rule
	// order is later for a chain that was hung into its hook later, within a table.
	order uint64
}

// base is how a chain hangs in the kernel.
type base struct {
	hook     hook
	kind     string // filter, nat or route
	priority int
	devices  []string // of ingress and egress
	drop     bool     // the policy; accept otherwise
}

// rule is one rule: its parts are asked one after the other, and the first that
// does not match ends it.
type rule struct {
	chain  *chain
	handle uint64
	text   string
	parts  []part
}

// ref is the rule as reports show it.
func (r *rule) ref(why string) exposure.FirewallRule {
	f := exposure.FirewallRule{
		Table: untrusted.Line(r.chain.table.title()), Chain: untrusted.Line(r.chain.name),
		Handle: r.handle, Text: untrusted.Line(r.text),
	}
	if why != "" {
		f.Why = untrusted.Line(why)
	}
	return f
}

// policyRef is the policy of a chain in the place of a rule.
func (c *chain) policyRef() exposure.FirewallRule {
	text := "policy accept"
	if c.base.drop {
		text = "policy drop"
	}
	return exposure.FirewallRule{Table: untrusted.Line(c.table.title()), Chain: untrusted.Line(c.name), Text: untrusted.Line(text)}
}

// title is how people call the table: inet filter in nftables, iptables filter
// and ip6tables filter otherwise.
func (t *table) title() string {
	if t.kind == "iptables" {
		if t.family == familyIP6 {
			return "ip6tables " + t.name
		}
		return "iptables " + t.name
	}
	for word, f := range familyWords {
		if f == t.family {
			return word + " " + t.name
		}
	}
	return t.name
}

// Problems are the parts of the rule set that could not be read, as messages
// about the file that was read. The rules concerned are there as such that cannot
// be evaluated.
func (r *Ruleset) Problems() []string { return r.problems }

// Count is how many rules there are, those of dormant tables left out.
func (r *Ruleset) Count() int {
	n := 0
	for _, t := range r.tables {
		for _, c := range t.order {
			if !t.dormant {
				n += len(c.rules)
			}
		}
	}
	return n
}

// Join puts the rule sets that several programs told of one machine together.
// Where nftables shows a table of iptables in which there are parts that it does
// not understand, the same table as iptables-save writes it stands for it.
func Join(sets ...*Ruleset) *Ruleset {
	joined := &Ruleset{}
	type key struct {
		f    family
		name string
	}
	foreign, told := map[key]bool{}, map[key]bool{}
	for _, s := range sets {
		for _, t := range s.tables {
			k := key{t.family, t.name}
			foreign[k] = foreign[k] || t.foreign
			told[k] = told[k] || t.kind == "iptables"
		}
	}
	shown := map[key]bool{}
	for _, s := range sets {
		joined.problems = append(joined.problems, s.problems...)
		for _, t := range s.tables {
			if t.kind == "nft" {
				k := key{t.family, t.name}
				if foreign[k] && told[k] {
					continue
				}
				shown[k] = true
			}
			joined.tables = append(joined.tables, t)
		}
	}
	// A table that nftables shows in full is not counted twice.
	kept := joined.tables[:0]
	for _, t := range joined.tables {
		if t.kind == "iptables" && !t.dormant && t.shared && shown[key{t.family, t.name}] {
			continue
		}
		kept = append(kept, t)
	}
	joined.tables = kept
	return joined
}
