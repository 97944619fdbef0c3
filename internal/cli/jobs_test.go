package cli

import (
	"context"
	"io"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/scan"
)

// TestJobsThatNeverBeganAreNotForgotten ends a run before its first job: every
// port of every job counts as asked for and not looked at, each host once.
func TestJobsThatNeverBeganAreNotForgotten(t *testing.T) {
	target := []exposure.Target{{Address: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}
	jobs := []job{{targets: target, tcp: []uint16{1, 2}}, {targets: target, tcp: []uint16{3}, echo: true}}
	a := &app{out: io.Discard, err: io.Discard}
	a.speak(lang.English)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	own := func(netip.Addr) bool { return true }
	base := scan.Request{Retries: -1, Own: own, View: func(netip.Addr) exposure.View { return exposure.ViewLoopback }, Say: a.say.Say}
	total, err := a.runJobs(ctx, base, jobs, func(exposure.Observation) {})
	if err == nil || total.Complete || total.Ports != 4 || total.Hosts != 1 {
		t.Errorf("got %+v, %v, want 4 ports of 1 host, incomplete, and the interrupt", total, err)
	}
}
