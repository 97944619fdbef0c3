package diff_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/diff"
	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

func seen(v exposure.View, address string, s exposure.State) exposure.Observation {
	return exposure.Observation{View: v, Address: netip.MustParseAddr(address), State: s}
}

// of is a report of one host with one port.
func of(port exposure.Port) exposure.Report {
	port.Transport = exposure.TCP
	if port.Port == 0 {
		port.Port = 22
	}
	return exposure.Report{Version: "0.1.0", Hosts: []exposure.Host{{
		Name: "home", Addresses: []netip.Addr{netip.MustParseAddr("192.168.1.5")}, Ports: []exposure.Port{port}, ListenersKnown: true,
	}}}
}

func looked(o ...exposure.Observation) exposure.Report { return of(exposure.Port{Observations: o}) }

func without(r exposure.Report) exposure.Report {
	r.Hosts[0].Ports = nil
	return r
}

func swept(r exposure.Report) exposure.Report {
	r.Hosts[0].Swept = []exposure.Sweep{{Address: r.Hosts[0].Addresses[0], View: exposure.ViewLAN, Transport: exposure.TCP, Ports: "1-65535"}}
	return r
}

func short(all []exposure.Difference) string {
	lines := make([]string, len(all))
	for i, d := range all {
		lines[i] = strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s%s %q %q added=%v", d.Kind, d.View, d.Family, d.Rule, d.Zone, d.Old, d.New, d.Added)), " ")
	}
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	lan := exposure.ViewLAN
	open, closed := seen(lan, "192.168.1.5", exposure.Open), seen(lan, "192.168.1.5", exposure.Closed)
	service := func(change func(*exposure.Service)) exposure.Report {
		s := exposure.Service{Protocol: "ssh", Product: untrusted.Line("OpenSSH"), Version: untrusted.Line("9.2"), Confidence: exposure.Confirmed}
		if change != nil {
			change(&s)
		}
		return of(exposure.Port{Observations: []exposure.Observation{open}, Services: []exposure.Service{s}})
	}
	listener := func(l ...exposure.Listener) exposure.Report { return of(exposure.Port{Listeners: l}) }
	sshd := exposure.Listener{Address: netip.MustParseAddr("0.0.0.0"), Process: "sshd", PID: 1}
	finding := func(s exposure.Severity, rules ...string) exposure.Report {
		p := exposure.Port{Observations: []exposure.Observation{open}}
		for _, rule := range rules {
			p.Findings = append(p.Findings, exposure.Finding{Rule: rule, Severity: s})
		}
		return of(p)
	}
	verdict := func(o exposure.Outcome) exposure.Report {
		return of(exposure.Port{Observations: []exposure.Observation{open}, Verdicts: []exposure.Verdict{{Zone: exposure.ZoneLAN, Verdict: o}}})
	}
	scan := func(r exposure.Report) exposure.Report {
		r.Version, r.Scan = "", &exposure.ScanSummary{Complete: true}
		return r
	}
	for _, c := range []struct {
		name       string
		old, now   exposure.Report
		want       string
		uncompared int
	}{
		{"same", looked(open), looked(open), "", 0},
		{"opened", looked(closed), looked(open), `state lan ipv4 "closed" "open" added=true`, 0},
		{"closed", looked(open), looked(closed), `state lan ipv4 "open" "closed" added=false`, 0},
		{"other_address", looked(open), looked(seen(lan, "192.168.1.77", exposure.Open)), "", 0},
		{"other_family", looked(open), looked(open, seen(lan, "2001:db8::7", exposure.Open)), `state lan ipv6 "" "open" added=true`, 1},
		{"open_at_one_of_two", looked(open, seen(lan, "192.168.1.6", exposure.Closed)), looked(closed, seen(lan, "192.168.1.6", exposure.Open)), "", 0},
		{"appeared_in_a_sweep", swept(without(looked(open))), looked(open), `state lan ipv4 "" "open" added=true`, 0},
		{"gone_in_a_sweep", looked(open), swept(without(looked(open))), `state lan ipv4 "open" "" added=false`, 0},
		{"gone_unlooked", looked(open), without(looked(open)), "", 1},
		{"gone_from_a_scan", scan(looked(open)), scan(without(looked(open))), `state lan ipv4 "open" "" added=false`, 0},
		{"unknown", looked(open), looked(seen(lan, "192.168.1.5", exposure.Unknown)), "", 1},
		{"service", service(nil), service(func(s *exposure.Service) { s.Product = untrusted.Line("dropbear") }), `service "ssh OpenSSH" "ssh dropbear" added=true`, 0},
		{"service_not_found_out", service(nil), service(func(s *exposure.Service) { s.Confidence = exposure.Assigned }), "", 0},
		{"version", service(nil), service(func(s *exposure.Service) { s.Version = untrusted.Line("9.6") }), `version "9.2" "9.6" added=false`, 0},
		{"listener", listener(), listener(sshd), `listener "" "0.0.0.0 sshd" added=true`, 0},
		{"listener_restarted", listener(sshd), listener(exposure.Listener{Address: sshd.Address, Process: "sshd", PID: 2}), "", 0},
		{"listener_for_itself", listener(), listener(exposure.Listener{Address: netip.MustParseAddr("127.0.0.1")}), `listener "" "127.0.0.1" added=false`, 0},
		{"finding", finding(exposure.Low), finding(exposure.Low, "a"), `finding a "" "low" added=true`, 0},
		{"finding_worth_knowing", finding(exposure.Info), finding(exposure.Info, "a"), `finding a "" "info" added=false`, 0},
		{"finding_graver", finding(exposure.Low, "a"), finding(exposure.High, "a"), `finding a "low" "high" added=true`, 0},
		{"finding_gone", finding(exposure.Low, "a"), finding(exposure.Low), `finding a "low" "" added=false`, 0},
		{"verdict", verdict(exposure.Pass), verdict(exposure.Fail), `verdict lan "pass" "fail" added=true`, 0},
		{"verdict_better", verdict(exposure.Fail), verdict(exposure.Pass), `verdict lan "fail" "pass" added=false`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, uncompared := diff.Compare(c.old, c.now)
			if d := cmp.Diff(c.want, short(all)); d != "" || uncompared != c.uncompared {
				t.Errorf("%d were not compared, want %d (-want +got):\n%s", uncompared, c.uncompared, d)
			}
		})
	}
}

