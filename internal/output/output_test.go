package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/untrusted"
)

var update = flag.Bool("update", false, "write the golden files anew")

type failing interface {
	Helper()
	Fatalf(string, ...any)
}

func reportIn(t failing, r exposure.Report, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Report(&b, r, o); err != nil {
		t.Fatalf("report: %v", err)
	}
	return b.Bytes()
}

func localIn(t failing, d exposure.LocalDocument, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Local(&b, d, o); err != nil {
		t.Fatalf("local: %v", err)
	}
	return b.Bytes()
}

func scanIn(t failing, observations []exposure.Observation, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := scanTo(&b, observations, o); err != nil {
		t.Fatalf("scan: %v", err)
	}
	return b.Bytes()
}

func testIn(t failing, d exposure.TestDocument, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Test(&b, d, o); err != nil {
		t.Fatalf("test: %v", err)
	}
	return b.Bytes()
}

func servicesIn(t failing, d exposure.CatalogueDocument, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Services(&b, d, o); err != nil {
		t.Fatalf("services: %v", err)
	}
	return b.Bytes()
}

func connectIn(t failing, d exposure.ConnectDocument, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Connect(&b, d, o); err != nil {
		t.Fatalf("connect: %v", err)
	}
	return b.Bytes()
}

func diagnosisIn(t failing, d exposure.Diagnosis, o output.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := output.Diagnosis(&b, d, o); err != nil {
		t.Fatalf("diagnosis: %v", err)
	}
	return b.Bytes()
}

// scanTo writes a scan as the engine would tell of it.
func scanTo(w io.Writer, observations []exposure.Observation, o output.Options) error {
	s, err := output.Scan(w, o)
	if err != nil {
		return err
	}
	loss := 0.034
	summary := exposure.ScanSummary{Hosts: 2, Ports: len(observations), PacketsSent: 65602, ElapsedMS: 412, Loss: &loss, Complete: true, Method: "syn"}
	if missed := 0.000412; len(observations) > 0 {
		summary.RTT, summary.Tries, summary.ExpectedMissed = exposure.Microseconds(41200*time.Microsecond), 4, &missed
		summary.Profile = "wan"
	}
	for _, observation := range observations {
		summary.Count(observation.State)
		if err := s.Observe(observation); err != nil {
			return err
		}
	}
	if summary.Unknown > 0 {
		summary.Complete = false
		summary.Notes = []string{"egress is blocked here"}
	}
	return s.Close(summary)
}

// scanned is a scan of two addresses.
func scanned() []exposure.Observation {
	var all []exposure.Observation
	for port := uint16(1); port <= 40; port++ {
		o := seen("192.0.2.7", exposure.ViewLAN, exposure.TCP, port, exposure.Closed, exposure.Reset)
		o.Host = "home.example"
		switch port {
		case 22, 25:
			o.State, o.Reason = exposure.Open, exposure.SynAck
		case 23:
			o.State, o.Reason, o.By, o.Detail = exposure.Filtered, exposure.AdminProhibited, "192.0.2.1", "the host answers with a limit"
		case 24:
			o.State, o.Reason, o.RTT = exposure.Unknown, exposure.LocalError, 0
		}
		all = append(all, o)
	}
	return append(
		all,
		seen("2001:db8::7", exposure.ViewLAN, exposure.UDP, 53, exposure.Open, exposure.ProtoResponse),
		seen("2001:db8::7", exposure.ViewLAN, exposure.UDP, 123, exposure.OpenFiltered, exposure.NoResponse),
		seen("2001:db8::7", exposure.ViewLAN, exposure.ICMP, 0, exposure.Open, exposure.EchoReply),
	)
}

// gate is a router that tells of itself.
func gate() *exposure.Router {
	return &exposure.Router{
		Gateway: ip("192.168.1.1"), Product: untrusted.New("Home \x1b[2Jrouter", 99), Page: "http://192.168.1.1/", Sources: []exposure.RouterSource{exposure.RouterUPnP, exposure.RouterNATPMP},
		WAN: ip("192.168.0.4"), WANKind: exposure.WANPrivate, Filter6: &exposure.RouterFilter6{},
		Forwards: []exposure.RouterForward{
			{Transport: exposure.TCP, Outer: 8080, To: netip.MustParseAddrPort("192.168.1.5:80"), Description: untrusted.New("game <b>", 99), LeaseS: 3600, Requested: true, Source: exposure.RouterUPnP},
			{Transport: exposure.UDP, Outer: 0, To: netip.MustParseAddrPort("192.168.1.7:0"), Remote: ip("203.0.114.5"), Off: true, Source: exposure.RouterUPnP},
		},
		Asked: []exposure.RouterQuestion{{Source: exposure.RouterUPnP, Result: exposure.RouterAnswered}, {Source: exposure.RouterPCP, Result: exposure.RouterRefused, Why: untrusted.New("result 2", 99)}},
	}
}

