package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// resultsLast is how long a look is kept where its owner does not delete it.
const resultsLast = 30 * 24 * time.Hour

// ownerCookie holds the secret by which a browser is known as the owner of its
// looks.
const ownerCookie = "sekisho_owner"

// The bounds of an owner's secret: 20 characters of rand.Text are 100 bits.
const (
	shortestSecret = 20
	longestSecret  = 64
)

// browser is who the browser of a request is, by its cookie, or the program that
// sent it, by what it bears (RFC 6750 section 2.1).
func browser(r *http.Request) (hash [32]byte, known bool) {
	secret, bears := bearer(r)
	if !bears {
		c, err := r.Cookie(ownerCookie)
		if err != nil {
			return hash, false
		}
		secret = c.Value
	}
	if len(secret) < shortestSecret || len(secret) > longestSecret {
		return hash, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// bearer is the secret in the head of a request.
func bearer(r *http.Request) (secret string, bears bool) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), strings.EqualFold(scheme, "Bearer")
}

// owning is the owner of a request; a browser that is none yet becomes one.
func (s *Service) owning(w http.ResponseWriter, r *http.Request) [32]byte {
	if hash, known := browser(r); known {
		return hash
	}
	secret := rand.Text()
	s.setCookie(w, r, ownerCookie, secret)
	return sha256.Sum256([]byte(secret))
}

// setCookie has the browser keep something. It goes over HTTPS alone where it came
// so, also through a trusted proxy.
func (s *Service) setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	if slices.ContainsFunc(w.Header()["Set-Cookie"], func(line string) bool { return strings.HasPrefix(line, name+"=") }) {
		return // a page asks for its language more than once
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: s.encrypted(r), SameSite: http.SameSiteLaxMode,
	})
}

func mine(r *http.Request, l exposure.Look) bool {
	hash, known := browser(r)
	return known && hash == l.Owner
}

// looks are those that run now: what came of them, for who watches.
type looks struct {
	mu    sync.Mutex
	feeds map[string]*feed
	once  map[onceKey]*sending // the look that a form was sent for already
}

// onceKey is one form in one browser.
type onceKey struct {
	owner [32]byte
	token string
}

// sending is what became of a form.
type sending struct {
	id   string
	done chan struct{} // closed when the look has begun, or is known not to
	sent bool          // of it, when that is closed
}

// mostOnce bounds the memory of forms that were sent.
const mostOnce = 4096

// feed is what came of one look so far.
type feed struct {
	mu      sync.Mutex
	batches []exposure.Batch
	over    bool
	news    chan struct{} // closed and made anew
	begun   chan struct{} // closed when the look is sent
}

func newLooks() *looks { return &looks{feeds: map[string]*feed{}, once: map[onceKey]*sending{}} }

func (l *looks) feed(id string) *feed {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.feeds[id]
}

func (l *looks) open(id string) *feed {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := &feed{news: make(chan struct{}), begun: make(chan struct{})}
	l.feeds[id] = f
	return f
}

// begin lets who follows a planned look know that it is sent, or needs no longer be
// waited for.
func (f *feed) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.begun:
	default:
		close(f.begun)
	}
}

func (l *looks) close(id string) {
	l.mu.Lock()
	f := l.feeds[id]
	delete(l.feeds, id)
	l.mu.Unlock()
	f.tell(nil, true)
}

// first takes a form down, or returns what became of it before: a click that comes
// twice waits for the look that the first one begins.
func (l *looks) first(k onceKey, id string) (before *sending, again bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if before, again = l.once[k]; again {
		return before, true
	}
	if len(l.once) >= mostOnce {
		clear(l.once)
	}
	before = &sending{id: id, done: make(chan struct{})}
	l.once[k] = before
	return before, false
}

// settle says what became of a form. One that nothing came of may be sent again.
func (l *looks) settle(k onceKey, form *sending, sent bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	form.sent = sent
	close(form.done)
	if !sent && l.once[k] == form {
		delete(l.once, k)
	}
}

func (f *feed) tell(list []exposure.Batch, over bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, list...)
	f.over = f.over || over
	close(f.news)
	f.news = make(chan struct{})
}

