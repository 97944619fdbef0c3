//go:build linux && lab

package netio_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
	"sekisho/internal/netio"
)

// What IPsec hides, or forbids, is left to the kernel: a raw packet would go
// there in the clear. Policies for what comes in, and those that let pass, hide
// nothing.
func TestRoutesThatIPsecHides(t *testing.T) {
	l := lab.New(t)
	h := l.LAN
	tunnel := []string{"tmpl", "src", "26.10.0.2", "dst", "26.10.0.1", "proto", "esp", "mode", "tunnel"}
	for _, policy := range [][]string{
		append([]string{"dir", "out", "src", "0.0.0.0/0", "dst", "26.95.0.0/16"}, tunnel...),
		append([]string{"dir", "in", "src", "26.94.0.0/16", "dst", "0.0.0.0/0"}, tunnel...),
		append([]string{"dir", "out", "src", "::/0", "dst", "2608:26:95::/48"}, tunnel...),
		{"dir", "out", "src", "0.0.0.0/0", "dst", "26.93.0.0/16", "action", "block"},
		{"dir", "out", "src", "0.0.0.0/0", "dst", "26.92.0.0/16", "action", "allow"},
	} {
		h.Run(t, "ip", append([]string{"xfrm", "policy", "add"}, policy...)...)
	}
	err := h.Do(func() error {
		routes, err := netio.OpenRoutes()
		if err != nil {
			return err
		}
		defer routes.Close()
		for target, raw := range map[string]bool{
			"26.94.0.1": true, "26.92.0.1": true, "26.96.0.1": true, "2608:26:96::1": true, l.Home.V4.String(): true,
			"26.95.255.1": false, "2608:26:95::1": false,
		} {
			way, err := routes.To(netip.MustParseAddr(target))
			if err != nil || way.Raw != raw {
				t.Errorf("%s: %+v, %v; want raw packets: %t", target, way, err, raw)
			}
		}
		// The kernel itself says so of what is forbidden.
		if way, err := routes.To(netip.MustParseAddr("26.93.0.1")); err == nil && way.Raw {
			t.Errorf("forbidden: %+v", way)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