// machine is what is known of this machine.
func machine() exposure.LocalDocument {
	on := func(transport exposure.Transport, port uint16, name string, l exposure.Listener) exposure.LocalListener {
		return exposure.LocalListener{Transport: transport, Port: port, Name: name, Listener: l}
	}
	return exposure.LocalDocument{
		Router: gate(),
		NAT: &exposure.Access{
			Kind: exposure.NATMAPE, Certainty: exposure.CauseProven, Evidence: []string{"By the rule of MAP-E (rule.yaml) this household has 192.0.2.18/32 with 252 ports."},
			Public: []exposure.PublicSight{{Address: ip("192.0.2.18"), By: "STUN 203.0.114.9:3478"}}, AFTR: "aftr.carrier.example",
			MAPE: &exposure.PortSet{IPv4: netip.MustParsePrefix("192.0.2.18/32"), PSID: 52, PSIDLength: 8, PSIDOffset: 6, Ports: []string{"1232-1235", "2256-2259", "64720-64723"}, Count: 12, Relay: ip("2001:db8:ffff::1"), From: "rule.yaml"},
		},
		Schema: exposure.LocalSchema, Version: "0.1.0", SeenAt: ended, Host: "home",
		Interfaces: []exposure.Interface{
			{Name: "lo", Index: 1, Up: true, Loopback: true, Prefixes: prefixes("127.0.0.1/8", "::1/128")},
			{Name: "eth0", Index: 2, Up: true, Prefixes: prefixes("192.168.1.5/24", "2001:db8:1:2:3:4:5:6/64", "fe80::1ff:fe23:4567:890a/64")},
			{Name: "wlan0", Index: 3},
		},
		Addresses: []exposure.OwnAddress{
			{Address: ip("127.0.0.1"), Family: exposure.FirewallIPv4, Scope: exposure.ScopeLoopback, Interface: "lo"},
			{Address: ip("192.168.1.5"), Family: exposure.FirewallIPv4, Scope: exposure.ScopePrivate, Interface: "eth0"},
			{Address: ip("2001:db8:1:2:3:4:5:6"), Family: exposure.FirewallIPv6, Scope: exposure.ScopeGlobal, Interface: "eth0"},
			{Address: ip("fe80::1ff:fe23:4567:890a"), Family: exposure.FirewallIPv6, Scope: exposure.ScopeLinkLocal, Interface: "eth0"},
		},
		Gateways: []exposure.Gateway{
			{Family: exposure.FirewallIPv4, Via: ip("192.168.1.1"), Interface: "eth0"}, {Family: exposure.FirewallIPv6, Interface: "ppp0"},
		},
		DNSServers: []netip.Addr{ip("192.168.1.1"), ip("2001:db8::53")},
		Listeners: []exposure.LocalListener{
			on(exposure.TCP, 22, "ssh", holds("0.0.0.0", "sshd", 640, "root", "ssh.service")),
			on(exposure.TCP, 22, "ssh", withFilter(holds("::", "sshd", 640, "root", "ssh.service"), answered())),
			on(exposure.TCP, 8080, "http-alt", withFilter(holds("0.0.0.0", "docker-proxy", 77, "root", ""), published())),
			on(exposure.UDP, 68, "bootpc", exposure.Listener{Address: ip("0.0.0.0"), Device: "eth0", Process: "dhclient", PID: 402, User: "root"}),
			on(exposure.TCP, 2049, "nfs", exposure.Listener{Address: ip("::"), Unowned: true}),
			on(exposure.TCP, 5432, "postgresql", exposure.Listener{Address: ip("127.0.0.1"), Process: "postgres", PID: 1933, User: "postgres", Container: "docker 3f2a0c9d1b7e"}),
			on(exposure.TCP, 40123, "", exposure.Listener{Address: ip("fe80::1ff:fe23:4567:890a")}),
			on(exposure.UDP, 546, "", exposure.Listener{Address: ip("fe80::1ff:fe23:4567:890a%eth0"), Device: "eth0"}),
		},
		Firewall: &exposure.LocalFirewall{Products: []string{"ufw", "docker", "iptables"}, Rules: 43},
		Unseen:   []string{"the owner of 1 listener, which belongs to another user (run as root to see it)"},
	}
}

func withFilter(l exposure.Listener, answers []exposure.FirewallAnswer) exposure.Listener {
	l.Firewall = answers
	return l
}

// answered are the answers of a packet filter: all that may be said of a port.
func answered() []exposure.FirewallAnswer {
	limit := exposure.FirewallRule{Table: net("iptables filter"), Chain: net("ufw-user-input"), Handle: 4, Text: net("-p tcp -m tcp --dport 22 -m recent --update -j ufw-user-limit"), Why: net("-m recent")}
	return []exposure.FirewallAnswer{
		{Zone: exposure.ZoneLoopback, Family: "ipv4", Verdict: exposure.FirewallAccept, Path: exposure.FirewallInput},
		{Zone: exposure.ZoneLAN, Family: "ipv4", Verdict: exposure.FirewallAccept, Path: exposure.FirewallInput},
		{Zone: exposure.ZoneLAN, Family: "ipv6", Verdict: exposure.FirewallDrop, Path: exposure.FirewallInput, Silent: true, Rules: []exposure.FirewallRule{
			{Table: net("inet filter"), Chain: net("output"), Text: net("policy drop")},
		}},
		{Zone: exposure.ZoneInternetV4, Family: "ipv4", Verdict: exposure.FirewallCannotSay, Possible: []exposure.FirewallVerdict{exposure.FirewallAccept, exposure.FirewallReject}, Doubts: []exposure.FirewallRule{limit}},
		{Zone: exposure.ZoneInternetV6, Family: "ipv6", Verdict: exposure.FirewallReject, Reason: exposure.AdminProhibited},
	}
}

// published is a container's port, open behind a firewall that denies.
func published() []exposure.FirewallAnswer {
	return []exposure.FirewallAnswer{{
		Zone: exposure.ZoneInternetV4, Family: "ipv4", Verdict: exposure.FirewallAccept, Path: exposure.FirewallForward, To: netip.MustParseAddrPort("172.17.0.2:80"),
		Rules: []exposure.FirewallRule{
			{Table: net("iptables nat"), Chain: net("DOCKER"), Handle: 2, Text: net("! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80")},
		},
	}, {
		Zone: exposure.ZoneInternetV6, Family: "ipv6", Verdict: exposure.FirewallCannotSay, BySource: true, Possible: []exposure.FirewallVerdict{exposure.FirewallAccept, exposure.FirewallDrop},
		Doubts: []exposure.FirewallRule{{Table: net("inet f2b-table"), Chain: net("f2b-chain"), Handle: 5, Text: net("ip6 saddr @addr6-set drop"), Why: net("depends on the source")}},
	}}
}

