package firewall

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// fieldOf reads one field that nft names: payload, meta, ct, fib and so on. A
// field that is known and whose value is not gives an obscure expression.
func fieldOf(word string, o object) (typed, error) {
	key := text(o["key"])
	switch word {
	case "payload":
		return payload(o)
	case "meta":
		return meta(key)
	case "ct":
		return connection(key, text(o["dir"]))
	case "fib":
		return fib(o)
	case "exthdr":
		return extension(o)
	case "numgen", "jhash", "symhash", "rt", "socket", "osf", "ipsec", "tcp option", "ip option", "sctp chunk", "dccp option", "tunnel", "xfrm":
		name := word
		if key != "" {
			name += " " + key
		}
		return typed{read: obscure(name)}, nil
	}
	return typed{}, errors.New(word)
}

// payload is a field of a header. Its protocol is asked for without being told.
func payload(o object) (typed, error) {
	protocol, f := text(o["protocol"]), text(o["field"])
	if protocol == "" {
		return rawPayload(o)
	}
	dark := typed{read: obscure(protocol + " " + f)}
	full := protocol + " " + f
	switch protocol {
	case "ip", "ip6":
		v6 := protocol == "ip6"
		dark.read = func(_ *walker, s *state) value {
			if s.v6 != v6 {
				return missing
			}
			return unknown(full)
		}
		return ipField(f, full, v6, dark), nil
	case "tcp", "udp", "udplite", "th", "sctp", "dccp":
		return transportField(protocol, f, full), nil
	case "icmp", "icmpv6":
		return icmpField(protocol == "icmpv6", f, full), nil
	case "ether":
		switch f {
		case "type":
			return typed{byFamily(etherIPv4, etherIPv6), kindEtherType}, nil
		case "saddr", "daddr":
			// A Go program cannot know the hardware address of a sender, and over lo
			// there is none.
			return dark, nil
		}
	case "arp", "vlan":
		return typed{read: func(*walker, *state) value { return missing }}, nil
	}
	return dark, nil
}

func ipField(f, full string, v6 bool, dark typed) typed {
	switch f {
	case "saddr":
		return typed{whole(full, sourceAddress(v6)), kindAddress}
	case "daddr":
		return typed{whole(full, destinationAddress(v6)), kindAddress}
	case "protocol", "nexthdr":
		return typed{layer4In(v6), kindProtocol}
	case "version":
		return typed{ofFamily(v6, map[bool]number{false: num(uint8(4)), true: num(uint8(6))}[v6]), kindNumber}
	case "hdrlength":
		return typed{ofFamily(v6, num(uint8(5))), kindNumber}
	case "frag-off":
		return typed{func(_ *walker, s *state) value {
			if s.v6 != v6 {
				return missing
			}
			return value{blur: num(uint16(0x4000))} // it is no fragment; whether it may become one is not known
		}, kindNumber}
	}
	return dark
}

func transportField(protocol, f, full string) typed {
	proto := map[string]uint8{"tcp": protoTCP, "udp": protoUDP, "udplite": 136, "sctp": 132, "dccp": 33}[protocol]
	switch {
	case f == "sport" || f == "dport":
		return typed{whole(full, ports(proto, f == "sport")), kindNumber}
	case protocol == "tcp" && f == "flags":
		return typed{ofProtocol(protoTCP, func(s *state) value { return known(num(s.flags)) }), kindTCPFlags}
	}
	return typed{read: obscureIn(proto, full)}
}

func icmpField(v6 bool, f, full string) typed {
	proto, k := uint8(protoICMP), kindICMP
	if v6 {
		proto, k = protoICMPv6, kindICMPv6
	}
	switch f {
	case "type":
		return typed{ofProtocol(proto, func(s *state) value { return known(num(s.icmpType)) }), k}
	case "code":
		return typed{ofProtocol(proto, func(s *state) value { return known(num(s.icmpCode)) }), kindNumber}
	}
	return typed{read: obscureIn(proto, full)}
}

// rawPayload is a field that is told by its place: where it is an address or a
// port of a packet without options, it is read as such.
func rawPayload(o object) (typed, error) {
	at := fmt.Sprintf("@%s,%d,%d", text(o["base"]), signed(o["offset"]), signed(o["len"]))
	switch at {
	case "@th,0,16":
		return typed{whole("th sport", ports(0, true)), kindNumber}, nil
	case "@th,16,16":
		return typed{whole("th dport", ports(0, false)), kindNumber}, nil
	}
	place := map[string]struct{ v6, source bool }{
		"@nh,96,32": {false, true}, "@nh,128,32": {false, false}, "@nh,64,128": {true, true}, "@nh,192,128": {true, false},
	}
	if p, ok := place[at]; ok {
		return typed{func(_ *walker, s *state) value {
			switch {
			case s.v6 != p.v6:
				return unknown(at)
			case p.source:
				return s.src
			}
			return s.dst
		}, kindNumber}, nil
	}
	return typed{read: obscure(at)}, nil
}

