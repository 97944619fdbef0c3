//go:build linux && lab

package probe_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
	"sekisho/internal/probe"
	"sekisho/internal/untrusted"
)

// tested runs a test from one host against a port of another. The values are
// options of the test, name and value in turn.
func tested(t *testing.T, from *lab.Host, name string, to netip.AddrPort, values ...string) probe.Outcome {
	t.Helper()
	o := probe.TestOptions{Port: to.Port(), Values: map[string][]string{}}
	for i := 0; i+1 < len(values); i += 2 {
		o.Values[values[i]] = []string{values[i+1]}
	}
	out, err := probe.RunTestThrough(t.Context(), from.Do, name, exposure.Target{Address: to.Addr(), Name: "home.example"}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// steps holds what became of the steps, each as id, result and why.
func steps(t *testing.T, out probe.Outcome, want ...string) {
	t.Helper()
	var got []string
	for _, s := range out.Steps {
		got = append(got, strings.TrimSpace(s.ID+" "+s.Result.String()+" "+s.Why))
	}
	if !slices.Equal(got, want) {
		t.Errorf("steps\n%s\nwant\n%s\nof %+v", strings.Join(got, "\n"), strings.Join(want, "\n"), out)
	}
}

// TestWebServers tests nginx and Apache, in the clear and inside TLS.
func TestWebServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartNginx(t, lab.Nginx{Config: "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0; location = /old { return 301 /; } location = /away { return 301 https://elsewhere.example/; }"})
	h.StartApache(t, lab.Apache{Port: 8000, TLSPort: 8443, Expires: time.Now().AddDate(0, 0, -3), Config: "Header always set X-Frame-Options DENY"})
	for _, a := range []netip.Addr{h.V4, h.V6} {
		steps(t, tested(t, l.LAN, "http", netip.AddrPortFrom(a, 80), "path", "/old", "expect-status", "200", "expect-text", "<h1>Lab</h1>"),
			"http-request ok", "http-redirect ok", "http-request ok", "http-expect-status ok", "http-expect-text ok")
		steps(t, tested(t, l.LAN, "http", netip.AddrPortFrom(a, 80), "path", "/away"), "http-request ok", "http-redirect skipped redirect-elsewhere")
		steps(t, tested(t, l.LAN, "https", netip.AddrPortFrom(a, 443), "path", "/nothing", "expect-status", "200"),
			"tls-handshake ok", "http-request ok", "http-expect-status refused other-status", "http-2 ok", "http-3 skipped no-http3")
		out := tested(t, l.LAN, "https", netip.AddrPortFrom(a, 8443))
		steps(t, out, "tls-handshake ok", "http-request ok", "http-2 ok", "http-3 skipped no-http3")
		if s := out.Service; s.Product.Raw() != "Apache httpd" || !strings.HasPrefix(s.Version.Raw(), "2.4.") || len(s.Facts.Texts("security_headers")) != 1 {
			t.Errorf("found %+v", s)
		}
		identify(t, l.LAN, a, exposure.TCP, 8000, found{protocol: "http", product: "Apache httpd", version: "2.4.", facts: exposure.Facts{"status": 200}})

		out = tested(t, l.LAN, "tls", netip.AddrPortFrom(a, 443))
		steps(t, out, "tls-handshake ok", "tls-versions ok", "tls-ciphers ok", "tls-dates ok", "tls-name ok", "tls-chain refused self-signed", "tls-inside ok")
		if s := out.Service; s.Protocol != "http" || !slices.Equal(s.TLS.Versions, []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}) || len(s.TLS.WeakCiphers) == 0 || len(s.TLS.Ciphers) < 10 {
			t.Errorf("found %+v", s.TLS)
		}
		steps(t, tested(t, l.LAN, "tls", netip.AddrPortFrom(a, 8443)),
			"tls-handshake ok", "tls-versions ok", "tls-ciphers ok", "tls-dates refused certificate-expired", "tls-name ok", "tls-chain refused self-signed", "tls-inside ok")
	}
}

