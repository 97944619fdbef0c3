package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// route is one request that is answered, and what the description of the API
// says of it.
type route struct {
	method, path, summary string
	handler               http.Handler
	takes, gives          any    // of the bodies; nil for none
	kind                  string // of what it gives, where that is not JSON
	status                int
	problems              []int
}

// routes is the whole API.
func (s *Service) routes() []route {
	list := []route{
		{
			method: "GET", path: "/healthz", summary: "Whether the service runs.", status: 200, gives: health{},
			handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.write(w, 200, health{"ok"}) }),
		},
		{
			method: "GET", path: "/readyz", summary: "Whether the service can take jobs, and which part of it cannot.", status: 200, gives: readiness{},
			problems: []int{503}, handler: http.HandlerFunc(s.ready),
		},
		{
			method: "GET", path: "/api/v1/whoami", summary: "The address that the request comes from, and what the vantage says of itself.",
			status: 200, gives: exposure.Whoami{}, handler: http.HandlerFunc(s.whoami),
		},
	}
	list = append(list, s.jobRoutes()...)
	list = append(list, route{
		method: "POST", path: "/api/v1/peers", status: 200, gives: exposure.PeerGrant{}, problems: []int{403, 429},
		summary: "For other vantages: ports of this one to which the caller may send, to learn what its own network lets out.", handler: http.HandlerFunc(s.peer),
	})
	list = append(list, s.proofRoutes()...)
	if s.config.Names != nil {
		list = append(list, route{
			method: "POST", path: "/api/v1/names", status: 200, takes: exposure.NameRequest{}, gives: exposure.NameView{}, problems: []int{400, 403, 429},
			summary: "What addresses a name has for the vantage's resolver. Nothing is sent to them.", handler: http.HandlerFunc(s.names),
		})
	}
	var description map[string]any
	list = append(list, route{
		method: "GET", path: "/api/v1/openapi.json", summary: "This description.", status: 200, gives: map[string]any{},
		handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { s.write(w, 200, description) }),
	})
	description = describe(list, s.config.Door.Station().Version)
	return list
}

type health struct {
	Status string `json:"status"`
}

func (s *Service) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.config.Log.Debug("write", "error", err)
	}
}

// problem answers with an error (RFC 9457).
func (s *Service) problem(w http.ResponseWriter, err error) {
	var e *exposure.JobError
	if told := kept(err); !errors.As(err, &e) && errors.As(told, &e) {
		s.config.Log.Warn("store", "error", err)
	}
	if e == nil {
		e = &exposure.JobError{Kind: exposure.JobFault, Why: "internal error"}
		s.config.Log.Error("request", "error", err)
	}
	known := problems[e.Kind]
	s.metrics.problem(e.Kind)
	p := exposure.Problem{Type: exposure.ProblemType + string(e.Kind), Title: known.title, Status: known.status, Detail: e.Why}
	if e.Kind == exposure.JobLimit || e.Kind == exposure.JobBusy {
		p.Retry = crowdedFor
	}
	s.tell(w, p)
}

// crowdedFor is after how many seconds somebody may try again where too much is
// under way: it may be over by then.
const crowdedFor = 10

func (s *Service) tell(w http.ResponseWriter, p exposure.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.Retry))
	}
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		s.config.Log.Debug("write", "error", err)
	}
}

// problems are the status and the title of each kind of error.
var problems = map[exposure.JobErrorKind]struct {
	status int
	title  string
}{
	exposure.JobOwn:      {403, "The request comes from the vantage itself. On this machine run: sekisho check"},
	exposure.JobSpecial:  {403, "The address that the request comes from is kept for a special purpose, and is not looked at."},
	exposure.JobAway:     {403, "The request comes from a private address of a network that the vantage is not part of."},
	exposure.JobOut:      {403, "The owner of this network does not want it to be looked at."},
	exposure.JobUnread:   {503, "The list of networks that are not to be looked at cannot be read. Nobody is looked at until it can."},
	exposure.JobStale:    {403, "The job belongs to another address, or the grant is not fresh."},
	exposure.JobForeign:  {403, "What came of the job belongs to somebody else."},
	exposure.JobProxied:  {403, "The request came through a proxy: the address that would be looked at is the proxy's."},
	exposure.JobUnproven: {403, "An address that is not the caller's own is looked at only when it has proven itself to two vantages."},
	exposure.JobBare:     {403, "A login is taken over TLS, or from the own network, only."},
	exposure.JobWrong:    {400, "The request cannot be understood."},
	exposure.JobBusy:     {503, "The vantage has too much to do."},
	exposure.JobLimit:    {429, "Too many jobs."},
	exposure.JobGone:     {404, "There is no such job."},
	exposure.JobFault:    {503, "The vantage cannot do it."},
}

