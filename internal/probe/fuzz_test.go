package probe

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// fixedConn is a server that says the same whatever it is asked, and then
// closes.
type fixedConn struct{ r *bytes.Reader }

func (c fixedConn) Read(b []byte) (int, error)       { return c.r.Read(b) }
func (c fixedConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c fixedConn) Close() error                     { return nil }
func (c fixedConn) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv6loopback} }
func (c fixedConn) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv6loopback} }
func (c fixedConn) SetDeadline(time.Time) error      { return nil }
func (c fixedConn) SetReadDeadline(time.Time) error  { return nil }
func (c fixedConn) SetWriteDeadline(time.Time) error { return nil }

// fixedPeer is a host whose every port says the same.
func fixedPeer(said []byte) *peer {
	at := netip.MustParseAddrPort("192.0.2.7:9")
	return &peer{
		target: exposure.Target{Address: at.Addr()}, at: at, wide: 1, owned: true, nonce: func() uint64 { return testNonce },
		dial: func(ctx context.Context, _ exposure.Transport, to netip.AddrPort) (net.Conn, error) {
			return netio.Limits{Bytes: maxBytes}.Bound(ctx, fixedConn{bytes.NewReader(said)}, to), nil
		},
		dialFrom: func(ctx context.Context, _ uint16, to netip.AddrPort) (net.Conn, error) {
			return netio.Limits{Bytes: maxBytes}.Bound(ctx, fixedConn{bytes.NewReader(said)}, to), nil
		},
		anyPort: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return netio.Limits{Bytes: maxBytes}.Bound(ctx, fixedConn{bytes.NewReader(said)}, to), nil
		},
		exchange: func(_ context.Context, to netip.AddrPort, _ []byte, accept func([]byte) bool) ([]byte, error) {
			if accept(said) {
				return said, nil
			}
			return nil, &netio.Error{Op: "receive", Target: to, Reason: exposure.NoResponse, Err: os.ErrDeadlineExceeded}
		},
	}
}

// addRecorded seeds with what servers said in the recordings.
func addRecorded(f *testing.F, folder string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds in %s: %v", folder, err)
	}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(saidIn(string(b)))
	}
}

// saidIn is all that the server says in a recording.
func saidIn(text string) (said []byte) {
	source, _, _ := strings.Cut(text, "\n=\n")
	for line := range strings.Lines(source) {
		if d, err := readDirective(strings.TrimSuffix(line, "\n")); err == nil && strings.HasPrefix(d.verb, "S") {
			said = append(said, d.text...)
		}
	}
	return said
}

// fuzzProbe runs one probe against a peer that says anything: it must come to
// an end without a panic, and what it tells must be inert in every output.
func fuzzProbe(f *testing.F, name string, transport exposure.Transport) {
	addRecorded(f, name)
	var p Probe
	for _, q := range probes {
		if q.Name == name && q.Transport == transport {
			p = q
		}
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		h := &hunt{peer: fixedPeer(said), transport: transport}
		s := h.session(p, nil)
		s.greeted, s.unasked = said, true
		svc, err := p.run(ctx, s)
		s.close()
		judgeFuzzed(t, p.Name, svc, err)
	})
}

// inert reports what could act on a terminal.
func inert(t *testing.T, shown string) {
	t.Helper()
	for _, r := range shown {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control) {
			t.Errorf("%U in %q", r, shown)
		}
	}
}

func FuzzFTP(f *testing.F)    { fuzzProbe(f, "ftp", exposure.TCP) }
func FuzzSMTP(f *testing.F)   { fuzzProbe(f, "smtp", exposure.TCP) }
func FuzzPOP3(f *testing.F)   { fuzzProbe(f, "pop3", exposure.TCP) }
func FuzzIMAP(f *testing.F)   { fuzzProbe(f, "imap", exposure.TCP) }
func FuzzNNTP(f *testing.F)   { fuzzProbe(f, "nntp", exposure.TCP) }
func FuzzHTTP(f *testing.F)   { fuzzProbe(f, "http", exposure.TCP) }
func FuzzDNSTCP(f *testing.F) { fuzzProbe(f, "dns", exposure.TCP) }
func FuzzDNSUDP(f *testing.F) { fuzzProbe(f, "dns", exposure.UDP) }
func FuzzTelnet(f *testing.F) { fuzzProbe(f, "telnet", exposure.TCP) }
func FuzzSSH(f *testing.F)    { fuzzProbe(f, "ssh", exposure.TCP) }
func FuzzTLS(f *testing.F)    { fuzzProbe(f, "tls", exposure.TCP) }
func FuzzQUIC(f *testing.F)   { fuzzProbe(f, "quic", exposure.UDP) }
func FuzzSOCKS(f *testing.F)  { fuzzProbe(f, "socks", exposure.TCP) }
func FuzzProxy(f *testing.F)  { fuzzProbe(f, "http-proxy", exposure.TCP) }
func FuzzBanner(f *testing.F) { fuzzProbe(f, "banner", exposure.TCP) }
func FuzzGreets(f *testing.F) {
	for _, p := range All() {
		if p.Transport == exposure.TCP {
			addRecorded(f, p.Name)
		}
	}
	f.Fuzz(func(t *testing.T, first []byte) {
		for _, port := range []uint16{21, 80, 9} {
			found := leads(exposure.TCP, port, first)
			if len(first) > 0 && (len(found) == 0 || found[len(found)-1].Name != bannerName) {
				t.Errorf("leads %v: the banner is not the last", found)
			}
		}
	})
}