// since are the batches after a number, whether more will come, and what tells of
// it.
func (f *feed) since(after int) (list []exposure.Batch, over bool, news <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.batches, func(b exposure.Batch) bool { return b.Number > after })
	if i >= 0 {
		list = slices.Clone(f.batches[i:])
	}
	return list, f.over, f.news
}

// begin plans a look of the caller's own address, takes it down and has it sent.
func (s *Service) begin(r *http.Request, l exposure.Look, asked exposure.JobRequest) (wait time.Duration, err error) {
	job, plan, wait, err := s.order(r, l.ID, asked, l.Job.Before...)
	if wait > 0 || err != nil {
		return wait, err
	}
	l.Job, l.State = job, exposure.LookOpen
	if err := s.config.Keep.AddLook(r.Context(), l); err != nil {
		s.owners.remove(l.ID)
		return 0, errors.Join(err, s.config.Door.Stop(r.Context(), l.ID))
	}
	if err := s.config.Door.Go(r.Context(), l.ID, grant(job.Address, job.Grant.Consent, time.Now())); err != nil {
		s.owners.remove(l.ID)
		return 0, errors.Join(err, s.config.Keep.DeleteLook(r.Context(), l.ID))
	}
	s.follow(l, plan.Station).begin()
	return 0, nil
}

// planLasts is how long a planned look waits for being sent. The vantage forgets
// it by then.
const planLasts = 60 * time.Second

// follow takes what comes of a look from its begin until its end, and keeps each
// batch before it is shown. Planned is what the vantage that took it said of itself.
// One that nobody has sent in time is forgotten.
func (s *Service) follow(l exposure.Look, planned exposure.Station) *feed {
	f := s.looks.open(l.ID)
	s.following.Go(func() {
		defer s.looks.close(l.ID)
		defer s.owners.remove(l.ID)
		ctx := s.life
		late := time.NewTimer(planLasts)
		defer late.Stop()
		select {
		case <-f.begun:
		case <-ctx.Done():
			return
		case <-late.C:
			s.kept(ctx, func() error { return s.config.Keep.DeleteLook(ctx, l.ID) })
			return
		}
		s.kept(ctx, func() error {
			return s.config.Keep.SetLook(ctx, l.ID, exposure.LookRunning, l.Job.Attempt, time.Now())
		})
		state := s.taken(ctx, l, planned, f)
		if ctx.Err() != nil {
			return // it is still open in the store, and gone on with at the next start
		}
		s.kept(ctx, func() error { return s.config.Keep.SetLook(ctx, l.ID, state, l.Job.Attempt, time.Now()) })
	})
	return f
}

// taken keeps and tells the batches of a look, and says how it ended.
func (s *Service) taken(ctx context.Context, l exposure.Look, planned exposure.Station, f *feed) exposure.LookState {
	for after := 0; ; {
		poll, cancel := context.WithTimeout(ctx, longestPoll)
		list, err := s.config.Door.Batches(poll, l.ID, after)
		cancel()
		if ctx.Err() != nil || err != nil {
			if err != nil && ctx.Err() == nil {
				s.config.Log.Warn("look", "id", l.ID, "error", err)
			}
			if away(err) && time.Now().Before(l.Job.Deadline.Add(keepTries*keepAgain)) && paused(ctx) {
				continue // the vantage goes on, and holds what it saw
			}
			return exposure.LookInterrupted
		}
		for _, b := range list {
			b = s.honest(b, l.Job.Address, s.proven(planned))
			if !s.kept(ctx, func() error { return s.config.Keep.AddBatch(ctx, l.ID, b) }) {
				return exposure.LookInterrupted
			}
			if b.Done {
				s.owners.remove(l.ID) // it stands in nobody's way any more
			}
			f.tell([]exposure.Batch{b}, false)
			after = b.Number
			if b.Done {
				if b.Ended != "" {
					return exposure.LookInterrupted
				}
				return exposure.LookDone
			}
		}
	}
}

// away reports whether the way to the vantage is cut, of which the vantage itself
// may know nothing.
func away(err error) bool {
	var e *exposure.JobError
	return errors.As(err, &e) && e.Kind == exposure.JobFault
}

// paused waits a little, and reports whether there is a reason to go on.
func paused(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(keepAgain):
		return true
	}
}

