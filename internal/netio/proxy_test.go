package netio

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/socks"
)

func TestParseProxy(t *testing.T) {
	for text, want := range map[string]Proxy{
		"socks5://192.0.2.7":                    {SOCKS: true, Host: "192.0.2.7", At: netip.MustParseAddrPort("192.0.2.7:1080")},
		"socks5h://me:se%40cret@[::1]:1081":     {SOCKS: true, Host: "::1", At: netip.MustParseAddrPort("[::1]:1081"), User: "me", Password: "se@cret"},
		"http://192.0.2.7":                      {Host: "192.0.2.7", At: netip.MustParseAddrPort("192.0.2.7:3128")},
		"http://me@192.0.2.7:8080/":             {Host: "192.0.2.7", At: netip.MustParseAddrPort("192.0.2.7:8080"), User: "me"},
		"https://proxy.example":                 {TLS: true, Host: "proxy.example", At: netip.AddrPortFrom(netip.Addr{}, 443)},
		"https://me:x@192.0.2.7:3129":           {TLS: true, Host: "192.0.2.7", At: netip.MustParseAddrPort("192.0.2.7:3129"), User: "me", Password: "x"},
		"http://proxy.example:8080":             {Host: "proxy.example", At: netip.AddrPortFrom(netip.Addr{}, 8080)},
		"socks5://me:" + strings.Repeat("x", 9): {SOCKS: true},
	} {
		got, err := ParseProxy(text)
		if want.Host == "" {
			if err == nil {
				t.Errorf("%s: %+v", text, got)
			}
			continue
		}
		if err != nil || *got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "192.0.2.7:1080", "ftp://192.0.2.7", "socks4://192.0.2.7", "http://", "http://x:0", "http://x:99999", "http://x/path", "socks5://" + strings.Repeat("x", 256) + ":y@h"} {
		if p, err := ParseProxy(text); err == nil {
			t.Errorf("%q: %+v", text, p)
		}
	}
}

// proxyThatSays is a proxy that says its lines in turn, each after something
// came, and then gives the word to what is behind.
func proxyThatSays(t *testing.T, scheme, login string, lines ...string) (*Proxy, <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	heard := make(chan string, 16)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for _, line := range lines {
			buf := make([]byte, 4096)
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			heard <- string(buf[:n])
			if _, err := io.WriteString(c, line); err != nil {
				return
			}
		}
		if len(lines) > 0 {
			_, _ = io.Copy(io.Discard, c)
		}
	}()
	p, err := ParseProxy(scheme + "://" + login + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return p, heard
}

