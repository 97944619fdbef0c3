package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

const tlsName = "tls"

func init() {
	register(Probe{
		Name: tlsName, Transport: exposure.TCP, ClientFirst: true, Blind: 1,
		Ports: []uint16{
			443, 465, 563, 614, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 3269, 4443, 5061,
			5671, 5986, 6443, 6514, 6697, 8443, 8883, 9443, 10443,
		},
		Greets: greetsTLS, Run: runTLS, Tests: tlsTests,
	})
}

// tlsRecordAlert and tlsRecordHandshake are the record types with which a
// server can answer a ClientHello (RFC 8446 section 5.1).
const (
	tlsRecordAlert     = 21
	tlsRecordHandshake = 22
)

// tlsTold recognises the web servers that answer a request in the clear with a
// page of advice: nginx, Go and Apache.
var tlsTold = regexp.MustCompile(`plain HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled`)

// greetsTLS takes a record header for TLS: what such a server answers to a
// request in the clear is an alert, or advice.
func greetsTLS(first []byte) Fit {
	if tlsTold.Match(first) {
		return Sure
	}
	if tlsRecord(first) {
		return Sure
	}
	return No
}

// tlsRecord reports whether the bytes begin with the header of a record that
// answers a ClientHello.
func tlsRecord(first []byte) bool {
	return len(first) >= 5 && (first[0] == tlsRecordAlert || first[0] == tlsRecordHandshake) &&
		first[1] == 3 && first[2] <= 4 && first[3] <= 0x41
}

// tlsInside is how long the protocol inside TLS is looked for. TLS itself is
// confirmed by then, so a silent one must not use up the time of the port.
const tlsInside = 2 * time.Second

// runTLS shakes hands and then looks for what speaks inside, while the older
// versions of the protocol are tried beside it.
func runTLS(ctx context.Context, s *Session) (exposure.Service, error) {
	ready := func(ctx context.Context) (net.Conn, error) {
		c, err := s.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
	facts, err := s.tlsHandshake(ctx, ready, "h2", "http/1.1")
	if facts == nil {
		if greetsTLS(s.said()) == Sure {
			svc := exposure.Service{Protocol: tlsName, Confidence: exposure.Confirmed}
			if ctx.Err() == nil {
				if svc.TLS = s.tlsInTheClear(ctx, ready); svc.TLS != nil {
					s.tlsComplete(ctx, ready, svc.TLS)
				}
			}
			return svc, s.fail("handshake", err)
		}
		if len(s.said()) > 0 {
			err = ErrProtocol
		}
		return exposure.Service{}, s.fail("handshake", err)
	}
	svc := exposure.Service{Protocol: tlsName, Confidence: exposure.Confirmed, TLS: facts}
	s.Learn(svc)
	if err != nil {
		return svc, s.fail("handshake", err)
	}
	var older sync.WaitGroup
	enumerated := *facts // the hunt inside reads the facts meanwhile
	older.Go(func() { careful(func() { s.tlsComplete(ctx, ready, &enumerated) }) })
	inside, cancel := context.WithTimeout(ctx, tlsInside)
	defer cancel()
	inner, err := (&hunt{peer: s.peer, transport: exposure.TCP, secure: facts}).run(inside)
	older.Wait()
	*facts = enumerated
	if inner.Confidence == exposure.NoConfidence {
		return svc, nil // TLS is what was asked for; nothing known inside is no failure
	}
	inner.TLS = facts
	return inner, err
}

// startTLS is Upgrade for a protocol that agreed to TLS. Where crypto/tls finds
// nothing in common with the server, the handshake is looked at in the clear on
// another connection: the facts are there beside the error then.
func (s *Session) startTLS(ctx context.Context, c *Conn, ready tlsReady) (*Conn, *exposure.TLS, error) {
	inner, facts, err := s.Upgrade(ctx, c)
	if facts == nil && tlsDisagrees(err) && ctx.Err() == nil {
		if facts = s.tlsInTheClear(ctx, ready); facts != nil {
			s.tlsComplete(ctx, ready, facts)
		}
	}
	if facts != nil {
		facts.StartTLS = true
	}
	return inner, facts, err
}

// tlsDisagrees reports whether a handshake ended because the two sides have
// nothing in common: an alert came, or what the library does not speak.
func tlsDisagrees(err error) bool {
	var broken net.Error
	switch {
	case err == nil, errors.Is(err, errInject), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return false
	case errors.As(err, &broken):
		var alert *net.OpError
		return errors.As(err, &alert) && alert.Op == "remote error"
	}
	return true
}

// tlsComplete adds to the facts of one handshake what else the server would have
// agreed to.
func (s *Session) tlsComplete(ctx context.Context, ready tlsReady, facts *exposure.TLS) {
	facts.Versions = append(s.tlsOlder(ctx, ready, facts.Versions[0]), facts.Versions...)
	facts.WeakCiphers = s.tlsWeak(ctx, ready, facts.Versions)
}

// tlsConfig accepts what the peer shows, down to the oldest version and suite
// that crypto/tls still speaks: the judgement is not made here, and a refusal
// would hide the very facts that call for one.
func (s *Session) tlsConfig(alpn []string) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true,
		ServerName:         s.Name(),
		NextProtos:         alpn,
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       tlsSuites,
		// Without the post-quantum group, whose share makes the ClientHello too
		// long for one segment: old servers and middleboxes lose the second.
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		ClientSessionCache: s.tickets,
	}
}

// tlsSuites are all suites below TLS 1.3 that crypto/tls has, weak ones too.
var tlsSuites = func() []uint16 {
	var ids []uint16
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, c.ID)
	}
	return ids
}()

