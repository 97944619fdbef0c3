package cookie

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// The reference implementation's vector for a message of the bytes 0 to 19
// under the key of the bytes 0 to 15.
func TestWordIsSipHash(t *testing.T) {
	var (
		key     Key
		address [16]byte
	)
	for i := range 16 {
		key[i], address[i] = byte(i), byte(i)
	}
	target := netip.AddrPortFrom(netip.AddrFrom16(address), 0x1011)
	want := binary.LittleEndian.Uint64([]byte{0x98, 0xee, 0xa2, 0x1a, 0xf2, 0x5c, 0xd6, 0xbe})
	if got := key.Word(target, 0x1213); got != want {
		t.Errorf("word %#x, want %#x", got, want)
	}
}

// Every part of what is asked changes the word, except the zone, which the
// peer never sees.
func TestWordBindsTheQuestion(t *testing.T) {
	key := NewKey()
	target := netip.MustParseAddrPort("[fe80::1%eth0]:80")
	word := key.Word(target, 61000)
	other := NewKey()
	for name, w := range map[string]uint64{
		"address": key.Word(netip.MustParseAddrPort("[fe80::2%eth0]:80"), 61000),
		"port":    key.Word(netip.MustParseAddrPort("[fe80::1%eth0]:81"), 61000),
		"source":  key.Word(target, 61001),
		"key":     other.Word(target, 61000),
	} {
		if w == word {
			t.Errorf("another %s gives the same word", name)
		}
	}
	if key.Word(netip.MustParseAddrPort("[fe80::1]:80"), 61000) != word {
		t.Error("the zone changes the word")
	}
}

func BenchmarkWord(b *testing.B) {
	key := NewKey()
	target := netip.MustParseAddrPort("192.0.2.1:80")
	for b.Loop() {
		key.Word(target, 61000)
	}
}
