package diagnose

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// TestEveryPortFallsInOneRow walks over all that both ends can know.
func TestEveryPortFallsInOneRow(t *testing.T) {
	seen := map[row]int{}
	for sent := notKnown; sent <= yes; sent++ {
		for came := notKnown; came <= yes; came++ {
			for here := answerUnknown; here <= answerRefused; here++ {
				for received := answerUnknown; received <= answerRefused; received++ {
					e := ends{sent, came, here, received}
					r := e.row()
					if r < rowUnwatched || r >= rows {
						t.Fatalf("%+v is in no row", e)
					}
					seen[r]++
					if want := rowAlone(e); r != want {
						t.Errorf("%+v is in row %d, want %d", e, r, want)
					}
				}
			}
		}
	}
	for r := range rows {
		if seen[r] == 0 {
			t.Errorf("nothing falls in row %d", r)
		}
	}
}

// rowAlone finds the one row whose condition an end fulfils, each condition
// written out by itself: two that hold at once are a fault of the table.
func rowAlone(e ends) row {
	back := e.received == answerOpen || e.received == answerRefused
	whole := e.came == yes && e.here != answerUnknown && e.received != answerUnknown
	found := row(-1)
	for r, holds := range map[row]bool{
		rowUnwatched:  e.came == notKnown && e.sent != no || e.came == no && e.sent == notKnown,
		rowUnsent:     e.came == notKnown && e.sent == no || e.came == no && e.sent == no && !back,
		rowNotArrived: e.came == no && e.sent == yes && !back,
		rowStranger:   e.came == no && e.sent != notKnown && back,
		rowHalf:       e.came == yes && !whole,
		rowUnanswered: whole && e.here == answerNone && e.received == answerNone,
		rowOvertaken:  whole && e.here == answerNone && back,
		rowLost:       whole && e.here >= answerOpen && e.received == answerNone,
		rowChanged:    whole && e.here >= answerOpen && back && e.here != e.received,
		rowReceived:   whole && e.here == answerOpen && e.received == answerOpen,
		rowRefused:    whole && e.here == answerRefused && e.received == answerRefused,
	} {
		if holds && found >= 0 {
			return -2
		}
		if holds {
			found = r
		}
	}
	return found
}

var outer = netip.MustParseAddr("203.0.113.200")

// twoEnded is a case with a vantage outside, which sent, and a witness here.
func twoEnded(state exposure.State, reason exposure.Reason, arrivals ...exposure.Arrival) Case {
	c := outside(state, reason, "")
	c.Sends = true
	c.Sent = []exposure.SentProbes{{Transport: exposure.TCP, Ports: exposure.PortList{80}, Source: netip.AddrPortFrom(outer, 0), Tries: 3}}
	c.Watched = []exposure.Watched{{Address: wan, Whole: true, Arrivals: arrivals}}
	c.Back = []Back{{To: outer, Link: "eth0"}}
	return c
}

func came(answer exposure.Reason) exposure.Arrival {
	return exposure.Arrival{
		Transport: exposure.TCP, Address: wan, Port: 80, From: netip.AddrPortFrom(outer, 61001), To: netip.AddrPortFrom(home, 80),
		By: exposure.ByCookie, Interface: "eth0", Packets: 3, Answer: answer,
	}
}

