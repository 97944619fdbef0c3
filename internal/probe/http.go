package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

const httpName = "http"

func init() {
	register(Probe{
		Name: httpName, Transport: exposure.TCP, ClientFirst: true, Blind: 2,
		Ports:    []uint16{80, 81, 591, 631, 3000, 5000, 5985, 7080, 8000, 8008, 8080, 8081, 8088, 8888, 9000, 9090, 9200},
		TLSPorts: []uint16{443, 2376, 4443, 5986, 6443, 8443, 9443, 10443},
		Greets:   greetsHTTP, Run: runHTTP,
	})
}

// greetsHTTP takes a status line, which is also what a web server answers to
// the words of another protocol.
func greetsHTTP(first []byte) Fit {
	if bytes.HasPrefix(first, []byte("HTTP/1.")) {
		return Sure
	}
	return No
}

// Bounds of what is read of one answer.
const (
	maxHTTPHeaders = 100
	maxHTTPBytes   = 32 << 10 // of the header
	maxHTTPInterim = 5        // 1xx answers before the one that counts
	maxHTTPBody    = 16 << 10 // enough for the title
	httpBodyTime   = 2 * time.Second
)

// httpSecurity are the header fields that tell a browser to be careful.
var httpSecurity = []string{
	"Content-Security-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy", "Referrer-Policy",
	"Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
}

var httpProducts = []pattern{
	{"Apache httpd", regexp.MustCompile(`^Apache(?:/(?P<version>[\w.-]+))?(?: |$)`)},
	{"Microsoft IIS", regexp.MustCompile(`^Microsoft-IIS(?:/(?P<version>[\w.]+))?`)},
	{"Microsoft HTTPAPI", regexp.MustCompile(`^Microsoft-HTTPAPI(?:/(?P<version>[\w.]+))?`)},
	{"Jetty", regexp.MustCompile(`^Jetty\((?P<version>[\w.-]+)\)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w.+ -]{0,60}?)/(?P<version>[vV]?\d[\w.+~-]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w.+-]{0,60})(?: |$)`)},
}

// runHTTP asks for the root page: RFC 9112. The answer is read by this file and
// not by a client library, which would follow redirects, unpack what it is sent
// and lose the status when the header never ends.
func runHTTP(ctx context.Context, s *Session) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	if s.secure != nil {
		svc.Facts["http2"] = slices.Contains(s.secure.ALPN, "h2")
	}
	c, err := s.connectHTTP(ctx)
	if err != nil {
		if two, _ := svc.Facts.Bool("http2"); two {
			return runHTTP2(ctx, s, svc)
		}
		return exposure.Service{}, err
	}
	defer c.Close()
	request := "GET / HTTP/1.1\r\nHost: " + s.Authority(s.httpPort()) +
		"\r\nUser-Agent: sekisho\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
	if _, err := c.Write([]byte(request)); err != nil {
		return exposure.Service{}, s.fail("send request", err)
	}
	answer, err := readHTTP(c)
	if answer.status == 0 {
		return exposure.Service{}, s.fail("read status line", err)
	}
	svc.Protocol, svc.Confidence = httpName, exposure.Confirmed
	svc.Banner = untrusted.New(answer.line, maxBanner)
	httpFacts(&svc, answer.status, answer.header)
	s.Learn(svc)
	if err != nil {
		return svc, s.fail("read header", err)
	}
	body, err := answer.body(c)
	if s.secure == nil && answer.status == http.StatusBadRequest && greetsTLS(s.said()) == Sure {
		return exposure.Service{}, s.fail("read body", ErrProtocol)
	}
	if title := httpTitle(body); title != "" {
		svc.Facts["title"] = untrusted.New(title, maxFact)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return svc, s.fail("read body", err)
	}
	return svc, nil
}

// connectHTTP opens a connection for HTTP/1.1, by name where TLS asks for it.
func (s *Session) connectHTTP(ctx context.Context) (*Conn, error) {
	if s.secure == nil {
		return s.Connect(ctx)
	}
	if slices.Contains(s.secure.ALPN, "h2") {
		return s.connect(ctx, []string{"http/1.1"})
	}
	return s.connect(ctx, s.secure.ALPN)
}

// httpPort is the port that a Host field leaves out.
func (s *Session) httpPort() uint16 {
	if s.secure != nil {
		return 443
	}
	return 80
}

// httpAnswer is the beginning of an answer: its status is 0 when what came is
// not HTTP.
type httpAnswer struct {
	line   string
	status int
	header textproto.MIMEHeader
}