// TestLoginServers tests OpenSSH, Dropbear and telnetd.
func TestLoginServers(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSshd(t, lab.Sshd{Config: "PasswordAuthentication no\nHostKeyAlgorithms +ssh-rsa\nCiphers +aes128-cbc"})
	h.StartDropbear(t, lab.Dropbear{Port: 2222})
	h.StartTelnetd(t, lab.Telnetd{})
	for _, a := range []netip.Addr{h.V4, h.V6} {
		out := tested(t, l.LAN, "ssh", netip.AddrPortFrom(a, 22))
		steps(t, out, "ssh-version ok", "ssh-algorithms ok", "ssh-host-keys ok", "ssh-auth-methods ok")
		weak := out.Service.Facts.Texts("weak_algorithms")
		for _, want := range []string{"ssh-rsa", "aes128-cbc"} {
			if !slices.ContainsFunc(weak, func(name untrusted.Text) bool { return name.Raw() == want }) {
				t.Errorf("weak algorithms %v, want %s", weak, want)
			}
		}
		// The fingerprints are those that the server's own tool shows.
		for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
			line := strings.Fields(h.Run(t, "ssh-keygen", "-l", "-f", "/etc/ssh/lab-22/"+kind+".pub"))
			steps(t, tested(t, l.LAN, "ssh", netip.AddrPortFrom(a, 22), "expect-fingerprint", line[1]),
				"ssh-version ok", "ssh-algorithms ok", "ssh-host-keys ok", "ssh-expect-fingerprint ok", "ssh-auth-methods ok")
		}
		out = tested(t, l.LAN, "ssh", netip.AddrPortFrom(a, 2222))
		steps(t, out, "ssh-version ok", "ssh-algorithms ok", "ssh-host-keys ok", "ssh-auth-methods ok")
		if s := out.Service; s.Product.Raw() != "Dropbear" || !strings.HasPrefix(s.Version.Raw(), "20") || len(s.Facts.Texts("host_keys")) != 2 {
			t.Errorf("found %+v", s)
		}
		out = tested(t, l.LAN, "telnet", netip.AddrPortFrom(a, 23))
		steps(t, out, "telnet-negotiate ok", "telnet-prompt ok")
	}
}

// TestProxies asks proxies that serve their own network only and such that
// serve everybody, from both sides of the router. What they are asked for never
// leaves the host that they run on.
func TestProxies(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	own := []string{"192.168.77.0/24"}
	h.StartSquid(t, lab.Squid{Allow: own})
	h.StartSquid(t, lab.Squid{Port: 8080, Allow: []string{"all"}})
	h.StartDante(t, lab.Dante{Allow: own})
	h.StartDante(t, lab.Dante{Port: 1081, Allow: []string{"0/0"}})
	h.StartMicrosocks(t, lab.Microsocks{Port: 9050, User: "me", Password: "secret"})
	h.StartApache(t, lab.Apache{Config: "ProxyRequests On"})
	for _, port := range []uint16{3128, 8080, 1080, 1081, 9050, 80} {
		l.Forward(t, "tcp", port, port)
	}
	for _, c := range []struct {
		port            uint16
		protocol        string
		product         string
		inside, outside bool
	}{
		{3128, "http-proxy", "squid", true, false},
		{8080, "http-proxy", "squid", true, true},
		{1080, "socks", "", true, false},
		{1081, "socks", "", true, true},
		{9050, "socks", "", false, false},
	} {
		identify(t, l.LAN, h.V4, exposure.TCP, c.port, found{protocol: c.protocol, product: c.product, facts: exposure.Facts{"proxy_serves": c.inside}})
		identify(t, l.Outside, l.Router.V4, exposure.TCP, c.port, found{protocol: c.protocol, product: c.product, facts: exposure.Facts{"proxy_serves": c.outside}})
	}
}

