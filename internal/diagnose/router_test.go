package diagnose

import (
	"maps"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

var (
	here  = netip.AddrPortFrom(home, 80)
	there = netip.MustParseAddrPort("192.168.1.11:80")
)

// routed has a router with the outer address that was looked at.
func routed(c Case, change func(*Router)) Case {
	r := Router{Gateway: netip.MustParseAddr("192.168.1.1"), WAN: google, Page: "http://192.168.1.1/", Sources: []exposure.RouterSource{exposure.RouterPerson}}
	change(&r)
	c.Router = &r
	for i := range c.Observations {
		if c.Observations[i].View == exposure.ViewOutside && c.Observations[i].Address == wan {
			c.Observations[i].Address = google
		}
	}
	return c
}

// sixth is what outside sees over IPv6 of a machine that has an address of its
// own there.
func sixth(state exposure.State, reason exposure.Reason, by string) Case {
	c := server()
	global := netip.MustParseAddr("2608:26:20:7::10")
	c.Zone, c.Addresses = exposure.ZoneInternetV6, []netip.Addr{home, global}
	c.Listeners = listening("::")
	c.Firewall = []exposure.FirewallAnswer{{Zone: exposure.ZoneInternetV6, Family: "ipv6", Verdict: exposure.FirewallAccept, Path: exposure.FirewallInput}}
	c.Observations = append(c.Observations, saw(exposure.ViewOutside, global, state, reason, by))
	return c
}

func whole(r *Router) { r.Whole, r.NoDMZ = true, true }

func init() {
	open := outside(exposure.Open, exposure.SynAck, "")
	silent := outside(exposure.Filtered, exposure.NoResponse, "")
	prohibited := outside(exposure.Filtered, exposure.AdminProhibited, "")
	closed := with(open, func(c *Case) { c.Unwanted, c.Expected, c.Unfiltered = true, "", true; noContainer(c) })
	nobody := with(closed, func(c *Case) { c.Listeners, c.Services = nil, nil }).without(exposure.ViewSelf)
	upnp := func(to netip.AddrPort, asked bool) func(*Router) {
		return func(r *Router) {
			r.Sources = []exposure.RouterSource{exposure.RouterUPnP}
			r.Forwards = []Forward{{Transport: exposure.TCP, Outer: 80, To: to, Requested: asked, Description: untrusted.New("game", 99), Source: exposure.RouterUPnP}}
		}
	}
	hand := func(to netip.AddrPort) func(*Router) {
		return func(r *Router) {
			r.Forwards = []Forward{{Transport: exposure.TCP, Outer: 80, To: to, Source: exposure.RouterPerson}}
		}
	}
	unknownSix := with(sixth(exposure.Open, exposure.SynAck, ""), func(c *Case) { c.Unwanted, c.Firewall, c.Unfiltered = true, nil, true })
	dns := with(outside(exposure.Filtered, exposure.NoResponse, ""), func(c *Case) {
		c.Transport, c.Expected = exposure.UDP, "dns"
		c.Listeners[0].Transport = exposure.UDP
		for i := range c.Observations {
			o := &c.Observations[i]
			if o.Transport = exposure.UDP; o.State == exposure.Open {
				o.Reason = exposure.ProtoResponse
			} else {
				o.State = exposure.OpenFiltered
			}
		}
		c.Services[0].Protocol = "dns"
	})
	keyed := func(c Case, outer string) Case {
		key := func(view exposure.View, at netip.Addr, key string) exposure.Service {
			return exposure.Service{View: view, Address: at, Protocol: "ssh", Confidence: exposure.Confirmed, Facts: exposure.Facts{"host_keys": []untrusted.Text{untrusted.New(key, 99)}}}
		}
		c.Expected, c.Services = "ssh", []exposure.Service{key(exposure.ViewSelf, home, "ssh-ed25519 SHA256:a"), key(exposure.ViewOutside, wan, outer)}
		return c
	}
	type c = struct {
		c         Case
		id        string
		certainty exposure.Certainty
		rivals    []string
	}
	maps.Copy(cases, map[string]c{
		"open outside, and the router sends it here": {routed(open, hand(here)), "ok", exposure.CauseProven, nil},
		"open outside, the same key":                 {keyed(open, "ssh-ed25519 SHA256:a"), "ok", exposure.CauseProven, nil},
		"open outside, another key":                  {keyed(open, "ssh-ed25519 SHA256:b"), "forward-elsewhere", exposure.CauseLikely, nil},
		"open outside, sent to another PC":           {routed(open, hand(there)), "forward-elsewhere", exposure.CauseProven, nil},
		"open outside, and the router itself":        {routed(open, whole), "router-no-forward", exposure.CauseProven, nil},
		"no forward, DMZ unknown":                    {routed(silent, func(r *Router) { r.Whole = true }), "router-no-forward", exposure.CauseLikely, nil},
		"no forward, another is the DMZ host":        {routed(silent, func(r *Router) { r.Whole, r.DMZ = true, there.Addr() }), "router-no-forward", exposure.CauseProven, nil},
		"DMZ host, and silent":                       {routed(silent, func(r *Router) { r.Whole, r.DMZ = true, home }), "router-filter", exposure.CausePossible, []string{"map-e-port", "carrier-block", "vantage-egress-block"}},
		"forward to another port":                    {routed(silent, hand(netip.AddrPortFrom(home, 8080))), "forward-elsewhere", exposure.CauseProven, nil},
		"UPnP sends it to another PC":                {routed(silent, upnp(there, true)), "forward-elsewhere", exposure.CauseProven, nil},
		"forward that is switched off": {routed(silent, func(r *Router) {
			hand(here)(r)
			r.Forwards[0].Off = true
			whole(r)
		}), "router-no-forward", exposure.CauseProven, nil},
		"two forwards that contradict": {routed(silent, func(r *Router) {
			upnp(there, true)(r)
			r.Forwards = append(r.Forwards, Forward{Transport: exposure.TCP, Outer: 80, To: here, Source: exposure.RouterPerson})
		}), "router-no-forward", exposure.CausePossible, nil},
		"the router's filter blocks": {routed(silent, func(r *Router) {
			hand(here)(r)
			r.Blocks = []exposure.RouterPort{{Transport: exposure.TCP, Port: 80}}
		}), "router-filter", exposure.CauseProven, nil},
		"the router forbids what it forwards": {routed(prohibited, hand(here)), "router-filter", exposure.CauseProven, nil},
		"forbidden from the outer address":    {routed(prohibited, func(*Router) {}), "router-filter", exposure.CauseLikely, []string{"router-no-forward", "forward-elsewhere"}},
		"forbidden, and not forwarded":        {routed(prohibited, whole), "router-no-forward", exposure.CauseProven, nil},
		"second router, forwarded on the first": {routed(silent, func(r *Router) {
			hand(here)(r)
			r.WAN, r.NoBlocks = netip.MustParseAddr("192.168.0.4"), true
		}), "double-nat", exposure.CauseLikely, nil},

		"UDP, no forward":                {routed(dns, whole), "router-no-forward", exposure.CauseProven, nil},
		"UDP, to another PC":             {routed(with(dns, func(*Case) {}), func(r *Router) { hand(there)(r); r.Forwards[0].Transport = exposure.UDP }), "forward-elsewhere", exposure.CauseProven, nil},
		"UDP, of which nothing is known": {with(dns, func(c *Case) { c.Expected = "" }), "inconclusive", exposure.CausePossible, nil},

		"opened by a program":                {routed(closed, upnp(here, true)), "opened-by-upnp", exposure.CauseProven, nil},
		"opened by a program for another PC": {routed(nobody, upnp(there, true)), "opened-by-upnp", exposure.CauseProven, nil},
		"listed by UPnP":                     {routed(closed, upnp(here, false)), "opened-by-upnp", exposure.CauseLikely, nil},
		"opened by hand":                     {routed(closed, hand(here)), "firewall-off", exposure.CauseProven, nil},
		"opened, and nothing told":           {closed, "firewall-off", exposure.CauseLikely, []string{"opened-by-upnp", "router-dmz", "router-itself"}},
		"DMZ host, no container":             {routed(with(closed, noContainer), func(r *Router) { r.Whole, r.DMZ = true, home }), "router-dmz", exposure.CauseLikely, []string{"router-itself"}},
		"DMZ host, the same key":             {routed(keyed(with(closed, func(*Case) {}), "ssh-ed25519 SHA256:a"), func(r *Router) { r.Whole, r.DMZ = true, home }), "router-dmz", exposure.CauseProven, nil},
		"no forward, and open":               {routed(with(closed, noContainer), func(r *Router) { r.Whole = true }), "router-dmz", exposure.CauseLikely, []string{"router-itself"}},
		"the router's own page":              {routed(nobody, whole), "router-itself", exposure.CauseProven, nil},
		"the router's own page, DMZ unknown": {routed(nobody, func(r *Router) { r.Whole = true }), "router-itself", exposure.CauseLikely, []string{"router-dmz"}},

		"IPv6 not filtered, IPv4 silent": {with(unknownSix, func(c *Case) {
			noContainer(c)
			c.Observations = append(c.Observations, saw(exposure.ViewOutside, wan, exposure.Filtered, exposure.NoResponse, ""))
		}), "ipv6-unfiltered", exposure.CauseProven, nil},
		"IPv6 not filtered, IPv4 by rule": {with(unknownSix, func(c *Case) {
			c.Unfiltered = false
			c.Firewall = append(filter(exposure.ZoneInternetV4, exposure.FirewallDrop), exposure.FirewallAnswer{Zone: exposure.ZoneInternetV6, Family: "ipv6", Verdict: exposure.FirewallAccept})
		}), "ipv6-unfiltered", exposure.CauseProven, nil},
		"IPv6 open, the router says so":    {routed(with(unknownSix, noContainer), func(r *Router) { r.Filter6 = &exposure.RouterFilter6{} }), "ipv6-unfiltered", exposure.CauseProven, nil},
		"IPv6 open, and a rule lets it in": {with(unknownSix, func(c *Case) { c.Unfiltered = false; c.Firewall = filter6() }), "allow-rule", exposure.CauseLikely, []string{"ipv6-unfiltered"}},
		"IPv6 open, nothing known of IPv4": {with(unknownSix, noContainer), "ipv6-unfiltered", exposure.CauseLikely, nil},
		"IPv6 silent, the router filters it": {routed(sixth(exposure.Filtered, exposure.NoResponse, ""), func(r *Router) {
			r.Filter6 = &exposure.RouterFilter6{On: true, Whole: true}
		}), "router-filter", exposure.CauseProven, nil},
		"IPv6 silent, its filter is on": {routed(sixth(exposure.Filtered, exposure.NoResponse, ""), func(r *Router) { r.Filter6 = &exposure.RouterFilter6{On: true} }), "router-filter", exposure.CauseLikely, nil},
		"IPv6 forbidden by the router":  {routed(sixth(exposure.Filtered, exposure.AdminProhibited, "2608:26:10::2"), func(r *Router) { r.Own = []netip.Addr{netip.MustParseAddr("2608:26:10::2")} }), "router-filter", exposure.CauseProven, nil},
		"IPv6 forbidden by somebody":    {sixth(exposure.Filtered, exposure.AdminProhibited, "2608:26:10::2"), "router-filter", exposure.CauseLikely, nil},
	})
}

// noContainer has the packet filter's rules say that they send nothing on.
func noContainer(c *Case) {
	c.Firewall = []exposure.FirewallAnswer{{Zone: c.Zone, Family: map[bool]exposure.FirewallFamily{true: "ipv6", false: "ipv4"}[c.Zone == exposure.ZoneInternetV6], Verdict: exposure.FirewallAccept, Path: exposure.FirewallInput}}
}

func filter6() []exposure.FirewallAnswer {
	list := filter(exposure.ZoneInternetV6, exposure.FirewallAccept)
	list[0].Family = "ipv6"
	return list
}

// TestRouterFormIsFilledIn: the page, the ports, the address with what is to be
// minded about it, the protocol.
func TestRouterFormIsFilledIn(t *testing.T) {
	for name, c := range map[string]struct {
		leased    []netip.Addr
		known     bool
		en, never string
	}{
		"DHCP":    {[]netip.Addr{home}, true, "came from DHCP", "was set by hand"},
		"fixed":   {nil, true, "", "DHCP"},
		"unknown": {nil, false, "when it comes from DHCP", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := routed(outside(exposure.Filtered, exposure.NoResponse, ""), whole)
			k.Leased, k.LeasesKnown = c.leased, c.known
			got := strings.Join(Explain(k, lang.English).Cause.Remedy, "\n")
			for _, w := range []string{"http://192.168.1.1/", "Outer port: 80", "Inner address: 192.168.1.10", "Protocol: TCP", c.en} {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in\n%s", w, got)
				}
			}
			if c.never != "" && strings.Contains(got, c.never) {
				t.Errorf("%q in\n%s", c.never, got)
			}
			got = strings.Join(Explain(k, lang.Japanese).Cause.Remedy, "\n")
			for _, w := range []string{"静的IPマスカレード", "ポートマッピング", "ポート変換", "静的NAT", "192.168.1.10", "TCP"} {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in\n%s", w, got)
				}
			}
		})
	}
}
