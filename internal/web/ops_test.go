package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

func TestReadiness(t *testing.T) {
	var trouble error
	s := web.New(web.Config{
		Door: &door{}, Scope: func() reach.Scope { return reach.Scope{} },
		Ready: []web.Check{{Name: "store", Do: func(context.Context) error { return trouble }}, {Name: "bus", Do: func(context.Context) error { return nil }}},
	})
	if w := ask(s, "26.10.0.2", "GET", "/readyz", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"store":"ok"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	trouble = errors.New("disk full at /secret/place")
	w := ask(s, "26.10.0.2", "GET", "/readyz", "")
	if body := w.Body.String(); w.Code != 503 || !strings.Contains(body, `"store":"failed"`) || !strings.Contains(body, `"bus":"ok"`) || strings.Contains(body, "secret") {
		t.Errorf("%d %s", w.Code, body)
	}
}

func TestMetricsAreForThisMachine(t *testing.T) {
	s := web.New(web.Config{
		Door: &door{}, Scope: func() reach.Scope { return reach.Scope{} },
		Metrics: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("26.10.7.0/24")},
	})
	ask(s, "26.10.0.2", "POST", "/api/v1/jobs", consented)
	ask(s, "10.0.0.1", "POST", "/api/v1/jobs", consented)
	ask(s, "26.10.0.2", "GET", "/x/<script>", "")
	text := ask(s, "127.0.0.1", "GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`sekisho_http_requests_total{code="201",route="POST /api/v1/jobs"} 1`, `sekisho_http_requests_total{code="404",route="/"} 1`, "sekisho_jobs_total 1",
		"sekisho_jobs 1", `sekisho_refused_total{problem="private-address"} 1`, `sekisho_refused_total{problem="limit"} 0`, "go_goroutines ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s:\n%s", line, text)
		}
	}
	if strings.Contains(text, "26.10.") || strings.Contains(text, "<script") {
		t.Error("the metrics tell of callers")
	}
	if w := ask(s, "26.10.7.9", "GET", "/metrics", ""); w.Code != 200 {
		t.Errorf("who may read them: %d", w.Code)
	}
	if w := ask(s, "26.10.0.2", "GET", "/metrics", ""); w.Code != 404 {
		t.Errorf("anybody: %d", w.Code)
	}
	if w := ask(s, "127.0.0.1", "GET", "/metrics", "", "X-Forwarded-For", "26.10.0.2"); w.Code != 404 {
		t.Errorf("through a proxy of this machine: %d", w.Code)
	}
}

func TestPlainHTTPIsSentOn(t *testing.T) {
	s := web.New(web.Config{Door: &door{}, Scope: func() reach.Scope { return reach.Scope{} }, Hostnames: []string{"scan.example"}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Redirect(ctx, l, 8443, nil) }()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct{ host, path, to string }{
		{"scan.example:80", "/api/v1/whoami?a=b%20c", "https://scan.example:8443/api/v1/whoami?a=b%20c"},
		{"scan.example", "//evil.example/", "https://scan.example:8443//evil.example/"},
		{"127.0.0.1", "/", "https://127.0.0.1:8443/"},
		{"[::1]:80", "/", "https://[::1]:8443/"},
		{"evil.example", "/", ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+l.Addr().String()+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		want := http.StatusPermanentRedirect
		if c.to == "" {
			want = http.StatusMisdirectedRequest
		}
		if to := answer.Header.Get("Location"); answer.StatusCode != want || to != c.to {
			t.Errorf("%s%s: %d to %q, want %q", c.host, c.path, answer.StatusCode, to, c.to)
		}
	}
	client.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestPeersAreGrantedPorts(t *testing.T) {
	_, s := service()
	var grant exposure.PeerGrant
	w := ask(s, "26.10.0.2", "POST", "/api/v1/peers", "")
	if err := json.Unmarshal(w.Body.Bytes(), &grant); err != nil || !grant.TCP.Has(25) || !grant.UDP.Has(137) || grant.TCP.Has(22) || !grant.Until.After(time.Now()) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, "10.0.0.1", "POST", "/api/v1/peers", ""); w.Code != 403 {
		t.Errorf("whom it would not look at: %d", w.Code)
	}
	if w := ask(s, "26.10.0.2", "POST", "/api/v1/peers", ""); w.Code != 429 {
		t.Errorf("again at once: %d", w.Code)
	}
}
