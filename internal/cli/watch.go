package cli

import (
	"bufio"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/output"
)

const (
	watchEvery = 5 * time.Second  // from the beginning of one look to that of the next
	watchMost  = 10 * time.Minute // in all
	// watchSettled is how long all must stay well, after it was not, for the watch
	// to have done its work.
	watchSettled = 30 * time.Second
	mostFlips    = 1000 // that are remembered of ports that flap
)

// watchDiagnosis looks again and again while the person changes something, and
// tells what became of it. What was seen is told also when it is interrupted.
func (a *app) watchDiagnosis(ctx context.Context, look func(context.Context) (exposure.Diagnosis, error)) error {
	a.note("watch.begin", "Seconds", int(watchEvery.Seconds()), "Minutes", int(watchMost.Minutes()))
	var (
		last   exposure.Diagnosis
		failed error
	)
	err := a.deliver(func(w *bufio.Writer) (err error) {
		last, err = watch(ctx, look, watching{
			look:   func(d exposure.Diagnosis, first bool) error { return errors.Join(a.tellLook(w, d, first), w.Flush()) },
			failed: func(err error) { a.note("watch.failed", "Error", oneLine(err.Error())) },
		})
		if last.Schema == "" {
			failed = err // nothing was ever seen
			return nil
		}
		if err == nil && ctx.Err() == nil && len(last.Flips) > 0 && allWell(last) {
			a.note("watch.settled")
		}
		last.Partial = last.Partial || ctx.Err() != nil
		if err != nil || a.common.format == "jsonl" {
			return err
		}
		return output.Diagnosis(w, last, a.outputOptions())
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return err
	}
	return diagnosisExit(ctx, last)
}

// watching is who is told of a watch: of each look, and of one that failed after
// an earlier one did not.
type watching struct {
	look   func(d exposure.Diagnosis, first bool) error
	failed func(error)
}

// watch looks until the context ends, watchMost has passed, or all has stayed
// well for watchSettled after it was not. It returns the last look, with all
// flips; a look that the context cut short counts for nothing.
func watch(ctx context.Context, look func(context.Context) (exposure.Diagnosis, error), to watching) (last exposure.Diagnosis, err error) {
	begin := time.Now()
	var flips []exposure.Flip
	var well time.Time // since when
	for {
		next := time.Now().Add(watchEvery)
		d, err := look(ctx)
		switch first := last.Schema == ""; {
		case ctx.Err() != nil && !first:
			return last, nil
		case err != nil && first:
			return last, err
		case err != nil:
			to.failed(err)
		default:
			d.Flips = flipped(last, d)
			flips = append(flips, d.Flips...)
			flips = flips[max(0, len(flips)-mostFlips):]
			if err := to.look(d, first); err != nil {
				return last, err
			}
			last = d
			last.Flips = flips
			switch {
			case !allWell(d) || len(flips) == 0:
				well = time.Time{}
			case well.IsZero() || len(d.Flips) > 0:
				well = time.Now()
			case time.Since(well) >= watchSettled:
				return last, nil
			}
		}
		if next.Sub(begin) > watchMost || !waited(ctx, next) {
			return last, nil
		}
	}
}

// waited waits for a time and reports whether it came before the context's end.
func waited(ctx context.Context, until time.Time) bool {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// flipped are the ports whose cause is another one than it was. A host has as
// many of one number as it has addresses, always in the same order; a port that
// is not told of any more has nothing against it any more.
func flipped(was, is exposure.Diagnosis) []exposure.Flip {
	type place struct {
		transport exposure.Transport
		port      uint16
		zone      exposure.Zone
		address   netip.Addr
		nth       int
	}
	causes := func(d exposure.Diagnosis) (order []place, by map[place]exposure.FlipSide) {
		by = map[place]exposure.FlipSide{}
		for _, p := range d.Ports {
			at := place{p.Transport, p.Port, p.Zone, p.Address, 0}
			for _, taken := by[at]; taken; _, taken = by[at] {
				at.nth++
			}
			order, by[at] = append(order, at), exposure.FlipSide{Cause: p.Cause.ID, Certainty: p.Cause.Certainty}
		}
		return order, by
	}
	before, old := causes(was)
	after, now := causes(is)
	var flips []exposure.Flip
	tell := func(p place, then, now exposure.FlipSide) {
		flips = append(flips, exposure.Flip{At: is.SeenAt, Transport: p.transport, Port: p.port, Zone: p.zone, Address: p.address, Was: then, Is: now})
	}
	for _, p := range after {
		if then, known := old[p]; known && then.Cause != now[p].Cause {
			tell(p, then, now[p])
		}
	}
	for _, p := range before {
		if _, there := now[p]; !there && old[p].Cause != "ok" && !is.Partial {
			tell(p, old[p], exposure.FlipSide{Cause: "ok", Certainty: exposure.CauseLikely})
		}
	}
	return flips
}

func allWell(d exposure.Diagnosis) bool {
	return !slices.ContainsFunc(d.Ports, func(p exposure.DiagnosedPort) bool { return p.Cause.ID != "ok" })
}

// tellLook tells one look: in text what it began with and what flipped, as lines
// of JSON every look, otherwise nothing before the end.
func (a *app) tellLook(w *bufio.Writer, d exposure.Diagnosis, first bool) error {
	switch a.common.format {
	case "jsonl":
		return output.Look(w, d, a.outputOptions())
	case "text":
		return output.Flips(w, d, first, a.outputOptions())
	}
	return nil
}
