package certificate

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// ACME says for which names a certificate is asked for, and of whom.
type ACME struct {
	Domains   []string
	Directory string // the server's URL (RFC 8555 section 7.1.1); empty: Let's Encrypt
	Email     string // where the server may write to; empty for none
	Folder    string // that keeps the account and the certificates
	// The ports of this machine where the challenges arrive: HTTP-01 comes to port
	// 80 of the name (RFC 8555 section 8.3), TLS-ALPN-01 to 443 (RFC 8737).
	HTTP, TLS int
	Log       *slog.Logger
}

// Obtain keeps certificates for the names, obtained and renewed beside the service
// until ctx ends. It returns before there is any: a handshake fails until then. What
// it wraps answers the challenges that arrive over HTTP.
func (a ACME) Obtain(ctx context.Context) (config *tls.Config, wrap func(http.Handler) http.Handler, err error) {
	silent := zap.NewNop() // what matters comes as events
	var magic *certmagic.Config
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return magic, nil }, Logger: silent,
	})
	context.AfterFunc(ctx, cache.Stop)
	magic = certmagic.New(cache, certmagic.Config{Storage: &certmagic.FileStorage{Path: a.Folder}, Logger: silent, OnEvent: a.event})
	directory := a.Directory
	if directory == "" {
		directory = certmagic.LetsEncryptProductionCA
	}
	issuer := certmagic.NewACMEIssuer(magic, certmagic.ACMEIssuer{
		CA: directory, TestCA: directory, Email: a.Email, Agreed: true, AltHTTPPort: a.HTTP, AltTLSALPNPort: a.TLS, Logger: silent,
	})
	magic.Issuers = []certmagic.Issuer{issuer}
	if err := magic.ManageAsync(ctx, a.Domains); err != nil {
		return nil, nil, fmt.Errorf("certificate for %q: %w", a.Domains, err)
	}
	config = magic.TLSConfig()
	config.MinVersion = tls.VersionTLS12
	config.NextProtos = append([]string{"h2", "http/1.1"}, config.NextProtos...)
	return config, issuer.HTTPChallengeHandler, nil
}

// event writes to the log what became of a certificate.
func (a ACME) event(_ context.Context, event string, data map[string]any) error {
	switch event {
	case "cert_obtained":
		a.Log.Info("certificate", "name", data["identifier"], "issuer", data["issuer"], "renewal", data["renewal"])
	case "cert_failed":
		a.Log.Error("certificate: not obtained, tried again later", "name", data["identifier"], "error", fmt.Sprint(data["error"]))
	}
	return nil
}
