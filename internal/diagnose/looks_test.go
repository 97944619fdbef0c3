package diagnose

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

// lookedAtCase is a web server of this machine that another PC of the LAN could
// not reach though all is well here.
func lookedAtCase(change func(*Case)) Case {
	own, other := netip.MustParseAddr("192.168.1.10"), netip.MustParseAddr("192.168.1.20")
	c := Case{
		Transport: exposure.TCP, Port: 80, Own: true, Whole: true, Zone: exposure.ZoneLAN, Addresses: []netip.Addr{own, netip.MustParseAddr("172.17.0.1")},
		Devices: map[netip.Addr]string{own: "eth0", netip.MustParseAddr("172.17.0.1"): "docker0"}, Outward: []string{"eth0"}, Unfiltered: true,
		Listeners: []exposure.Listener{{Transport: exposure.TCP, Address: netip.IPv4Unspecified(), Port: 80, Process: "nginx", PID: 7}},
		Observations: []exposure.Observation{
			{Address: own, Transport: exposure.TCP, Port: 80, State: exposure.Open, Reason: exposure.SynAck, View: exposure.ViewSelf},
			{Address: own, Transport: exposure.TCP, Port: 80, State: exposure.Filtered, Reason: exposure.NoResponse, View: exposure.ViewLAN},
		},
		Firewall: []exposure.FirewallAnswer{{Zone: exposure.ZoneLAN, Family: exposure.FirewallIPv4, Verdict: exposure.FirewallAccept}},
		Looks:    []Look{{From: other, At: own, Link: "eth0", Back: Back{To: other, Link: "eth0"}}},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func TestLooks(t *testing.T) {
	drop := exposure.FirewallAnswer{Zone: exposure.ZoneLAN, Family: exposure.FirewallIPv4, Verdict: exposure.FirewallDrop, Rules: []exposure.FirewallRule{
		{Table: untrusted.Line("netdev guard"), Chain: untrusted.Line("in"), Handle: 2, Text: untrusted.Line("tcp dport 80 drop")},
	}}
	for name, c := range map[string]struct {
		change    func(*Case)
		cause     string
		certainty exposure.Certainty
		remedy    string
	}{
		"nothing speaks against it, and yet": {nil, "inconclusive", exposure.CausePossible, "tcpdump -ni eth0 tcp port 80"},
		"the answer has no way":              {func(c *Case) { c.Looks[0].Back.None = true }, "no-route", exposure.CauseProven, "ip route get 192.168.1.20 from 192.168.1.10 ipproto tcp sport 80"},
		"the reverse path filter":            {func(c *Case) { c.Looks[0].Back = Back{Strays: true, Link: "docker0"} }, "no-route", exposure.CauseProven, "ip rule"},
		"the queue is full": {func(c *Case) {
			c.Listeners[0].Full = true
			c.Observations[0].State, c.Observations[0].Reason = exposure.Filtered, exposure.NoResponse
		}, "service-silent", exposure.CauseProven, ""},
		"bound to another interface": {func(c *Case) { c.Listeners[0].Device = "docker0"; c.Observations = c.Observations[1:] }, "wrong-address", exposure.CauseProven, ""},
		"the very rule":              {func(c *Case) { c.Unfiltered, c.Firewall = false, []exposure.FirewallAnswer{drop} }, "host-firewall", exposure.CauseProven, "nft delete rule netdev guard in handle 2"},
		"a rule of ufw is left to ufw": {func(c *Case) {
			a := drop
			a.Rules = []exposure.FirewallRule{{Table: untrusted.Line("ip filter"), Chain: untrusted.Line("ufw-user-input"), Handle: 2}}
			c.Unfiltered, c.Firewall = false, []exposure.FirewallAnswer{a}
		}, "host-firewall", exposure.CauseProven, ""},
		"what the rules do with the very one": {func(c *Case) {
			c.Unfiltered, c.Firewall[0].Verdict, c.Looks[0].Firewall = false, exposure.FirewallCannotSay, &drop
		}, "host-firewall", exposure.CauseProven, "handle 2"},
		"should be closed, and nobody has it":  {func(c *Case) { c.Unwanted, c.Listeners, c.Observations = true, nil, nil }, "ok", exposure.CauseProven, ""},
		"should be closed, and somebody is in": {func(c *Case) { c.Unwanted = true; c.Observations[1].State = exposure.Open }, "firewall-off", exposure.CauseProven, ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			d := Explain(lookedAtCase(c.change), lang.English)
			if d.Cause.ID != c.cause || d.Cause.Certainty != c.certainty {
				t.Errorf("%s %s, want %s %s: %q", d.Cause.ID, d.Cause.Certainty, c.cause, c.certainty, d.Cause.Evidence)
			}
			has := slices.ContainsFunc(d.Cause.Remedy, func(step string) bool { return strings.Contains(step, c.remedy) })
			if c.remedy != "" && !has || c.remedy == "" && strings.Contains(strings.Join(d.Cause.Remedy, "\n"), "nft delete") {
				t.Errorf("%q", d.Cause.Remedy)
			}
		})
	}
}