func (s *Service) whoami(w http.ResponseWriter, r *http.Request) {
	who := exposure.Whoami{Schema: exposure.WhoamiSchema, Address: caller(r), Station: s.config.Door.Station()}
	if err := s.refuses(r); err != nil {
		who.Refused = string(err.Kind)
	}
	who.Station.Addresses = s.sources(r)
	if bridged(r) {
		who.Hint = exposure.HintBridged
	}
	if s.config.EchoToken != nil {
		who.EchoToken = s.config.EchoToken()
	}
	s.write(w, http.StatusOK, who)
}

// refuses is why the caller's address is not looked at, nil when it may be.
func (s *Service) refuses(r *http.Request) *exposure.JobError {
	if why := proxied(r); why != "" {
		return &exposure.JobError{Kind: exposure.JobProxied, Why: why}
	}
	return s.refusesAddress(caller(r))
}

// refusesAddress is why an address is not looked at, nil when it may be.
func (s *Service) refusesAddress(a netip.Addr) *exposure.JobError {
	switch s.config.Scope().Refuses(a) {
	case "":
		return nil
	case reach.RefusedOwn:
		return &exposure.JobError{Kind: exposure.JobOwn}
	case reach.RefusedAway:
		return &exposure.JobError{Kind: exposure.JobAway}
	case reach.RefusedOut:
		return &exposure.JobError{Kind: exposure.JobOut}
	case reach.RefusedUnread:
		return &exposure.JobError{Kind: exposure.JobUnread}
	}
	return &exposure.JobError{Kind: exposure.JobSpecial}
}

// mostConsent bounds the text that a person agreed to, mostName a name.
const (
	mostConsent = 4096
	mostName    = 253
)

// order plans a look of the caller's own address, which may be looked at, or of the
// one that claimed the caller's token; or it tells how long the caller has to wait.
func (s *Service) order(r *http.Request, id string, asked exposure.JobRequest, before ...exposure.AlikePorts) (job exposure.Job, plan exposure.Plan, wait time.Duration, err error) {
	now := time.Now()
	who := owner{address: caller(r), asker: caller(r), consent: asked.Consent}
	if asked.Proof != "" {
		if who.address, err = s.proved(r, asked); err != nil {
			return job, plan, 0, err
		}
	}
	address := who.address
	station := s.config.Door.Station()
	asked.Consent.At = now.UTC()
	lasts := time.Duration(station.Limits.TimeMS) * time.Millisecond
	if asked.Watch {
		lasts = exposure.WatchTime
	}
	who.consent.At, who.until = asked.Consent.At, now.Add(lasts)
	job = exposure.Job{
		ID: id, Attempt: 1, Grant: who.grant(now), Address: address,
		TCP: asked.TCP, UDP: asked.UDP, Echo: asked.Echo, Identify: asked.Identify, Method: asked.Method, Name: asked.Name,
		Tests: asked.Tests, Watch: asked.Watch, Before: before, Logins: asked.Logins, Deadline: who.until,
	}
	if who.address == who.asker {
		job.TripUS = s.trip(r).Microseconds() // the way of the connection is that of the look
	}
	_, _ = rand.Read(job.Key[:]) // never returns an error (since Go 1.24)
	if !s.owners.add(job.ID, who, station.Limits.AtOnce, now) {
		return job, plan, 0, &exposure.JobError{Kind: exposure.JobLimit, Why: fmt.Sprintf("%d of this address are under way", station.Limits.AtOnce)}
	}
	if wait, err = s.spend(r.Context(), who, now); wait > 0 || err != nil {
		s.owners.remove(job.ID)
		return job, plan, wait, err
	}
	plan, err = s.config.Door.Plan(r.Context(), job)
	if err != nil {
		s.owners.remove(job.ID)
		return job, plan, 0, err
	}
	job.Logins = nil // whoever keeps the job keeps none of them
	s.metrics.planned.Inc()
	s.config.Log.Info("job", "id", job.ID, "address", address, "asker", who.asker, "tcp", len(job.TCP), "udp", len(job.UDP), "tests", len(job.Tests),
		"consent", asked.Consent.Text, "scope", asked.Consent.Scope)
	return job, plan, 0, nil
}

