package web_test

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// housed is a vantage that says its address.
type housed struct{ acting }

func (h *housed) Station() exposure.Station {
	s := h.acting.Station()
	s.Addresses = []netip.Addr{own}
	return s
}

// TestAddressOfTheOtherFamily: a page has its browser ask the name of the other
// family, and its own pages alone may read what is answered there.
func TestAddressOfTheOtherFamily(t *testing.T) {
	s := web.New(web.Config{
		Door: &housed{}, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} },
		Hostnames: []string{"scan.example"}, Name4: "v4.scan.example", Name6: "v6.scan.example",
	})
	ask := func(from, host, path, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr, r.Host = netip.AddrPortFrom(netip.MustParseAddr(from), 40000).String(), host
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	for from, other := range map[string]string{visitor: "http://v6.scan.example:8080", "2608:26:20:7::9": "http://v4.scan.example:8080"} {
		w := ask(from, "scan.example:8080", "/", "")
		if body := w.Body.String(); !strings.Contains(body, `data-from="`+other+`"`) || !strings.Contains(body, `href="`+other+`/"`) {
			t.Errorf("%s: %s", from, body)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' "+other+";") {
			t.Errorf("%s: %s", from, policy)
		}
	}
	for origin, read := range map[string]bool{
		"": false, "http://scan.example:8080": true, "https://v4.scan.example": true, "http://" + own.String() + ":8080": true,
		"http://evil.example": false, "http://scan.example.evil.example": false, "null": false, "http://": false, "ftp://scan.example": false, "http://" + visitor: false, "http://scan.example/x": false,
	} {
		w := ask(visitor, "v4.scan.example", "/whence", origin)
		allowed := w.Header().Get("Access-Control-Allow-Origin")
		if w.Code != 200 || w.Body.String() != visitor+"\n" || read != (allowed == origin && origin != "") || !read && allowed != "" || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%q: %d %q, %q may read it", origin, w.Code, w.Body, allowed)
		}
	}
	if w := ask("192.0.2.1", "evil.example", "/whence", ""); w.Code != 421 {
		t.Errorf("another name: %d", w.Code)
	}
	r := httptest.NewRequest("GET", "/whence", nil)
	r.RemoteAddr, r.Host = visitor+":40000", "v4.scan.example"
	r.Header.Set("Via", "1.1 cache")
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != 403 || strings.Contains(w.Body.String(), visitor) {
		t.Errorf("through a proxy: %d %s", w.Code, w.Body)
	}
}
