package mape

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

// The worked examples of RFC 7597, Appendix A, and of Appendix B.2.
func TestWorkedExamples(t *testing.T) {
	basic := Rule{IPv6: prefix("2001:db8::/40"), IPv4: prefix("192.0.2.0/24"), EA: 16, Offset: 6}
	for name, e := range map[string]struct {
		rule               Rule
		own                string
		ipv4               string
		psid               uint16
		length, runs       int
		first, second, end Range
		edge               string
	}{
		"example-1-basic-mapping-rule": {
			basic, "2001:db8:12:3400::/56", "192.0.2.18/32", 0x34, 8, 63,
			Range{1232, 1235},
			Range{2256, 2259},
			Range{64720, 64723},
			"2001:db8:12:3400:0:c000:212:34",
		},
		"example-4-one-to-one-no-sharing": {
			Rule{IPv6: prefix("2001:db8:12:3400::/56"), IPv4: prefix("192.0.2.18/32"), Offset: 6},
			"2001:db8:12:3400::/56", "192.0.2.18/32", 0, 0, 1,
			Range{0, 65535},
			Range{},
			Range{0, 65535},
			"2001:db8:12:3400:0:c000:212:0",
		},
		"example-5-one-to-one-sharing": {
			Rule{IPv6: prefix("2001:db8:12:3400::/56"), IPv4: prefix("192.0.2.18/32"), Offset: 6, PSID: 0x20, PSIDLength: 8},
			"2001:db8:12:3400::/56", "192.0.2.18/32", 0x20, 8, 63,
			Range{1152, 1155},
			Range{2176, 2179},
			Range{64640, 64643},
			"2001:db8:12:3400:0:c000:212:20",
		},
		"appendix-b-ratio-256": {
			Rule{IPv6: prefix("2001:db8:12:3400::/56"), IPv4: prefix("192.0.2.18/32"), Offset: 6, PSIDLength: 8},
			"2001:db8:12:3400::/56", "192.0.2.18/32", 0, 8, 63,
			Range{1024, 1027},
			Range{2048, 2051},
			Range{64512, 64515},
			"2001:db8:12:3400:0:c000:212:0",
		},
		"appendix-b-ratio-64-no-exclusion": {
			Rule{IPv6: prefix("2001:db8:12:3400::/56"), IPv4: prefix("192.0.2.18/32"), PSIDLength: 6},
			"2001:db8:12:3400::/56", "192.0.2.18/32", 0, 6, 1,
			Range{0, 1023},
			Range{},
			Range{0, 1023},
			"2001:db8:12:3400:0:c000:212:0",
		},
		"a-whole-prefix": {
			Rule{IPv6: prefix("2001:db8::/40"), IPv4: prefix("192.0.2.0/24"), EA: 4, Offset: 6},
			"2001:db8:f0::/44", "192.0.2.240/28", 0, 0, 1,
			Range{0, 65535},
			Range{},
			Range{0, 65535},
			"2001:db8:f0::c000:2f0:0",
		},
		"an-address-of-a-host": { // its first 56 bits are those of the household
			basic, "2001:db8:12:3456::a/128", "192.0.2.18/32", 0x34, 8, 63,
			Range{1232, 1235},
			Range{2256, 2259},
			Range{64720, 64723},
			"2001:db8:12:3400:0:c000:212:34",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := e.rule.Derive(prefix(e.own))
			if err != nil {
				t.Fatal(err)
			}
			if m.IPv4 != prefix(e.ipv4) || m.PSID != e.psid || m.PSIDLength != e.length || m.Edge != netip.MustParseAddr(e.edge) {
				t.Errorf("%+v", m)
			}
			runs := slices.Collect(m.Ranges())
			if len(runs) != e.runs || runs[0] != e.first || runs[len(runs)-1] != e.end || len(runs) > 1 && runs[1] != e.second {
				t.Errorf("%d runs: %v", len(runs), runs)
			}
		})
	}
}

// Examples 2 and 3 go the other way: a border relay, or another household by a
// Forwarding Mapping Rule, has the address 192.0.2.18 and port 1232 and finds the
// household whose PSID is 0x34.
func TestTheOwnerOfAPort(t *testing.T) {
	m, err := Rule{IPv6: prefix("2001:db8::/40"), IPv4: prefix("192.0.2.0/24"), EA: 16, Offset: 6}.Derive(prefix("2001:db8:12:3400::/56"))
	if err != nil {
		t.Fatal(err)
	}
	if psid, owned := m.Owner(1232); psid != 0x34 || !owned || !m.Contains(1232) {
		t.Errorf("port 1232 is of PSID %#x, %t", psid, owned)
	}
	for _, port := range []uint16{0, 80, 1023, 208} {
		if _, owned := m.Owner(port); owned || m.Contains(port) {
			t.Errorf("port %d has an owner", port)
		}
	}
	if psid, owned := m.Owner(8080); psid != (8080>>2)&0xff || !owned || m.Contains(8080) {
		t.Errorf("port 8080 is of PSID %#x, %t", psid, owned)
	}
}

