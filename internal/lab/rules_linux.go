package lab

import (
	"fmt"
	"os/exec"
	"strings"
)

// routerRules are those of a household's router: IPv4 goes out under its own
// address, and from the WAN comes in only what was asked for from inside or
// forwarded. IPv6 is routed, and filtered alike (RFC 6092).
const routerRules = `
table inet router {
	chain prerouting {
		type nat hook prerouting priority dstnat
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		oifname "wan" meta nfproto ipv4 masquerade
	}
	chain input {
		type filter hook input priority filter
		iifname != "wan" accept
		ct state established,related accept
		icmp type echo-request accept
		meta l4proto ipv6-icmp accept
		drop
	}
	chain forward {
		type filter hook forward priority filter
		iifname != "wan" accept
		ct state established,related accept
		ct status dnat accept
		icmpv6 type echo-request accept
		jump opened
		drop
	}
	chain opened {
	}
}
`

// NFT applies a rule set in nft's own language to the host, beside the rules
// that it has. The router's own are in the table inet router: its chains are
// prerouting, postrouting, input, forward and opened.
func (h *Host) NFT(t T, ruleset string) {
	t.Helper()
	if err := h.nft(ruleset); err != nil {
		t.Fatalf("%v", err)
	}
}

func (h *Host) nft(ruleset string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Env = environment()
	cmd.Stdin = strings.NewReader(ruleset)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := h.inHost(cmd); err != nil {
		return fmt.Errorf("%s: nft: %w\n%s", h.Name, err, said.String())
	}
	return nil
}

// Forward has the router hand a port of its IPv4 address on to Home, and let
// through to the same port of Home's IPv6 address, where nothing is rewritten.
func (l *Lab) Forward(t T, proto string, wanPort, lanPort uint16) {
	t.Helper()
	l.Router.NFT(t, fmt.Sprintf(`
		add rule inet router prerouting iifname "wan" meta nfproto ipv4 %[1]s dport %[2]d dnat ip to %[4]s:%[3]d
		add rule inet router opened ip6 daddr %[5]s %[1]s dport %[3]d accept
	`, proto, wanPort, lanPort, l.Home.V4, l.Home.V6))
}

// Hook is where in a host a rule stands.
type Hook string

// The hooks of a host's packet filter.
const (
	Input      Hook = "input"
	Output     Hook = "output"
	Forwarding Hook = "forward"
)

// Verdict is what a rule does with a packet that it matches.
type Verdict string

// The verdicts that a packet can meet.
const (
	Accept      Verdict = "accept"
	Drop        Verdict = "drop"
	RejectReset Verdict = "reject with tcp reset"
	// RejectAdmin answers "administratively prohibited", RejectPort "port
	// unreachable", RejectHost "host unreachable", each in the ICMP of the
	// packet's family.
	RejectAdmin Verdict = "reject with icmpx type admin-prohibited"
	RejectPort  Verdict = "reject with icmpx type port-unreachable"
	RejectHost  Verdict = "reject with icmpx type host-unreachable"
)

// Filter adds a rule behind those added before: what matches, an expression of
// nft such as "tcp dport 23", meets the verdict. A rate is part of the match:
// with Drop, "tcp flags & rst == rst limit rate over 10/second" limits resets,
// "icmp type destination-unreachable limit rate over 1/second" what closed UDP
// ports say, and "numgen random mod 100 < 5" loses one in twenty, where the
// chance need not repeat (an Impairment repeats).
func (h *Host) Filter(t T, hook Hook, match string, v Verdict) {
	t.Helper()
	h.NFT(t, fmt.Sprintf(`
		table inet lab {
			chain %[1]s {
				type filter hook %[1]s priority filter + 10
			}
		}
		add rule inet lab %[1]s %[2]s %[3]s
	`, hook, match, v))
}
