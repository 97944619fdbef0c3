//go:build lab

package cli_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// ftpHelper is the kernel's own helper for FTP behind NAT (nf_conntrack_ftp and
// nf_nat_ftp) on the router: it reads control connections, writes its address
// over that of the server and lets the port through that was told.
const ftpHelper = `
	table ip helper {
		ct helper ftp-standard {
			type "ftp" protocol tcp
		}
		chain pre {
			type filter hook prerouting priority filter
			iifname "wan" tcp dport 21 ct helper set "ftp-standard"
		}
	}
`

// ftpRange forwards a range of ports and lets it through over IPv6.
func ftpRange(t *testing.T, l *lab.Lab, low, high int) {
	t.Helper()
	l.Router.NFT(t, fmt.Sprintf(`
		add rule inet router prerouting iifname "wan" meta nfproto ipv4 tcp dport %[1]d-%[2]d dnat ip to %[3]s
		add rule inet router opened ip6 daddr %[4]s tcp dport %[1]d-%[2]d accept
	`, low, high, l.Home.V4, l.Home.V6))
}

// TestFTPBehindNAT puts a server behind the router in the situations that
// people meet, and holds that each is named by what it is, from outside.
func TestFTPBehindNAT(t *testing.T) {
	const (
		ranged = "pasv_min_port=50000\npasv_max_port=50010\n"
		from20 = "connect_from_port_20=YES\n"
		told   = "pasv_address=26.10.0.2\n" // the router's, which the lab always has
	)
	works := map[string]string{"pasv": "ok", "epsv": "ok", "port": "ok", "eprt": "ok"}
	for _, c := range []struct {
		name   string
		config string
		tls    bool
		v6     bool
		router func(t *testing.T, l *lab.Lab)
		want   []string // findings about data
		modes  map[string]string
	}{
		{"pasv_and_port_good", told + ranged + from20, false, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, nil, works},
		{"pasv_private_address", ranged + from20, false, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, []string{"ftp-passive-address"}, works},
		{"pasv_wrong_range", told + from20 + "pasv_min_port=40000\npasv_max_port=40010\n", false, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, []string{"ftp-passive-blocked"}, map[string]string{"pasv": "silent", "port": "ok"}},
		{"pasv_blocked", told + ranged + from20, false, false, func(t *testing.T, l *lab.Lab) {
			ftpRange(t, l, 50000, 50010)
			l.Home.Filter(t, lab.Input, "tcp dport 50000-50010", lab.Drop)
		}, []string{"ftp-passive-blocked"}, map[string]string{"pasv": "silent", "epsv": "silent", "port": "ok", "eprt": "ok"}},
		{"port_blocked_at_the_server", told + ranged + from20, false, false, func(t *testing.T, l *lab.Lab) {
			ftpRange(t, l, 50000, 50010)
			l.Home.Filter(t, lab.Output, "tcp sport 20 tcp flags & (syn | ack) == syn", lab.Drop)
		}, []string{"ftp-active-blocked"}, map[string]string{"pasv": "ok", "epsv": "ok", "port": "silent", "eprt": "silent"}},
		{"port_blocked_on_this_side", told + ranged + from20, false, false, func(t *testing.T, l *lab.Lab) {
			ftpRange(t, l, 50000, 50010)
			l.Outside.Filter(t, lab.Input, "ct state new", lab.Drop)
		}, []string{"ftp-active-blocked"}, map[string]string{"pasv": "ok", "port": "silent"}},
		{"port_refused", told + ranged + "port_enable=NO\n", false, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, []string{"ftp-active-refused"}, map[string]string{"pasv": "ok", "port": "refused", "eprt": "refused"}},
		{"tls_with_a_range", told + ranged + from20, true, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, nil, works},
		{"router_with_helper", from20, false, false, func(t *testing.T, l *lab.Lab) { l.Router.NFT(t, ftpHelper) }, nil, works},
		{"router_with_helper_and_tls", from20, true, false, func(t *testing.T, l *lab.Lab) { l.Router.NFT(t, ftpHelper) }, []string{"ftp-nat-helper-tls"}, map[string]string{"pasv": "silent", "pasv_clear": "ok", "port": "ok"}},
		{"router_without_helper", from20, false, false, func(*testing.T, *lab.Lab) {}, []string{"ftp-passive-address", "ftp-passive-blocked"}, map[string]string{"pasv": "silent", "port": "ok"}},
		{"ipv6_let_through", ranged + from20, false, true, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, nil, map[string]string{"epsv": "ok", "eprt": "ok", "pasv": "", "port": ""}},
		{"ipv6_filtered", ranged + from20, false, true, func(*testing.T, *lab.Lab) {}, []string{"ftp-passive-blocked"}, map[string]string{"epsv": "silent", "eprt": "ok"}},
		{"control_only", told + ranged + "port_enable=NO\n", false, false, func(*testing.T, *lab.Lab) {}, []string{"ftp-active-refused", "ftp-control-only", "ftp-passive-blocked"}, map[string]string{"pasv": "silent", "port": "refused"}},
		{"port_20_forwarded", told + ranged + from20, false, false, func(t *testing.T, l *lab.Lab) {
			ftpRange(t, l, 50000, 50010)
			l.Forward(t, "tcp", 20, 20)
		}, []string{"ftp-port-20-let-in"}, works},
		{"not_from_port_20", told + ranged, false, false, func(t *testing.T, l *lab.Lab) { ftpRange(t, l, 50000, 50010) }, []string{"ftp-active-source-port"}, works},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			l.Forward(t, "tcp", 21, 21)
			c.router(t, l)
			// vsftpd has no address to tell once it listens over IPv6.
			to, server := l.Router.V4, lab.Vsftpd{Addr: l.Home.V4, TLS: c.tls, Config: c.config}
			if c.v6 {
				to, server.Addr = l.Home.V6, l.Home.V6
			}
			l.Home.StartVsftpd(t, server)
			d := ftpDocument(t, l.Outside, to)
			for mode, word := range c.modes {
				if got := d.Service.Facts.Text(mode).Raw(); got != word {
					t.Errorf("%s is %q, want %q", mode, got, word)
				}
			}
			var got []string
			for _, f := range d.Findings {
				if strings.HasPrefix(f.Rule, "ftp-") && f.Rule != "ftp-cleartext-login" && f.Rule != "ftp-anonymous" {
					got = append(got, f.Rule)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("findings %q, want %q", got, c.want)
			}
			if t.Failed() {
				for _, s := range d.Steps {
					t.Logf("%s %s %s %q %q %s %s %v %s", s.ID, s.Result, s.Why, s.Asked, s.Said, s.Local, s.Remote, s.Facts, s.Detail)
				}
				t.Logf("%v %s", d.Service.Facts, d.Service.Error)
			}
		})
	}
}

