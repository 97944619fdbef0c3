package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/reach"
)

// named reports whether a name is one that the service was given.
func (s *Service) named(name string) bool {
	return name != "" && (name == s.config.Name4 || name == s.config.Name6 || slices.Contains(s.config.Hostnames, name))
}

// misdirected reports whether a request names a host that the service is not. A
// page of somebody else whose name leads here for a moment (DNS rebinding) counts
// as the same origin for a browser, and only its name betrays it. An address in
// that place cannot lead elsewhere. Who asks from this machine itself, where more
// is shown, is to use an address, localhost or a name without a dot, which nobody
// on the Internet has.
func (s *Service) misdirected(r *http.Request) bool {
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.Host == "" {
		return false
	}
	local := reach.Loopback(caller(r)) && proxied(r) == ""
	if len(s.config.Hostnames) == 0 && !local {
		return false
	}
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return false
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if local && (!strings.Contains(name, ".") || strings.HasSuffix(name, ".localhost")) {
		return false
	}
	return !s.named(name)
}