// TestCheckMarksWhatIsComputed holds that a report says what the packet filter
// does only where nobody looked, and that it is computed.
func TestCheckMarksWhatIsComputed(t *testing.T) {
	r := household(lang.English)
	port := &r.Hosts[0].Ports[1]
	port.Listeners[0].Firewall = answered()
	text := string(reportIn(t, r, output.Options{Format: "text", Width: 200, Lang: lang.English}))
	for _, want := range []string{"lets in: LAN (IPv4) (computed)", "cannot say: Internet IPv4", "rejects: Internet IPv6 (computed)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "loopback (computed)") {
		t.Errorf("what was looked at is computed:\n%s", text)
	}
	port.Observations = append(port.Observations, seen("192.168.1.5", exposure.ViewLAN, exposure.TCP, 22, exposure.Open, exposure.SynAck))
	if text := string(reportIn(t, r, output.Options{Format: "text", Width: 200})); strings.Contains(text, "LAN (IPv4) (computed)") {
		t.Errorf("somebody looked from the LAN, and it is computed all the same:\n%s", text)
	}
}

// interrupted is a household whose run was ended, without the right to see all.
func interrupted(tag lang.Tag) exposure.Report {
	r := household(tag)
	r.Partial, r.Unseen = true, []string{"the owners of 3 listeners"}
	return r
}

// ruled is a household with a policy.
func ruled(tag lang.Tag) exposure.Report {
	r := household(tag)
	r.Hosts[0].Ports[0].Verdicts = []exposure.Verdict{
		{Zone: exposure.ZoneInternetV4, Expectation: "closed", Verdict: "fail"},
		{Zone: exposure.ZoneLAN, Expectation: "open", Verdict: "pass"},
	}
	r.Hosts[0].Ports[1].Verdicts = []exposure.Verdict{{Zone: exposure.ZoneLoopback, Expectation: "open", Verdict: "pass"}}
	r.Policy, r.Summary.Pass, r.Summary.Fail = "sekisho.yaml", 2, 1
	return r
}

// nothing is a machine on which nothing listens.
func nothing(lang.Tag) exposure.Report {
	return exposure.Report{
		Schema: exposure.ReportSchema, Version: "0.1.0", StartedAt: began, FinishedAt: ended,
		Hosts: []exposure.Host{{Name: "home", Addresses: household(lang.English).Hosts[0].Addresses}},
	}
}

func TestGolden(t *testing.T) {
	documents := map[string]func(o output.Options) []byte{
		"scan":       func(o output.Options) []byte { return scanIn(t, scanned(), o) },
		"scan-swept": func(o output.Options) []byte { return scanIn(t, swept(), o) },
		"scan-empty": func(o output.Options) []byte { return scanIn(t, nil, o) },
		"local":      func(o output.Options) []byte { return localIn(t, machine(), o) },
		"services":   func(o output.Options) []byte { return servicesIn(t, book(), o) },
		"services-many": func(o output.Options) []byte {
			d := book()
			d.Services = append(d.Services, d.Services...)
			return servicesIn(t, d, o)
		},
		"connect":   func(o output.Options) []byte { return connectIn(t, connected(), o) },
		"typed":     func(o output.Options) []byte { return connectIn(t, typed(), o) },
		"tested":    func(o output.Options) []byte { return testIn(t, tested(o.Lang), o) },
		"diagnosed": func(o output.Options) []byte { return diagnosisIn(t, diagnosed(o.Lang), o) },
	}
	for name, make := range map[string]func(lang.Tag) exposure.Report{
		"household": household, "another": another, "interrupted": interrupted, "ruled": ruled, "nothing": nothing, "flood": flood, "unrouted": unrouted,
	} {
		documents[name] = func(o output.Options) []byte { return reportIn(t, make(o.Lang), o) }
	}
	var kept []string
	check := func(name string, got []byte) {
		path := filepath.Join("testdata", name)
		kept = append(kept, path)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s changed; look at it and run with -update (-want +got):\n%s", name, d)
		}
	}
	for name, document := range documents {
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			for _, width := range []int{80, 40} {
				check(fmt.Sprintf("%s-%s-%d.txt", name, tag, width), document(output.Options{Format: "text", Width: width, Lang: tag}))
			}
		}
		for _, format := range []string{"json", "jsonl"} {
			if name == "flood" || name == "scan-swept" {
				break // half a megabyte of one finding, and what is open only
			}
			check(name+"."+format, document(output.Options{Format: format, Lang: lang.English}))
		}
	}
	for _, name := range []string{"household", "scan", "local", "tested", "connect", "diagnosed"} {
		check(name+"-all-120.txt", documents[name](output.Options{Format: "text", Width: 120, Show: output.ShowAll}))
		check(name+"-color.txt", documents[name](output.Options{Format: "text", Width: 80, Color: true}))
		check(name+"-redacted.txt", documents[name](output.Options{Format: "text", Width: 80, Redact: true}))
		check(name+"-redacted.json", documents[name](output.Options{Format: "json", Redact: true, Show: output.ShowAll}))
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(kept, file) {
			t.Errorf("%s belongs to no test", file)
		}
	}
}

