// Package cookie holds what makes a scan repeatable and its answers provable:
// a keyed word that a peer must echo, and a keyed order of the work.
package cookie

import (
	"crypto/rand"
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Key is the secret of one scan. Whoever does not know it cannot forge an
// answer except by guessing the whole word.
type Key [16]byte

// NewKey draws a key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never returns an error (since Go 1.24)
	return k
}

// Word is what a probe to target from the port source carries in what the
// target must echo. It binds all that an answer may not change, so that an
// answer is proven without a table of what was sent. The zone of the address
// has no part in it: the peer does not know it. It is SipHash-2-4, which is
// made for short secrets of this kind; TCP has room for 32 bits of it.
func (k *Key) Word(target netip.AddrPort, source uint16) uint64 {
	address := target.Addr().As16()
	return k.sipHash(
		binary.LittleEndian.Uint64(address[:8]),
		binary.LittleEndian.Uint64(address[8:]),
		bits.ReverseBytes16(target.Port()),
		bits.ReverseBytes16(source),
	)
}

// messageLength goes into the last block of SipHash: 16 bytes of address and
// two ports.
const messageLength = 20

// sipHash is SipHash-2-4 (Aumasson and Bernstein, 2012) of the one length of
// message that a Word has, unrolled.
func (k *Key) sipHash(first, second uint64, third, fourth uint16) uint64 {
	k0, k1 := binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])
	v0, v1 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d
	v2, v3 := k0^0x6c7967656e657261, k1^0x7465646279746573

	last := uint64(messageLength)<<56 | uint64(fourth)<<16 | uint64(third)
	for _, m := range [...]uint64{first, second, last} {
		v3 ^= m
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
		v0 ^= m
	}
	v2 ^= 0xff
	for range 4 {
		v0, v1, v2, v3 = sipRound(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

func sipRound(v0, v1, v2, v3 uint64) (uint64, uint64, uint64, uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}
