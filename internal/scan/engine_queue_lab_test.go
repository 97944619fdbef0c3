//go:build linux && lab

package scan_test

import (
	"slices"
	"strings"
	"testing"

	"sekisho/internal/lab"
)

// slowLink has a host's own link take few packets a second, with a queue before
// it that is soon full.
func slowLink(t *testing.T, h *lab.Host, child ...string) {
	t.Helper()
	h.Run(t, "tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "tbf", "rate", "512kbit", "burst", "2000", "limit", "3000")
	if len(child) > 0 {
		h.Run(t, "tc", slices.Concat([]string{"qdisc", "add", "dev", "eth0", "parent", "1:1"}, child)...)
	}
}

// dropped reports whether the queue of a host's link has thrown packets away.
func dropped(t *testing.T, h *lab.Host) bool {
	t.Helper()
	out := h.Run(t, "tc", "-s", "qdisc", "show", "dev", "eth0")
	return strings.Contains(out, "dropped ") && strings.Count(out, "dropped 0,") < strings.Count(out, "dropped ")
}

// A link of this machine that takes 1,100 packets a second makes no port what
// it is not: neither where the kernel says that its queue was full (tbf, pfifo:
// ENOBUFS), nor where the queue is longer than what a socket may have in it, as
// fq_codel's 10,240 packets are: then the socket's own buffer paces.
func TestEngineOnASlowLinkOfItsOwn(t *testing.T) {
	for name, child := range map[string][]string{
		"tbf":   nil,
		"pfifo": {"pfifo", "limit", "20"},
		"deep":  {"pfifo", "limit", "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			want := stealthy(t, l.Home)
			e := rawEngine(t, l.LAN, l.Home.V4)
			slowLink(t, l.LAN, child...)
			summary := want.holds(t, e, rawRequest(both(l.Home), portsBetween(1, 1056)...))
			t.Logf("%d packets in %d ms, %q", summary.PacketsSent, summary.ElapsedMS, summary.Notes)
			if full := dropped(t, l.LAN); full != (name != "deep") {
				t.Errorf("the queue was full: %t", full)
			}
		})
	}
}