func init() {
	type c = struct {
		c         Case
		id        string
		certainty exposure.Certainty
		rivals    []string
	}
	unread := func(c *Case) { c.Firewall = nil }
	maps.Copy(cases, map[string]c{
		"both ends: well":                           {twoEnded(exposure.Open, exposure.SynAck, came(exposure.SynAck)), "ok", exposure.CauseProven, nil},
		"both ends: not answered":                   {with(twoEnded(exposure.Filtered, exposure.NoResponse, came("")), unread), "host-firewall", exposure.CauseProven, nil},
		"both ends: not answered, way back unknown": {with(twoEnded(exposure.Filtered, exposure.NoResponse, came("")), func(c *Case) { unread(c); c.Back = nil }), "host-firewall", exposure.CauseLikely, nil},
		"both ends: refused":                        {with(twoEnded(exposure.Filtered, exposure.AdminProhibited, came(exposure.AdminProhibited)), unread), "host-firewall", exposure.CauseProven, nil},
		"both ends: no way back":                    {with(twoEnded(exposure.Filtered, exposure.NoResponse, came("")), func(c *Case) { unread(c); c.Back[0].None = true }), "no-route", exposure.CauseProven, nil},
		"both ends: answer lost":                    {twoEnded(exposure.Filtered, exposure.NoResponse, came(exposure.SynAck)), "reply-lost", exposure.CauseProven, nil},
		"both ends: answer changed":                 {twoEnded(exposure.Closed, exposure.Reset, came(exposure.SynAck)), "reply-lost", exposure.CauseLikely, nil},
		"both ends: not arrived":                    {twoEnded(exposure.Filtered, exposure.NoResponse), "router-no-forward", exposure.CauseLikely, nil},
		"both ends: not arrived, own global address": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Addresses = []netip.Addr{wan}
		}), "router-filter", exposure.CauseLikely, nil},
		"both ends: not arrived, the forward is right": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Router = &Router{WAN: google, Whole: true, Forwards: []Forward{{Transport: exposure.TCP, Outer: 80, To: netip.AddrPortFrom(home, 80)}}}
		}), "no-arrival", exposure.CauseLikely, nil},
		"both ends: not arrived, no forward": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Router = &Router{WAN: google, Whole: true, NoDMZ: true}
		}), "router-no-forward", exposure.CauseProven, nil},
		"both ends: a rule drops, and it did not arrive": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Firewall = filter(exposure.ZoneInternetV4, exposure.FirewallDrop)
		}), "host-firewall", exposure.CauseProven, nil},
		"both ends: to another PC": {with(twoEnded(exposure.Open, exposure.SynAck), func(c *Case) {
			c.Router = &Router{WAN: google, Whole: true, NoDMZ: true, Forwards: []Forward{sent(netip.MustParseAddrPort("192.168.1.11:80"), false)}}
		}), "forward-elsewhere", exposure.CauseProven, nil},
		"both ends: somebody else answers": {twoEnded(exposure.Open, exposure.SynAck), "forward-elsewhere", exposure.CauseLikely, nil},
		"both ends: to another port": {twoEnded(exposure.Closed, exposure.Reset, with2(came(exposure.Reset), func(a *exposure.Arrival) {
			a.To = netip.AddrPortFrom(home, 8080)
		})), "forward-elsewhere", exposure.CauseProven, nil},
		"both ends: the router itself": {with(twoEnded(exposure.Open, exposure.SynAck), func(c *Case) {
			c.Unwanted, c.Unfiltered = true, true
		}), "router-itself", exposure.CauseLikely, nil},
		"both ends: nobody could watch": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Watched[0].Whole = false
		}), "router-no-forward", exposure.CausePossible, nil},
		"both ends: something else came": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Watched[0].StrayTCP = 1
		}), "router-no-forward", exposure.CausePossible, nil},
		"both ends: the vantage cannot send": {with(twoEnded(exposure.Unknown, exposure.LocalError), func(c *Case) { c.Sends = false }), "vantage-egress-block", exposure.CauseProven, nil},
		"both ends: the vantage sent nothing": {with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) {
			c.Sent[0].Ports = exposure.PortList{81}
		}), "router-no-forward", exposure.CausePossible, nil},
	})
}

func with2(a exposure.Arrival, change func(*exposure.Arrival)) exposure.Arrival {
	change(&a)
	return a
}

// TestArrivalStage: the stage is there when somebody watched, and says what
// became of the probes.
func TestArrivalStage(t *testing.T) {
	for _, c := range []struct {
		c    Case
		want exposure.StageResult
	}{
		{twoEnded(exposure.Open, exposure.SynAck, came(exposure.SynAck)), exposure.StageOK},
		{twoEnded(exposure.Filtered, exposure.NoResponse, came("")), exposure.StageCut},
		{twoEnded(exposure.Filtered, exposure.NoResponse), exposure.StageCut},
		{with(twoEnded(exposure.Filtered, exposure.NoResponse), func(c *Case) { c.Watched[0].Whole = false }), exposure.StageUnknown},
		{server(), ""},
	} {
		d := Explain(c.c, lang.English)
		i := slices.IndexFunc(d.Stages, func(s exposure.Stage) bool { return s.ID == "arrival" })
		switch {
		case i < 0 && c.want != "":
			t.Errorf("no stage %s: %+v", c.want, d.Stages)
		case i >= 0 && (d.Stages[i].Result != c.want || d.Stages[i].Detail == ""):
			t.Errorf("%+v, want %s", d.Stages[i], c.want)
		}
	}
}