func meta(key string) (typed, error) {
	switch key {
	case "l4proto":
		return typed{layer4, kindProtocol}, nil
	case "nfproto":
		return typed{byFamily(nfIPv4, nfIPv6), kindFamily}, nil
	case "protocol":
		return typed{byFamily(etherIPv4, etherIPv6), kindEtherType}, nil
	case "mark":
		return typed{func(_ *walker, s *state) value { return s.mark }, kindNumber}, nil
	case "iifname", "iif":
		return typed{interfaceName(false), kindName}, nil
	case "oifname", "oif":
		return typed{interfaceName(true), kindName}, nil
	case "pkttype":
		return typed{packetType, kindPacketType}, nil
	case "secpath", "ipsec":
		return typed{constant(zero), kindExists}, nil // it comes in the clear
	case "sdifname", "ibrname", "obrname", "ibrpvid", "ibrvproto":
		return typed{read: obscure("meta " + key)}, nil
	case "length", "priority", "iiftype", "oiftype", "skuid", "skgid", "rtclassid", "nftrace", "cpu", "iifgroup", "oifgroup",
		"cgroup", "random", "iifkind", "oifkind", "sdif", "time", "day", "hour", "xfrm":
		return typed{read: obscure("meta " + key)}, nil
	}
	return typed{}, errors.New("meta " + key)
}

// packetType is host for what is sent to one.
func packetType(w *walker, s *state) value {
	switch {
	case s.in == nil:
		return unknown("meta pkttype")
	case !s.dst.isExact():
		return known(zero)
	case s.dst.exact.addr(s.v6).IsMulticast():
		return known(num(uint8(2)))
	case w.machine.broadcast(s.dst.exact.addr(s.v6)):
		return known(num(uint8(1)))
	}
	return known(zero)
}

// connection is a field of the connection that the packet belongs to.
func connection(key, direction string) (typed, error) {
	original := direction != "reply"
	reply := func(s *state) bool { return s.reply == original }
	switch key {
	case "state":
		return typed{ctStateOf, kindCTState}, nil
	case "direction":
		return typed{ofConnection(ctDirection), kindCTDirection}, nil
	case "status":
		return typed{ofConnection(ctStatus), kindCTStatus}, nil
	case "mark":
		return typed{ofConnection(func(_ *walker, s *state) value { return s.ctMark }), kindNumber}, nil
	case "l3proto":
		return typed{ofConnection(byFamily(nfIPv4, nfIPv6)), kindFamily}, nil
	case "protocol":
		return typed{ofConnection(ctProtocol), kindProtocol}, nil
	case "ip daddr", "ip6 daddr", "daddr", "proto-dst", "ip saddr", "ip6 saddr", "saddr", "proto-src":
		return tuple(key, original, reply), nil
	case "expiration", "helper", "bytes", "packets", "avgpkt", "zone", "id", "secmark", "label", "count", "event":
		return typed{read: obscure("ct " + key)}, nil
	}
	return typed{}, errors.New("ct " + key)
}

// tuple is an address or port of the connection. Those of its first packet are
// known; those of the answers depend on what is still to be rewritten.
func tuple(key string, original bool, reply func(*state) bool) typed {
	k := kindAddress
	if strings.HasPrefix(key, "proto") {
		k = kindNumber
	}
	return typed{ofConnection(func(_ *walker, s *state) value {
		if strings.HasPrefix(key, "ip ") && s.v6 || strings.HasPrefix(key, "ip6 ") && !s.v6 {
			return missing
		}
		if !original || s.ct != ctNew && !s.reply {
			return unknown("ct " + key)
		}
		far, farPort := s.src, s.sport
		if reply(s) {
			far, farPort = s.dst, s.dport
		}
		switch {
		case strings.HasSuffix(key, "daddr"):
			return s.origDst
		case key == "proto-dst":
			return s.origPort
		case s.snat:
			return unknown("ct " + key)
		case key == "proto-src":
			return farPort
		}
		return far
	}), k}
}

// fib asks the routing table.
func fib(o object) (typed, error) {
	flags, result := list(o["flags"]), text(o["result"])
	has := func(word string) bool { return slices.ContainsFunc(flags, func(v any) bool { return text(v) == word }) }
	name := "fib " + result
	switch {
	case result == "type" && (has("saddr") || has("daddr")):
		var device func(*state) *Interface
		if has("iif") {
			device = func(s *state) *Interface { return s.in }
		}
		if has("oif") {
			device = func(s *state) *Interface { return s.out }
		}
		return typed{addressKind(has("saddr"), device), kindAddressType}, nil
	case result == "oif" && has("saddr") && has("iif"):
		return typed{reverse, kindExists}, nil
	}
	return typed{obscure(name), kindExists}, nil
}

// extension is a header of IPv6 that ordinary packets do not have.
func extension(o object) (typed, error) {
	if o["field"] == nil {
		return typed{func(_ *walker, s *state) value {
			if !s.v6 {
				return missing
			}
			return known(zero)
		}, kindExists}, nil
	}
	return typed{func(*walker, *state) value { return missing }, kindNumber}, nil
}
