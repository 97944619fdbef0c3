package diagnose

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

var (
	home   = netip.MustParseAddr("192.168.1.10")
	home6  = netip.MustParseAddr("2001:db8::10")
	wan    = netip.MustParseAddr("203.0.113.7")
	google = netip.MustParseAddr("8.8.8.8")
)

func listening(address string) []exposure.Listener {
	return []exposure.Listener{{Transport: exposure.TCP, Port: 80, Address: netip.MustParseAddr(address), Process: "nginx", PID: 812, Unit: "nginx.service"}}
}

func saw(view exposure.View, at netip.Addr, state exposure.State, reason exposure.Reason, by string) exposure.Observation {
	return exposure.Observation{View: view, Address: at, Transport: exposure.TCP, Port: 80, State: state, Reason: reason, By: by, SeenAt: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
}

func filter(zone exposure.Zone, verdict exposure.FirewallVerdict) []exposure.FirewallAnswer {
	a := exposure.FirewallAnswer{
		Zone: zone, Family: "ipv4", Verdict: verdict, Path: exposure.FirewallInput,
		Rules: []exposure.FirewallRule{{Table: untrusted.New("inet filter", 99), Chain: untrusted.New("input", 99), Handle: 7, Text: untrusted.New("tcp dport 80 drop", 99)}},
	}
	if verdict == exposure.FirewallCannotSay {
		a.Doubts = a.Rules
	}
	return []exposure.FirewallAnswer{a}
}

// server is a web server of this machine that nothing is wrong with, as far as
// it can tell itself.
func server() Case {
	return Case{
		Transport: exposure.TCP, Port: 80, Expected: "http", Zone: exposure.ZoneLAN, Own: true, Addresses: []netip.Addr{home}, Whole: true,
		Listeners: listening("0.0.0.0"), Firewall: filter(exposure.ZoneLAN, exposure.FirewallAccept),
		Observations: []exposure.Observation{
			saw(exposure.ViewLoopback, netip.MustParseAddr("127.0.0.1"), exposure.Open, exposure.SynAck, ""),
			saw(exposure.ViewSelf, home, exposure.Open, exposure.SynAck, ""),
		},
		Services: []exposure.Service{{Address: home, Protocol: "http", Confidence: exposure.Confirmed}},
	}
}

// outside is the same, for people on the Internet, who see it so.
func outside(state exposure.State, reason exposure.Reason, by string) Case {
	c := server()
	c.Zone = exposure.ZoneInternetV4
	c.Firewall = filter(exposure.ZoneInternetV4, exposure.FirewallAccept)
	c.Observations = append(c.Observations, saw(exposure.ViewOutside, wan, state, reason, by))
	return c
}

// sent is a forward of port 80.
func sent(to netip.AddrPort, leased bool) Forward {
	return Forward{Transport: exposure.TCP, Outer: 80, To: to, Requested: leased, Source: exposure.RouterUPnP}
}

// silentOutside has a router that tells what it knows.
func silentOutside(r Router) Case {
	c := outside(exposure.Filtered, exposure.NoResponse, "")
	c.Router = &r
	return c
}

func with(c Case, change func(*Case)) Case {
	change(&c)
	return c
}

func far(observations ...exposure.Observation) Case {
	return Case{Transport: exposure.TCP, Port: 80, Zone: exposure.ZoneLAN, Addresses: []netip.Addr{home}, Observations: observations}
}

// cases are one port each, with the cause that is right.
var cases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"all is well, another host looked": {with(server(), func(c *Case) {
		c.Observations = append(c.Observations, saw(exposure.ViewLAN, home, exposure.Open, exposure.SynAck, ""))
	}), "ok", exposure.CauseProven, nil},
	"all is well as far as can be told": {server(), "ok", exposure.CauseLikely, nil},
	"open from outside":                 {outside(exposure.Open, exposure.SynAck, ""), "ok", exposure.CauseLikely, []string{"forward-elsewhere", "router-itself"}},

	"stopped": {with(server(), func(c *Case) { c.Listeners, c.Observations, c.Services = nil, nil, nil }), "not-listening", exposure.CauseProven, nil},
	"stopped, rules unread": {with(server(), func(c *Case) {
		c.Listeners, c.Services, c.Firewall = nil, nil, nil
		c.Observations = []exposure.Observation{saw(exposure.ViewSelf, home, exposure.Closed, exposure.ConnRefused, "")}
	}), "not-listening", exposure.CauseLikely, nil},
	"loopback":       {with(server(), func(c *Case) { c.Listeners = listening("127.0.0.1") }).without(exposure.ViewSelf), "loopback-only", exposure.CauseProven, nil},
	"an old address": {with(server(), func(c *Case) { c.Listeners = listening("192.168.1.99") }).without(exposure.ViewSelf), "wrong-address", exposure.CauseProven, nil},
	"IPv6 for IPv4":  {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) { c.Listeners, c.Addresses = listening("2001:db8::10"), []netip.Addr{home, home6} }).without(exposure.ViewSelf), "wrong-family", exposure.CauseProven, nil},
	"no network": {with(server(), func(c *Case) {
		c.Listeners, c.Addresses = listening("0.0.0.0"), []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}).without(exposure.ViewSelf), "no-route", exposure.CauseProven, nil},
	"drop":   {with(server(), func(c *Case) { c.Firewall = filter(exposure.ZoneLAN, exposure.FirewallDrop) }), "host-firewall", exposure.CauseProven, nil},
	"reject": {with(server(), func(c *Case) { c.Firewall = filter(exposure.ZoneLAN, exposure.FirewallReject) }), "host-firewall", exposure.CauseProven, nil},
	"rules that cannot be evaluated, and silence": {with(server(), func(c *Case) {
		c.Firewall = filter(exposure.ZoneLAN, exposure.FirewallCannotSay)
		c.Observations = append(c.Observations, saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, ""))
	}), "host-firewall", exposure.CauseLikely, nil},
	"hangs":    {with(server(), func(c *Case) { c.Services = []exposure.Service{{Address: home, Silence: exposure.Mute}} }), "service-silent", exposure.CauseProven, nil},
	"hangs up": {with(server(), func(c *Case) { c.Services = []exposure.Service{{Address: home, Silence: exposure.HangsUp}} }), "service-refuses", exposure.CauseProven, nil},
	"other":    {with(server(), func(c *Case) { c.Services[0].Protocol = "ssh" }), "service-wrong", exposure.CauseProven, nil},
	"expired": {with(server(), func(c *Case) {
		c.Services = []exposure.Service{{Address: home, Protocol: "http", Confidence: exposure.Confirmed, TLS: &exposure.TLS{Certificate: &exposure.Certificate{NotAfter: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}}}
	}), "tls-broken", exposure.CauseProven, nil},

	"no forward":                 {silentOutside(Router{WAN: google, Whole: true, NoDMZ: true}), "router-no-forward", exposure.CauseProven, nil},
	"forward elsewhere":          {silentOutside(Router{WAN: google, Whole: true, NoDMZ: true, Forwards: []Forward{sent(netip.MustParseAddrPort("192.168.1.11:80"), false)}}), "forward-elsewhere", exposure.CauseProven, nil},
	"shared address":             {silentOutside(Router{WAN: netip.MustParseAddr("100.64.3.4")}), "cgnat", exposure.CauseProven, nil},
	"second router":              {silentOutside(Router{WAN: netip.MustParseAddr("192.168.0.4")}), "double-nat", exposure.CauseLikely, []string{"router-no-forward", "forward-elsewhere", "router-filter", "map-e-port", "carrier-block", "vantage-egress-block"}},
	"silent, own global address": {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) { c.Addresses = []netip.Addr{wan}; c.Sends = true }), "router-filter", exposure.CausePossible, []string{"map-e-port", "carrier-block"}},
	"silent, nothing known":      {outside(exposure.Filtered, exposure.NoResponse, ""), "router-no-forward", exposure.CausePossible, []string{"forward-elsewhere", "router-filter", "cgnat", "ds-lite", "map-e-port", "double-nat", "carrier-block", "vantage-egress-block"}},
	"barred on the way":          {outside(exposure.Filtered, exposure.AdminProhibited, "203.0.113.1"), "router-filter", exposure.CauseLikely, nil},

	"name elsewhere": {with(server(), func(c *Case) {
		c.Router = &Router{WAN: google}
		c.Names = []exposure.Resolution{{Name: "home.example", Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.9")}}}
	}), "name-elsewhere", exposure.CauseProven, nil},
	"no AAAA": {with(server(), func(c *Case) {
		c.Zone, c.Addresses, c.Listeners = exposure.ZoneInternetV6, []netip.Addr{home6}, listening("::")
		c.Firewall = []exposure.FirewallAnswer{{Zone: exposure.ZoneInternetV6, Family: "ipv6", Verdict: exposure.FirewallAccept}}
		c.Names = []exposure.Resolution{{Name: "home.example", Addresses: []netip.Addr{google}}}
	}), "name-missing", exposure.CauseLikely, nil},

	"far: refused":              {far(saw(exposure.ViewLAN, home, exposure.Closed, exposure.ConnRefused, "")), "not-listening", exposure.CauseLikely, []string{"host-firewall"}},
	"far: forbidden":            {far(saw(exposure.ViewLAN, home, exposure.Filtered, exposure.AdminProhibited, home.String())), "host-firewall", exposure.CauseProven, nil},
	"far: not there":            {far(saw(exposure.ViewLAN, home, exposure.Unknown, exposure.HostUnreach, exposure.Local)), "host-down", exposure.CauseProven, nil},
	"far: no route":             {far(saw(exposure.ViewOutside, wan, exposure.Unknown, exposure.NetUnreach, exposure.Local)), "no-route", exposure.CauseProven, nil},
	"far: silent":               {far(saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), "host-firewall", exposure.CausePossible, []string{"host-down", "egress-blocked"}},
	"far: silent, host answers": {with(far(saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), func(c *Case) { c.Reached, c.Way = true, straight() }), "host-firewall", exposure.CauseLikely, nil},
	"far: by a router":          {far(saw(exposure.ViewOutside, wan, exposure.Filtered, exposure.AdminProhibited, "203.0.113.1")), "router-filter", exposure.CauseProven, nil},
	"far: no such name":         {Case{Transport: exposure.TCP, Port: 80, Names: []exposure.Resolution{{Name: "x.example", Missing: true}}}, "name-missing", exposure.CauseLikely, nil},
	"far: DNS silent":           {Case{Transport: exposure.TCP, Port: 80, Names: []exposure.Resolution{{Name: "x.example", Error: untrusted.New("timeout", 99)}}}, "dns-failure", exposure.CauseProven, nil},

	"open by a container": {with(server(), func(c *Case) {
		c.Unwanted = true
		c.Listeners[0].Process = "docker-proxy"
		c.Firewall[0].To = netip.MustParseAddrPort("172.17.0.2:80")
	}), "container-published", exposure.CauseProven, nil},
	"open by a rule": {with(server(), func(c *Case) { c.Unwanted = true }), "allow-rule", exposure.CauseProven, nil},
	"no filter":      {with(server(), func(c *Case) { c.Unwanted, c.Unfiltered, c.Firewall = true, true, nil }), "firewall-off", exposure.CauseLikely, nil},
	"nothing known":  {Case{Transport: exposure.TCP, Port: 80, Zone: exposure.ZoneLAN, Own: true}, "inconclusive", exposure.CausePossible, nil},
}

// without takes the observations of a view away.
func (c Case) without(view exposure.View) Case {
	c.Observations = slices.DeleteFunc(slices.Clone(c.Observations), func(o exposure.Observation) bool { return o.View == view })
	return c
}

func TestEachCauseIsNamed(t *testing.T) {
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
				got := Explain(want.c, tag)
				var rivals []string
				for _, r := range got.Rivals {
					rivals = append(rivals, r.ID)
					if r.Test == "" {
						t.Errorf("nothing decides about %s", r.ID)
					}
				}
				if got.Cause.ID != want.id || got.Cause.Certainty != want.certainty || want.rivals != nil && !slices.Equal(rivals, want.rivals) {
					t.Errorf("%s %s beside %q, want %s %s beside %q\n%+v", got.Cause.ID, got.Cause.Certainty, rivals, want.id, want.certainty, want.rivals, got)
				}
				if (got.Cause.Certainty == exposure.CauseProven) != (len(rivals) == 0 && got.Cause.Certainty == exposure.CauseProven) {
					t.Errorf("proven beside %q", rivals)
				}
				if len(got.Cause.Remedy) == 0 && want.id != "ok" {
					t.Error("nothing to do")
				}
			}
		})
	}
}

