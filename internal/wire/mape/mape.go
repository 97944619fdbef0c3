// Package mape works out what Mapping of Address and Port gives to a household
// (RFC 7597): from a rule and the IPv6 prefix that it has, its IPv4 address and
// the ports of it that are its own. No I/O.
package mape

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
)

// DefaultOffset is the PSID offset where a rule names none: it leaves ports 0 to
// 1023 out (RFC 7597 section 5.1).
const DefaultOffset = 6

const (
	portBits = 16
	ipv4Bits = 32
	ipv6Bits = 128
	maxEA    = ipv4Bits + portBits // of the embedded address bits
)

// Rule is a Basic Mapping Rule (RFC 7597 section 5.2) with the parameters of its
// port sets.
type Rule struct {
	IPv6 netip.Prefix // the Rule IPv6 prefix
	IPv4 netip.Prefix // the Rule IPv4 prefix
	EA   int          // length of the embedded address bits that follow the Rule IPv6 prefix
	// Offset is how many leading bits of a port come before its PSID. All of them
	// zero is a port that belongs to nobody.
	Offset int
	// PSID and its length are those that were assigned apart from the prefix
	// (RFC 7597 section 5.1.2, RFC 7598 section 4.5); length zero: they are in the
	// embedded address bits.
	PSID       uint16
	PSIDLength int
	Relay      netip.Addr // the border relay, zero when it was not told
}

// Why a rule cannot be right, or gives nothing for an address.
var (
	ErrPrefix6  = errors.New("the IPv6 prefix of a rule is an IPv6 prefix")
	ErrPrefix4  = errors.New("the IPv4 prefix of a rule is an IPv4 prefix")
	ErrEA       = errors.New("the embedded address bits do not fit between the IPv6 prefix and the end of address and port")
	ErrOffset   = errors.New("PSID offset and PSID length together are longer than a port")
	ErrPSID     = errors.New("the PSID does not fit into its length")
	ErrConflict = errors.New("the PSID that was assigned is not as long as the one in the prefix")
	ErrOther    = errors.New("outside of the IPv6 prefix of the rule")
	ErrShort    = errors.New("shorter than the prefix and the embedded address bits of the rule")
)

// embedded is the length of the PSID within the embedded address bits.
func (r Rule) embedded() int { return max(0, r.EA-(ipv4Bits-r.IPv4.Bits())) }

// length is the length of the PSID, wherever it comes from.
func (r Rule) length() int { return max(r.embedded(), r.PSIDLength) }

// Check says what is wrong with a rule: one of the errors of this package, nil
// when nothing is.
func (r Rule) Check() error {
	switch {
	case !r.IPv6.IsValid() || r.IPv6.Addr().Is4() || r.IPv6.Addr().Is4In6():
		return ErrPrefix6
	case !r.IPv4.IsValid() || !r.IPv4.Addr().Is4():
		return ErrPrefix4
	case r.EA < 0 || r.EA > maxEA || r.EA+r.IPv6.Bits() > ipv6Bits || r.embedded() > portBits:
		return ErrEA
	case r.PSIDLength < 0 || r.Offset < 0 || r.length() > portBits || r.length() > 0 && r.Offset+r.length() > portBits:
		return ErrOffset
	case int(r.PSID)>>r.PSIDLength != 0:
		return ErrPSID
	case r.PSIDLength > 0 && r.embedded() > 0 && r.PSIDLength != r.embedded():
		return ErrConflict
	}
	return nil
}

// Map is what a household has by a rule.
type Map struct {
	EndUser netip.Prefix // the IPv6 prefix of the household as far as the rule reads it
	// IPv4 is its address; of a rule that gives a whole prefix, that prefix.
	IPv4       netip.Prefix
	Offset     int
	PSID       uint16
	PSIDLength int        // 0: the address is its own, with all ports
	Edge       netip.Addr // the IPv6 address of its side of the tunnel (RFC 7597 section 6)
	Relay      netip.Addr
}

