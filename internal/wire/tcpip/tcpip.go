// Package tcpip turns bytes into the few headers that a raw scan reads and
// writes, and back: a SYN, what may answer it, and the questions that find a
// neighbour's link address. No I/O and no clock; whatever it reads is hostile.
package tcpip

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// Why a packet was not read.
var (
	ErrShort    = errors.New("packet is cut short")
	ErrChecksum = errors.New("wrong checksum")
	ErrOther    = errors.New("no answer to a probe")
)

// The protocol numbers of IANA.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoICMPv6 = 58
)

// The lengths of headers without options.
const (
	ipv4Length = 20
	ipv6Length = 40
	tcpLength  = 20
	icmpLength = 8
)

// add adds the 16-bit words of b to a one's complement sum (RFC 1071). An odd
// last byte counts as if a zero followed.
func add(sum uint32, b []byte) uint32 {
	for len(b) >= 2 {
		sum += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// fold makes the checksum of a sum: 0 when the sum covered a right checksum.
// The sum of 64 KB does not reach 2^32.
func fold(sum uint32) uint16 {
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	return ^uint16(sum)
}

// pseudo is the sum of the pseudo-header before TCP and ICMPv6 (RFC 9293
// section 3.1, RFC 8200 section 8.1). Both have the same words, in another
// order and with other zeros between.
func pseudo(source, destination netip.Addr, protocol byte, length int) uint32 {
	sum := uint32(protocol) + uint32(length)
	for _, a := range []netip.Addr{source, destination} {
		if a.Is4() {
			b := a.As4()
			sum = add(sum, b[:])
		} else {
			b := a.As16()
			sum = add(sum, b[:])
		}
	}
	return sum
}

// header4 writes an IPv4 header for a payload of the given length. The packet
// is atomic, so that its identification may be 0 (RFC 6864 section 4.1).
func header4(source, destination netip.Addr, protocol byte, payload int) []byte {
	b := make([]byte, ipv4Length)
	b[0] = 4<<4 | ipv4Length/4
	binary.BigEndian.PutUint16(b[2:], uint16(ipv4Length+payload))
	b[6] = 0x40 // don't fragment
	b[8] = hopLimit
	b[9] = protocol
	s, d := source.As4(), destination.As4()
	copy(b[12:], s[:])
	copy(b[16:], d[:])
	binary.BigEndian.PutUint16(b[10:], fold(add(0, b)))
	return b
}

// header6 writes an IPv6 header for a payload of the given length.
func header6(source, destination netip.Addr, next, hops byte, payload int) []byte {
	b := make([]byte, ipv6Length)
	b[0] = 6 << 4
	binary.BigEndian.PutUint16(b[4:], uint16(payload))
	b[6] = next
	b[7] = hops
	s, d := source.As16(), destination.As16()
	copy(b[8:], s[:])
	copy(b[24:], d[:])
	return b
}

// hopLimit is what every kernel starts with today (RFC 1700, "assigned
// numbers").
const hopLimit = 64
