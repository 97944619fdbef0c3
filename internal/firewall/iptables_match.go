package firewall

import (
	"fmt"
	"strconv"
	"strings"
)

// option reads one option of a match (iptables-extensions(8)).
func (r *iptablesRule) option(option string, negate bool) {
	switch option {
	case "-s", "--source", "-d", "--destination":
		r.address(addressOf(r.parser.v6, option == "-s" || option == "--source"), r.next(), negate)
	case "-i", "--in-interface", "-o", "--out-interface":
		r.device(option == "-o" || option == "--out-interface", r.next(), negate)
	case "-p", "--protocol":
		r.protocol(r.next(), negate)
	case "-f", "--fragment":
		if !negate { // no packet that is asked about is a later fragment
			r.add(never())
		}
	case "-4", "--ipv4":
		r.onlyFamily(false)
	case "-6", "--ipv6":
		r.onlyFamily(true)
	case "--sport", "--source-port", "--dport", "--destination-port":
		r.spans(ports(0, strings.HasPrefix(option, "--s")), negate, r.next(), ":")
	case "--sports", "--source-ports", "--dports", "--destination-ports":
		r.spans(ports(0, strings.HasPrefix(option, "--s")), negate, r.next(), ":")
	case "--ports":
		r.eitherPort(r.next(), negate)
	case "--tcp-flags":
		r.flags(r.next(), r.next(), negate)
	case "--syn":
		r.flags("SYN,RST,ACK,FIN", "SYN", negate)
	case "--icmp-type", "--icmpv6-type":
		r.icmp(r.next(), negate)
	case "--ctstate", "--state":
		r.states(r.next(), negate)
	case "--mark":
		r.mark(r.next(), negate)
	case "--comment":
		r.next()
	case "--match-set":
		r.matchSet(r.next(), r.next(), negate)
	case "--src-range", "--dst-range":
		r.addressRange(option == "--src-range", r.next(), negate)
	case "--invert":
		r.backward = true
	default:
		r.rarer(option, negate)
	}
}

// rarer reads the options that few rules have.
func (r *iptablesRule) rarer(option string, negate bool) {
	switch {
	case option == "--dst-type" || option == "--src-type":
		r.addressType(option == "--src-type", r.next(), negate)
	case option == "--limit-iface-in" && r.addrType != nil:
		r.limitDevice(func(s *state) *Interface { return s.in })
	case option == "--limit-iface-out" && r.addrType != nil:
		r.limitDevice(func(s *state) *Interface { return s.out })
	case option == "--ctdir":
		n := zero
		if r.next() == "REPLY" {
			n = num(uint8(1))
		}
		r.is(ofConnection(ctDirection), negate, one(n))
	case option == "--ctstatus":
		r.status(r.next(), negate)
	case option == "--ctorigdst":
		r.address(ofConnection(func(_ *walker, s *state) value { return s.origDst }), r.next(), negate)
	case option == "--ctorigdstport":
		r.spans(ofConnection(func(_ *walker, s *state) value { return s.origPort }), negate, r.next(), ":")
	case option == "--ctproto":
		s, err := symbol(kindProtocol, r.next())
		r.isOr(err, "--ctproto", ofConnection(ctProtocol), negate, s)
	case option == "--pkt-type":
		s, err := symbol(kindPacketType, r.next())
		r.isOr(err, "--pkt-type", packetType, negate, s)
	case r.module == "policy":
		r.policy(option, negate)
	case r.module == "rpfilter":
		r.doubt("-m rpfilter " + option)
		r.skip()
	case r.seen["?-m "+r.module]: // its doubt is noted
		r.skip()
	default:
		r.doubt(option)
		r.skip()
	}
}

// never matches no packet.
func never() part { return &match{left: []expr{constant(zero)}, spans: spans{one(ones)}} }

// is asks a field. What a packet lacks is unlike everything, except that a packet
// without a connection is not like anything that is asked of one (xt_conntrack.c).
func (r *iptablesRule) is(e expr, negate bool, want ...span) {
	r.add(&match{left: []expr{e}, spans: normal(want), negate: negate, total: r.module != "conntrack"})
}

// isOr is the same, unless what is wanted was not understood.
func (r *iptablesRule) isOr(err error, option string, e expr, negate bool, want ...span) {
	if err != nil {
		r.doubt(option)
		return
	}
	r.is(e, negate, want...)
}

