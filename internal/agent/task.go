package agent

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/probe"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
)

// task is one job on its way.
type task struct {
	agent  *Agent
	job    exposure.Job
	method scan.Method
	source netip.Addr
	over   chan struct{} // closed when nothing is sent any more
	expiry *time.Timer   // of the plan, later of the result

	mu      sync.Mutex
	started bool
	done    bool
	why     exposure.JobEnd
	last    time.Time // the last heartbeat
	stop    context.CancelFunc
	ready   []exposure.Batch
	news    chan struct{} // closed and made anew when there is a batch
}

func newTask(a *Agent, job exposure.Job, method scan.Method, source netip.Addr, now time.Time) *task {
	return &task{
		agent: a, job: job, method: method, source: source, last: now,
		over: make(chan struct{}), news: make(chan struct{}),
	}
}

func (t *task) ended() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done
}

// expire forgets a job that go never came for.
func (t *task) expire() {
	t.mu.Lock()
	begun := t.started || t.done
	t.mu.Unlock()
	if !begun {
		t.end(exposure.EndDeadline)
	}
}

// start begins to send.
func (t *task) start() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started || t.done {
		return wrong("the job has begun already")
	}
	t.expiry.Stop()
	t.started, t.last = true, time.Now()
	ctx, cancel := context.WithDeadline(context.Background(), t.job.Deadline)
	t.stop = cancel
	go t.watch(ctx)
	go t.run(ctx)
	return nil
}

func (t *task) beat(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = now
}

// end stops a job for a reason; the first one counts.
func (t *task) end(why exposure.JobEnd) {
	t.mu.Lock()
	if t.done {
		t.mu.Unlock()
		return
	}
	if t.why == "" {
		t.why = why
	}
	if t.started {
		t.stop()
		t.mu.Unlock()
		return
	}
	t.mu.Unlock()
	t.finish(exposure.Batch{})
}

// watch ends the job when the heartbeat does, and when the address is none any
// more that may be looked at.
func (t *task) watch(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			t.mu.Lock()
			silent := now.Sub(t.last)
			t.mu.Unlock()
			switch {
			case silent >= t.agent.config.Silent-time.Second:
				t.end(exposure.EndHeartbeat)
			case t.agent.config.Scope().Refuses(t.job.Address) != "":
				t.end(exposure.EndRefused)
			}
		}
	}
}

// Bounds of what is spoken to: a host on which every port seems open would keep
// the vantage busy for hours.
const (
	mostIdentified   = 256
	identifyParallel = 16
)

// run does the job.
func (t *task) run(ctx context.Context) {
	defer t.stop()
	vigil := t.agent.keeper.Watch(t.job.Address, t.agent.config.Served)
	log := newLog(t)
	flushed := make(chan struct{})
	flushing, flushStop := context.WithCancel(context.Background())
	go func() {
		defer close(flushed)
		ticker := time.NewTicker(batchEvery)
		defer ticker.Stop()
		for {
			select {
			case <-flushing.Done():
				return
			case <-ticker.C:
				t.publish(log.batches())
			}
		}
	}()
	view := exposure.ViewOutside
	if reach.LAN(t.job.Address) { // the machine's own address tells nothing: clouds give private ones to servers of the Internet
		view = exposure.ViewLAN
	}
	viewOf := func(netip.Addr) exposure.View { return view }
	target := exposure.Target{Name: t.job.Name, Address: t.job.Address}
	summary, err := t.look(ctx, target, viewOf, log)
	if err == nil && t.job.Identify {
		t.identify(ctx, target, viewOf, log)
	}
	if err == nil {
		t.keepLooking(ctx, target, viewOf, log)
		t.again(ctx, target, viewOf, log)
		t.test(ctx, target, viewOf, log)
	}
	flushStop()
	<-flushed
	t.publish(log.batches())
	came, hops := vigil.End()
	last := exposure.Batch{Summary: &summary, Sent: log.rest(), Unasked: &came, Hops: hops}
	t.mu.Lock()
	switch {
	case t.why != "":
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil:
		t.why = exposure.EndDeadline
	case err != nil:
		t.why = exposure.EndFault
		t.agent.config.Log.Error("job", "id", t.job.ID, "error", err)
	}
	t.mu.Unlock()
	t.finish(last)
}