func TestDialThroughAProxy(t *testing.T) {
	const granted = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	code := func(c byte) string { return "\x05" + string(rune(c)) + granted[2:] }
	for name, c := range map[string]struct {
		scheme, login string
		says          []string
		heard         []string // the beginning of each
		reason        exposure.Reason
		err           string
	}{
		"socks":             {"socks5", "", []string{"\x05\x00", granted + "220 hi"}, []string{"\x05\x01\x00", "\x05\x01\x00\x01\xc0\x00\x02\x09\x00\x15"}, "", ""},
		"socks-login":       {"socks5", "me:pw@", []string{"\x05\x02", "\x01\x00", granted + "220 hi"}, []string{"\x05\x02\x00\x02", "\x01\x02me\x02pw"}, "", ""},
		"socks-login-wrong": {"socks5", "me:pw@", []string{"\x05\x02", "\x01\x01"}, nil, exposure.LocalError, "it wants another user and password"},
		"socks-login-none":  {"socks5", "", []string{"\x05\xff"}, nil, exposure.LocalError, "it wants another user and password"},
		"socks-refused":     {"socks5", "", []string{"\x05\x00", code(5)}, nil, exposure.ConnRefused, "connection refused"},
		"socks-host":        {"socks5", "", []string{"\x05\x00", code(4)}, nil, exposure.HostUnreach, "host unreachable"},
		"socks-net":         {"socks5", "", []string{"\x05\x00", code(3)}, nil, exposure.NetUnreach, "network unreachable"},
		"socks-expired":     {"socks5", "", []string{"\x05\x00", code(6)}, nil, exposure.TimeExceeded, "TTL expired"},
		"socks-unclear":     {"socks5", "", []string{"\x05\x00", code(1)}, nil, exposure.LocalError, "general failure"},
		"socks-rule":        {"socks5", "", []string{"\x05\x00", code(2)}, nil, exposure.LocalError, "not allowed by ruleset"},
		"socks-is-http":     {"socks5", "", []string{"HTTP/1.1 400 Bad Request\r\n\r\n"}, nil, exposure.LocalError, "it does not speak the protocol of its URL"},
		"socks-hangs-up":    {"socks5", "", nil, nil, exposure.LocalError, ""},
		"http":              {"http", "", []string{"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n220 hi"}, []string{"CONNECT 192.0.2.9:21 HTTP/1.1\r\nHost: 192.0.2.9:21\r\n"}, "", ""},
		"http-login":        {"http", "me:pw@", []string{"HTTP/1.0 200 OK\r\n\r\n220 hi"}, []string{"CONNECT 192.0.2.9:21 HTTP/1.1\r\nHost: 192.0.2.9:21\r\nUser-Agent: sekisho\r\nProxy-Authorization: Basic bWU6cHc=\r\n\r\n"}, "", ""},
		"http-407":          {"http", "", []string{"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"}, nil, exposure.LocalError, "it wants another user and password"},
		"http-403":          {"http", "", []string{"HTTP/1.1 403 Forbidden\r\n\r\n"}, nil, exposure.LocalError, "answers 403"},
		"http-503":          {"http", "", []string{"HTTP/1.1 503 Service Unavailable\r\n\r\n"}, nil, exposure.LocalError, "answers 503"},
		"http-504":          {"http", "", []string{"HTTP/1.1 504 Gateway Timeout\r\n\r\n"}, nil, exposure.NoResponse, "answers 504"},
		"squid-refused":     {"http", "", []string{"HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n"}, nil, exposure.ConnRefused, "answers 503"},
		"squid-other":       {"http", "", []string{"HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 99\r\n\r\n"}, nil, exposure.LocalError, "answers 503"},
		"squid-name":        {"http", "", []string{"HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0\r\n\r\n"}, nil, exposure.LocalError, "answers 503"},
		"proxy-status":      {"http", "", []string{"HTTP/1.1 502 Bad Gateway\r\nProxy-Status: x; error=connection_timeout\r\n\r\n"}, nil, exposure.NoResponse, "answers 502"},
		"http-garbled":      {"http", "", []string{"220 ready\r\n\r\n"}, nil, exposure.LocalError, "it does not speak the protocol of its URL"},
		"http-endless":      {"http", "", []string{"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 8000)}, nil, exposure.LocalError, "it does not speak the protocol of its URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, heard := proxyThatSays(t, c.scheme, c.login, c.says...)
			d := &Dialer{Proxy: p, Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
			to := netip.MustParseAddrPort("192.0.2.9:21")
			conn, err := d.Dial(t.Context(), exposure.TCP, to)
			for _, want := range c.heard {
				if got := <-heard; !strings.HasPrefix(got, want) {
					t.Errorf("the proxy heard %q, want %q", got, want)
				}
			}
			if c.reason != "" {
				var e *Error
				if !errors.As(err, &e) || e.Reason != c.reason || e.Target != to || !strings.Contains(e.Err.Error(), c.err) || strings.Contains(e.Error(), "pw") {
					t.Fatalf("%v, want %s: %s", err, c.reason, c.err)
				}
				if by := p.At.Addr().String(); (e.By == by) == (c.reason == exposure.LocalError) {
					t.Errorf("by %q", e.By)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			greeting := make([]byte, 6)
			if _, err := io.ReadFull(conn, greeting); err != nil || string(greeting) != "220 hi" {
				t.Errorf("behind the proxy: %q, %v", greeting, err)
			}
		})
	}
}

func TestAProxyResolvesNames(t *testing.T) {
	for scheme, want := range map[string]string{
		"socks5": "\x05\x01\x00\x03\x0chome.example\x00\x15",
		"http":   "CONNECT home.example:21 HTTP/1.1\r\n",
	} {
		says := []string{"HTTP/1.1 200 OK\r\n\r\n"}
		if scheme == "socks5" {
			says = []string{"\x05\x00", "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"}
		}
		p, heard := proxyThatSays(t, scheme, "", says...)
		d := &Dialer{Proxy: p, Name: "home.example", Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
		conn, err := d.Dial(t.Context(), exposure.TCP, netip.AddrPortFrom(Behind(300), 21))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		got := <-heard
		if scheme == "socks5" {
			got = <-heard
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", scheme, got, want)
		}
	}
	if !ByName(Behind(1)) || ByName(netip.MustParseAddr("192.0.2.9")) {
		t.Error("stand-ins are mistaken")
	}
}

func TestWhatNoProxyCarries(t *testing.T) {
	p, err := ParseProxy("socks5://127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	d := &Dialer{Proxy: p}
	if _, err := d.Dial(t.Context(), exposure.UDP, netip.MustParseAddrPort("192.0.2.9:53")); !Local(err) || !strings.Contains(err.Error(), "only TCP goes through a proxy") {
		t.Error(err)
	}
	if _, err := Exchange(t.Context(), d, netip.MustParseAddrPort("192.0.2.9:53"), nil, nil); !Local(err) {
		t.Error(err)
	}
	silent, _ := proxyThatSays(t, "http", "", "")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (&Dialer{Proxy: silent}).Dial(ctx, exposure.TCP, netip.MustParseAddrPort("192.0.2.9:53")); !Local(err) {
		t.Errorf("a proxy that says nothing says something of the target: %v", err)
	}
}

func FuzzProxyAnswer(f *testing.F) {
	for _, seed := range []string{"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 503 x\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\n\r\n", "220 ready\r\n\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, header []byte) {
		if reason, err := proxyAnswer(header); (reason == "") != (err == nil) {
			t.Errorf("%q, %v", reason, err)
		}
	})
}

func FuzzParseProxy(f *testing.F) {
	f.Add("socks5://:")
	f.Add("socks5://me:secret@[::1]:1081")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := ParseProxy(text); err == nil && (p.At.Port() == 0 || p.Host == "") {
			t.Errorf("%q: %+v", text, p)
		}
	})
}

// talker is a peer that says one thing, whatever it hears.
type talker struct {
	net.Conn
	said *strings.Reader
}

func (t talker) Read(b []byte) (int, error)  { return t.said.Read(b) }
func (t talker) Write(b []byte) (int, error) { return len(b), nil }

func (t talker) SetReadDeadline(time.Time) error { return nil }

// FuzzTunnel has a proxy of either kind say anything.
func FuzzTunnel(f *testing.F) {
	for _, seed := range []string{"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", "\x05\x02\x01\x00\x05\x05\x00\x03\x01x\x00\x00", "HTTP/1.1 200 OK\r\n\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, said string) {
		p := &Proxy{User: "me", Password: "pw"}
		for _, tunnel := range []func(net.Conn, socks.Target) (exposure.Reason, error){p.tunnelSOCKS, p.tunnelHTTP} {
			reason, err := tunnel(talker{said: strings.NewReader(said)}, socks.Target{Name: "home.example", Port: 21})
			if (reason == "") != (err == nil) {
				t.Errorf("%q, %v", reason, err)
			}
		}
	})
}

// TestDialThroughAProxyInTLS connects through an HTTPS proxy, which has to show
// a certificate that is trusted before it hears a password.
func TestDialThroughAProxyInTLS(t *testing.T) {
	heard := make(chan string, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard <- r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n220 hi")
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	defer server.Close()
	p, err := ParseProxy(strings.Replace(server.URL, "https://", "https://me:pw@", 1))
	if err != nil {
		t.Fatal(err)
	}
	d := &Dialer{Proxy: p, Limits: Limits{Deadline: time.Now().Add(time.Minute)}}
	to := netip.MustParseAddrPort("192.0.2.9:21")
	var e *Error
	if _, err := d.Dial(t.Context(), exposure.TCP, to); !errors.As(err, &e) || e.Reason != exposure.LocalError || !errors.Is(err, ErrProxy) || !strings.Contains(err.Error(), "tls") {
		t.Fatalf("a certificate of nobody's: %v", err)
	}
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(server.Certificate())
	c, err := d.Dial(t.Context(), exposure.TCP, to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := <-heard; got != "CONNECT 192.0.2.9:21 Basic bWU6cHc=" {
		t.Errorf("the proxy heard %q", got)
	}
	if b, err := io.ReadAll(c); err != nil || string(b) != "220 hi" {
		t.Errorf("%q, %v", b, err)
	}
}
