package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/tlshello"
)

var tlsTests = []Test{{
	Name: tlsName, Port: 443, Options: []Option{{Name: "alpn", Kind: Words, Default: "h2,http/1.1"}}, Run: tlsTrial,
}}

// tlsTrial shakes hands, finds every version and suite that the server agrees
// to, looks at the certificate as a client does, and at what speaks inside.
func tlsTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	step := exposure.Step{ID: "tls-handshake", Result: exposure.StepOK}
	ready := func(ctx context.Context) (net.Conn, error) {
		c, err := s.Connect(ctx)
		if err != nil {
			return nil, err
		}
		if !step.Remote.IsValid() {
			step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
		}
		return c, nil
	}
	facts, err := s.tlsHandshake(ctx, ready, t.Words("alpn")...)
	svc := exposure.Service{Protocol: tlsName, Confidence: exposure.Confirmed, TLS: facts}
	if err != nil {
		step.Result, step.Detail = exposure.StepFailed, httpDetail(cause(err))
	}
	again := func(ctx context.Context) (net.Conn, error) {
		c, err := s.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	if facts == nil && ctx.Err() == nil {
		if greetsTLS(s.said()) == Sure {
			svc.TLS = s.tlsInTheClear(ctx, again)
		} else {
			svc.TLS = s.tlsOnlySSL2(ctx, again)
		}
	}
	if svc.TLS == nil {
		t.Step(step)
		if greetsTLS(s.said()) == Sure {
			return svc, s.fail("handshake", err)
		}
		if len(s.said()) > 0 {
			err = ErrProtocol
		}
		return exposure.Service{}, s.fail("handshake", err)
	}
	step.Facts = exposure.Facts{"version": untrusted.New(svc.TLS.Versions[0], 0), "cipher": untrusted.New(svc.TLS.Cipher, 0), "alpn": texts(svc.TLS.ALPN, 1)}
	t.Step(step)
	s.Learn(svc)
	s.tlsTryAll(ctx, again, svc.TLS, t)
	s.Learn(svc)
	s.tlsHoldCertificate(svc.TLS, s.chain(), t)
	if err != nil {
		return svc, s.fail("handshake", err)
	}
	return s.tlsLookInside(ctx, svc, t), nil
}

// tlsTryAll finds every version and suite, and the size of the group of an
// ephemeral exchange.
func (s *Session) tlsTryAll(ctx context.Context, ready tlsReady, facts *exposure.TLS, t *Trial) {
	facts.Versions = append(s.tlsOlder(ctx, ready, facts.Versions[0]), facts.Versions...)
	if oldest := tlsVersionName(tlshello.SSL20); facts.Versions[0] != oldest && s.tlsSpeaksSSL2(ctx, ready) {
		facts.Versions = append([]string{oldest}, facts.Versions...)
	}
	t.Step(exposure.Step{ID: "tls-versions", Result: exposure.StepOK, Facts: exposure.Facts{"versions": texts(facts.Versions, len(facts.Versions))}})
	step := exposure.Step{ID: "tls-ciphers", Result: exposure.StepSkipped, Why: "only-tls13"}
	defer func() { t.Step(step) }()
	i := slices.IndexFunc(tlsVersions, func(v uint16) bool { return slices.Contains(facts.Versions, tlsVersionName(v)) })
	if i < 0 {
		if len(facts.WeakCiphers) > 0 { // of SSL 2.0 alone
			step.Result, step.Why = exposure.StepOK, ""
			step.Facts = exposure.Facts{"weak": texts(facts.WeakCiphers, maxTLSAsked)}
		}
		return
	}
	for _, version := range slices.Backward(tlsVersions) {
		if !slices.Contains(facts.Versions, tlsVersionName(version)) {
			continue
		}
		for _, name := range s.tlsAccepted(ctx, ready, version, tlshello.All()) {
			if !slices.Contains(facts.Ciphers, name) {
				facts.Ciphers = append(facts.Ciphers, name)
			}
		}
		if a, err := s.tlsAsk(ctx, ready, version, tlshello.Ephemeral(), true); err == nil && !a.Refused {
			facts.DHBits = a.DHBits
		}
		break
	}
	facts.WeakCiphers = nil
	for _, name := range facts.Ciphers {
		if (tlshello.Suite{Name: name}).Weak() {
			facts.WeakCiphers = append(facts.WeakCiphers, name)
		}
	}
	step.Result, step.Why = exposure.StepOK, ""
	step.Facts = exposure.Facts{"ciphers": texts(facts.Ciphers, maxTLSAsked)}
	if len(facts.WeakCiphers) > 0 {
		step.Facts["weak"] = texts(facts.WeakCiphers, maxTLSAsked)
	}
	if facts.DHBits > 0 {
		step.Facts["dh_bits"] = facts.DHBits
	}
}

