package web_test

import (
	"bytes"
	"crypto/tls"
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

// TestLoginsAreTakenWhereNobodyReadsThem: a login for a test comes inside TLS or
// from the own network, and is neither in the plan nor in the log.
func TestLoginsAreTakenWhereNobodyReadsThem(t *testing.T) {
	d := &door{}
	var log bytes.Buffer
	near := netip.MustParsePrefix("192.168.77.0/24")
	service := func(header string) *web.Service {
		return web.New(web.Config{
			Door: d, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Forwarding: web.Forwarding{Trusted: []netip.Prefix{netip.MustParsePrefix("192.168.77.9/32")}, Header: header},
			Scope:      func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}, Near: []netip.Prefix{near}} },
		})
	}
	older, standard := service("X-Forwarded-For"), service("Forwarded")
	const body = `{"tests":[{"protocol":"ftp","port":21,"write":true}],"logins":[{"user":"kaisha","password":"himitsu"}],"consent":{"text":"yes","scope":"ftp"}}`
	const proxy = "192.168.77.9" // hands on what came to it, encrypted or not
	for _, c := range []struct {
		from    string
		inside  bool
		headers string
		want    int
	}{
		{"26.10.0.2", false, "", 403},
		{"26.10.0.2", true, "", 201},
		{"192.168.77.5", false, "", 201},
		{proxy, false, "X-Forwarded-For: 26.10.0.3", 403},
		{proxy, true, "X-Forwarded-For: 26.10.0.3", 403},
		{proxy, false, "X-Forwarded-For: 26.10.0.3, X-Forwarded-Proto: http", 403},
		{proxy, false, "X-Forwarded-For: 26.10.0.3, X-Forwarded-Proto: https", 201},
		{proxy, false, `Forwarded: for=26.10.0.4;proto="https"`, 201},
		{proxy, false, "Forwarded: for=26.10.0.4;proto=http", 403},
		{proxy, false, "Forwarded: for=26.10.0.4;proto=https;proto=http", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://vantage.example/api/v1/jobs", strings.NewReader(body))
		r.RemoteAddr = c.from + ":40000"
		r.Header.Set("Content-Type", "application/json")
		if c.inside {
			r.TLS = &tls.ConnectionState{}
		}
		for header := range strings.SplitSeq(c.headers, ", ") {
			if name, value, ok := strings.Cut(header, ": "); ok {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		s := older
		if strings.HasPrefix(c.headers, "Forwarded") {
			s = standard
		}
		s.ServeHTTP(w, r)
		if w.Code != c.want || c.want == 403 && problem(t, w) != string(exposure.JobBare) {
			t.Errorf("from %s, TLS %v: %d, want %d: %s", c.from, c.inside, w.Code, c.want, w.Body)
		}
		if told := w.Body.String() + log.String(); strings.Contains(told, "himitsu") || strings.Contains(told, "kaisha") {
			t.Errorf("the login is told: %s", told)
		}
	}
	if len(d.planned) != 4 || len(d.planned[0].Logins) != 1 || d.planned[0].Logins[0].Password != "himitsu" || !d.planned[0].Tests[0].Write {
		t.Errorf("%+v", d.planned)
	}
}
