package fingerprint

import (
	"slices"
	"strings"
)

// index finds the fingerprints whose needs a text meets in one walk over it: an
// automaton of Aho and Corasick (1975) over the texts of all needs.
type index struct {
	class   [256]uint8 // of a byte in small form; 0: in no need
	classes int
	next    []uint32   // state × class → state
	found   [][]uint32 // state → numbers of the texts that end there

	count   int          // of texts
	starts  [][]uint32   // text → fingerprints of whose rarest need it is one
	needs   [][][]uint32 // fingerprint → needs → texts
	needing []uint32     // fingerprints without a need, always tried
}

func newIndex(prints []*fingerprint) *index {
	x := &index{needs: make([][][]uint32, len(prints))}
	number := map[string]uint32{}
	var texts []string
	var used []int // how many fingerprints need a text
	for i, p := range prints {
		for _, n := range p.needs {
			var list []uint32
			for _, text := range n {
				at, known := number[text]
				if !known {
					at = uint32(len(texts))
					number[text] = at
					texts, used = append(texts, text), append(used, 0)
				}
				used[at]++
				list = append(list, at)
			}
			x.needs[i] = append(x.needs[i], list)
		}
	}
	x.count = len(texts)
	x.starts = make([][]uint32, len(texts))
	for i, needs := range x.needs {
		if len(needs) == 0 {
			x.needing = append(x.needing, uint32(i))
			continue
		}
		rarest := slices.MinFunc(needs, func(a, b []uint32) int { return total(a, used) - total(b, used) })
		for _, text := range rarest {
			x.starts[text] = append(x.starts[text], uint32(i))
		}
	}
	x.build(texts)
	return x
}

func total(need []uint32, used []int) int {
	sum := 0
	for _, text := range need {
		sum += used[text]
	}
	return sum
}

// build makes the automaton: a tree of the texts, then for each state what is
// left when a text breaks off.
func (x *index) build(texts []string) {
	x.classes = 1
	for _, text := range texts {
		for i := range len(text) {
			if b := text[i]; x.class[b] == 0 {
				x.class[b] = uint8(x.classes)
				x.classes++
			}
		}
	}
	for b := range x.class {
		x.class[b] = x.class[small(byte(b))]
	}
	x.state()
	for number, text := range texts {
		at := uint32(0)
		for i := range len(text) {
			step := int(at)*x.classes + int(x.class[text[i]])
			if x.next[step] == 0 {
				x.next[step] = x.state()
			}
			at = x.next[step]
		}
		x.found[at] = append(x.found[at], uint32(number))
	}
	left := make([]uint32, len(x.found)) // state → the longest other one that its text ends with
	var queue []uint32
	for _, state := range x.next[:x.classes] {
		if state != 0 {
			queue = append(queue, state)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		x.found[at] = append(x.found[at], x.found[left[at]]...)
		for c := range x.classes {
			step, other := int(at)*x.classes+c, x.next[int(left[at])*x.classes+c]
			if to := x.next[step]; to != 0 {
				left[to] = other
				queue = append(queue, to)
			} else {
				x.next[step] = other
			}
		}
	}
}

// state adds a state.
func (x *index) state() uint32 {
	x.next = append(x.next, make([]uint32, x.classes)...)
	x.found = append(x.found, nil)
	return uint32(len(x.found) - 1)
}

// candidates are the fingerprints that may match a text, in their order.
func (x *index) candidates(text string) []uint32 {
	list := slices.Clone(x.needing)
	seen := make([]uint64, (x.count+63)/64)
	var heard []uint32
	at := uint32(0)
	for i := 0; i < len(text); i++ {
		c := x.class[text[i]]
		if text[i] >= 0x80 {
			switch {
			case strings.HasPrefix(text[i:], string(kelvin)):
				c, i = x.class['k'], i+len(string(kelvin))-1
			case strings.HasPrefix(text[i:], string(longS)):
				c, i = x.class['s'], i+len(string(longS))-1
			}
		}
		at = x.next[int(at)*x.classes+int(c)]
		for _, number := range x.found[at] {
			if bit := uint64(1) << (number % 64); seen[number/64]&bit == 0 {
				seen[number/64] |= bit
				heard = append(heard, number)
			}
		}
	}
	for _, number := range heard {
		for _, i := range x.starts[number] {
			if met(x.needs[i], seen) {
				list = append(list, i)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// met reports whether of each need a text was seen.
func met(needs [][]uint32, seen []uint64) bool {
	for _, need := range needs {
		if !slices.ContainsFunc(need, func(n uint32) bool { return seen[n/64]&(1<<(n%64)) != 0 }) {
			return false
		}
	}
	return true
}
