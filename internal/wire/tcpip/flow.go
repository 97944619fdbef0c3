package tcpip

import (
	"encoding/binary"
	"net/netip"
)

// Flow is what any packet tells of who talks with whom: what a bystander sees of
// it, who may have got only its beginning.
type Flow struct {
	Source, Destination netip.Addr
	Transport           uint8 // IANA's number: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6
	Hops                uint8 // how many it may still make

	Ports    bool           // From and To have them: a later fragment has none
	From, To netip.AddrPort // with the addresses, also where there are no ports

	Sequence, Acknowledged uint32 // of TCP
	SYN, ACK, RST          bool   // of TCP
	Data                   int    // bytes that TCP or UDP carries, by the headers
	Body                   []byte // of UDP, what there is of them; part of the packet

	Error      bool  // it is an ICMP error, which quotes Quoted
	Type, Code uint8 // of ICMP
	Quoted     *Flow // nil when it quotes nothing that can be read

	Spoilt bool // its checksum is wrong: nobody takes it
}

// protoUDP is the number of UDP.
const protoUDP = 17

// udpLength is that of its header (RFC 768).
const udpLength = 8

// The extension headers of IPv6 that may stand before the transport header (RFC
// 8200 section 4; RFC 4302 for 51), and how many are walked over.
const (
	hopByHop       = 0
	routing        = 43
	fragmentHeader = 44
	authentication = 51
	destination    = 60
	mobility       = 135
	mostExtensions = 8
)

// ParseFlow reads a packet of either version. It may be cut short behind its
// headers. The checksum of the transport is verified when summed is set and the
// packet is whole.
func ParseFlow(b []byte, summed bool) (Flow, error) {
	f, payload, whole, err := flow(b)
	if err != nil {
		return Flow{}, err
	}
	if payload == nil { // a later fragment
		return f, nil
	}
	if err := f.read(payload, whole && summed); err != nil {
		return Flow{}, err
	}
	return f, nil
}

// flow reads the network header. The payload is nil for a later fragment, and
// whole when nothing of it is missing.
func flow(b []byte) (f Flow, payload []byte, whole bool, err error) {
	if len(b) == 0 {
		return Flow{}, nil, false, ErrShort
	}
	if b[0]>>4 == 6 {
		return flow6(b)
	}
	header, payload, err := split4(b)
	if err != nil {
		return Flow{}, nil, false, err
	}
	f = Flow{
		Source: netip.AddrFrom4([4]byte(header[12:])), Destination: netip.AddrFrom4([4]byte(header[16:])),
		Transport: header[9], Hops: header[8], Spoilt: fold(add(0, header)) != 0,
	}
	f.bare()
	if length := int(binary.BigEndian.Uint16(header[2:])) - len(header); length >= 0 && length <= len(payload) {
		payload, whole = payload[:length], true // Ethernet fills short packets up
	}
	f.Data = max(0, int(binary.BigEndian.Uint16(header[2:]))-len(header))
	switch place := binary.BigEndian.Uint16(header[6:]); {
	case place&0x1fff != 0:
		return f, nil, false, nil
	case place&0x2000 != 0:
		whole = false
	}
	return f, payload, whole, nil
}

