// Package agent is a vantage: it takes jobs, looks at the addresses that they
// grant and hands back what it saw and what it sent. Whatever carries a job to
// it, the agent itself checks the grant, before the first packet and at every
// heartbeat, and stops when the heartbeat does.
package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
	"sekisho/internal/witness"
)

// MostSilent is after how long without a heartbeat a job ends at the latest.
const MostSilent = 35 * time.Second

// The times of a job, when the configuration names none.
const (
	planLasts   = 60 * time.Second // until go has to come
	resultLasts = 2 * time.Minute  // after the end, for the caller to fetch it
)

// Config is what an agent is told.
type Config struct {
	// Station is what the agent says of itself; what it can send to it finds out.
	Station exposure.Station
	// Scope is asked each time, since addresses change.
	Scope    func() reach.Scope
	Jobs     int           // the most at once, those that were only planned too
	Together int           // the most packets a second of all jobs; 0 for no bound but that of each
	Silent   time.Duration // without a heartbeat; 0, or more than MostSilent: that
	Method   scan.Method
	Payloads func(port uint16) []scan.Payload
	// Stopped tells whether the vantage's own packet filter keeps a question from
	// leaving, so that silence says nothing; nil where that is not known.
	Stopped func(t exposure.Transport, source netip.Addr, to netip.AddrPort) bool
	// Served are ports of this machine at which callers ask it: what they send
	// there is their own business.
	Served []uint16
	Log    *slog.Logger
}

// Agent runs jobs. Any number of goroutines may use it.
type Agent struct {
	config Config
	engine *scan.Engine
	egress egress
	keeper witness.Doorkeeper

	mu     sync.Mutex
	tasks  map[string]*task
	closed bool
}

func wrong(why string) error { return &exposure.JobError{Kind: exposure.JobWrong, Why: why} }
func fault(why string) error { return &exposure.JobError{Kind: exposure.JobFault, Why: why} }
func stale(why string) error { return &exposure.JobError{Kind: exposure.JobStale, Why: why} }

