package firewall

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Sets are the sets of ipset, which rules of iptables ask by name.
type Sets struct{ byName map[string]*ipSet }

// ipSet is one of them: what its key is made of, and its elements; or, of a list
// of sets, the names in it.
type ipSet struct {
	set
	dimensions []string // ip, net, port, iface, mac, mark
	v6         bool
	members    []string
}

// ErrNotIPSet is that of a text that ipset save did not write.
var ErrNotIPSet = errors.New("not the text of ipset save")

// ParseIPSet reads what ipset save writes (ipset(8)).
func ParseIPSet(data []byte) (*Sets, error) {
	sets := &Sets{byName: map[string]*ipSet{}}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<16)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		if len(words) < 3 {
			return nil, fmt.Errorf("%w: line %d", ErrNotIPSet, n)
		}
		switch words[0] {
		case "create":
			sets.byName[words[1]] = newIPSet(words[1], words[2], words[3:])
		case "add":
			st := sets.byName[words[1]]
			if st == nil {
				return nil, fmt.Errorf("%w: line %d adds to a set that is not there", ErrNotIPSet, n)
			}
			st.add(words[2], words[3:])
		default:
			return nil, fmt.Errorf("%w: line %d", ErrNotIPSet, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotIPSet, err)
	}
	for _, st := range sets.byName {
		st.seal()
	}
	return sets, nil
}

func newIPSet(name, kind string, options []string) *ipSet {
	st := &ipSet{set: set{name: name}}
	_, what, _ := strings.Cut(kind, ":")
	st.dimensions = strings.Split(what, ",")
	for i, o := range options {
		if o == "family" && i+1 < len(options) {
			st.v6 = options[i+1] == "inet6"
		}
	}
	return st
}

// add reads one element. One that is not understood makes the set one that
// cannot be known.
func (st *ipSet) add(content string, options []string) {
	if st.dimensions[0] == "set" {
		st.members = append(st.members, content)
		return
	}
	if slices.Contains(options, "nomatch") {
		st.doubt = "nomatch in set " + st.name
		return
	}
	parts := strings.Split(content, ",")
	if len(parts) != len(st.dimensions) {
		st.doubt = "an element of set " + st.name
		return
	}
	var e element
	for i, d := range st.dimensions {
		key, err := ipSetKey(d, parts[i])
		if err != nil {
			st.doubt = "an element of set " + st.name
			return
		}
		if d == "port" && len(st.dimensions) == 1 {
			key = key[1:] // bitmap:port holds no protocol
		}
		e.key = append(e.key, key...)
	}
	st.elements = append(st.elements, e)
}

// ipSetKey reads one part of an element; a port is two: protocol and number.
func ipSetKey(dimension, content string) ([]span, error) {
	switch dimension {
	case "ip", "net":
		s, err := symbol(kindAddress, content)
		return []span{s}, err
	case "port":
		protocol, number, ok := strings.Cut(content, ":")
		if !ok {
			protocol, number = "tcp", content
		}
		p, err := symbol(kindProtocol, protocol)
		if err != nil {
			return nil, err
		}
		r, err := portRange(number, "-")
		return []span{p, r}, err
	case "iface":
		if strings.HasPrefix(content, "physdev:") {
			return nil, errors.New("physdev")
		}
		return []span{one(name(content))}, nil
	case "mark":
		n, err := strconv.ParseUint(content, 0, 32)
		return []span{one(num(n))}, err
	}
	return nil, errors.New(dimension)
}

// portRange reads one port or two with something between.
func portRange(content, between string) (span, error) {
	from, to, ok := strings.Cut(content, between)
	if !ok {
		to = from
	}
	if from == "" {
		from = "0"
	}
	if to == "" {
		to = "65535"
	}
	a, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return span{}, err
	}
	b, err := strconv.ParseUint(to, 10, 16)
	return span{num(a), num(b)}, err
}

// maxNested bounds lists of sets: the kernel takes no list in a list.
const maxNested = 2

// ask makes the question whether a packet is in a set; directions says for each
// part of the key whether it is of the source (src) or the destination (dst).
func (s *Sets) ask(name, directions string, depth int) (question, error) {
	if s == nil {
		return nil, fmt.Errorf("set %s, which could not be read", name)
	}
	st := s.byName[name]
	if st == nil || depth > maxNested {
		return nil, fmt.Errorf("set %s, which is not there", name)
	}
	if st.dimensions[0] == "set" {
		var q either
		for _, member := range st.members {
			one, err := s.ask(member, directions, depth+1)
			if err != nil {
				return nil, err
			}
			q.any = append(q.any, one)
		}
		return &q, nil
	}
	sides := strings.Split(directions, ",")
	if len(sides) < len(st.dimensions) {
		return nil, fmt.Errorf("set %s with too few directions", name)
	}
	m := &match{set: &st.set, total: true}
	for i, d := range st.dimensions {
		source := sides[i] == "src"
		switch d {
		case "ip", "net":
			m.left = append(m.left, addressOf(st.v6, source))
		case "port":
			if len(st.dimensions) > 1 {
				m.left = append(m.left, layer4)
			}
			m.left = append(m.left, ports(0, source))
		case "iface":
			m.left = append(m.left, interfaceName(!source))
		case "mark":
			m.left = append(m.left, func(_ *walker, s *state) value { return s.mark })
		default:
			m.left, m.doubt = append(m.left, obscure(d)), "set "+name+" of "+d
		}
	}
	return m, nil
}

func addressOf(v6, source bool) expr {
	if source {
		return sourceAddress(v6)
	}
	return destinationAddress(v6)
}

// maskedAddress reads an address with a mask, which may have holes.
func maskedAddress(content string) (s span, mask number, plain bool, err error) {
	if s, err = symbol(kindAddress, content); err == nil {
		return s, ones, true, nil
	}
	left, right, _ := strings.Cut(content, "/")
	a, err := netip.ParseAddr(left)
	if err != nil {
		return span{}, zero, false, err
	}
	m, err := netip.ParseAddr(right)
	if err != nil || m.Is4() != a.Is4() {
		return span{}, zero, false, fmt.Errorf("%q is no mask", right)
	}
	return one(address(a).and(address(m))), address(m), false, nil
}
