package tcpip

import (
	"encoding/binary"
	"net/netip"
)

// The fields of ARP (RFC 826) on Ethernet and of neighbour discovery (RFC 4861
// section 4).
const (
	arpLength   = 28
	arpRequest  = 1
	arpReply    = 2
	hardwareLen = 6

	solicitation  = 135
	advertisement = 136
	ndpLength     = 24 // with the target address
	optionSource  = 1  // source link-layer address
	optionTarget  = 2  // target link-layer address

	// ndpHops proves that no router has forwarded the packet: nobody off the
	// link can forge it (RFC 4861 section 11.2).
	ndpHops = 255
)

// arpEthernet begins every ARP packet that asks for an IPv4 address on a link
// of Ethernet's kind: hardware type, protocol type and both lengths.
var arpEthernet = [6]byte{0, 1, 8, 0, hardwareLen, 4}

// AppendARPRequest appends the question who has target, from an address and a
// link address of ours.
func AppendARPRequest(b []byte, hardware [6]byte, source, target netip.Addr) []byte {
	s, t := source.As4(), target.As4()
	b = append(b, arpEthernet[:]...)
	b = append(b, 0, arpRequest)
	b = append(b, hardware[:]...)
	b = append(b, s[:]...)
	b = append(b, make([]byte, hardwareLen)...)
	return append(b, t[:]...)
}

// ParseARP reads an ARP reply. Source is whose link address Hardware is,
// Destination who asked.
func ParseARP(b []byte) (Packet, error) {
	if len(b) < arpLength {
		return Packet{}, ErrShort
	}
	if [6]byte(b) != arpEthernet || b[6] != 0 || b[7] != arpReply {
		return Packet{}, ErrOther
	}
	return Packet{
		Kind:        Neighbour,
		Hardware:    [hardwareLen]byte(b[8:]),
		Source:      netip.AddrFrom4([4]byte(b[14:])),
		Destination: netip.AddrFrom4([4]byte(b[24:])),
	}, nil
}

// AppendSolicitation appends the question who has target, which goes to
// SolicitedNode(target), from an address and a link address of ours.
func AppendSolicitation(b []byte, hardware [6]byte, source, target netip.Addr) []byte {
	destination, _ := SolicitedNode(target)
	t := target.As16()
	body := make([]byte, 8, ndpLength+8)
	body[0] = solicitation
	body = append(body, t[:]...)
	body = append(body, optionSource, 1)
	body = append(body, hardware[:]...)
	sum := fold(add(pseudo(source, destination, protoICMPv6, len(body)), body))
	binary.BigEndian.PutUint16(body[2:], sum)
	b = append(b, header6(source, destination, protoICMPv6, ndpHops, len(body))...)
	return append(b, body...)
}

// SolicitedNode is the multicast group that everyone with the address target
// listens to (RFC 4291 section 2.7.1), and its link address (RFC 2464 section
// 7).
func SolicitedNode(target netip.Addr) (netip.Addr, [6]byte) {
	t := target.As16()
	group := [16]byte{0: 0xff, 1: 0x02, 11: 0x01, 12: 0xff, 13: t[13], 14: t[14], 15: t[15]}
	return netip.AddrFrom16(group), [6]byte{0x33, 0x33, 0xff, t[13], t[14], t[15]}
}

// advertised reads a neighbour advertisement (RFC 4861 section 7.1.2). One
// without the link address is of no use to us and never an answer to a
// question that went to the group (section 7.2.4).
func (p *Packet) advertised(b []byte, hops byte) error {
	if len(b) < ndpLength {
		return ErrShort
	}
	if hops != ndpHops || b[1] != 0 {
		return ErrOther
	}
	target := netip.AddrFrom16([16]byte(b[8:]))
	for options := b[ndpLength:]; len(options) >= 8; {
		length := int(options[1]) * 8
		if length == 0 || length > len(options) {
			return ErrShort
		}
		if options[0] == optionTarget && length == 8 {
			p.Kind = Neighbour
			p.Source = target
			p.Hardware = [hardwareLen]byte(options[2:])
			return nil
		}
		options = options[length:]
	}
	return ErrOther
}
