package reach

import (
	"net/netip"
	"testing"
)

func TestScopeRefuses(t *testing.T) {
	public := Scope{Own: []netip.Addr{netip.MustParseAddr("26.10.0.1"), netip.MustParseAddr("2608:26:10::1")}}
	home := Scope{
		Own:  []netip.Addr{netip.MustParseAddr("192.168.77.1"), netip.MustParseAddr("fe80::1%eth0")},
		Near: []netip.Prefix{netip.MustParsePrefix("192.168.77.0/24"), netip.MustParsePrefix("fd26:5e19:7::/64")},
	}
	for _, c := range []struct {
		scope   Scope
		address string
		want    Refusal
	}{
		{public, "26.10.0.2", ""},
		{public, "2608:26:20:7::10", ""},
		{public, "26.10.0.1", RefusedOwn},
		{public, "2608:26:10::1", RefusedOwn},
		{public, "127.0.0.1", RefusedOwn},
		{public, "::1", RefusedOwn},
		{public, "::ffff:127.0.0.1", RefusedOwn},
		{public, "::ffff:26.10.0.2", RefusedSpecial},
		{public, "64:ff9b::1a0a:2", RefusedSpecial},
		{public, "2002:1a0a:2::1", RefusedSpecial},
		{public, "2001:0:4136:e378::1", RefusedSpecial},
		{public, "192.168.77.10", RefusedAway},
		{public, "10.0.0.1", RefusedAway},
		{public, "fd26:5e19:7::10", RefusedAway},
		{public, "100.64.0.1", RefusedSpecial},
		{public, "169.254.1.1", RefusedSpecial},
		{public, "fe80::2%eth0", RefusedSpecial},
		{public, "fec0::1", RefusedSpecial},
		{public, "198.18.0.1", RefusedSpecial},
		{public, "192.0.2.1", RefusedSpecial},
		{public, "255.255.255.255", RefusedSpecial},
		{public, "240.0.0.1", RefusedSpecial},
		{public, "0.0.0.0", RefusedNone},
		{public, "::", RefusedNone},
		{public, "224.0.0.1", RefusedNone},
		{public, "ff02::1", RefusedNone},
		{home, "192.168.77.10", ""},
		{home, "fd26:5e19:7::10", ""},
		{home, "26.10.0.2", ""},
		{home, "192.168.77.1", RefusedOwn},
		{home, "192.168.77.0", RefusedNone},
		{home, "192.168.77.255", RefusedNone},
		{home, "192.168.78.10", RefusedAway},
		{home, "fd26:5e19:8::10", RefusedAway},
		{home, "fe80::2", RefusedSpecial},
		{home, "fe80::1", RefusedSpecial},
	} {
		if got := c.scope.Refuses(netip.MustParseAddr(c.address)); got != c.want {
			t.Errorf("%s is refused as %q, want %q", c.address, got, c.want)
		}
	}
	if got := public.Refuses(netip.Addr{}); got != RefusedNone {
		t.Errorf("no address is refused as %q", got)
	}
}
