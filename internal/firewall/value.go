package firewall

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// number is any field of a packet as one unsigned number of 128 bits: a port, an
// address, the 16 bytes of an interface's name. Order and equality are then the
// same for all of them, as they are in the kernel's registers.
type number struct{ hi, lo uint64 }

var (
	zero = number{}
	ones = number{^uint64(0), ^uint64(0)}
)

func num[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int](n T) number { return number{lo: uint64(n)} }

// address is the number of an address; an IPv4 address is below 2^32.
func address(a netip.Addr) number {
	if a.Is4() {
		b := a.As4()
		return number{lo: uint64(binary.BigEndian.Uint32(b[:]))}
	}
	b := a.As16()
	return number{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

// addr is the address that a number stands for.
func (n number) addr(v6 bool) netip.Addr {
	if v6 {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:8], n.hi)
		binary.BigEndian.PutUint64(b[8:], n.lo)
		return netip.AddrFrom16(b)
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n.lo))
	return netip.AddrFrom4(b)
}

// name is the number of an interface's name: 16 bytes, filled up with zeros.
func name(s string) number {
	var b [16]byte
	copy(b[:], s)
	return number{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func (n number) compare(o number) int {
	if c := cmp.Compare(n.hi, o.hi); c != 0 {
		return c
	}
	return cmp.Compare(n.lo, o.lo)
}

func (n number) and(o number) number { return number{n.hi & o.hi, n.lo & o.lo} }
func (n number) or(o number) number  { return number{n.hi | o.hi, n.lo | o.lo} }
func (n number) xor(o number) number { return number{n.hi ^ o.hi, n.lo ^ o.lo} }
func (n number) not() number         { return number{^n.hi, ^n.lo} }

func (n number) shl(by uint64) number {
	if by >= 64 {
		return number{hi: n.lo << (by - 64)}
	}
	return number{n.hi<<by | n.lo>>(64-by), n.lo << by}
}

func (n number) shr(by uint64) number {
	if by >= 64 {
		return number{lo: n.hi >> (by - 64)}
	}
	return number{n.hi >> by, n.lo>>by | n.hi<<(64-by)}
}

func (n number) next() number {
	lo, carry := bits.Add64(n.lo, 1, 0)
	return number{n.hi + carry, lo}
}

func (n number) previous() number {
	lo, borrow := bits.Sub64(n.lo, 1, 0)
	return number{n.hi - borrow, lo}
}

// span is the numbers from lo to hi, both included.
type span struct{ lo, hi number }

func one(n number) span { return span{n, n} }

func (s span) contains(n number) bool { return s.lo.compare(n) <= 0 && n.compare(s.hi) <= 0 }

func (s span) overlaps(o span) bool { return s.lo.compare(o.hi) <= 0 && o.lo.compare(s.hi) <= 0 }

// prefixSpan is the addresses of a prefix.
func prefixSpan(p netip.Prefix) span {
	n := address(p.Addr())
	host := ones.shr(uint64(128 - p.Addr().BitLen() + p.Bits()))
	if p.Bits() == p.Addr().BitLen() {
		host = zero
	}
	return span{n.and(host.not()), n.or(host)}
}

// spans are several of them, sorted and apart from one another.
type spans []span

func normal(list []span) spans {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b span) int { return a.lo.compare(b.lo) })
	var out spans
	for _, s := range list {
		if s.lo.compare(s.hi) > 0 {
			continue
		}
		if n := len(out); n > 0 && (s.lo.compare(out[n-1].hi) <= 0 || s.lo.compare(out[n-1].hi.next()) == 0) {
			if s.hi.compare(out[n-1].hi) > 0 {
				out[n-1].hi = s.hi
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

func (a spans) contains(n number) bool {
	i, found := slices.BinarySearchFunc(a, n, func(s span, n number) int { return s.lo.compare(n) })
	return found || i > 0 && a[i-1].contains(n)
}

// within returns what a has in common with b.
func (a spans) within(b spans) spans {
	var out spans
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if a[i].overlaps(b[j]) {
			s := a[i]
			if b[j].lo.compare(s.lo) > 0 {
				s.lo = b[j].lo
			}
			if b[j].hi.compare(s.hi) < 0 {
				s.hi = b[j].hi
			}
			out = append(out, s)
		}
		if a[i].hi.compare(b[j].hi) < 0 {
			i++
		} else {
			j++
		}
	}
	return out
}

// without returns what a has and b has not.
func (a spans) without(b spans) spans { return a.within(b.complement()) }

func (a spans) complement() spans {
	var out spans
	from := zero
	for _, s := range a {
		if s.lo.compare(from) > 0 {
			out = append(out, span{from, s.lo.previous()})
		}
		if s.hi == ones {
			return out
		}
		from = s.hi.next()
	}
	return append(out, span{from, ones})
}

// field names what of a packet a value is when the walk may narrow it down.
type field uint8

const (
	noField field = iota
	sourceField
	sourcePortField
)

// value is what an expression yields for a packet. There are four kinds: absent
// (the packet has no such field, and the rule does not match), one number, any
// number of several spans (the source of a zone), a number some of whose bits are
// not known, or something that is not known at all, and then why says its name.
type value struct {
	absent bool
	why    string
	any    spans  // when it is not exact
	exact  number // when any is nil and why is empty
	blur   number // bits of exact that are not known
	field  field
}

func known(n number) value         { return value{exact: n} }
func unknown(why string) value     { return value{why: why} }
func (v value) isExact() bool      { return !v.absent && v.why == "" && v.any == nil && v.blur == zero }
func (v value) equal(o value) bool { return v.sameBut(o) && slices.Equal(v.any, o.any) }

func (v value) sameBut(o value) bool {
	return v.absent == o.absent && v.why == o.why && v.exact == o.exact && v.blur == o.blur && v.field == o.field
}

// among is a value of which only the spans are known.
func among(list spans, f field) value {
	if len(list) == 1 && list[0].lo == list[0].hi {
		return known(list[0].lo)
	}
	return value{any: list, field: f}
}

// truth has three values, since a rule that cannot be evaluated is neither.
type truth uint8

const (
	no truth = iota
	yes
	maybe
)

func (t truth) not() truth {
	switch t {
	case no:
		return yes
	case yes:
		return no
	}
	return maybe
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}
