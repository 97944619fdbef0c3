package output

import (
	"net/netip"
	"testing"

	"sekisho/internal/lang"
)

func TestAddressThatOnlyAProxyKnows(t *testing.T) {
	p := newPage(Options{Lang: lang.English})
	for address, want := range map[string]string{
		"0.0.0.7": "an address that only the proxy knows", "192.0.2.7": "192.0.2.7", "0.0.0.0": "0.0.0.0", "::1": "::1",
	} {
		if got := p.address(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
