package vantage_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/vantage"
)

// TestNamesOfAVantage: its answers are its own, and what cannot be is no answer.
func TestNamesOfAVantage(t *testing.T) {
	body := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	address, err := vantage.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := vantage.New(address, netip.MustParseAddr("127.0.0.1"), netip.Addr{})
	defer c.Close()
	body = `{"answers":[{"source":"authority","server":"192.0.2.1:53","record":"A","outcome":"found","addresses":["26.10.0.2"],"ttl_seconds":60},{"record":"AAAA","outcome":"no-data"}]}`
	answers, err := c.Names(t.Context(), "www.town.example")
	if err != nil || len(answers) != 2 || answers[0].Source != exposure.NameVantage || answers[0].Server != address.URL.Host || *answers[0].TTL != 60 || answers[1].Outcome != exposure.NameNoData {
		t.Fatalf("%+v %v", answers, err)
	}
	for _, lie := range []string{
		`{"answers":[{"record":"MX","outcome":"no-data"}]}`,
		`{"answers":[{"record":"A","outcome":"hacked"}]}`,
		`{"answers":[{"record":"A","outcome":"found"}]}`,
		`{"answers":[{"record":"A","outcome":"no-data","addresses":["26.10.0.2"]}]}`,
		`{"answers":[{"record":"A","outcome":"found","addresses":["2001:db8::1"]}]}`,
		`{"answers":[{"record":"AAAA","outcome":"found","addresses":["::ffff:26.10.0.2"]}]}`,
		`{"answers":[{"record":"A","outcome":"found","more":-1,"addresses":["26.10.0.2"]}]}`,
		`{"answers":[` + strings.TrimSuffix(strings.Repeat(`{"record":"A","outcome":"no-data"},`, 9), ",") + `]}`,
	} {
		body = lie
		var e *vantage.Error
		if _, err := c.Names(t.Context(), "www.town.example"); !errors.As(err, &e) || e.Kind != vantage.Lies {
			t.Errorf("%s: %v", lie, err)
		}
	}
	body = "<html>"
	var e *vantage.Error
	if _, err := c.Names(t.Context(), "www.town.example"); !errors.As(err, &e) || e.Kind != vantage.Strange {
		t.Errorf("%v", err)
	}
}
