package web_test

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/web"
)

// TestNamesAreToldToOwnersOnly: whom the vantage would look at may ask what its
// resolver says, so often, and nobody else.
func TestNamesAreToldToOwnersOnly(t *testing.T) {
	var asked []string
	s := web.New(web.Config{
		Door: &door{}, Scope: func() reach.Scope { return reach.Scope{Own: []netip.Addr{own}} },
		Names: func(_ context.Context, name string) []exposure.NameAnswer {
			asked = append(asked, name)
			return []exposure.NameAnswer{{Source: exposure.NameResolver, Record: "A", Outcome: exposure.NameFound, Addresses: []netip.Addr{netip.MustParseAddr("26.10.0.99")}}}
		},
	})
	const path, body = "/api/v1/names", `{"name":"www.town.example"}`
	w := ask(s, "26.10.0.2", "POST", path, body)
	var view exposure.NameView
	if err := json.Unmarshal(w.Body.Bytes(), &view); err != nil || w.Code != 200 || len(view.Answers) != 1 || len(asked) != 1 || asked[0] != "www.town.example" {
		t.Fatalf("%d %s %v", w.Code, w.Body, asked)
	}
	for _, c := range []struct {
		from, body string
		headers    []string
		want       int
		kind       string
	}{
		{"26.10.0.2", `{"name":"localhost"}`, nil, 400, "wrong"},
		{"26.10.0.2", `{"name":"a b.example"}`, nil, 400, "wrong"},
		{"26.10.0.2", `{"name":"` + strings.Repeat("a.", 200) + `"}`, nil, 400, "wrong"},
		{"26.10.0.2", `{"name":"www.town.example","server":"8.8.8.8"}`, nil, 400, "wrong"},
		{"26.10.0.2", `{`, nil, 400, "wrong"},
		{"26.10.0.2", body, []string{"X-Forwarded-For", "26.10.0.9"}, 403, "proxied"},
		{"10.1.1.1", body, nil, 403, "private-address"},
		{"26.10.0.1", body, nil, 403, "own"},
	} {
		if w := ask(s, c.from, "POST", path, c.body, c.headers...); w.Code != c.want {
			t.Errorf("%s from %s: %d %s", c.body, c.from, w.Code, w.Body)
		} else if got := problem(t, w); got != c.kind && !strings.Contains(got, c.kind) {
			t.Errorf("%s from %s: %s, want %s", c.body, c.from, got, c.kind)
		}
	}
	if len(asked) != 1 {
		t.Errorf("asked for %v", asked)
	}
	// An hour has four, one of them at once.
	if w := ask(s, "26.10.0.2", "POST", path, body); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if _, without := service(); ask(without, "26.10.0.2", "POST", path, body).Code != 404 {
		t.Error("a service without a resolver tells names")
	}
}
