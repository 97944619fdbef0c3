//go:build linux && lab

package firewall_test

import (
	"encoding/binary"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
)

// frame builds the packet as it goes over the cable, checksums and all.
func frame(p firewall.Packet, from, to [6]byte) []byte {
	v6 := p.Destination.Is6()
	var proto uint8
	var body []byte
	switch p.Transport {
	case exposure.TCP:
		proto, body = 6, make([]byte, 20)
		binary.BigEndian.PutUint32(body[4:], 0x5e190000+uint32(p.SourcePort))
		body[12], body[13] = 5<<4, 0x02
		binary.BigEndian.PutUint16(body[14:], 64240)
	case exposure.UDP:
		proto, body = 17, make([]byte, 8+7)
		binary.BigEndian.PutUint16(body[4:], uint16(len(body)))
		copy(body[8:], "sekisho")
	default:
		proto, body = 1, make([]byte, 8+8)
		body[0] = 8
		if v6 {
			proto, body[0] = 58, 128
		}
		binary.BigEndian.PutUint16(body[4:], p.SourcePort)
	}
	if p.Transport != exposure.ICMP {
		binary.BigEndian.PutUint16(body, p.SourcePort)
		binary.BigEndian.PutUint16(body[2:], p.Port)
	}
	at := map[uint8]int{1: 2, 6: 16, 17: 6, 58: 2}[proto]
	var pseudo []byte
	if proto != 1 {
		pseudo = append(append(pseudo, p.Source.AsSlice()...), p.Destination.AsSlice()...)
		pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(body)))
		pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(proto))
	}
	binary.BigEndian.PutUint16(body[at:], sum(pseudo, body))

	f := append(append([]byte{}, to[:]...), from[:]...)
	if v6 {
		f = append(f, 0x86, 0xdd, 0x60, 0, 0, 0)
		f = binary.BigEndian.AppendUint16(f, uint16(len(body)))
		f = append(f, proto, 64)
		f = append(append(f, p.Source.AsSlice()...), p.Destination.AsSlice()...)
		return append(f, body...)
	}
	head := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, proto, 0, 0}
	head = append(append(head, p.Source.AsSlice()...), p.Destination.AsSlice()...)
	binary.BigEndian.PutUint16(head[2:], uint16(len(head)+len(body)))
	binary.BigEndian.PutUint16(head[10:], sum(head))
	return append(append(append(f, 0x08, 0x00), head...), body...)
}

// sum is the Internet checksum (RFC 1071) over parts of even length, but the last.
func sum(parts ...[]byte) uint16 {
	var n uint32
	for _, b := range parts {
		for i := 0; i+1 < len(b); i += 2 {
			n += uint32(binary.BigEndian.Uint16(b[i:]))
		}
		if len(b)%2 == 1 {
			n += uint32(b[len(b)-1]) << 8
		}
	}
	for n>>16 != 0 {
		n = n>>16 + n&0xffff
	}
	return ^uint16(n)
}
