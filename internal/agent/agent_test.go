package agent

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
	"sekisho/internal/scan"
)

var caller = netip.MustParseAddr("26.10.0.2")

func agent(t *testing.T) *Agent {
	t.Helper()
	a := New(Config{
		Station: exposure.Station{Limits: exposure.JobLimits{Ports: 10, TimeMS: 60000}},
		Scope:   func() reach.Scope { return reach.Scope{Own: []netip.Addr{netip.MustParseAddr("26.10.0.1")}} },
	})
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func job(now time.Time) exposure.Job {
	return exposure.Job{
		ID: "J1", Attempt: 1, Address: caller, TCP: exposure.PortList{22}, Key: exposure.JobKey{1}, Deadline: now.Add(time.Minute),
		Grant: exposure.Grant{Kind: exposure.GrantOwn, Address: caller, At: now, Consent: exposure.Consent{Text: "yes"}},
	}
}

// TestGrantsAreCheckedHere: whoever carries a job to the agent, it looks at no
// address that the grant is not for, or that no grant can be for.
func TestGrantsAreCheckedHere(t *testing.T) {
	a, now := agent(t), time.Now()
	for name, c := range map[string]struct {
		change func(*exposure.Job)
		kind   exposure.JobErrorKind
	}{
		"another address":   {func(j *exposure.Job) { j.Address = netip.MustParseAddr("26.10.0.3") }, exposure.JobStale},
		"another kind":      {func(j *exposure.Job) { j.Grant.Kind = "because" }, exposure.JobStale},
		"a proof by nobody": {func(j *exposure.Job) { j.Grant.Kind = exposure.GrantProof }, exposure.JobStale},
		"a proof by itself": {func(j *exposure.Job) {
			j.Grant.Kind, j.Grant.Asker = exposure.GrantProof, j.Address
		}, exposure.JobStale},
		"somebody else's own": {func(j *exposure.Job) { j.Grant.Asker = netip.MustParseAddr("26.10.0.88") }, exposure.JobStale},
		"a proof of another": {func(j *exposure.Job) {
			j.Grant.Kind, j.Grant.Asker, j.Grant.Address = exposure.GrantProof, j.Address, netip.MustParseAddr("26.10.0.88")
		}, exposure.JobStale},
		"no consent":      {func(j *exposure.Job) { j.Grant.Consent.Text = "" }, exposure.JobStale},
		"an old grant":    {func(j *exposure.Job) { j.Grant.At = now.Add(-MostSilent - time.Second) }, exposure.JobStale},
		"a grant to come": {func(j *exposure.Job) { j.Grant.At = now.Add(time.Hour) }, exposure.JobStale},
		"itself": {func(j *exposure.Job) {
			j.Address, j.Grant.Address = netip.MustParseAddr("26.10.0.1"), netip.MustParseAddr("26.10.0.1")
		}, exposure.JobOwn},
		"the loopback": {func(j *exposure.Job) {
			j.Address, j.Grant.Address = netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.1")
		}, exposure.JobOwn},
		"a private one": {func(j *exposure.Job) {
			j.Address, j.Grant.Address = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.1")
		}, exposure.JobAway},
		"a multicast one": {func(j *exposure.Job) {
			j.Address, j.Grant.Address = netip.MustParseAddr("224.0.0.1"), netip.MustParseAddr("224.0.0.1")
		}, exposure.JobSpecial},
		"no port":           {func(j *exposure.Job) { j.TCP = nil }, exposure.JobWrong},
		"too many ports":    {func(j *exposure.Job) { j.UDP = make(exposure.PortList, 10) }, exposure.JobWrong},
		"no key":            {func(j *exposure.Job) { j.Key = exposure.JobKey{} }, exposure.JobWrong},
		"no deadline":       {func(j *exposure.Job) { j.Deadline = time.Time{} }, exposure.JobWrong},
		"a far deadline":    {func(j *exposure.Job) { j.Deadline = now.Add(time.Hour) }, exposure.JobWrong},
		"an unknown method": {func(j *exposure.Job) { j.Method = "ping" }, exposure.JobWrong},
	} {
		j := job(now)
		c.change(&j)
		_, err := a.Plan(t.Context(), j)
		var e *exposure.JobError
		if !errors.As(err, &e) || e.Kind != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	var e *exposure.JobError
	if err := a.Go(t.Context(), "J1", job(now).Grant); !errors.As(err, &e) || e.Kind != exposure.JobGone {
		t.Errorf("a job that was never planned: %v", err)
	}
}

// TestNoHeartbeatEndsTheJob: nobody who is gone is looked at for longer than 35
// seconds.
func TestNoHeartbeatEndsTheJob(t *testing.T) {
	for name, c := range map[string]struct {
		beats int // one every ten seconds
		scope reach.Scope
		want  time.Duration
		why   exposure.JobEnd
	}{
		"none":             {0, reach.Scope{}, MostSilent, exposure.EndHeartbeat},
		"three":            {3, reach.Scope{}, 30*time.Second + MostSilent, exposure.EndHeartbeat},
		"now of the agent": {9, reach.Scope{Own: []netip.Addr{caller}}, 2 * time.Second, exposure.EndRefused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &Agent{config: Config{Silent: MostSilent, Scope: func() reach.Scope { return c.scope }}, tasks: map[string]*task{}}
				now := time.Now()
				k := newTask(a, job(now), scan.Connect, caller, now)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				k.started, k.stop = true, cancel
				go k.watch(ctx)
				go func() {
					for range c.beats {
						time.Sleep(10 * time.Second)
						k.beat(time.Now())
					}
				}()
				<-ctx.Done()
				if took := time.Since(now); took > c.want {
					t.Errorf("it ended after %s, want %s at the latest", took, c.want)
				}
				if k.why != c.why {
					t.Errorf("it ended by %q, want %q", k.why, c.why)
				}
				time.Sleep(2 * time.Minute) // the other goroutines end
			})
		})
	}
}

