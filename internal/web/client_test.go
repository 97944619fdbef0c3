package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// behind is a service whose reverse proxies sit at 26.20.0.0/24.
func behind(header string) (*door, *web.Service) {
	d := &door{}
	return d, web.New(web.Config{
		Door: d, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} },
		Forwarding: web.Forwarding{Trusted: []netip.Prefix{netip.MustParsePrefix("26.20.0.0/24"), netip.MustParsePrefix("2608:20::/64")}, Header: header},
	})
}

func whoami(t *testing.T, w *httptest.ResponseRecorder) exposure.Whoami {
	t.Helper()
	var who exposure.Whoami
	if err := json.Unmarshal(w.Body.Bytes(), &who); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return who
}

func TestTrustedProxiesTellTheCaller(t *testing.T) {
	const proxy, list, std = "26.20.0.1", "X-Forwarded-For", "Forwarded"
	long := strings.Repeat("8.8.8.8, ", 1000)
	none, proxied, special := "", string(exposure.JobProxied), string(exposure.JobSpecial)
	for name, c := range map[string]struct {
		from, header string
		sent         []string
		want, why    string
	}{
		"one":                      {proxy, list, []string{list, "26.10.0.2"}, "26.10.0.2", none},
		"a port":                   {proxy, list, []string{list, "26.10.0.2:4711"}, "26.10.0.2", none},
		"IPv6":                     {proxy, list, []string{list, "2608:26::2"}, "2608:26::2", none},
		"IPv6 with a port":         {proxy, list, []string{list, "[2608:26::2]:4711"}, "2608:26::2", none},
		"over IPv6":                {"2608:20::1", list, []string{list, "26.10.0.2"}, "26.10.0.2", none},
		"trusted hops":             {proxy, list, []string{list, "26.10.0.2, 26.20.0.7,26.20.0.9"}, "26.10.0.2", none},
		"spoofed":                  {proxy, list, []string{list, "8.8.8.8, 26.10.0.2"}, "26.10.0.2", proxied},
		"spoofed in lines":         {proxy, list, []string{list, "8.8.8.8", list, "26.10.0.2"}, "26.10.0.2", proxied},
		"a thousand spoofed":       {proxy, list, []string{list, long + "26.10.0.2"}, "26.10.0.2", proxied},
		"empty elements":           {proxy, list, []string{list, ", ,26.10.0.2, ,"}, "26.10.0.2", none},
		"none at all":              {proxy, list, nil, "", proxied},
		"unknown":                  {proxy, list, []string{list, "26.10.0.2, unknown"}, "", proxied},
		"hidden":                   {proxy, list, []string{list, "_hidden"}, "", proxied},
		"a zone":                   {proxy, list, []string{list, "fe80::1%eth0"}, "", proxied},
		"hexadecimal":              {proxy, list, []string{list, "0x7f.1"}, "", proxied},
		"one number":               {proxy, list, []string{list, "2130706433"}, "", proxied},
		"mapped":                   {proxy, list, []string{list, "::ffff:26.10.0.2"}, "::ffff:26.10.0.2", special},
		"NAT64":                    {proxy, list, []string{list, "64:ff9b::1a0a:2"}, "64:ff9b::1a0a:2", special},
		"only trusted ones":        {proxy, list, []string{list, "26.20.0.3, 26.20.0.2"}, "", proxied},
		"the service":              {proxy, list, []string{list, own.String()}, own.String(), string(exposure.JobOwn)},
		"multicast":                {proxy, list, []string{list, "224.0.0.1"}, "224.0.0.1", special},
		"the other header":         {proxy, list, []string{std, "for=26.10.0.2"}, "", proxied},
		"two that agree":           {proxy, list, []string{list, "26.10.0.2", std, "for=26.10.0.2", "X-Real-IP", "26.10.0.2", "Via", "1.1 Caddy"}, "26.10.0.2", none},
		"two that differ":          {proxy, list, []string{list, "8.8.8.8", std, "for=26.10.0.2"}, "8.8.8.8", proxied},
		"X-Real-IP differs":        {proxy, list, []string{list, "8.8.8.8", "X-Real-IP", "26.10.0.2"}, "8.8.8.8", proxied},
		"written with underscores": {proxy, list, []string{"X_Forwarded_For", "8.8.8.8", list, "26.10.0.2"}, "26.10.0.2", none},
		"not trusted":              {"26.10.0.9", list, []string{list, "26.10.0.2"}, "26.10.0.9", proxied},

		"RFC 7239":            {proxy, std, []string{std, "for=26.10.0.2;proto=https;by=26.20.0.1"}, "26.10.0.2", none},
		"quoted":              {proxy, std, []string{std, `proto=https; For="[2608:26::2]:4711"`}, "2608:26::2", none},
		"quoted IPv4":         {proxy, std, []string{std, `for="26.10.0.2:80"`}, "26.10.0.2", none},
		"unquoted IPv6":       {proxy, std, []string{std, "for=[2608:26::2]"}, "", proxied},
		"bare IPv6":           {proxy, std, []string{std, `for="2608:26::2"`}, "", proxied},
		"an open quote":       {proxy, std, []string{std, `for="8.8.8.8, for=26.10.0.2`}, "26.10.0.2", proxied},
		"two addresses":       {proxy, std, []string{std, "for=26.10.0.2;for=8.8.8.8"}, "", proxied},
		"hidden in RFC 7239":  {proxy, std, []string{std, "for=_secret"}, "", proxied},
		"RFC 7239 with a hop": {proxy, std, []string{std, "for=26.10.0.2, for=26.20.0.8"}, "26.10.0.2", none},
		"nothing for":         {proxy, std, []string{std, "by=26.20.0.1"}, "", proxied},
	} {
		d, s := behind(c.header)
		r := httptest.NewRequest("GET", "http://vantage.example/api/v1/whoami", nil)
		p := httptest.NewRequest("POST", "http://vantage.example/api/v1/jobs", strings.NewReader(consented))
		p.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(c.sent); i += 2 {
			r.Header.Add(c.sent[i], c.sent[i+1])
			p.Header.Add(c.sent[i], c.sent[i+1])
		}
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(c.from), 40000).String()
		p.RemoteAddr = r.RemoteAddr
		w, planned := httptest.NewRecorder(), httptest.NewRecorder()
		s.ServeHTTP(w, r)
		s.ServeHTTP(planned, p)
		who := whoami(t, w)
		got := ""
		if who.Address.IsValid() {
			got = who.Address.String()
		}
		if got != c.want || who.Refused != c.why {
			t.Errorf("%s: %q refused %q, want %q refused %q", name, got, who.Refused, c.want, c.why)
		}
		if c.why == none && (len(d.planned) != 1 || d.planned[0].Address.String() != c.want) || c.why != none && len(d.planned) != 0 {
			t.Errorf("%s: planned %+v", name, d.planned)
		}
	}
}

