//go:build lab

package cli_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestThroughProxies looks from the second PC, through proxies at home, at what
// only home reaches: its own 127.0.0.1, and a name that only its hosts file has.
func TestThroughProxies(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	loopback := netip.MustParseAddr("127.0.0.1")
	h.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost inner.example\n")
	h.StartNginx(t, lab.Nginx{Addr: loopback})
	h.StartSquid(t, lab.Squid{Config: "http_access allow all"})
	h.StartSquid(t, lab.Squid{Port: 8080})
	h.StartMicrosocks(t, lab.Microsocks{Addr: h.V4})
	h.StartMicrosocks(t, lab.Microsocks{Addr: h.V4, Port: 1081, User: "me", Password: "se@cret"})
	for name, proxy := range map[string]string{
		"squid":            fmt.Sprintf("http://%s:3128", h.V4),
		"microsocks":       fmt.Sprintf("socks5://%s", h.V4),
		"microsocks-login": fmt.Sprintf("socks5h://me:se%%40cret@%s:1081", h.V4),
	} {
		t.Run(name, func(t *testing.T) {
			seen := sekisho(t, l.LAN, root, "scan", "127.0.0.1", "inner.example", "-p", "80,81", "--proxy", proxy, "--authorized", "--show", "all", "-f", "json")
			document := decode[struct {
				Observations []exposure.Observation `json:"observations"`
				Summary      exposure.ScanSummary   `json:"summary"`
			}](t, seen)
			if seen.code != 0 || len(document.Observations) != 4 || !document.Summary.Complete {
				t.Fatalf("exit code %d: %s%s", seen.code, seen.out, seen.errs)
			}
			for _, o := range document.Observations {
				state, reason := exposure.Open, exposure.ProtoResponse
				if o.Port == 81 {
					state, reason = exposure.Closed, exposure.ConnRefused
				}
				if o.State != state || o.Reason != reason || o.View != exposure.ViewProxy || o.By != h.V4.String() {
					t.Errorf("saw %+v", o)
				}
			}
			for _, host := range []string{"127.0.0.1", "inner.example"} {
				test := sekisho(t, l.LAN, root, "test", "http", host, "--expect-text", "<h1>Lab</h1>", "--proxy", proxy, "--authorized", "-f", "json")
				tested := decode[exposure.TestDocument](t, test)
				if test.code != 0 || tested.View != exposure.ViewProxy || tested.Service.Product.Raw() != "nginx" {
					t.Errorf("exit code %d: %s%s", test.code, test.out, test.errs)
				}
				tls := sekisho(t, l.LAN, root, "test", "tls", host, "--proxy", proxy, "--authorized", "-f", "json")
				if tested := decode[exposure.TestDocument](t, tls); tls.code != 0 || tested.Service.TLS == nil {
					t.Errorf("exit code %d: %s%s", tls.code, tls.out, tls.errs)
				}
				connect := sekisho(t, l.LAN, root, "connect", "host", host, "80", "--proxy", proxy, "--authorized", "-f", "json")
				var connected exposure.ConnectDocument
				if err := json.Unmarshal([]byte(connect.out), &connected); err != nil || connect.code != 0 || len(connected.Servers) != 1 || connected.Servers[0].State != exposure.Open || connected.Servers[0].Service == nil {
					t.Errorf("exit code %d, %v: %s%s", connect.code, err, connect.out, connect.errs)
				}
			}
		})
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unclear":    {[]string{"scan", "127.0.0.1", "-p", "80", "--proxy", fmt.Sprintf("http://%s:8080", h.V4), "--authorized", "--show", "all", "-f", "jsonl"}, 3, `"state":"unknown"`},
		"no-proxy":   {[]string{"scan", "127.0.0.1", "-p", "80", "--proxy", fmt.Sprintf("socks5://%s:3128", h.V4), "--authorized"}, 3, "cannot be used: i/o timeout"},
		"unreached":  {[]string{"scan", "127.0.0.1", "-p", "80", "--proxy", fmt.Sprintf("socks5://%s:9", h.V4), "--authorized"}, 3, "connection refused"},
		"login":      {[]string{"scan", "127.0.0.1", "-p", "80", "--proxy", fmt.Sprintf("socks5://me:secret@%s:1081", h.V4), "--authorized"}, 3, "it wants another user and password"},
		"udp":        {[]string{"scan", "127.0.0.1", "-p", "u:53", "--proxy", "socks5://192.0.2.1", "--authorized"}, 2, "--proxy carries TCP connections only"},
		"syn":        {[]string{"scan", "127.0.0.1", "-p", "80", "--method", "syn", "--proxy", "socks5://192.0.2.1", "--authorized"}, 2, "--proxy carries TCP connections only"},
		"consent":    {[]string{"scan", "strange.example", "-p", "80", "--proxy", "socks5://192.0.2.1"}, 2, "strange.example"},
		"other-kind": {[]string{"scan", "127.0.0.1", "-p", "80", "--proxy", "gopher://me:secret@192.0.2.1"}, 2, "no kind of proxy known here"},
		"test-udp":   {[]string{"test", "ntp", "127.0.0.1", "--proxy", fmt.Sprintf("socks5://%s", h.V4), "--authorized", "-f", "json"}, 3, "only TCP goes through a proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sekisho(t, l.LAN, root, c.args...)
			if said := r.out + r.errs; r.code != c.code || !strings.Contains(said, c.says) || strings.Contains(said, "secret") {
				t.Errorf("exit code %d, want %d and %q: %s", r.code, c.code, c.says, said)
			}
		})
	}
}
