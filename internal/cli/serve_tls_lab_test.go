//go:build linux && lab

package cli_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// pair writes a certificate of its own issuer for a name.
func pair(t *testing.T, cert, key, name string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	inKey, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: inKey}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is the certificate that a server shows at an address, nil for none.
func shown(t *testing.T, h *lab.Host, address, name string, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	var conn net.Conn
	if err := h.Do(func() (err error) {
		conn, err = net.DialTimeout("tcp", address, 10*time.Second)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	client := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: roots, InsecureSkipVerify: roots == nil}) //nolint:gosec // which it is, is what is asked
	if client.Handshake() != nil {
		return nil
	}
	return client.ConnectionState().PeerCertificates[0]
}

// TestTLSFromFiles: what renews the files is seen without a restart, and a pair that
// does not belong together leaves the last one in place.
func TestTLSFromFiles(t *testing.T) {
	l := lab.New(t)
	dir := t.TempDir()
	cert, key := dir+"/cert.pem", dir+"/key.pem"
	pair(t, cert, key, "first.example")
	serving(t, l.Outside, root, "--tls-cert", cert, "--tls-key", key)
	at := l.Outside.V4.String()
	named := func(name string) bool {
		c := shown(t, l.Home, at+":443", "", nil)
		return c != nil && c.Subject.CommonName == name
	}
	if !named("first.example") {
		t.Fatal("not the certificate of the files")
	}
	c := from(l.Home)
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // of this test's own making
	c.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var who exposure.Whoami
	r := askAPI(t, c, "GET", "https://"+at+"/api/v1/whoami", "", &who)
	if who.Address != l.Router.V4 || r.Header.Get("Strict-Transport-Security") == "" || r.ProtoMajor != 2 {
		t.Errorf("%+v %s %v", who, r.Proto, r.Header)
	}
	if r := askAPI(t, c, "GET", "http://"+at+"/api/v1/whoami", "", nil); r.StatusCode != 308 || r.Header.Get("Location") != "https://"+at+"/api/v1/whoami" {
		t.Errorf("plain HTTP: %s %v", r.Status, r.Header)
	}
	if err := os.WriteFile(key, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !named("first.example") {
		t.Error("a broken key ends TLS")
	}
	pair(t, cert, key, "second.example")
	waitFor(t, func() bool { return named("second.example") })
}

// TestACME has a certificate obtained from a real ACME server, Pebble, by the
// challenges of port 80 and port 443.
func TestACME(t *testing.T) {
	l := lab.New(t)
	dir := t.TempDir()
	pair(t, dir+"/ca.pem", dir+"/ca.key", "acme.example")
	l.Outside.WriteFile(t, "/etc/hosts", "127.0.0.1 localhost\n"+l.Outside.V4.String()+" scan.example acme.example\n")
	l.Outside.StartPebble(t, dir+"/ca.pem", dir+"/ca.key")
	t.Setenv("SSL_CERT_FILE", dir+"/ca.pem")
	serving(t, l.Outside, root, "--acme-domain", "scan.example", "--acme-url", "https://acme.example:14000/dir", "--acme-folder", dir+"/acme")
	waitFor(t, func() bool {
		c := shown(t, l.Home, l.Outside.V4.String()+":443", "scan.example", nil)
		return c != nil && len(c.DNSNames) == 1 && c.DNSNames[0] == "scan.example"
	})
	if c := shown(t, l.Home, l.Outside.V4.String()+":443", "other.example", nil); c != nil && c.DNSNames[0] != "scan.example" {
		t.Errorf("for another name it shows %v", c.DNSNames)
	}
}
