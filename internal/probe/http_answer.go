package probe

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httputil"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// empty reports whether an answer has no content (RFC 9112 section 6.3).
func (a httpAnswer) empty() bool {
	return a.status < 200 || a.status == http.StatusNoContent || a.status == http.StatusNotModified
}

// content reads the content as it was sent, which may go on for ever: the length
// that the header names is a bound and no promise.
func (a httpAnswer) content(r io.Reader) io.Reader {
	if strings.EqualFold(a.header.Get("Transfer-Encoding"), "chunked") {
		return httputil.NewChunkedReader(r)
	}
	if length, err := strconv.ParseInt(a.header.Get("Content-Length"), 10, 64); err == nil && length >= 0 {
		return io.LimitReader(r, length)
	}
	return r
}

// maxHTTPUnpacked is how much of a page is searched after unpacking. A gzip of a
// few kilobytes may unpack to gigabytes, so that the bound stands behind it.
const maxHTTPUnpacked = 1 << 20

// httpSearched is what a search through a page found out.
type httpSearched struct {
	found bool
	read  int64 // bytes looked at
}

// search looks for one of the texts in the content and keeps no more of it than
// a window. The error ends the search early; the end of the content is none.
func (a httpAnswer) search(r io.Reader, texts [][]byte) (httpSearched, error) {
	content := a.content(r)
	if encoding := a.header.Get("Content-Encoding"); strings.EqualFold(encoding, "gzip") || strings.EqualFold(encoding, "x-gzip") {
		unpacked, err := gzip.NewReader(content)
		if err != nil {
			return httpSearched{}, fmt.Errorf("unpack gzip: %w", err)
		}
		content = unpacked
	}
	keep := 0
	for _, text := range texts {
		keep = max(keep, len(text)-1)
	}
	var (
		result httpSearched
		window []byte
	)
	for buf := make([]byte, 4096); ; {
		n, err := content.Read(buf)
		window = append(window, buf[:n]...)
		result.read += int64(n)
		if slices.ContainsFunc(texts, func(text []byte) bool { return bytes.Contains(window, text) }) {
			result.found = true
			return result, nil
		}
		window = append(window[:0], window[max(0, len(window)-keep):]...)
		switch {
		case errors.Is(err, io.EOF):
			return result, nil
		case err != nil:
			return result, err
		case result.read >= maxHTTPUnpacked:
			return result, fmt.Errorf("not found in the first %d bytes", maxHTTPUnpacked)
		}
	}
}

// body reads the beginning of the content, as far as a title can be in it. A
// compressed one is left alone: it may unpack to a thousand times its size.
func (a httpAnswer) body(c *Conn) ([]byte, error) {
	if a.empty() || a.status >= 300 && a.status < 400 ||
		!slices.Contains([]string{"", "identity"}, a.header.Get("Content-Encoding")) {
		return nil, nil
	}
	if err := c.SetReadDeadline(time.Now().Add(httpBodyTime)); err != nil {
		return nil, err
	}
	content := io.LimitReader(a.content(c), maxHTTPBody)
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