// flood is a machine where every port answers with the same finding.
func flood(lang.Tag) exposure.Report {
	r := nothing(lang.English)
	for port := range 500 {
		number := uint16(8000 + port)
		if port%100 == 99 {
			number += 1000
		}
		r.Hosts[0].Ports = append(r.Hosts[0].Ports, exposure.Port{
			Transport: exposure.TCP, Port: number, Observations: everywhere(number),
			Findings: []exposure.Finding{{
				Rule: "no-owner", Severity: exposure.Low, Evidence: fmt.Sprintf("Port %d answers.", number),
				Meaning: "Something answers.", Remedy: []string{fmt.Sprintf("See who:\nss -lnp 'sport = :%d'", number)},
			}},
		})
		r.Summary.Findings.Low++
	}
	return r
}

func TestFloodIsShort(t *testing.T) {
	page := string(reportIn(t, flood(lang.English), output.Options{Format: "text", Width: 80}))
	if got := strings.Count(page, "What to do:"); got != 3 {
		t.Errorf("%d findings of 500 alike are shown whole, want 3", got)
	}
	if want := "and 497 more findings of no-owner"; !strings.Contains(page, want) {
		t.Errorf("the page does not say %q", want)
	}
	whole := string(reportIn(t, flood(lang.English), output.Options{Format: "text", Width: 80, Show: output.ShowAll}))
	if got := strings.Count(whole, "What to do:"); got != 500 {
		t.Errorf("%d findings are shown with everything asked for, want 500", got)
	}
}

// unrouted is a host to which there is no route: nothing can be said of it.
func unrouted(lang.Tag) exposure.Report {
	at := func(port uint16, reason exposure.Reason) exposure.Observation {
		o := seen("172.16.5.5", exposure.ViewLAN, exposure.TCP, port, exposure.Unknown, reason)
		o.By, o.RTT, o.Detail = exposure.Local, 0, "this machine could not ask: network is unreachable"
		return o
	}
	return exposure.Report{
		Schema: exposure.ReportSchema, Version: "0.1.0", StartedAt: began, FinishedAt: ended, Asked: "22,80",
		Hosts: []exposure.Host{{Addresses: []netip.Addr{ip("172.16.5.5")}, Ports: []exposure.Port{
			{Transport: exposure.TCP, Port: 22, Name: "ssh", Observations: []exposure.Observation{at(22, exposure.NetUnreach)}},
			{Transport: exposure.TCP, Port: 80, Name: "http", Observations: []exposure.Observation{at(80, exposure.HostUnreach)}},
		}}},
		Scan: &exposure.ScanSummary{Hosts: 1, Ports: 2, Unknown: 2, ElapsedMS: 1400},
	}
}

// filtered is a host of which a report keeps nothing but the numbers.
func filtered() exposure.Report {
	return exposure.Report{
		Schema: exposure.ReportSchema, Version: "0.1.0", StartedAt: began, FinishedAt: ended,
		Hosts: []exposure.Host{{Addresses: []netip.Addr{ip("192.0.2.9")}}},
		Scan:  &exposure.ScanSummary{Hosts: 1, Ports: 65535, Closed: 65025, Filtered: 505, ElapsedMS: 1400, PacketsSent: 70000},
	}
}

// TestCountsAreThoseOfTheScan: what a report does not hold is counted all the
// same, and what nobody looked at is said.
func TestCountsAreThoseOfTheScan(t *testing.T) {
	page := string(reportIn(t, filtered(), output.Options{Format: "text", Width: 80}))
	for _, want := range []string{
		"Ports not shown: 65025 closed, 505 filtered (--show all lists them).",
		"65530 ports were tried in 1.4 s.", "Not complete: 5 ports were not looked at.",
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the page does not say %q:\n%s", want, page)
		}
	}
	// One of two hosts is known, so only the other one is spoken of.
	both := unrouted(lang.English)
	both.Hosts = append(both.Hosts, exposure.Host{Name: "near", Addresses: []netip.Addr{ip("192.168.1.5")}, Ports: []exposure.Port{
		{Transport: exposure.TCP, Port: 22, Observations: []exposure.Observation{seen("192.168.1.1", exposure.ViewLAN, exposure.TCP, 22, exposure.Open, exposure.SynAck)}},
	}})
	both.Scan = &exposure.ScanSummary{Hosts: 2, Ports: 3, Open: 1, Unknown: 2}
	page = string(reportIn(t, both, output.Options{Format: "text", Width: 80}))
	if got := strings.Count(page, "No port could be looked at"); got != 1 {
		t.Errorf("%d hosts could not be looked at, want 1:\n%s", got, page)
	}
	both.Scan.Ports, both.Scan.Filtered = 70000, 69997
	page = string(reportIn(t, both, output.Options{Format: "text", Width: 80}))
	if strings.Contains(page, "No port could be looked at") {
		t.Errorf("the page speaks of a host whose silence was only counted:\n%s", page)
	}
}

// TestSilenceIsSaid: what takes a connection and tells nothing is told apart.
func TestSilenceIsSaid(t *testing.T) {
	r := nothing(lang.English)
	for i, s := range []exposure.Silence{exposure.Mute, exposure.HangsUp, exposure.Resets, ""} {
		number := uint16(7000 + i)
		r.Hosts[0].Ports = append(r.Hosts[0].Ports, exposure.Port{
			Transport: exposure.TCP, Port: number, Observations: everywhere(number),
			Services: []exposure.Service{{Address: ip("127.0.0.1"), View: exposure.ViewLoopback, Silence: s}},
		})
	}
	r.Hosts[0].Ports[0].Name = "afs"
	for tag, want := range map[lang.Tag][]string{
		lang.English:  {"afs (by number)", "says nothing", "closes at once", "resets at once", "not recognised"},
		lang.Japanese: {"afs(番号からの推測)", "何も言わない", "すぐに閉じる", "すぐにリセットする", "判別できず"},
	} {
		page := string(reportIn(t, r, output.Options{Format: "text", Width: 120, Lang: tag}))
		for _, words := range want {
			if strings.Count(page, words) != 1 {
				t.Errorf("%s: %q is not there once:\n%s", tag, words, page)
			}
		}
	}
}

