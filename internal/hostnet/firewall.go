package hostnet

import (
	"net/netip"
)

// Firewall is what the programs of this machine wrote about its packet filter, in
// their own forms, for the room that evaluates it. Only where Complete is true is
// an absent rule one that is not there.
type Firewall struct {
	Complete bool
	NFT      []byte  // nft -j list ruleset
	Chains   []byte  // nft list chains, where a chain hangs at interfaces; its JSON does not always tell them
	Saved    []Saved // of iptables-save and its kin
	IPSet    []byte  // ipset save; nil when no rule asks for a set

	// Windows is what PowerShell told of its firewalls, as JSON, and PF what
	// pfctl -s info told; nil elsewhere. Their rules are not read.
	Windows, PF []byte
}

// Saved is the rules that one of the iptables-save wrote.
type Saved struct {
	V6   bool
	Text []byte
}

// Network is what of this machine decides where packets go, beside its rules.
type Network struct {
	Devices []Device
	Routes  []Route
	// Forward4, Forward6 and LoopbackRouted are switches of the kernel: whether it
	// hands packets on, and whether it takes 127.0.0.0/8 from outside
	// (route_localnet). nil is not known.
	Forward4, Forward6, LoopbackRouted *bool
}

// Device is one network device with its addresses in the kernel's order.
type Device struct {
	Name     string
	Index    int
	Loopback bool
	Bridge   bool
	Prefixes []netip.Prefix
}

// Route is a way of the main routing table.
type Route struct {
	To     netip.Prefix
	Device string
	Via    netip.Addr // not valid when the net is on the link
	Metric int
}

// The kinds of what could not be seen of the packet filter.
const (
	// UnseenFirewall means that the rules may be read by root only.
	UnseenFirewall UnseenKind = "firewall"
	// UnseenFirewallTool means that nft is not installed, without which nobody can
	// say what rules there are.
	UnseenFirewallTool UnseenKind = "firewall-tool"
	// UnseenFirewallPart means that some of the rules could not be read: those of
	// iptables or of ipset, or all of them within the time and size allowed.
	UnseenFirewallPart UnseenKind = "firewall-part"
	// UnseenFirewallSystem means that sekisho does not evaluate the rules of this
	// operating system.
	UnseenFirewallSystem UnseenKind = "firewall-system"
)
