package hostnet

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func TestWindowsProxies(t *testing.T) {
	want := []exposure.ProxySetting{
		{Source: "windows", Kind: "http", URL: "http://proxy.example:8080"},
		{Source: "windows", Kind: "socks", URL: "socks4://192.0.2.1:1080"},
		{Source: "windows", Kind: "exempt", Hosts: []string{"<local>", "*.lan"}},
	}
	if d := cmp.Diff(want, windowsProxies("windows", "http=proxy.example:8080;socks=192.0.2.1:1080", "<local>;*.lan")); d != "" {
		t.Error(d)
	}
	want = []exposure.ProxySetting{{Source: "winhttp", Kind: "all", URL: "http://proxy.example:8080"}}
	if d := cmp.Diff(want, windowsProxies("winhttp", "proxy.example:8080", "")); d != "" {
		t.Error(d)
	}
}

// winHTTPForm is the value as its documentation describes it; no Windows was
// there to record it on.
var winHTTPForm = []byte("\x18\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x12\x00\x00\x00proxy.example:8080\x07\x00\x00\x00<local>")

func TestWinHTTP(t *testing.T) {
	if server, past := winHTTP(winHTTPForm); server != "proxy.example:8080" || past != "<local>" {
		t.Errorf("%q, %q", server, past)
	}
	for n := range winHTTPForm {
		winHTTP(winHTTPForm[:n]) // cut anywhere: no panic
	}
}

func FuzzWinHTTP(f *testing.F) {
	f.Add(winHTTPForm)
	f.Fuzz(func(t *testing.T, b []byte) {
		if server, past := winHTTP(b); len(server)+len(past) > len(b) {
			t.Fatal("more than there was")
		}
	})
}
