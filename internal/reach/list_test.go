package reach

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseList(t *testing.T) {
	list, err := ParseList([]byte("# who asked\n26.10.9.0/24  # by mail, 2026-11-20\r\n\n26.10.0.77\n2608:26::7/32\n::ffff:26.11.0.0/112\n"))
	want := []netip.Prefix{
		netip.MustParsePrefix("26.10.9.0/24"), netip.MustParsePrefix("26.10.0.77/32"), netip.MustParsePrefix("2608:26::/32"), netip.MustParsePrefix("26.11.0.0/16"),
	}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	if list, err := ParseList([]byte("# none\n")); err != nil || len(list) != 0 {
		t.Errorf("a comment: %v, %v", list, err)
	}
	for _, empty := range []string{"", " \n\n"} {
		if _, err := ParseList([]byte(empty)); !errors.Is(err, ErrEmptyList) {
			t.Errorf("%q: %v", empty, err)
		}
	}
	for text, line := range map[string]string{
		"26.10.9.0/24\n26.10.9\n": "line 2", "26.10.9.0/33": "line 1", "a.example": "line 1", "fe80::1%eth0": "line 1", "26.10.9.0/24,26.11.0.0/16": "line 1",
		strings.Repeat("26.10.9.1\n", mostListed+1): "line 65537",
	} {
		if _, err := ParseList([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), line+":") {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, seed := range []string{"", "# none", "26.10.9.0/24\n", "::/0", "::ffff:1.2.3.4/100", "1.2.3.4/8 # x", "\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseList(text)
		if err != nil && list != nil {
			t.Errorf("%q: a list and %v", text, err)
		}
		for _, p := range list {
			if !p.IsValid() || p != p.Masked() || !p.Contains(p.Addr()) {
				t.Errorf("%q: %s", text, p)
			}
		}
	})
}

func TestScopeRefusesWhoOptedOut(t *testing.T) {
	s := Scope{Out: []netip.Prefix{netip.MustParsePrefix("26.10.9.0/24"), netip.MustParsePrefix("2608:26::/32")}}
	for address, want := range map[string]Refusal{
		"26.10.9.1": RefusedOut, "26.10.8.1": "", "2608:26::1": RefusedOut, "2608:27::1": "", "127.0.0.1": RefusedOwn,
	} {
		if got := s.Refuses(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is refused as %q, want %q", address, got, want)
		}
	}
	s.OutUnread = true
	if got := s.Refuses(netip.MustParseAddr("26.10.8.1")); got != RefusedUnread {
		t.Errorf("with an unread list %q", got)
	}
}

// TestRegistriesAreOfTheirDate says when the embedded registries were published,
// and that they are those: whoever brings newer ones in writes the new date here
// and in RegistriesDate.
func TestRegistriesAreOfTheirDate(t *testing.T) {
	if RegistriesDate != "2026-08" {
		t.Fatalf("the registries are of %s", RegistriesDate)
	}
	for name, want := range map[string]string{
		"iana-ipv4-special-registry-1.csv": "e3e39e76d00b1677335db8e9a805c7b9480ea2f4dc9e33f0b93cd3a905128d73",
		"iana-ipv6-special-registry-1.csv": "775feea0621dec8735a44fbf30f762e721e8f0a1b3ab7eb341961a88cfce2139",
	} {
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(text)); got != want {
			t.Errorf("%s: %s, and not what was published in %s", name, got, RegistriesDate)
		}
	}
}
