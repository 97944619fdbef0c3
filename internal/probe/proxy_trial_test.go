package probe

import (
	"net/netip"
	"testing"

	"sekisho/internal/exposure"
)

// TestProxyTrialKnowsPrivoxy holds the test to what the probe knows: Privoxy gives
// itself away in one line of one answer only.
func TestProxyTrialKnowsPrivoxy(t *testing.T) {
	t.Parallel()
	outside := func(netip.Addr) exposure.View { return exposure.ViewOutside }
	out, steps := playTest(t, "proxy", TestOptions{Options: Options{View: outside}},
		says("HTTP/1.1 400 Invalid header received from client\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"),
		says("HTTP/1.1 503 Connect failed\r\nContent-Length: 6523\r\nContent-Type: text/html\r\n\r\n"))
	if want := "http-request ok, proxy-connect ok, proxy-strangers ok"; steps != want {
		t.Errorf("steps %q, want %q", steps, want)
	}
	if out.Service.Protocol != proxyHTTPName || out.Service.Product.Raw() != "Privoxy" {
		t.Errorf("found %s %q", out.Service.Protocol, out.Service.Product.Raw())
	}
}