// spend counts a job of who asks, and of the address that is looked at.
func (s *Service) spend(ctx context.Context, who owner, now time.Time) (wait time.Duration, err error) {
	each := []netip.Addr{who.asker}
	if who.address != who.asker {
		each = append(each, who.address)
	}
	for _, a := range each {
		if wait = s.limits.take(a, now); wait > 0 {
			return wait, nil
		}
		if err = s.counted(ctx, a); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// protected reports whether nobody on the way reads what a request holds: it came
// inside TLS, or from this machine or its own network. Of what a trusted proxy hands
// on that is known where the proxy says so.
func (s *Service) protected(r *http.Request) bool {
	peer := clientOf(r).peer
	if s.config.Forwarding.trusts(peer) {
		return s.config.Forwarding.encrypted(r)
	}
	return r.TLS != nil || reach.Loopback(peer) || reach.LAN(peer)
}

// later refuses what comes too often, and says when it may come again.
func (s *Service) later(w http.ResponseWriter, wait time.Duration) {
	known := problems[exposure.JobLimit]
	s.metrics.problem(exposure.JobLimit)
	s.tell(w, exposure.Problem{
		Type: exposure.ProblemType + string(exposure.JobLimit), Title: known.title, Status: known.status,
		Retry: int(math.Ceil(wait.Seconds())),
	})
}

// names tells what the vantage's resolver says of a name, to those whom it would
// look at: it is no resolver for everybody.
func (s *Service) names(w http.ResponseWriter, r *http.Request) {
	if err := s.refuses(r); err != nil {
		s.problem(w, err)
		return
	}
	var asked exposure.NameRequest
	if err := decode(r, &asked); err != nil {
		s.problem(w, err)
		return
	}
	if len(asked.Name) > mostName || strings.ContainsFunc(asked.Name, notOfName) || !strings.Contains(strings.Trim(asked.Name, "."), ".") {
		s.problem(w, wrong("the name is none of a host"))
		return
	}
	if wait := s.naming.take(caller(r), time.Now()); wait > 0 {
		s.later(w, wait)
		return
	}
	s.write(w, http.StatusOK, exposure.NameView{Answers: append([]exposure.NameAnswer{}, s.config.Names(r.Context(), asked.Name)...)})
}

func wrong(why string) error { return &exposure.JobError{Kind: exposure.JobWrong, Why: why} }

// decode reads the body of a request.
func decode(r *http.Request, into any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return wrong("the body is to be application/json")
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields() // a target that somebody names must not be taken for one that is looked at
	if err := d.Decode(into); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return wrong(fmt.Sprintf("the body is larger than %d bytes", large.Limit))
		}
		return wrong(err.Error())
	}
	return nil
}

// read takes a request for a job apart.
func (s *Service) read(r *http.Request) (exposure.JobRequest, error) {
	var asked exposure.JobRequest
	if err := decode(r, &asked); err != nil {
		return asked, err
	}
	switch {
	case strings.TrimSpace(asked.Consent.Text) == "" || strings.TrimSpace(asked.Consent.Scope) == "":
		return asked, wrong("consent is missing: its text and its scope")
	case len(asked.Consent.Text)+len(asked.Consent.Scope) > mostConsent:
		return asked, wrong("the consent is too long")
	case len(asked.Name) > mostName || strings.ContainsFunc(asked.Name, notOfName):
		return asked, wrong("the name is none of a host")
	case len(asked.TCP)+len(asked.UDP) == 0 && !asked.Echo && len(asked.Tests) == 0:
		return asked, wrong("no port to look at")
	}
	return asked, nil
}

func notOfName(r rune) bool {
	return !(r == '.' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
}

func grant(address netip.Addr, consent exposure.Consent, now time.Time) exposure.Grant {
	return exposure.Grant{Kind: exposure.GrantOwn, Address: address, At: now.UTC(), Consent: consent}
}
