package diagnose

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/wire/mape"
)

func init() { maps.Copy(cases, carrierCases) }

// ruled is the household of the worked example of RFC 7597: 192.0.2.18 with PSID
// 0x34, so ports 1232 to 1235 and so on.
func ruled() *mape.Map {
	m, err := mape.Rule{IPv6: netip.MustParsePrefix("2001:db8::/40"), IPv4: netip.MustParsePrefix("192.0.2.0/24"), EA: 16, Offset: 6}.Derive(netip.MustParsePrefix("2001:db8:12:3400::/56"))
	if err != nil {
		panic(err)
	}
	return &m
}

// from is what a vantage outside saw.
func from(vantage string, at netip.Addr, port uint16, state exposure.State, reason exposure.Reason) exposure.Observation {
	o := saw(exposure.ViewOutside, at, state, reason, "")
	o.Vantage, o.Port = vantage, port
	return o
}

// split is a port that one vantage outside sees open and another does not, and
// whatever else they saw.
func split(more ...exposure.Observation) Case {
	c := server()
	c.Zone = exposure.ZoneInternetV4
	c.Firewall = filter(exposure.ZoneInternetV4, exposure.FirewallAccept)
	c.Around = append([]exposure.Observation{
		from("near", wan, 80, exposure.Open, exposure.SynAck),
		from("far", wan, 80, exposure.Filtered, exposure.NoResponse),
	}, more...)
	for _, o := range c.Around {
		if o.Address == wan && o.Port == 80 {
			c.Observations = append(c.Observations, o)
		}
	}
	return c
}

var other1, other2, mapped = netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2"), netip.MustParseAddr("192.0.2.18")

var carrierCases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"own shared address": {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) {
		c.Addresses = []netip.Addr{netip.MustParseAddr("100.64.9.2")}
		c.Access.Own4 = c.Addresses[0]
	}), "cgnat", exposure.CauseProven, nil},
	"shared address, and the router hands it on": {with(silentOutside(Router{WAN: netip.MustParseAddr("100.64.3.4"), Forwards: []Forward{sent(netip.AddrPortFrom(home, 80), true)}}), func(*Case) {}), "cgnat", exposure.CauseProven, nil},
	"shared address that refuses": {with(outside(exposure.Closed, exposure.Reset, ""), func(c *Case) {
		c.Router = &Router{WAN: netip.MustParseAddr("100.64.3.4")}
	}), "cgnat", exposure.CauseProven, nil},
	"another address outside": {with(silentOutside(Router{WAN: google}), func(c *Case) {
		c.Access.Public = []Public{{wan, "stun"}}
	}), "cgnat", exposure.CauseLikely, nil},
	"another address outside, not the one looked at": {with(silentOutside(Router{WAN: google}), func(c *Case) {
		c.Access.Public = []Public{{other1, "stun"}}
	}), "router-no-forward", exposure.CausePossible, nil},

	"near end of DS-Lite": {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) {
		c.Access.Own4 = netip.MustParseAddr("192.0.0.2")
		c.Addresses = []netip.Addr{c.Access.Own4}
	}), "ds-lite", exposure.CauseProven, nil},
	"router at the near end of DS-Lite":           {silentOutside(Router{WAN: netip.MustParseAddr("192.0.0.2")}), "ds-lite", exposure.CauseProven, nil},
	"a name of the far end of DS-Lite":            {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) { c.Access.AFTR = "aftr.example" }), "ds-lite", exposure.CauseLikely, nil},
	"a name of the far end, and a global address": {with(silentOutside(Router{WAN: google}), func(c *Case) { c.Access.AFTR = "aftr.example" }), "router-no-forward", exposure.CausePossible, nil},

	"MAP-E, nobody looked": {with(server(), func(c *Case) {
		c.Zone = exposure.ZoneInternetV4
		c.Firewall = filter(exposure.ZoneInternetV4, exposure.FirewallAccept)
		c.Access.Map, c.Access.From = ruled(), "rule.yaml"
	}), "map-e-port", exposure.CauseProven, nil},
	"MAP-E, silent":                    {with(outsideAt(mapped, exposure.Filtered, exposure.NoResponse), func(c *Case) { c.Access.Map = ruled() }), "map-e-port", exposure.CauseProven, nil},
	"MAP-E, another household answers": {with(outsideAt(mapped, exposure.Open, exposure.SynAck), func(c *Case) { c.Access.Map = ruled() }), "map-e-port", exposure.CauseProven, nil},
	"MAP-E of another address":         {with(outsideAt(wan, exposure.Filtered, exposure.NoResponse), func(c *Case) { c.Access.Map = ruled() }), "router-no-forward", exposure.CausePossible, nil},
	"MAP-E of another address as outside sees it": {with(server(), func(c *Case) {
		c.Zone, c.Access.Map, c.Access.Public = exposure.ZoneInternetV4, ruled(), []Public{{wan, "stun"}}
	}), "inconclusive", exposure.CausePossible, nil},
	"MAP-E, nothing listens": {with(outsideAt(mapped, exposure.Filtered, exposure.NoResponse), func(c *Case) {
		c.Access.Map, c.Listeners, c.Services = ruled(), nil, nil
		c.Observations = c.Observations[2:]
	}), "not-listening", exposure.CauseProven, nil},
	"MAP-E without a rule":            {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) { c.Access.Ruleless = true }), "inconclusive", exposure.CausePossible, nil},
	"MAP-E without a rule, all ports": {with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) { c.Access.Ruleless, c.Access.Whole = true, true }), "router-no-forward", exposure.CausePossible, nil},

	"second router refuses": {with(outside(exposure.Closed, exposure.Reset, ""), func(c *Case) {
		inner := netip.MustParseAddr("192.168.0.2")
		c.Router, c.Access.Whole = &Router{WAN: inner}, true
		c.Observations = append(c.Observations, from("between", inner, 80, exposure.Open, exposure.SynAck))
	}), "double-nat", exposure.CauseProven, nil},
	"second router refuses, its own forward unknown": {with(outside(exposure.Closed, exposure.Reset, ""), func(c *Case) {
		c.Router = &Router{WAN: netip.MustParseAddr("192.168.0.2")}
	}), "double-nat", exposure.CauseLikely, []string{"router-no-forward", "forward-elsewhere", "map-e-port"}},
	"second router is silent": {with(silentOutside(Router{WAN: netip.MustParseAddr("192.168.0.2")}), func(c *Case) {
		c.Access.Whole, c.Sends = true, true
		c.Observations = append(c.Observations, from("between", c.Router.WAN, 80, exposure.Open, exposure.SynAck))
	}), "double-nat", exposure.CauseLikely, []string{"carrier-block"}},

	"carrier cuts": {split(
		from("far", wan, 443, exposure.Closed, exposure.Reset),
		from("far", other1, 80, exposure.Open, exposure.SynAck),
	), "carrier-block", exposure.CauseProven, nil},
	"carrier cuts, as it seems from one vantage": {with(silentOutside(Router{WAN: google, Forwards: []Forward{sent(netip.AddrPortFrom(home, 80), false)}}), func(c *Case) {
		c.Around = []exposure.Observation{from("", wan, 443, exposure.Open, exposure.SynAck), from("", other1, 80, exposure.Closed, exposure.Reset)}
	}), "carrier-block", exposure.CauseLikely, []string{"router-filter", "map-e-port"}},
	"vantages disagree, and no more is known": {split(), "carrier-block", exposure.CausePossible, []string{"vantage-egress-block"}},
	"the vantage gets no answer at the port anywhere": {split(
		from("far", other1, 80, exposure.Filtered, exposure.NoResponse), from("far", other2, 80, exposure.Filtered, exposure.NoResponse),
		from("far", other1, 443, exposure.Open, exposure.SynAck), from("far", other2, 443, exposure.Closed, exposure.Reset),
	), "vantage-egress-block", exposure.CauseProven, nil},
	"the vantage gets no answer at one other address": {split(
		from("far", other1, 80, exposure.Filtered, exposure.NoResponse), from("far", other1, 443, exposure.Open, exposure.SynAck),
	), "carrier-block", exposure.CausePossible, []string{"vantage-egress-block"}},
	"the vantage cannot send":         {outside(exposure.Unknown, exposure.LocalError, exposure.Local), "vantage-egress-block", exposure.CauseProven, nil},
	"it cannot send, nothing listens": {with(outside(exposure.Unknown, exposure.LocalError, exposure.Local), func(c *Case) { c.Listeners, c.Services, c.Observations = nil, nil, c.Observations[2:] }), "not-listening", exposure.CauseProven, nil},
}