// swept is a small network, of which a few addresses are in use, asked for two
// ports and an echo.
func swept() []exposure.Observation {
	var all []exposure.Observation
	for last := 1; last < 255; last++ {
		address := fmt.Sprintf("10.9.0.%d", last)
		for _, port := range []uint16{0, 22, 80} {
			o := seen(address, exposure.ViewLAN, exposure.TCP, port, exposure.Unknown, exposure.HostUnreach)
			if port == 0 {
				o.Transport = exposure.ICMP
			}
			switch {
			case last == 7 && port == 22:
				o.State, o.Reason = exposure.Open, exposure.SynAck
			case last == 7 && port == 0:
				o.State, o.Reason = exposure.Open, exposure.EchoReply
			case last == 7 || last == 11 || last == 13:
				o.State, o.Reason = exposure.Closed, exposure.Reset
				if port == 0 {
					o.State, o.Reason = exposure.Filtered, exposure.NoResponse
				}
			case last == 20 && port == 80:
				o.State, o.Reason = exposure.Filtered, exposure.AdminProhibited
			}
			if o.State == exposure.Unknown {
				o.By = exposure.Local
			}
			all = append(all, o)
		}
	}
	return all
}

// TestUnsentEchoIsNoSilence: what this machine may not send nobody can answer.
func TestUnsentEchoIsNoSilence(t *testing.T) {
	o := seen("192.0.2.7", exposure.ViewLAN, exposure.ICMP, 0, exposure.Unknown, exposure.LocalError)
	o.Detail = "no permission"
	page := string(scanIn(t, []exposure.Observation{o}, output.Options{Format: "text"}))
	if strings.Contains(page, "answered") || !strings.Contains(page, "1 ICMP echo was not sent. no permission\n") {
		t.Errorf("the page:\n%s", page)
	}
}

// TestEchoStandsBeforePortZero: the echo has the number 0 and is no port.
func TestEchoStandsBeforePortZero(t *testing.T) {
	page := string(scanIn(t, []exposure.Observation{
		seen("192.0.2.7", exposure.ViewLAN, exposure.TCP, 0, exposure.Closed, exposure.Reset),
		seen("192.0.2.7", exposure.ViewLAN, exposure.ICMP, 0, exposure.Open, exposure.EchoReply),
	}, output.Options{Format: "text", Show: output.ShowAll}))
	if echo, zero := strings.Index(page, "\nicmp"), strings.Index(page, "\n0/tcp"); echo < 0 || zero < echo {
		t.Errorf("the page:\n%s", page)
	}
}

