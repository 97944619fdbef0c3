package lab

import (
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// arrivals sends packets of a few flows, one every gap, and lists when each
// packet arrives.
func arrivals(s *shaper, packets, flows int, gap time.Duration) [][]time.Duration {
	var all [][]time.Duration
	for i := range packets {
		due, n := s.admit(time.Duration(i)*gap, uint64(i%flows)+7)
		all = append(all, slices.Clone(due[:n]))
	}
	return all
}

func count(all [][]time.Duration) (lost, doubled int) {
	for _, a := range all {
		switch len(a) {
		case 0:
			lost++
		case 2:
			doubled++
		}
	}
	return lost, doubled
}

func TestShaperKeepsToItsShares(t *testing.T) {
	const packets = 20000
	for _, imp := range []Impairment{
		{},
		{Loss: 0.01, Seed: 1},
		{Loss: 0.05, Duplicate: 0.02, Seed: 2},
		{Loss: 0.2, Seed: 3},
		{Loss: 1},
		{Duplicate: 1},
	} {
		// Many short flows, as a scan makes, and one long one.
		for _, flows := range []int{1, 1000, packets} {
			lost, doubled := count(arrivals(&shaper{Impairment: imp}, packets, flows, time.Microsecond))
			// Four times the standard deviation, for seeds that never change.
			near := func(got int, of int, want float64) bool {
				return math.Abs(float64(got)-float64(of)*want) <= 4*math.Sqrt(float64(of)*want*(1-want))
			}
			if !near(lost, packets, imp.Loss) || !near(doubled, packets-lost, imp.Duplicate) {
				t.Errorf("%+v over %d flows: %d lost and %d doubled of %d", imp, flows, lost, doubled, packets)
			}
		}
	}
}

func TestShaperRepeatsItself(t *testing.T) {
	imp := Impairment{Loss: 0.1, Duplicate: 0.1, Delay: time.Millisecond, Jitter: time.Millisecond, Seed: 5}
	fates := func(imp Impairment, direction uint64) [][]time.Duration {
		return arrivals(&shaper{Impairment: imp, direction: direction}, 1000, 10, 0)
	}
	same := func(a, b [][]time.Duration) bool { return slices.EqualFunc(a, b, slices.Equal) }
	if !same(fates(imp, 1), fates(imp, 1)) {
		t.Error("the same seed met another fate")
	}
	if same(fates(imp, 1), fates(imp, 2)) {
		t.Error("both directions meet the same fate")
	}
	other := imp
	other.Seed++
	if same(fates(imp, 1), fates(other, 1)) {
		t.Error("another seed met the same fate")
	}

	// One flow's fate does not hang on what other flows send in between.
	alone, among := &shaper{Impairment: imp}, &shaper{Impairment: imp}
	for i := range 1000 {
		wantDue, want := alone.admit(0, 1)
		for other := range i % 3 {
			among.admit(0, uint64(other)+2)
		}
		if gotDue, got := among.admit(0, 1); got != want || gotDue != wantDue {
			t.Fatalf("packet %d of a flow among others: %v %d, alone %v %d", i, gotDue, got, wantDue, want)
		}
	}
}

func TestShaperDelays(t *testing.T) {
	for _, a := range arrivals(&shaper{Impairment: Impairment{Delay: 20 * time.Millisecond}}, 10, 1, 0) {
		if len(a) != 1 || a[0] != 20*time.Millisecond {
			t.Errorf("arrives at %v, want after 20ms", a)
		}
	}
	var early, late, overtook int
	var last time.Duration
	for _, a := range arrivals(&shaper{Impairment: Impairment{Delay: 20 * time.Millisecond, Jitter: 10 * time.Millisecond}}, 1000, 1, 0) {
		switch {
		case len(a) != 1 || a[0] < 20*time.Millisecond || a[0] >= 30*time.Millisecond:
			t.Errorf("arrives at %v, want between 20 and 30ms", a)
		case a[0] < 25*time.Millisecond:
			early++
		default:
			late++
		}
		if a[0] < last {
			overtook++
		}
		last = a[0]
	}
	if early < 400 || late < 400 || overtook < 400 {
		t.Errorf("of 1000 packets %d came early, %d late and %d before one sent earlier", early, late, overtook)
	}
}

func TestShaperHasOneNarrowPlace(t *testing.T) {
	s := &shaper{Impairment: Impairment{Rate: 1000, Queue: 50}}
	burst := arrivals(s, 100, 100, 0)
	if lost, _ := count(burst); lost != 49 {
		t.Errorf("of a burst of 100, %d were lost; 1 is sent at once and 50 wait", lost)
	}
	if last := burst[50][0]; last != 51*time.Millisecond {
		t.Errorf("the last that found room arrives at %v, want 51ms", last)
	}
	if lost, _ := count(arrivals(&shaper{Impairment: Impairment{Rate: 1000, Queue: 50}}, 5000, 1, time.Millisecond)); lost != 0 {
		t.Errorf("%d lost at the rate that the narrow place lets through", lost)
	}
	if lost, _ := count(arrivals(&shaper{Impairment: Impairment{Rate: 1000, Queue: 50}}, 5000, 1, time.Millisecond/2)); lost < 2400 || lost > 2500 {
		t.Errorf("%d of 5000 lost at twice the rate, want nearly half", lost)
	}
}

// The frames are written as addresses, then type, then packet.
const (
	macs  = "0200000000020200000000010"
	syn4  = macs + "800" + "4500002800004000400600000a0000010a000002" + "9c400016" + "000000010000000050020400"
	syn4b = macs + "800" + "4500002800014000400600000a0000010a000002" + "9c400016" + "000000020000000050020400"
	syn4p = macs + "800" + "4500002800014000400600000a0000010a000002" + "9c400017" + "000000020000000050020400"
)

func TestFlowOf(t *testing.T) {
	v6 := func(next, payload string) string {
		return macs[:24] + "86dd" + "60000000" + "0008" + next + "40" +
			"26080026002000070000000000000001" + "26080026002000070000000000000002" + payload
	}
	frame := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, s := range map[string]string{
		"empty": "", "arp": macs[:24] + "0806" + strings.Repeat("00", 28),
		"neighbour-solicitation": v6("3a", "87000000"), "neighbour-advertisement": v6("3a", "88000000"),
		"listener-report": v6("00", "3a00"), "cut-ipv4": syn4[:60], "cut-ipv6": v6("06", "")[:80],
	} {
		if _, ok := flowOf(frame(s)); ok {
			t.Errorf("%s counts as a flow", name)
		}
	}
	key := func(s string) uint64 {
		k, ok := flowOf(frame(s))
		if !ok {
			t.Fatalf("%s is no flow", s)
		}
		return k
	}
	if key(syn4) != key(syn4b) {
		t.Error("two packets of one connection are two flows")
	}
	distinct := []string{
		syn4, syn4p, strings.Replace(syn4, "0a000002", "0a000003", 1), strings.Replace(syn4, "4006", "4011", 1),
		v6("06", "9c400016"), v6("11", "9c400016"), v6("3a", "80000000"), v6("3a", "01040000"), v6("3b", ""),
	}
	seen := map[uint64]string{}
	for _, s := range distinct {
		if other, ok := seen[key(s)]; ok {
			t.Errorf("one flow:\n%s\n%s", s, other)
		}
		seen[key(s)] = s
	}
}

func FuzzFlowOf(f *testing.F) {
	for _, s := range []string{"", syn4, syn4p} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		a, ok := flowOf(frame)
		if b, again := flowOf(frame); a != b || ok != again {
			t.Errorf("one frame in two flows: %d %v, %d %v", a, ok, b, again)
		}
	})
}
