package exposure

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sekisho/internal/untrusted"
)

var update = flag.Bool("update", false, "write the golden files anew")

func observation() Observation {
	return Observation{
		Host: "home.example", Address: netip.MustParseAddr("192.0.2.7"), Transport: TCP, Port: 22,
		State: Open, Reason: SynAck, View: ViewSelf, Vantage: "self",
		RTT: Microseconds(310 * time.Microsecond), Attempts: 1,
		SeenAt: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC),
	}
}

func report() Report {
	at := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	yes, loss, missed := true, 0.0, 0.000412
	return Report{
		Schema: ReportSchema, Version: "1.0.0", StartedAt: at, FinishedAt: at.Add(time.Second),
		Vantages: []Vantage{{ID: "self", Kind: "self", Address: netip.MustParseAddr("192.0.2.7")}},
		Hosts: []Host{{
			Name: "home.example", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("fe80::1%eth0")},
			Ports: []Port{{
				Transport: TCP, Port: 21, Name: "ftp",
				Observations: []Observation{observation()},
				Services: []Service{{
					Address: netip.MustParseAddr("127.0.0.1"), View: ViewLoopback, Protocol: "ftp",
					Product: untrusted.Line("vsftpd"), Version: untrusted.Line("3.0.3"),
					Banner: untrusted.Line("220 (vsFTPd 3.0.3)\x1b[2J\u202e"), Confidence: Confirmed,
					Facts: Facts{"anonymous": false, "features": []untrusted.Text{untrusted.Line("EPSV")}, "status": 200.0, "system": untrusted.Line("UNIX")},
					TLS: &TLS{
						Versions: []string{"TLS 1.3"}, StartTLS: true,
						Certificate: &Certificate{
							Subject: untrusted.Line("CN=home"), Issuer: untrusted.Line("CN=home"), NotBefore: at, NotAfter: at.AddDate(1, 0, 0),
							SelfSigned: true, KeyType: "RSA", KeyBits: 2048, SHA256: "00", NameMatches: &yes,
						},
					},
				}},
				Listeners: []Listener{{Address: netip.MustParseAddr("0.0.0.0"), Process: "vsftpd", PID: 812, User: "root"}},
				Verdicts: []Verdict{{
					Zone: ZoneInternetV4, Expectation: "open", Verdict: "fail",
					Cause: &Cause{ID: "host-firewall", Certainty: "proven", Evidence: []string{"e"}, Remedy: []string{"r"}},
				}},
				Findings: []Finding{{Rule: "ftp-cleartext-login", Severity: Medium, Evidence: "e", Meaning: "m", Remedy: []string{"r"}}},
			}},
		}},
		Scan:    &ScanSummary{Hosts: 1, Ports: 1, Open: 1, PacketsSent: 1, ElapsedMS: 1, Loss: &loss, RTT: observation().RTT, Tries: 3, ExpectedMissed: &missed, Profile: "lan", Rate: 500, Complete: true},
		Summary: ReportSummary{Fail: 1, Findings: FindingCounts{Medium: 1}},
	}
}