// TestProxyTrial tests the same proxies in depth.
func TestProxyTrial(t *testing.T) {
	l := lab.New(t)
	h := l.Home
	h.StartSquid(t, lab.Squid{Allow: []string{"192.168.77.0/24"}})
	h.StartSquid(t, lab.Squid{Port: 8080, Config: "auth_param basic program /bin/false\nacl known proxy_auth REQUIRED\nhttp_access allow known"})
	h.StartDante(t, lab.Dante{Allow: []string{"192.168.77.0/24"}})
	h.StartMicrosocks(t, lab.Microsocks{Port: 9050, User: "me", Password: "secret"})
	h.StartNginx(t, lab.Nginx{})
	l.Forward(t, "tcp", 3128, 3128)
	l.Forward(t, "tcp", 1080, 1080)
	at := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(h.V4, port) }
	outside := func(port uint16) netip.AddrPort { return netip.AddrPortFrom(l.Router.V4, port) }
	steps(t, tested(t, l.LAN, "proxy", at(3128)), "http-request ok", "proxy-connect ok", "proxy-strangers skipped not-judged-from-here")
	steps(t, tested(t, l.LAN, "proxy", at(1080)), "socks-methods ok", "proxy-connect ok", "socks4 ok", "proxy-strangers skipped not-judged-from-here")
	steps(t, tested(t, l.LAN, "proxy", at(80)), "http-request ok", "proxy-connect refused no-proxy")
	steps(t, tested(t, l.LAN, "proxy", at(9050)), "socks-methods ok", "proxy-connect refused login-wanted", "socks4 refused no-socks4", "proxy-strangers skipped not-judged-from-here")
	// The same test as seen from the Internet.
	for port, want := range map[uint16][]string{
		3128: {"http-request ok", "proxy-connect refused", "proxy-strangers ok"},
		1080: {"socks-methods ok", "proxy-connect refused", "socks4 ok", "proxy-strangers ok"},
	} {
		out, err := probe.RunTestThrough(t.Context(), l.Outside.Do, "proxy", exposure.Target{Address: l.Router.V4}, probe.TestOptions{
			Port: outside(port).Port(), Options: probe.Options{View: func(netip.Addr) exposure.View { return exposure.ViewOutside }},
		})
		if err != nil {
			t.Fatal(err)
		}
		steps(t, out, want...)
		if serves, known := out.Service.Facts.Bool("proxy_serves"); serves || !known {
			t.Errorf("port %d: found %+v", port, out.Service)
		}
	}
	// A login of the user's own.
	for password, want := range map[string][]string{
		"secret": {"socks-methods ok", "proxy-connect ok", "socks4 refused no-socks4", "proxy-strangers skipped logged-in"},
		"wrong":  {"socks-methods ok", "proxy-connect refused login-refused", "socks4 refused no-socks4", "proxy-strangers skipped logged-in"},
	} {
		out, err := probe.RunTestThrough(t.Context(), l.LAN.Do, "proxy", exposure.Target{Address: h.V4}, probe.TestOptions{
			Port: 9050, User: "me", Password: func() (string, error) { return password, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		steps(t, out, want...)
	}
}

// TestTerrapin has ProFTPD's SSH server count packets strictly, and not.
func TestTerrapin(t *testing.T) {
	for options, want := range map[string]bool{"": false, "SFTPOptions NoStrictKex": true} {
		l := lab.New(t)
		l.Home.Run(t, "ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-m", "PEM", "-f", "/etc/proftpd-rsa")
		l.Home.StartProFTPD(t, lab.ProFTPD{Port: 2022, Config: "LoadModule mod_sftp.c\nSFTPEngine on\nSFTPHostKey /etc/proftpd-rsa\nSFTPCiphers aes256-ctr aes256-cbc\n" + options + "\n"})
		svc := identify(t, l.LAN, l.Home.V4, exposure.TCP, 2022, found{protocol: "ssh", product: "ProFTPD mod_sftp"})
		if got := svc.Facts.Texts("terrapin_ciphers"); (len(got) == 1 && got[0].Raw() == "aes256-cbc") != want || len(got) > 1 {
			t.Errorf("%q: %v of %v", options, got, svc.Facts["kex_algorithms"])
		}
	}
}
