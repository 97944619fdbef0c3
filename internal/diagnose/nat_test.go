package diagnose

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func TestNAT(t *testing.T) {
	shared4, near := netip.MustParseAddr("100.64.3.4"), netip.MustParseAddr("192.0.0.2")
	for name, e := range map[string]struct {
		own       []netip.Addr
		wan       netip.Addr
		access    Access
		kind      exposure.NATKind
		certainty exposure.Certainty
	}{
		"nothing":          {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home}, exposure.NATUnknown, ""},
		"own":              {[]netip.Addr{google}, netip.Addr{}, Access{Own4: google}, exposure.NATNone, exposure.CauseLikely},
		"own-seen":         {[]netip.Addr{google}, netip.Addr{}, Access{Own4: google, Public: []Public{{google, "STUN"}}}, exposure.NATNone, exposure.CauseProven},
		"router":           {[]netip.Addr{home}, google, Access{Own4: home}, exposure.NATOne, exposure.CauseLikely},
		"router-seen":      {[]netip.Addr{home}, google, Access{Own4: home, Public: []Public{{google, "STUN"}}}, exposure.NATOne, exposure.CauseProven},
		"router-elsewhere": {[]netip.Addr{home}, google, Access{Own4: home, Public: []Public{{wan, "STUN"}}}, exposure.NATCarrier, exposure.CauseLikely},
		"two-routers":      {[]netip.Addr{home}, netip.MustParseAddr("192.168.0.2"), Access{Own4: home}, exposure.NATDouble, exposure.CauseProven},
		"cgnat":            {[]netip.Addr{home}, shared4, Access{Own4: home}, exposure.NATCarrier, exposure.CauseProven},
		"cgnat-here":       {[]netip.Addr{shared4}, netip.Addr{}, Access{Own4: shared4}, exposure.NATCarrier, exposure.CauseProven},
		"cgnat-seen":       {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home, Public: []Public{{shared4, "STUN"}}}, exposure.NATCarrier, exposure.CauseProven},
		"vpn":              {[]netip.Addr{home, shared4}, google, Access{Own4: home}, exposure.NATOne, exposure.CauseLikely},
		"ds-lite":          {[]netip.Addr{home}, near, Access{Own4: home}, exposure.NATDSLite, exposure.CauseProven},
		"ds-lite-here":     {[]netip.Addr{near}, netip.Addr{}, Access{Own4: near}, exposure.NATDSLite, exposure.CauseProven},
		"ds-lite-told":     {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home, AFTR: "aftr.example"}, exposure.NATDSLite, exposure.CauseLikely},
		"map-e":            {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home, Map: ruled()}, exposure.NATMAPE, exposure.CauseLikely},
		"map-e-seen":       {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home, Map: ruled(), Public: []Public{{mapped, "STUN"}}}, exposure.NATMAPE, exposure.CauseProven},
		"map-e-elsewhere":  {[]netip.Addr{home}, google, Access{Own4: home, Map: ruled(), Public: []Public{{google, "STUN"}}}, exposure.NATOne, exposure.CauseProven},
		"map-e-ruleless":   {[]netip.Addr{home}, netip.Addr{}, Access{Own4: home, Ruleless: true}, exposure.NATMAPE, exposure.CauseLikely},
	} {
		t.Run(name, func(t *testing.T) {
			got := NAT(e.own, e.wan, e.access, lang.Japanese)
			if got.Kind != e.kind || got.Certainty != e.certainty || got.Kind != exposure.NATUnknown && len(got.Evidence) == 0 {
				t.Errorf("%s %s by %q, want %s %s", got.Kind, got.Certainty, got.Evidence, e.kind, e.certainty)
			}
		})
	}
}
