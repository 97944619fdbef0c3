package cli

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sekisho/internal/lang"
)

func english() *app {
	a := &app{out: io.Discard, err: io.Discard, in: strings.NewReader("")}
	a.speak(lang.English)
	return a
}

// TestExcludedIsNeverATarget excludes whatever from blocks of both families, in
// every way to write it, and holds each address of the blocks against the plain
// meaning of the words.
func TestExcludedIsNeverATarget(t *testing.T) {
	blocks := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/26"), netip.MustParsePrefix("2001:db8::/121"), netip.MustParsePrefix("::ffff:198.51.100.0/122")}
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(t *rapid.T) {
		out := map[netip.Addr]bool{}
		var words []string
		for range rapid.IntRange(0, 12).Draw(t, "words") {
			word, excluded := drawExclusion(t, blocks)
			words = append(words, word)
			for _, a := range excluded {
				out[a.Unmap()] = true
			}
		}
		a := english()
		flags := excludeFlags{words: words}
		if len(words) > 0 && rapid.Bool().Draw(t, "in-a-file") {
			files++
			path := filepath.Join(dir, fmt.Sprint(files))
			text := "# what is not ours\n\n" + strings.Join(words, rapid.SampledFrom([]string{"\n", " ", "\r\n", ", ", " # comment\n\t"}).Draw(t, "between"))
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			flags = excludeFlags{files: []string{path}}
		}
		excluded, err := a.exclusions(context.Background(), flags.words, flags.files)
		if err != nil {
			t.Fatal(err)
		}
		var args []string
		want := map[netip.Addr]bool{}
		for _, block := range blocks {
			args = append(args, block.String())
			for address := block.Addr(); block.Contains(address); address = address.Next() {
				if !out[address.Unmap()] {
					want[address.Unmap()] = true
				}
			}
		}
		list, err := a.targets(context.Background(), args, excluded, family{})
		if len(want) == 0 {
			if err == nil {
				t.Fatalf("%q leaves nothing, and %d targets were taken", words, len(list))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range list {
			if !want[target.Address] {
				t.Fatalf("%q: %v is a target", words, target.Address)
			}
			delete(want, target.Address)
		}
		if len(want) > 0 {
			t.Fatalf("%q: %d addresses are missing", words, len(want))
		}
	})
}

// drawExclusion writes some addresses of a block in one of the ways there are.
func drawExclusion(t *rapid.T, blocks []netip.Prefix) (word string, excluded []netip.Addr) {
	block := rapid.SampledFrom(blocks).Draw(t, "block")
	size := 1 << (block.Addr().BitLen() - block.Bits())
	first := rapid.IntRange(0, size-1).Draw(t, "first")
	count := rapid.IntRange(1, size-first).Draw(t, "count")
	address := func(n int) netip.Addr {
		a := block.Addr()
		for range n {
			a = a.Next()
		}
		return a
	}
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		a := address(first)
		return a.String(), []netip.Addr{a}
	case 1:
		p := netip.PrefixFrom(address(first), rapid.IntRange(block.Bits(), block.Addr().BitLen()).Draw(t, "bits"))
		for a := p.Masked().Addr(); p.Contains(a); a = a.Next() {
			excluded = append(excluded, a)
		}
		return p.String(), excluded
	}
	last := address(first + count - 1)
	for a := address(first); a.Compare(last) <= 0; a = a.Next() {
		excluded = append(excluded, a)
	}
	return address(first).String() + "-" + last.String(), excluded
}

func TestExcludeFileFailsClosed(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "excludes nothing",
		"# nothing\n\n":            "excludes nothing",
		"192.0.2.1\n192.0.2.300\n": `:2: "192.0.2.300" is neither an address`,
		"192.0.2.0/33\n":           `:1: "192.0.2.0/33" is neither an address`,
		"192.0.2.1-50\n":           `:1: "192.0.2.1-50" is neither an address`,
		"192.0.2.9-192.0.2.1\n":    `:1: "192.0.2.9-192.0.2.1" is no range`,
		"192.0.2.9-2001:db8::1\n":  "is no range",
		"192.0.2.1\x00\n":          "is neither an address",
		strings.Repeat("1", 2<<20): "cannot be read",
	} {
		path := filepath.Join(t.TempDir(), "exclude")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		excluded, err := english().exclusions(t.Context(), nil, []string{path})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v; want %q", text, excluded, err, want)
		}
	}
	if _, err := english().exclusions(t.Context(), nil, []string{filepath.Join(t.TempDir(), "missing")}); err == nil {
		t.Error("a missing file excludes nothing, and nobody minds")
	}
}

// TestManyRanges reads some megabytes of ranges that do not
// touch, and looks for what lies in and between them.
func TestManyRanges(t *testing.T) {
	var text strings.Builder
	for i := range 150000 {
		fmt.Fprintf(&text, "10.%d.%d.%d-10.%d.%d.%d\n", i>>14, i>>6&255, i<<2&255, i>>14, i>>6&255, i<<2&255|1)
	}
	path := filepath.Join(t.TempDir(), "exclude")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	excluded, err := english().exclusions(t.Context(), nil, []string{path})
	if err != nil || len(excluded) != 150000 {
		t.Fatalf("%d ranges, %v", len(excluded), err)
	}
	for n := range uint32(600000) {
		a := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		if excluded.contains(a) != (n&3 < 2) {
			t.Fatalf("%v is excluded: %v", a, n&3 >= 2)
		}
	}
}