// tlsHoldCertificate holds the certificate to what a client asks of it: its
// dates, its name, and an authority that this machine trusts.
func (s *Session) tlsHoldCertificate(facts *exposure.TLS, chain []*x509.Certificate, t *Trial) {
	if facts.Certificate == nil {
		t.Step(exposure.Step{ID: "tls-dates", Result: exposure.StepSkipped, Why: "no-certificate"})
		return
	}
	now, c := time.Now(), facts.Certificate
	dates := exposure.Step{ID: "tls-dates", Result: exposure.StepOK, Facts: exposure.Facts{
		"days_left": int(c.NotAfter.Sub(now).Hours() / 24),
		"not_after": untrusted.New(c.NotAfter.UTC().Format(time.RFC3339), 0),
	}}
	switch {
	case now.After(c.NotAfter):
		dates.Result, dates.Why = exposure.StepRefused, "certificate-expired"
	case now.Before(c.NotBefore):
		dates.Result, dates.Why = exposure.StepRefused, "certificate-not-yet"
	}
	t.Step(dates)
	name := exposure.Step{ID: "tls-name", Result: exposure.StepSkipped, Why: "no-name", Facts: exposure.Facts{"names": c.Names}}
	if c.NameMatches != nil {
		name.Asked, name.Result, name.Why = s.Name(), exposure.StepOK, ""
		if !*c.NameMatches {
			name.Result, name.Why = exposure.StepRefused, "other-name"
		}
	}
	t.Step(name)
	roots, err := x509.SystemCertPool()
	if err != nil || len(chain) == 0 {
		t.Step(exposure.Step{ID: "tls-chain", Result: exposure.StepSkipped, Why: "no-roots", Facts: exposure.Facts{"chain": facts.Chain}})
		return
	}
	t.Step(tlsHoldChain(facts, chain, roots, now))
}

// tlsHoldChain checks the chain against the authorities that are trusted here
// (RFC 5280 section 6); dates and name are steps of their own.
func tlsHoldChain(facts *exposure.TLS, chain []*x509.Certificate, roots *x509.CertPool, now time.Time) exposure.Step {
	step := exposure.Step{ID: "tls-chain", Result: exposure.StepOK, Facts: exposure.Facts{"chain": facts.Chain}}
	between := x509.NewCertPool()
	for _, cert := range chain[1:] {
		between.AddCert(cert)
	}
	if leaf := chain[0]; now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		now = leaf.NotAfter
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now})
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		return step
	case facts.Certificate.SelfSigned:
		step.Why = "self-signed"
	case facts.IssuerMissing:
		step.Why = "issuer-missing"
	case errors.As(err, &unknown):
		step.Why = "unknown-authority"
	default:
		step.Detail = httpDetail(err)
	}
	step.Result = exposure.StepRefused
	return step
}

// tlsLookInside finds out what speaks inside.
func (s *Session) tlsLookInside(ctx context.Context, svc exposure.Service, t *Trial) exposure.Service {
	inside, cancel := context.WithTimeout(ctx, tlsInside)
	defer cancel()
	inner, err := (&hunt{peer: s.peer, transport: exposure.TCP, secure: svc.TLS}).run(inside)
	if inner.Confidence == exposure.NoConfidence {
		t.Step(exposure.Step{ID: "tls-inside", Result: exposure.StepUnknown})
		return svc
	}
	step := exposure.Step{ID: "tls-inside", Result: exposure.StepOK, Said: inner.Banner, Facts: exposure.Facts{"protocol": untrusted.New(inner.Protocol, 0)}}
	if err != nil {
		step.Detail = httpDetail(err)
	}
	t.Step(step)
	inner.TLS = svc.TLS
	return inner
}
