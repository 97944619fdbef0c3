package firewall

import (
	"errors"
	"fmt"

	"sekisho/internal/exposure"
)

// statement reads one statement of a rule. What is not understood becomes a part
// that cannot be evaluated and says which it is.
func (p *nftParser) statement(o object) []part {
	for word, content := range o {
		switch word {
		case "match":
			return p.match(content)
		case "vmap":
			l, _, err := p.lookup(content)
			if err != nil {
				return []part{mystery{err.Error()}}
			}
			return []part{l}
		case "mangle":
			return p.mangle(content)
		case "reject":
			return []part{reject(content)}
		case "dnat", "redirect", "snat", "masquerade":
			return p.nat(word, content)
		case "notrack":
			return []part{untrack{}}
		case "set":
			return p.touch(content)
		case "limit", "quota", "ct count", "meter":
			return []part{chance{word}}
		case "counter", "log", "last", "dup", "secmark", "ct helper", "ct timeout", "ct expectation", "flow", "comment":
			return nil // without effect on where the packet goes
		}
		if v, ok := p.verdict(o); ok {
			return []part{judge{v}}
		}
		if inner, ok := content.(object); ok && word == "xt" {
			p.at.foreign = true
			return []part{mystery{fmt.Sprintf("xt %s %s", text(inner["type"]), text(inner["name"]))}}
		}
		p.at.foreign = p.at.foreign || word == "xt"
		return []part{mystery{word}}
	}
	return []part{mystery{"an empty statement"}}
}

// verdict reads a verdict, of a rule or of a map.
func (p *nftParser) verdict(v any) (verdict, bool) {
	o, ok := v.(object)
	if !ok {
		return verdict{}, false
	}
	for word, content := range o {
		switch word {
		case "accept":
			return verdict{kind: accepted}, true
		case "drop":
			return verdict{kind: dropped}, true
		case "continue":
			return verdict{kind: missed}, true
		case "return":
			return verdict{kind: returned}, true
		case "jump", "goto":
			inner, _ := content.(object)
			v := verdict{kind: jumped}
			if word == "goto" {
				v.kind = left
			}
			if p.at != nil {
				v.target = p.at.chains[text(inner["target"])]
			}
			return v, true
		}
	}
	return verdict{}, false
}

func (p *nftParser) match(content any) []part {
	o, ok := content.(object)
	if !ok {
		return []part{mystery{"match"}}
	}
	left, err := p.expression(o["left"])
	if err != nil {
		return []part{chance{err.Error()}}
	}
	m := &match{}
	var kinds []kind
	for _, e := range left {
		m.left, kinds = append(m.left, e.read), append(kinds, e.kind)
	}
	if err := p.wanted(m, text(o["op"]), o["right"], kinds); err != nil {
		m.doubt = err.Error()
	}
	return []part{m}
}

// wanted reads what a match compares with.
func (p *nftParser) wanted(m *match, op string, right any, kinds []kind) error {
	m.negate = op == "!=" || op == "!"
	if name := text(right); len(name) > 1 && name[0] == '@' {
		st, _, err := p.named(name)
		m.set = st
		return err
	}
	if o, ok := right.(object); ok && o["set"] != nil || len(kinds) > 1 {
		elements := []any{right}
		if ok && o["set"] != nil {
			elements = list(o["set"])
		}
		m.set = &set{name: "of the rule"}
		p.fill(m.set, elements, kinds, nil)
		return nil
	}
	s, err := constantSpan(right, kinds[0])
	if err != nil {
		return err
	}
	switch op {
	case "==", "!=":
		m.spans = spans{s}
	case "in", "!":
		m.bits, m.mask = true, s.lo
	case "<":
		m.spans = normal([]span{{zero, s.lo.previous()}})
		if s.lo == zero {
			m.spans = spans{}
		}
	case "<=":
		m.spans = spans{{zero, s.hi}}
	case ">":
		m.spans = normal([]span{{s.hi.next(), ones}})
	case ">=":
		m.spans = spans{{s.lo, ones}}
	default:
		return errors.New("operator " + op)
	}
	return nil
}

// mangle writes a mark or a field. What rules may ask for later is followed; a
// field that is not followed is spoiled.
func (p *nftParser) mangle(content any) []part {
	o, _ := content.(object)
	key, _ := o["key"].(object)
	from := obscure("what a rule before wrote")
	if e, err := p.expression(o["value"]); err == nil && len(e) == 1 {
		from = e[0].read
	}
	for word, inner := range key {
		f, _ := inner.(object)
		switch name := text(f["key"]); word {
		case "meta":
			if name == "mark" {
				return []part{assign{"mark", from}}
			}
			return nil
		case "ct":
			if name == "mark" {
				return []part{assign{"ctmark", from}}
			}
			return nil
		case "payload":
			protocol := text(f["protocol"])
			if s, err := constantSpan(o["value"], kindAddress); err == nil && s.lo == s.hi {
				from = constant(s.lo)
			}
			return []part{assign{written(protocol, text(f["field"])), from}}
		case "exthdr", "tcp option":
			return nil
		}
	}
	return []part{mystery{"mangle"}}
}