// refused turns the refusal of an address into an error.
func refused(r reach.Refusal) error {
	switch r {
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

// New returns an agent.
func New(c Config) *Agent {
	if c.Silent <= 0 || c.Silent > MostSilent {
		c.Silent = MostSilent
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	engine := scan.New()
	if c.Together > 0 {
		engine = scan.NewShared(c.Together)
	}
	return &Agent{config: c, engine: engine, tasks: map[string]*task{}}
}

// Close ends all jobs and frees what they held.
func (a *Agent) Close() error {
	a.mu.Lock()
	a.closed = true
	tasks := make([]*task, 0, len(a.tasks))
	for _, t := range a.tasks {
		tasks = append(tasks, t)
	}
	a.mu.Unlock()
	for _, t := range tasks {
		t.end(exposure.EndShutdown)
		<-t.over
	}
	return a.engine.Close()
}

// Station is what the vantage says of itself now.
func (a *Agent) Station() exposure.Station {
	s := a.config.Station
	s.Addresses = a.config.Scope().Own
	now := time.Now()
	s.Sends, s.Reached = a.egress.proven(now), a.egress.open(now)
	s.Tests = slices.Clone(testsOf)
	return s
}

// Plan takes a job and says what it will send. Nothing is sent yet.
func (a *Agent) Plan(_ context.Context, job exposure.Job) (exposure.Plan, error) {
	now := time.Now()
	if err := a.granted(job.Address, job.Grant, now); err != nil {
		return exposure.Plan{}, err
	}
	if err := a.sane(job, now); err != nil {
		return exposure.Plan{}, wrong(err.Error())
	}
	method, err := scan.ParseMethod(job.Method)
	if job.Method == "" {
		method, err = a.config.Method, nil
	}
	if err != nil {
		return exposure.Plan{}, wrong(err.Error())
	}
	method, first, last, err := a.engine.Settle(method, job.Address)
	if err != nil {
		return exposure.Plan{}, fault(err.Error())
	}
	source := netio.SourceOf(job.Address)
	if !source.IsValid() {
		return exposure.Plan{}, fault("no route to the address")
	}
	t := newTask(a, job, method, source, now)
	if err := a.add(t); err != nil {
		return exposure.Plan{}, err
	}
	plan := exposure.Plan{
		Schema: exposure.PlanSchema, Job: job.ID, Attempt: job.Attempt, Address: job.Address, Station: a.Station(), Key: job.Key,
		Method: "connect", TCP: job.TCP, UDP: job.UDP, Now: now.UTC(), Expires: now.Add(planLasts).UTC(),
		Heartbeat: int(a.config.Silent / time.Second),
	}
	if method == scan.SYN {
		plan.Method = "syn"
	}
	if len(job.TCP) > 0 {
		plan.Sources = append(plan.Sources, exposure.JobSource{Transport: exposure.TCP, Address: source, First: first, Last: last})
	}
	if len(job.UDP) > 0 {
		plan.Sources = append(plan.Sources, exposure.JobSource{Transport: exposure.UDP, Address: source})
	}
	if job.Echo {
		plan.Sources = append(plan.Sources, exposure.JobSource{Transport: exposure.ICMP, Address: source})
	}
	return plan, nil
}

// granted checks that the address may be looked at: it is the one that the
// grant was given for, the grant is fresh, and no registry speaks against it.
func (a *Agent) granted(address netip.Addr, g exposure.Grant, now time.Time) error {
	switch {
	case g.Address != address || g.Consent.Text == "" || !granting(g):
		return stale("no grant for the address")
	case now.Sub(g.At) > a.config.Silent || g.At.After(now.Add(time.Second)):
		return stale("the grant is not fresh")
	}
	if r := a.config.Scope().Refuses(address); r != "" {
		return refused(r)
	}
	return nil
}

// granting reports whether a grant is of a kind that there is. One by proof names
// who else asked.
func granting(g exposure.Grant) bool {
	return g.Kind == exposure.GrantOwn && !g.Asker.IsValid() || g.Kind == exposure.GrantProof && g.Asker.IsValid() && g.Asker != g.Address
}

// sane checks the rest of a job.
func (a *Agent) sane(job exposure.Job, now time.Time) error {
	limits := a.config.Station.Limits
	asked := len(job.TCP) + len(job.UDP)
	longest := time.Duration(limits.TimeMS) * time.Millisecond
	if job.Watch {
		longest = exposure.WatchTime
	}
	switch {
	case job.ID == "" || job.Attempt < 1:
		return errors.New("no id or attempt")
	case asked == 0 && !job.Echo && len(job.Tests) == 0:
		return errors.New("no port to look at")
	case limits.Ports > 0 && asked > limits.Ports:
		return fmt.Errorf("%d ports are more than %d", asked, limits.Ports)
	case !now.Before(job.Deadline), limits.TimeMS > 0 && job.Deadline.Sub(now) > longest:
		return errors.New("the deadline is over or too far away")
	case job.Key == (exposure.JobKey{}):
		return errors.New("no key")
	}
	return errors.Join(saneTests(job), saneWatch(job))
}

func (a *Agent) add(t *task) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return fault("the vantage is shutting down")
	case a.config.Jobs > 0 && a.alive() >= a.config.Jobs:
		return &exposure.JobError{Kind: exposure.JobBusy}
	case a.tasks[t.job.ID] != nil:
		return wrong("the job is there already")
	}
	a.tasks[t.job.ID] = t
	t.expiry = time.AfterFunc(planLasts, func() { t.expire() })
	return nil
}

// alive counts the jobs that are not over. The caller holds mu.
func (a *Agent) alive() int {
	n := 0
	for _, t := range a.tasks {
		if !t.ended() {
			n++
		}
	}
	return n
}

func (a *Agent) task(id string) (*task, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.tasks[id]; t != nil {
		return t, nil
	}
	return nil, &exposure.JobError{Kind: exposure.JobGone}
}

func (a *Agent) forget(t *task) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.tasks, t.job.ID)
}

// Go has a planned job sent, under a grant that is given anew.
func (a *Agent) Go(_ context.Context, id string, g exposure.Grant) error {
	t, err := a.task(id)
	if err != nil {
		return err
	}
	if err := a.granted(t.job.Address, g, time.Now()); err != nil {
		return err
	}
	return t.start()
}

// Beat is the heartbeat of a job: its caller is still there, at the same address.
// A grant that is none any more ends the job.
func (a *Agent) Beat(_ context.Context, id string, g exposure.Grant) error {
	t, err := a.task(id)
	if err != nil {
		return err
	}
	if err := a.granted(t.job.Address, g, time.Now()); err != nil {
		t.end(exposure.EndRefused)
		return err
	}
	t.beat(time.Now())
	return nil
}

// Stop ends a job.
func (a *Agent) Stop(_ context.Context, id string) error {
	t, err := a.task(id)
	if err != nil {
		return err
	}
	t.end(exposure.EndStopped)
	return nil
}

// Batches returns the batches after a number, as soon as there is one, or none
// when ctx ends first.
func (a *Agent) Batches(ctx context.Context, id string, after int) ([]exposure.Batch, error) {
	t, err := a.task(id)
	if err != nil {
		return nil, err
	}
	return t.batches(ctx, after), nil
}