func FuzzKexinit(f *testing.F) {
	addRecorded(f, "ssh")
	f.Add(append([]byte{0, 0, 0, 0x74, 6, sshMsgKexinit}, make([]byte, 0x73)...))
	f.Fuzz(func(t *testing.T, stream []byte) {
		offer, err := parseKexinit(stream)
		if err == nil {
			offer.weak()
		}
		for _, list := range [][]string{offer.kex, offer.hostKeys, offer.ciphers, offer.macs} {
			if len(list) > maxSSHNames {
				t.Errorf("%d names", len(list))
			}
		}
	})
}

// FuzzDNSMessage reads replies that pass the door.
func FuzzDNSMessage(f *testing.F) {
	addRecorded(f, "dns")
	f.Fuzz(func(t *testing.T, b []byte) {
		query := dnsVersion.pack(0x1234)
		dnsReplies(query, b)
		answer, _ := parseDNS(b)
		if len(answer.texts) > 8 {
			t.Errorf("%d texts", len(answer.texts))
		}
		_, _ = dnsStream(struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(b), io.Discard}, query)
	})
}

func FuzzMySQLGreeting(f *testing.F) {
	addRecorded(f, "mysql")
	f.Add([]byte("\x01\x00\x000\xff00")) // a refusal that ends before its code
	f.Fuzz(func(t *testing.T, b []byte) {
		mysqlRefusal(b)
		if hello, ok := mysqlGreeting(b); ok && untrusted.New(hello.version, 0).Terminal() != hello.version {
			t.Errorf("version %q", hello.version)
		}
	})
}

func FuzzHTTPTitle(f *testing.F) {
	addRecorded(f, "http")
	f.Fuzz(func(t *testing.T, b []byte) {
		if title := httpTitle(b); strings.ContainsAny(title, "\r\n") {
			t.Errorf("title %q", title)
		}
	})
}

func FuzzSNMPv1(f *testing.F)  { fuzzProbe(f, "snmpv1", exposure.UDP) }
func FuzzSNMPv2c(f *testing.F) { fuzzProbe(f, "snmpv2c", exposure.UDP) }
func FuzzSNMPv3(f *testing.F)  { fuzzProbe(f, "snmpv3", exposure.UDP) }

// FuzzQUICVersions reads the list behind the ids.
func FuzzQUICVersions(f *testing.F) {
	addRecorded(f, "quic")
	f.Fuzz(func(t *testing.T, reply []byte) {
		for _, version := range quicVersions(reply) {
			if untrusted.New(version, 0).Terminal() != version {
				t.Errorf("version %q", version)
			}
		}
	})
}

// FuzzHTTPFields reads fields of a header.
func FuzzHTTPFields(f *testing.F) {
	for _, seed := range []string{"max-age=31536000; includeSubDomains", `max-age="0"`, "default-src 'self'; frame-ancestors 'none'", `h3=":443"; ma=2592000,h3-29=":443"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		if age, ok := httpMaxAge(field); ok && age < 0 {
			t.Errorf("max-age %d", age)
		}
		if sources, _ := httpFrameAncestors([]string{field}); len(sources) > len(field) {
			t.Errorf("frame-ancestors %q", sources)
		}
		httpOffersThree(field)
	})
}

// FuzzHTTPPath holds that nothing typed can end the request line.
func FuzzHTTPPath(f *testing.F) {
	for _, seed := range []string{"/", "a b", "/x?y=z#w", "/\r\nHost: elsewhere", "//elsewhere/x", "/%zz", "/日本", "? "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		if path, err := httpPath(typed); err == nil && (strings.ContainsAny(path, " \r\n\x00") || !strings.HasPrefix(path, "/")) {
			t.Errorf("%q becomes %q", typed, path)
		}
	})
}
