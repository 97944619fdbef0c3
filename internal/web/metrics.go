package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sekisho/internal/exposure"
)

// metrics are what the service counts of itself, for Prometheus. No label holds
// what a caller wrote, and none an address.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  prometheus.Histogram
	refused  *prometheus.CounterVec
	planned  prometheus.Counter
}

func newMetrics(s *Service) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sekisho_http_requests_total", Help: "Requests by the route that answered and its status."}, []string{"route", "code"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "sekisho_http_request_seconds", Help: "Time to answer; those that wait for something to tell are not counted.", Buckets: prometheus.DefBuckets,
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sekisho_refused_total", Help: "Requests that were refused, by the kind of problem."}, []string{"problem"}),
		planned: prometheus.NewCounter(prometheus.CounterOpts{Name: "sekisho_jobs_total", Help: "Looks that were planned."}),
	}
	under := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sekisho_jobs", Help: "Looks that are not over."}, func() float64 { return float64(s.owners.alive(time.Now())) })
	connections := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sekisho_connections", Help: "Connections that are open."}, func() float64 { return float64(s.connections.Load()) })
	m.registry.MustRegister(m.requests, m.seconds, m.refused, m.planned, under, connections, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// Each kind is there from the start: what was never seen is 0, not absent.
	for kind := range problems {
		m.refused.WithLabelValues(string(kind))
	}
	return m
}

// counted notes what became of a request.
func (m *metrics) counted(route string, status int, took time.Duration, waits bool) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	if !waits {
		m.seconds.Observe(took.Seconds())
	}
}

func (m *metrics) problem(kind exposure.JobErrorKind) { m.refused.WithLabelValues(string(kind)).Inc() }

// measured answers with the metrics to who may read them: this machine itself, and
// the networks that Metrics names. For anybody else there are none.
func (s *Service) measured() http.Handler {
	handler := promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := caller(r)
		if proxied(r) != "" || !slices.ContainsFunc(s.config.Metrics, func(p netip.Prefix) bool { return p.Contains(from) }) {
			s.absent(w)
			return
		}
		handler.ServeHTTP(w, r)
	})
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write is of status 200 when none was written.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap is what http.ResponseController finds the rest by.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
