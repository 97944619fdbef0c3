package portspec

import (
	"iter"
	"math/bits"
	"slices"
)

// Set is a set of ports of one transport. The zero Set is empty. A Set does not
// change once it is made.
type Set struct {
	spans []span // sorted, neither overlapping nor touching
}

// span is the ports from first to last, both included.
type span struct{ first, last uint16 }

// All yields the ports in rising order.
func (s Set) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for _, r := range s.spans {
			// Counted in int: a uint16 would wrap after 65535 and never end.
			for port := int(r.first); port <= int(r.last); port++ {
				if !yield(uint16(port)) {
					return
				}
			}
		}
	}
}

// Len is the number of ports.
func (s Set) Len() int {
	n := 0
	for _, r := range s.spans {
		n += int(r.last) - int(r.first) + 1
	}
	return n
}

// Slice returns the ports in rising order.
func (s Set) Slice() []uint16 {
	return slices.AppendSeq(make([]uint16, 0, s.Len()), s.All())
}

// bitmap is a set under construction: however often ports are named again, it
// takes the same 8 KiB, and a range costs at most 1,024 steps.
type bitmap [1 << 16 / 64]uint64

// add puts the ports from first to last in.
func (b *bitmap) add(first, last uint16) {
	for w := first / 64; w <= last/64; w++ {
		mask := ^uint64(0)
		if w == first/64 {
			mask &= ^uint64(0) << (first % 64)
		}
		if w == last/64 {
			mask &= ^uint64(0) >> (63 - last%64)
		}
		b[w] |= mask
	}
}

// set returns what was put in.
func (b *bitmap) set() Set {
	var s Set
	for first := b.next(0, 0); first < 1<<16; {
		end := b.next(first, ^uint64(0))
		s.spans = append(s.spans, span{uint16(first), uint16(end - 1)})
		first = b.next(end, 0)
	}
	return s
}

// next returns the first port at or after from whose bit is set, with flip 0,
// or is not, with all bits of flip set; 65,536 when there is none.
func (b *bitmap) next(from int, flip uint64) int {
	for from < 1<<16 {
		if rest := (b[from/64] ^ flip) >> (from % 64); rest != 0 {
			return from + bits.TrailingZeros64(rest)
		}
		from = (from/64 + 1) * 64
	}
	return 1 << 16
}
