package scan

import (
	"net/netip"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// rawRoads are routes that raw packets take to everybody.
type rawRoads struct{ router }

func (rawRoads) To(netip.Addr) (netio.Route, error) { return netio.Route{Raw: true}, nil }

// TestProfileByPath: what a target may be asked follows from its address and
// the one that packets to it come from, as far as the user does not say it.
func TestProfileByPath(t *testing.T) {
	for name, c := range map[string]struct {
		source, target string
		profile        Profile
		rate           int
		limits         limits
		want           Profile
		pinned, flows  bool
	}{
		"translated":          {"192.168.77.20", "8.8.8.8", AutoProfile, 0, wanLimits, WAN, true, true},
		"translated-10":       {"10.0.0.7", "8.8.8.8", AutoProfile, 0, wanLimits, WAN, true, true},
		"translated-v6":       {"fd26:5e19:7::20", "2600::1", AutoProfile, 0, wanLimits, WAN, true, true},
		"translated-but-lan":  {"192.168.77.20", "8.8.8.8", LAN, 0, farLimits, LAN, false, false},
		"translated-polite":   {"192.168.77.20", "8.8.8.8", Polite, 0, politeLimits, Polite, false, false},
		"translated-rate":     {"192.168.77.20", "8.8.8.8", AutoProfile, 700, wanLimits, WAN, true, false},
		"public":              {"9.9.9.9", "8.8.8.8", AutoProfile, 0, farLimits, LAN, false, false},
		"public-v6":           {"2620:fe::fe", "2600::1", AutoProfile, 0, farLimits, LAN, false, false},
		"public-but-wan":      {"9.9.9.9", "8.8.8.8", WAN, 0, wanLimits, WAN, true, true},
		"near":                {"192.168.77.20", "192.168.77.10", AutoProfile, 0, lanLimits, LAN, false, false},
		"near-public-source":  {"9.9.9.9", "192.168.77.10", AutoProfile, 0, lanLimits, LAN, false, false},
		"near-v6":             {"fd26:5e19:7::20", "fd26:5e19:7::10", AutoProfile, 0, lanLimits, LAN, false, false},
		"near-link-local":     {"fe80::20", "fe80::10%1", AutoProfile, 0, lanLimits, LAN, false, false},
		"no-route":            {"", "8.8.8.8", AutoProfile, 0, farLimits, LAN, false, false},
		"mapped-private-home": {"::ffff:192.168.77.20", "8.8.8.8", AutoProfile, 0, wanLimits, WAN, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			target := netip.MustParseAddr(c.target)
			e := &Engine{source: func(a netip.Addr) netip.Addr {
				if a != target {
					t.Errorf("asked for the source of packets to %v", a)
				}
				source, _ := netip.ParseAddr(c.source)
				return source
			}}
			n := &run{engine: e, tap: &tap{router: rawRoads{}}, request: &Request{
				Profile: c.profile, Rate: c.rate, Retries: -1, Seed: 1, Own: netip.Addr.IsLoopback,
			}}
			groups := n.groups(targetsOf(c.target))
			if len(groups) != 1 || groups[0].limits != c.limits || groups[0].profile != c.want || groups[0].tap == nil {
				t.Fatalf("got %+v", groups)
			}
			made, err := n.newLane(groups[0], exposure.TCP, portsUpTo(10), func(*plan) (way, error) { return &noWay{}, nil })
			if err != nil {
				t.Fatal(err)
			}
			l := made.(*lane)
			if l.pinned != c.pinned || (l.flows == &e.flows) != c.flows || (l.flows != nil) != c.flows {
				t.Errorf("pinned %v, connections counted %v", l.pinned, l.flows != nil)
			}
			if want := c.limits.blind; c.rate == 0 && l.throttle.blind != want {
				t.Errorf("blindly %g packets a second, want %g", l.throttle.blind, want)
			}
			if c.rate > 0 && (l.throttle.most != float64(c.rate) || l.shared == nil) {
				t.Errorf("%g packets a second, want %d", l.throttle.most, c.rate)
			}
			var s exposure.ScanSummary
			if n.effort.tell(&s, 0); s.Profile != profileWords[c.want] {
				t.Errorf("the summary says %q", s.Profile)
			}
		})
	}
	if farLimits.blind != 20000 || farLimits.rate != lanLimits.rate {
		t.Errorf("what lies on the Internet is asked %+v", farLimits)
	}
}

// TestTripOfAHost: one that somebody is in touch with is there, and its answers are
// not waited for as long as those of one of whom nothing is known.
func TestTripOfAHost(t *testing.T) {
	e := &Engine{source: func(netip.Addr) netip.Addr { return netip.MustParseAddr("9.9.9.9") }}
	for trip, want := range map[time.Duration]time.Duration{0: strangerPatience, 10 * time.Millisecond: leastPatience, 100 * time.Millisecond: 300 * time.Millisecond} {
		n := &run{engine: e, tap: &tap{router: rawRoads{}}, request: &Request{Rate: 1000, Retries: -1, Own: netip.Addr.IsLoopback, Trip: trip}}
		g := n.groups(targetsOf("8.8.8.8"))[0]
		made, err := n.newLane(g, exposure.TCP, portsUpTo(10), func(*plan) (way, error) { return &noWay{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		l := made.(*lane)
		if got := l.ledger.patience(&l.ledger.hosts[0]); got != want || l.known(0) != (trip > 0) {
			t.Errorf("%v away: waited for %v, known %v", trip, got, l.known(0))
		}
	}
}

// Connected sockets choose their ports anew: nothing is pinned there, and each
// question is a connection more.
func TestProfileOfConnects(t *testing.T) {
	e := &Engine{source: func(netip.Addr) netip.Addr { return netip.MustParseAddr("10.0.0.7") }}
	n := &run{engine: e, request: &Request{Retries: -1, Own: netip.Addr.IsLoopback}}
	for _, g := range n.groups(targetsOf("8.8.8.8")) {
		made, err := n.newLane(g, exposure.TCP, portsUpTo(10), func(*plan) (way, error) { return &noWay{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		if l := made.(*lane); l.pinned || l.flows != &e.flows || l.throttle.blind != wanLimits.blind {
			t.Errorf("pinned %v, connections counted %v, blindly %g", l.pinned, l.flows != nil, l.throttle.blind)
		}
	}
	groups := n.groups(targetsOf("8.8.8.8", "192.168.77.10", "127.0.0.1"))
	if len(groups) != 3 {
		t.Errorf("%d groups of three kinds of path", len(groups))
	}
}
