package probe

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// strayProbe learns something and then does what a broken one may do.
func strayProbe(then func(context.Context, *Session) error) Probe {
	return Probe{Name: "stray", Transport: exposure.TCP, Run: func(ctx context.Context, s *Session) (exposure.Service, error) {
		svc := exposure.Service{Protocol: "stray", Confidence: exposure.Confirmed, Facts: exposure.Facts{"kept": true}}
		s.Learn(svc)
		svc.Facts["kept"] = false // what follows Learn must not change what it kept
		err := then(ctx, s)
		return svc, err
	}}
}

func guarded(t *testing.T, p Probe) (exposure.Service, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	net := &player{t: t, end: time.Now().Add(time.Second)}
	h := &hunt{peer: net.peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:9"), ""), transport: exposure.TCP}
	return guard(ctx, p, h.session(p, nil))
}

func TestGuardRecoversPanic(t *testing.T) {
	svc, err := guarded(t, strayProbe(func(context.Context, *Session) error { panic("peer said \x1b[2J") }))
	if kept, _ := svc.Facts.Bool("kept"); !kept {
		t.Errorf("learned before the panic: %+v", svc)
	}
	if got, want := message(err), `stray: run: panic: peer said \x1b[2J`; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestGuardKeepsPanicOfPartsApart(t *testing.T) {
	done := false
	careful(func() { panic("in a goroutine of its own") })
	careful(func() { done = true })
	if !done {
		t.Error("the next part did not run")
	}
}

// TestGuardLeavesRunaway has probes that never end: they are left behind and
// counted, past a number no further one begins, and when they end after all
// the count goes down.
func TestGuardLeavesRunaway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		runaway := strayProbe(func(context.Context, *Session) error { <-release; return nil })
		begun := time.Now()
		svc, err := guarded(t, runaway)
		if kept, _ := svc.Facts.Bool("kept"); !kept || !errors.Is(err, errRunaway) {
			t.Errorf("service %+v, error %v", svc, err)
		}
		if took := time.Since(begun); took != time.Second+grace {
			t.Errorf("left after %v of the bubble's time, want %v", took, time.Second+grace)
		}
		for range maxAbandoned - 1 {
			go func() { _, _ = guarded(t, runaway) }()
		}
		time.Sleep(2 * time.Second) // of the bubble's clock
		if n := abandoned.Load(); n != maxAbandoned {
			t.Errorf("%d abandoned, want %d", n, maxAbandoned)
		}
		if _, err := guarded(t, runaway); !errors.Is(err, errBusy) {
			t.Errorf("one too many: %v, want %v", err, errBusy)
		}
		close(release)
		synctest.Wait()
		if n := abandoned.Load(); n != 0 {
			t.Errorf("%d abandoned after they ended", n)
		}
	})
}

// TestGuardWaitsForLateEnd has a probe that returns what it has just after its
// deadline, as one does whose library passes the error up.
func TestGuardWaitsForLateEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc, err := guarded(t, strayProbe(func(ctx context.Context, s *Session) error {
			<-ctx.Done()
			time.Sleep(grace / 2) // of the bubble's clock
			return s.fail("end", ctx.Err())
		}))
		if kept, _ := svc.Facts.Bool("kept"); kept || message(err) != "stray: end: i/o timeout" {
			t.Errorf("service %+v, error %v", svc, err)
		}
	})
}

func TestErrorEscapesAndBounds(t *testing.T) {
	long := make([]byte, 10_000)
	for i := range long {
		long[i] = 'x'
	}
	err := &Error{Probe: "p", Step: "read", Err: errors.New("\x1b]0;" + string(long))}
	if got := err.Error(); len(got) > 2*maxErrorText || untrusted.New(got, 0).Terminal() != got {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

func TestRegisterRefuses(t *testing.T) {
	before := len(probes)
	for name, p := range map[string]Probe{
		"duplicate":    {Name: "ftp", Transport: exposure.TCP, Run: runFTP},
		"no-run":       {Name: "new", Transport: exposure.TCP},
		"no-name":      {Transport: exposure.TCP, Run: runFTP},
		"no-transport": {Name: "new", Run: runFTP},
		"no-hello":     {Name: "new", Transport: exposure.UDP, Run: runDNSUDP},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil || len(probes) != before {
					t.Error("was taken")
				}
			}()
			register(p)
		})
	}
}

// TestDialStaysWithPeer holds that a probe cannot be sent elsewhere: there is
// no address to give, and of the peer's ports only its own and unprivileged
// ones (RFC 2577 section 3).
func TestDialStaysWithPeer(t *testing.T) {
	net := &player{t: t, end: time.Now().Add(time.Second)}
	h := &hunt{peer: net.peer(exposure.TCP, netip.MustParseAddrPort("192.0.2.7:21"), ""), transport: exposure.TCP}
	s := h.session(Probe{Name: "ftp"}, nil)
	for port, want := range map[uint16]bool{21: true, 22: false, 25: false, 1023: false, 1024: true, 65535: true} {
		_, err := s.dialPort(t.Context(), exposure.TCP, port)
		if went := !errors.Is(err, errPeer); went != want {
			t.Errorf("port %d: dialled %v, want %v (%v)", port, went, want, err)
		}
	}
}
