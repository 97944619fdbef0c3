package scan

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/netio"
)

// ErrNotPermitted is in the error of a Run that was told to send raw SYNs and
// may not.
var ErrNotPermitted = errors.New("not permitted")

// Error is why a scan could not be started. What happens to single ports is
// never an error but an Observation.
type Error struct {
	Op  string
	Err error
}

// Error says what was tried and what came of it.
func (e *Error) Error() string { return fmt.Sprintf("scan: %s: %v", e.Op, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Engine serves many scans, one after the other or at once, out of one budget.
type Engine struct {
	descriptors *netio.Descriptors
	flows       flows
	source      func(netip.Addr) netip.Addr // that packets to an address come from
	whole       *pace                       // of all scans that name a rate; nil for no bound

	mu  sync.Mutex
	tap *tap // nil until raw packets are first wanted
}

// New returns an engine.
func New() *Engine {
	return &Engine{descriptors: netio.NewDescriptors(), source: netio.SourceOf}
}

// NewShared returns an engine whose scans send no more packets a second together
// than rate, as far as they name a rate of their own.
func NewShared(rate int) *Engine {
	e := New()
	e.whole = &pace{rate: float64(rate)}
	return e
}

// Close frees what the engine holds.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.tap == nil {
		return nil
	}
	err := e.tap.close()
	e.tap = nil
	return err
}

// Run looks at every address, transport and port of the request. It calls
// found from one goroutine, once for each whose state is known, whatever the
// state. When ctx ends it returns at once what is known by then, the summary
// not complete, and the error of ctx; when the request's Timeout ends it, the
// error is nil.
func (e *Engine) Run(ctx context.Context, r Request, found func(exposure.Observation)) (exposure.ScanSummary, error) {
	r, err := r.complete()
	if err != nil {
		return exposure.ScanSummary{}, err
	}
	if r.Proxy != nil {
		return e.runProxied(ctx, r, found)
	}
	started := time.Now()
	n := &run{engine: e, request: &r, found: found, total: r.Shard.Share(r.size())}
	n.summary.Hosts, n.summary.Ports, n.summary.Shard = r.hosts(), n.total, r.Shard.String()
	if n.tap, err = n.methods.choose(e, &r); err != nil {
		return exposure.ScanSummary{}, err
	}

	limited, cancel := context.WithTimeoutCause(ctx, r.bound(), errTime)
	defer cancel()
	for _, targets := range waves(r.Targets, r.each()) {
		if err = n.wave(limited, targets); err != nil {
			break
		}
	}
	n.finish(time.Since(started))
	switch {
	case ctx.Err() != nil:
		return n.summary, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		n.summary.Notes = append(n.summary.Notes, r.Say("note.timeout"))
		return n.summary, nil
	}
	return n.summary, err
}

// errTime ends a scan at its own bound.
var errTime = errors.New("the time for the scan is over")

// complete checks a request and fills in what it leaves open.
func (r Request) complete() (Request, error) {
	r.Targets = single(r.Targets)
	r.TCP, r.UDP = rising(r.TCP), rising(r.UDP)
	if len(r.Targets) == 0 {
		return r, &Error{"start", errors.New("no address to look at")}
	}
	if r.size() == 0 {
		return r, &Error{"start", errors.New("no port to look at")}
	}
	if r.Shard.parted() || r.journal != nil {
		canonical(r.Targets)
	}
	if r.Own == nil {
		r.Own = func(netip.Addr) bool { return false }
	}
	if r.View == nil {
		r.View = func(netip.Addr) exposure.View { return "" }
	}
	if r.Payloads == nil {
		r.Payloads = func(uint16) []Payload { return nil }
	}
	if r.Say == nil {
		r.Say = lang.For(lang.English).Say
	}
	if r.Seed == 0 {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never returns an error (since Go 1.24)
		r.Seed = binary.NativeEndian.Uint64(b[:])
	}
	return r, nil
}

// size is how many observations the request asks for.
func (r *Request) size() int {
	return r.each() * len(r.Targets)
}

// bound is the time that the scan may take: the request's, or far more than it
// needs at its rate, so that nothing hangs for ever.
func (r *Request) bound() time.Duration {
	if r.Timeout > 0 {
		return r.Timeout
	}
	const slack, slowest = 10 * time.Minute, 20
	rate := float64(r.Rate)
	if rate <= 0 {
		rate = slowest
	}
	bound := slack + time.Duration(float64(r.size()*mostTries)/rate*float64(time.Second))
	if r.Wait {
		bound += time.Duration(len(r.UDP)) * slowestProof
	}
	return bound
}

// slowestProof is how long a waiting scan may take for each UDP port of a host.
const slowestProof = 10 * time.Second

// mostPorts bounds the ports of one wave, and so the memory of a scan: a byte
// each.
const mostPorts = 1 << 24

// waves cuts the targets so that the ports of each cut are bounded.
func waves(targets []exposure.Target, each int) [][]exposure.Target {
	return slices.Collect(slices.Chunk(targets, max(mostPorts/each, 1)))
}