// TestFTPFromBehindNAT has the test itself stand behind a router: the server
// takes the private address of PORT for somebody else's, which is held against
// nobody. With a helper on that router it works.
func TestFTPFromBehindNAT(t *testing.T) {
	for name, helped := range map[string]bool{"without_helper": false, "with_helper": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			if helped {
				l.Router.NFT(t, strings.Replace(ftpHelper, `"wan"`, `"lan"`, 1))
			}
			l.Outside.StartVsftpd(t, lab.Vsftpd{Addr: l.Outside.V4, Config: "connect_from_port_20=YES"})
			d := ftpDocument(t, l.LAN, l.Outside.V4)
			want := "refused"
			if helped {
				want = "ok"
			}
			if got := d.Service.Facts.Text("port").Raw(); got != want || d.Service.Facts.Text("pasv").Raw() != "ok" {
				t.Errorf("PORT is %q, want %q; PASV is %q", got, want, d.Service.Facts.Text("pasv"))
			}
			i := slices.IndexFunc(d.Findings, func(f exposure.Finding) bool { return strings.HasPrefix(f.Rule, "ftp-active-") })
			switch {
			case helped && i >= 0:
				t.Errorf("finds %+v", d.Findings[i])
			case !helped && (i < 0 || d.Findings[i].Severity != exposure.Info || !strings.Contains(d.Findings[i].Meaning, "nothing about the server")):
				t.Errorf("findings %+v", d.Findings)
			}
		})
	}
}

// ftpDocument runs the test of FTP in a host, in little time.
func ftpDocument(t *testing.T, from *lab.Host, to netip.Addr) exposure.TestDocument {
	t.Helper()
	r := sekisho(t, from, root, "test", "ftp", to.String(), "-f", "json", "--authorized", "--timeout", "20s")
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.errs)
	}
	return decode[exposure.TestDocument](t, r)
}
