package web_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// TestReportIsForWhoSitsHere: the report of this machine is for a browser on it, by
// a name that nobody else can have, and for nobody who may be somebody else's.
func TestReportIsForWhoSitsHere(t *testing.T) {
	for name, c := range map[string]struct {
		from, host string
		head       [2]string
		change     func(*web.Config)
		err        error
		want       int
		away       bool // the first page offers no report either
	}{
		"localhost":       {from: "127.0.0.1", host: "localhost:8080", want: 200},
		"address":         {from: "127.0.0.1", host: "127.0.0.1", want: 200},
		"IPv6":            {from: "[::1]", host: "[::1]:8080", want: 200},
		"same_site":       {from: "127.0.0.1", host: "localhost", head: [2]string{"Sec-Fetch-Site", "same-origin"}, want: 200},
		"link_elsewhere":  {from: "127.0.0.1", host: "localhost", head: [2]string{"Sec-Fetch-Site", "cross-site"}, want: 403, away: true},
		"another_port":    {from: "127.0.0.1", host: "localhost", head: [2]string{"Sec-Fetch-Site", "same-site"}, want: 403, away: true},
		"rebound_name":    {from: "127.0.0.1", host: "evil.example", want: 421, away: true},
		"almost_the_name": {from: "127.0.0.1", host: "localhost.evil.example", want: 421, away: true},
		"no_host":         {from: "127.0.0.1", host: "", want: 403, away: true},
		"somebody":        {from: visitor, host: "localhost", want: 403, away: true},
		"neighbour":       {from: "192.168.1.7", host: "localhost", want: 403, away: true},
		"proxy_beside":    {from: "127.0.0.1", host: "localhost", head: [2]string{"X-Forwarded-For", visitor}, want: 403, away: true},
		"cache_beside":    {from: "127.0.0.1", host: "localhost", head: [2]string{"Via", "1.1 cache"}, want: 403, away: true},
		"trusted_proxy": {from: "127.0.0.1", host: "localhost", change: func(c *web.Config) {
			c.Forwarding = web.Forwarding{Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Header: "Forwarded"}
		}, want: 403, away: true},
		"service_with_a_name": {from: "127.0.0.1", host: "localhost", change: func(c *web.Config) { c.Hostnames = []string{"localhost"} }, want: 403, away: true},
		"without_report":      {from: "127.0.0.1", host: "localhost", change: func(c *web.Config) { c.Local = nil }, want: 403, away: true},
		"another_user":        {from: "127.0.0.1", host: "localhost", err: web.ErrNotTheirs, want: 403},
		"fault":               {from: "127.0.0.1", host: "localhost", err: errors.New("no /proc"), want: 503},
	} {
		t.Run(name, func(t *testing.T) {
			config := web.Config{
				Door: &acting{}, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} },
				Local: func(_ context.Context, peer, at netip.AddrPort, tag lang.Tag) ([]byte, error) {
					if peer.Port() != 40000 || at.Port() != 8080 || tag != lang.Japanese {
						t.Errorf("asked for %s at %s in %s", peer, at, tag)
					}
					return []byte("<!DOCTYPE html>the report"), c.err
				},
			}
			if c.change != nil {
				c.change(&config)
			}
			service := web.New(config)
			ask := func(path string) *httptest.ResponseRecorder {
				r := httptest.NewRequest("GET", path, nil)
				r.RemoteAddr, r.Host = c.from+":40000", c.host
				r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}))
				r.Header.Set("Accept-Language", "ja")
				if c.head[0] != "" {
					r.Header.Set(c.head[0], c.head[1])
				}
				w := httptest.NewRecorder()
				service.ServeHTTP(w, r)
				return w
			}
			w := ask("/local")
			if w.Code != c.want || strings.Contains(w.Body.String(), "the report") != (c.want == 200) {
				t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
			}
			if w := ask("/"); strings.Contains(w.Body.String(), `href="/local"`) == c.away {
				t.Errorf("the first page: %s", w.Body)
			}
			if w := ask("/check/quick"); (w.Code == http.StatusSeeOther) == c.away {
				t.Errorf("a look: %d", w.Code)
			}
		})
	}
}
