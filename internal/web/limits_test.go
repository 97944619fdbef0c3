package web

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// TestLimitsOfNetworks: a caller has so much, its /24 or /64 four times that, and all
// together fifty times; what is used up comes back with time, and is the same after
// the limits were kept and restored.
func TestLimitsOfNetworks(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	const hourly = 40 // ten at once
	of := func(l *limits, n int, address func(i int) string) (taken int) {
		for i := range n {
			if l.take(netip.MustParseAddr(address(i)), now) == 0 {
				taken++
			}
		}
		return taken
	}
	fresh := func() *limits { return newLimits(exposure.JobLimits{PerHour: hourly}) }
	for name, c := range map[string]struct {
		address func(i int) string
		want    int
	}{
		"one address":      {func(int) string { return "26.10.0.2" }, 10},
		"a /24":            {func(i int) string { return fmt.Sprintf("26.10.0.%d", i%250) }, 40},
		"a /64":            {func(i int) string { return fmt.Sprintf("2608:26::%x", i+1) }, 40},
		"everybody":        {func(i int) string { return fmt.Sprintf("26.%d.%d.2", i%200, i/200) }, 500},
		"everybody's /64s": {func(i int) string { return fmt.Sprintf("2608:26:0:%x::1", i) }, 500},
	} {
		l := fresh()
		if got := of(l, 1000, c.address); got != c.want {
			t.Errorf("%s: %d at once, want %d", name, got, c.want)
		}
		first := netip.MustParseAddr(c.address(0))
		wait := l.take(first, now)
		if wait <= 0 {
			t.Errorf("%s: no wait", name)
		}
		again := fresh()
		again.restore(l.used(first), now)
		if got := again.take(first, now); got != wait {
			t.Errorf("%s: restored, it waits %s, and %s before", name, got, wait)
		}
		if got := l.take(first, now.Add(wait)); got != 0 {
			t.Errorf("%s: after its wait it waits %s more", name, got)
		}
	}
	// A neighbour in another network has all of its own.
	l := fresh()
	of(l, 100, func(int) string { return "26.10.0.2" })
	if got := of(l, 100, func(int) string { return "26.10.1.2" }); got != 10 {
		t.Errorf("another /24: %d", got)
	}
}

// TestProofIsOfTheVantageThatLooked: what this process's own vantage learned counts at
// once; of another one behind the bus its own word does.
func TestProofIsOfTheVantageThatLooked(t *testing.T) {
	here, there := []netip.Addr{netip.MustParseAddr("26.10.0.1")}, []netip.Addr{netip.MustParseAddr("26.10.0.9")}
	s := New(Config{Door: stationDoor{station: exposure.Station{Addresses: here, Sends: exposure.StationPorts{TCP: exposure.PortList{25}}}}, Scope: func() reach.Scope { return reach.Scope{} }})
	for name, c := range map[string]struct {
		planned exposure.Station
		want    exposure.PortList
	}{
		"own":     {exposure.Station{Addresses: here}, exposure.PortList{25}},
		"unknown": {exposure.Station{}, exposure.PortList{25}},
		"another": {exposure.Station{Addresses: there, Sends: exposure.StationPorts{TCP: exposure.PortList{80}}}, exposure.PortList{80}},
	} {
		if got := s.proven(c.planned).TCP; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestAddressesOfOtherNetworksAreNotTold: who comes from the Internet learns no private
// address of the vantage, and a look of the Internet is one from outside, also by a
// server to which its cloud gives a private address.
func TestAddressesOfOtherNetworksAreNotTold(t *testing.T) {
	var list []netip.Addr
	for _, a := range []string{"127.0.0.1", "10.0.0.4", "172.17.0.1", "26.10.0.1", "fe80::1%eth0", "fd00::1", "2608:26::1"} {
		list = append(list, netip.MustParseAddr(a))
	}
	s := New(Config{Door: stationDoor{station: exposure.Station{Kind: "lan", Addresses: list}}, Scope: func() reach.Scope { return reach.Scope{} }})
	for from, c := range map[string]struct {
		want string
		view exposure.View
		at   string
	}{
		"26.10.0.2":   {"[26.10.0.1 2608:26::1]", exposure.ViewOutside, "26.10.0.1"},
		"2608:26::2":  {"[26.10.0.1 2608:26::1]", exposure.ViewOutside, "2608:26::1"},
		"192.168.1.2": {"[10.0.0.4 172.17.0.1 26.10.0.1 fd00::1 2608:26::1]", exposure.ViewLAN, "10.0.0.4"},
	} {
		r := httptest.NewRequest("GET", "http://vantage.example/api/v1/whoami", nil)
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(from), 40000).String()
		if got := fmt.Sprint(s.sources(r)); got != c.want {
			t.Errorf("%s is told %s, want %s", from, got, c.want)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		var who exposure.Whoami
		if err := json.Unmarshal(w.Body.Bytes(), &who); err != nil || fmt.Sprint(who.Station.Addresses) != c.want {
			t.Errorf("%s is told %v, want %s (%v)", from, who.Station.Addresses, c.want, err)
		}
		l := exposure.Look{Job: exposure.Job{Address: netip.MustParseAddr(from), TCP: exposure.PortList{22}}}
		told := newResult(l)
		told.take(exposure.Batch{Observations: []exposure.Observation{{Address: l.Job.Address, Transport: exposure.TCP, Port: 22, State: exposure.Open, Reason: exposure.SynAck}}})
		v := told.report(s.config.Door.Station(), lang.English)
		if o := v.Hosts[0].Ports[0].Observations[0]; o.View != c.view || v.Vantages[0].Kind != string(c.view) || v.Vantages[0].Address.String() != c.at {
			t.Errorf("%s: %s from %+v", from, o.View, v.Vantages[0])
		}
	}
}

// stationDoor is a way to a vantage of which only the word of itself is asked.
type stationDoor struct {
	Door
	station exposure.Station
}

func (d stationDoor) Station() exposure.Station { return d.station }
