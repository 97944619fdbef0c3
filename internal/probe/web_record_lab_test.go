//go:build linux && lab

package probe_test

import (
	"net/netip"
	"testing"

	"sekisho/internal/lab"
)

// TestWebRecordedAgain records Apache and proxies again. What a proxy is asked
// for is the address of the recordings, which the host gets for itself.
func TestWebRecordedAgain(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	h.Run(t, "ip", "address", "add", "192.0.2.7/32", "dev", "lo")

	h.StartApache(t, lab.Apache{TLSPort: 8443})
	recordAgain(t, l.LAN, at(80), "http/happy-apache", "Apache httpd", "apache2-bin")
	h.StartDante(t, lab.Dante{Allow: []string{"0/0"}})
	recordAgain(t, l.LAN, at(1080), "socks/happy-dante-serves", "Dante", "dante-server")
	h.StartDante(t, lab.Dante{Port: 1081})
	recordAgain(t, l.LAN, at(1081), "socks/happy-dante-refuses", "Dante", "dante-server")
	h.StartMicrosocks(t, lab.Microsocks{Port: 1082})
	recordAgain(t, l.LAN, at(1082), "socks/happy-microsocks", "microsocks", "microsocks")
	h.StartMicrosocks(t, lab.Microsocks{Port: 1083, User: "me", Password: "secret"})
	recordAgain(t, l.LAN, at(1083), "socks/happy-microsocks-login", "microsocks", "microsocks")
	h.StartSquid(t, lab.Squid{Allow: []string{"all"}})
	recordAgain(t, l.LAN, at(3128), "http-proxy/happy-squid-serves", "Squid", "squid")
	h.StartSquid(t, lab.Squid{Port: 3129})
	recordAgain(t, l.LAN, at(3129), "http-proxy/happy-squid-refuses", "Squid", "squid")
}
