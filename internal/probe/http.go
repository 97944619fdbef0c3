package probe

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
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
		Ports:    []uint16{80, 81, 591, 631, 2375, 2379, 2380, 3000, 5000, 5984, 7080, 8000, 8008, 8080, 8081, 8086, 8088, 8888, 9000, 9090, 9200, 10255, 11434},
		TLSPorts: []uint16{443, 2376, 4443, 6443, 8443, 9443, 10250, 10443},
		Greets:   greetsHTTP, Run: runHTTP, Tests: append(httpTests, httpAPITests...),
	})
}

// greetsHTTP takes a status line, which is also what a web server answers to
// the words of another protocol, and the settings with which one that speaks
// HTTP/2 alone begins.
func greetsHTTP(first []byte) Fit {
	if bytes.HasPrefix(first, []byte("HTTP/1.")) || greetsHTTP2(first) {
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
	{"MiniDLNA", regexp.MustCompile(`\bMiniDLNA/(?P<version>[\w.-]+)`)}, // behind the system's name
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
			return s.httpTwo(ctx, svc)
		}
		return exposure.Service{}, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, s.httpRequest("/")); err != nil {
		return exposure.Service{}, s.fail("send request", err)
	}
	answer, err := readHTTP(c)
	if answer.status == 0 {
		// A server that speaks HTTP/2 alone may shake hands without a word about
		// that, and then takes what we say for nonsense.
		if two, _ := svc.Facts.Bool("http2"); two && ctx.Err() == nil || greetsHTTP2(s.heardFirst()) {
			return s.httpTwo(ctx, svc)
		}
		return exposure.Service{}, s.fail("read status line", err)
	}
	svc.Protocol, svc.Confidence = httpName, exposure.Confirmed
	svc.Banner = untrusted.New(answer.line, maxBanner)
	httpFacts(&svc, answer.status, answer.header, err == nil)
	s.Learn(svc)
	if err != nil {
		return svc, s.fail("read header", err)
	}
	body, err := answer.body(c)
	if s.secure == nil && answer.status == http.StatusBadRequest && greetsTLS(s.said()) == Sure {
		return exposure.Service{}, s.fail("read body", ErrProtocol)
	}
	if bytes.Contains(body, []byte(mongodbOverHTTP)) {
		return exposure.Service{}, s.fail("read body", ErrProtocol)
	}
	s.httpAPI(ctx, &svc, answer, body)
	if two, _ := svc.Facts.Bool("http2"); two && svc.Facts["api"] == nil {
		svc = s.dohLook(ctx, svc)
	}
	if title := httpTitle(body); title != "" {
		svc.Facts["title"] = untrusted.New(title, maxFact)
	}
	proxyName(&svc, answer)
	if proxyHinted(s.peer.at.Port(), svc.Product.Raw(), answer.header) {
		s.Learn(svc)
		_ = c.Close() // a server that takes one connection at a time is free for the next
		s.proxyLook(ctx, &svc, answer)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return svc, s.fail("read body", err)
	}
	return svc, nil
}

// httpRequest asks for a page on a connection of its own (RFC 9112 section 3).
func (s *Session) httpRequest(path string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + s.Authority(s.httpPort()) +
		"\r\nUser-Agent: sekisho\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
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

// httpFacts keeps what the header tells, whole or not.
func httpFacts(svc *exposure.Service, status int, header textproto.MIMEHeader, whole bool) {
	svc.Facts["status"] = status
	for name, fact := range map[string]string{
		"Server": "server", "Location": "redirect", "Www-Authenticate": "www_authenticate", "X-Powered-By": "powered_by",
		"Content-Type": "content_type", "Alt-Svc": "alt_svc", "Via": "via",
	} {
		if value := header.Get(name); value != "" {
			svc.Facts[fact] = untrusted.New(value, maxFact)
		}
	}
	if whole { // of a header that broke off nobody knows what it leaves out
		present := []untrusted.Text{}
		for _, name := range httpSecurity {
			if header.Get(name) != "" {
				present = append(present, untrusted.New(name, 0))
			}
		}
		svc.Facts["security_headers"] = present
	}
	if age, ok := httpMaxAge(header.Get("Strict-Transport-Security")); ok {
		svc.Facts["hsts_max_age"] = age
	}
	if sources, ok := httpFrameAncestors(header["Content-Security-Policy"]); ok {
		svc.Facts["frame_ancestors"] = untrusted.New(sources, maxFact)
	}
	if three := httpOffersThree(header.Get("Alt-Svc")); three {
		svc.Facts["http3"] = true
	}
	if product, version := match(httpProducts, header.Get("Server")); product.Raw() != "" {
		svc.Product, svc.Version = product, version
	}
}

// httpMaxAge reads for how many seconds a browser is to use TLS only (RFC 6797
// section 6.1.1); 0 has it forget that.
func httpMaxAge(field string) (int, bool) {
	for directive := range strings.SplitSeq(field, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		age, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
		return age, err == nil && age >= 0
	}
	return 0, false
}

// httpFrameAncestors is who may show the page inside a frame by the policies of
// the answer (CSP level 3, section 6.4.2), which stands for X-Frame-Options too.
func httpFrameAncestors(policies []string) (string, bool) {
	for _, policy := range policies {
		for directive := range strings.FieldsFuncSeq(policy, func(r rune) bool { return r == ';' || r == ',' }) {
			fields := strings.Fields(directive)
			if len(fields) > 0 && strings.EqualFold(fields[0], "frame-ancestors") {
				return strings.Join(fields[1:], " "), true
			}
		}
	}
	return "", false
}

// httpOffersThree reports whether the field offers HTTP/3 on the same port or
// another (RFC 7838 section 3, RFC 9114 section 3.1.1), drafts of it too.
func httpOffersThree(field string) bool {
	for alternative := range strings.SplitSeq(field, ",") {
		protocol, _, _ := strings.Cut(strings.TrimSpace(alternative), "=")
		if protocol == "h3" || strings.HasPrefix(protocol, "h3-") {
			return true
		}
	}
	return false
}
