package firewall

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// typed is an expression and what sort of thing it reads.
type typed struct {
	read expr
	kind kind
}

// expression reads an expression of nft's; a concat is several.
func (p *nftParser) expression(v any) ([]typed, error) {
	o, ok := v.(object)
	if !ok {
		s, err := constantSpan(v, kindNumber)
		if err != nil || s.lo != s.hi {
			return nil, fmt.Errorf("%s is no value", valueText(v))
		}
		return []typed{{constant(s.lo), kindNumber}}, nil
	}
	for word, content := range o {
		switch word {
		case "concat":
			var all []typed
			for _, one := range list(content) {
				e, err := p.expression(one)
				if err != nil {
					return nil, err
				}
				all = append(all, e...)
			}
			return all, nil
		case "&", "|", "^", "<<", ">>":
			return p.operation(word, content)
		case "map":
			return p.mapped(content)
		}
		inner, _ := content.(object)
		e, err := fieldOf(word, inner)
		return []typed{e}, err
	}
	return nil, errors.New("an empty expression")
}

func (p *nftParser) operation(op string, content any) ([]typed, error) {
	operands := list(content)
	if len(operands) < 2 {
		return nil, fmt.Errorf("operator %s without operands", op)
	}
	left, err := p.expression(operands[0])
	if err != nil {
		return nil, err
	}
	if len(left) != 1 {
		return nil, fmt.Errorf("operator %s on several", op)
	}
	e := left[0]
	for _, operand := range operands[1:] {
		right := expr(nil)
		if s, err := constantSpan(operand, e.kind); err == nil && s.lo == s.hi {
			right = constant(s.lo)
		} else {
			r, err := p.expression(operand)
			if err != nil {
				return nil, err
			}
			right = r[0].read
		}
		e.read = bitwise(op, e.read, right)
	}
	return []typed{e}, nil
}

// mapped is a value that is looked up by a key.
func (p *nftParser) mapped(content any) ([]typed, error) {
	l, kinds, err := p.lookup(content)
	if err != nil {
		return nil, err
	}
	width := len(kinds)
	if width == 0 {
		width = 1
	}
	var all []typed
	for i := range width {
		k := kindNumber
		if i < len(kinds) {
			k = kinds[i]
		}
		all = append(all, typed{l.part(i), k})
	}
	return all, nil
}

// part is one part of what a map holds for the key.
func (p *lookup) part(i int) expr {
	return func(w *walker, s *state) value {
		data, found, absent, why := p.find(w, s)
		switch {
		case why != "":
			return unknown(why)
		case absent || !found || i >= len(data[0].parts):
			return missing
		}
		return spanValue(data[0].parts[i], "which of several a map gives")
	}
}

// lookup reads the key and the map of a vmap or map, and of which kinds its data are.
func (p *nftParser) lookup(content any) (*lookup, []kind, error) {
	o, ok := content.(object)
	if !ok {
		return nil, nil, errors.New("a map")
	}
	key, err := p.expression(o["key"])
	if err != nil {
		return nil, nil, err
	}
	l := &lookup{}
	var kinds []kind
	for _, k := range key {
		l.key, kinds = append(l.key, k.read), append(kinds, k.kind)
	}
	if name := text(o["data"]); name != "" {
		st, told, err := p.named(name)
		if err != nil {
			return nil, nil, err
		}
		l.set = st
		data, err := kindsOf(told["map"])
		return l, data, err
	}
	data, _ := o["data"].(object)
	l.set = &set{name: "of the rule"}
	p.fill(l.set, list(data["set"]), kinds, []kind{kindNumber})
	return l, nil, nil
}

// named is a set of the table, by its name with an @ in front.
func (p *nftParser) named(name string) (*set, object, error) {
	if len(name) > 1 && name[0] == '@' && p.at != nil {
		if st := p.at.sets[name[1:]]; st != nil {
			return st, p.at.elements[name[1:]], nil
		}
	}
	return nil, nil, fmt.Errorf("set %s", name)
}

// constantSpan reads a constant: what it may be depends on what it is compared with.
func constantSpan(v any, k kind) (span, error) {
	switch v := v.(type) {
	case json.Number:
		n, err := strconv.ParseUint(v.String(), 10, 64)
		if k == kindName { // the number of an interface that is gone
			return one(name("#" + v.String())), err
		}
		return one(num(n)), err
	case bool:
		if v {
			return span{num(uint8(1)), ones}, nil
		}
		return one(zero), nil
	case string:
		return symbol(k, v)
	case []any: // flags, all of them set
		return folded("|", v, k)
	case object:
		for word, content := range v {
			switch word {
			case "prefix":
				o, _ := content.(object)
				return symbol(kindAddress, fmt.Sprintf("%s/%d", text(o["addr"]), signed(o["len"])))
			case "range":
				return constantRange(list(content), k)
			case "|", "&", "^", "<<", ">>":
				return folded(word, list(content), k)
			case "elem":
				key, doubt := bare(v)
				if doubt != "" {
					return span{}, errors.New(doubt)
				}
				return constantSpan(key, k)
			}
			return span{}, fmt.Errorf("%s", word)
		}
	}
	return span{}, fmt.Errorf("%s", valueText(v))
}

func constantRange(ends []any, k kind) (span, error) {
	if len(ends) != 2 {
		return span{}, errors.New("a range without two ends")
	}
	a, err := constantSpan(ends[0], k)
	if err != nil {
		return span{}, err
	}
	b, err := constantSpan(ends[1], k)
	if err == nil && a.lo.compare(b.hi) > 0 {
		// Some versions of nft write two comparisons of two fields as one range.
		err = errors.New("a range whose end is before its begin")
	}
	return span{a.lo, b.hi}, err
}

func folded(op string, operands []any, k kind) (span, error) {
	var v value
	for i, o := range operands {
		s, err := constantSpan(o, k)
		if err != nil || s.lo != s.hi {
			return span{}, fmt.Errorf("operator %s on what is no number", op)
		}
		if i == 0 {
			v = known(s.lo)
			continue
		}
		v = bitwise(op, constant(v.exact), constant(s.lo))(nil, nil)
	}
	return one(v.exact), nil
}
