//go:build linux && lab

package bus_test

import (
	"context"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// TestOutside is the bus over a server of its own, with the vantage in another
// place.
func TestOutside(t *testing.T) {
	s := lab.StartNATS(t)
	carries(t, opened(t, s.URL), opened(t, s.URL))
}

// TestServerKilledInTheMiddle: a job that runs is not lost with the server, which
// forgets all that it had; while it is away that is said, and no old question is
// asked later.
func TestServerKilledInTheMiddle(t *testing.T) {
	s := lab.StartNATS(t)
	here, there := opened(t, s.URL), opened(t, s.URL)
	v := newVantage("V", 10)
	works(t, there, v)
	door := here.Door(v.Station)
	_, err := door.Plan(t.Context(), job("J1"))
	must(t, err)
	must(t, door.Go(t.Context(), "J1", own()))
	got := following(t, door, "J1", 30)
	for round := range 3 {
		v.sees("J1", 5, 100)
		s.Kill()
		v.sees("J1", 5, 100)
		short, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if err := here.Ready(short); kind(err) != exposure.JobFault {
			t.Errorf("round %d: ready while it is away: %v", round, err)
		}
		if err := door.Beat(short, "J1", own()); kind(err) != exposure.JobFault {
			t.Errorf("round %d: a heartbeat while it is away: %v", round, err)
		}
		if _, err := door.Plan(short, job("lost")); kind(err) != exposure.JobFault {
			t.Errorf("round %d: a job while it is away: %v", round, err)
		}
		cancel()
		_, before := v.count()
		s.Start()
		eventually(t, func() error { return here.Ready(t.Context()) })
		eventually(t, func() error { return door.Beat(t.Context(), "J1", own()) })
		if _, beats := v.count(); beats != before+1 {
			t.Errorf("round %d: %d heartbeats came for one", round, beats-before)
		}
	}
	if n := <-got; n != 30 {
		t.Errorf("%d batches of 30", n)
	}
	_, err = door.Plan(t.Context(), job("J2")) // the queue is there again
	must(t, err)
	if jobs, _ := v.count(); jobs != 2 {
		t.Errorf("%d jobs, want 2", jobs)
	}
}

// TestServerComesLater: a service that starts before its server serves as soon as
// that is there.
func TestServerComesLater(t *testing.T) {
	s := lab.StartNATS(t)
	s.Kill()
	b := opened(t, s.URL)
	v := newVantage("V", 10)
	works(t, b, v)
	if err := b.Ready(t.Context()); kind(err) != exposure.JobFault {
		t.Errorf("ready before it is there: %v", err)
	}
	s.Start()
	eventually(t, func() error { return b.Ready(t.Context()) })
	_, err := b.Door(v.Station).Plan(t.Context(), job("J1"))
	must(t, err)
}

func eventually(t *testing.T, do func() error) {
	t.Helper()
	late := time.After(30 * time.Second)
	for err := do(); err != nil; err = do() {
		select {
		case <-late:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
