package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/japanese"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// httpTests are the in-depth forms: the same in the clear and inside TLS.
var httpTests = []Test{
	{Name: "http", Port: 80, Options: httpOptions, Run: httpTrial},
	{Name: "https", Port: 443, Secure: true, Options: httpOptions, Run: httpTrial},
}

var httpOptions = []Option{
	{Name: "path", Kind: Text, Default: "/"},
	{Name: "expect-status", Kind: Number},
	{Name: "expect-text", Kind: Text},
}

// maxHTTPHops bounds the redirects that are followed. They stay on the port that
// is tested: where else they lead is told and not looked at.
const maxHTTPHops = 5

// httpTrial asks for a page, follows redirects that stay on the port, holds the
// answer to what was expected, and tries the newer versions of HTTP.
func httpTrial(ctx context.Context, s *Session, t *Trial) (exposure.Service, error) {
	path, err := httpPath(t.Text("path"))
	if err != nil {
		t.Step(exposure.Step{ID: "http-request", Result: exposure.StepFailed, Detail: err.Error()})
		return exposure.Service{}, s.fail("send request", err)
	}
	h := &httpTry{s: s, t: t, svc: exposure.Service{Facts: exposure.Facts{}}}
	for range maxHTTPHops {
		next, err := h.ask(ctx, path)
		if err != nil || next == "" {
			if h.svc.Protocol != "" {
				h.newer(ctx, path)
			} else if h.only(ctx, path) {
				err = nil
			}
			return h.svc, err
		}
		path = next
	}
	t.Step(exposure.Step{ID: "http-redirect", Result: exposure.StepFailed, Why: "redirects-endless"})
	return h.svc, nil
}

// httpPath makes what was typed a request target (RFC 9112 section 3.2.1): no
// byte of it can end the line.
func httpPath(typed string) (string, error) {
	if !strings.HasPrefix(typed, "/") {
		typed = "/" + typed
	}
	u, err := url.Parse(typed)
	if err != nil {
		return "", fmt.Errorf("--path is no path: %s", untrusted.New(typed, maxFact).Terminal())
	}
	u.Scheme, u.Host, u.User, u.Fragment = "", "", nil, ""
	// The parser leaves a query as it was typed, with blanks and bytes that
	// are no ASCII.
	var path strings.Builder
	for _, b := range []byte(u.RequestURI()) {
		if b <= ' ' || b >= 0x7f {
			fmt.Fprintf(&path, "%%%02X", b)
		} else {
			path.WriteByte(b)
		}
	}
	return path.String(), nil
}

// httpTry is one run of the test.
type httpTry struct {
	s   *Session
	t   *Trial
	svc exposure.Service
}

// ask sends one request and judges what comes back. It returns the path of a
// redirect that stays on the port.
func (h *httpTry) ask(ctx context.Context, path string) (next string, err error) {
	step := exposure.Step{ID: "http-request", Result: exposure.StepFailed, Asked: "GET " + path + " HTTP/1.1, Host: " + h.s.Authority(h.s.httpPort())}
	c, err := h.s.connectHTTP(ctx)
	if err != nil {
		step.Detail = httpDetail(err)
		h.t.Step(step)
		return "", err
	}
	defer c.Close()
	step.Local, step.Remote = endOf(c.LocalAddr()), endOf(c.RemoteAddr())
	var answer httpAnswer
	if _, err = io.WriteString(c, h.s.httpRequest(path)); err == nil {
		answer, err = readHTTP(c)
	}
	if answer.status == 0 {
		step.Detail = httpDetail(cause(err))
		h.t.Step(step)
		return "", h.s.fail("read status line", err)
	}
	step.Said = untrusted.New(answer.line, maxBanner)
	if err == nil || h.svc.Protocol == "" { // a page that breaks off takes nothing of the one that led to it
		h.svc.Protocol, h.svc.Confidence, h.svc.Banner = httpName, exposure.Confirmed, step.Said
		httpFacts(&h.svc, answer.status, answer.header, err == nil)
		h.s.Learn(h.svc)
	}
	if err != nil {
		step.Detail = httpDetail(cause(err))
		h.t.Step(step)
		return "", h.s.fail("read header", err)
	}
	step.Result = exposure.StepOK
	h.t.Step(step)
	if next = h.redirect(path, answer); next != "" {
		return next, nil
	}
	h.expectStatus(answer.status)
	if h.t.Text("expect-text") == "" {
		if body, _ := answer.body(c); body != nil {
			h.title(body)
		}
	}
	h.expectText(c, answer)
	return "", nil
}

func httpDetail(err error) string { return untrusted.New(err.Error(), maxErrorText).Terminal() }

// redirect tells where an answer leads, and returns the path when that is the
// same port of the same host.
func (h *httpTry) redirect(path string, answer httpAnswer) string {
	location := answer.header.Get("Location")
	if !slices.Contains([]int{301, 302, 303, 307, 308}, answer.status) || location == "" ||
		h.t.Number("expect-status") == answer.status {
		return ""
	}
	step := exposure.Step{ID: "http-redirect", Result: exposure.StepSkipped, Said: untrusted.New(location, maxFact), Why: "redirect-elsewhere"}
	defer func() { h.t.Step(step) }()
	scheme := "http"
	if h.s.secure != nil {
		scheme = "https"
	}
	base := &url.URL{Scheme: scheme, Host: h.s.Authority(h.s.httpPort())}
	to, err := base.Parse(path)
	if err == nil {
		to, err = to.Parse(location)
	}
	if err != nil {
		step.Result, step.Why, step.Detail = exposure.StepFailed, "redirect-unreadable", httpDetail(err)
		return ""
	}
	if to.Scheme != scheme || to.User != nil || !strings.EqualFold(to.Hostname(), base.Hostname()) || httpURLPort(to) != httpURLPort(base) {
		return ""
	}
	step.Result, step.Why = exposure.StepOK, ""
	to.Scheme, to.Host, to.Fragment = "", "", ""
	return to.RequestURI()
}

