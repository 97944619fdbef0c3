//go:build linux && lab

package cli_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// surface is what the service answers to, and what its forms hold: whatever is added
// to it is tried with a stranger's address, too.
type surface struct {
	routes []servedRoute
	kinds  []string // of looks, as the pages link to them
	fields []string // of the forms
}

// servedRoute is one pattern of the service's mux.
type servedRoute struct{ method, path string }

var (
	pagePattern  = regexp.MustCompile(`"(GET|POST|PUT|PATCH|DELETE) (/[^" ]*)"`)
	apiPattern   = regexp.MustCompile(`method: "([A-Z]+)", path: (?:one \+ )?"(/[^"]*)"`)
	onePattern   = regexp.MustCompile(`method: "([A-Z]+)", path: one( \+ "(/[^"]*)")?,`)
	linkToKind   = regexp.MustCompile(`href="/check/([a-z0-9-]+)`)
	fieldPattern = regexp.MustCompile(`<(?:input|select|textarea|button)[^>]* name="([A-Za-z0-9_-]+)"`)
)

// servedBy reads the patterns out of the source of the service, and kinds and fields
// off the pages that it shows a visitor.
func servedBy(t *testing.T, c *http.Client, base string) surface {
	t.Helper()
	files, err := filepath.Glob("../web/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var s surface
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pagePattern.FindAllStringSubmatch(string(b), -1) {
			s.routes = append(s.routes, servedRoute{m[1], strings.TrimSuffix(m[2], "{$}")})
		}
		for _, m := range apiPattern.FindAllStringSubmatch(string(b), -1) {
			if !strings.Contains(m[0], "one + ") {
				s.routes = append(s.routes, servedRoute{m[1], m[2]})
			}
		}
		for _, m := range onePattern.FindAllStringSubmatch(string(b), -1) {
			s.routes = append(s.routes, servedRoute{m[1], "/api/v1/jobs/{id}" + m[3]})
		}
	}
	s.fields = []string{"user", "password", "address", "target", "url", "after"} // two are shown inside TLS alone, nobody asks for the others
	s.read(t, c, base)
	// The patterns are read off how they are written: these are known to be there.
	for _, known := range []servedRoute{
		{"GET", "/"},
		{"POST", "/check/{kind}"},
		{"POST", "/look/{id}/stop"},
		{"GET", "/compare"},
		{"GET", "/metrics"},
		{"GET", "/healthz"},
		{"POST", "/api/v1/jobs"},
		{"POST", "/api/v1/jobs/{id}/go"},
		{"DELETE", "/api/v1/jobs/{id}"},
		{"GET", "/api/v1/jobs/{id}/events"},
		{"POST", "/api/v1/peers"},
		{"POST", "/api/v1/names"},
		{"POST", "/api/v1/proofs"},
		{"POST", "/api/v1/proofs/{token}"},
		{"POST", "/name"},
	} {
		if !slices.Contains(s.routes, known) {
			t.Errorf("%v is not among the routes that were found: %v", known, s.routes)
		}
	}
	for _, kind := range []string{"quick", "grid", "ftp", "mail"} {
		if !slices.Contains(s.kinds, kind) {
			t.Errorf("no page links to %s: %v", kind, s.kinds)
		}
	}
	for _, field := range []string{"host", "port", "ports", "own", "token", "consent"} {
		if !slices.Contains(s.fields, field) {
			t.Errorf("no form has %s: %v", field, s.fields)
		}
	}
	return s
}

// read takes kinds and fields from the pages.
func (s *surface) read(t *testing.T, c *http.Client, base string) {
	t.Helper()
	page := func(path string) string {
		answer, err := c.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range fieldPattern.FindAllStringSubmatch(string(b), -1) {
			if !slices.Contains(s.fields, m[1]) {
				s.fields = append(s.fields, m[1])
			}
		}
		return string(b)
	}
	for _, m := range linkToKind.FindAllStringSubmatch(page("/"), -1) {
		if !slices.Contains(s.kinds, m[1]) {
			s.kinds = append(s.kinds, m[1])
			page("/check/" + m[1])
		}
	}
	for _, r := range s.routes {
		if r.method == "GET" && !strings.Contains(r.path, "{") && !strings.HasPrefix(r.path, "/api/") {
			page(r.path)
		}
	}
}

// filled is a route with something in each of its places.
func (w *wire) filled(path, victim string) string {
	for {
		before, after, found := strings.Cut(path, "{")
		if !found {
			return path
		}
		place, rest, _ := strings.Cut(after, "}")
		with := w.pick(victim, w.own, w.look, w.token, "none")
		if place == "kind" {
			with = w.pick(w.surface.kinds...)
		}
		path = before + with + rest
	}
}

// anything is a request to any route of the service, whose fields are those of its
// own forms and hold a stranger's address somewhere.
func (w *wire) anything(victim string) (method, path, body string) {
	r := w.surface.routes[w.random.IntN(len(w.surface.routes))]
	values := []string{"consent=on", "mine=on"}
	for _, field := range w.surface.fields {
		value := w.pick(victim, victim, "on", "22", "21", "ftp", "pasv", "tcp", "22,80", "me.example", "")
		switch {
		case field == "consent" || field == "mine" || w.random.IntN(3) == 0:
			continue
		case field == "shown": // the address on the page, another of which ends it
			if w.random.IntN(8) > 0 {
				continue
			}
		case field == "token":
			value = w.pick("a", "b", "c", victim)
		case field == "ports" && w.random.IntN(2) == 0: // such as the mail test has
			values = append(values, "ports=25", "ports=143")
			continue
		case field == "modes":
			values = append(values, "modes=port", "modes=epsv")
		case field == "host" && w.random.IntN(2) == 0: // none: the own address
			value = ""
		}
		values = append(values, field+"="+value)
	}
	w.random.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	body = strings.Join(values, "&")
	path = w.filled(r.path, victim)
	if w.random.IntN(3) == 0 || r.method == "GET" {
		path += "?" + body
	}
	return r.method, path, body
}