// longestTrip bounds what a job says of how long answers take.
const longestTrip = 3 * time.Second

// look asks the ports, nothing where there are none: a test may be all that is
// wanted.
func (t *task) look(ctx context.Context, target exposure.Target, view func(netip.Addr) exposure.View, log *log) (exposure.ScanSummary, error) {
	if len(t.job.TCP)+len(t.job.UDP) == 0 && !t.job.Echo {
		return exposure.ScanSummary{Complete: true}, nil
	}
	return t.agent.engine.Run(ctx, scan.Request{
		Targets: []exposure.Target{target}, TCP: t.job.TCP, UDP: t.job.UDP, Echo: t.job.Echo,
		Method: t.method, Retries: -1, Rate: t.agent.config.Station.Limits.Rate, Timeout: time.Until(t.job.Deadline),
		Payloads: t.agent.config.Payloads, View: view, Vantage: t.agent.config.Station.ID,
		Key: cookie.Key(t.job.Key), Asked: log.asked, Trip: min(time.Duration(max(t.job.TripUS, 0))*time.Microsecond, longestTrip),
	}, func(o exposure.Observation) {
		t.agent.egress.take(o)
		log.found(t.honest(o))
	})
}

// honest makes silence that is the vantage's own doing what it is: no state of the
// port. A raw SYN passes no packet filter of the vantage.
func (t *task) honest(o exposure.Observation) exposure.Observation {
	raw := o.Transport == exposure.TCP && t.method == scan.SYN
	if o.Reason != exposure.NoResponse || raw || t.agent.config.Stopped == nil || !t.agent.config.Stopped(o.Transport, t.source, o.Endpoint()) {
		return o
	}
	o.State, o.Reason, o.Detail = exposure.Unknown, exposure.LocalError, "the vantage's own packet filter lets nothing out to this port"
	return o
}

// identify speaks to what is open.
func (t *task) identify(ctx context.Context, target exposure.Target, view func(netip.Addr) exposure.View, log *log) {
	slots := make(chan struct{}, identifyParallel)
	var wait sync.WaitGroup
	for i, o := range log.open {
		if i == mostIdentified || ctx.Err() != nil {
			break
		}
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			// Its caller has consented: what is tried is no secret.
			s := probe.Identify(ctx, target, o.Transport, o.Port, probe.Options{View: view, Owned: true})
			if ctx.Err() == nil {
				log.service(s)
			}
		})
	}
	wait.Wait()
}

// publish adds batches for the caller to fetch.
func (t *task) publish(list []exposure.Batch) {
	if len(list) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range list {
		b.Job, b.Attempt, b.Number = t.job.ID, t.job.Attempt, len(t.ready)+1
		t.ready = append(t.ready, b)
	}
	close(t.news)
	t.news = make(chan struct{})
}

// finish publishes the last batch and keeps the result for a while.
func (t *task) finish(last exposure.Batch) {
	t.mu.Lock()
	if t.done {
		t.mu.Unlock()
		return
	}
	t.done = true
	last.Done, last.Ended = true, t.why
	t.mu.Unlock()
	t.publish([]exposure.Batch{last})
	close(t.over)
	time.AfterFunc(resultLasts, func() { t.agent.forget(t) })
}

// batches are those after a number; it waits until there is one.
func (t *task) batches(ctx context.Context, after int) []exposure.Batch {
	for {
		t.mu.Lock()
		news, done := t.news, t.done
		var list []exposure.Batch
		if after >= 0 && after < len(t.ready) {
			list = t.ready[after:len(t.ready):len(t.ready)]
		}
		t.mu.Unlock()
		if len(list) > 0 || done {
			return list
		}
		select {
		case <-ctx.Done():
			return nil
		case <-news:
		}
	}
}
