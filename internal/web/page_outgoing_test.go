package web_test

import (
	"crypto/tls"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// echoing is a vantage with echo ports.
type echoing struct{ acting }

func (e *echoing) Station() exposure.Station {
	s := e.acting.Station()
	s.Addresses = []netip.Addr{own}
	s.Echoes = exposure.StationPorts{TCP: exposure.PortList{25, 80, 443, 5060}}
	return s
}

// TestOutgoingPage: the page has its browser ask the ports that browsers ask, at the
// host that it came from, and nobody else.
func TestOutgoingPage(t *testing.T) {
	for name, c := range map[string]struct {
		host      string
		inside    bool // TLS, of the service itself
		proxied   bool // TLS, of a proxy in front of it
		none      bool
		connect   string
		has, lack []string
	}{
		"name": {
			host: "vantage.example:8080", connect: "connect-src 'self' http://vantage.example:80 http://vantage.example:443;",
			has:  []string{`data-url="http://vantage.example:80/out/`, "word-of-443", "<strong>5060/tcp</strong>", "check --via http://vantage.example:8080 --outgoing 25,5060"},
			lack: []string{`vantage.example:25/`},
		},
		"address":    {host: "26.10.0.1", connect: "connect-src 'self' http://26.10.0.1:80 http://26.10.0.1:443;"},
		"IPv6":       {host: "[2608:26::1]:8080", connect: "connect-src 'self' http:;", has: []string{`data-url="http://[2608:26::1]:80/out/`}},
		"inside_TLS": {host: "vantage.example", inside: true, connect: "connect-src 'self' https://vantage.example:80 ", has: []string{"check --via https://vantage.example --outgoing 25,5060"}},
		"proxy":      {host: "vantage.example", proxied: true, connect: "connect-src 'self';", has: []string{"inside TLS", "--outgoing 25,80,443,5060"}, lack: []string{"data-url"}},
		"no_echoes":  {host: "vantage.example", none: true, connect: "connect-src 'self';", has: []string{"--echo-ports none"}, lack: []string{"data-url"}},
		"hostile":    {host: "a;script-src *", connect: "connect-src 'self';", lack: []string{"script-src", "data-url"}},
		"two_lines":  {host: "a\r\nX: y", connect: "connect-src 'self';", lack: []string{"data-url"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := web.Config{Door: &echoing{}, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }}
			if !c.none {
				config.EchoWord = func(nonce string, port uint16) string { return "word-of-" + strconv.Itoa(int(port)) }
			}
			r := httptest.NewRequest("GET", "/outgoing", nil)
			r.RemoteAddr, r.Host = visitor+":40000", c.host
			if c.inside {
				config.TLS, r.TLS = &tls.Config{}, &tls.ConnectionState{}
			}
			if c.proxied {
				config.Forwarding, r.RemoteAddr = web.Forwarding{Trusted: []netip.Prefix{netip.MustParsePrefix("26.10.0.3/32")}, Header: "X-Forwarded-For"}, "26.10.0.3:40000"
				r.Header.Set("X-Forwarded-For", visitor)
				r.Header.Set("X-Forwarded-Proto", "https")
			}
			w := httptest.NewRecorder()
			web.New(config).ServeHTTP(w, r)
			body := w.Body.String()
			if policy := w.Header().Get("Content-Security-Policy"); w.Code != 200 || !strings.Contains(policy, c.connect) || strings.Contains(policy, "*") {
				t.Errorf("%d %s", w.Code, policy)
			}
			for _, word := range c.has {
				if !strings.Contains(body, word) {
					t.Errorf("the page lacks %q: %s", word, body)
				}
			}
			for _, word := range c.lack {
				if strings.Contains(body, word) {
					t.Errorf("the page has %q: %s", word, body)
				}
			}
		})
	}
}
