package probe

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
	"sekisho/internal/wire/ipp"
)

func init() {
	register(Probe{Name: "ipp", Transport: exposure.TCP, Ports: []uint16{631}, Run: runIPP, Tests: ippTests})
}

var ippProducts = []pattern{
	{"CUPS", regexp.MustCompile(`\bCUPS/(?P<version>\d[\w.]*)`)},
	{"", regexp.MustCompile(`^(?P<product>[A-Za-z][\w.+ -]{0,60}?)/(?P<version>[vV]?\d[\w.+~-]*)`)},
}

// maxIPPBytes bounds a response: that of a printer with all that was asked for
// has a thousand bytes, and a server may have many.
const maxIPPBytes = 16 << 10

// ippWanted are the attributes that tell what a printer is.
var ippWanted = []string{
	"printer-name", "printer-info", "printer-location", "printer-make-and-model", "printer-state", "printer-is-shared",
	"printer-is-accepting-jobs", "printer-firmware-string-version", "uri-authentication-supported", "uri-security-supported",
	"operations-supported",
}

// runIPP asks a server for its printers, and one that knows no such question,
// as printers themselves do, for its attributes (RFC 8011 section 4.2.5).
// Nothing is printed.
func runIPP(ctx context.Context, s *Session) (exposure.Service, error) {
	svc := exposure.Service{Facts: exposure.Facts{}}
	if s.secure != nil {
		svc.TLS = s.secure
	}
	err := s.ippAsk(ctx, &svc)
	if svc.Protocol == "" {
		return exposure.Service{}, err
	}
	return svc, err
}

// errIPPStatus is a status of HTTP that is no answer of IPP.
var errIPPStatus = errors.New("peer refused the question")

// ippAsk tells in svc what printers there are. Protocol stays as it was when
// the server has no IPP.
func (s *Session) ippAsk(ctx context.Context, svc *exposure.Service) error {
	path, operation, uri := "/", uint16(ipp.CUPSGetPrinters), ""
	for {
		response, answer, err := s.ippPost(ctx, path, ipp.Request(operation, 1, uri, ippWanted...))
		refused := answer.status == http.StatusUnauthorized || answer.status == http.StatusForbidden
		if err == nil || errors.Is(err, errIPPStatus) && refused && ippNamed(answer.header.Get("Server")) {
			s.ippFacts(svc, answer, response, refused)
			if path != "/" || refused || response.Status < 0x100 || response.Status == 0x0406 {
				return nil
			}
		}
		if path != "/" || err != nil && !errors.Is(err, errIPPStatus) {
			if svc.Protocol == "ipp" {
				return nil
			}
			return s.fail("ask for printers", err)
		}
		path, operation, uri = "/ipp/print", ipp.GetPrinterAttributes, "ipp://"+s.ippHost()+"/ipp/print"
	}
}

// ippNamed reports whether a Server field names a server of printers.
func ippNamed(server string) bool {
	return strings.Contains(server, "CUPS/") || strings.Contains(server, "IPP/")
}

// ippHost is the server by its address: CUPS takes no name that is not its own,
// against pages that reach it under one of theirs.
func (s *Session) ippHost() string {
	return netip.AddrPortFrom(s.peer.at.Addr().WithZone(""), s.peer.at.Port()).String()
}

// ippPost sends one request (RFC 8010 section 3) on a connection of its own.
func (s *Session) ippPost(ctx context.Context, path string, request []byte) (ipp.Response, httpAnswer, error) {
	c, err := s.connectHTTP(ctx)
	if err != nil {
		return ipp.Response{}, httpAnswer{}, err
	}
	defer c.Close()
	head := "POST " + path + " HTTP/1.1\r\nHost: " + s.ippHost() + "\r\nUser-Agent: sekisho\r\nContent-Type: application/ipp\r\nContent-Length: " +
		strconv.Itoa(len(request)) + "\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
	if _, err := c.Write(append([]byte(head), request...)); err != nil {
		return ipp.Response{}, httpAnswer{}, err
	}
	answer, err := readHTTP(c)
	if err != nil {
		return ipp.Response{}, answer, err
	}
	if answer.status != http.StatusOK || !strings.HasPrefix(answer.header.Get("Content-Type"), "application/ipp") {
		return ipp.Response{}, answer, errIPPStatus
	}
	content := io.Reader(c.r)
	if strings.EqualFold(answer.header.Get("Transfer-Encoding"), "chunked") {
		content = httputil.NewChunkedReader(c.r)
	}
	length, err := strconv.ParseInt(answer.header.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 {
		length = maxIPPBytes
	}
	body, err := io.ReadAll(io.LimitReader(content, min(length, maxIPPBytes)))
	if len(body) == 0 && err != nil {
		return ipp.Response{}, answer, err
	}
	response, err := ipp.Parse(body)
	if err != nil {
		return response, answer, ErrProtocol
	}
	return response, answer, nil
}

// ippFacts keeps what a response tells.
func (s *Session) ippFacts(svc *exposure.Service, answer httpAnswer, r ipp.Response, refused bool) {
	svc.Protocol, svc.Confidence = "ipp", exposure.Confirmed
	server := answer.header.Get("Server")
	if svc.Banner.IsZero() {
		svc.Banner = untrusted.New(answer.line, maxBanner)
	}
	if server != "" {
		svc.Facts["server"] = untrusted.New(server, maxFact)
	}
	if product, version := match(ippProducts, server); !product.IsZero() {
		svc.Product, svc.Version = product, version
	}
	svc.Facts["password_required"] = refused
	if refused {
		return
	}
	var printers []string
	shared := false
	for _, p := range r.Printers {
		printers = append(printers, ippPrinter(p))
		shared = shared || p.First("printer-is-shared") == "true" || p.First("printer-is-shared") == "" && p.First("printer-state") != ""
	}
	svc.Facts["printers"] = texts(printers, 32)
	if len(printers) > 0 {
		svc.Facts["printers_shared"] = shared
		if model := r.Printers[0].First("printer-make-and-model"); model != "" && len(printers) == 1 {
			svc.Facts["model"] = untrusted.New(model, maxFact)
			if svc.Product.IsZero() {
				svc.Product = untrusted.New(model, maxProduct)
				svc.Version = untrusted.New(r.Printers[0].First("printer-firmware-string-version"), maxProduct)
			}
		}
	}
	s.Learn(*svc)
}

// ippPrinter is one printer on a line: its name, what it is and where.
func ippPrinter(p ipp.Attributes) string {
	words := []string{p.First("printer-name"), p.First("printer-make-and-model"), p.First("printer-location")}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " · ")
}
