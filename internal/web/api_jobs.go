package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sekisho/internal/exposure"
)

// apiKind is the kind of a look that no page asked for.
const apiKind = "api"

// jobRoutes are the requests about jobs. A job is a look as those of the pages
// are: kept, and read by who knows its id.
func (s *Service) jobRoutes() []route {
	const one = "/api/v1/jobs/{id}"
	return []route{
		{
			method: "POST", path: "/api/v1/jobs", status: 201, takes: exposure.JobRequest{}, gives: exposure.Plan{}, problems: []int{400, 403, 429, 503},
			summary: "Plan a look at the address that the request comes from. Nothing is sent before go. What came of it is kept for its owner, whose secret is the bearer's, or is in the answer.",
			handler: http.HandlerFunc(s.plan),
		},
		{
			method: "POST", path: one + "/go", status: 202, problems: []int{400, 403, 404, 503},
			summary: "Begin to send. It is a heartbeat, too.", handler: http.HandlerFunc(s.depart),
		},
		{
			method: "POST", path: one + "/heartbeat", status: 204, problems: []int{403, 404, 503},
			summary: "The caller is still there, at the same address. Without it the vantage stops.", handler: s.granted(s.config.Door.Beat, http.StatusNoContent),
		},
		{
			method: "GET", path: one, status: 200, gives: exposure.JobStatus{}, problems: []int{404, 503},
			summary: "How far the job has come. Who knows the id may read it.", handler: http.HandlerFunc(s.status),
		},
		{
			method: "GET", path: one + "/batches", status: 200, gives: exposure.Batches{}, problems: []int{400, 403, 404, 503},
			summary: "What has come after the batch of the number in ?after=, as soon as there is something, or nothing after ten seconds. For the address that is looked at, and for the owner.",
			handler: http.HandlerFunc(s.batches),
		},
		{
			method: "GET", path: one + "/events", status: 200, gives: "", kind: "text/event-stream", problems: []int{400, 403, 404, 503},
			summary: "The same as they come: events named batch, with the number of the batch as their id and the batch as their data, and one named end, with how far the job has come. Last-Event-ID, or ?after=, says what is known already. It is no heartbeat.",
			handler: http.HandlerFunc(s.jobEvents),
		},
		{
			method: "GET", path: one + "/result", status: 200, gives: exposure.Report{}, problems: []int{404, 503},
			summary: "What came of the job so far, as the report that sekisho check writes and sekisho diff compares: partial as long as the job is not done. Who knows the id may read it.",
			handler: http.HandlerFunc(s.jobResult),
		},
		{
			method: "DELETE", path: one, status: 204, problems: []int{403, 404, 503},
			summary: "Stop at once, and forget what came of it. For the owner; while the job runs, for the address that is looked at, too.", handler: http.HandlerFunc(s.remove),
		},
	}
}

func (s *Service) plan(w http.ResponseWriter, r *http.Request) {
	if err := s.refuses(r); err != nil {
		s.problem(w, err)
		return
	}
	asked, err := s.read(r)
	if err != nil {
		s.problem(w, err)
		return
	}
	if asked.Proof != "" && (asked.Watch || len(asked.Tests)+len(asked.Logins) > 0) {
		s.problem(w, wrong("tests in depth are made, and ports watched, of the caller's own address only"))
		return
	}
	if len(asked.Logins) > 0 && !s.protected(r) {
		s.problem(w, &exposure.JobError{Kind: exposure.JobBare})
		return
	}
	owner, known := browser(r)
	secret := ""
	if _, bears := bearer(r); bears && !known {
		s.problem(w, wrong("a secret has 20 to 64 characters"))
		return
	}
	if !known {
		secret = rand.Text()
		owner = sha256.Sum256([]byte(secret))
	}
	job, plan, wait, err := s.order(r, rand.Text(), asked)
	switch {
	case err != nil:
		s.problem(w, err)
		return
	case wait > 0:
		s.later(w, wait)
		return
	}
	l := exposure.Look{ID: job.ID, Owner: owner, Kind: apiKind, Job: job, State: exposure.LookOpen, Started: time.Now()}
	l.Expires = l.Started.Add(s.keepFor)
	if err := s.config.Keep.AddLook(r.Context(), l); err != nil {
		s.owners.remove(l.ID)
		s.problem(w, errors.Join(err, s.config.Door.Stop(r.Context(), l.ID)))
		return
	}
	s.follow(l, plan.Station)
	plan.Secret = secret
	plan.Station.Addresses = sourcesFor(job.Address, plan.Station.Addresses)
	w.Header().Set("Location", "/api/v1/jobs/"+job.ID)
	s.write(w, http.StatusCreated, plan)
}

// owned is the caller's own job. Another address has none, and is told the same
// as for a job that never was.
func (s *Service) owned(r *http.Request) (id string, g exposure.Grant, err error) {
	if why := proxied(r); why != "" {
		return "", g, &exposure.JobError{Kind: exposure.JobProxied, Why: why}
	}
	id = r.PathValue("id")
	who, ok := s.owners.of(id)
	if !ok {
		l, err := s.config.Keep.Look(r.Context(), id)
		if err != nil {
			return "", g, err
		}
		who = ownerOf(l)
	}
	if who.asker != caller(r) {
		return "", g, &exposure.JobError{Kind: exposure.JobGone}
	}
	return id, who.grant(time.Now()), nil
}

// granted is a request that proves anew that the caller is at the address.
func (s *Service) granted(do func(context.Context, string, exposure.Grant) error, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, g, err := s.owned(r)
		if err == nil {
			err = do(r.Context(), id, g)
		}
		if err != nil {
			s.problem(w, err)
			return
		}
		w.WriteHeader(status)
	})
}

