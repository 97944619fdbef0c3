package output_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/output"
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
