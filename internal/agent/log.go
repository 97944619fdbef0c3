package agent

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Bounds of a batch. An observation takes some 300 bytes, so that a batch stays
// well below 256 KiB.
const (
	batchEvery = 100 * time.Millisecond
	batchMost  = 256 // observations and services one by one
)

// fewPorts is up to how many ports of a job every question has its own row of
// the send log: there its time matters.
const fewPorts = 256

// log collects what came of a job and what was sent for it.
type log struct {
	task *task
	ttl  uint8
	open []exposure.Observation // for those who speak to them, when the scan is over

	states states // nil where nothing is to be compared

	mu       sync.Mutex
	seen     []exposure.Observation
	services []exposure.JobService
	steps    []exposure.JobStep
	results  []exposure.JobTested
	repeated []exposure.AskedAgain
	sent     map[probed]*sending
}

type probed struct {
	transport exposure.Transport
	port      uint16
}

type sending struct {
	first, last time.Time
	tries       int
}

func newLog(t *task) *log {
	l := &log{task: t, ttl: netio.HopLimit(t.source.Is6()), sent: map[probed]*sending{}}
	if len(t.job.Before) > 0 {
		l.states = states{}
	}
	return l
}

// asked takes down a question that left.
func (l *log) asked(t exposure.Transport, to netip.AddrPort, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := probed{t, to.Port()}
	s := l.sent[key]
	if s == nil {
		s = &sending{first: at}
		l.sent[key] = s
	}
	s.last, s.tries = at, s.tries+1
}

// found takes an observation in.
func (l *log) found(o exposure.Observation) {
	l.states.take(o)
	if o.State == exposure.Open && o.Transport != exposure.ICMP {
		l.open = append(l.open, o)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, o)
}

// isOpen reports whether the look, which is over, found a port open.
func (l *log) isOpen(t exposure.Transport, port uint16) bool {
	return slices.ContainsFunc(l.open, func(o exposure.Observation) bool { return o.Transport == t && o.Port == port })
}

func (l *log) service(s exposure.Service) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.services = append(l.services, exposure.JobService{Transport: s.Transport, Port: s.Port, Service: s})
}

func (l *log) askedAgain(a exposure.AskedAgain) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.repeated = append(l.repeated, a)
}

func (l *log) step(s exposure.JobStep) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, s)
}

func (l *log) tested(t exposure.JobTested) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.results = append(l.results, t)
}

// batches are what has come since they were last asked for.
func (l *log) batches() []exposure.Batch {
	l.mu.Lock()
	seen, services, steps, results, repeated := l.seen, l.services, l.steps, l.results, l.repeated
	l.seen, l.services, l.steps, l.results, l.repeated = nil, nil, nil, nil, nil
	var told []exposure.SentProbes
	for _, o := range seen {
		key := probed{o.Transport, o.Port}
		if s := l.sent[key]; s != nil {
			told = append(told, l.row(key, s))
			delete(l.sent, key)
		}
	}
	few := len(l.task.job.TCP)+len(l.task.job.UDP) <= fewPorts
	l.mu.Unlock()

	single, alike := sorted(seen)
	if !few {
		told = joined(told)
	}
	var list []exposure.Batch
	add := func() *exposure.Batch {
		list = append(list, exposure.Batch{})
		return &list[len(list)-1]
	}
	for some := range slices.Chunk(single, batchMost) {
		add().Observations = some
	}
	for some := range slices.Chunk(services, batchMost/8) {
		add().Services = some
	}
	for some := range slices.Chunk(steps, batchMost/8) {
		add().Steps = some
	}
	for some := range slices.Chunk(repeated, batchMost) {
		add().Again = some
	}
	for some := range slices.Chunk(results, 1) {
		add().Tested = some
	}
	if len(alike)+len(told) > 0 {
		if len(list) == 0 {
			add()
		}
		list[0].Alike = alike
	}
	for i, some := range slices.Collect(slices.Chunk(told, batchMost)) {
		if i >= len(list) {
			add()
		}
		list[i].Sent = some
	}
	return list
}

// rest is what was sent to ports that have no observation: the job ended before.
func (l *log) rest() []exposure.SentProbes {
	l.mu.Lock()
	defer l.mu.Unlock()
	var told []exposure.SentProbes
	for key, s := range l.sent {
		told = append(told, l.row(key, s))
	}
	return joined(told)
}

// row is a row of the send log. The caller holds mu.
func (l *log) row(key probed, s *sending) exposure.SentProbes {
	return exposure.SentProbes{
		Transport: key.transport, Ports: exposure.PortList{key.port}, Source: netip.AddrPortFrom(l.task.source, 0),
		TTL: l.ttl, Tries: s.tries, First: s.first.UTC(), Last: s.last.UTC(),
	}
}

// sorted parts what needs to be told one by one from what does not: the closed
// ports and the silent ones, with nothing to be said of them.
func sorted(seen []exposure.Observation) (single []exposure.Observation, alike []exposure.AlikePorts) {
	type kind struct {
		transport exposure.Transport
		state     exposure.State
		reason    exposure.Reason
		by        string
	}
	at := map[kind]int{}
	for _, o := range seen {
		if o.State == exposure.Open || o.State == exposure.Unknown || o.Detail != "" || o.Transport == exposure.ICMP {
			single = append(single, o)
			continue
		}
		k := kind{o.Transport, o.State, o.Reason, o.By}
		i, known := at[k]
		if !known {
			i = len(alike)
			at[k] = i
			alike = append(alike, exposure.AlikePorts{Transport: o.Transport, State: o.State, Reason: o.Reason, By: o.By})
		}
		g := &alike[i]
		g.Ports = append(g.Ports, o.Port)
		g.Attempts = max(g.Attempts, o.Attempts)
		if o.SeenAt.After(g.SeenAt) {
			g.SeenAt = o.SeenAt
		}
	}
	for i := range alike {
		slices.Sort(alike[i].Ports)
	}
	return single, alike
}

// joined are the rows of a log, those of the same number of tries in one.
func joined(rows []exposure.SentProbes) []exposure.SentProbes {
	slices.SortFunc(rows, func(a, b exposure.SentProbes) int {
		return cmp.Or(cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Tries, b.Tries), cmp.Compare(a.Ports[0], b.Ports[0]))
	})
	var list []exposure.SentProbes
	for _, r := range rows {
		if n := len(list) - 1; n >= 0 && list[n].Transport == r.Transport && list[n].Tries == r.Tries {
			j := &list[n]
			j.Ports = append(j.Ports, r.Ports...)
			if r.First.Before(j.First) {
				j.First = r.First
			}
			if r.Last.After(j.Last) {
				j.Last = r.Last
			}
			continue
		}
		list = append(list, r)
	}
	return list
}
