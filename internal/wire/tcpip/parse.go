package tcpip

import (
	"encoding/binary"
	"net/netip"
)

// Kind is what a packet is to a scan.
type Kind uint8

// The kinds: a TCP segment, an ICMP error that quotes a TCP segment, and a
// neighbour that tells its link address.
const (
	Segment Kind = iota + 1
	Error
	Neighbour
)

// Packet is what was read of one. Which fields are set depends on its Kind,
// which is 0 beside an error.
type Packet struct {
	Kind                Kind
	Source, Destination netip.Addr

	// Of a Segment, and of the segment that an Error quotes: then from and to
	// are those of the probe.
	From, To netip.AddrPort
	Sequence uint32

	Acknowledged uint32 // of a Segment
	Window       uint16 // of a Segment, not scaled
	SYN          bool
	RST          bool
	ACK          bool

	Type, Code uint8 // of an Error

	Hardware [6]byte // of a Neighbour, which is Source
}

// ParseIPv4 reads an IPv4 packet. The transport checksum is verified when
// summed is set; where the sender left it to a network card there is none.
func ParseIPv4(b []byte, summed bool) (Packet, error) {
	header, payload, err := split4(b)
	if err != nil {
		return Packet{}, err
	}
	if fold(add(0, header)) != 0 {
		return Packet{}, ErrChecksum
	}
	length := int(binary.BigEndian.Uint16(header[2:])) - len(header)
	if length < 0 || length > len(payload) {
		return Packet{}, ErrShort
	}
	payload = payload[:length] // Ethernet fills short packets up
	p := Packet{Source: netip.AddrFrom4([4]byte(header[12:])), Destination: netip.AddrFrom4([4]byte(header[16:]))}
	switch {
	case binary.BigEndian.Uint16(header[6:])&0x3fff != 0: // a fragment
		err = ErrOther
	case header[9] == protoTCP:
		err = p.segment(payload, summed)
	case header[9] == protoICMP:
		err = p.icmp4(payload, summed)
	default:
		err = ErrOther
	}
	return p, err
}

// ParseIPv6 reads an IPv6 packet without extension headers: an answer to a SYN
// has none.
func ParseIPv6(b []byte, summed bool) (Packet, error) {
	if len(b) < ipv6Length || b[0]>>4 != 6 {
		return Packet{}, ErrShort
	}
	payload := b[ipv6Length:]
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length > len(payload) {
		return Packet{}, ErrShort
	}
	payload = payload[:length]
	p := Packet{Source: netip.AddrFrom16([16]byte(b[8:])), Destination: netip.AddrFrom16([16]byte(b[24:]))}
	err := ErrOther
	switch b[6] {
	case protoTCP:
		err = p.segment(payload, summed)
	case protoICMPv6:
		err = p.icmp6(payload, b[7], summed)
	}
	return p, err
}

// split4 parts an IPv4 header from what follows, whole or not. The header's own
// total length is not looked at: quoted headers often have it wrong.
func split4(b []byte) (header, payload []byte, err error) {
	if len(b) < ipv4Length || b[0]>>4 != 4 {
		return nil, nil, ErrShort
	}
	length := int(b[0]&0xf) * 4
	if length < ipv4Length || length > len(b) {
		return nil, nil, ErrShort
	}
	return b[:length], b[length:], nil
}

// segment reads a TCP header (RFC 9293 section 3.1). Options and data are of
// no interest and only counted into the checksum.
func (p *Packet) segment(b []byte, summed bool) error {
	if len(b) < tcpLength || int(b[12]>>4)*4 < tcpLength || int(b[12]>>4)*4 > len(b) {
		return ErrShort
	}
	if summed && fold(add(pseudo(p.Source, p.Destination, protoTCP, len(b)), b)) != 0 {
		return ErrChecksum
	}
	p.Kind = Segment
	p.From = netip.AddrPortFrom(p.Source, binary.BigEndian.Uint16(b))
	p.To = netip.AddrPortFrom(p.Destination, binary.BigEndian.Uint16(b[2:]))
	p.Sequence = binary.BigEndian.Uint32(b[4:])
	p.Acknowledged = binary.BigEndian.Uint32(b[8:])
	p.Window = binary.BigEndian.Uint16(b[14:])
	p.SYN, p.RST, p.ACK = b[13]&flagSYN != 0, b[13]&flagRST != 0, b[13]&flagACK != 0
	return nil
}
