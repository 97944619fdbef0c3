package probe

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/tlshello"
)

// tlsReady opens a connection up to the point where the ClientHello goes.
type tlsReady func(context.Context) (net.Conn, error)

// readyFor opens a connection and goes through the steps in which a server of a
// text protocol agrees to TLS.
func (s *Session) readyFor(steps ...func(c *Conn) error) tlsReady {
	return func(ctx context.Context) (net.Conn, error) {
		c, err := s.Connect(ctx)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			if err := step(c); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
}

// skipLine is the step that reads a greeting of one line.
func skipLine(c *Conn) error {
	_, err := c.Line()
	return err
}

// Bounds of what is read of an answer in the clear: a ServerHello stands at its
// beginning, a chain of certificates needs what crypto/tls allows for one.
const (
	maxTLSHello  = 4 << 10
	maxTLSAnswer = 64 << 10
)

// tlsAsk shows a ClientHello of our own to the server and reads its answer: the
// beginning, or all that comes in the clear. crypto/tls speaks neither the
// oldest version nor the worst suites, so it could not find them.
func (s *Session) tlsAsk(ctx context.Context, ready tlsReady, version uint16, suites []uint16, whole bool) (tlshello.Answer, error) {
	c, err := ready(ctx)
	if err != nil {
		return tlshello.Answer{}, err
	}
	defer c.Close()
	hello := tlshello.Hello{Version: version, Suites: suites, Name: s.tlsServerName()}
	if _, err := rand.Read(hello.Random[:]); err != nil {
		return tlshello.Answer{}, err
	}
	if _, err := c.Write(hello.Bytes()); err != nil {
		return tlshello.Answer{}, err
	}
	limit := maxTLSHello
	if whole {
		limit = maxTLSAnswer
	}
	said := make([]byte, 0, 2048)
	for buf := make([]byte, 2048); len(said) < limit; {
		n, err := c.Read(buf)
		said = append(said, buf[:n]...)
		a, parsed := tlshello.Parse(said)
		if !errors.Is(parsed, tlshello.ErrShort) || !whole && a.Version != 0 {
			return a, nil
		}
		if err != nil {
			return a, err
		}
	}
	a, err := tlshello.Parse(said)
	return a, err
}

// tlsServerName is the name for SNI, which must not be an address (RFC 6066
// section 3).
func (s *Session) tlsServerName() string {
	if name := s.Name(); net.ParseIP(name) == nil {
		return name
	}
	return ""
}

// tlsVersions are the versions that a ClientHello can ask for, the oldest first.
var tlsVersions = []uint16{tlshello.SSL30, tlshello.TLS10, tlshello.TLS11, tlshello.TLS12}

// tlsVersionName is the name of a version as people write it.
func tlsVersionName(version uint16) string {
	switch version {
	case tlshello.SSL20:
		return "SSL 2.0"
	case tlshello.SSL30:
		return "SSL 3.0"
	}
	return tls.VersionName(version)
}

// tlsOlder returns which versions older than the best one work too, each tried
// on a connection of its own, the oldest first. Who speaks SSL 3.0 speaks TLS
// 1.0, so without that neither it nor SSL 2.0 is asked for.
func (s *Session) tlsOlder(ctx context.Context, ready tlsReady, best string) []string {
	var names []string
	works := make([]bool, len(tlsVersions))
	try := func(i int) {
		a, _ := s.tlsAsk(ctx, ready, tlsVersions[i], tlshello.All(), false)
		works[i] = !a.Refused && a.Version == tlsVersions[i]
	}
	var tries sync.WaitGroup
	for i := 1; i < len(tlsVersions) && tlsVersionName(tlsVersions[i]) != best; i++ {
		tries.Go(func() { careful(func() { try(i) }) })
	}
	tries.Wait()
	if works[1] || best == tlsVersionName(tlshello.TLS10) {
		try(0)
		if s.tlsSpeaksSSL2(ctx, ready) {
			names = append(names, tlsVersionName(tlshello.SSL20))
		}
	}
	for i, version := range tlsVersions {
		if works[i] {
			names = append(names, tlsVersionName(version))
		}
	}
	return names
}

// tlsAsk2 shows a hello of SSL 2.0 to the server.
func (s *Session) tlsAsk2(ctx context.Context, ready tlsReady) (tlshello.Answer2, error) {
	c, err := ready(ctx)
	if err != nil {
		return tlshello.Answer2{}, err
	}
	defer c.Close()
	var challenge [16]byte
	_, _ = rand.Read(challenge[:]) // never fails
	if _, err := c.Write(tlshello.Hello2(challenge)); err != nil {
		return tlshello.Answer2{}, err
	}
	said := make([]byte, 0, 2048)
	for buf := make([]byte, 2048); ; {
		n, err := c.Read(buf)
		said = append(said, buf[:n]...)
		a, parsed := tlshello.Parse2(said)
		if !errors.Is(parsed, tlshello.ErrShort) {
			return a, parsed
		}
		if err != nil {
			return a, err
		}
	}
}

// tlsSpeaksSSL2 reports whether the server agrees to SSL 2.0, the oldest version
// and the only one whose hello has another shape.
func (s *Session) tlsSpeaksSSL2(ctx context.Context, ready tlsReady) bool {
	_, err := s.tlsAsk2(ctx, ready)
	return err == nil
}

// maxTLSAsked bounds the connections that one list of suites is worth. A server
// chooses one suite of those it is shown, so each one that it has costs one.
const maxTLSAsked = 64

// tlsAccepted returns the names of the suites that the server agrees to in a
// version, in the order of its choice.
func (s *Session) tlsAccepted(ctx context.Context, ready tlsReady, version uint16, suites []uint16) []string {
	var names []string
	for left := slices.Clone(suites); len(left) > 0 && len(names) < maxTLSAsked; {
		a, err := s.tlsAsk(ctx, ready, version, left, false)
		i := slices.Index(left, a.Suite)
		if err != nil || a.Refused || a.Version != version || i < 0 {
			break
		}
		suite, _ := tlshello.ByID(a.Suite)
		names = append(names, suite.Name)
		left = slices.Delete(left, i, i+1)
	}
	return names
}

// tlsWeak returns the weak suites that the server agrees to, asked in the newest
// of its versions that has any.
func (s *Session) tlsWeak(ctx context.Context, ready tlsReady, versions []string) []string {
	for _, version := range slices.Backward(tlsVersions) {
		if slices.Contains(versions, tlsVersionName(version)) {
			return s.tlsAccepted(ctx, ready, version, tlshello.Weak())
		}
	}
	return nil
}

// tlsInTheClear looks at a server with which crypto/tls finds nothing in common:
// up to TLS 1.2 version, suite and certificates come before anything is
// encrypted.
func (s *Session) tlsInTheClear(ctx context.Context, ready tlsReady) *exposure.TLS {
	a, _ := s.tlsAsk(ctx, ready, tlshello.TLS12, tlshello.All(), true)
	suite, known := tlshello.ByID(a.Suite)
	if a.Refused || a.Version < tlshello.SSL30 || a.Version > tlshello.TLS12 || !known {
		return s.tlsOnlySSL2(ctx, ready)
	}
	facts := &exposure.TLS{Versions: []string{tlsVersionName(a.Version)}, Cipher: suite.Name, DHBits: a.DHBits}
	s.show(tlsChain(a.Certificates))
	s.tlsChainFacts(facts, s.chain())
	return facts
}

// tlsOnlySSL2 looks at a server that speaks nothing newer than SSL 2.0.
func (s *Session) tlsOnlySSL2(ctx context.Context, ready tlsReady) *exposure.TLS {
	a, err := s.tlsAsk2(ctx, ready)
	if err != nil {
		return nil
	}
	facts := &exposure.TLS{Versions: []string{tlsVersionName(tlshello.SSL20)}, Ciphers: a.Ciphers, WeakCiphers: a.Ciphers}
	if len(a.Ciphers) > 0 {
		facts.Cipher = a.Ciphers[0]
	}
	s.show(tlsChain([][]byte{a.Certificate}))
	s.tlsChainFacts(facts, s.chain())
	return facts
}

// tlsChainFacts keeps what the certificates tell.
func (s *Session) tlsChainFacts(facts *exposure.TLS, chain []*x509.Certificate) {
	for i, cert := range chain {
		facts.Chain = append(facts.Chain, tlsSubject(cert.Subject))
		// A root needs no signature: who trusts it has it already.
		algorithm := cert.SignatureAlgorithm.String()
		if weak := strings.HasPrefix(algorithm, "MD") || strings.Contains(algorithm, "SHA1"); weak && (i == 0 || !tlsSelfSigned(cert)) &&
			!slices.Contains(facts.WeakSignatures, algorithm) {
			facts.WeakSignatures = append(facts.WeakSignatures, algorithm)
		}
	}
	if len(chain) == 0 {
		return
	}
	facts.Certificate = s.tlsCertificate(chain[0])
	facts.IssuerMissing = tlsIssuerMissing(chain)
}

// tlsIssuerMissing reports whether the server leaves out a certificate that a
// client needs. Who issued the last one is not needed when it is a root; an
// address to fetch the issuer from (RFC 5280 section 4.2.2.1) says that it is
// none, since public authorities issue nothing from a root.
func tlsIssuerMissing(chain []*x509.Certificate) bool {
	last := chain[0]
	for range chain {
		next := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
			return c != last && string(c.RawSubject) == string(last.RawIssuer)
		})
		if next < 0 || tlsSelfSigned(last) {
			break
		}
		last = chain[next]
	}
	return last == chain[0] && !tlsSelfSigned(last) &&
		slices.ContainsFunc(last.IssuingCertificateURL, func(u string) bool { return strings.HasPrefix(u, "http") })
}
