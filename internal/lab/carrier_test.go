//go:build linux && lab

package lab_test

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"sekisho/internal/lab"
)

// reaches reports whether a TCP connection from a host to an address stands.
func reaches(h *lab.Host, to netip.AddrPort) bool {
	err := h.Do(func() error {
		c, err := (&net.Dialer{Timeout: 700 * time.Millisecond}).DialContext(context.Background(), "tcp", to.String())
		if err == nil {
			c.Close()
		}
		return err
	})
	return err == nil
}

// Of each access: home goes out over both families, and in comes over IPv4 what
// the carrier lets in.
func TestAccesses(t *testing.T) {
	for name, want := range map[string]struct {
		access  lab.Access
		from    string // where outside sees home come from, but for its port
		forward uint16 // the router's port that is forwarded
		in      bool
	}{
		"routed":        {lab.Routed, "26.20.0.2", 8080, true},
		"cgnat":         {lab.CGNAT, "26.10.0.2", 8080, false},
		"second-router": {lab.SecondRouter, "26.10.0.2", 8080, false},
		"ds-lite":       {lab.DSLite, "26.10.0.2", 8080, false},
		"map-e-other":   {lab.MAPE, "26.30.0.18", 8080, false},
		"map-e-own":     {lab.MAPE, "26.30.0.18", 8220, true},
	} {
		t.Run(name, func(t *testing.T) {
			l := lab.New(t, lab.Behind(want.access))
			l.Home.Listen(t, "tcp", "[::]:80")
			l.Forward(t, "tcp", want.forward, 80)
			outside := l.Outside.Listen(t, "tcp", "[::]:80")
			from := make(chan string, 2)
			go func() {
				for {
					c, err := outside.Accept()
					if err != nil {
						return
					}
					from <- c.RemoteAddr().String()
					c.Close()
				}
			}()
			for _, to := range []netip.Addr{l.Outside.V4, l.Outside.V6} {
				if !reaches(l.Home, netip.AddrPortFrom(to, 80)) {
					t.Fatalf("home does not reach %s", to)
				}
				at := netip.MustParseAddrPort(<-from)
				if to.Is4() && at.Addr().Unmap().String() != want.from {
					t.Errorf("outside sees %s", at)
				}
				if to.Is4() && want.access == lab.MAPE && at.Port()>>2&0xff != 7 {
					t.Errorf("port %d is not of its set", at.Port())
				}
			}
			public := netip.MustParseAddrPort(net.JoinHostPort(want.from, strconv.Itoa(int(want.forward))))
			if got := reaches(l.Outside, public); got != want.in {
				t.Errorf("outside reaches %s: %t", public, got)
			}
			if !reaches(l.Outside, netip.AddrPortFrom(l.Home.V6, 80)) {
				t.Error("outside does not reach home over IPv6")
			}
		})
	}
}
