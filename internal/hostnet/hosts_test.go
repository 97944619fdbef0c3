package hostnet

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	const text = "# 192.0.2.9 home.example\n127.0.0.1 localhost\n192.0.2.1 Home.Example home # and more\n\n::ffff:192.0.2.1 home.example.\n2001:db8::1\thome.example\nnonsense home.example\n192.0.2.2 nothome.example\n"
	want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	if got := parseHosts(strings.NewReader(text), "home.example."); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := parseHosts(strings.NewReader(strings.Repeat("192.0.2.1 a\n", 3)+strings.Repeat("x", 1<<20)), "home.example"); got != nil {
		t.Errorf("%v of another name", got)
	}
}

func FuzzHosts(f *testing.F) {
	f.Add("127.0.0.1 localhost\n192.0.2.1 home.example # here")
	f.Add("\x00\xff home.example")
	f.Fuzz(func(t *testing.T, text string) {
		if got := parseHosts(strings.NewReader(text), "home.example"); len(got) > maxHostsAddresses {
			t.Errorf("%d addresses", len(got))
		}
	})
}
