package probe

import (
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/text/encoding/japanese"

	"sekisho/internal/exposure"
)

// trial runs a test against a port of loopback.
func trial(t *testing.T, name string, at netip.AddrPort, values map[string]string) Outcome {
	t.Helper()
	o := TestOptions{Port: at.Port(), Values: map[string][]string{}}
	for option, value := range values {
		o.Values[option] = []string{value}
	}
	out, err := RunTest(t.Context(), name, exposure.Target{Address: at.Addr(), Name: "home.example"}, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// results are the steps of an outcome, each as id, result and why.
func results(out Outcome) []string {
	var list []string
	for _, s := range out.Steps {
		list = append(list, strings.TrimSpace(s.ID+" "+s.Result.String()+" "+s.Why))
	}
	return list
}

func holdSteps(t *testing.T, out Outcome, want ...string) {
	t.Helper()
	if got := results(out); !slices.Equal(got, want) {
		t.Errorf("steps\n%s\nwant\n%s\n%+v", strings.Join(got, "\n"), strings.Join(want, "\n"), out)
	}
}

// pages is a web server with all that the test looks at.
func pages(t *testing.T, secure bool) netip.AddrPort {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=63072000")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
		w.Header().Set("Alt-Svc", `h3=":443"; ma=86400`)
		fmt.Fprintf(w, "<title>here</title>%s", strings.Repeat("x", 5000)+"needle")
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://192.0.2.9/", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/other-scheme", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://home.example/", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/?moved", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 100 {
			if _, err := z.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
		_ = z.Close()
	})
	mux.HandleFunc("/packed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, "a needle")
		_ = z.Close()
	})
	mux.HandleFunc("/sjis", func(w http.ResponseWriter, r *http.Request) {
		b, _ := japanese.ShiftJIS.NewEncoder().Bytes([]byte("<title>ルーター設定</title>"))
		_, _ = w.Write(b)
	})
	server := httptest.NewUnstartedServer(mux)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

func TestHTTPTrial(t *testing.T) {
	t.Parallel()
	at := pages(t, false)
	out := trial(t, "http", at, map[string]string{"expect-status": "200", "expect-text": "needle"})
	holdSteps(t, out, "http-request ok", "http-expect-status ok", "http-expect-text ok")
	if age := out.Service.Facts["hsts_max_age"]; age != 63072000 || out.Service.Facts.Text("frame_ancestors").Raw() != "'none'" || out.Service.Facts["http3"] != true {
		t.Errorf("facts %v", out.Service.Facts)
	}
	for _, c := range []struct {
		path, text, status string
		want               []string
	}{
		{"/", "", "", []string{"http-request ok"}},
		{"/", "nothing like it", "404", []string{"http-request ok", "http-expect-status refused other-status", "http-expect-text refused text-not-found"}},
		{"/moved", "needle", "", []string{"http-request ok", "http-redirect ok", "http-request ok", "http-expect-text ok"}},
		{"/moved", "", "301", []string{"http-request ok", "http-expect-status ok"}},
		{"/away", "", "", []string{"http-request ok", "http-redirect skipped redirect-elsewhere"}},
		{"/other-scheme", "", "", []string{"http-request ok", "http-redirect skipped redirect-elsewhere"}},
		{"/packed", "needle", "", []string{"http-request ok", "http-expect-text ok"}},
		{"/bomb", "needle", "", []string{"http-request ok", "http-expect-text failed"}},
		{"/sjis", "ルーター設定", "", []string{"http-request ok", "http-expect-text ok"}},
	} {
		out := trial(t, "http", at, map[string]string{"path": c.path, "expect-text": c.text, "expect-status": c.status})
		holdSteps(t, out, c.want...)
	}
	round := trial(t, "http", at, map[string]string{"path": "/round"})
	if got := results(round); len(got) != 11 || got[10] != "http-redirect failed redirects-endless" {
		t.Errorf("steps %q", got)
	}
}

func TestHTTPSTrial(t *testing.T) {
	t.Parallel()
	out := trial(t, "https", pages(t, true), map[string]string{"expect-status": "200"})
	holdSteps(t, out, "tls-handshake ok", "http-request ok", "http-expect-status ok", "http-2 ok", "http-3 failed quic-silent")
	if two, _ := out.Service.Facts.Bool("http2"); !two || out.Service.TLS == nil {
		t.Errorf("found %+v", out.Service)
	}
}