func written(protocol, f string) string {
	switch f {
	case "saddr":
		return "src"
	case "daddr":
		return "dst"
	case "sport", "dport":
		return f
	}
	return protocol + " " + f
}

// touch adds to a set. With a limit beside it the rule goes on only within that.
func (p *nftParser) touch(content any) []part {
	o, _ := content.(object)
	st, _, err := p.named(text(o["set"]))
	if err != nil {
		return []part{mystery{err.Error()}}
	}
	var parts []part
	for _, s := range list(o["stmt"]) {
		inner, _ := s.(object)
		for word := range inner {
			if word != "counter" && word != "last" {
				parts = append(parts, chance{word + " of set " + st.name})
			}
		}
	}
	if text(o["op"]) == "delete" {
		return append(parts, chance{"delete from set " + st.name}, touch{st})
	}
	return append(parts, touch{st})
}

// reasons are what the words of reject mean to whoever is refused.
var reasons = map[string]exposure.Reason{
	"port-unreachable": exposure.PortUnreach, "admin-prohibited": exposure.AdminProhibited, "host-prohibited": exposure.AdminProhibited,
	"net-prohibited": exposure.AdminProhibited, "host-unreachable": exposure.HostUnreach, "addr-unreachable": exposure.HostUnreach,
	"net-unreachable": exposure.NetUnreach, "no-route": exposure.NetUnreach, "prot-unreachable": exposure.ProtoUnreach,
	"policy-fail": exposure.AdminProhibited, "reject-route": exposure.AdminProhibited,
}

func reject(content any) part {
	o, _ := content.(object)
	kind, word := text(o["type"]), text(o["expr"])
	if word == "" {
		word = "port-unreachable"
	}
	r := refuse{reason: reasons[word]}
	switch kind {
	case "tcp reset":
		r = refuse{reason: exposure.Reset, tcp: true}
	case "icmp":
		r.only, r.limited = familyIP, true
	case "icmpv6":
		r.only, r.limited = familyIP6, true
	case "icmpx", "":
	default:
		return mystery{"reject with " + kind}
	}
	if r.reason == "" {
		return mystery{"reject with " + word}
	}
	return r
}

// refusal is the type and code of the ICMP message that tells a reason.
func refusal(v6 bool, r exposure.Reason) (kind, code uint8) {
	if v6 {
		return 1, map[exposure.Reason]uint8{exposure.NetUnreach: 0, exposure.AdminProhibited: 1, exposure.HostUnreach: 3, exposure.PortUnreach: 4}[r]
	}
	return 3, map[exposure.Reason]uint8{
		exposure.NetUnreach: 0, exposure.HostUnreach: 1, exposure.ProtoUnreach: 2, exposure.PortUnreach: 3, exposure.AdminProhibited: 13,
	}[r]
}

// nat reads a translation.
func (p *nftParser) nat(word string, content any) []part {
	o, _ := content.(object)
	t := &translate{source: word == "snat" || word == "masquerade", redirect: word == "redirect" || word == "masquerade"}
	switch text(o["family"]) {
	case "ip":
		t.only, t.limited = familyIP, true
	case "ip6":
		t.only, t.limited = familyIP6, true
	}
	if t.source {
		return []part{t}
	}
	if err := p.destination(t, o); err != nil {
		return []part{mystery{word + " to " + err.Error()}}
	}
	return []part{t}
}

func (p *nftParser) destination(t *translate, o object) error {
	if addr := o["addr"]; addr != nil {
		if inner, ok := addr.(object); ok && inner["map"] != nil {
			l, _, err := p.lookup(inner["map"])
			if err != nil {
				return err
			}
			t.both = l
		} else if inner, ok := addr.(object); ok && inner["prefix"] == nil && inner["range"] == nil {
			e, err := p.expression(addr)
			if err != nil {
				return err
			}
			t.addr = e[0].read
		} else {
			s, err := constantSpan(addr, kindAddress)
			if err != nil {
				return err
			}
			t.span, t.prefix = s, ok && inner["prefix"] != nil
			t.fixed = true
		}
		for _, f := range append(list(o["type_flags"]), list(o["flags"])...) {
			t.prefix = t.prefix || text(f) == "prefix" || text(f) == "netmap"
		}
	}
	if port := o["port"]; port != nil {
		if s, err := constantSpan(port, kindNumber); err == nil {
			v := spanValue(s, "the port that is picked")
			t.port = func(*walker, *state) value { return v }
			return nil
		}
		e, err := p.expression(port)
		if err != nil {
			return err
		}
		t.port = e[0].read
	}
	return nil
}
