package web

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
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

// stationDoor is a way to a vantage of which only the word of itself is asked.
type stationDoor struct {
	Door
	station exposure.Station
}

func (d stationDoor) Station() exposure.Station { return d.station }