// readHTTP reads up to the end of the header; what came before an error is in
// the answer. Interim answers are passed over (RFC 9110 section 15.2).
func readHTTP(c *Conn) (httpAnswer, error) {
	var a httpAnswer
	for range maxHTTPInterim {
		var err error
		a, err = readHTTPHeader(c)
		if err != nil || a.status >= 200 || a.status == http.StatusSwitchingProtocols {
			return a, err
		}
	}
	return a, fmt.Errorf("peer sent more than %d interim answers", maxHTTPInterim)
}

func readHTTPHeader(c *Conn) (httpAnswer, error) {
	a := httpAnswer{header: textproto.MIMEHeader{}}
	line, err := c.Line()
	a.line, a.status = line, httpStatus(line)
	if a.status == 0 {
		if err == nil || errors.Is(err, errLine) {
			err = ErrProtocol
		}
		return a, err
	}
	size := len(line)
	for err == nil {
		line, err = c.Line()
		if err != nil {
			break
		}
		if line == "" {
			return a, nil
		}
		if size += len(line); size > maxHTTPBytes || len(a.header) >= maxHTTPHeaders {
			return a, fmt.Errorf("peer sent a header of more than %d bytes or %d fields", maxHTTPBytes, maxHTTPHeaders)
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			key := textproto.CanonicalMIMEHeaderKey(name)
			a.header[key] = append(a.header[key], strings.TrimSpace(value))
		}
	}
	return a, err
}

// httpStatus reads a status line (RFC 9112 section 4); 0 when it is none.
func httpStatus(line string) int {
	version, rest, ok := strings.Cut(line, " ")
	if !ok || len(version) != len("HTTP/1.1") || !strings.HasPrefix(version, "HTTP/1.") || len(rest) < 3 {
		return 0
	}
	status, err := strconv.Atoi(rest[:3])
	if err != nil || status < 100 || status > 999 || len(rest) > 3 && rest[3] != ' ' {
		return 0
	}
	return status
}

// body reads the beginning of the content, as far as a title can be in it. A
// compressed one is left alone: it may unpack to a thousand times its size.
func (a httpAnswer) body(c *Conn) ([]byte, error) {
	if a.status == http.StatusNoContent || a.status >= 300 && a.status < 400 ||
		!slices.Contains([]string{"", "identity"}, a.header.Get("Content-Encoding")) {
		return nil, nil
	}
	if err := c.SetReadDeadline(time.Now().Add(httpBodyTime)); err != nil {
		return nil, err
	}
	content := io.Reader(c.r)
	if strings.EqualFold(a.header.Get("Transfer-Encoding"), "chunked") {
		content = httputil.NewChunkedReader(c.r)
	}
	length, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 {
		length = maxHTTPBody
	}
	content = io.LimitReader(content, min(length, maxHTTPBody))
	var body bytes.Buffer
	buf := make([]byte, 2048)
	for httpTitle(body.Bytes()) == "" {
		n, err := content.Read(buf)
		body.Write(buf[:n])
		if err != nil {
			return body.Bytes(), err
		}
	}
	return body.Bytes(), nil
}

var httpTitleTag = regexp.MustCompile(`(?is)<title[^>]{0,100}>\s*(.{1,1000}?)\s*</title`)

// httpTitle is the title of a page on one line, empty while it has none.
func httpTitle(body []byte) string {
	found := httpTitleTag.FindSubmatch(body)
	if found == nil {
		return ""
	}
	return strings.Join(strings.Fields(html.UnescapeString(string(found[1]))), " ")
}

// httpFacts keeps what the header tells.
func httpFacts(svc *exposure.Service, status int, header textproto.MIMEHeader) {
	svc.Facts["status"] = status
	for name, fact := range map[string]string{
		"Server": "server", "Location": "redirect", "Www-Authenticate": "www_authenticate", "X-Powered-By": "powered_by",
	} {
		if value := header.Get(name); value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
	present := []untrusted.Text{}
	for _, name := range httpSecurity {
		if header.Get(name) != "" {
			present = append(present, untrusted.New(name, 0))
		}
	}
	svc.Facts["security_headers"] = present
	svc.Product, svc.Version = match(httpProducts, header.Get("Server"))
}

// runHTTP2 asks a server that refuses HTTP/1.1 (RFC 9113). The library speaks
// over a connection on which TLS and its choice of h2 are done already.
func runHTTP2(ctx context.Context, s *Session, svc exposure.Service) (exposure.Service, error) {
	transport := &http.Transport{
		DialContext:            func(ctx context.Context, _, _ string) (net.Conn, error) { return s.connect(ctx, []string{"h2"}) },
		Protocols:              new(http.Protocols),
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHTTPBytes,
	}
	defer transport.CloseIdleConnections()
	transport.Protocols.SetUnencryptedHTTP2(true)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Authority(s.httpPort())+"/", nil)
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
	httpFacts(&svc, answer.StatusCode, textproto.MIMEHeader(answer.Header))
	return svc, nil
}
