package netio

import (
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// FuzzNftChain reads what may be no description of a chain.
func FuzzNftChain(f *testing.F) {
	attribute := func(kind uint16, value string) string {
		b := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
		b = binary.NativeEndian.AppendUint16(b, kind)
		return string(b) + value + strings.Repeat("\x00", -len(value)&3)
	}
	hook := attribute(nftHookNumber, "\x00\x00\x00\x03")
	chain := attribute(nftChainTable, "t\x00") + attribute(nftChainName, "out\x00") + attribute(nftChainHook, hook) +
		attribute(nftChainPolicy, "\x00\x00\x00\x00") + attribute(nftChainUse, "\x00\x00\x00\x01") + attribute(nftChainType, "filter\x00")
	seed := "\x01\x00\x00\x00" + chain
	if nftChain([]byte(seed)) != "nft inet t out" {
		f.Errorf("the seed is %q", nftChain([]byte(seed)))
	}
	f.Add([]byte(seed))
	f.Add([]byte(seed[:len(seed)-3]))
	f.Add([]byte("\x02\x00\x00\x00\xff\xff\x04\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if name := nftChain(b); name != "" && !strings.HasPrefix(name, "nft ") {
			t.Errorf("%q", name)
		}
	})
}

// FuzzLegacyAccepts reads what may be no rules, at any offset.
func FuzzLegacyAccepts(f *testing.F) {
	rules := make([]byte, 84+4+2+100)
	binary.NativeEndian.PutUint16(rules[88:], 112)
	binary.NativeEndian.PutUint32(rules[144:], uint32(0xfffffffe))
	if !legacyAccepts(rules, unix.SOL_IP, 0) {
		f.Error("the seed does not accept")
	}
	f.Add(rules, uint32(0))
	f.Add(rules, uint32(150))
	f.Add(rules[:89], uint32(1<<31))
	f.Fuzz(func(_ *testing.T, rules []byte, offset uint32) {
		legacyAccepts(rules, unix.SOL_IP, offset)
		legacyAccepts(rules, unix.SOL_IPV6, offset)
	})
}