func TestTLSTrial(t *testing.T) {
	t.Parallel()
	cert := certificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(36 * time.Hour) })
	for name, c := range map[string]struct {
		config *tls.Config
		want   []string
	}{
		"old": {
			&tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS11, MaxVersion: tls.VersionTLS12, CipherSuites: tlsSuites, NextProtos: []string{"h2"}},
			[]string{"tls-handshake ok", "tls-versions ok", "tls-ciphers ok", "tls-dates ok", "tls-name ok", "tls-chain refused self-signed", "tls-inside unknown"},
		},
		"new": {
			&tls.Config{Certificates: []tls.Certificate{certificate(t, func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} })}, MinVersion: tls.VersionTLS13},
			[]string{"tls-handshake ok", "tls-versions ok", "tls-ciphers skipped only-tls13", "tls-dates refused certificate-expired", "tls-name refused other-name", "tls-chain refused self-signed", "tls-inside unknown"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := listenLoopback(t)
			at := netip.MustParseAddrPort(l.Addr().String())
			serveAll(l, serveTLS(c.config))
			out := trial(t, "tls", at, nil)
			holdSteps(t, out, c.want...)
			if name == "old" && (len(out.Service.TLS.WeakCiphers) == 0 || len(out.Service.TLS.Ciphers) < 5 || out.Steps[3].Facts["days_left"] != 1) {
				t.Errorf("found %+v", out)
			}
		})
	}
}

func TestTLSTrialOfNoTLS(t *testing.T) {
	t.Parallel()
	l := listenLoopback(t)
	serveAll(l, func(c net.Conn) { _, _ = io.WriteString(c, "220 hello\r\n") })
	out := trial(t, "tls", netip.MustParseAddrPort(l.Addr().String()), nil)
	holdSteps(t, out, "tls-handshake failed")
	if out.Service.Protocol != "" || out.Service.Error != "tls: handshake: peer does not speak the protocol" {
		t.Errorf("found %+v", out.Service)
	}
}

// TestTLSHoldChain holds chains to authorities that are trusted.
func TestTLSHoldChain(t *testing.T) {
	t.Parallel()
	leaf, issuer, root := issued(t)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for _, c := range []struct {
		chain []*x509.Certificate
		roots *x509.CertPool
		want  string
	}{
		{[]*x509.Certificate{leaf, issuer}, roots, "ok "},
		{[]*x509.Certificate{leaf}, roots, "refused issuer-missing"},
		{[]*x509.Certificate{leaf, issuer}, x509.NewCertPool(), "refused unknown-authority"},
		{[]*x509.Certificate{root}, x509.NewCertPool(), "refused self-signed"},
	} {
		facts := &exposure.TLS{}
		(&Session{peer: &peer{}}).tlsChainFacts(facts, c.chain)
		step := tlsHoldChain(facts, c.chain, c.roots, leaf.NotAfter.AddDate(1, 0, 0))
		if got := step.Result.String() + " " + step.Why; got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func serveAll(l net.Listener, serve func(net.Conn)) {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
}

func TestSSHTrial(t *testing.T) {
	t.Parallel()
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, errors.New("no") }}
	addSSHKeys(t, config)
	l := listenLoopback(t)
	serveAll(l, func(c net.Conn) {
		if conn, _, _, err := ssh.NewServerConn(c, config); err == nil {
			_ = conn.Close()
		}
	})
	at := netip.MustParseAddrPort(l.Addr().String())
	out := trial(t, "ssh", at, nil)
	holdSteps(t, out, "ssh-version ok", "ssh-algorithms ok", "ssh-host-keys ok", "ssh-auth-methods ok")
	key := out.Service.Facts.Texts("host_keys")[0].Raw()
	fingerprint := key[strings.LastIndex(key, " ")+1:]
	out = trial(t, "ssh", at, map[string]string{"expect-fingerprint": strings.TrimPrefix(fingerprint, "SHA256:")})
	holdSteps(t, out, "ssh-version ok", "ssh-algorithms ok", "ssh-host-keys ok", "ssh-expect-fingerprint ok", "ssh-auth-methods ok")
	out = trial(t, "ssh", at, map[string]string{"expect-fingerprint": "SHA256:AAAA"})
	if got := results(out)[3]; got != "ssh-expect-fingerprint refused other-host-key" {
		t.Error(got)
	}
	quiet := listenLoopback(t)
	serveAll(quiet, func(c net.Conn) { _, _ = io.WriteString(c, "220 hello\r\n") })
	holdSteps(t, trial(t, "ssh", netip.MustParseAddrPort(quiet.Addr().String()), nil), "ssh-version failed")
}

func TestTelnetTrial(t *testing.T) {
	t.Parallel()
	for said, want := range map[string][]string{
		"\xff\xfd\x18\xff\xfb\x01BusyBox\r\nlogin: ": {"telnet-negotiate ok", "telnet-prompt ok"},
		"Router login: ":           {"telnet-negotiate skipped no-negotiation", "telnet-prompt ok"},
		"\xff\xfb\x01\xff\xfb\x03": {"telnet-negotiate failed", "telnet-prompt failed no-prompt"},
		"220 hello\r\n":            {"telnet-negotiate failed"},
	} {
		l := listenLoopback(t)
		serveAll(l, func(c net.Conn) {
			_, _ = io.WriteString(c, said)
			_, _ = c.Read(make([]byte, 64))
		})
		out := trial(t, "telnet", netip.MustParseAddrPort(l.Addr().String()), nil)
		holdSteps(t, out, want...)
		if strings.HasPrefix(said, "\xff\xfd") && out.Steps[0].Asked != "WONT TERMINAL-TYPE, DO ECHO" {
			t.Errorf("answered %q", out.Steps[0].Asked)
		}
	}
}