// keepAgain is how often, and keepTries how many times, something is kept again
// that could not be: the vantage holds it that long.
const (
	keepAgain = time.Second
	keepTries = 100
)

// kept does something to the store until it is done, and reports whether it was.
func (s *Service) kept(ctx context.Context, do func() error) bool {
	for range keepTries {
		err := do()
		if err == nil {
			return true
		}
		if errors.Is(err, exposure.ErrLookGone) || ctx.Err() != nil {
			return false // its owner deleted it, or this is the end
		}
		s.config.Log.Warn("store", "error", err)
		if !paused(ctx) {
			return false
		}
	}
	return false
}

// proven are the ports to which the vantage that took a look is known to be able to
// send: this process's own learns while it looks, of one behind a bus it is what its
// plan said.
func (s *Service) proven(planned exposure.Station) exposure.StationPorts {
	station := s.config.Door.Station()
	if len(planned.Addresses) == 0 || slices.Equal(planned.Addresses, station.Addresses) {
		return station.Sends
	}
	return planned.Sends
}

// honest says of silence on ports to which nothing proves that the vantage can send
// at all that it is so, and makes it unknown where providers often cut. To a private
// address no provider is on the way.
func (s *Service) honest(b exposure.Batch, address netip.Addr, sends exposure.StationPorts) exposure.Batch {
	if reach.LAN(address) {
		return b
	}
	alike := b.Alike
	b.Alike = nil
	for _, a := range alike {
		var known, unproven exposure.PortList
		for _, p := range a.Ports {
			switch {
			case a.State != exposure.Filtered || a.Reason != exposure.NoResponse || sends.Has(a.Transport, p):
				known = append(known, p)
				continue
			case !exposure.OftenCut(p):
				unproven = append(unproven, p)
				continue
			}
			b.Observations = append(b.Observations, exposure.Observation{
				Address: address, Transport: a.Transport, Port: p, State: exposure.Unknown, Reason: exposure.NoResponse, Detail: exposure.EgressUnproven,
				View: exposure.ViewOutside, Vantage: s.config.Door.Station().ID, Attempts: a.Attempts, SeenAt: a.SeenAt,
			})
		}
		if a.Ports = known; len(known) > 0 {
			b.Alike = append(b.Alike, a)
		}
		if a.Ports, a.Detail = unproven, exposure.EgressUnproven; len(unproven) > 0 {
			b.Alike = append(b.Alike, a)
		}
	}
	return b
}

// beat is a heartbeat of a look, where the request comes from the address that is
// looked at and from the browser that asked for it.
func (s *Service) beat(r *http.Request, l exposure.Look) {
	if over(l.State) || !mine(r, l) || proxied(r) != "" || caller(r) != l.Job.Address {
		return
	}
	if err := s.config.Door.Beat(r.Context(), l.ID, grant(l.Job.Address, l.Job.Grant.Consent, time.Now())); err != nil {
		s.config.Log.Debug("beat", "id", l.ID, "error", err)
	}
}

// resume goes on with the looks that were under way when the service ended: the
// vantage may still have them, and where it does not they are interrupted.
func (s *Service) resume(ctx context.Context) {
	list, err := s.config.Keep.OpenLooks(ctx)
	if err != nil {
		s.config.Log.Error("store", "error", err)
		return
	}
	for _, l := range list {
		if s.complete(ctx, l) {
			continue
		}
		s.owners.add(l.ID, ownerOf(l), 0, time.Now())
		s.follow(l, exposure.Station{}).begin()
	}
}

// complete reports whether all that comes of a look is kept already: the service
// ended just before it said so.
func (s *Service) complete(ctx context.Context, l exposure.Look) bool {
	list, err := s.config.Keep.Batches(ctx, l.ID)
	if err != nil || len(list) == 0 || !list[len(list)-1].Done {
		return false
	}
	state := exposure.LookDone
	if list[len(list)-1].Ended != "" {
		state = exposure.LookInterrupted
	}
	return s.config.Keep.SetLook(ctx, l.ID, state, l.Job.Attempt, time.Now()) == nil
}

// forgetting removes what has expired, once an hour.
func (s *Service) forgetting(ctx context.Context) {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		if _, err := s.config.Keep.Forget(ctx, time.Now()); err != nil && ctx.Err() == nil {
			s.config.Log.Error("store", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
