package firewall

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

// The JSON is written by hand, after the documentation of the cmdlets: nothing
// here ran on Windows.
const madeUpWindows = "\xef\xbb\xbf" + `{"networks":[{"name":"Office","interface":"Ethernet","category":"DomainAuthenticated"},{"name":"Cafe","interface":"Wi-Fi","category":"Public"}],
"profiles":[{"name":"Domain","enabled":"False","incoming":"NotConfigured"},{"name":"Private","enabled":"True","incoming":"Block"},{"name":"Public","enabled":"True","incoming":"Block"}],
"products":[{"name":"Other Firewall"},{"name":"Other Firewall"},{"name":null}]}`

func TestParseWindows(t *testing.T) {
	s, err := ParseWindows([]byte(madeUpWindows))
	if err != nil {
		t.Fatal(err)
	}
	want := &System{Kind: "windows", Products: []string{"Windows Defender Firewall", "Other Firewall"}, Profiles: []exposure.FirewallProfile{
		{Name: "domain", Incoming: "notconfigured", Interfaces: []string{"Ethernet"}},
		{Name: "private", Enabled: true, Incoming: "block"},
		{Name: "public", Enabled: true, Incoming: "block", Interfaces: []string{"Wi-Fi"}},
	}}
	if d := cmp.Diff(want, s); d != "" {
		t.Error(d)
	}
}

func TestParsePF(t *testing.T) {
	for text, want := range map[string][]string{
		"Status: Enabled for 3 days 02:11:07           Debug: Urgent\n": {"pf"},
		"No ALTQ support in kernel\nStatus: Disabled\n":                 nil,
		"": nil,
	} {
		if d := cmp.Diff(want, ParsePF([]byte(text)).Products); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

// TestSystemCannotSay: of rules that nobody read, no answer is any other.
func TestSystemCannotSay(t *testing.T) {
	s, err := ParseWindows([]byte(madeUpWindows))
	if err != nil {
		t.Fatal(err)
	}
	both := false
	for at, want := range map[string][]exposure.Zone{
		"127.0.0.1":   nil,
		"192.168.1.5": {exposure.ZoneLAN, exposure.ZoneInternetV4},
		"2001:db8::5": {exposure.ZoneLAN, exposure.ZoneInternetV6},
		"0.0.0.0":     {exposure.ZoneLAN, exposure.ZoneInternetV4},
		"::":          {exposure.ZoneLAN, exposure.ZoneLAN, exposure.ZoneInternetV4, exposure.ZoneInternetV6},
	} {
		var zones []exposure.Zone
		for _, a := range s.Answers(exposure.Listener{Address: netip.MustParseAddr(at), Port: 80, V6Only: &both}) {
			zones = append(zones, a.Zone)
			if a.Verdict != exposure.FirewallCannotSay || len(a.Doubts) != 1 || a.Doubts[0].Chain.Terminal() != "domain, public" {
				t.Errorf("%s: %+v", at, a)
			}
		}
		if d := cmp.Diff(want, zones); d != "" {
			t.Errorf("%s: %s", at, d)
		}
	}
}

func FuzzParseWindows(f *testing.F) {
	f.Add([]byte(madeUpWindows))
	f.Add([]byte(`{"networks":[{}],"profiles":[{"name":"\u001b[2J"}],"products":[{"name":"x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseWindows(text)
		if err != nil {
			return
		}
		if len(s.Products) > maxSystemItems+1 || len(s.Profiles) > maxSystemItems {
			t.Fatalf("%d products, %d profiles", len(s.Products), len(s.Profiles))
		}
		for _, a := range s.Answers(exposure.Listener{Address: netip.IPv4Unspecified()}) {
			if a.Verdict != exposure.FirewallCannotSay {
				t.Fatalf("%+v", a)
			}
		}
	})
}

func FuzzParsePF(f *testing.F) {
	f.Add([]byte("Status: Enabled for 0 days\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s := ParsePF(text); len(s.Products) > 1 {
			t.Fatalf("%+v", s)
		}
	})
}