// tlsHandshake shakes hands on a connection that is ready for it. The facts are
// there beside an error when the peer had shown its certificate by then.
func (s *Session) tlsHandshake(ctx context.Context, ready tlsReady, alpn ...string) (*exposure.TLS, error) {
	facts, err := s.tlsOnce(ctx, ready, s.tlsConfig(alpn))
	if tlsNoProtocol(err) && len(alpn) > 0 {
		return s.tlsOnce(ctx, ready, s.tlsConfig(nil))
	}
	return facts, err
}

// tlsNoProtocol reports whether the peer wants none of the protocols offered
// (RFC 7301 section 3.2). The library gives an alert a type only for QUIC, so
// its words must do.
func tlsNoProtocol(err error) bool {
	const noApplicationProtocol = 120
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error" && alert.Err.Error() == tls.AlertError(noApplicationProtocol).Error()
}

func (s *Session) tlsOnce(ctx context.Context, ready tlsReady, config *tls.Config) (*exposure.TLS, error) {
	raw, err := ready(ctx)
	if err != nil {
		return nil, err
	}
	defer raw.Close()
	_, facts, err := s.tlsShake(ctx, raw, config)
	return facts, err
}

// tlsShake shakes hands. The facts are there beside an error when the
// certificate came before it: a server that wants one of ours has shown its own.
func (s *Session) tlsShake(ctx context.Context, raw net.Conn, config *tls.Config) (*tls.Conn, *exposure.TLS, error) {
	var chain []*x509.Certificate
	config.VerifyPeerCertificate = func(raw [][]byte, _ [][]*x509.Certificate) error {
		chain = tlsChain(raw)
		return nil
	}
	c := tls.Client(raw, config)
	err := c.HandshakeContext(ctx)
	s.show(chain)
	if err != nil && len(chain) == 0 {
		return nil, nil, err
	}
	return c, s.tlsFacts(c.ConnectionState(), chain), err
}

// HandshakeTLS begins TLS on a connection that somebody else made, as every
// probe does: any certificate is taken, and the facts tell what it is. The name
// is what the peer is asked for and measured by; empty for none.
func HandshakeTLS(ctx context.Context, raw net.Conn, name string) (net.Conn, *exposure.TLS, error) {
	s := &Session{peer: &peer{name: name}}
	c, facts, err := s.tlsShake(ctx, raw, s.tlsConfig(nil))
	if err != nil {
		return nil, facts, err
	}
	return c, facts, nil
}

// show keeps the certificates of the last handshake, and chain returns them.
func (s *Session) show(chain []*x509.Certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = chain
}

func (s *Session) chain() []*x509.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shown
}

// tlsWorks keeps whether the handshake that a server had agreed to came about.
// When the time was over before, nobody knows.
func tlsWorks(facts exposure.Facts, err error) {
	if !errors.Is(cause(err), os.ErrDeadlineExceeded) {
		facts["starttls_works"] = err == nil
	}
}

// maxChain is how many certificates of a chain are read: real ones have two to
// five.
const maxChain = 10

func tlsChain(raw [][]byte) []*x509.Certificate {
	var chain []*x509.Certificate
	for _, der := range raw[:min(len(raw), maxChain)] {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			break
		}
		chain = append(chain, cert)
	}
	return chain
}

// tlsFacts is what one handshake told.
func (s *Session) tlsFacts(state tls.ConnectionState, chain []*x509.Certificate) *exposure.TLS {
	facts := &exposure.TLS{
		Versions: []string{tls.VersionName(state.Version)},
		Cipher:   tls.CipherSuiteName(state.CipherSuite),
	}
	if state.NegotiatedProtocol != "" {
		facts.ALPN = []string{state.NegotiatedProtocol}
	}
	s.tlsChainFacts(facts, chain)
	return facts
}

// maxTLSName and maxTLSNames bound what is kept of a certificate that somebody
// filled with ten thousand names.
const (
	maxTLSName  = 512
	maxTLSNames = 100
)

// tlsSubject is a name in a certificate (RFC 4514).
func tlsSubject(name pkix.Name) untrusted.Text { return untrusted.New(name.String(), maxTLSName) }

func (s *Session) tlsCertificate(cert *x509.Certificate) *exposure.Certificate {
	sum := sha256.Sum256(cert.Raw)
	facts := &exposure.Certificate{
		Subject:    tlsSubject(cert.Subject),
		Issuer:     tlsSubject(cert.Issuer),
		NotBefore:  cert.NotBefore,
		NotAfter:   cert.NotAfter,
		SelfSigned: tlsSelfSigned(cert),
		SHA256:     hex.EncodeToString(sum[:]),
	}
	for _, name := range cert.DNSNames[:min(len(cert.DNSNames), maxTLSNames)] {
		facts.Names = append(facts.Names, untrusted.New(name, maxTLSName))
	}
	for _, ip := range cert.IPAddresses[:min(len(cert.IPAddresses), maxTLSNames-len(facts.Names))] {
		facts.Names = append(facts.Names, untrusted.New(ip.String(), maxTLSName))
	}
	facts.KeyType, facts.KeyBits = tlsKey(cert.PublicKey)
	if name := s.Name(); name != "" {
		matches := cert.VerifyHostname(name) == nil
		facts.NameMatches = &matches
	}
	return facts
}

// tlsSelfSigned reports whether the certificate vouches for itself. Where its
// algorithm is too old for the library to check, equal names must do.
func tlsSelfSigned(cert *x509.Certificate) bool {
	if string(cert.RawSubject) != string(cert.RawIssuer) {
		return false
	}
	err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	var insecure x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &insecure) || errors.Is(err, x509.ErrUnsupportedAlgorithm)
}

func tlsKey(public any) (kind string, bits int) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * len(key)
	}
	return fmt.Sprintf("%T", public), 0
}
