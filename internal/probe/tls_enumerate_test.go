package probe

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"sekisho/internal/exposure"
)

// TestTLSWeakSuites has a server of old versions with suites that must not be
// used any more beside a good one.
func TestTLSWeakSuites(t *testing.T) {
	t.Parallel()
	config := &tls.Config{
		Certificates: []tls.Certificate{certificate(t, func(*x509.Certificate) {})}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
	}
	svc := identifyListener(t, listenLoopback(t), serveTLS(config), Options{Timeout: 20 * time.Second})
	if svc.TLS == nil || !slices.Equal(svc.TLS.Versions, []string{"TLS 1.0", "TLS 1.1", "TLS 1.2"}) ||
		!slices.Equal(svc.TLS.WeakCiphers, []string{"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"}) {
		t.Errorf("found %+v", svc.TLS)
	}
}

// TestTLSAfterAgreement has servers that speak in the clear first and then agree
// to TLS, with a suite that must not be used any more beside a good one, and
// alone with what crypto/tls does not speak.
func TestTLSAfterAgreement(t *testing.T) {
	t.Parallel()
	cert := certificate(t, func(*x509.Certificate) {})
	config := &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA},
	}
	for name, words := range map[string][]string{
		"ftp":  {"220 home.example FTP server ready\r\n", "AUTH TLS\r\n", "234 go on\r\n", "502 no\r\n"},
		"smtp": {"220 home.example ESMTP\r\n", "STARTTLS\r\n", "220 go on\r\n", "250-home.example\r\n250 STARTTLS\r\n"},
		"pop3": {"+OK POP3 ready\r\n", "STLS\r\n", "+OK go on\r\n", "+OK\r\nSTLS\r\n.\r\n"},
	} {
		agree := func(serve func(net.Conn)) func(net.Conn) {
			return func(c net.Conn) {
				in := newConn(c)
				_, err := io.WriteString(c, words[0])
				for err == nil {
					var line []byte
					if line, err = in.r.ReadBytes('\n'); string(line) == words[1] {
						_, _ = io.WriteString(c, words[2])
						serve(c)
						return
					} else if err == nil {
						_, err = io.WriteString(c, words[3])
					}
				}
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inside := func(c net.Conn) {
				inner := tls.Server(c, config)
				in := newConn(inner)
				err := inner.Handshake()
				for err == nil {
					if _, err = in.r.ReadBytes('\n'); err == nil {
						_, err = io.WriteString(inner, words[3])
					}
				}
			}
			svc := identifyListener(t, listenLoopback(t), agree(inside), Options{Timeout: 5 * time.Second})
			if svc.Protocol != name || svc.TLS == nil || !slices.Equal(svc.TLS.Versions, []string{"TLS 1.0", "TLS 1.1", "TLS 1.2"}) ||
				!slices.Equal(svc.TLS.WeakCiphers, []string{"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"}) {
				t.Errorf("found %+v of %+v", svc.TLS, svc)
			}
			svc = identifyListener(t, listenLoopback(t), agree(serveOldTLS(cert.Certificate[0])), Options{Timeout: 5 * time.Second})
			if got := svc.TLS; svc.Protocol != name || got == nil || !got.StartTLS || !slices.Equal(got.Versions, []string{"SSL 3.0"}) || got.DHBits != 512 {
				t.Errorf("found %+v of %+v", svc.TLS, svc)
			}
		})
	}
}

// TestTLSInTheClear has a server with which crypto/tls has no suite in common
// and which shows its certificate all the same: SSL 3.0, ephemeral
// Diffie-Hellman in a group of 512 bits.
func TestTLSInTheClear(t *testing.T) {
	t.Parallel()
	der := certificate(t, func(*x509.Certificate) {}).Certificate[0]
	svc := identifyListener(t, listenLoopback(t), serveOldTLS(der), Options{Timeout: 20 * time.Second})
	got := svc.TLS
	if svc.Protocol != "tls" || svc.Confidence != exposure.Confirmed || got == nil || got.Certificate == nil || svc.Error == "" {
		t.Fatalf("found %+v", svc)
	}
	if !slices.Equal(got.Versions, []string{"SSL 3.0"}) || got.Cipher != "TLS_DHE_RSA_WITH_DES_CBC_SHA" || got.DHBits != 512 || got.Certificate.Subject.Raw() != "CN=home.example" {
		t.Errorf("found %+v", got)
	}
}