// depart has a planned job sent.
func (s *Service) depart(w http.ResponseWriter, r *http.Request) {
	s.granted(func(ctx context.Context, id string, g exposure.Grant) error {
		if err := s.config.Door.Go(ctx, id, g); err != nil {
			return err
		}
		if f := s.looks.feed(id); f != nil {
			f.begin()
		}
		return nil
	}, http.StatusAccepted).ServeHTTP(w, r)
}

// watchedJob is a job that the caller may watch: of the own address, or an own one.
func (s *Service) watchedJob(r *http.Request) (exposure.Look, error) {
	l, err := s.config.Keep.Look(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		return l, err
	case mine(r, l):
		return l, nil
	}
	_, _, err = s.owned(r)
	return l, err
}

// heard is what came of a look so far, and what comes of it where it is under way.
func (s *Service) heard(ctx context.Context, id string) (*feed, error) {
	if f := s.looks.feed(id); f != nil {
		return f, nil
	}
	list, err := s.config.Keep.Batches(ctx, id)
	return &feed{batches: list, over: true}, err
}

// afterOf is the number of the last batch that the caller has.
func afterOf(r *http.Request) (after int, err error) {
	word := r.URL.Query().Get("after")
	if known := r.Header.Get("Last-Event-ID"); known != "" {
		word = known
	}
	if word == "" {
		return 0, nil
	}
	if after, err = strconv.Atoi(word); err != nil || after < 0 {
		return 0, wrong("after is the number of a batch")
	}
	return after, nil
}

// watched is what came of the job that the caller may watch, and the number of the
// last batch that the caller has.
func (s *Service) watched(r *http.Request) (f *feed, after int, err error) {
	l, err := s.watchedJob(r)
	if err != nil {
		return nil, 0, err
	}
	if after, err = afterOf(r); err != nil {
		return nil, 0, err
	}
	f, err = s.heard(r.Context(), l.ID)
	return f, after, err
}

func (s *Service) batches(w http.ResponseWriter, r *http.Request) {
	f, after, err := s.watched(r)
	if err != nil {
		s.problem(w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), longestPoll)
	defer cancel()
	for {
		list, over, news := f.since(after)
		if len(list) > 0 || over || ctx.Err() != nil {
			list = list[:min(len(list), mostBatches)]
			s.write(w, http.StatusOK, exposure.Batches{Batches: append([]exposure.Batch{}, list...)})
			return
		}
		select {
		case <-ctx.Done():
		case <-news:
		}
	}
}

// mostBatches bounds one answer; the rest comes with the next question.
const mostBatches = 16

// jobEvents are the batches of a job as they come.
func (s *Service) jobEvents(w http.ResponseWriter, r *http.Request) {
	f, after, err := s.watched(r)
	if err != nil {
		s.problem(w, err)
		return
	}
	st := newStream(w)
	st.told(r.Context(), f, after, func(list []exposure.Batch) error {
		for _, b := range list {
			if err := st.send(b.Number, "batch", b); err != nil {
				return err
			}
			after = b.Number
		}
		return nil
	}, func() error {
		status, err := s.statusOf(r)
		if err != nil {
			return err // deleted: the stream ends without a word
		}
		return st.send(after, "end", status)
	})
}

// statusOf is how far a job has come.
func (s *Service) statusOf(r *http.Request) (exposure.JobStatus, error) {
	found, err := s.found(r)
	if err != nil {
		return exposure.JobStatus{}, err
	}
	l := found.look
	status := exposure.JobStatus{
		Schema: exposure.JobStatusSchema, Job: l.ID, Kind: l.Kind, State: l.State, Ended: found.ended, Address: l.Job.Address,
		Started: l.Started.UTC(), Expires: l.Expires.UTC(), Asked: len(found.asked()), Seen: len(found.seen), Open: len(found.of(formOpen)), Last: found.last,
	}
	if over(l.State) {
		status.Finished = l.Finished.UTC()
	}
	return status, nil
}

func (s *Service) status(w http.ResponseWriter, r *http.Request) {
	status, err := s.statusOf(r)
	if err != nil {
		s.problem(w, err)
		return
	}
	s.write(w, http.StatusOK, status)
}

func (s *Service) jobResult(w http.ResponseWriter, r *http.Request) {
	found, err := s.found(r)
	if err != nil {
		s.problem(w, err)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	s.write(w, http.StatusOK, found.report(s.config.Door.Station(), s.spoken(w, r)))
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	l, err := s.config.Keep.Look(r.Context(), id)
	if err == nil && !mine(r, l) {
		if _, bears := bearer(r); bears || over(l.State) {
			err = &exposure.JobError{Kind: exposure.JobForeign, Why: "its owner's secret is to be borne: Authorization: Bearer SECRET"}
		}
		if _, _, away := s.owned(r); away != nil && (proxied(r) != "" || caller(r) != l.Job.Address) {
			err = away // who is looked at may stop it, whoever asked
		}
	}
	if err != nil {
		s.problem(w, err)
		return
	}
	s.forget(r.Context(), l)
	if err := s.config.Keep.DeleteLook(r.Context(), id); err != nil {
		s.problem(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// forget ends a look that is to be deleted.
func (s *Service) forget(ctx context.Context, l exposure.Look) {
	if !over(l.State) {
		_ = s.config.Door.Stop(ctx, l.ID) // it may be over by now
	}
	s.owners.remove(l.ID)
	if f := s.looks.feed(l.ID); f != nil {
		f.begin()
	}
}
