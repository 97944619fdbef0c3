//go:build lab

package cli_test

import (
	"fmt"
	"slices"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestStrangersAreJudgedFromOutside has servers that serve whoever asks, and the
// same servers as they come, and looks at them from outside, from their own
// network and from their own machine: the first look alone tells, of the open
// ones, what strangers get; the others tell that they do not know.
func TestStrangersAreJudgedFromOutside(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartBind(t, lab.Bind{Port: 5300, Config: `recursion yes; allow-recursion { any; }; allow-query-cache { any; };`})
	h.StartBind(t, lab.Bind{Port: 5301})
	h.StartSquid(t, lab.Squid{Port: 8080, Allow: []string{"all"}})
	h.StartSquid(t, lab.Squid{Port: 8081, Allow: []string{"192.168.77.0/24", "2608:26:20:7::/64"}})
	h.StartDante(t, lab.Dante{Port: 1080, Allow: []string{"0/0", "::/0"}})
	h.StartDante(t, lab.Dante{Port: 1081, Allow: []string{"192.168.77.0/24", "2608:26:20:7::/64"}})
	h.Run(t, "sh", "-c", "mkdir -p /srv/lab/in && chown ftp /srv/lab/in")
	h.StartVsftpd(t, lab.Vsftpd{Port: 2121, Config: "write_enable=YES\nanon_upload_enable=YES\nanon_other_write_enable=YES\nanon_umask=022"})
	h.StartVsftpd(t, lab.Vsftpd{Port: 2122})
	h.StartNTPsec(t, lab.NTPsec{Config: "unrestrict default noquery limited"})
	l.Router.NFT(t, fmt.Sprintf("add rule inet router opened ip6 daddr %s accept", h.V6))
	const notJudged = "not judged"
	judged := func(what string) []string {
		return slices.DeleteFunc([]string{what}, func(s string) bool { return s == "" })
	}
	unknown := func(served bool) string {
		if served {
			return notJudged
		}
		return ""
	}
	for _, c := range []struct {
		name, test, port string
		more             []string
		open             string // what is found from outside; empty: nothing
		loopback, lan    bool   // whether these get it
	}{
		{"bind-open", "dns", "5300", nil, "dns-open-resolver", true, true},
		{"bind", "dns", "5301", nil, "", true, true},
		{"squid-open", "proxy", "8080", nil, "open-proxy", true, true},
		{"squid", "proxy", "8081", nil, "", true, true},
		{"dante-open", "proxy", "1080", nil, "open-proxy", false, true}, // it does not listen on loopback
		{"dante", "proxy", "1081", nil, "", false, true},
		{"vsftpd-written", "ftp", "2121", []string{"--write"}, "ftp-anonymous-write", true, true},
		{"vsftpd", "ftp", "2122", []string{"--write"}, "", false, false},
		{"ntpsec-open", "ntp", "123", nil, "amplifier", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			look := func(from *lab.Host, to string) []string {
				t.Helper()
				args := append([]string{"test", c.test, to, "-p", c.port, "--timeout", "8s", "--authorized", "-f", "json"}, c.more...)
				var found []string
				d := decode[exposure.TestDocument](t, sekisho(t, from, root, args...))
				for _, f := range d.Findings {
					switch {
					case f.Rule == "not-judged-from-here", f.Rule == "open-proxy" && f.Severity == exposure.Info:
						found = append(found, notJudged)
					case slices.Contains([]string{"dns-open-resolver", "open-proxy", "ftp-anonymous-write", "amplifier"}, f.Rule):
						found = append(found, f.Rule)
					}
				}
				return found
			}
			outside := look(l.Outside, h.V6.String())
			if !slices.Equal(outside, judged(c.open)) {
				t.Errorf("from outside: %q, want %q", outside, c.open)
			}
			if lan := look(l.LAN, h.V4.String()); !slices.Equal(lan, judged(unknown(c.lan))) {
				t.Errorf("from the LAN: %q, not judged: want %v", lan, c.lan)
			}
			if loopback := look(h, "127.0.0.1"); !slices.Equal(loopback, judged(unknown(c.loopback))) {
				t.Errorf("from loopback: %q, not judged: want %v", loopback, c.loopback)
			}
		})
	}
}