// TestOneAddressForAll: callers that arrive from the bridge of a container are
// told so, and none of them has the bridge looked at.
func TestOneAddressForAll(t *testing.T) {
	var log bytes.Buffer
	bridge := netip.MustParseAddr("172.17.0.1")
	near := reach.Scope{Own: []netip.Addr{own}, Near: []netip.Prefix{netip.MustParsePrefix("172.17.0.0/16"), netip.MustParsePrefix("192.168.1.0/24")}}
	config := web.Config{
		Door: &door{}, Scope: func() reach.Scope { return near }, Log: slog.New(slog.NewJSONHandler(&log, nil)),
		Gateways: func() []netip.Addr { return []netip.Addr{bridge} },
	}
	s := web.New(config)
	if w := ask(s, "192.168.1.7", "POST", "/api/v1/jobs", consented); w.Code != 201 {
		t.Errorf("a neighbour is refused: %s", w.Body)
	}
	for range 3 {
		who := whoami(t, ask(s, bridge.String(), "GET", "/api/v1/whoami", ""))
		if who.Hint != exposure.HintBridged || who.Refused != string(exposure.JobProxied) {
			t.Errorf("%+v", who)
		}
		page := ask(s, bridge.String(), "GET", "/", "").Body.String()
		for _, words := range []string{"--network=host for the container", "--trusted-proxies for the reverse proxy"} {
			if !strings.Contains(page, words) {
				t.Errorf("the page does not say how to mend it: %q", words)
			}
		}
	}
	if w := ask(s, bridge.String(), "POST", "/api/v1/jobs", consented); w.Code != 403 {
		t.Errorf("the bridge is looked at: %d", w.Code)
	}
	if n := strings.Count(log.String(), "every caller arrives from one private address"); n != 1 || !strings.Contains(log.String(), "--trusted-proxies 172.17.0.1") {
		t.Errorf("the log says so %d times: %s", n, log.String())
	}
	// A proxy that is not trusted, and many browsers at one address.
	s = web.New(config)
	if who := whoami(t, ask(s, "192.168.1.8", "GET", "/api/v1/whoami", "", "X-Forwarded-For", "26.10.0.2")); who.Hint != exposure.HintBridged {
		t.Errorf("%+v", who)
	}
	s = web.New(config)
	for i := range 5 {
		who := whoami(t, ask(s, "192.168.1.8", "GET", "/api/v1/whoami", "", "User-Agent", fmt.Sprint(i)))
		if got := who.Hint == exposure.HintBridged; got != (i >= 3) || who.Refused != "" {
			t.Errorf("browser %d: %+v", i, who)
		}
	}
	if who := whoami(t, ask(s, "192.168.1.9", "GET", "/api/v1/whoami", "", "User-Agent", "9")); who.Hint != "" {
		t.Errorf("a second address: %+v", who)
	}
}

