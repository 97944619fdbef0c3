// Package web is the HTTP service: the API by which somebody has their own
// address looked at from outside. There is no argument that names an address:
// the one that a request comes from, as the socket tells it, is the target.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// Door is the way to a vantage, whatever carries it. What it returns as an error
// is an *exposure.JobError.
type Door interface {
	Station() exposure.Station
	Plan(ctx context.Context, job exposure.Job) (exposure.Plan, error)
	Go(ctx context.Context, id string, grant exposure.Grant) error
	Beat(ctx context.Context, id string, grant exposure.Grant) error
	Stop(ctx context.Context, id string) error
	Batches(ctx context.Context, id string, after int) ([]exposure.Batch, error)
}

// Config is what the service is told.
type Config struct {
	Door  Door
	Scope func() reach.Scope
	// Names asks the vantage's own resolver what addresses a name has, nothing
	// when there is none.
	Names func(ctx context.Context, name string) []exposure.NameAnswer
	// Second asks other vantages which address has claimed a token there: one that
	// answers suffices. Nil where there is none to ask, and then no address but the
	// caller's own is looked at.
	Second func(ctx context.Context, token string) (netip.Addr, error)
	// Seconds are the URLs of those vantages.
	Seconds []string
	// EchoToken is what the echo ports want to be told, nil without any.
	EchoToken func() string
	// EchoWord is what an echo port of the vantage says to a browser that asks it
	// for a nonce, nil without any; inside TLS where the service is.
	EchoWord func(nonce string, port uint16) string
	// Local makes the report of this machine for the user whose connection comes from
	// peer on this machine to own, or says ErrNotTheirs; nil without one.
	Local func(ctx context.Context, peer, own netip.AddrPort, tag lang.Tag) ([]byte, error)
	Log   *slog.Logger
	// Forwarding names the reverse proxies in front of the service; none by
	// default.
	Forwarding Forwarding
	// Trip is how long the way to the other end of a connection and back takes, 0
	// where that is not known; nil where nobody knows.
	Trip func(net.Conn) time.Duration
	// Gateways are the private addresses of this machine's own ways out; nil where
	// that is not known.
	Gateways func() []netip.Addr
	// Hostnames are the names by which the service is reached; empty for any.
	Hostnames []string
	// Name4 and Name6 are names by which the service is reached over IPv4 alone and
	// over IPv6 alone, empty for none: by them a page asks for the visitor's address of
	// the other family.
	Name4, Name6 string
	// TLS is how connections are encrypted; nil for plain HTTP.
	TLS *tls.Config
	// Metrics are the networks that may read the metrics; none by default.
	Metrics []netip.Prefix
	// Keep is where looks are kept; nil for in memory, as long as the process lives.
	Keep Keep
	// Reverse asks the vantage's own resolver what an address is called, nothing
	// when there is no name; nil where nobody is to be asked.
	Reverse func(ctx context.Context, a netip.Addr) []string
	// Dues is where the limits are kept; nil for in memory.
	Dues Dues
	// Ready is what must work for the service to be ready.
	Ready []Check
}

// Service answers requests.
type Service struct {
	config Config
	limits *limits
	naming *limits // of questions for names, of which each costs less than a look
	owners *owners
	mux    *http.ServeMux

	proofs    *proofs
	looks     *looks
	keepFor   time.Duration
	reverse   reverse
	life      context.Context // of those who follow looks
	end       context.CancelFunc
	following sync.WaitGroup

	arrivals    *arrivals
	metrics     *metrics
	connections atomic.Int64
	redirected  atomic.Int64 // those over plain HTTP beside
	stopping    atomic.Bool
	unready     changes
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{config: c, limits: newLimits(c.Door.Station().Limits), naming: newLimits(c.Door.Station().Limits), owners: newOwners(), mux: http.NewServeMux(), arrivals: newArrivals(c.Log)}
	s.metrics, s.proofs = newMetrics(s), newProofs()
	s.looks, s.keepFor = newLooks(), resultsLast
	if c.Keep == nil {
		s.config.Keep, s.keepFor = newMemory(), rememberedAtTheMost
	}
	s.life, s.end = context.WithCancel(context.Background())
	for _, r := range s.routes() {
		s.mux.Handle(r.method+" "+r.path, r.handler)
	}
	s.mux.Handle("GET /metrics", s.measured())
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.missed(w, r) })
	s.pages()
	return s
}

// Bounds of a request and of what is written to a caller that does not read.
const (
	mostBody    = 64 << 10
	mostHeader  = 16 << 10
	headerTime  = 5 * time.Second
	readTime    = 15 * time.Second
	writeTime   = 30 * time.Second
	idleTime    = 60 * time.Second
	longestPoll = 10 * time.Second
	closingTime = 5 * time.Second
)

// Serve answers at the listener until ctx ends, then ends in a few seconds.
func (s *Service) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: mostHeader, ErrorLog: s.silent(),
		TLSConfig: s.config.TLS, BaseContext: func(net.Listener) context.Context { return ctx }, // who waits for news is let go
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	s.resume(ctx)
	s.following.Go(func() { s.forgetting(s.life) })
	defer s.following.Wait()
	defer s.end()
	ended := make(chan error, 1)
	list := bounded(l, s.config.Forwarding, &s.connections)
	go func() {
		if s.config.TLS != nil {
			ended <- server.ServeTLS(list, "", "")
			return
		}
		ended <- server.Serve(list)
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		err = errors.Join(err, server.Close())
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return nil
}

// silent is where the library writes what callers make it write: to who looks for it.
func (s *Service) silent() *log.Logger {
	return slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug)
}

// ServeHTTP answers one request.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, record := time.Now(), &recorder{ResponseWriter: w}
	var route string
	w = record
	defer func() {
		s.metrics.counted(route, record.status, time.Since(began), strings.HasSuffix(route, "/batches"))
	}()
	h := w.Header()
	if r.TLS != nil {
		h.Set("Strict-Transport-Security", "max-age=31536000") // RFC 6797
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	// A page of somebody else must not have its visitors looked at.
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		s.problem(w, &exposure.JobError{Kind: exposure.JobStale, Why: "the request comes from a page of another site"})
		return
	}
	r = s.identified(r)
	if s.misdirected(r) {
		s.tell(w, exposure.Problem{
			Type: "about:blank", Title: "Misdirected Request", Status: http.StatusMisdirectedRequest, Detail: "The service is not reached by this name.",
		})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	s.mux.ServeHTTP(w, r)
	route = r.Pattern
}

// missed answers for what is not there, with the methods that are.
func (s *Service) missed(w http.ResponseWriter, r *http.Request) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); pattern != "/" && pattern != "" {
			w.Header().Set("Allow", method)
			s.tell(w, exposure.Problem{Type: "about:blank", Title: "Method Not Allowed", Status: http.StatusMethodNotAllowed})
			return
		}
	}
	s.absent(w)
}

func (s *Service) absent(w http.ResponseWriter) {
	s.tell(w, exposure.Problem{Type: "about:blank", Title: "Not Found", Status: http.StatusNotFound, Detail: "The API is described at /api/v1/openapi.json."})
}
