package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sekisho/internal/bus"
	"sekisho/internal/exposure"
)

var caller = netip.MustParseAddr("26.10.0.2")

// vantage is one that looks at nothing: a test says what it saw.
type vantage struct {
	name  string
	mu    sync.Mutex
	room  int
	jobs  map[string]exposure.Job
	beats map[string]int
	ready map[string][]exposure.Batch
	news  chan struct{}
}

func newVantage(name string, room int) *vantage {
	return &vantage{name: name, room: room, jobs: map[string]exposure.Job{}, beats: map[string]int{}, ready: map[string][]exposure.Batch{}, news: make(chan struct{})}
}

func (v *vantage) Station() exposure.Station { return exposure.Station{ID: v.name} }

func (v *vantage) Plan(_ context.Context, job exposure.Job) (exposure.Plan, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case job.Grant.Address != job.Address:
		return exposure.Plan{}, &exposure.JobError{Kind: exposure.JobStale, Why: "no grant for the address"}
	case len(v.jobs) >= v.room:
		return exposure.Plan{}, &exposure.JobError{Kind: exposure.JobBusy}
	}
	v.jobs[job.ID] = job
	return exposure.Plan{Job: job.ID, Attempt: job.Attempt, Address: job.Address, Key: job.Key, Station: v.Station()}, nil
}

func (v *vantage) known(id string) error {
	if _, ok := v.jobs[id]; !ok {
		return &exposure.JobError{Kind: exposure.JobGone}
	}
	return nil
}

func (v *vantage) Go(_ context.Context, id string, g exposure.Grant) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if g.Address != caller {
		return &exposure.JobError{Kind: exposure.JobStale}
	}
	return v.known(id)
}

func (v *vantage) Beat(_ context.Context, id string, _ exposure.Grant) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.beats[id]++
	return v.known(id)
}

func (v *vantage) Stop(_ context.Context, id string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.known(id)
	delete(v.jobs, id)
	return err
}

func (v *vantage) Batches(ctx context.Context, id string, after int) ([]exposure.Batch, error) {
	for {
		v.mu.Lock()
		err, list, news := v.known(id), v.ready[id], v.news
		v.mu.Unlock()
		if err != nil || len(list) > after {
			return list[min(after, len(list)):], err
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-news:
		}
	}
}

// sees adds batches of so many bytes.
func (v *vantage) sees(id string, many, size int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for range many {
		v.ready[id] = append(v.ready[id], exposure.Batch{
			Job: id, Attempt: 1, Number: len(v.ready[id]) + 1,
			Observations: []exposure.Observation{{Address: caller, Transport: exposure.TCP, State: exposure.Open, Detail: strings.Repeat("x", size)}},
		})
	}
	close(v.news)
	v.news = make(chan struct{})
}

func (v *vantage) count() (jobs, beats int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, n := range v.beats {
		beats += n
	}
	return len(v.jobs), beats
}

func own() exposure.Grant {
	return exposure.Grant{Kind: exposure.GrantOwn, Address: caller, At: time.Now(), Consent: exposure.Consent{Text: "yes"}}
}

func job(id string) exposure.Job {
	return exposure.Job{ID: id, Attempt: 1, Address: caller, TCP: exposure.PortList{22, 80}, Key: exposure.JobKey{7}, Deadline: time.Now().Add(time.Minute), Grant: own()}
}

