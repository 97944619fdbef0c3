package scan

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func targetsOf(addresses ...string) []exposure.Target {
	var targets []exposure.Target
	for _, a := range addresses {
		targets = append(targets, exposure.Target{Address: netip.MustParseAddr(a)})
	}
	return targets
}

func TestPlanFindsItsOwnEndpoints(t *testing.T) {
	p := newPlan(exposure.UDP, targetsOf("192.0.2.1", "2001:db8::1", "fe80::1%7"), []uint16{0, 53, 65535}, 1)
	met := map[netip.AddrPort]bool{}
	for place := range p.size() {
		index := p.at(place)
		endpoint := p.endpoint(index)
		met[endpoint] = true
		if got, ok := p.find(endpoint); !ok || got != index {
			t.Errorf("%v: found %d %v, want %d", endpoint, got, ok, index)
		}
	}
	if len(met) != 9 {
		t.Errorf("%d endpoints, want 9", len(met))
	}
	for _, stranger := range []string{"192.0.2.1:54", "192.0.2.2:53", "[2001:db8::2]:53", "[fe80::1]:53", "[fe80::1%8]:53", "[::ffff:192.0.2.1]:53"} {
		if index, ok := p.find(netip.MustParseAddrPort(stranger)); ok {
			t.Errorf("%s is taken for %v", stranger, p.endpoint(index))
		}
	}
}

func TestPlanUnspecified(t *testing.T) {
	p := newPlan(exposure.UDP, targetsOf("0.0.0.0", "::"), []uint16{53}, 1)
	for answer, asked := range map[string]string{"127.0.0.1:53": "0.0.0.0:53", "[::1]:53": "[::]:53"} {
		index, ok := p.find(netip.MustParseAddrPort(answer))
		if !ok || p.endpoint(index).String() != asked {
			t.Errorf("an answer from %s is for %v, want %s", answer, p.endpoint(index), asked)
		}
	}
}

func TestSingle(t *testing.T) {
	targets := targetsOf("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "fe80::1%eth0", "fe80::1%eth1", "2001:db8::1")
	targets[0].Name, targets[1].Name = "first", "second"
	targets = append(targets, exposure.Target{Name: "unresolved"})
	want := targetsOf("192.0.2.1", "2001:db8::1", "fe80::1%eth0", "fe80::1%eth1")
	want[0].Name = "first"
	if d := cmp.Diff(want, single(targets), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}

func TestRising(t *testing.T) {
	ports := []uint16{443, 22, 0, 443, 65535}
	if d := cmp.Diff([]uint16{0, 22, 443, 65535}, rising(ports)); d != "" {
		t.Error(d)
	}
	if ports[0] != 443 {
		t.Error("the caller's list was changed")
	}
}

func TestWaves(t *testing.T) {
	targets := targetsOf("192.0.2.1", "192.0.2.2", "192.0.2.3")
	for each, want := range map[int]int{1: 1, mostPorts / 3: 1, mostPorts / 2: 2, mostPorts: 3, 2 * mostPorts: 3} {
		if got := waves(targets, each); len(got) != want {
			t.Errorf("%d ports a target: %d waves, want %d", each, len(got), want)
		}
	}
}

func TestGroups(t *testing.T) {
	targets := targetsOf("127.0.0.1", "192.0.2.1", "2001:db8::1")
	own := func(a netip.Addr) bool { return a.IsLoopback() }
	for name, c := range map[string]struct {
		profile Profile
		others  limits
	}{
		"lan":    {LAN, lanLimits},
		"wan":    {WAN, wanLimits},
		"polite": {Polite, politeLimits},
		"auto":   {AutoProfile, lanLimits}, // these addresses are special, not global
	} {
		t.Run(name, func(t *testing.T) {
			n := run{request: &Request{Profile: c.profile, Own: own}}
			groups := n.groups(targets)
			if len(groups) != 2 || groups[0].own == groups[1].own {
				t.Fatalf("%d groups, want this machine's own addresses and the others", len(groups))
			}
			for _, g := range groups {
				limits, size := c.others, 2
				if g.own {
					limits, size = ownLimits, 1
				}
				if g.limits != limits || len(g.targets) != size || len(g.heard) != size {
					t.Errorf("own %v: %+v for %d targets, want %+v for %d", g.own, g.limits, len(g.targets), limits, size)
				}
			}
		})
	}
}
