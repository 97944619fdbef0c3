package reach

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEmbeddedRegistriesAreCurrent compares our copies with the snapshot that
// lies beside the repository where people work on it.
func TestEmbeddedRegistriesAreCurrent(t *testing.T) {
	beside := filepath.Join("..", "..", "..", "shared", "data", "iana")
	for _, name := range []string{"iana-ipv4-special-registry-1.csv", "iana-ipv6-special-registry-1.csv"} {
		ours, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(ours, []byte("\n")); lines < 25 {
			t.Errorf("%s has %d lines only", name, lines)
		}
		theirs, err := os.ReadFile(filepath.Join(beside, name))
		if os.IsNotExist(err) {
			t.Logf("no snapshot beside the repository to compare %s with", name)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%s differs from the snapshot in %s", name, beside)
		}
	}
}

func TestRegistryIsWhole(t *testing.T) {
	blocks := registry()
	// Rows of the three files, and one more for the row that has two blocks.
	if want := 25 + 25 + 8 + 1; len(blocks) != want {
		t.Errorf("%d blocks, want %d", len(blocks), want)
	}
	seen := map[netip.Prefix]bool{}
	for _, k := range blocks {
		if k.Prefix != k.Prefix.Masked() {
			t.Errorf("%s has host bits", k.Prefix)
		}
		if seen[k.Prefix] {
			t.Errorf("%s stands twice", k.Prefix)
		}
		seen[k.Prefix] = true
		if k.Name == "" || k.RFC == "" || strings.ContainsAny(k.Name+k.RFC, "\n\"") {
			t.Errorf("%s: name %q, rfc %q", k.Prefix, k.Name, k.RFC)
		}
	}
}

// mostSpecific is the answer worked out another way: of all blocks that hold
// the address, compared bit by bit, the longest.
func mostSpecific(a netip.Addr) netip.Prefix {
	var best netip.Prefix
	for _, k := range registry() {
		p := k.Prefix
		if p.Addr().BitLen() != a.BitLen() || best.IsValid() && best.Bits() > p.Bits() {
			continue
		}
		if first, err := a.WithZone("").Prefix(p.Bits()); err == nil && first.Addr() == p.Addr() {
			best = p
		}
	}
	return best
}

// edges returns the first and the last address of a block and the neighbours on
// both sides.
func edges(p netip.Prefix) []netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	all := []netip.Addr{p.Addr(), last}
	for _, a := range []netip.Addr{p.Addr().Prev(), p.Addr().Next(), last.Prev(), last.Next()} {
		if a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

func TestEdgesOfEveryBlock(t *testing.T) {
	for _, k := range registry() {
		for _, a := range edges(k.Prefix) {
			got, want := Classify(a), mostSpecific(a)
			if got.Prefix != want {
				t.Errorf("%s (edge of %s) is in %s, want %s", a, k.Prefix, got.Prefix, want)
			}
			if got.Global() == want.IsValid() {
				t.Errorf("%s (edge of %s): global %v, most specific block %s", a, k.Prefix, got.Global(), want)
			}
			if k.Prefix.Contains(a) && got.Global() {
				t.Errorf("%s is inside %s and global", a, k.Prefix)
			}
		}
	}
}

func TestAnyAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { hold(t, anyAddress(t)) })
}

// anyAddress draws addresses of both families, half of them within a block.
func anyAddress(t *rapid.T) netip.Addr {
	if rapid.Bool().Draw(t, "in a block") {
		p := rapid.SampledFrom(registry()).Draw(t, "block").Prefix
		b := p.Addr().AsSlice()
		random := rapid.SliceOfN(rapid.Byte(), len(b), len(b)).Draw(t, "host")
		for i := p.Bits(); i < len(b)*8; i++ {
			b[i/8] |= random[i/8] & (0x80 >> (i % 8))
		}
		a, _ := netip.AddrFromSlice(b)
		return a
	}
	size := rapid.SampledFrom([]int{4, 16}).Draw(t, "bytes")
	a, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "address"))
	return a
}

func FuzzClassify(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::1", "2002::1", "fe80::1%eth0", "2001:4860::1"} {
		a := netip.MustParseAddr(s)
		f.Add(a.AsSlice(), a.Zone())
	}
	f.Fuzz(func(t *testing.T, b []byte, zone string) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		hold(t, a.WithZone(zone))
	})
}

// hold states what is true of every address.
func hold(t interface{ Errorf(string, ...any) }, a netip.Addr) {
	k, want := Classify(a), mostSpecific(a)
	if k.Prefix != want {
		t.Errorf("%s is in %s, want %s", a, k.Prefix, want)
	}
	if Global(a) != !want.IsValid() {
		t.Errorf("%s: global %v, block %s", a, Global(a), want)
	}
	if k != Classify(a.WithZone("eth0")) {
		t.Errorf("%s is another kind with a zone", a)
	}
	if Global(a) && (LAN(a) || Loopback(a) || a.IsMulticast() || a.IsUnspecified() || !a.IsGlobalUnicast() || a.Is4In6()) {
		t.Errorf("%s is global and something else", a)
	}
	if LAN(a) && Loopback(a) {
		t.Errorf("%s is in the LAN and in this machine", a)
	}
	if k.Embedded.IsValid() && (!k.Embedded.Is4() || a.Is4() || Global(a)) {
		t.Errorf("%s embeds %s", a, k.Embedded)
	}
}
