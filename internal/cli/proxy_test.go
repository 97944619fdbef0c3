package cli

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// TestWhoseBehindProxy: what is looked at through a proxy of one's own is one's own
// where its number says so; what is behind a stranger's is a stranger's.
func TestWhoseBehindProxy(t *testing.T) {
	own := netip.MustParseAddr("203.0.113.5")
	here := machine{own: map[netip.Addr]bool{own: true}}
	for _, c := range []struct {
		proxy, target, name string
		want                bool
	}{
		{"", "127.0.0.1", "", true},
		{"", "203.0.113.5", "", true},
		{"", "203.0.113.6", "", false},
		{"", "192.168.1.7", "", true},
		{"127.0.0.1:1080", "127.0.0.1", "", true},
		{"127.0.0.1:1080", "::1", "", true},
		{"192.168.1.2:1080", "127.0.0.1", "", true},
		{"203.0.113.5:1080", "127.0.0.1", "", true},
		{"203.0.113.9:1080", "127.0.0.1", "", false},
		{"203.0.113.9:1080", "203.0.113.5", "", true},
		{"203.0.113.9:1080", "", "localhost", false},
		{"127.0.0.1:1080", "", "LocalHost.", true},
		{"127.0.0.1:1080", "", "a.localhost", true},
		{"127.0.0.1:1080", "", "notlocalhost", false},
		{"127.0.0.1:1080", "198.51.100.1", "", false},
	} {
		m, target := here, exposure.Target{Name: c.name, Address: netio.Behind(1)}
		if c.proxy != "" {
			m = m.reached(&netio.Proxy{At: netip.MustParseAddrPort(c.proxy)})
		}
		if c.target != "" {
			target.Address = netip.MustParseAddr(c.target)
		}
		if got := m.mine(target); got != c.want {
			t.Errorf("%s%s through %q: %v", c.target, c.name, c.proxy, got)
		}
	}
}