// httpURLPort is the port of an address of a page, its scheme's where it names
// none.
func httpURLPort(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

func (h *httpTry) expectStatus(status int) {
	want := h.t.Number("expect-status")
	if want == 0 {
		return
	}
	step := exposure.Step{ID: "http-expect-status", Result: exposure.StepOK, Asked: strconv.Itoa(want), Said: untrusted.New(strconv.Itoa(status), 0)}
	if status != want {
		step.Result, step.Why = exposure.StepRefused, "other-status"
	}
	h.t.Step(step)
}

// expectText looks for the text that is to be in the page, if one is.
func (h *httpTry) expectText(content io.Reader, answer httpAnswer) {
	want := h.t.Text("expect-text")
	if want == "" {
		return
	}
	step := exposure.Step{ID: "http-expect-text", Result: exposure.StepOK, Asked: want}
	searched := httpSearched{}
	var err error
	if !answer.empty() {
		searched, err = answer.search(content, httpWritten(want))
	}
	step.Facts = exposure.Facts{"bytes_read": searched.read}
	switch {
	case err != nil:
		step.Result, step.Detail = exposure.StepFailed, httpDetail(cause(err))
	case !searched.found:
		step.Result, step.Why = exposure.StepRefused, "text-not-found"
	}
	h.t.Step(step)
}

func (h *httpTry) title(body []byte) {
	if title := httpTitle(body); title != "" {
		h.svc.Facts["title"] = untrusted.New(title, maxFact)
	}
}

// httpWritten is a text as a page may hold it: in UTF-8, or in the two
// encodings in which Japanese devices still write.
func httpWritten(text string) [][]byte {
	written := [][]byte{[]byte(text)}
	for _, e := range []interface{ Bytes([]byte) ([]byte, error) }{japanese.ShiftJIS.NewEncoder(), japanese.EUCJP.NewEncoder()} {
		if b, err := e.Bytes([]byte(text)); err == nil && string(b) != text {
			written = append(written, b)
		}
	}
	return written
}

// only asks a server in HTTP/2 that gave no answer in HTTP/1.1, and reports
// whether it has one. What was expected holds for that answer.
func (h *httpTry) only(ctx context.Context, path string) bool {
	if h.s.secure == nil && !greetsHTTP2(h.s.heardFirst()) || ctx.Err() != nil {
		return false
	}
	step := exposure.Step{ID: "http-2", Result: exposure.StepOK, Asked: "GET " + path}
	svc, err := runHTTP2(ctx, h.s, exposure.Service{Facts: exposure.Facts{}}, path, func(answer httpAnswer, content io.Reader) {
		step.Said = untrusted.New(answer.line, maxBanner)
		h.t.Step(step)
		h.expectStatus(answer.status)
		h.expectText(content, answer)
	})
	if err != nil {
		return false
	}
	maps.Copy(svc.Facts, h.svc.Facts)
	h.svc = svc
	return true
}

// newer tries HTTP/2 inside TLS and asks for HTTP/3 where it is offered.
func (h *httpTry) newer(ctx context.Context, path string) {
	if h.s.secure == nil {
		return
	}
	step := exposure.Step{ID: "http-2", Result: exposure.StepFailed, Asked: "ALPN h2, GET " + path}
	svc, err := runHTTP2(ctx, h.s, exposure.Service{Facts: exposure.Facts{}}, path, func(httpAnswer, io.Reader) {})
	var remote *net.OpError
	switch {
	case err == nil:
		step.Result, step.Said = exposure.StepOK, svc.Banner
	case errors.Is(err, errHTTP2), errors.As(err, &remote) && remote.Op == "remote error":
		step.Result, step.Why = exposure.StepRefused, "no-http2"
	default:
		step.Detail = httpDetail(err)
	}
	h.svc.Facts["http2"] = err == nil
	h.t.Step(step)
	h.three(ctx)
}

// three asks the port for QUIC, over which HTTP/3 goes, where the header offers
// it on this very port. The version list that comes back proves the way.
func (h *httpTry) three(ctx context.Context) {
	offered, _ := h.svc.Facts.Bool("http3")
	step := exposure.Step{ID: "http-3", Result: exposure.StepSkipped, Why: "no-http3"}
	if !offered {
		h.t.Step(step)
		return
	}
	step.Asked, step.Why = "QUIC version negotiation, UDP "+strconv.Itoa(int(h.s.peer.at.Port())), ""
	hello := quicHello(h.s.peer.nonce())
	ctx, cancel := context.WithTimeout(ctx, httpBodyTime)
	defer cancel()
	reply, err := h.s.Exchange(ctx, hello, func(b []byte) bool { return quicReplies(hello, b) })
	if err != nil {
		step.Result, step.Why, step.Detail = exposure.StepFailed, "quic-silent", httpDetail(cause(err))
		h.t.Step(step)
		return
	}
	step.Result = exposure.StepOK
	step.Facts = exposure.Facts{"quic_versions": texts(quicVersions(reply), maxQUICVersions)}
	h.t.Step(step)
}