func flow6(b []byte) (f Flow, payload []byte, whole bool, err error) {
	if len(b) < ipv6Length {
		return Flow{}, nil, false, ErrShort
	}
	f = Flow{Source: netip.AddrFrom16([16]byte(b[8:])), Destination: netip.AddrFrom16([16]byte(b[24:])), Hops: b[7]}
	f.bare()
	next, payload := b[6], b[ipv6Length:]
	f.Data = int(binary.BigEndian.Uint16(b[4:]))
	if f.Data > 0 && f.Data <= len(payload) {
		payload, whole = payload[:f.Data], true
	}
	for range mostExtensions {
		length := 8
		switch next {
		case hopByHop, routing, destination, mobility:
			if len(payload) < 8 {
				return Flow{}, nil, false, ErrShort
			}
			length += int(payload[1]) * 8
		case authentication:
			if len(payload) < 8 {
				return Flow{}, nil, false, ErrShort
			}
			length += int(payload[1]) * 4 // RFC 4302 section 2.2: in words of 4 bytes, less 2
		case fragmentHeader:
			if len(payload) < 8 {
				return Flow{}, nil, false, ErrShort
			}
			whole = false
			if binary.BigEndian.Uint16(payload[2:])&0xfff8 != 0 {
				f.Transport = payload[0]
				return f, nil, false, nil
			}
		default:
			f.Transport = next
			return f, payload, whole, nil
		}
		if length > len(payload) {
			return Flow{}, nil, false, ErrShort
		}
		next, payload = payload[0], payload[length:]
		f.Data = max(0, f.Data-length)
	}
	return Flow{}, nil, false, ErrOther
}

// bare gives From and To the addresses, without ports.
func (f *Flow) bare() {
	f.From, f.To = netip.AddrPortFrom(f.Source, 0), netip.AddrPortFrom(f.Destination, 0)
}

// read reads the transport header.
func (f *Flow) read(b []byte, summed bool) error {
	switch f.Transport {
	case protoTCP:
		if len(b) < tcpLength || int(b[12]>>4)*4 < tcpLength {
			return ErrShort
		}
		f.SYN, f.RST, f.ACK = b[13]&flagSYN != 0, b[13]&flagRST != 0, b[13]&flagACK != 0
		f.Acknowledged = binary.BigEndian.Uint32(b[8:])
		f.Data = max(0, f.Data-int(b[12]>>4)*4)
	case protoUDP:
		if len(b) < udpLength {
			return ErrShort
		}
		f.Data = max(0, f.Data-udpLength)
		f.Body = b[udpLength:]
		if summed && f.Source.Is4() && b[6] == 0 && b[7] == 0 { // none (RFC 768)
			summed = false
		}
	case protoICMP, protoICMPv6:
		return f.message(b, summed)
	default:
		return ErrOther
	}
	f.ends(b)
	f.Spoilt = f.Spoilt || summed && fold(add(pseudo(f.Source, f.Destination, f.Transport, len(b)), b)) != 0
	return nil
}

// ends reads the ports, and the sequence number of TCP.
func (f *Flow) ends(b []byte) {
	f.Ports = true
	f.From = netip.AddrPortFrom(f.Source, binary.BigEndian.Uint16(b))
	f.To = netip.AddrPortFrom(f.Destination, binary.BigEndian.Uint16(b[2:]))
	if f.Transport == protoTCP {
		f.Sequence = binary.BigEndian.Uint32(b[4:])
	}
}

// message reads an ICMP message and, of an error, the ports that it quotes: at
// least 8 bytes of the transport header (RFC 792, RFC 4443).
func (f *Flow) message(b []byte, summed bool) error {
	if len(b) < icmpLength {
		return ErrShort
	}
	f.Type, f.Code = b[0], b[1]
	sum := add(0, b)
	if f.Transport == protoICMPv6 {
		sum = add(pseudo(f.Source, f.Destination, protoICMPv6, len(b)), b)
	}
	f.Spoilt = f.Spoilt || summed && fold(sum) != 0
	switch {
	case f.Transport == protoICMP && (b[0] == unreachable4 || b[0] == timeExceeded4 || b[0] == parameterProblem4):
	case f.Transport == protoICMPv6 && b[0] < 128 && b[0] != 0:
	default:
		return nil
	}
	f.Error = true
	quoted, inner, _, err := flow(b[icmpLength:])
	if err != nil || len(inner) < icmpLength || quoted.Transport != protoTCP && quoted.Transport != protoUDP {
		return nil // it is an error all the same
	}
	quoted.Spoilt = false // translators on the way often break it
	quoted.Data = 0
	quoted.ends(inner)
	f.Quoted = &quoted
	return nil
}