// TestInterruptedScanSaysWhatIsMissing: a scan that ended early has ports
// without any state.
func TestInterruptedScanSaysWhatIsMissing(t *testing.T) {
	for missing, want := range map[int]string{
		0: "Not complete: not every port was looked at.", 1: "Not complete: 1 port was not looked at.", 90: "Not complete: 90 ports were not looked at.",
	} {
		var b bytes.Buffer
		s, err := output.Scan(&b, output.Options{Format: "text"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(exposure.ScanSummary{Hosts: 1, Ports: 10 + missing, Closed: 9, Unknown: 1}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(b.String(), "\n"+want+"\n") {
			t.Errorf("%d missing: the page does not end in %q:\n%s", missing, want, b.String())
		}
	}
}

// TestUnseenOfRoot: whoever is root lacks no right.
func TestUnseenOfRoot(t *testing.T) {
	for tag, want := range map[lang.Tag][2]string{
		lang.English:  {"Not seen without administrator rights (", "Not seen (does not"},
		lang.Japanese: {"管理者権限がないため見ていない項目:", "見ていない項目:"},
	} {
		for i, root := range []bool{false, true} {
			page := string(localIn(t, machine(), output.Options{Format: "text", Width: 120, Lang: tag, Root: root}))
			if !strings.Contains(page, "\n"+want[i]) {
				t.Errorf("%s, root %t: the page does not say %q:\n%s", tag, root, want[i], page)
			}
		}
	}
}

// TestLastLine holds the line that scripts and people look for.
func TestLastLine(t *testing.T) {
	one := nothing(lang.English)
	one.Hosts[0].Ports = []exposure.Port{{Transport: exposure.TCP, Port: 22, Observations: everywhere(22)}}
	one.Hosts[0].Ports[0].Findings = []exposure.Finding{{Rule: "r", Severity: exposure.Medium, Evidence: "e", Meaning: "m"}}
	outside := nothing(lang.English)
	outside.Hosts[0].Ports = []exposure.Port{{
		Transport: exposure.TCP, Port: 22,
		Observations: append(everywhere(22), seen("198.51.100.7", exposure.ViewOutside, exposure.TCP, 22, exposure.Filtered, exposure.NoResponse)),
	}}
	asked, askedOther, askedOutside := household(lang.English), another(lang.Japanese), outside
	asked.Asked, askedOther.Asked, askedOutside.Asked = "587,2526", "80", "22"
	askedOne := one
	askedOne.Asked = "22"
	several := another(lang.English)
	several.Hosts = append(several.Hosts, exposure.Host{Name: "other.home", Addresses: []netip.Addr{ip("192.168.1.2")}})
	askedSeveral := several
	askedSeveral.Asked = "@common"
	for name, c := range map[string]struct {
		report exposure.Report
		tag    lang.Tag
		want   string
	}{
		"asked":         {asked, lang.English, "Of the ports asked (587,2526), 7 listen on addresses that others may reach (nobody looked from there yet), 4 things to mend. Is this what you meant? `sekisho policy init`"},
		"asked one":     {askedOne, lang.English, "Of the ports asked (22), 1 listens on addresses that others may reach (nobody looked from there yet), 1 thing to mend. Is this what you meant? `sekisho policy init`"},
		"asked ja":      {askedOther, lang.Japanese, "調べたポート(80)のうち、router.home では 2 ポートが開いています(LAN内の別の機器から見た結果)。直したほうがよい点は 2 件です。"},
		"asked outside": {askedOutside, lang.English, "Of the ports asked (22), 0 are open from the Internet side, 0 things to mend. Is this what you meant? `sekisho policy init`"},
		"asked several": {askedSeveral, lang.English, "Of the ports asked (@common), 2 are open on 2 hosts together, 2 things to mend."},
		"hosts":         {several, lang.English, "2 ports are open on 2 hosts together, 2 things to mend."},
		"no route":      {unrouted(lang.English), lang.English, "Nothing is known of 172.16.5.5: none of its ports could be looked at."},
		"silent":        {filtered(), lang.English, "0 ports are open on 192.0.2.9 as seen from here, 0 things to mend."},
		"one":           {one, lang.English, "1 port listens on addresses that others may reach (nobody looked from there yet), 1 thing to mend. Is this what you meant? `sekisho policy init`"},
		"several":       {household(lang.English), lang.English, "7 ports listen on addresses that others may reach (nobody looked from there yet), 4 things to mend. Is this what you meant? `sekisho policy init`"},
		"nothing":       {nothing(lang.English), lang.English, "0 ports listen on addresses that others may reach (nobody looked from there yet), 0 things to mend. Is this what you meant? `sekisho policy init`"},
		"outside":       {outside, lang.English, "0 ports are open from the Internet side, 0 things to mend. Is this what you meant? `sekisho policy init`"},
		"policy":        {ruled(lang.English), lang.English, "Against the policy: 2 pass, 1 fail, 0 inconclusive; 4 things to mend."},
		"another":       {another(lang.English), lang.English, "2 ports are open on router.home as seen from another machine of the LAN, 2 things to mend."},
		"ja":            {household(lang.Japanese), lang.Japanese, "他の機器から届きうるアドレスで 7 ポートが待ち受けています(まだ外からは確かめていません)。直したほうがよい点は 4 件です。意図したとおりですか? `sekisho policy init`"},
	} {
		page := string(reportIn(t, c.report, output.Options{Format: "text", Width: 120, Lang: c.tag}))
		last := page[strings.LastIndex(strings.TrimSuffix(page, "\n"), "\n\n")+2:]
		got := strings.ReplaceAll(strings.TrimSuffix(last, "\n"), "\n", " ")
		if c.tag == lang.Japanese {
			got = strings.ReplaceAll(strings.TrimSuffix(last, "\n"), "\n", "")
			got = strings.Replace(got, "?`", "? `", 1)
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
		// A program that reads the page finds all of it in the last line.
		piped := string(reportIn(t, c.report, output.Options{Format: "text", Width: 40, Lang: c.tag, Piped: true}))
		if !strings.HasSuffix(piped, "\n"+c.want+"\n") {
			t.Errorf("%s: the piped page does not end in %q", name, c.want)
		}
	}
}

// TestShow tells which ports are rows.
func TestShow(t *testing.T) {
	r := nothing(lang.English)
	port := func(number uint16, state exposure.State, p exposure.Port) exposure.Port {
		p.Transport, p.Port = exposure.TCP, number
		if state != exposure.Unknown {
			p.Observations = []exposure.Observation{seen("127.0.0.1", exposure.ViewLoopback, exposure.TCP, number, state, exposure.SynAck)}
		}
		return p
	}
	r.Hosts[0].Ports = []exposure.Port{
		port(1, exposure.Open, exposure.Port{}),
		port(2, exposure.Unknown, exposure.Port{Listeners: []exposure.Listener{holds("127.0.0.1", "x", 1, "root", "")}}),
		port(3, exposure.Closed, exposure.Port{}),
		port(4, exposure.Filtered, exposure.Port{Findings: []exposure.Finding{{Rule: "r", Evidence: "e", Meaning: "m"}}}),
		port(5, exposure.Closed, exposure.Port{Verdicts: []exposure.Verdict{{Zone: exposure.ZoneLAN, Expectation: "open", Verdict: "fail"}}}),
		port(6, exposure.Closed, exposure.Port{Verdicts: []exposure.Verdict{{Zone: exposure.ZoneLAN, Expectation: "closed", Verdict: "pass"}}}),
	}
	row := regexp.MustCompile(`(?m)^(\d)/tcp`)
	for show, want := range map[output.Show]string{
		output.ShowOpen: "12", output.ShowInteresting: "1245", "": "1245", output.ShowAll: "123456",
	} {
		var got strings.Builder
		for _, match := range row.FindAllStringSubmatch(string(reportIn(t, r, output.Options{Format: "text", Show: show})), -1) {
			got.WriteString(match[1])
		}
		if got.String() != want {
			t.Errorf("--show %s: rows %s, want %s", show, got.String(), want)
		}
	}
	for _, format := range output.Formats() {
		few := scanIn(t, scanned(), output.Options{Format: format})
		all := scanIn(t, scanned(), output.Options{Format: format, Show: output.ShowAll})
		if len(few) >= len(all) {
			t.Errorf("%s: a scan is not longer when all is shown", format)
		}
	}
}

// TestScanLineIsTheContract compares a line, key by key, with the one that
// programs read.
func TestScanLineIsTheContract(t *testing.T) {
	o := seen("192.0.2.7", exposure.ViewSelf, exposure.TCP, 22, exposure.Open, exposure.SynAck)
	o.Host, o.SeenAt = "home.example", began
	var b bytes.Buffer
	s, err := output.Scan(&b, output.Options{Format: "jsonl"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Observe(o); err != nil {
		t.Fatal(err)
	}
	loss := 0.0
	if err := s.Close(exposure.ScanSummary{Hosts: 1, Ports: 65535, Open: 3, Closed: 65532, PacketsSent: 65602, ElapsedMS: 412, Loss: &loss, Complete: true}); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"observation","host":"home.example","address":"192.0.2.7","transport":"tcp","port":22,"state":"open","reason":"syn-ack","view":"self","vantage":"self","rtt_us":310,"attempts":1,"seen_at":"2026-11-22T07:00:00Z"}
{"type":"summary","hosts":1,"ports":65535,"open":3,"closed":65532,"filtered":0,"open_filtered":0,"unknown":0,"packets_sent":65602,"elapsed_ms":412,"loss":0,"complete":true}
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestLinesAreObjects: every line of a line format is one object that says its
// type.
func TestLinesAreObjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := output.Options{Format: "jsonl", Show: output.ShowAll}
		for _, document := range [][]byte{
			reportIn(t, arbitraryReport(t), o),
			localIn(t, arbitraryLocal(t), o),
			scanIn(t, rapid.SliceOfN(rapid.Custom(arbitrary[exposure.Observation]), 0, 3).Draw(t, "scan"), o),
		} {
			last := ""
			for line := range bytes.Lines(document) {
				var object struct{ Type string }
				if err := json.Unmarshal(line, &object); err != nil || object.Type == "" {
					t.Fatalf("%v: %s", err, line)
				}
				last = object.Type
			}
			if last != "summary" {
				t.Fatalf("the last line is a %q", last)
			}
		}
	})
}

// TestFrame measures that no line is wider than the terminal, whatever stands
// in the document, but for a line that is to be copied.
func TestFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(24, 130).Draw(t, "width")
		o := output.Options{
			Format: "text", Width: width, Lang: rapid.SampledFrom([]lang.Tag{lang.English, lang.Japanese}).Draw(t, "lang"),
			Show: rapid.SampledFrom([]output.Show{output.ShowOpen, output.ShowInteresting, output.ShowAll}).Draw(t, "show"),
		}
		r := arbitraryReport(t)
		local := arbitraryLocal(t)
		commands := commandLines(r)
		for _, f := range local.Findings {
			found := exposure.Report{Hosts: []exposure.Host{{Ports: []exposure.Port{{Findings: []exposure.Finding{f.Finding}}}}}}
			maps.Copy(commands, commandLines(found))
		}
		for _, document := range [][]byte{
			reportIn(t, r, o),
			localIn(t, local, o),
			scanIn(t, rapid.SliceOfN(rapid.Custom(arbitrary[exposure.Observation]), 0, 3).Draw(t, "scan"), o),
		} {
			for line := range strings.Lines(string(document)) {
				line = strings.TrimSuffix(line, "\n")
				if got := displaywidth.String(line); got > min(width, 120) && !commands[strings.TrimSpace(line)] {
					t.Fatalf("%d columns of %d: %q", got, width, line)
				}
				if strings.HasSuffix(line, " ") && !commands[strings.TrimSpace(line)] {
					t.Fatalf("blanks at the end: %q", line)
				}
			}
		}
	})
}

