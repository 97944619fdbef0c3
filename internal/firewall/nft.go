package firewall

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sekisho/internal/untrusted"
)

// object is a JSON object of nft's.
type object = map[string]any

// ErrNotNFT is that of a text that is no rule set of nftables.
var ErrNotNFT = errors.New("not the JSON of nft -j list ruleset")

// ParseNFT reads what nft -j list ruleset writes (libnftables-json(5)). What in it
// is not understood stays in the rule set as something that cannot be evaluated.
func ParseNFT(data []byte) (*Ruleset, error) {
	var document struct {
		NFTables []object `json:"nftables"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotNFT, err)
	}
	if document.NFTables == nil {
		return nil, ErrNotNFT
	}
	p := &nftParser{rules: &Ruleset{}, tables: map[tableKey]*nftTable{}}
	// Chains and sets are spoken of before they are told, so they come first.
	for _, pass := range []func(string, object){p.declare, p.define} {
		for _, entry := range document.NFTables {
			for word, content := range entry {
				if o, ok := content.(object); ok {
					pass(word, o)
				}
			}
		}
	}
	return p.rules, nil
}

type tableKey struct {
	family family
	name   string
}

// nftTable is a table while it is read.
type nftTable struct {
	*table
	sets     map[string]*set
	elements map[string]object // what a set was told with
	dataKind map[string][]kind
}

type nftParser struct {
	rules  *Ruleset
	tables map[tableKey]*nftTable
	at     *nftTable // whose rule is read
}

func (p *nftParser) table(o object) *nftTable {
	f, ok := familyWords[text(o["family"])]
	if !ok {
		return nil
	}
	return p.tables[tableKey{f, text(o["table"])}]
}

// declare makes tables, chains and empty sets.
func (p *nftParser) declare(word string, o object) {
	switch word {
	case "table":
		f, ok := familyWords[text(o["family"])]
		if !ok {
			p.problem("a table of family %q", text(o["family"]))
			return
		}
		t := &nftTable{
			table: &table{family: f, kind: "nft", name: text(o["name"]), chains: map[string]*chain{}},
			sets:  map[string]*set{}, elements: map[string]object{}, dataKind: map[string][]kind{},
		}
		for _, flag := range list(o["flags"]) {
			t.dormant = t.dormant || text(flag) == "dormant"
		}
		p.tables[tableKey{f, t.name}] = t
		p.rules.tables = append(p.rules.tables, t.table)
	case "chain":
		if t := p.table(o); t != nil {
			p.chain(t, o)
		}
	case "set", "map":
		if t := p.table(o); t != nil {
			name := text(o["name"])
			t.sets[name], t.elements[name] = &set{name: name}, o
		}
	}
}

func (p *nftParser) chain(t *nftTable, o object) {
	c := &chain{table: t.table, name: text(o["name"]), order: integer(o["handle"])}
	if h := text(o["hook"]); h != "" {
		c.base = &base{hook: hook(h), kind: text(o["type"]), priority: int(signed(o["prio"])), drop: text(o["policy"]) == "drop"}
		for _, d := range list(o["dev"]) {
			c.base.devices = append(c.base.devices, text(d))
		}
	}
	t.chains[c.name] = c
	t.order = append(t.order, c)
}

// define fills the sets and reads the rules.
func (p *nftParser) define(word string, o object) {
	t := p.table(o)
	if t == nil {
		return
	}
	p.at = t
	switch word {
	case "set", "map":
		name := text(o["name"])
		keys, err := kindsOf(o["type"])
		st := t.sets[name]
		if err != nil {
			st.doubt = err.Error()
		}
		data, err := kindsOf(o["map"])
		if err != nil {
			st.doubt = err.Error()
		}
		p.fill(st, list(o["elem"]), keys, data)
	case "element":
		// Newer versions may tell elements apart from their set.
		if st := t.sets[text(o["name"])]; st != nil {
			st.doubt = "elements that are told apart"
		}
	case "rule":
		c := t.chains[text(o["chain"])]
		if c == nil {
			p.problem("a rule of chain %q, which is not there", text(o["chain"]))
			return
		}
		r := &rule{chain: c, handle: integer(o["handle"])}
		var words []string
		var before object
		for _, statement := range list(o["expr"]) {
			s, _ := statement.(object)
			read := p.statement(s)
			if n := len(r.parts); n > 0 && len(read) == 1 && neighbours(before, s) {
				a, isMatch := r.parts[n-1].(*match)
				if b, ok := read[0].(*match); ok && isMatch {
					r.parts, read = r.parts[:n-1], []part{&pair{a, b}}
				}
			}
			before = s
			r.parts = append(r.parts, read...)
			words = append(words, statementText(s))
		}
		r.text = strings.Join(words, " ")
		if comment := text(o["comment"]); comment != "" {
			r.text += fmt.Sprintf(" comment %q", comment)
		}
		c.rules = append(c.rules, r)
	}
}

func (p *nftParser) problem(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = untrusted.Line(s).Terminal()
		}
	}
	p.rules.problems = append(p.rules.problems, fmt.Sprintf(format, args...))
}

// fill reads the elements of a set or map.
func (p *nftParser) fill(st *set, elements []any, keys, data []kind) {
	for _, raw := range elements {
		key, content := raw, any(nil)
		if pair, ok := raw.([]any); ok && len(pair) == 2 && data != nil {
			key, content = pair[0], pair[1]
		}
		var e element
		key, e.doubt = bare(key)
		if content != nil {
			d, err := p.datum(content, data)
			if err != nil {
				st.doubt = err.Error()
				continue
			}
			e.data = d
		}
		if text(key) == "*" {
			st.fallback = &e
			continue
		}
		parts, err := keyOf(key, keys)
		if err != nil {
			st.doubt = err.Error()
			continue
		}
		e.key = parts
		st.elements = append(st.elements, e)
	}
	st.seal()
}

// bare takes an element out of its wrapping. What may stand beside it without
// effect on whether it is found is known; anything else is a doubt.
func bare(v any) (key any, doubt string) {
	o, ok := v.(object)
	if !ok {
		return v, ""
	}
	e, ok := o["elem"].(object)
	if !ok {
		return v, ""
	}
	for word := range e {
		switch word {
		case "val", "timeout", "expires", "comment", "counter", "last":
		default:
			doubt = word + " of an element"
		}
	}
	return e["val"], doubt
}

func (p *nftParser) datum(v any, kinds []kind) (datum, error) {
	if verdict, ok := p.verdict(v); ok {
		return datum{verdict: verdict}, nil
	}
	parts, err := keyOf(v, kinds)
	return datum{parts: parts}, err
}

// keyOf reads a key: one value, or several in a concat.
func keyOf(v any, kinds []kind) ([]span, error) {
	values := []any{v}
	if o, ok := v.(object); ok {
		if parts, ok := o["concat"].([]any); ok {
			values = parts
		}
	}
	var key []span
	for i, one := range values {
		k := kindNumber
		if i < len(kinds) {
			k = kinds[i]
		}
		s, err := constantSpan(one, k)
		if err != nil {
			return nil, err
		}
		key = append(key, s)
	}
	return key, nil
}

// typeKinds are the types of sets.
var typeKinds = map[string]kind{
	"ipv4_addr": kindAddress, "ipv6_addr": kindAddress, "inet_proto": kindProtocol, "ifname": kindName, "iface_index": kindName,
	"ct_state": kindCTState, "ct_status": kindCTStatus, "ct_dir": kindCTDirection, "icmp_type": kindICMP, "icmpv6_type": kindICMPv6,
	"tcp_flag": kindTCPFlags, "fib_addrtype": kindAddressType, "ether_type": kindEtherType, "pkt_type": kindPacketType, "nf_proto": kindFamily,
}

// kindsOf reads the type of a set: a word, several, or expressions (typeof).
func kindsOf(v any) ([]kind, error) {
	var kinds []kind
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		for word := range strings.SplitSeq(v, " . ") {
			kinds = append(kinds, typeKinds[strings.TrimSpace(word)])
		}
	case []any:
		for _, one := range v {
			k, err := kindsOf(one)
			if err != nil {
				return nil, err
			}
			kinds = append(kinds, k...)
		}
	case object:
		if o, ok := v["typeof"]; ok {
			return kindsOf(o)
		}
		if parts, ok := v["concat"]; ok {
			return kindsOf(parts)
		}
		e, err := (&nftParser{}).expression(v)
		if err != nil {
			return nil, err
		}
		for _, one := range e {
			kinds = append(kinds, one.kind)
		}
	default:
		return nil, errors.New("the type of a set")
	}
	return kinds, nil
}

// text is a string of the document, empty for anything else.
func text(v any) string {
	s, _ := v.(string)
	return s
}

// list is an array of the document; one thing alone counts as one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func integer(v any) uint64 { return uint64(signed(v)) }

func signed(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}