// Derive is what a rule gives to the household with an IPv6 prefix, or with an
// address, which is a prefix of 128 bits. The error is one of this package.
func (r Rule) Derive(own netip.Prefix) (Map, error) {
	if err := r.Check(); err != nil {
		return Map{}, err
	}
	end := r.IPv6.Bits() + r.EA
	switch {
	case !own.IsValid() || !r.IPv6.Contains(own.Addr().WithZone("")):
		return Map{}, fmt.Errorf("%s: %w", own, ErrOther)
	case own.Bits() < end:
		return Map{}, fmt.Errorf("%s: %w", own, ErrShort)
	}
	m := Map{Offset: r.Offset, PSIDLength: r.length(), PSID: r.PSID, Relay: r.Relay}
	m.EndUser, _ = own.Addr().WithZone("").Prefix(end) // not longer than the prefix that it is of
	ea := bits(own.Addr(), r.IPv6.Bits(), r.EA)
	suffix := min(r.EA, ipv4Bits-r.IPv4.Bits())
	if psid := r.EA - suffix; psid > 0 {
		m.PSID = uint16(ea & (1<<psid - 1))
		ea >>= psid
	}
	length := r.IPv4.Bits() + suffix
	four := r.IPv4.Masked().Addr().As4()
	address := binary.BigEndian.Uint32(four[:]) | uint32(ea<<(ipv4Bits-length))
	binary.BigEndian.PutUint32(four[:], address)
	m.IPv4 = netip.PrefixFrom(netip.AddrFrom4(four), length)
	m.Edge = m.edge()
	return m, nil
}

// bits reads up to 48 bits of an address from a place on.
func bits(a netip.Addr, from, n int) uint64 {
	var value uint64
	b := a.As16()
	for i := from; i < from+n; i++ {
		value = value<<1 | uint64(b[i/8]>>(7-i%8)&1)
	}
	return value
}

// edge is the household's end of the tunnel: below its prefix, 16 bits of zero,
// the IPv4 address and the PSID (RFC 7597 section 6). A prefix longer than 64 bits
// covers some of that.
func (m Map) edge() netip.Addr {
	var id [16]byte
	four := m.IPv4.Addr().As4()
	copy(id[10:], four[:])
	binary.BigEndian.PutUint16(id[14:], m.PSID)
	prefix := m.EndUser.Addr().As16()
	for i := range m.EndUser.Bits() {
		mask := byte(0x80) >> (i % 8)
		id[i/8] = id[i/8]&^mask | prefix[i/8]&mask
	}
	return netip.AddrFrom16(id)
}

// Shared reports whether others have ports of the same address.
func (m Map) Shared() bool { return m.PSIDLength > 0 }

// Owner is the PSID of whom a port of the shared address belongs to: the bits
// behind the offset. It is nobody's where the bits before are all zero (RFC 7597
// section 5.1).
func (m Map) Owner(port uint16) (psid uint16, owned bool) {
	behind := portBits - m.Offset - m.PSIDLength
	return uint16(int(port) >> behind & (1<<m.PSIDLength - 1)), m.Offset == 0 || port>>(portBits-m.Offset) != 0
}

// Contains reports whether a port is the household's own.
func (m Map) Contains(port uint16) bool {
	psid, owned := m.Owner(port)
	return !m.Shared() || owned && psid == m.PSID
}

// Range is a run of ports, both ends in it.
type Range struct{ First, Last uint16 }

// String is the run as people write it: 1232-1235.
func (r Range) String() string {
	if r.First == r.Last {
		return strconv.Itoa(int(r.First))
	}
	return strconv.Itoa(int(r.First)) + "-" + strconv.Itoa(int(r.Last))
}

// Ranges are the ports of the household in their order, each run once.
func (m Map) Ranges() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		if !m.Shared() {
			yield(Range{0, 1<<portBits - 1})
			return
		}
		behind := portBits - m.Offset - m.PSIDLength
		first, blocks := 1, 1<<m.Offset
		if m.Offset == 0 {
			first = 0
		}
		for a := first; a < blocks; a++ {
			from := a<<(portBits-m.Offset) | int(m.PSID)<<behind
			if !yield(Range{uint16(from), uint16(from + 1<<behind - 1)}) {
				return
			}
		}
	}
}

// Count is how many ports the household has.
func (m Map) Count() int {
	n := 0
	for r := range m.Ranges() {
		n += int(r.Last-r.First) + 1
	}
	return n
}