// commandLines are the lines of a report that are to be copied whole.
func commandLines(r exposure.Report) map[string]bool {
	lines := map[string]bool{"": true}
	add := func(remedy []string) {
		for _, step := range remedy {
			_, commands, _ := strings.Cut(step, "\n")
			for command := range strings.Lines(commands) {
				lines[strings.TrimSpace(untrusted.New(strings.TrimRight(command, "\n"), 0).Terminal())] = true
			}
		}
	}
	cause := func(v exposure.Verdict) {
		if v.Cause != nil {
			add(v.Cause.Remedy)
		}
	}
	ports := func(list []exposure.Port) {
		for _, p := range list {
			for _, f := range p.Findings {
				add(f.Remedy)
			}
			for _, v := range p.Verdicts {
				cause(v)
			}
		}
	}
	ports(r.Outgoing)
	for _, h := range r.Hosts {
		ports(h.Ports)
		for _, g := range h.Verdicts {
			cause(g.Verdict)
		}
	}
	return lines
}

// TestInert: whatever stands in a document, what comes out acts on no terminal.
func TestInert(t *testing.T) {
	colour := regexp.MustCompile("\x1b\\[[0-9;]+m")
	rapid.Check(t, func(t *rapid.T) {
		o := output.Options{
			Format: rapid.SampledFrom(output.Formats()).Draw(t, "format"), Width: 80, Show: output.ShowAll,
			Lang:   rapid.SampledFrom([]lang.Tag{lang.English, lang.Japanese}).Draw(t, "lang"),
			Redact: rapid.Bool().Draw(t, "redact"), Color: rapid.Bool().Draw(t, "color"),
		}
		for _, document := range [][]byte{
			reportIn(t, arbitraryReport(t), o),
			localIn(t, arbitraryLocal(t), o),
			scanIn(t, rapid.SliceOfN(rapid.Custom(arbitrary[exposure.Observation]), 0, 3).Draw(t, "scan"), o),
		} {
			page := string(document)
			if o.Color && o.Format == "text" {
				page = colour.ReplaceAllString(page, "")
			}
			for line := range strings.Lines(page) {
				line = strings.TrimSuffix(line, "\n")
				for _, r := range line {
					if one := string(r); untrusted.New(one, 0).Terminal() != one {
						t.Fatalf("%s: %q in %q", o.Format, r, line)
					}
				}
			}
		}
	})
}

