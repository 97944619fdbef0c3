package firewall

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// kind is what sort of thing a number is, so that a word for it can be read.
type kind uint8

const (
	kindNumber kind = iota
	kindAddress
	kindName
	kindProtocol
	kindCTState
	kindCTStatus
	kindCTDirection
	kindICMP
	kindICMPv6
	kindTCPFlags
	kindAddressType
	kindEtherType
	kindPacketType
	kindFamily
	kindExists
)

// words are those that nftables and iptables have for numbers.
var words = map[kind]map[string]uint64{
	kindProtocol: {
		"ip": 0, "icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "dccp": 33, "ipv6": 41, "ipv6-route": 43, "ipv6-frag": 44,
		"gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "icmpv6": 58, "icmp6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ospf": 89,
		"pim": 103, "comp": 108, "ipcomp": 108, "vrrp": 112, "l2tp": 115, "sctp": 132, "mh": 135, "udplite": 136, "mpls-in-ip": 137,
	},
	kindCTState:     {"invalid": ctInvalid, "established": ctEstablished, "related": ctRelated, "new": ctNew, "untracked": ctUntracked},
	kindCTStatus:    {"expected": 1, "seen-reply": 2, "assured": 4, "confirmed": 8, "snat": 16, "dnat": 32, "dying": 512},
	kindCTDirection: {"original": 0, "reply": 1},
	kindICMP: {
		"echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
		"router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
		"info-request": 15, "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18,
	},
	kindICMPv6: {
		"destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4, "echo-request": 128, "echo-reply": 129,
		"mld-listener-query": 130, "mld-listener-report": 131, "mld-listener-done": 132, "mld-listener-reduction": 132,
		"nd-router-solicit": 133, "nd-router-advert": 134, "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137,
		"router-renumbering": 138, "ind-neighbor-solicit": 141, "ind-neighbor-advert": 142, "mld2-listener-report": 143,
		// as ip6tables has them
		"neighbour-solicitation": 135, "neighbor-solicitation": 135, "neighbour-advertisement": 136, "neighbor-advertisement": 136,
		"router-solicitation": 133, "router-advertisement": 134, "redirect": 137,
	},
	kindTCPFlags:    {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128},
	kindAddressType: {"unspec": 0, "unicast": 1, "local": 2, "broadcast": 3, "anycast": 4, "multicast": 5, "blackhole": 6, "unreachable": 7, "prohibit": 8},
	kindEtherType:   {"ip": etherIPv4, "arp": 0x0806, "vlan": 0x8100, "8021q": 0x8100, "8021ad": 0x88a8, "ip6": etherIPv6},
	kindPacketType:  {"host": 0, "unicast": 0, "broadcast": 1, "multicast": 2, "other": 3},
	kindFamily:      {"ipv4": nfIPv4, "ipv6": nfIPv6},
	kindExists:      {"missing": 0, "exists": 1},
}

// symbol is the span that a word stands for, such as an address, a name that ends
// in a star, or established.
func symbol(k kind, text string) (span, error) {
	switch k {
	case kindName:
		return nameSpan(text), nil
	case kindAddress:
		if p, err := netip.ParsePrefix(text); err == nil {
			return prefixSpan(p), nil
		}
		if from, to, ok := strings.Cut(text, "-"); ok {
			return addressRange(from, to)
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return span{}, err
		}
		return one(address(a.WithZone(""))), nil
	}
	if n, ok := words[k][strings.ToLower(text)]; ok {
		return one(num(n)), nil
	}
	if n, err := strconv.ParseUint(text, 0, 64); err == nil {
		return one(num(n)), nil
	}
	if k == kindNumber {
		if a, err := netip.ParseAddr(text); err == nil {
			return one(address(a)), nil
		}
	}
	return span{}, fmt.Errorf("%q is not known here", text)
}

func addressRange(from, to string) (span, error) {
	a, err := netip.ParseAddr(from)
	if err != nil {
		return span{}, err
	}
	b, err := netip.ParseAddr(to)
	if err != nil || a.Is4() != b.Is4() {
		return span{}, fmt.Errorf("%q is no range of addresses", from+"-"+to)
	}
	return span{address(a), address(b)}, nil
}

// nameSpan is an interface's name, or with a star at its end all that begin so.
func nameSpan(text string) span {
	begin, ok := strings.CutSuffix(text, "*")
	if !ok {
		return one(name(text))
	}
	if literal, ok := strings.CutSuffix(begin, `\`); ok {
		return one(name(literal + "*"))
	}
	return beginning(begin)
}

// beginning is all names that begin with a text.
func beginning(text string) span {
	if len(text) > 16 {
		text = text[:16]
	}
	lo := name(text)
	return span{lo, lo.or(ones.shr(uint64(8 * len(text))))}
}
