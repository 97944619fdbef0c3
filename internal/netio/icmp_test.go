package netio

import (
	"testing"

	"sekisho/internal/exposure"
)

// TestEvidenceOfICMP holds the codes that people meet behind firewalls apart:
// a prohibition is a firewall, host unreachable a router that finds nobody.
func TestEvidenceOfICMP(t *testing.T) {
	for _, c := range []struct {
		name       string
		v6         bool
		kind, code uint8
		want       exposure.Reason
	}{
		{"v4-net", false, 3, 0, exposure.NetUnreach},
		{"v4-host", false, 3, 1, exposure.HostUnreach},
		{"v4-protocol", false, 3, 2, exposure.ProtoUnreach},
		{"v4-port", false, 3, 3, exposure.PortUnreach},
		{"v4-fragmentation-needed", false, 3, 4, ""},
		{"v4-net-prohibited", false, 3, 9, exposure.AdminProhibited},
		{"v4-host-prohibited", false, 3, 10, exposure.AdminProhibited},
		{"v4-communication-prohibited", false, 3, 13, exposure.AdminProhibited},
		{"v4-code-of-the-future", false, 3, 16, ""},
		{"v4-time-exceeded", false, 11, 0, exposure.TimeExceeded},
		{"v4-parameter-problem", false, 12, 0, exposure.ProtoUnreach},
		{"v4-echo-reply", false, 0, 0, ""},
		{"v4-redirect", false, 5, 1, ""},
		{"v6-no-route", true, 1, 0, exposure.NetUnreach},
		{"v6-prohibited", true, 1, 1, exposure.AdminProhibited},
		{"v6-beyond-scope", true, 1, 2, exposure.NetUnreach},
		{"v6-address", true, 1, 3, exposure.HostUnreach},
		{"v6-port", true, 1, 4, exposure.PortUnreach},
		{"v6-source-policy", true, 1, 5, exposure.AdminProhibited},
		{"v6-route-rejects", true, 1, 6, exposure.AdminProhibited},
		{"v6-code-of-the-future", true, 1, 9, ""},
		{"v6-too-big", true, 2, 0, ""},
		{"v6-time-exceeded", true, 3, 0, exposure.TimeExceeded},
		{"v6-parameter-problem", true, 4, 1, exposure.ProtoUnreach},
		{"v6-echo-reply", true, 129, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := EvidenceOfICMP(c.v6, c.kind, c.code); got != c.want {
				t.Errorf("type %d code %d: got %q, want %q", c.kind, c.code, got, c.want)
			}
		})
	}
}
