package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func TestProxiesOfTheEnvironment(t *testing.T) {
	t.Setenv("PATH", "") // no desktop is asked
	values := map[string]string{
		"HTTP_PROXY": "http://me:secret@proxy.example:8080/", "ALL_PROXY": "socks5h://192.0.2.1", "no_proxy": "localhost, .example;10.0.0.0/8",
	}
	want := []exposure.ProxySetting{
		{Source: "HTTP_PROXY", Kind: "http", URL: "http://proxy.example:8080/"},
		{Source: "ALL_PROXY", Kind: "all", URL: "socks5h://192.0.2.1"},
		{Source: "no_proxy", Kind: "exempt", Hosts: []string{"localhost", ".example", "10.0.0.0/8"}},
	}
	got := Proxies(t.Context(), func(name string) string { return values[name] })
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, p := range got {
		if !ProxyOfEnvironment(p) {
			t.Errorf("%s is no variable", p.Source)
		}
	}
	for text, want := range map[string]string{"me:pw@192.0.2.1:80": "192.0.2.1:80", "192.0.2.1:80": "192.0.2.1:80", "socks5://me:pw@h": "socks5://h"} {
		if got := withoutPassword(text); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

func TestExempted(t *testing.T) {
	list := []string{"localhost", ".inner.example", "*.lan", "host.example:8080", "10.0.0.0/8", "192.0.2.7", "[2001:db8::1]", "fd00::/8", "<local>"}
	for host, want := range map[string]string{
		"localhost": "localhost", "inner.example": ".inner.example", "a.INNER.example.": ".inner.example", "printer.lan": "*.lan", "x.host.example": "host.example:8080",
		"10.1.2.3": "10.0.0.0/8", "192.0.2.7": "192.0.2.7", "2001:db8::1": "[2001:db8::1]", "fd00::2": "fd00::/8", "nas": "<local>",
		"notinner.example": "", "192.0.2.70": "", "2001:db8::2": "", "www.example": "",
	} {
		if got := Exempted(list, host); got != want {
			t.Errorf("%s falls under %q, want %q", host, got, want)
		}
	}
	if Exempted([]string{"*"}, "any.example") != "*" || Exempted(nil, "any.example") != "" || Exempted([]string{"", "."}, "any.example") != "" {
		t.Error("* is for all, and nothing for none")
	}
}
