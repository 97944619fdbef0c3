package firewall

import (
	"slices"
	"sort"
	"sync"
)

// element is one element of a set or map: a span for each part of its key.
type element struct {
	key   []span
	doubt string // of an element that matches only within a limit: its name
	data  datum
}

// datum is what a map holds for a key: a verdict or the parts of a value.
type datum struct {
	verdict verdict
	parts   []span
}

func (d datum) equal(o datum) bool { return d.verdict == o.verdict && slices.Equal(d.parts, o.parts) }

// set is a set or map. Its elements are sorted by the part of the key that has
// most different values, and beside each stands the highest end of all before
// it, so that one among 100,000 is found without looking at the others.
type set struct {
	name     string
	elements []element
	fallback *element // "*", of a map
	doubt    string   // why the elements cannot be known, when they cannot

	index int
	reach []number

	memory memory
}

// seal sorts the elements. It is called once, when all are there.
func (s *set) seal() {
	s.index = 0
	if len(s.elements) == 0 {
		return
	}
	most := 0
	for i := range s.elements[0].key {
		different := map[number]bool{}
		for _, e := range s.elements {
			if i < len(e.key) {
				different[e.key[i].lo] = true
			}
		}
		if len(different) > most {
			s.index, most = i, len(different)
		}
	}
	width := len(s.elements[0].key)
	s.elements = slices.DeleteFunc(s.elements, func(e element) bool { return len(e.key) != width })
	i := s.index
	slices.SortStableFunc(s.elements, func(a, b element) int { return a.key[i].lo.compare(b.key[i].lo) })
	s.reach = make([]number, len(s.elements))
	high := zero
	for n, e := range s.elements {
		if e.key[i].hi.compare(high) > 0 {
			high = e.key[i].hi
		}
		s.reach[n] = high
	}
}

// overlapping calls found with each element of which every part overlaps the
// key's, until found returns false.
func (s *set) overlapping(key []span, found func(*element) bool) {
	if len(s.elements) == 0 || len(key) != len(s.elements[0].key) {
		return
	}
	want := key[s.index]
	end := sort.Search(len(s.elements), func(n int) bool { return s.elements[n].key[s.index].lo.compare(want.hi) > 0 })
	for n := end - 1; n >= 0 && s.reach[n].compare(want.lo) >= 0; n-- {
		e := &s.elements[n]
		if matches(e.key, key) && !found(e) {
			return
		}
	}
}

func matches(a, b []span) bool {
	for i := range a {
		if !a[i].overlaps(b[i]) {
			return false
		}
	}
	return true
}

// find returns the element that a key of exact parts is in, nil when none.
func (s *set) find(key []span) *element {
	var hit *element
	s.overlapping(key, func(e *element) bool {
		hit = e
		return false
	})
	if hit == nil {
		return s.fallback
	}
	return hit
}

// maxParts bounds into how many spans a value is cut.
const maxParts = 64

// hits is how a key that is not exact falls into a set.
type hits struct {
	data  []datum  // the different data that it may find
	doubt []string // of elements that match only within a limit
	all   bool     // it falls into some element, whatever it is
	any   bool
	parts []span // of a key with one part: where the elements lie, nil when they are too many
}

// memory keeps how zones fall into a large set: every listener asks the same.
type memory struct {
	mu   sync.Mutex
	last []remembered
}

type remembered struct {
	any  spans
	hits hits
}

// maxRemembered bounds a memory: the zones of a machine and what rules make of them.
const maxRemembered = 16

// hits looks a key up that is not exact.
func (s *set) hits(key []value) hits {
	if len(key) != 1 || key[0].any == nil || len(s.elements) < maxParts {
		return s.fall(key)
	}
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	for _, r := range s.memory.last {
		if slices.Equal(r.any, key[0].any) {
			return r.hits
		}
	}
	h := s.fall(key)
	if len(s.memory.last) < maxRemembered {
		s.memory.last = append(s.memory.last, remembered{key[0].any, h})
	}
	return h
}

// fall finds what hits tells.
func (s *set) fall(key []value) hits {
	h := hits{all: len(key) == 1}
	add := func(e *element) {
		h.any = true
		if !slices.ContainsFunc(h.data, e.data.equal) {
			h.data = append(h.data, e.data)
		}
		if e.doubt != "" {
			h.doubt = append(h.doubt, e.doubt)
		}
	}
	for _, k := range combinations(key) {
		var parts []span
		s.overlapping(k, func(e *element) bool {
			add(e)
			parts = append(parts, e.key[0])
			return true
		})
		h.all = h.all && len(spans(k[:1]).without(normal(parts))) == 0
		h.parts = append(h.parts, parts...)
	}
	if s.fallback != nil {
		if !h.all {
			add(s.fallback)
		}
		h.all = true
	}
	if len(key) != 1 || len(h.parts) > maxParts || s.fallback != nil {
		h.parts = nil
	}
	return h
}

// combinations are the keys that the possible spans of the parts make.
func combinations(key []value) [][]span {
	keys := [][]span{nil}
	for _, v := range key {
		list := v.any
		if list == nil {
			list = spans{one(v.exact)}
			if v.blur != zero || v.why != "" {
				list = spans{{zero, ones}}
			}
		}
		if len(keys)*len(list) > maxParts {
			list = spans{{list[0].lo, list[len(list)-1].hi}}
		}
		var more [][]span
		for _, k := range keys {
			for _, s := range list {
				more = append(more, append(slices.Clone(k), s))
			}
		}
		keys = more
	}
	return keys
}
