package snmp

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

// names.txt holds the objects of the standard groups, ours by arrangement and
// facts of RFC 1213, 2790, 2863, 3411, 3414, 3418 and 4293.
//
//go:embed names.txt
var standard string

// Names leads from an object to its name and back.
type Names struct {
	top    *node
	byName map[string]OID
	open   []definition // whose parents were not known yet
}

type node struct {
	name  string
	words map[int64]string // what its numbers mean
	below map[uint32]*node
}

var standardNames = sync.OnceValue(func() *Names {
	n := &Names{top: &node{}, byName: map[string]OID{}}
	for line := range strings.Lines(standard) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		o, err := ParseOID(fields[0])
		if err != nil {
			panic(err)
		}
		at := n.add(o, fields[1])
		for i, word := range fields[2:] {
			if at.words == nil {
				at.words = map[int64]string{}
			}
			at.words[int64(i+1)] = word
		}
	}
	return n
})

// Standard are the names of the standard groups. They must not be added to.
func Standard() *Names { return standardNames() }

// Extended are the standard names with room for those of vendors.
func Extended() *Names {
	s := Standard()
	return &Names{top: s.top.clone(), byName: maps.Clone(s.byName)}
}

func (n *node) clone() *node {
	c := &node{name: n.name, words: n.words}
	for sub, child := range n.below {
		if c.below == nil {
			c.below = map[uint32]*node{}
		}
		c.below[sub] = child.clone()
	}
	return c
}

// add gives an object its name, unless it has one.
func (n *Names) add(o OID, name string) *node {
	at := n.top
	for _, sub := range o {
		next := at.below[sub]
		if next == nil {
			if at.below == nil {
				at.below = map[uint32]*node{}
			}
			next = &node{}
			at.below[sub] = next
		}
		at = next
	}
	if at.name == "" {
		at.name = name
	}
	if _, taken := n.byName[name]; !taken {
		n.byName[name] = o
	}
	return at
}

// find is the deepest named node on the way to an object, and how long its
// identifier is.
func (n *Names) find(o OID) (found *node, length int) {
	at := n.top
	for i, sub := range o {
		if at = at.below[sub]; at == nil {
			break
		}
		if at.name != "" {
			found, length = at, i+1
		}
	}
	return found, length
}

// Name is the object as people write it: sysDescr.0, or its numbers when no
// name is known above it.
func (n *Names) Name(o OID) string {
	found, length := n.find(o)
	if found == nil {
		return o.String()
	}
	if length == len(o) {
		return found.name
	}
	return found.name + "." + o[length:].String()
}

// Show is the value of an object as people write it, a number with its meaning
// where one is known: up(1).
func (n *Names) Show(o OID, v Value) string {
	found, length := n.find(o)
	switch {
	case v.Kind == ObjectID:
		return n.Name(v.OID)
	case found == nil || length == len(o):
	case v.Kind == Integer && found.words[v.Num] != "":
		return found.words[v.Num] + "(" + v.String() + ")"
	case v.Kind == Octets && found.name == "hrSystemDate":
		if t, ok := v.When(); ok {
			return t.Format("2006-01-02T15:04:05Z07:00")
		}
	case v.Kind == Octets && strings.HasSuffix(found.name, "PhysAddress") && len(v.Bytes) == 6:
		return Hex(v.Bytes)
	}
	return v.String()
}

// Lookup reads an object as people write it: numbers, a name, or a name and
// numbers behind it, with or without its module before it (IF-MIB::ifDescr.2).
func (n *Names) Lookup(s string) (OID, bool) {
	if _, after, ok := strings.Cut(s, "::"); ok {
		s = after
	}
	if o, err := ParseOID(s); err == nil {
		return o, true
	}
	name, rest, more := strings.Cut(s, ".")
	o, known := n.byName[name]
	if !known || !more {
		return slices.Clone(o), known
	}
	tail, err := ParseOID("1.3." + rest) // a tail alone may be one number, and any
	if err != nil {
		return nil, false
	}
	return o.Plus(tail[2:]...), true
}
