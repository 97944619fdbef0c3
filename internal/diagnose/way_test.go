package diagnose

import (
	"maps"
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() { maps.Copy(cases, wayCases) }

var (
	mySide  = netip.MustParseAddr("192.168.1.20")
	gateway = netip.MustParseAddr("192.168.1.1")
	farHost = netip.MustParseAddr("26.10.0.1")
	second  = netip.MustParseAddr("26.1.0.1")
)

// straight is a way without a router, that this machine's filter lets packets
// take.
func straight() *Way {
	return &Way{Source: mySide, Device: "eth0", Known: true, Hardware: "02:5e:19:00:00:0a", Echo: EchoSilent, Output: &exposure.FirewallAnswer{Verdict: exposure.FirewallAccept}}
}

func behindRouter() *Way {
	w := straight()
	w.Gateway = gateway
	return w
}

func along(w *Way, change func(*Case), o ...exposure.Observation) Case {
	c := far(o...)
	c.Way = w
	if w.Gateway.IsValid() {
		c.Addresses = []netip.Addr{farHost}
	}
	if change != nil {
		change(&c)
	}
	return c
}

func barring(w *Way, v exposure.FirewallVerdict) *Way {
	w.Output = &exposure.FirewallAnswer{Verdict: v, Rules: []exposure.FirewallRule{{Handle: 7}}}
	return w
}

var wayCases = map[string]struct {
	c         Case
	id        string
	certainty exposure.Certainty
	rivals    []string
}{
	"way: silent, it answers ping":                      {along(straight(), func(c *Case) { c.Way.Echo = EchoAnswered }, saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), "host-firewall", exposure.CauseLikely, nil},
	"way: silent, its link address is known":            {along(straight(), nil, saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), "host-firewall", exposure.CauseLikely, []string{"host-down"}},
	"way: the own filter drops":                         {along(barring(straight(), exposure.FirewallDrop), func(c *Case) { c.Reached = true }, saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), "egress-blocked", exposure.CauseProven, nil},
	"way: the own filter refuses":                       {along(barring(straight(), exposure.FirewallReject), func(c *Case) { c.Reached = true }, saw(exposure.ViewLAN, home, exposure.Closed, exposure.ConnRefused, "")), "egress-blocked", exposure.CauseProven, nil},
	"way: the kernel refuses":                           {along(straight(), func(c *Case) { c.Way.Output, c.Way.Forbidden = nil, true }, saw(exposure.ViewLAN, home, exposure.Unknown, exposure.LocalError, exposure.Local)), "egress-blocked", exposure.CauseProven, nil},
	"way: the own filter cannot be read":                {along(straight(), func(c *Case) { c.Way.Output, c.Reached = nil, true }, saw(exposure.ViewLAN, home, exposure.Filtered, exposure.NoResponse, "")), "host-firewall", exposure.CauseLikely, []string{"egress-blocked"}},
	"way: the router is mute":                           {along(behindRouter(), nil, saw(exposure.ViewOutside, farHost, exposure.Unknown, exposure.HostUnreach, exposure.Local)), "no-route", exposure.CauseProven, nil},
	"way: none":                                         {along(&Way{}, nil, saw(exposure.ViewOutside, farHost, exposure.Unknown, exposure.NetUnreach, exposure.Local)), "no-route", exposure.CauseProven, nil},
	"way: a router does not find it":                    {along(behindRouter(), nil, saw(exposure.ViewOutside, farHost, exposure.Filtered, exposure.HostUnreach, "26.1.0.1")), "host-down", exposure.CauseLikely, nil},
	"way: a router does not find it for this port only": {along(behindRouter(), func(c *Case) { c.Reached = true }, saw(exposure.ViewOutside, farHost, exposure.Filtered, exposure.HostUnreach, "26.1.0.1")), "router-filter", exposure.CauseProven, nil},
	"way: ends midway": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 4, Trail{Port: 22, Last: 1, LastBy: gateway, Next: second}
	}, saw(exposure.ViewOutside, farHost, exposure.Filtered, exposure.NoResponse, "")), "router-filter", exposure.CauseProven, nil},
	"way: ends before the host": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 2, Trail{Port: 22, Last: 1, LastBy: gateway}
	}, saw(exposure.ViewOutside, farHost, exposure.Filtered, exposure.NoResponse, "")), "host-firewall", exposure.CausePossible, []string{"router-filter", "egress-blocked"}},
	"way: refused midway": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 2, Trail{Port: 22, Answered: 1, By: gateway}
	}, saw(exposure.ViewOutside, farHost, exposure.Closed, exposure.ConnRefused, "")), "router-filter", exposure.CauseProven, nil},
	"way: refused at the host": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 2, Trail{Port: 22, Answered: 2, Left: 63, OtherLeft: 63}
	}, saw(exposure.ViewOutside, farHost, exposure.Closed, exposure.ConnRefused, "")), "not-listening", exposure.CauseLikely, []string{"host-firewall"}},
	"way: refused by whom is not known": {along(behindRouter(), nil, saw(exposure.ViewOutside, farHost, exposure.Closed, exposure.ConnRefused, "")), "not-listening", exposure.CauseLikely, []string{"egress-blocked", "router-filter", "host-firewall"}},
	"way: refused by the last router": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 2, Trail{Port: 22, Answered: 2, Left: 64, OtherLeft: 63, Before: gateway}
	}, saw(exposure.ViewOutside, farHost, exposure.Closed, exposure.ConnRefused, "")), "router-filter", exposure.CauseProven, nil},
	"way: refused, with another beginning": {along(behindRouter(), func(c *Case) {
		c.Reached, c.Way.Distance, c.Way.Trail = true, 2, Trail{Port: 22, Answered: 2, Left: 254, OtherLeft: 63}
	}, saw(exposure.ViewOutside, farHost, exposure.Closed, exposure.ConnRefused, "")), "not-listening", exposure.CauseLikely, []string{"egress-blocked", "router-filter", "host-firewall"}},
	"way: it changed": {along(straight(), func(c *Case) { c.Changed = true }, saw(exposure.ViewLAN, home, exposure.Unknown, exposure.NetUnreach, exposure.Local)), "inconclusive", exposure.CausePossible, nil},
	"way: every port answers": {along(straight(), func(c *Case) {
		c.Controls, c.ControlsOpen = 12, 12
		c.Services = []exposure.Service{{Address: home, Silence: exposure.Mute}}
	}, saw(exposure.ViewLAN, home, exposure.Open, exposure.SynAck, "")), "all-ports-answer", exposure.CauseProven, nil},
	"way: every port answers, and the service speaks": {along(straight(), func(c *Case) {
		c.Controls, c.ControlsOpen = 12, 12
		c.Services = []exposure.Service{{Address: home, Protocol: "http", Confidence: exposure.Confirmed}}
	}, saw(exposure.ViewLAN, home, exposure.Open, exposure.SynAck, "")), "ok", exposure.CauseProven, nil},
	"way: UDP is silent": {along(straight(), func(c *Case) { c.Way.Echo = EchoAnswered }, saw(exposure.ViewLAN, home, exposure.OpenFiltered, exposure.NoResponse, "")), "host-firewall", exposure.CausePossible, []string{"service-silent"}},
	"way: local fault":   {along(straight(), nil, saw(exposure.ViewLAN, home, exposure.Unknown, exposure.LocalError, exposure.Local)), "inconclusive", exposure.CausePossible, nil},
}

// No stage of the way to another host is without words, whatever is known.
func TestEveryStageOfTheWaySpeaks(t *testing.T) {
	for name, c := range wayCases {
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			d := Explain(c.c, tag)
			var ids []string
			for _, s := range d.Stages {
				if s.Detail == "" || s.Result == "" {
					t.Errorf("%s: %s is without words: %+v", name, s.ID, s)
				}
				ids = append(ids, s.ID)
			}
			if len(ids) < 7 {
				t.Errorf("%s: %q", name, ids)
			}
		}
	}
}
