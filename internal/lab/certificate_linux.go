package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// writeCertificate makes cert.pem and key.pem in a directory of the host: a
// certificate for its name in the domain example that nobody else has signed.
func (h *Host) writeCertificate(t T, dir string, expires time.Time) {
	t.Helper()
	if expires.IsZero() {
		expires = time.Now().AddDate(0, 0, 90)
	}
	cert, key, err := selfSigned(h.Name+".example", expires)
	if err != nil {
		t.Fatalf("%s: certificate: %v", h.Name, err)
	}
	h.WriteFile(t, dir+"/cert.pem", cert)
	h.WriteFile(t, dir+"/key.pem", key)
}

// selfSigned makes a certificate that is valid for 90 days until it expires,
// and its key.
func selfSigned(name string, expires time.Time) (cert, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    expires.AddDate(0, 0, -90).Add(-time.Hour),
		NotAfter:     expires,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	armour := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return armour("CERTIFICATE", der), armour("PRIVATE KEY", pkcs8), nil
}
