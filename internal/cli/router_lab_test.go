//go:build linux && lab

package cli_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/untrusted"
)

// localRouter is what local says of the router.
func localRouter(t *testing.T, l *lab.Lab, arguments ...string) (*exposure.Router, []string) {
	t.Helper()
	r := sekisho(t, l.Home, root, append([]string{"local", "-f", "json"}, arguments...)...)
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.errs)
	}
	d := decode[exposure.LocalDocument](t, r)
	return d.Router, d.Unseen
}

// TestRouterTells has a real gateway of UPnP, NAT-PMP and PCP tell of its outer
// address and of what programs have opened.
func TestRouterTells(t *testing.T) {
	l := lab.New(t)
	l.StartUPnP(t, lab.RouterUPnP{})
	l.Home.MapUPnP(t, "tcp", 8080, netip.AddrPortFrom(l.Home.V4, 80), 0)
	l.Home.MapUPnP(t, "udp", 27015, netip.AddrPortFrom(l.LAN.V4, 27016), 3600)
	r, unseen := localRouter(t, l)
	if slices.ContainsFunc(unseen, func(s string) bool { return strings.Contains(s, "router") }) || r == nil {
		t.Fatalf("%+v, unseen %q", r, unseen)
	}
	if d := cmp.Diff([]exposure.RouterSource{"upnp", "nat-pmp", "pcp"}, r.Sources); d != "" {
		t.Errorf("sources (-want +got):\n%s\n%+v", d, r.Asked)
	}
	if r.Gateway != l.Gateway4 || r.WAN != l.Router.V4 || r.WANKind != exposure.WANGlobal || r.Whole || r.Cut {
		t.Errorf("%+v", r)
	}
	words := untrusted.New("lab's program", 99)
	want := []exposure.RouterForward{
		{Transport: exposure.TCP, Outer: 8080, To: netip.AddrPortFrom(l.Home.V4, 80), Description: words, LeaseS: 604800, Requested: true, Source: "upnp"},
		{Transport: exposure.UDP, Outer: 27015, To: netip.AddrPortFrom(l.LAN.V4, 27016), Description: words, LeaseS: 3600, Requested: true, Source: "upnp"},
	}
	if d := cmp.Diff(want, r.Forwards, cmpopts.EquateComparable(netip.Addr{}, netip.AddrPort{}, untrusted.Text{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".LeaseS" }, cmp.Comparer(func(a, b int) bool { return (a > 0) == (b > 0) }))); d != "" {
		t.Errorf("forwards (-want +got):\n%s", d)
	}
	for lang, words := range map[string][]string{
		"en": {"Its outer address is 26.10.0.2, a global one", "8080/tcp", "192.168.77.20:27016", "may be forwarded all the same"},
		"ja": {"外側のアドレスは 26.10.0.2(グローバル)", "UPnPの一覧にある転送設定"},
	} {
		page := sekisho(t, l.Home, root, "local", "--lang", lang).out
		for _, w := range words {
			if !strings.Contains(page, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, page)
			}
		}
	}
	report := decode[exposure.Report](t, sekisho(t, l.Home, root, "check", "-p", "80", "--router", "ask", "-f", "json"))
	if got := report.Hosts[0].Router; got == nil || got.WAN != l.Router.V4 || len(got.Forwards) != 2 {
		t.Errorf("check: %+v", got)
	}
}

// TestRouterOfTheFirstVersion: without NAT-PMP, and as old gateways describe
// themselves, behind an address that is not that of its device.
func TestRouterOfTheFirstVersion(t *testing.T) {
	l := lab.New(t)
	l.StartUPnP(t, lab.RouterUPnP{NoNATPMP: true, IGD1: true, Outer: netip.MustParseAddr("8.8.4.4")})
	r, _ := localRouter(t, l)
	if r == nil || !slices.Equal(r.Sources, []exposure.RouterSource{"upnp"}) || r.WAN.String() != "8.8.4.4" {
		t.Errorf("%+v", r)
	}
}

// TestRouterThatSaysNothing is told in unseen, and --router none asks nobody.
func TestRouterThatSaysNothing(t *testing.T) {
	l := lab.New(t)
	r, unseen := localRouter(t, l)
	if r == nil || len(r.Sources) > 0 || !slices.ContainsFunc(unseen, func(s string) bool { return strings.Contains(s, "the router's outer address") }) {
		t.Errorf("%+v, unseen %q", r, unseen)
	}
	if r, unseen := localRouter(t, l, "--router", "none"); r != nil || slices.ContainsFunc(unseen, func(s string) bool { return strings.Contains(s, "router") }) {
		t.Errorf("%+v, unseen %q", r, unseen)
	}
	l.Home.WriteFile(t, "/tmp/router.yaml", "wan: 203.0.113.7\nforwards:\n  - {protocol: tcp, outer: 80-81, to: 192.168.77.10, inner: 8080}\nwhole: true\ndmz: none\n")
	r, unseen = localRouter(t, l, "--router", "/tmp/router.yaml")
	if len(r.Forwards) != 2 || r.Forwards[1].Outer != 81 || r.Forwards[1].To.Port() != 8081 || !r.Whole || !r.NoDMZ || r.WAN.String() != "203.0.113.7" || len(unseen) > 0 {
		t.Errorf("%+v, unseen %q", r, unseen)
	}
}

// TestUnusedForward: a mapping that a program left behind is found, one that is
// in use is not, and nobody is told of those of other hosts.
func TestUnusedForward(t *testing.T) {
	l := lab.New(t)
	l.StartUPnP(t, lab.RouterUPnP{})
	l.Home.StartNginx(t, lab.Nginx{})
	l.Home.MapUPnP(t, "tcp", 8080, netip.AddrPortFrom(l.Home.V4, 80), 0)
	l.Home.MapUPnP(t, "tcp", 8081, netip.AddrPortFrom(l.Home.V4, 6000), 0)
	l.Home.MapUPnP(t, "udp", 8082, netip.AddrPortFrom(l.LAN.V4, 6000), 0)
	var told []string
	for _, f := range decode[exposure.LocalDocument](t, sekisho(t, l.Home, root, "local", "-f", "json")).Findings {
		told = append(told, f.Rule+" "+f.Evidence)
	}
	if len(told) != 1 || !strings.Contains(told[0], "unused-opening") || !strings.Contains(told[0], "port 8081") {
		t.Errorf("local: %q", told)
	}
	for _, arguments := range [][]string{{"-p", "80,6000"}, {"-p", "80"}} {
		report := decode[exposure.Report](t, sekisho(t, l.Home, root, append([]string{"check", "--router", "ask", "-f", "json"}, arguments...)...))
		var found []string
		for _, p := range report.Hosts[0].Ports {
			for _, f := range p.Findings {
				if f.Rule == "unused-opening" {
					found = append(found, f.Evidence)
				}
			}
		}
		if want := strings.Contains(arguments[1], "6000"); (len(found) == 1 && strings.Contains(found[0], "port 8081")) != want || len(found) > 1 {
			t.Errorf("%q: %q", arguments, found)
		}
	}
}
