package web

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

// Redirect answers over plain HTTP that the same is to be had over HTTPS at the
// port, until ctx ends. What wrap adds is answered first, such as the challenges of
// an ACME server; nil adds nothing.
func (s *Service) Redirect(ctx context.Context, l net.Listener, port uint16, wrap func(http.Handler) http.Handler) error {
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.elsewhere(w, r, port) })
	if wrap != nil {
		handler = wrap(handler)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: headerTime, IdleTimeout: headerTime,
		MaxHeaderBytes: mostHeader, ErrorLog: s.silent(),
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(bounded(l, s.config.Forwarding, &s.redirected))
	if ctx.Err() != nil {
		return nil
	}
	return err
}

const httpsPort = 443

// elsewhere sends a request on to the same host over HTTPS. The host is the one
// that was asked for, where that is the service.
func (s *Service) elsewhere(w http.ResponseWriter, r *http.Request, port uint16) {
	r = s.identified(r)
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
		if a := net.ParseIP(name); a != nil && a.To4() == nil {
			host = "[" + name + "]"
		}
	}
	if host == "" || s.misdirected(r) || r.Method == http.MethodConnect || r.URL.Host != "" {
		http.Error(w, "Misdirected Request", http.StatusMisdirectedRequest)
		return
	}
	if port != httpsPort {
		host += ":" + strconv.Itoa(int(port))
	}
	to := url.URL{Scheme: "https", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", to.String())
	w.WriteHeader(http.StatusPermanentRedirect) // the method stays (RFC 9110 section 15.4.9)
}
