// Package vantage asks a vantage, over HTTP, to look at the address that the
// request comes from. What comes back is somebody else's word: it is bounded,
// and believed only where it speaks of what was asked.
package vantage

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

// Bounds of a conversation with a vantage.
const (
	mostAnswer   = 8 << 20  // bytes of one answer
	mostReceived = 96 << 20 // of one connection
	dialTime     = 10 * time.Second
	promptTime   = 8 * time.Second  // of an answer that it has at once
	answerTime   = 25 * time.Second // of batches: it may wait ten seconds for something to tell
	quietTime    = 90 * time.Second // without any news of a look: a test of a server that hangs takes thirty seconds
	mostTime     = 15 * time.Minute // of all
	mostWord     = 200              // of a text that is shown
)

// Kind is what sort of trouble there was with a vantage.
type Kind string

// The kinds.
const (
	Away    Kind = "away"    // no connection, or it broke
	Hangs   Kind = "hangs"   // it does not answer
	Refuses Kind = "refuses" // it says no, and why
	Strange Kind = "strange" // what answers is no vantage
	Lies    Kind = "lies"    // it tells what cannot be
)

// Error is why a vantage saw nothing. Nothing of what it told is kept then.
type Error struct {
	Kind    Kind
	Problem exposure.JobErrorKind // of Refuses; empty when it gave none that is known
	Retry   time.Duration         // of Refuses
	Why     untrusted.Text
}

// Error says it in English.
func (e *Error) Error() string {
	return strings.TrimRight(fmt.Sprintf("vantage %s %s: %s", e.Kind, e.Problem, e.Why.Terminal()), ": ")
}

func lies(format string, a ...any) *Error {
	return &Error{Kind: Lies, Why: untrusted.New(fmt.Sprintf(format, a...), mostWord)}
}

// Client speaks with one address of a vantage, from one own address: each is a
// proof of its own.
type Client struct {
	base   *url.URL
	source netip.Addr
	secret string        // of a job, by which its owner is known
	prompt time.Duration // promptTime
	quiet  time.Duration // quietTime
	http   *http.Client
}

// Address is the URL of a vantage: its scheme, host and port.
type Address struct {
	URL  *url.URL
	Host string
	Port uint16
}

// ErrURL is why a word is no URL of a vantage.
var ErrURL = errors.New("a vantage is http://HOST[:PORT] or https://HOST[:PORT]")

// Parse reads the URL of a vantage. A name and a password in it are refused, and
// so is what follows the path.
func Parse(word string) (Address, error) {
	u, err := url.Parse(word)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Address{}, ErrURL
	}
	port := uint16(80)
	if u.Scheme == "https" {
		port = 443
	}
	if p := u.Port(); p != "" {
		at, err := netip.ParseAddrPort("0.0.0.0:" + p)
		if err != nil || at.Port() == 0 {
			return Address{}, ErrURL
		}
		port = at.Port()
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return Address{URL: u, Host: u.Hostname(), Port: port}, nil
}

// New makes a client that connects to an address of the vantage and to no other,
// from a source: an invalid one leaves that to the system. No proxy is asked: its
// address would be the one that is looked at.
func New(a Address, to, source netip.Addr) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := netio.Dialer{Limits: netio.Limits{Deadline: time.Now().Add(mostTime), Bytes: mostReceived}}
		if source.IsValid() {
			d.Source = netip.AddrPortFrom(source, 0)
		}
		return d.Dial(context.WithoutCancel(ctx), exposure.TCP, netip.AddrPortFrom(to, a.Port))
	}
	return &Client{base: a.URL, source: source, prompt: promptTime, quiet: quietTime, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       answerTime,
		Transport: &http.Transport{
			DialContext: dial, DisableCompression: true, MaxResponseHeaderBytes: 16 << 10, TLSHandshakeTimeout: dialTime,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 2,
		},
	}}
}

// Close ends the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Whoami asks for the own address as the vantage sees it.
func (c *Client) Whoami(ctx context.Context) (exposure.Whoami, error) {
	var who exposure.Whoami
	if err := c.ask(ctx, http.MethodGet, "/api/v1/whoami", nil, &who); err != nil {
		return exposure.Whoami{}, err
	}
	if who.Schema != exposure.WhoamiSchema {
		return exposure.Whoami{}, &Error{Kind: Strange}
	}
	return who, c.own(who.Address)
}

// own checks the address that a vantage says to see: it can be only an own one
// where nothing translates addresses on the way.
func (c *Client) own(seen netip.Addr) error {
	switch {
	case !seen.IsValid() || seen.Zone() != "" || seen.Is4In6() || seen.IsMulticast() || seen.IsUnspecified() || seen.IsLoopback():
		return lies("it says that this machine has the address %s", seen)
	case c.source.IsValid() && seen.Is4() != c.source.Is4(), c.source.IsValid() && reach.Global(c.source) && seen != c.source:
		return lies("it sees the address %s, and the request came from %s", seen, c.source)
	}
	return nil
}

// ask sends one request that is answered at once, and reads the answer into into,
// nil for none.
func (c *Client) ask(ctx context.Context, method, path string, body, into any) error {
	limited, cancel := context.WithTimeout(ctx, c.prompt)
	defer cancel()
	err := c.request(limited, method, path, body, into)
	if limited.Err() != nil && ctx.Err() == nil && err != nil {
		return &Error{Kind: Hangs}
	}
	return err
}

// request sends one request and reads its answer.
func (c *Client) request(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(b)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base.String()+path, reader)
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Accept", "application/json")
	if c.secret != "" {
		request.Header.Set("Authorization", "Bearer "+c.secret)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return trouble(ctx, err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer+1))
	switch {
	case err != nil:
		return trouble(ctx, err)
	case len(content) > mostAnswer:
		return lies("an answer is larger than %d bytes", mostAnswer)
	case answer.StatusCode/100 != 2:
		return refusal(answer, content)
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(content, into); err != nil {
		return &Error{Kind: Strange, Why: untrusted.New(err.Error(), mostWord)}
	}
	return nil
}

// trouble tells a vantage that is away from one that hangs. The end of the
// caller's own context is itself.
func trouble(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var late net.Error
	e := &Error{Kind: Away}
	if errors.As(err, &late) && late.Timeout() {
		e.Kind = Hangs
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if strings.HasPrefix(err.Error(), "net/http: HTTP/1") || strings.Contains(err.Error(), "malformed HTTP") {
		e.Kind = Strange
	}
	e.Why = untrusted.New(err.Error(), mostWord)
	return e
}

// refusal reads why a vantage says no.
func refusal(answer *http.Response, content []byte) error {
	var p exposure.Problem
	kind := answer.Header.Get("Content-Type")
	if json.Unmarshal(content, &p) != nil || !strings.HasPrefix(kind, "application/problem+json") {
		return &Error{Kind: Strange, Why: untrusted.New(answer.Status, mostWord)}
	}
	e := &Error{Kind: Refuses, Retry: time.Duration(min(max(p.Retry, 0), 86400)) * time.Second}
	if word, ok := strings.CutPrefix(p.Type, exposure.ProblemType); ok && len(word) < 40 {
		e.Problem = exposure.JobErrorKind(word)
	}
	e.Why = untrusted.New(p.Title, mostWord)
	if p.Detail != "" {
		e.Why = untrusted.New(p.Title+" "+p.Detail, mostWord)
	}
	return e
}