func TestHosts(t *testing.T) {
	port := []exposure.Port{{Transport: exposure.TCP, Port: 22, Observations: []exposure.Observation{seen(exposure.ViewLAN, "192.168.1.9", exposure.Open)}}}
	none := exposure.Report{Version: "0.1.0"}
	one := exposure.Report{Version: "0.1.0", Hosts: []exposure.Host{{Addresses: []netip.Addr{netip.MustParseAddr("192.168.1.9")}, Ports: port}}}
	all, _ := diff.Compare(none, one)
	if got := short(all); !strings.HasPrefix(got, `host "" "192.168.1.9" added=true`) || !strings.Contains(got, `state lan ipv4 "" "open" added=true`) {
		t.Error(got)
	}
	if all, uncompared := diff.Compare(one, none); len(all) != 0 || uncompared != 1 {
		t.Errorf("a host that was not asked is no difference: %s", short(all))
	}
	// 127.0.0.1 is everybody's.
	mine := exposure.Report{Hosts: []exposure.Host{{Name: "a", Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}}}
	other := exposure.Report{Hosts: []exposure.Host{{Name: "b", Addresses: []netip.Addr{netip.MustParseAddr("192.168.1.9")}, Ports: port}}}
	if all, _ := diff.Compare(mine, other); len(all) == 0 || all[0].Kind != exposure.DiffHost {
		t.Error(short(all))
	}
}

// TestCompareWithItself: nothing differs from itself, whatever it is, and what is
// added in one direction is nothing that went in it.
func TestCompareWithItself(t *testing.T) {
	states := rapid.Custom(func(t *rapid.T) exposure.Report {
		var hosts []exposure.Host
		for i := range rapid.IntRange(0, 3).Draw(t, "hosts") {
			h := exposure.Host{Name: fmt.Sprint("h", i), Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 168, 1, byte(i)})}}
			for n := range rapid.IntRange(0, 4).Draw(t, "ports") {
				p := exposure.Port{Transport: exposure.TCP, Port: uint16(n + 1)}
				for range rapid.IntRange(0, 3).Draw(t, "observations") {
					p.Observations = append(p.Observations, exposure.Observation{
						Address: h.Addresses[0], View: rapid.SampledFrom([]exposure.View{exposure.ViewLAN, exposure.ViewOutside}).Draw(t, "view"),
						State: exposure.State(rapid.IntRange(0, 4).Draw(t, "state")),
					})
				}
				if rapid.Bool().Draw(t, "finding") {
					p.Findings = []exposure.Finding{{Rule: "a", Severity: exposure.Severity(rapid.IntRange(0, 3).Draw(t, "severity"))}}
				}
				h.Ports = append(h.Ports, p)
			}
			hosts = append(hosts, h)
		}
		return exposure.Report{Version: "0.1.0", Hosts: hosts}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := states.Draw(t, "a"), states.Draw(t, "b")
		if all, uncompared := diff.Compare(a, a); len(all) > 0 || uncompared > 0 {
			t.Fatalf("it differs from itself: %s, %d", short(all), uncompared)
		}
		all, _ := diff.Compare(a, b)
		for _, d := range diff.Added(all) {
			if d.New == "" || d.Old == d.New {
				t.Fatalf("%+v is nothing that is there now", d)
			}
		}
	})
}

// TestScansJudgeNothing: that a scan, of ours or of nmap, has no findings says
// nothing about those of a report.
func TestScansJudgeNothing(t *testing.T) {
	open := seen(exposure.ViewLAN, "192.168.1.5", exposure.Open)
	report := of(exposure.Port{Observations: []exposure.Observation{open}, Findings: []exposure.Finding{{Rule: "ftp-anonymous", Severity: exposure.Medium}}})
	for _, version := range []string{"", "nmap 7.93"} {
		scan := looked(open)
		scan.Version, scan.Scan = version, &exposure.ScanSummary{Complete: true}
		for _, both := range [][2]exposure.Report{{report, scan}, {scan, report}} {
			if found, _ := diff.Compare(both[0], both[1]); len(found) > 0 {
				t.Errorf("%q: %s", version, short(found))
			}
		}
	}
}