// outsideAt is a web server that somebody outside saw so at an address.
func outsideAt(at netip.Addr, state exposure.State, reason exposure.Reason) Case {
	c := outside(exposure.Unknown, exposure.NoResponse, "")
	c.Observations[len(c.Observations)-1] = from("far", at, 80, state, reason)
	return c
}

// A port that is proposed is one that the household may use, that nothing has,
// and that is not cut as often as the one that it is for.
func TestProposedPortsCanBeHad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(0, 6).Draw(t, "offset")
		length := rapid.IntRange(1, 8).Draw(t, "length")
		c := Case{
			Transport: exposure.TCP, Port: rapid.SampledFrom([]uint16{25, 80, 443, 445, 65535, 1024}).Draw(t, "port"), Zone: exposure.ZoneInternetV4, Own: true,
			Addresses: []netip.Addr{home}, Taken: rapid.SliceOfN(rapid.Uint16(), 0, 20).Draw(t, "taken"),
		}
		if rapid.Bool().Draw(t, "map") {
			c.Access.Map = &mape.Map{Offset: offset, PSIDLength: length, PSID: uint16(rapid.IntRange(1, 1<<length-1).Draw(t, "psid"))}
		}
		p := c.freePort()
		if m := c.Access.Map; p == 0 && m != nil && m.Offset == 0 && int(m.PSID+1)<<(16-m.PSIDLength) <= 1024+20 {
			return // all are below, or nearly
		}
		if p < 1024 || slices.Contains(c.Taken, p) || commonlyCut(c.Transport, p) || c.Access.Map != nil && !c.Access.Map.Contains(p) {
			t.Fatalf("port %d is proposed", p)
		}
	})
}

// The steps name the product, the new forward and the command that looks again.
func TestOtherPortNamesEveryStep(t *testing.T) {
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		c := outsideAt(mapped, exposure.Filtered, exposure.NoResponse)
		c.Access.Map = ruled()
		all := strings.Join(Explain(c, tag).Cause.Remedy, "\n")
		for _, want := range []string{"1232-1235", "nginx", "listen 8400;", "systemctl restart nginx.service", "sekisho firewall open 8400/tcp --from internet-v4", home.String(), "sekisho scan 192.0.2.18 -p 8400", "sekisho diagnose 8400/tcp --merge seen.json"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s: no %q in\n%s", tag, want, all)
			}
		}
	}
}
