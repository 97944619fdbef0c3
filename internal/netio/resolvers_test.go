//go:build !windows

package netio

import (
	"net/netip"
	"slices"
	"testing"
)

func TestParseResolvers(t *testing.T) {
	const text = "# nameserver 192.0.2.9\nsearch example\nnameserver 192.0.2.1\nnameserver fe80::1%eth0 \nnameserver\nnameserver x\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.4"
	want := []netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.1:53"), netip.MustParseAddrPort("[fe80::1%eth0]:53"), netip.MustParseAddrPort("[2001:db8::1]:53"),
	}
	if got := parseResolvers(text); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
