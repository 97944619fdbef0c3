package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// kin is where a page learns the visitor's address of the other family: a name that
// has addresses of that family alone. The request that comes there proves it, as every
// request proves its own; what is joined is joined in the browser.
type kin struct {
	Origin string // empty where there is none
}

// policy is that of other pages, with the one origin that this one asks.
func (k kin) policy() string {
	if k.Origin == "" {
		return pagePolicy
	}
	return strings.Replace(pagePolicy, "connect-src 'self'", "connect-src 'self' "+k.Origin, 1)
}

// kinOf is the other family's side of a request.
func (s *Service) kinOf(r *http.Request) kin {
	name := s.config.Name6
	if caller(r).Is6() {
		name = s.config.Name4
	}
	if name == "" {
		return kin{}
	}
	scheme := "http"
	if s.encrypted(r) {
		scheme = "https"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil && number(port) > 0 {
		name = net.JoinHostPort(name, port)
	}
	return kin{scheme + "://" + name}
}

// encrypted reports whether a request came inside TLS, to the service itself or to a
// trusted proxy that says so.
func (s *Service) encrypted(r *http.Request) bool {
	return r.TLS != nil || s.config.Forwarding.trusts(clientOf(r).peer) && s.config.Forwarding.encrypted(r)
}

// ours reports whether a page of an origin is one of the service: it alone may read
// what address its visitor comes from over the other family.
func (s *Service) ours(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" {
		return false
	}
	name := strings.ToLower(u.Hostname())
	if s.named(name) {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && slices.Contains(s.config.Door.Station().Addresses, a.Unmap())
}

// whence tells who asks by which address they came, and a page of the service, too.
func (s *Service) whence(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if origin := r.Header.Get("Origin"); origin != "" && s.ours(origin) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if proxied(r) != "" || !caller(r).IsValid() {
		w.WriteHeader(http.StatusForbidden) // the address is a proxy's
		return
	}
	s.body(w, r, http.StatusOK, []byte(caller(r).String()+"\n"))
}