// What is proven rests on every fact that it names: without any one of them it
// is proven no more.
func TestProvenFallsWithEachFact(t *testing.T) {
	proofs := 0
	for name, want := range cases {
		known := learn(want.c)
		whole := decide(want.c, known)
		if whole.certainty != exposure.CauseProven || whole.id == "ok" {
			continue
		}
		only := map[fact]said{}
		for _, f := range whole.evidence {
			only[f] = known[f]
		}
		if again := decide(want.c, only); again.id != whole.id || again.certainty != exposure.CauseProven {
			t.Errorf("%s: %q alone prove nothing: %+v", name, whole.evidence, again)
		}
		for _, f := range whole.evidence {
			rest := map[fact]said{}
			for g, s := range only {
				if g != f {
					rest[g] = s
				}
			}
			if still := decide(want.c, rest); still.id == whole.id && still.certainty == exposure.CauseProven {
				t.Errorf("%s: %s is proven without %q", name, whole.id, f)
			}
			proofs++
		}
	}
	if proofs < 20 {
		t.Errorf("%d facts were taken away", proofs)
	}
}

// Whatever is seen, there is one cause with words in both languages, and none
// is proven that another fact contradicts.
func TestNothingIsProvenAgainstTheFacts(t *testing.T) {
	var facts []fact
	for _, list := range [][]cause{wanted, farAway, unwanted} {
		for _, x := range list {
			for _, set := range append(slices.Clone(x.shown), x.excludes, x.hidden) {
				facts = append(facts, set...)
			}
		}
	}
	slices.Sort(facts)
	facts = slices.Compact(facts)
	rapid.Check(t, func(t *rapid.T) {
		known := map[fact]said{}
		for _, f := range rapid.SliceOf(rapid.SampledFrom(facts)).Draw(t, "facts") {
			known[f] = say(lang.Text{EN: "x", JA: "x"})
		}
		c := Case{Own: rapid.Bool().Draw(t, "own"), Unwanted: rapid.Bool().Draw(t, "unwanted"), Zone: exposure.ZoneInternetV4}
		d := decide(c, known)
		var against []fact // each way in which the cause can come about has its own
		for _, x := range c.causes() {
			if x.id != d.id {
				continue
			}
			i := slices.IndexFunc(x.excludes, func(f fact) bool { _, ok := known[f]; return ok })
			if i < 0 {
				against = nil
				break
			}
			against = append(against, x.excludes[i])
		}
		if len(against) > 0 {
			t.Fatalf("%s, though %q", d.id, against)
		}
		if d.certainty == exposure.CauseProven && len(d.rivals) > 0 {
			t.Fatalf("%s is proven beside %q", d.id, d.rivals)
		}
	})
}

