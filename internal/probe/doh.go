package probe

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"

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
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := s.connect(ctx, []string{"h2"})
			if err != nil {
				return nil, err
			}
			if c.alpn() != "h2" {
				return nil, closeWith(c, errHTTP2)
			}
			return c, nil
		},
		Protocols:              new(http.Protocols),
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHTTPBytes,
	}
	defer transport.CloseIdleConnections()
	transport.Protocols.SetUnencryptedHTTP2(true)
	d.ways = []dnsWay{{id: "dns-https", exchange: func(ctx context.Context, query []byte) ([]byte, error) {
		return s.dohAsk(ctx, transport, path, query)
	}}}
	return d.run(ctx, "")
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
