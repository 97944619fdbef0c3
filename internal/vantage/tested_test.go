package vantage_test

import (
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/vantage"
)

// TestTestsAreTaken: what a vantage tells of a test is taken where it was asked
// for, cleaned, and refused where it cannot be.
func TestTestsAreTaken(t *testing.T) {
	asked := exposure.JobRequest{Tests: []exposure.JobTest{{Protocol: "ftp", Port: 21}}, Consent: exposure.Consent{Text: "a", Scope: "b"}}
	tested := func() exposure.JobTested {
		return exposure.JobTested{Service: exposure.Service{
			Address: public, Protocol: "ftp", Facts: exposure.Facts{"pasv": untrusted.New("ok", 0)},
		}}
	}
	step := exposure.JobStep{Step: exposure.Step{ID: "ftp-login", Result: exposure.StepOK, Asked: "\x1b[2J"}}
	first := batch(1, func(b *exposure.Batch) { b.Done, b.Steps = false, []exposure.JobStep{step} })
	second := batch(2, func(b *exposure.Batch) { b.Tested = []exposure.JobTested{tested()} })
	seen, err := client(t, script{plan: plan(), batches: []any{first, second}}, netip.Addr{}).Look(t.Context(), asked, nil)
	if err != nil || len(seen.Tests) != 1 || !seen.Complete {
		t.Fatalf("%+v, %v", seen, err)
	}
	got := seen.Tests[0]
	if got.Test.Port != 21 || len(got.Steps) != 1 || strings.Contains(got.Steps[0].Asked, "\x1b") || got.Service.Facts.Text("pasv").Raw() != "ok" {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(*exposure.Batch){
		"another test":    func(b *exposure.Batch) { b.Tested[0].Test = 1 },
		"twice":           func(b *exposure.Batch) { b.Tested = append(b.Tested, b.Tested[0]) },
		"another address": func(b *exposure.Batch) { b.Tested[0].Service.Address = netip.MustParseAddr("26.10.0.9") },
		"a protocol":      func(b *exposure.Batch) { b.Tested[0].Service.Protocol = "F T P" },
		"a flow":          func(b *exposure.Batch) { b.Tested[0].Flow = []exposure.Flow{{}} },
		"a step":          func(b *exposure.Batch) { b.Steps = []exposure.JobStep{{Step: exposure.Step{ID: "\x1b"}}} },
		"a step of none": func(b *exposure.Batch) {
			b.Steps = []exposure.JobStep{{Test: -1, Step: exposure.Step{ID: "ftp-login"}}}
		},
		"a late step": func(b *exposure.Batch) {
			b.Steps = []exposure.JobStep{step}
			for range 300 {
				b.Steps = append(b.Steps, step)
			}
		},
	} {
		b := batch(1, func(b *exposure.Batch) { b.Tested = []exposure.JobTested{tested()} })
		change(&b)
		seen, err := client(t, script{plan: plan(), batches: []any{b}}, netip.Addr{}).Look(t.Context(), asked, nil)
		if trouble, ok := err.(*vantage.Error); !ok || trouble.Kind != vantage.Lies || len(seen.Tests) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
