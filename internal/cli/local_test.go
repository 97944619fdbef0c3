package cli

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

func TestScopeOf(t *testing.T) {
	for address, want := range map[string]exposure.AddressScope{
		"127.0.0.53": exposure.ScopeLoopback, "::1": exposure.ScopeLoopback,
		"169.254.3.4": exposure.ScopeLinkLocal, "fe80::1%eth0": exposure.ScopeLinkLocal,
		"10.1.2.3": exposure.ScopePrivate, "172.31.0.1": exposure.ScopePrivate, "192.168.1.5": exposure.ScopePrivate,
		"fd12::1": exposure.ScopeUnique, "100.64.0.9": exposure.ScopeShared, "100.128.0.1": exposure.ScopeGlobal,
		"192.0.0.2": exposure.ScopeSpecial, "2002:c000:204::1": exposure.ScopeSpecial,
		"26.10.0.1": exposure.ScopeGlobal, "2400:cb00::1": exposure.ScopeGlobal,
	} {
		if got := scopeOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
	}
}