// TestOtherNamesAreMisdirected: a page of somebody else whose name leads here for a
// moment starts nothing.
func TestOtherNamesAreMisdirected(t *testing.T) {
	d := &door{}
	s := web.New(web.Config{Door: d, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} }, Hostnames: []string{"scan.example"}})
	for _, c := range []struct {
		from, host, path string
		code             int
	}{
		{"26.10.0.2", "scan.example", "/api/v1/whoami", 200},
		{"26.10.0.2", "Scan.Example.:8080", "/api/v1/whoami", 200},
		{"26.10.0.2", "26.10.0.1:8080", "/api/v1/whoami", 200},
		{"26.10.0.2", "[2608:26:10::1]:8080", "/api/v1/whoami", 200},
		{"26.10.0.2", "evil.example", "/api/v1/whoami", 421},
		{"26.10.0.2", "evil.example", "/healthz", 200},
		{"26.10.0.2", "localhost", "/api/v1/whoami", 421},
		{"127.0.0.1", "localhost:8080", "/api/v1/whoami", 200},
		{"127.0.0.1", "machine", "/api/v1/whoami", 200},
		{"::1", "[::1]:8080", "/api/v1/whoami", 200},
		{"127.0.0.1", "evil.example", "/api/v1/whoami", 421},
		{"127.0.0.1", "localhost.evil.example", "/api/v1/whoami", 421},
	} {
		r := httptest.NewRequest("GET", "http://"+c.host+c.path, nil)
		r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(c.from), 40000).String()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.code {
			t.Errorf("%s asks for %s%s: %d, want %d", c.from, c.host, c.path, w.Code, c.code)
		}
	}
}

func TestOptedOut(t *testing.T) {
	d := &door{}
	scope := reach.Scope{Own: []netip.Addr{own}, Out: []netip.Prefix{netip.MustParsePrefix("26.10.9.0/24")}}
	s := web.New(web.Config{Door: d, Scope: func() reach.Scope { return scope }})
	if got := problem(t, ask(s, "26.10.9.2", "POST", "/api/v1/jobs", consented)); got != string(exposure.JobOut) {
		t.Errorf("opted out: %s", got)
	}
	scope.OutUnread = true
	if w := ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented); w.Code != 503 || problem(t, w) != string(exposure.JobUnread) {
		t.Errorf("unread: %d", w.Code)
	}
	if len(d.planned) != 0 {
		t.Errorf("%+v", d.planned)
	}
}

// FuzzForwarding: whatever a caller writes in front of what the trusted proxy adds,
// the caller is the one that the proxy saw, or nobody.
func FuzzForwarding(f *testing.F) {
	for _, seed := range []string{
		"", "8.8.8.8", `for="8.8.8.8`, `for="[::1]:1"`, "unknown, _x", ",,,", "\"", `\"`, ";for=1.1.1.1", "26.20.0.2", "for=26.20.0.2,",
		"fe80::1%eth0", "::ffff:8.8.8.8", "8.8.8.8:99999", "[8.8.8.8]", "[2608::1", strings.Repeat("26.20.0.2,", 40), strings.Repeat(`"`, 5000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, hostile string) {
		for header, added := range map[string]string{"X-Forwarded-For": "26.10.0.2", "Forwarded": "for=26.10.0.2"} {
			_, s := behind(header)
			r := httptest.NewRequest("GET", "http://vantage.example/api/v1/whoami", nil)
			r.RemoteAddr = "26.20.0.1:40000"
			for _, other := range []string{"Forwarded", "X-Forwarded-For", "X-Real-IP"} {
				r.Header.Set(other, hostile)
			}
			r.Header[header] = []string{hostile, added}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if who := whoami(t, w); who.Address.String() != "26.10.0.2" {
				t.Errorf("%q hides the caller behind %s", hostile, who.Address)
			}
			// Alone it tells an address or none, and never one that is trusted.
			r.Header[header] = []string{hostile}
			w = httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if who := whoami(t, w); who.Address.IsValid() && (who.Address.Zone() != "" || strings.HasPrefix(who.Address.String(), "26.20.0.")) {
				t.Errorf("%q is taken for %s", hostile, who.Address)
			}
		}
	})
}

// TestCookiesStayInsideTLS: a cookie is for HTTPS alone where its request came so,
// at the service or at the proxy before it.
func TestCookiesStayInsideTLS(t *testing.T) {
	const proxy = "26.20.0.1"
	for name, c := range map[string]struct {
		from, url, said string
		want            bool
	}{
		"plain":                 {"26.10.0.2", "http://vantage.example/?lang=ja", "", false},
		"TLS":                   {"26.10.0.2", "https://vantage.example/?lang=ja", "", true},
		"TLS at the proxy":      {proxy, "http://vantage.example/?lang=ja", "https", true},
		"plain at the proxy":    {proxy, "http://vantage.example/?lang=ja", "http", false},
		"a visitor who says so": {"26.10.0.2", "http://vantage.example/?lang=ja", "https", false},
	} {
		_, s := behind("X-Forwarded-For")
		r := httptest.NewRequest(http.MethodGet, c.url, nil)
		r.RemoteAddr = c.from + ":40000"
		r.Header.Set("X-Forwarded-Proto", c.said)
		if c.from == proxy {
			r.Header.Set("X-Forwarded-For", "26.10.0.2")
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) == 0 {
			t.Fatalf("%s: no cookie: %d %s", name, w.Code, w.Body)
		}
		for _, k := range cookies {
			if k.Secure != c.want || !k.HttpOnly {
				t.Errorf("%s: %+v", name, k)
			}
		}
	}
}
