package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"sekisho/internal/exposure"
)

// dohPath is where most servers answer (RFC 8484 section 4.1.1 leaves it open).
const dohPath = "/dns-query"

// maxDoH is the longest answer that is read (RFC 1035 section 4.2.2).
const maxDoH = 64 << 10

// testDoH asks a DNS server over HTTPS (RFC 8484), in the HTTP/2 that it
// recommends.
func testDoH(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	d := &dnsTrial{Session: s, Trial: t, svc: exposure.Service{Facts: exposure.Facts{}}}
	path, err := httpPath(t.Text("path"))
	if err != nil {
		return d.svc, s.fail("path", err)
	}
	transport := s.httpTwoTransport()
	defer transport.CloseIdleConnections()
	d.ways = []dnsWay{{id: "dns-https", exchange: func(ctx context.Context, query []byte) ([]byte, error) {
		return s.dohAsk(ctx, transport, path, query)
	}}}
	return d.run(ctx, "")
}

// dohTime is what the look for DNS behind a web server may take.
const dohTime = 1500 * time.Millisecond

// dohLook asks a server that speaks HTTP/2 and has no page for a name: what is
// there for nothing but DNS answers so. One that has a page is what it shows, and
// is not asked.
func (s *Session) dohLook(ctx context.Context, svc exposure.Service) exposure.Service {
	if status, _ := svc.Facts["status"].(int); status < http.StatusBadRequest {
		return svc
	}
	ctx, cancel := context.WithTimeout(ctx, dohTime)
	defer cancel()
	transport := s.httpTwoTransport()
	defer transport.CloseIdleConnections()
	s.Learn(svc)
	found, _ := s.dnsAsk(func(query []byte) ([]byte, error) { return s.dohAsk(ctx, transport, dohPath, query) })
	if found.Confidence == exposure.NoConfidence {
		return svc
	}
	found.Facts["doh"], found.Facts["http2"] = true, true
	if server, told := svc.Facts["server"]; told {
		found.Facts["server"] = server
	}
	return found
}

// dohAsk posts one question (RFC 8484 section 4.1).
func (s *Session) dohAsk(ctx context.Context, transport *http.Transport, path string, query []byte) ([]byte, error) {
	const kind = "application/dns-message"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Authority(s.httpPort())+path, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept", kind)
	request.Header.Set("User-Agent", "sekisho")
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: status %d", ErrProtocol, answer.StatusCode)
	}
	reply, err := io.ReadAll(io.LimitReader(answer.Body, maxDoH))
	if err != nil {
		return nil, err
	}
	if !dnsReplies(query, reply) {
		return nil, ErrProtocol
	}
	return reply, nil
}
