package probe

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
)

// datagramTests are the tests that ask in datagrams first.
var datagramTests = []string{"stun", "sip", "ssdp", "mdns", "coap", "quic", "echo", "discard", "daytime", "qotd", "chargen", "time", "cldap", "mssql-browser"}

// TestDatagramTestsMeetHostilePeers gives each test a server that is silent,
// not there, answers without sense or with lies about lengths: it ends, says so
// in a step, and finds nothing.
func TestDatagramTestsMeetHostilePeers(t *testing.T) {
	for _, name := range datagramTests {
		for kind, script := range map[string][]directive{
			"silent": {{"...", ""}}, "unreachable": {{"RST", ""}},
			"garbled": {{"S:", "\xff\xfe\x00\x80\x1b[2J\x00"}, {"...", ""}},
			"endless": {{"S*", strings.Repeat("\x00", 512)}},
			"trickle": {{"S1", "\x00\x00\x00\x00\x00"}},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					end := time.Now().Add(DefaultTestTimeout)
					ctx, cancel := context.WithDeadline(t.Context(), end)
					defer cancel()
					test, p, _ := testNamed(name)
					play := &player{t: t, end: end, scripts: [][]directive{script}, always: script}
					out := runTest(ctx, play.peer(exposure.UDP, netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), test.Port), "home.example"), p, test, TestOptions{})
					cancel()
					play.servers.Wait()
					if len(out.Steps) == 0 {
						t.Error("no step was told")
					}
					inert(t, out.Service.Error)
					if name == "discard" && (kind == "silent" || kind == "trickle") {
						return // as it should be, or as good as that
					}
					if out.Service.Error == "" || out.Service.Protocol != "" || slices.ContainsFunc(out.Steps, func(s exposure.Step) bool { return s.Result == exposure.StepOK }) {
						t.Errorf("%+v, %+v", out.Steps, out.Service)
					}
				})
			})
		}
	}
}

func TestNamesOfServicesArePlain(t *testing.T) {
	for name, want := range map[string]string{
		`Lab._http._tcp.local.`: "Lab._http._tcp.local.", `My\ Printer\.2._ipp._tcp.local.`: "My Printer.2._ipp._tcp.local.",
		`\227\130\130._ipp`: "\u3082._ipp", `\`: `\`, `a\1`: "a1", `\300x`: "300x", `\\x`: `\x`, "": "",
	} {
		if got := mdnsPlain(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}
