package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// visitor is one browser at one address: it loads pages, clicks and watches.
type visitor struct {
	address netip.Addr
	base    string
	client  *http.Client
	pages   func(time.Duration) // told how long each page took
}

// visit is what one visitor saw.
type visit struct {
	first   int           // bytes of the first page as they came, with what it loads
	click   time.Duration // from the click to the answer
	took    time.Duration // from the click to the end of the stream
	packets int           // that came to the visitor's address
	err     error
}

// newVisitor has a connection of its own, from its own address.
func newVisitor(h *host, address netip.Addr, base string, pages func(time.Duration)) *visitor {
	jar, _ := cookiejar.New(nil) // never an error without options
	dialer := &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0))}
	transport := &http.Transport{
		DisableCompression: true, // what comes is counted as it comes
		DialContext: func(ctx context.Context, network, at string) (c net.Conn, err error) {
			err = h.do(func() (err error) {
				c, err = dialer.DialContext(ctx, network, at)
				return err
			})
			return c, err
		},
	}
	return &visitor{address: address, base: base, pages: pages, client: &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

func (v *visitor) close() { v.client.CloseIdleConnections() }

// ask sends a request as a browser does; a form is posted.
func (v *visitor) ask(ctx context.Context, path string, form url.Values) (*http.Response, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, v.base+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return v.client.Do(r)
}

// page loads a page, and says how many bytes came of it.
func (v *visitor) page(ctx context.Context, path string) (text string, size int, err error) {
	began := time.Now()
	answer, err := v.ask(ctx, path, nil)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", 0, err
	}
	v.pages(time.Since(began))
	if answer.StatusCode != http.StatusOK {
		return "", 0, fmt.Errorf("%s: %s", path, answer.Status)
	}
	body := io.Reader(strings.NewReader(string(raw)))
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return "", 0, err
		}
	}
	unpacked, err := io.ReadAll(body)
	return string(unpacked), len(raw), err
}

var (
	loads = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)
	token = regexp.MustCompile(`name="token" value="([^"]+)"`)
)

// grid is the whole visit: the first page with what it loads, the page before the
// look, the click, the page of the look and its stream to the end.
func (v *visitor) grid(ctx context.Context) (seen visit) {
	fail := func(err error) visit { seen.err = fmt.Errorf("%s: %w", v.address, err); return seen }
	text, size, err := v.page(ctx, "/")
	if err != nil {
		return fail(err)
	}
	seen.first = size
	for _, found := range loads.FindAllStringSubmatch(text, -1) {
		if _, size, err = v.page(ctx, found[1]); err != nil {
			return fail(err)
		}
		seen.first += size
	}
	if text, _, err = v.page(ctx, "/check/grid"); err != nil {
		return fail(err)
	}
	form := token.FindStringSubmatch(text)
	if form == nil {
		return fail(errors.New("there is no form"))
	}
	clicked := time.Now()
	answer, err := v.ask(ctx, "/check/grid", url.Values{"token": {form[1]}, "consent": {"yes"}, "mine": {"yes"}})
	if err != nil {
		return fail(err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return fail(err)
	}
	seen.click = time.Since(clicked)
	at := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther {
		return fail(fmt.Errorf("the look is not begun: %s", answer.Status))
	}
	if _, _, err := v.page(ctx, at); err != nil {
		return fail(err)
	}
	if err := v.watch(ctx, at+"/events"); err != nil {
		return fail(err)
	}
	seen.took = time.Since(clicked)
	if err := v.whole(ctx, at+"/result.json"); err != nil {
		return fail(err)
	}
	return seen
}

// watch follows the stream of a look to its end.
func (v *visitor) watch(ctx context.Context, path string) error {
	answer, err := v.ask(ctx, path, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if lines.Text() == "event: end" {
			return nil
		}
	}
	return errors.New("the stream ends before the look does")
}

// gridPorts are those of the grid.
const gridPorts = 1055

// whole is nil when every port of a look was silent, as all of them are.
func (v *visitor) whole(ctx context.Context, path string) error {
	text, _, err := v.page(ctx, path)
	if err != nil {
		return err
	}
	var d struct {
		State string `json:"state"`
		Alike []struct {
			State string `json:"state"`
		} `json:"alike"`
		Ports   []json.RawMessage `json:"ports"`
		Summary struct {
			Filtered int  `json:"filtered"`
			Complete bool `json:"complete"`
		} `json:"summary"`
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	if d.State != "done" || !d.Summary.Complete || d.Summary.Filtered < gridPorts {
		return fmt.Errorf("the look is %s: complete %v, %d ports silent", d.State, d.Summary.Complete, d.Summary.Filtered)
	}
	return nil
}
