package dhcp6

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sekisho/internal/wire/mape"
)

func raw(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A reply with everything that is read: a rule with its ports, a relay, the name
// of an AFTR and a delegated prefix.
const whole = "07 123456" +
	"0002 0004 00030001" +
	"0019 0029 00000001 00000000 00000000 001a 0019 00000e10 00000e10 38 20010db8001234000000000000000000" +
	"0040 0011 04 61667472 07 6578616d706c65 02 6a70 00" +
	"005e 0031" +
	" 0059 0015 01 10 18 c0000200 28 20010db800 005d 0004 06 00 0000" +
	" 005a 0010 20010db8ffff00000000000000000001" +
	" 0001 0000"

func TestParse(t *testing.T) {
	b := raw(t, whole)
	// The container's length is that of what is in it.
	got, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Server: []byte{0, 3, 0, 1}, Delegated: []netip.Prefix{netip.MustParsePrefix("2001:db8:12:3400::/56")}, AFTR: "aftr.example.jp",
		MAPE: &Container{
			Rules: []mape.Rule{{
				IPv6: netip.MustParsePrefix("2001:db8::/40"), IPv4: netip.MustParsePrefix("192.0.2.0/24"), EA: 16, Offset: 6,
				Relay: netip.MustParseAddr("2001:db8:ffff::1"),
			}},
			Relays: []netip.Addr{netip.MustParseAddr("2001:db8:ffff::1")},
		},
	}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); d != "" {
		t.Error(d)
	}
}

func TestPortParameters(t *testing.T) {
	got, err := Parse(raw(t, "07 000001 005f 0014 005b 0009 40 0064ff9b00000000 0059 0003 010203"))
	if err == nil || got.MAPT == nil || got.MAPT.Default != netip.MustParsePrefix("64:ff9b::/64") {
		t.Errorf("%+v, %v", got.MAPT, err)
	}
	got, err = Parse(raw(t, "07 000001 0060 0019 005c 0015 c0000212 40 20010db800123400 005d 0004 06 08 3400"))
	if err != nil || got.Lightweight == nil {
		t.Fatalf("%+v, %v", got, err)
	}
	want := mape.Rule{IPv6: netip.MustParsePrefix("2001:db8:12:3400::/64"), IPv4: netip.MustParsePrefix("192.0.2.18/32"), Offset: 6, PSID: 0x34, PSIDLength: 8}
	if got.Lightweight.Ports != want || got.Lightweight.Address != netip.MustParseAddr("192.0.2.18") {
		t.Errorf("%+v", got.Lightweight)
	}
}

// Every length that lies ends the reading with an error, and never reads past it.
func TestLyingLengths(t *testing.T) {
	for name, b := range map[string]string{
		"no-header":            "07",
		"half-an-option":       "07 000001 0002",
		"option-past-the-end":  "07 000001 0002 0009 00",
		"prefix-too-short":     "07 000001 0019 0010 000000010000000000000000 001a 0000",
		"prefix-of-129":        "07 000001 0019 0029 00000001 00000000 00000000 001a 0019 00000e10 00000e10 81 20010db8001234000000000000000000",
		"association-short":    "07 000001 0019 0002 0000",
		"rule-short":           "07 000001 005e 0007 0059 0003 011018",
		"rule-ipv4-of-33":      "07 000001 005e 0011 0059 000d 01 10 21 c0000200 28 20010db800",
		"rule-ipv6-of-200":     "07 000001 005e 0011 0059 000d 01 10 18 c0000200 c8 20010db800",
		"rule-ipv6-cut":        "07 000001 005e 000e 0059 000a 01 10 18 c0000200 28 2001",
		"ports-too-long":       "07 000001 005e 001a 0059 0016 01 10 18 c0000200 28 20010db800 005d 0005 0600000000",
		"ports-offset-16":      "07 000001 005e 0019 0059 0015 01 10 18 c0000200 28 20010db800 005d 0004 10000000",
		"ports-psid-of-17":     "07 000001 005e 0019 0059 0015 01 10 18 c0000200 28 20010db800 005d 0004 06110000",
		"relay-of-four":        "07 000001 005e 0008 005a 0004 c0000201",
		"binding-short":        "07 000001 0060 0006 005c 0002 c000",
		"binding-prefix-short": "07 000001 0060 000b 005c 0007 c0000212 40 2001",
		"name-without-end":     "07 000001 0040 0005 04 61667472",
		"name-empty":           "07 000001 0040 0001 00",
		"name-past-the-end":    "07 000001 0040 0003 09 6100",
		"name-compressed":      "07 000001 0040 0002 c00c",
		"name-goes-on":         "07 000001 0040 0005 01 61 00 01 61",
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := Parse(raw(t, b)); err == nil {
				t.Errorf("it was read: %+v", s)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	asked := InformationRequest(0xff123456, []byte{2, 0x5e, 0x19, 0, 0, 10}, 100)
	want := "0b123456" + "0001000a00030001025e1900000a" + "000600080040005e005f0060" + "000800020064"
	if got := hex.EncodeToString(asked); got != want {
		t.Errorf("%s\n%s", got, want)
	}
	for b, is := range map[string]bool{"07123456": true, "07123457": false, "02123456": false, "0712": false} {
		if Answers(asked, raw(t, b)) != is {
			t.Errorf("%s is an answer: %t", b, !is)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(raw(f, whole))
	f.Add(raw(f, "07 000001 0060 0019 005c 0015 c0000212 40 20010db800123400 005d 0004 06 08 3400"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if asked := InformationRequest(0x123456, nil, 0); Answers(asked, b) && string(b[:4]) != "\x07\x124V" {
			t.Errorf("%x is no answer to %x", b, asked)
		}
		s, _ := Parse(b)
		for _, c := range []*Container{s.MAPE, s.MAPT, s.Lightweight} {
			if c == nil {
				continue
			}
			if len(c.Rules) > maxRules || len(c.Relays) > maxRules {
				t.Errorf("%d rules", len(c.Rules))
			}
			for _, r := range append(c.Rules, c.Ports) {
				if m, err := r.Derive(netip.PrefixFrom(r.IPv6.Addr(), 128)); err == nil && m.Count() > 65536 {
					t.Errorf("%d ports", m.Count())
				}
			}
		}
	})
}
