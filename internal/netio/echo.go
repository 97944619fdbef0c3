package netio

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// ErrEchoForbidden tells that this process may send no ICMP echo: neither is
// its group in ping_group_range nor has it the privilege of raw sockets.
var ErrEchoForbidden = errors.New("no permission for ICMP echo")

// Numbers of ICMP echo messages (RFC 792, RFC 4443 section 4).
const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

// echoLength is an echo message of ours: the header and a nonce.
const echoLength = 8 + 8

// echoMessage builds an echo request that carries a nonce. The identifier is
// what the kernel's ping sockets overwrite. The checksum is that of ICMP; the
// kernel computes the one of ICMPv6, which covers addresses too.
func echoMessage(v6 bool, id uint16, nonce uint64) []byte {
	b := make([]byte, echoLength)
	b[0] = echoRequest4
	if v6 {
		b[0] = echoRequest6
	}
	binary.BigEndian.PutUint16(b[4:], id)
	binary.BigEndian.PutUint16(b[6:], 1) // sequence number
	binary.BigEndian.PutUint64(b[8:], nonce)
	if !v6 {
		binary.BigEndian.PutUint16(b[2:], internetChecksum(b))
	}
	return b
}

// parseEcho reads the nonce of an echo reply.
func parseEcho(v6 bool, b []byte) (nonce uint64, ok bool) {
	want := byte(echoReply4)
	if v6 {
		want = echoReply6
	}
	if len(b) != echoLength || b[0] != want || b[1] != 0 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[8:]), true
}

// withoutIPv4 cuts the IPv4 header off that raw sockets deliver, if b begins
// with one.
func withoutIPv4(b []byte) []byte {
	if len(b) < 20 || b[0]>>4 != 4 {
		return b
	}
	header := int(b[0]&0xf) * 4
	if header < 20 || header > len(b) {
		return nil
	}
	return b[header:]
}

// internetChecksum is the one of RFC 1071, of an even number of bytes.
func internetChecksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// Echo is a reply to an ICMP echo, or an error in its place.
type Echo struct {
	Datagram
	Nonce uint64 // of a reply
}

// echoPeer is where an echo goes: ICMP has no ports.
func echoPeer(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 0) }
