package output_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
	"sekisho/internal/untrusted"
)

// TestSilentTest holds what is said of a port that answered nothing: its state
// once, and no end that sounds like a fault.
func TestSilentTest(t *testing.T) {
	d := tested(lang.English)
	d.Service, d.Steps, d.Flow, d.Findings = exposure.Service{Confidence: exposure.Assigned, Error: "wireguard: handshake: i/o timeout"}, nil, nil, nil
	d.Transport, d.Port, d.Test, d.State = exposure.UDP, 51820, "wireguard", exposure.OpenFiltered
	d.Steps = []exposure.Step{{ID: "wireguard-stranger", Result: exposure.StepUnknown, Why: "silent-by-design"}}
	for tag, want := range map[lang.Tag][]string{
		lang.English:  {"Nothing that speaks wireguard answered.", "Port 51820/udp is open|filtered.", "answer nobody without"},
		lang.Japanese: {"wireguardとして応答するものはありませんでした。", "ポート 51820/udp の状態: 開または無応答"},
	} {
		var b strings.Builder
		if err := output.Test(&b, d, output.Options{Format: "text", Lang: tag, Width: 200}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%q is missing in\n%s", w, b.String())
			}
		}
		if strings.Contains(b.String(), "i/o timeout") {
			t.Errorf("the end is told twice:\n%s", b.String())
		}
	}
	d.State, d.Service.Error = exposure.Open, "wireguard: handshake: something else"
	var b strings.Builder
	if err := output.Test(&b, d, output.Options{Format: "text", Lang: lang.English, Width: 200}); err != nil || !strings.Contains(b.String(), "something else") {
		t.Errorf("%v in\n%s", err, b.String())
	}
}

// TestOneWay: who sends what nobody answers is not told that nothing answered.
func TestOneWay(t *testing.T) {
	d := tested(lang.English)
	d.Service, d.State = exposure.Service{}, exposure.Unknown
	for why, want := range map[exposure.StepResult]string{
		exposure.StepUnknown: "only the receiver can tell", exposure.StepFailed: "Nothing that speaks",
	} {
		d.Steps = []exposure.Step{{ID: "snmptrap-arrival", Result: why, Why: "trap-unanswered"}}
		var b strings.Builder
		if err := output.Test(&b, d, output.Options{Format: "text", Lang: lang.English, Width: 200}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s (%v)", want, b.String(), err)
		}
	}
}

// TestAnswersOfSeveralLines holds that the lines of an answer are lines of the
// page too, within bounds.
func TestAnswersOfSeveralLines(t *testing.T) {
	d := tested(lang.English)
	for said, want := range map[string][]string{
		"220-Welcome\r\n220 Ready\x1b[2J": {" 220-Welcome\n", ` 220 Ready\x1b[2J`},
		strings.Repeat("230-line\n", 100): {" 230-line\n", "...\n"},
	} {
		d.Steps = []exposure.Step{{ID: "connect", Result: exposure.StepOK, Said: untrusted.New(said, 600)}}
		var b strings.Builder
		if err := output.Test(&b, d, output.Options{Format: "text", Lang: lang.English, Width: 80}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%q is missing in\n%s", w, b.String())
			}
		}
		if n := strings.Count(b.String(), "230-line"); n > 25 || strings.Contains(b.String(), `\n`) {
			t.Errorf("%d lines in\n%s", n, b.String())
		}
	}
}

// TestRootEntry holds that the entry of a directory is listed attribute by
// attribute.
func TestRootEntry(t *testing.T) {
	d := tested(lang.English)
	d.Service.Facts = exposure.Facts{"root_dse": nets("namingContexts: dc=home", "supportedControl: 1.2.3", "supportedControl: 1.2.4", "entryDN: ")}
	var b strings.Builder
	if err := output.Test(&b, d, output.Options{Format: "text", Lang: lang.English, Width: 80}); err != nil {
		t.Fatal(err)
	}
	if want := "  root_dse:\n    namingContexts: dc=home\n    supportedControl: 1.2.3, 1.2.4\n    entryDN:\n"; !strings.Contains(b.String(), want) {
		t.Errorf("%q is missing in\n%s", want, b.String())
	}
}

// TestReportTellsSilenceByDesign holds that a report says of a port whose
// protocol answers no stranger why nothing is known of it.
func TestReportTellsSilenceByDesign(t *testing.T) {
	r := another(lang.English)
	silent := seen("192.168.1.1", exposure.ViewLAN, exposure.UDP, 51820, exposure.OpenFiltered, exposure.NoResponse)
	silent.Detail = "wireguard answers no stranger by design"
	r.Hosts[0].Ports = []exposure.Port{{Transport: exposure.UDP, Port: 51820, Name: "wireguard", Observations: []exposure.Observation{silent}}}
	var b strings.Builder
	if err := output.Report(&b, r, output.Options{Format: "text", Lang: lang.English, Width: 120, Show: output.ShowAll}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "answers no stranger by design") {
		t.Errorf("it is missing in\n%s", b.String())
	}
}

// TestAnswersEndWhereverTheRoomDoes has answers whose lines leave any number of
// columns for the next one, fewer than the sign of the cut takes too: a server
// must not choose one with which the page has no end.
func TestAnswersEndWhereverTheRoomDoes(t *testing.T) {
	d := tested(lang.English)
	for n := range 170 {
		d.Steps = []exposure.Step{{ID: "connect", Result: exposure.StepOK, Said: untrusted.New(strings.Repeat("a", n)+"\nthe next line\n"+strings.Repeat("b", 200), 0)}}
		for _, width := range []int{1, 80} {
			var b strings.Builder
			if err := output.Test(&b, d, output.Options{Format: "text", Lang: lang.English, Width: width}); err != nil {
				t.Fatal(err)
			}
			if width == 80 && !strings.Contains(strings.Join(strings.Fields(b.String()), ""), "...") {
				t.Errorf("after %d columns the cut does not show in\n%s", n, b.String())
			}
		}
	}
}
