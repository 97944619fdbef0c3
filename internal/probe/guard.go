package probe

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// grace is how long a probe may take to return after the deadline of its
// connections: time for the error to pass through a library.
const grace = 500 * time.Millisecond

// maxAbandoned bounds the probes that were left spinning. Go cannot stop a
// goroutine, so past that number no further one is begun until some end.
const maxAbandoned = 64

var abandoned atomic.Int64

// guard runs a probe to its end or to the end of ctx, whichever comes first. A
// panic is that probe's error only, and what it had learned is kept.
func guard(ctx context.Context, p Probe, s *Session) (exposure.Service, error) {
	if abandoned.Load() >= maxAbandoned {
		return exposure.Service{}, s.fail("start", errBusy)
	}
	type outcome struct {
		svc exposure.Service
		err error
	}
	done := make(chan outcome, 1)
	var fate atomic.Int32 // who was first: the probe that ended, or the guard that left it
	const ended, left = 1, 2
	go func() {
		var o outcome
		defer func() {
			if r := recover(); r != nil {
				o.svc, o.err = s.known(), s.fail("run", fmt.Errorf("panic: %v", r))
			}
			s.close()
			if !fate.CompareAndSwap(0, ended) {
				abandoned.Add(-1)
			}
			done <- o
		}()
		o.svc, o.err = p.run(ctx, s)
	}()
	select {
	case o := <-done:
		return o.svc, o.err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case o := <-done:
		return o.svc, o.err
	case <-late.C:
	}
	s.close()
	abandoned.Add(1)
	if !fate.CompareAndSwap(0, left) {
		abandoned.Add(-1)
		o := <-done
		return o.svc, o.err
	}
	return s.known(), s.fail("run", errRunaway)
}

// known is what Learn kept.
func (s *Session) known() exposure.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.learned
}

// careful runs a part of a probe that has a goroutine of its own: a panic there
// is out of reach of guard and would end the program.
func careful(part func()) {
	defer func() { _ = recover() }()
	part()
}
