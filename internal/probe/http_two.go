package probe

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// errHTTP2 is the cause when the server shook hands and chose another protocol.
var errHTTP2 = errors.New("server does not choose HTTP/2")

// greetsHTTP2 takes the settings that a server sends first of all (RFC 9113
// section 3.4): a frame of 9 bytes of header and 6 a setting, on stream 0 and no
// acknowledgement.
func greetsHTTP2(first []byte) bool {
	const header, setting, most = 9, 6, 32
	if len(first) < header {
		return false
	}
	length := binary.BigEndian.Uint32(append([]byte{0}, first[:3]...))
	return length%setting == 0 && length <= most*setting && bytes.Equal(first[3:header], []byte{4, 0, 0, 0, 0, 0})
}

// httpTwoTransport speaks HTTP/2 through the library, over connections of the
// session. Inside TLS the server must have chosen it; outside both sides are to
// know (RFC 9113 section 3.3).
func (s *Session) httpTwoTransport() *http.Transport {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := s.connect(ctx, []string{"h2"})
			if err != nil {
				return nil, err
			}
			if s.secure != nil && c.alpn() != "h2" {
				return nil, closeWith(c, errHTTP2)
			}
			return c, nil
		},
		Protocols:              new(http.Protocols),
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHTTPBytes,
	}
	transport.Protocols.SetUnencryptedHTTP2(true)
	return transport
}

// runHTTP2 asks a server for a page in HTTP/2 (RFC 9113). The library reads the
// header, and look is given the content, which may have no end.
func runHTTP2(ctx context.Context, s *Session, svc exposure.Service, path string, look func(answer httpAnswer, content io.Reader)) (exposure.Service, error) {
	transport := s.httpTwoTransport()
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Authority(s.httpPort())+path, nil)
	if err != nil {
		return exposure.Service{}, s.fail("send request", err)
	}
	request.Header.Set("User-Agent", "sekisho")
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return exposure.Service{}, s.fail("read answer", err)
	}
	defer answer.Body.Close()
	svc.Protocol, svc.Confidence = httpName, exposure.Confirmed
	svc.Banner = untrusted.New(answer.Proto+" "+answer.Status, maxBanner)
	header := textproto.MIMEHeader(answer.Header)
	httpFacts(&svc, answer.StatusCode, header, true)
	svc.Facts["http2"] = true
	// Closing the body ends the waiting for it.
	defer time.AfterFunc(httpBodyTime, func() { answer.Body.Close() }).Stop()
	look(httpAnswer{svc.Banner.Raw(), answer.StatusCode, header}, answer.Body)
	return svc, nil
}

// httpTwo asks for the root page of a server that has HTTP/2 only, and whether
// DNS is behind it.
func (s *Session) httpTwo(ctx context.Context, svc exposure.Service) (exposure.Service, error) {
	var title string
	svc, err := runHTTP2(ctx, s, svc, "/", func(_ httpAnswer, content io.Reader) {
		body, _ := io.ReadAll(io.LimitReader(content, maxHTTPBody)) // what came before an error may have one
		title = httpTitle(body)
	})
	if err != nil {
		return svc, err
	}
	if title != "" {
		svc.Facts["title"] = untrusted.New(title, maxFact)
	}
	return s.dohLook(ctx, svc), nil
}
