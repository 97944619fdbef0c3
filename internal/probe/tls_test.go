package probe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// certificate makes a self-signed one.
func certificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "home.example"}, DNSNames: []string{"home.example"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveTLS shakes hands and reads on.
func serveTLS(config *tls.Config) func(net.Conn) {
	return func(c net.Conn) {
		inner := tls.Server(c, config)
		if inner.Handshake() == nil {
			_, _ = io.Copy(io.Discard, inner)
		}
	}
}

// TestTLSFacts has a server with every version, an expired certificate, ten
// thousand names and a name that is not the one asked for.
func TestTLSFacts(t *testing.T) {
	t.Parallel()
	cert := certificate(t, func(c *x509.Certificate) {
		for i := range 10_000 {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("n%d.example", i))
		}
	})
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10}
	svc := identifyListener(t, listenLoopback(t), serveTLS(config), Options{
		Timeout: 20 * time.Second, Name: func(netip.Addr) string { return "other.example" },
	})
	if svc.Protocol != "tls" || svc.Confidence != exposure.Confirmed || svc.TLS == nil || svc.TLS.Certificate == nil {
		t.Fatalf("found %+v", svc)
	}
	if want := []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}; !slices.Equal(svc.TLS.Versions, want) {
		t.Errorf("versions %q, want %q", svc.TLS.Versions, want)
	}
	got := svc.TLS.Certificate
	if len(got.Names) != maxTLSNames || !got.SelfSigned || got.KeyType != "ECDSA" || got.KeyBits != 256 || got.NotAfter.Year() != 2021 {
		t.Errorf("certificate %+v", got)
	}
	if got.NameMatches == nil || *got.NameMatches {
		t.Errorf("name matches: %v", got.NameMatches)
	}
}

// TestTLSClientCertificate has a server that wants a certificate of ours, and
// says so in TLS 1.2 only after it showed its own.
func TestTLSClientCertificate(t *testing.T) {
	t.Parallel()
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate(t, func(*x509.Certificate) {})},
		ClientAuth:   tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12,
	}
	svc := identifyServer(t, serveTLS(config))
	if svc.Protocol != "tls" || svc.TLS == nil || svc.TLS.Certificate == nil || svc.TLS.Certificate.Subject.Raw() != "CN=home.example" {
		t.Fatalf("found %+v", svc)
	}
	if svc.Error == "" {
		t.Error("no word of the refusal")
	}
}

// TestTLSStrangeALPN has a server that refuses all that we offer (RFC 7301
// section 3.2): it is asked again without.
func TestTLSStrangeALPN(t *testing.T) {
	t.Parallel()
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate(t, func(*x509.Certificate) {})}, NextProtos: []string{"strange/1"},
	}
	svc := identifyServer(t, serveTLS(config))
	if svc.Protocol != "tls" || svc.TLS == nil || svc.Error != "" {
		t.Fatalf("found %+v", svc)
	}
}

// TestTLSHugeChain has a chain that crypto/tls would read for ever but for its
// bound and ours.
func TestTLSHugeChain(t *testing.T) {
	t.Parallel()
	cert := certificate(t, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3, 4}, Value: bytes.Repeat([]byte("x"), 60<<10)}}
	})
	for range 7 {
		cert.Certificate = append(cert.Certificate, cert.Certificate[0])
	}
	svc := identifyServer(t, serveTLS(&tls.Config{Certificates: []tls.Certificate{cert}}))
	if svc.Protocol != "tls" || svc.Error == "" {
		t.Fatalf("found %+v", svc)
	}
}

// TestHTTP2Only looks at a server that shakes hands for HTTP/2 alone.
func TestHTTP2Only(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Caddy")
		w.WriteHeader(http.StatusTeapot)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if !slices.Contains(hello.SupportedProtos, "h2") {
			return nil, errors.New("only h2")
		}
		return nil, nil
	}}
	server.StartTLS()
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	svc := Identify(t.Context(), exposure.Target{Address: at.Addr(), Name: "home.example"}, exposure.TCP, at.Port(), Options{Timeout: 20 * time.Second})
	if svc.Protocol != "http" || svc.Product.Raw() != "Caddy" || svc.Facts["status"] != http.StatusTeapot || svc.Banner.Raw() != "HTTP/2.0 418 I'm a teapot" || svc.Error != "" {
		t.Errorf("found %+v", svc)
	}
}

// TestHTTPOverTLS looks at real web servers, one with HTTP/2 beside HTTP/1.1 and
// one that names HTTP/2 only and speaks the other to those who do not.
func TestHTTPOverTLS(t *testing.T) {
	t.Parallel()
	for name, only := range map[string][]string{"both": {"h2", "http/1.1"}, "http2-only": {"h2"}} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Server", "Caddy")
				w.Header().Set("Strict-Transport-Security", "max-age=1")
				_, _ = io.WriteString(w, "<title>"+r.Host+"</title>")
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.EnableHTTP2 = true
			server.TLS = &tls.Config{NextProtos: only}
			server.StartTLS()
			defer server.Close()
			at := netip.MustParseAddrPort(server.Listener.Addr().String())
			svc := Identify(t.Context(), exposure.Target{Address: at.Addr(), Name: "home.example"}, exposure.TCP, at.Port(), Options{Timeout: 20 * time.Second})
			two, _ := svc.Facts.Bool("http2")
			if svc.Protocol != "http" || svc.Product.Raw() != "Caddy" || svc.Facts["status"] != 200 || !two || svc.TLS == nil || svc.Error != "" {
				t.Errorf("found %+v", svc)
			}
			if got := raw(svc.Facts.Texts("security_headers")); !slices.Equal(got, []string{"Strict-Transport-Security"}) {
				t.Errorf("security headers %q", got)
			}
			if want := "home.example:" + fmt.Sprint(at.Port()); name == "both" && svc.Facts.Text("title").Raw() != want {
				t.Errorf("asked for host %q, want %q", svc.Facts.Text("title"), want)
			}
		})
	}
}
