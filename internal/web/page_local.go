package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// ErrNotTheirs is that a report of this machine is not for the user whose program
// asks for it.
var ErrNotTheirs = errors.New("the report is not for this user")

// localTime is how long a report of this machine may take to be made and written.
const localTime = 70 * time.Second

// localPolicy is the content security policy of such a report: it holds its own
// style, and loads nothing.
const localPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// atHome reports whether a request comes from a browser on this machine itself,
// which may see what this machine knows of itself. A reverse proxy beside the service
// comes from the loopback too: whatever speaks of one is somebody else's, and so is a
// page elsewhere whose name was made to lead here (DNS rebinding), or that has the
// browser ask behind its back. A forwarder that speaks no HTTP tells nothing of its
// callers: a service that has a name or proxies is for others, and makes no report.
func (s *Service) atHome(r *http.Request) bool {
	peer := clientOf(r).peer
	if s.config.Local == nil || len(s.config.Hostnames)+len(s.config.Forwarding.Trusted) > 0 || s.config.Name4+s.config.Name6 != "" || !reach.Loopback(peer) || proxied(r) != "" {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" && site != "same-origin" {
		return false
	}
	return namesLoopback(r.Host)
}

// namesLoopback reports whether the host of a request is this machine by a name or
// an address that nobody else can have.
func namesLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Zone() == "" && reach.Loopback(a)
}

// local is the report of this machine, for who sits at it.
func (s *Service) local(w http.ResponseWriter, r *http.Request) {
	tag := s.spoken(w, r)
	say := lang.For(tag)
	refuse := func(status int, text string) {
		s.show(w, r, status, "message", say.Say("web.title-local"), text, false)
	}
	if !s.atHome(r) {
		refuse(http.StatusForbidden, say.Say("web.local-not-here"))
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	own, known := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if err != nil || !known {
		refuse(http.StatusForbidden, say.Say("web.local-not-here"))
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(localTime)) // where there is none, none ends it
	at := own.AddrPort()
	report, err := s.config.Local(r.Context(), unmapped(peer), unmapped(at), tag)
	switch {
	case errors.Is(err, ErrNotTheirs):
		refuse(http.StatusForbidden, say.Say("web.local-not-yours"))
		return
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody reads it any more
	case err != nil:
		s.config.Log.Warn("local report", "error", err)
		refuse(http.StatusServiceUnavailable, say.Say("web.local-fault"))
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", localPolicy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(tag))
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	s.body(w, r, http.StatusOK, report)
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