// With offset 4, as carriers use it who leave 0 to 4095 out, and PSID length 8:
// 15 runs of 16 ports.
func TestOffsetFour(t *testing.T) {
	m := Map{Offset: 4, PSID: 0x34, PSIDLength: 8}
	runs := slices.Collect(m.Ranges())
	if len(runs) != 15 || runs[0] != (Range{0x1340, 0x134f}) || runs[14] != (Range{0xf340, 0xf34f}) || m.Count() != 240 {
		t.Errorf("%d ports: %x", m.Count(), runs)
	}
}

func TestWrongRules(t *testing.T) {
	good := Rule{IPv6: prefix("2001:db8::/40"), IPv4: prefix("192.0.2.0/24"), EA: 16, Offset: 6}
	with := func(change func(*Rule)) Rule { r := good; change(&r); return r }
	for name, e := range map[string]struct {
		rule Rule
		own  string
		want error
	}{
		"no-ipv6":    {with(func(r *Rule) { r.IPv6 = r.IPv4 }), "2001:db8::/56", ErrPrefix6},
		"mapped":     {with(func(r *Rule) { r.IPv6 = prefix("::ffff:0:0/96") }), "2001:db8::/56", ErrPrefix6},
		"no-ipv4":    {with(func(r *Rule) { r.IPv4 = netip.Prefix{} }), "2001:db8::/56", ErrPrefix4},
		"negative":   {with(func(r *Rule) { r.EA = -1 }), "2001:db8::/56", ErrEA},
		"too-long":   {with(func(r *Rule) { r.EA = 49 }), "2001:db8::/56", ErrEA},
		"past-port":  {with(func(r *Rule) { r.EA = 25 }), "2001:db8::/128", ErrEA},
		"past-128":   {with(func(r *Rule) { r.IPv6 = prefix("2001:db8::/120") }), "2001:db8::/128", ErrEA},
		"offset":     {with(func(r *Rule) { r.Offset = 9 }), "2001:db8::/56", ErrOffset},
		"psid":       {with(func(r *Rule) { r.EA, r.PSID, r.PSIDLength = 0, 256, 8 }), "2001:db8::/56", ErrPSID},
		"psid-alone": {with(func(r *Rule) { r.PSID = 1 }), "2001:db8::/56", ErrPSID},
		"both":       {with(func(r *Rule) { r.PSIDLength = 7 }), "2001:db8::/56", ErrConflict},
		"other":      {good, "2001:db9::/56", ErrOther},
		"ipv4-own":   {good, "192.0.2.1/32", ErrOther},
		"none":       {good, "", ErrOther},
		"short":      {good, "2001:db8::/55", ErrShort},
	} {
		t.Run(name, func(t *testing.T) {
			own := netip.Prefix{}
			if e.own != "" {
				own = prefix(e.own)
			}
			if _, err := e.rule.Derive(own); !errors.Is(err, e.want) {
				t.Errorf("%v, want %v", err, e.want)
			}
		})
	}
}

// Whatever offset and length are: no port belongs to two households, all from the
// offset's excluded ones on belong to one, and the runs say the same as Contains.
func TestPortSetsShareThePorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(0, 15).Draw(t, "offset")
		length := rapid.IntRange(1, min(16-offset, 8)).Draw(t, "length")
		var owners [65536]int
		for psid := range 1 << length {
			m := Map{Offset: offset, PSID: uint16(psid), PSIDLength: length}
			n, last := 0, -1
			for r := range m.Ranges() {
				if int(r.First) <= last || r.Last < r.First {
					t.Fatalf("%v is behind %d", r, last)
				}
				last = int(r.Last)
				for port := int(r.First); port <= last; port++ {
					owners[port]++
					n++
					if !m.Contains(uint16(port)) {
						t.Fatalf("%d is in a run and not contained", port)
					}
				}
			}
			if n != m.Count() {
				t.Fatalf("%d ports, Count %d", n, m.Count())
			}
		}
		for port, n := range owners {
			want := 1
			if offset > 0 && port < 1<<(16-offset) {
				want = 0
			}
			if n != want {
				t.Fatalf("port %d has %d owners", port, n)
			}
		}
	})
}

// A prefix that was made of an address and a PSID leads back to them.
func TestDeriveFindsWhatIsEmbedded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, r := rapid.IntRange(20, 48).Draw(t, "n"), rapid.IntRange(8, 32).Draw(t, "r")
		q := rapid.IntRange(0, 10).Draw(t, "q")
		rule := Rule{EA: 32 - r + q, Offset: 6}
		rule.IPv6, _ = netip.MustParseAddr("2608:db8:1234:5678::").Prefix(n)
		rule.IPv4, _ = netip.MustParseAddr("203.0.113.77").Prefix(r)
		ea := rapid.Uint64Range(0, 1<<rule.EA-1).Draw(t, "ea")
		b := rule.IPv6.Addr().As16()
		for i := range rule.EA {
			bit := n + i
			b[bit/8] |= byte(ea>>(rule.EA-1-i)&1) << (7 - bit%8)
		}
		m, err := rule.Derive(netip.PrefixFrom(netip.AddrFrom16(b), 128))
		if err != nil {
			t.Fatal(err)
		}
		if m.PSIDLength != q || uint64(m.PSID) != ea&(1<<q-1) || !rule.IPv4.Contains(m.IPv4.Addr()) || m.IPv4.Bits() != 32 {
			t.Fatalf("%+v", m)
		}
	})
}