// TestColour: colours only when they are asked for, and never as the only sign.
func TestColour(t *testing.T) {
	bare := reportIn(t, household(lang.English), output.Options{Format: "text"})
	if bytes.Contains(bare, []byte("\x1b")) {
		t.Error("a page without colour has an escape")
	}
	painted := reportIn(t, household(lang.English), output.Options{Format: "text", Color: true})
	if !bytes.Contains(painted, []byte("\x1b[")) {
		t.Error("a page with colour has none")
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9;]+m").ReplaceAll(painted, nil)
	if d := cmp.Diff(string(bare), string(stripped)); d != "" {
		t.Errorf("colour changes the words (-bare +stripped):\n%s", d)
	}
}

// full is a disk with room for a few bytes.
type full struct{ room int }

var errFull = errors.New("no space left")

func (f *full) Write(b []byte) (int, error) {
	if len(b) > f.room {
		n := f.room
		f.room = 0
		return n, errFull
	}
	f.room -= len(b)
	return len(b), nil
}

func TestWriteErrorsAreReturned(t *testing.T) {
	for _, format := range output.Formats() {
		for _, redact := range []bool{false, true} {
			o := output.Options{Format: format, Redact: redact}
			for _, room := range []int{0, 10, 200} {
				if err := output.Report(&full{room}, household(lang.English), o); !errors.Is(err, errFull) {
					t.Errorf("%s report with room for %d: %v", format, room, err)
				}
				if err := output.Local(&full{room}, machine(), o); !errors.Is(err, errFull) {
					t.Errorf("%s local with room for %d: %v", format, room, err)
				}
				if err := scanTo(&full{room}, scanned(), o); !errors.Is(err, errFull) {
					t.Errorf("%s scan with room for %d: %v", format, room, err)
				}
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	o := output.Options{Format: "xml"}
	_, scanErr := output.Scan(io.Discard, o)
	for _, err := range []error{output.Report(io.Discard, exposure.Report{}, o), output.Local(io.Discard, exposure.LocalDocument{}, o), scanErr} {
		if err == nil || !strings.Contains(err.Error(), "text, json, jsonl") {
			t.Errorf("the error does not tell the formats: %v", err)
		}
	}
}

// TestEveryWordIsSaid: each word of the contract has one in the catalogue.
func TestEveryWordIsSaid(t *testing.T) {
	var ids []string
	for kind, prefix := range map[string]string{
		"State": "state.", "Severity": "severity.", "View": "view.", "Zone": "zone.", "Outcome": "verdict.",
	} {
		for of, values := range enums {
			if of.Name() == kind {
				for _, value := range values {
					ids = append(ids, prefix+fmt.Sprint(value))
				}
			}
		}
	}
	if len(ids) < 20 {
		t.Fatalf("only %d words", len(ids))
	}
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		for _, id := range ids {
			if said := lang.For(tag).Say(id); strings.Contains(said, id) {
				t.Errorf("%s has no %s", tag, id)
			}
		}
	}
}

// TestFrameWordsAreNotAmbiguous: a character that some terminals of East Asia
// show twice as wide as others would push a table out of line.
func TestFrameWordsAreNotAmbiguous(t *testing.T) {
	files, err := filepath.Glob("../rules/testdata/*.golden")
	if err != nil || len(files) < 2 || len(files)%2 != 0 {
		t.Fatalf("texts of the rules: %v %v", files, err)
	}
	for _, name := range append(files, "../lang/en.json", "../lang/ja.json") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			trimmed := strings.TrimSpace(line)
			framed := strings.HasSuffix(name, ".golden")
			for _, prefix := range []string{"state", "severity", "verdict", "zone", "view", "column", "service", "report", "scan", "local", "silence", "why"} {
				framed = framed || strings.HasPrefix(trimmed, `"`+prefix+".")
			}
			if !framed {
				continue
			}
			wide := displaywidth.Options{EastAsianWidth: true}
			for _, r := range trimmed {
				if wide.Rune(r) != displaywidth.Rune(r) {
					t.Errorf("%s: %q is as wide as one or two: %s", name, r, trimmed)
				}
			}
		}
	}
}

// BenchmarkWholeHost measures the page of a host with every port in the table.
func BenchmarkWholeHost(b *testing.B) {
	r := nothing(lang.English)
	r.Hosts[0].Addresses = []netip.Addr{ip("192.168.1.1"), ip("fd00::1")}
	for port := range 65535 {
		number := uint16(port + 1)
		r.Hosts[0].Ports = append(r.Hosts[0].Ports, exposure.Port{
			Transport: exposure.TCP, Port: number,
			Observations: []exposure.Observation{
				seen("192.168.1.1", exposure.ViewLAN, exposure.TCP, number, exposure.Closed, exposure.Reset),
				seen("fd00::1", exposure.ViewLAN, exposure.TCP, number, exposure.Closed, exposure.Reset),
			},
		})
	}
	for b.Loop() {
		if page := reportIn(b, r, output.Options{Format: "text", Width: 80, Show: output.ShowAll}); len(page) < 65535 {
			b.Fatalf("a page of %d bytes", len(page))
		}
	}
}