// TestGoldenJSON holds the form that programs read: a change here is a change
// of the contract.
func TestGoldenJSON(t *testing.T) {
	documents := map[string]any{"observation": observation(), "report": report()}
	for name, document := range documents {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(document, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
				t.Errorf("golden differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReportReadsBackAsItWasWritten(t *testing.T) {
	want := report()
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	opts := cmp.Options{
		cmp.Comparer(func(a, b untrusted.Text) bool { return a == b }),
		cmpopts.EquateComparable(netip.Addr{}),
	}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("round trip differs (-want +got):\n%s", diff)
	}
}

func TestWordsOfEnums(t *testing.T) {
	if Unknown != State(0) || Unknown.String() != "unknown" {
		t.Errorf("the zero state is %q, want unknown", State(0))
	}
	var s State
	for _, w := range stateWords {
		if err := s.UnmarshalText([]byte(w)); err != nil || s.String() != w {
			t.Errorf("state %q reads back as %q, %v", w, s, err)
		}
	}
	if err := s.UnmarshalText([]byte("stealth")); err == nil || err.Error() != `"stealth" is no state` {
		t.Errorf("a wrong state gave %v", err)
	}
	if State(99).String() != "unknown" {
		t.Errorf("an impossible state prints %q", State(99))
	}
	if OpenFiltered.String() != "open|filtered" || High.String() != "high" || Assigned.String() != "assigned" || UDP.String() != "udp" {
		t.Error("a word differs from the contract")
	}
}

func TestRTTBelowAMicrosecondIsNotUnknown(t *testing.T) {
	b, err := json.Marshal(Microseconds(300 * time.Nanosecond))
	if err != nil || string(b) != "1" {
		t.Errorf("300 ns is written as %s, %v", b, err)
	}
	var m Microseconds
	if err := json.Unmarshal([]byte("310"), &m); err != nil || time.Duration(m) != 310*time.Microsecond {
		t.Errorf("310 reads as %v, %v", time.Duration(m), err)
	}
	if err := json.Unmarshal([]byte(`"x"`), &m); err == nil {
		t.Error("a string was taken for microseconds")
	}
}

// TestSummaryPlus adds up what two scans had to tell of their pains.
func TestSummaryPlus(t *testing.T) {
	one, few, both := 0.5, 0.25, 0.75
	far := ScanSummary{RTT: Microseconds(time.Second), Tries: 4, ExpectedMissed: &one, Profile: "wan", Complete: true}
	near := ScanSummary{RTT: 1, Tries: 2, ExpectedMissed: &few, Profile: "lan", Rate: 500, Complete: true}
	silent := ScanSummary{Complete: true}
	tests := map[string]struct{ a, b, want ScanSummary }{
		"both":    {far, near, ScanSummary{RTT: Microseconds(time.Second), Tries: 4, ExpectedMissed: &both, Profile: "lan, wan", Rate: 500, Complete: true}},
		"again":   {far.Plus(near), ScanSummary{Profile: "wan", Complete: true}, ScanSummary{RTT: Microseconds(time.Second), Tries: 4, ExpectedMissed: &both, Profile: "lan, wan", Rate: 500, Complete: true}},
		"first":   {far, silent, far},
		"second":  {silent, near, near},
		"neither": {silent, silent, silent},
	}
	for name, test := range tests {
		if d := cmp.Diff(test.want, test.a.Plus(test.b)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if got := silent.Profiles(); len(got) != 0 {
		t.Errorf("the profiles of none are %q", got)
	}
}

func TestSummaryCounts(t *testing.T) {
	var s ScanSummary
	for _, state := range []State{Open, Open, Closed, Filtered, OpenFiltered, Unknown} {
		s.Count(state)
	}
	if s.Open != 2 || s.Closed != 1 || s.Filtered != 1 || s.OpenFiltered != 1 || s.Unknown != 1 {
		t.Errorf("counted %+v", s)
	}
	var c FindingCounts
	for _, severity := range []Severity{High, Medium, Low, Info, Info} {
		c.Add(severity)
	}
	if c != (FindingCounts{High: 1, Medium: 1, Low: 1, Info: 2}) {
		t.Errorf("counted %+v", c)
	}
}

func TestUnmet(t *testing.T) {
	for _, c := range []struct {
		id     string
		result StepResult
		want   bool
	}{
		{"http-expect-status", StepRefused, true},
		{"http-expect-text", StepFailed, true},
		{"http-expect-text", StepOK, false},
		{"http-2", StepRefused, false},
	} {
		if got := (Step{ID: c.id, Result: c.result}).Unmet(); got != c.want {
			t.Errorf("%s %s: %v", c.id, c.result, got)
		}
	}
}
