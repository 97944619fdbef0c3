package agent

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/scan"
)

// A port that is watched is asked every watchEvery, and not in the last watchMargin
// before the job has to end: it ends by itself, and is not cut off.
const (
	watchEvery  = 5 * time.Second
	watchMargin = 5 * time.Second
)

// saneWatch checks what a job wants watched.
func saneWatch(job exposure.Job) error {
	if job.Watch && (len(job.TCP) != 1 || len(job.UDP) > 0 || job.Echo || len(job.Tests) > 0 || job.Method != "connect") {
		return errors.New("what is watched is one TCP port, by connections, and nothing else")
	}
	return nil
}

// keepLooking asks the port of a job again and again: the look that went before was
// the first time. Each question is a connection from a port of its own, since a
// router answers a connection that it remembers as it did before it was changed.
func (t *task) keepLooking(ctx context.Context, target exposure.Target, view func(netip.Addr) exposure.View, log *log) {
	if !t.job.Watch {
		return
	}
	over := time.NewTimer(time.Until(t.job.Deadline) - watchMargin)
	defer over.Stop()
	again := time.NewTicker(watchEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-over.C:
			return
		case <-again.C:
		}
		_, err := t.agent.engine.Run(ctx, scan.Request{
			Targets: []exposure.Target{target}, TCP: t.job.TCP, Method: scan.Connect, Retries: -1, Rate: t.agent.config.Station.Limits.Rate,
			Timeout: time.Until(t.job.Deadline), View: view, Vantage: t.agent.config.Station.ID, Key: cookie.Key(t.job.Key), Asked: log.asked,
		}, func(o exposure.Observation) { log.found(t.honest(o)) })
		if err != nil {
			return // the job has ended; what was seen stays
		}
	}
}