// Every cause has its words, the test that decides about it and a remedy.
func TestEveryCauseHasItsWords(t *testing.T) {
	for _, list := range [][]cause{wanted, farAway, unwanted} {
		for _, x := range list {
			if text := tests[x.id]; text.EN == "" || text.JA == "" {
				t.Errorf("%s: nothing decides about it", x.id)
			}
			for _, own := range []bool{true, false} {
				if steps := remedy(Case{Own: own}, x.id); len(steps) == 0 {
					t.Errorf("%s: nothing to do", x.id)
				}
			}
			for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
				if words := lang.For(tag).Say("cause." + x.id); words == "" || strings.Contains(words, "cause.") {
					t.Errorf("%s has no name in %s", x.id, tag)
				}
			}
		}
	}
}

// TestFilterThatWasReadIsNotUnread: where nothing is bound for those who come, the
// packet filter is not asked about them, and nobody is told to become root for it.
func TestFilterThatWasReadIsNotUnread(t *testing.T) {
	for name, c := range map[string]struct {
		filter []exposure.FirewallAnswer
		words  string
	}{
		"read":   {filter(exposure.ZoneLoopback, exposure.FirewallAccept), "The packet filter was read"},
		"unread": {nil, "Run it as root"},
	} {
		s := server()
		s.Listeners, s.Firewall = listening("127.0.0.1"), c.filter
		d := Explain(s, lang.English)
		i := slices.IndexFunc(d.Stages, func(s exposure.Stage) bool { return s.ID == "host-firewall" })
		if i < 0 || d.Stages[i].Result != exposure.StageUnknown || !strings.Contains(d.Stages[i].Detail, c.words) {
			t.Errorf("%s: %s, %+v", name, d.Cause.ID, d.Stages)
		}
	}
}
