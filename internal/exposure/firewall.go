package exposure

import (
	"net/netip"

	"sekisho/internal/untrusted"
)

// FirewallVerdict is what the packet filter of a machine does with those who
// come to a port. CannotSay is what it is whenever the rules do not tell, and
// then it is no guess.
type FirewallVerdict string

// The verdicts.
const (
	FirewallAccept    FirewallVerdict = "accept"
	FirewallDrop      FirewallVerdict = "drop"
	FirewallReject    FirewallVerdict = "reject"
	FirewallCannotSay FirewallVerdict = "cannot-say"
)

// FirewallFamily is the family of addresses that an answer is about.
type FirewallFamily string

// The families.
const (
	FirewallIPv4 FirewallFamily = "ipv4"
	FirewallIPv6 FirewallFamily = "ipv6"
)

// FirewallPath is the way that packets go through a machine.
type FirewallPath string

// The ways: to one of its processes, and on to another host or a container.
const (
	FirewallInput   FirewallPath = "input"
	FirewallForward FirewallPath = "forward"
)

// FirewallRule is one rule of the packet filter, or the policy of a chain. Table
// has the family in front: inet filter, iptables nat.
type FirewallRule struct {
	Table  untrusted.Text `json:"table"`
	Chain  untrusted.Text `json:"chain,omitzero"`
	Handle uint64         `json:"handle,omitempty"` // of nftables, or the rule's number in its chain
	Text   untrusted.Text `json:"text,omitzero"`
	Why    untrusted.Text `json:"why,omitzero"` // why it could not be evaluated
}

// FirewallAnswer is what the packet filter does with newcomers from a zone to one
// port, computed from its rules: nobody looked.
type FirewallAnswer struct {
	Zone   Zone           `json:"zone"`
	Family FirewallFamily `json:"family"`
	// Interface is by which they come; absent when it makes no difference.
	Interface string          `json:"interface,omitempty"`
	Verdict   FirewallVerdict `json:"verdict"`
	Reason    Reason          `json:"reason,omitempty"` // what a reject answers
	Path      FirewallPath    `json:"path,omitempty"`
	// Silent is of a drop that the newcomer's packet passes and the answer does not.
	Silent bool `json:"answer_dropped,omitempty"`
	// To is where the rules send the newcomers on; absent when they do not.
	To    netip.AddrPort `json:"to,omitzero"`
	Rules []FirewallRule `json:"rules,omitempty"` // that decide
	// Of cannot-say: what it may be, the rules that it depends on, and whether it
	// depends on nothing but the newcomer's address.
	Possible []FirewallVerdict `json:"possible,omitempty"`
	Doubts   []FirewallRule    `json:"doubts,omitempty"`
	BySource bool              `json:"by_source,omitempty"`
}

// LocalFirewall is the packet filter of a machine as a whole: the programs that
// made its rules, as far as names tell, and how many rules there are.
type LocalFirewall struct {
	Products []string `json:"products,omitempty"`
	Rules    int      `json:"rules"`
	// Unread is of a system whose rules are not evaluated: nobody can say then
	// what it lets in.
	Unread   bool              `json:"unread,omitempty"`
	Profiles []FirewallProfile `json:"profiles,omitempty"` // of Windows
}

// FirewallProfile is one of the rule sets of Windows Defender Firewall; the one
// of a network's category holds for its interfaces.
type FirewallProfile struct {
	Name       string   `json:"name"` // domain, private or public
	Enabled    bool     `json:"enabled"`
	Incoming   string   `json:"incoming,omitempty"`   // what becomes of newcomers that no rule names: block, allow or notconfigured
	Interfaces []string `json:"interfaces,omitempty"` // for which it is active now
}