// TestBatchesTellEachPortOnce: what needs no word of its own stands in ranges.
func TestBatchesTellEachPortOnce(t *testing.T) {
	now := time.Now()
	k := newTask(&Agent{}, job(now), scan.Connect, caller, now)
	l := newLog(k)
	for p := range uint16(2000) {
		l.asked(exposure.TCP, netip.AddrPortFrom(caller, p+1), now)
		o := exposure.Observation{Address: caller, Transport: exposure.TCP, Port: p + 1, State: exposure.Closed, Reason: exposure.Reset, Attempts: 1}
		switch {
		case p%100 == 0:
			o.State, o.Reason = exposure.Open, exposure.SynAck
		case p >= 1000:
			o.State, o.Reason, o.Attempts = exposure.Filtered, exposure.NoResponse, 3
		}
		l.found(o)
	}
	ports, sent := map[uint16]int{}, 0
	for _, b := range l.batches() {
		for _, o := range b.Observations {
			ports[o.Port]++
		}
		for _, g := range b.Alike {
			for _, p := range g.Ports {
				ports[p]++
			}
		}
		for _, s := range b.Sent {
			sent += len(s.Ports)
		}
	}
	if len(ports) != 2000 || sent != 2000 || len(l.open) != 20 {
		t.Errorf("%d ports, %d sent, %d open", len(ports), sent, len(l.open))
	}
	for p, n := range ports {
		if n != 1 {
			t.Errorf("port %d is told %d times", p, n)
		}
	}
	if more := l.batches(); len(more) != 0 {
		t.Errorf("%d batches of nothing", len(more))
	}
}

func TestEgressIsProvenByAnswers(t *testing.T) {
	var e egress
	now := time.Now()
	for _, o := range []exposure.Observation{
		{Address: netip.MustParseAddr("192.168.77.20"), Transport: exposure.TCP, Port: 445, State: exposure.Open, SeenAt: now}, // no provider is between
		{Address: caller, Transport: exposure.TCP, Port: 22, State: exposure.Open, SeenAt: now},
		{Transport: exposure.TCP, Port: 25, State: exposure.Filtered, SeenAt: now},
		{Transport: exposure.TCP, Port: 80, State: exposure.Closed, By: "26.10.0.9", SeenAt: now},
		{Transport: exposure.UDP, Port: 53, State: exposure.Closed, SeenAt: now},
		{Transport: exposure.TCP, Port: 443, State: exposure.Open, SeenAt: now.Add(-2 * time.Hour)},
	} {
		e.take(o)
	}
	got := e.proven(now)
	if len(got.TCP) != 1 || got.TCP[0] != 22 || len(got.UDP) != 1 || got.UDP[0] != 53 {
		t.Errorf("%+v", got)
	}
}