func opened(t *testing.T, url string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(bus.Config{URL: url, Pool: "outside", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// works has a vantage take jobs until the test ends, or what is returned is
// called.
func works(t *testing.T, b *bus.Bus, v *vantage) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		b.Work(ctx, v)
	}()
	end := func() { cancel(); <-over }
	t.Cleanup(end)
	return end
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func kind(err error) exposure.JobErrorKind {
	var e *exposure.JobError
	if errors.As(err, &e) {
		return e.Kind
	}
	return exposure.JobErrorKind(fmt.Sprint(err))
}

// TestInside is the bus as it is without any configuration.
func TestInside(t *testing.T) {
	b := opened(t, "")
	carries(t, b, b)
}

// carries holds a bus to the door: what comes out at one end is what went in at
// the other, errors too.
func carries(t *testing.T, here, there *bus.Bus) {
	ctx := t.Context()
	v := newVantage("V", 3)
	works(t, there, v)
	door := here.Door(v.Station)
	if door.Station().ID != "V" {
		t.Errorf("station %+v", door.Station())
	}
	must(t, here.Ready(ctx))
	j := job("J1")
	j.Logins = []exposure.JobLogin{{User: "kaisha", Password: "himitsu"}, {}}
	plan, err := door.Plan(ctx, j)
	must(t, err)
	v.mu.Lock()
	handed := v.jobs["J1"].Logins
	v.mu.Unlock()
	if !slices.Equal(handed, j.Logins) {
		t.Errorf("the vantage has %d logins", len(handed))
	}
	if plan.Job != "J1" || plan.Key != j.Key || plan.Address != caller {
		t.Errorf("plan %+v", plan)
	}
	must(t, door.Go(ctx, "J1", own()))
	must(t, door.Beat(ctx, "J1", own()))
	if got := kind(door.Go(ctx, "J1", exposure.Grant{})); got != exposure.JobStale {
		t.Errorf("without a grant: %s", got)
	}
	stranger := job("J2")
	stranger.Address = netip.MustParseAddr("26.10.0.3")
	if _, err := door.Plan(ctx, stranger); kind(err) != exposure.JobStale {
		t.Errorf("another address: %v", err)
	}

	// Batches that wait, that come while somebody waits, and that are more than
	// one message takes.
	v.sees("J1", 2, 10)
	list, err := door.Batches(ctx, "J1", 0)
	must(t, err)
	if len(list) != 2 || list[1].Number != 2 {
		t.Errorf("%+v", list)
	}
	later := make(chan []exposure.Batch, 1)
	go func() {
		list, err := door.Batches(ctx, "J1", 2)
		if err != nil {
			t.Error(err)
		}
		later <- list
	}()
	v.sees("J1", 1, 10)
	if list := <-later; len(list) != 1 || list[0].Number != 3 {
		t.Errorf("%+v", list)
	}
	v.sees("J1", 10, 250<<10)
	for n := 3; n < 13; n += len(list) {
		list, err = door.Batches(ctx, "J1", n)
		must(t, err)
		if len(list) == 0 || list[0].Number != n+1 {
			t.Fatalf("after %d came %d batches", n, len(list))
		}
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if list, err := door.Batches(short, "J1", 13); err != nil || len(list) != 0 {
		t.Errorf("nothing more: %d, %v", len(list), err)
	}

	must(t, door.Stop(ctx, "J1"))
	if got := kind(door.Beat(ctx, "J1", own())); got != exposure.JobGone {
		t.Errorf("a job that was stopped: %s", got)
	}
	for _, id := range []string{"J.1", "*", ">", "", "a b", strings.Repeat("x", 65)} {
		if got := kind(door.Stop(ctx, id)); got != exposure.JobGone {
			t.Errorf("the id %q: %s", id, got)
		}
	}
}

// TestWorkIsShared: of two vantages the one that has room takes a job, and a job
// waits until one has.
func TestWorkIsShared(t *testing.T) {
	b := opened(t, "")
	small, large := newVantage("small", 1), newVantage("large", 4)
	works(t, b, small)
	works(t, b, large)
	door := b.Door(small.Station)
	var wait sync.WaitGroup
	for i := range 5 {
		wait.Go(func() {
			if _, err := door.Plan(t.Context(), job(fmt.Sprintf("J%d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	a, _ := small.count()
	c, _ := large.count()
	if a != 1 || c != 4 {
		t.Errorf("%d and %d jobs, want 1 and 4", a, c)
	}
	waited := make(chan error, 1)
	go func() {
		_, err := door.Plan(t.Context(), job("J6"))
		waited <- err
	}()
	_, err := b.Door(small.Station).Batches(t.Context(), "none", 0)
	if kind(err) != exposure.JobGone {
		t.Errorf("a job that never was: %v", err)
	}
	small.mu.Lock()
	clear(small.jobs)
	small.mu.Unlock()
	must(t, <-waited)
}

// TestNobodyIsThere: a bus without a vantage says busy in time, and one that is
// away says so at once.
func TestNobodyIsThere(t *testing.T) {
	b := opened(t, "")
	door := b.Door(newVantage("", 0).Station)
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := door.Plan(short, job("J1")); kind(err) != exposure.JobBusy {
		t.Errorf("%v", err)
	}
	away := opened(t, "nats://user:hidden@127.0.0.1:1")
	err := away.Ready(t.Context())
	if kind(err) != exposure.JobFault || strings.Contains(err.Error(), "hidden") {
		t.Errorf("%v", err)
	}
	if _, err := away.Door(newVantage("", 0).Station).Plan(t.Context(), job("J1")); kind(err) != exposure.JobFault {
		t.Errorf("%v", err)
	}
	if _, err := bus.Open(bus.Config{URL: "nats://user:hidden@[::1", Log: slog.New(slog.DiscardHandler)}); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("a URL that is none: %v", err)
	}
}

// following reads the batches of a job as they come, over every absence of the
// bus.
func following(t *testing.T, door *bus.Door, id string, until int) <-chan int {
	got := make(chan int, 1)
	go func() {
		n := 0
		defer func() { got <- n }()
		for n < until {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			list, err := door.Batches(ctx, id, n)
			cancel()
			if err != nil && kind(err) != exposure.JobFault {
				t.Errorf("after %d: %v", n, err)
				return
			}
			for _, b := range list {
				if b.Number != n+1 {
					t.Errorf("batch %d came after %d", b.Number, n)
				}
				n = b.Number
			}
			if t.Context().Err() != nil {
				return
			}
		}
	}()
	return got
}
