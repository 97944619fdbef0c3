package tcpip

import (
	"encoding/binary"
	"net/netip"
)

// The types of ICMP errors (RFC 792; RFC 4443 section 3) that say something
// about a port.
const (
	unreachable4      = 3
	timeExceeded4     = 11
	parameterProblem4 = 12
	unreachable6      = 1
	timeExceeded6     = 3
	parameterProblem6 = 4
)

// quotedTCP is how much of the TCP header an error must quote (RFC 792: 64
// bits): both ports and the sequence number, which is the cookie.
const quotedTCP = 8

// icmp4 reads an ICMP error and what it quotes. The checksums in the quoted
// headers are not verified, since translators on the way change and often
// break them; the cookie proves the quotation.
func (p *Packet) icmp4(b []byte, summed bool) error {
	if len(b) < icmpLength {
		return ErrShort
	}
	if summed && fold(add(0, b)) != 0 {
		return ErrChecksum
	}
	switch b[0] {
	case unreachable4, timeExceeded4, parameterProblem4:
	default:
		return ErrOther
	}
	p.Type, p.Code = b[0], b[1]
	header, quoted, err := split4(b[icmpLength:])
	if err != nil {
		return err
	}
	if header[9] != protoTCP {
		return ErrOther
	}
	return p.quote(netip.AddrFrom4([4]byte(header[12:])), netip.AddrFrom4([4]byte(header[16:])), quoted)
}

// icmp6 reads an ICMPv6 error and what it quotes, or a neighbour
// advertisement.
func (p *Packet) icmp6(b []byte, hops byte, summed bool) error {
	if len(b) < icmpLength {
		return ErrShort
	}
	if summed && fold(add(pseudo(p.Source, p.Destination, protoICMPv6, len(b)), b)) != 0 {
		return ErrChecksum
	}
	switch b[0] {
	case advertisement:
		return p.advertised(b, hops)
	case unreachable6, timeExceeded6, parameterProblem6:
	default:
		return ErrOther
	}
	p.Type, p.Code = b[0], b[1]
	quoted := b[icmpLength:]
	if len(quoted) < ipv6Length || quoted[0]>>4 != 6 {
		return ErrShort
	}
	if quoted[6] != protoTCP {
		return ErrOther
	}
	return p.quote(netip.AddrFrom16([16]byte(quoted[8:])), netip.AddrFrom16([16]byte(quoted[24:])), quoted[ipv6Length:])
}

func (p *Packet) quote(from, to netip.Addr, tcp []byte) error {
	if len(tcp) < quotedTCP {
		return ErrShort
	}
	p.Kind = Error
	p.From = netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp))
	p.To = netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:]))
	p.Sequence = binary.BigEndian.Uint32(tcp[4:])
	return nil
}