func (r *iptablesRule) address(e expr, content string, negate bool) {
	s, mask, plain, err := maskedAddress(content)
	if err == nil && !plain {
		e = bitwise("&", e, constant(mask))
	}
	r.isOr(err, "address "+content, e, negate, s)
}

func (r *iptablesRule) addressRange(source bool, content string, negate bool) {
	s, err := symbol(kindAddress, content)
	r.isOr(err, "-m iprange", addressOf(r.parser.v6, source), negate, s)
}

// device reads the name of an interface; with a plus at its end, all that begin so.
func (r *iptablesRule) device(out bool, content string, negate bool) {
	s := one(name(content))
	if begin, ok := strings.CutSuffix(content, "+"); ok {
		s = beginning(begin)
	}
	r.is(interfaceName(out), negate, s)
}

func (r *iptablesRule) protocol(content string, negate bool) {
	if content == "all" || content == "0" {
		return
	}
	s, err := symbol(kindProtocol, content)
	r.isOr(err, "-p "+content, layer4, negate, s)
}

func (r *iptablesRule) onlyFamily(v6 bool) {
	if v6 != r.parser.v6 {
		r.add(never())
	}
}

// portSpans reads ports and ranges of them with commas between.
func portSpans(content, between string) ([]span, error) {
	var list []span
	for one := range strings.SplitSeq(content, ",") {
		s, err := portRange(one, between)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func (r *iptablesRule) spans(e expr, negate bool, content, between string) {
	list, err := portSpans(content, between)
	r.isOr(err, "ports "+content, e, negate, list...)
}

func (r *iptablesRule) eitherPort(content string, negate bool) {
	list, err := portSpans(content, ":")
	if err != nil {
		r.doubt("--ports")
		return
	}
	q := &either{negate: negate}
	for _, source := range []bool{true, false} {
		q.any = append(q.any, &match{left: []expr{ports(0, source)}, spans: normal(list)})
	}
	r.add(q)
}

// flagBits reads names of TCP flags.
func flagBits(content string) (number, error) {
	var n uint64
	for one := range strings.SplitSeq(strings.ToLower(content), ",") {
		switch one {
		case "none", "":
			continue
		case "all":
			n |= 0x3f
			continue
		}
		bit, ok := words[kindTCPFlags][one]
		if !ok {
			return zero, fmt.Errorf("flag %q", one)
		}
		n |= bit
	}
	return num(n), nil
}

func (r *iptablesRule) flags(mask, want string, negate bool) {
	m, err := flagBits(mask)
	n, err2 := flagBits(want)
	if err != nil || err2 != nil {
		r.doubt("--tcp-flags")
		return
	}
	read := ofProtocol(protoTCP, func(s *state) value { return known(num(s.flags).and(m)) })
	r.add(&match{left: []expr{read}, spans: spans{one(n)}, negate: negate})
}

// icmp reads a type, or a type and code with a slash between.
func (r *iptablesRule) icmp(content string, negate bool) {
	k, proto := kindICMP, uint8(protoICMP)
	if r.parser.v6 {
		k, proto = kindICMPv6, protoICMPv6
	}
	if content == "any" || content == "255" && !r.parser.v6 {
		return
	}
	kindText, codeText, coded := strings.Cut(content, "/")
	s, err := symbol(k, kindText)
	code := uint64(0)
	if err == nil && coded {
		code, err = strconv.ParseUint(codeText, 10, 8)
	}
	if err != nil {
		r.doubt("--icmp-type " + content)
		return
	}
	read := ofProtocol(proto, func(s *state) value {
		if coded {
			return known(num(uint16(s.icmpType)<<8 | uint16(s.icmpCode)))
		}
		return known(num(s.icmpType))
	})
	if coded {
		s = one(num(s.lo.lo<<8 | code))
	}
	r.add(&match{left: []expr{read}, spans: spans{s}, negate: negate})
}

// states reads names of states; SNAT and DNAT are such too.
func (r *iptablesRule) states(content string, negate bool) {
	var bits, status uint64
	for one := range strings.SplitSeq(strings.ToLower(content), ",") {
		switch one {
		case "snat":
			status |= statusSNAT
		case "dnat":
			status |= statusDNAT
		default:
			bit, ok := words[kindCTState][one]
			if !ok {
				r.doubt("--ctstate " + one)
				return
			}
			bits |= bit
		}
	}
	q := &either{negate: negate, any: []question{&match{left: []expr{ctStateOf}, bits: true, mask: num(bits)}}}
	if status != 0 {
		q.any = append(q.any, &match{left: []expr{ofConnection(ctStatus)}, bits: true, mask: num(status)})
	}
	r.add(q)
}

func (r *iptablesRule) status(content string, negate bool) {
	var bits uint64
	for one := range strings.SplitSeq(strings.ToLower(content), ",") {
		bit, ok := words[kindCTStatus][strings.ReplaceAll(one, "_", "-")]
		if !ok {
			r.doubt("--ctstatus")
			return
		}
		bits |= bit
	}
	r.add(&match{left: []expr{ofConnection(ctStatus)}, bits: true, mask: num(bits), negate: negate})
}

// masked32 reads a number, or a number and a mask with a slash between.
func masked32(content string) (n, mask number, err error) {
	left, right, ok := strings.Cut(content, "/")
	a, err := strconv.ParseUint(left, 0, 32)
	if err != nil {
		return zero, zero, err
	}
	m := uint64(0xffffffff)
	if ok {
		m, err = strconv.ParseUint(right, 0, 32)
	}
	return num(a), num(m), err
}

func markOf(_ *walker, s *state) value { return s.mark }

func ctMarkOf(_ *walker, s *state) value { return s.ctMark }

func (r *iptablesRule) mark(content string, negate bool) {
	n, mask, err := masked32(content)
	read := expr(markOf)
	if r.module == "connmark" {
		read = ofConnection(ctMarkOf)
	}
	if err != nil {
		r.doubt("--mark")
		return
	}
	m := &match{left: []expr{bitwise("&", read, constant(mask))}, spans: spans{one(n)}, negate: negate}
	r.add(m)
}

func (r *iptablesRule) matchSet(name, directions string, negate bool) {
	q, err := r.parser.sets.ask(name, directions, 0)
	if err != nil {
		r.doubt(err.Error())
		return
	}
	if negate {
		r.add(&either{any: []question{q}, negate: true})
		return
	}
	switch q := q.(type) {
	case *match:
		r.add(q)
	case *either:
		r.add(q)
	}
}

// addressType reads kinds of addresses. The two families mean different things by
// them: in IPv6 a local address is a unicast one too (xt_addrtype.c).
func (r *iptablesRule) addressType(source bool, content string, negate bool) {
	var want []span
	for one := range strings.SplitSeq(content, ",") {
		s, err := symbol(kindAddressType, one)
		if err != nil {
			r.doubt("-m addrtype " + one)
			return
		}
		want = append(want, s)
	}
	m := &match{spans: normal(want), negate: negate, total: true}
	r.addrType, r.addrTypeWant, r.addrTypeSource = m, m.spans, source
	if r.parser.v6 {
		m.spans = spans{one(num(uint8(1)))}
	}
	r.limitDevice(nil)
	r.add(m)
}

// limitDevice has the kind of the address looked up at one interface only.
func (r *iptablesRule) limitDevice(device func(s *state) *Interface) {
	kind := addressKind(r.addrTypeSource, device)
	if r.parser.v6 {
		kind = kind6(kind, r.addrTypeWant)
	}
	r.addrType.left = []expr{kind}
}

// kind6 is 1 when an address is of every group of kinds that is wanted.
func kind6(kind expr, want spans) expr {
	wants := func(n uint64) bool { return want.contains(num(n)) }
	return func(w *walker, s *state) value {
		v := kind(w, s)
		if !v.isExact() {
			return v
		}
		is := v.exact.lo
		switch {
		case wants(rtnMulticast) && is != rtnMulticast, wants(rtnUnicast) && is == rtnMulticast, wants(0):
			return known(zero)
		case wants(rtnLocal) && is == rtnLocal:
			return known(num(uint8(1)))
		case wants(4) || wants(7): // anycast, unreachable
			return unknown("-m addrtype")
		case wants(rtnLocal):
			return known(zero)
		}
		return known(num(uint8(1)))
	}
}

// policy asks about IPsec: the packets that are asked about come in the clear.
func (r *iptablesRule) policy(option string, negate bool) {
	switch option {
	case "--pol":
		clear := r.next() == "none"
		if clear == negate {
			r.add(never())
		}
	case "--dir":
		r.next()
	default:
		r.skip()
	}
}