// serveOldTLS is a server of long ago: whatever it is asked, it answers in SSL
// 3.0.
func serveOldTLS(der []byte) func(net.Conn) {
	message := func(kind byte, body []byte) []byte {
		return append([]byte{kind, 0, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	hello := append(append([]byte{3, 0}, make([]byte, 32)...), 0, 0, 0x15, 0)
	listed := append([]byte{0, byte(len(der) >> 8), byte(len(der))}, der...)
	chain := append([]byte{0, byte(len(listed) >> 8), byte(len(listed))}, listed...)
	exchange := append([]byte{0, 65, 0, 0x80}, make([]byte, 63)...)
	flight := slices.Concat(message(2, hello), message(11, chain), message(12, exchange), message(14, nil))
	record := append(binary.BigEndian.AppendUint16([]byte{22, 3, 0}, uint16(len(flight))), flight...)
	return func(c net.Conn) {
		if _, err := c.Read(make([]byte, 4096)); err == nil {
			_, _ = c.Write(record)
			_, _ = io.Copy(io.Discard, c)
		}
	}
}

// serveSSL2 is a server that says hello in SSL 2.0 to whoever does, and hands
// others on.
func serveSSL2(der []byte, others func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		b := newConn(c)
		first, err := b.r.Peek(1)
		if err != nil {
			return
		}
		if first[0]&0x80 == 0 {
			others(b)
			return
		}
		hello := append([]byte{4, 0, 1, 0, 2, byte(len(der) >> 8), byte(len(der)), 0, 6, 0, 16}, der...)
		hello = append(append(hello, 1, 0, 0x80, 7, 0, 0xc0), make([]byte, 16)...)
		_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, 0x8000|uint16(len(hello))), hello...))
		_, _ = io.Copy(io.Discard, c)
	}
}

// TestTLSSpeaksSSL2 has a server that speaks SSL 2.0 beside the newer versions,
// and in depth one that speaks nothing else and one that leaves out what lies
// between.
func TestTLSSpeaksSSL2(t *testing.T) {
	t.Parallel()
	own := certificate(t, func(*x509.Certificate) {})
	der := own.Certificate[0]
	old := serveTLS(&tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS10})
	svc := identifyListener(t, listenLoopback(t), serveSSL2(der, old), Options{Timeout: 20 * time.Second})
	if svc.TLS == nil || !slices.Equal(svc.TLS.Versions, []string{"SSL 2.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}) {
		t.Errorf("found %+v", svc.TLS)
	}
	for name, c := range map[string]struct {
		others   func(net.Conn)
		versions []string
	}{
		"alone": {func(c net.Conn) { _ = c.Close() }, []string{"SSL 2.0"}},
		"gap":   {serveTLS(&tls.Config{Certificates: []tls.Certificate{own}, MinVersion: tls.VersionTLS13}), []string{"SSL 2.0", "TLS 1.3"}},
	} {
		l := listenLoopback(t)
		serveAll(l, serveSSL2(der, c.others))
		at := netip.MustParseAddrPort(l.Addr().String())
		out, err := RunTest(t.Context(), tlsName, exposure.Target{Address: at.Addr()}, TestOptions{Port: at.Port()})
		if err != nil || out.Service.TLS == nil || !slices.Equal(out.Service.TLS.Versions, c.versions) || out.Service.TLS.Certificate == nil {
			t.Fatalf("%s: %+v, %v", name, out.Service, err)
		}
		if weak := out.Service.TLS.WeakCiphers; name == "alone" && !slices.Equal(weak, []string{"SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"}) {
			t.Errorf("weak %q", weak)
		}
	}
}

// issued makes a chain: a root, an issuer below it and a leaf that names where
// the issuer can be fetched.
func issued(t *testing.T) (leaf, issuer, root *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(name string, by *x509.Certificate, url ...string) *x509.Certificate {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IssuingCertificateURL: url,
			NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC), BasicConstraintsValid: true, IsCA: name != "leaf",
		}
		if by == nil {
			by = c
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	root = sign("root", nil)
	issuer = sign("issuer", root)
	return sign("leaf", issuer, "http://issuer.example/issuer.cer"), issuer, root
}

func TestTLSIssuerMissing(t *testing.T) {
	t.Parallel()
	leaf, issuer, root := issued(t)
	for _, c := range []struct {
		chain []*x509.Certificate
		want  bool
	}{
		{[]*x509.Certificate{leaf}, true},
		{[]*x509.Certificate{leaf, root}, true},
		{[]*x509.Certificate{leaf, issuer}, false},
		{[]*x509.Certificate{leaf, root, issuer}, false},
		{[]*x509.Certificate{root}, false},
		{[]*x509.Certificate{issuer}, false}, // of a private authority: nothing says that there is more
	} {
		if got := tlsIssuerMissing(c.chain); got != c.want {
			t.Errorf("%v: %v", c.chain, got)
		}
	}
}

// TestTLSWeakSignature reads a certificate that is signed with SHA-1, which
// the library reads and no longer makes.
func TestTLSWeakSignature(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "home.example"}}
	issuer := &x509.Certificate{Subject: pkix.Name{CommonName: "issuer"}}
	der, err := x509.CreateCertificate(rand.Reader, c, issuer, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	var parts struct {
		TBS       asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &parts); err != nil {
		t.Fatal(err)
	}
	sha256WithRSA, sha1WithRSA := []byte{42, 134, 72, 134, 247, 13, 1, 1, 11}, []byte{42, 134, 72, 134, 247, 13, 1, 1, 5}
	tbs := bytes.ReplaceAll(parts.TBS.FullBytes, sha256WithRSA, sha1WithRSA)
	sum := sha1.Sum(tbs)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	parts.TBS = asn1.RawValue{FullBytes: tbs}
	parts.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}
	parts.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	if der, err = asn1.Marshal(parts); err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	svc := identifyListener(t, listenLoopback(t), serveTLS(config), Options{Timeout: 20 * time.Second})
	if svc.TLS == nil || !slices.Equal(svc.TLS.WeakSignatures, []string{"SHA1-RSA"}) {
		t.Errorf("found %+v", svc.TLS)
	}
}
