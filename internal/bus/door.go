package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"sekisho/internal/exposure"
)

// Door is the way to the vantages of a pool. Any number of goroutines may use
// it.
type Door struct {
	bus     *Bus
	station func() exposure.Station
}

// Door returns the way to the vantages, and station is what they say of
// themselves: a plan says it of the one that took the job.
func (b *Bus) Door(station func() exposure.Station) *Door { return &Door{b, station} }

// Station is what the vantages say of themselves.
func (d *Door) Station() exposure.Station { return d.station() }

// planTime is how long somebody waits until a vantage has room for a job.
const planTime = 15 * time.Second

// Plan puts a job into the queue and waits for the plan of the vantage that
// takes it.
func (d *Door) Plan(ctx context.Context, job exposure.Job) (exposure.Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	if !token(job.ID) {
		return exposure.Plan{}, &exposure.JobError{Kind: exposure.JobWrong, Why: "the id is none"}
	}
	body, err := json.Marshal(job)
	if err != nil {
		return exposure.Plan{}, err
	}
	replies, err := d.bus.nc.SubscribeSync(d.bus.nc.NewInbox())
	if err != nil {
		return exposure.Plan{}, d.bus.away(err)
	}
	defer replies.Unsubscribe()
	work := nats.NewMsg(workSubject + d.bus.config.Pool)
	work.Data = body
	work.Header.Set(replyHeader, replies.Subject)
	if len(job.Logins) > 0 {
		handed, err := d.hand(job.Logins)
		if err != nil {
			return exposure.Plan{}, d.bus.away(err)
		}
		defer handed.Unsubscribe()
		work.Header.Set(loginsHeader, handed.Subject)
	}
	work.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%s/%d", job.ID, job.Attempt)) // taken once, whoever sends it again
	if err := d.bus.enqueue(ctx, work); err != nil {
		return exposure.Plan{}, d.bus.away(err)
	}
	m, err := replies.NextMsgWithContext(ctx)
	switch {
	case err == nil:
	case !d.bus.nc.IsConnected():
		return exposure.Plan{}, d.bus.away(nil)
	case errors.Is(err, context.DeadlineExceeded):
		return exposure.Plan{}, &exposure.JobError{Kind: exposure.JobBusy, Why: "no vantage has room for the job"}
	default:
		return exposure.Plan{}, d.bus.away(err)
	}
	a, err := read(m.Data)
	if err != nil {
		return exposure.Plan{}, err
	}
	if a.Plan == nil || a.Plan.Job != job.ID || a.Plan.Address != job.Address {
		return exposure.Plan{}, &exposure.JobError{Kind: exposure.JobFault, Why: "the vantage answers with another plan"}
	}
	return *a.Plan, nil
}

// hand gives the logins of a job to the vantage that takes it, when that asks: a
// queue would keep them.
func (d *Door) hand(logins []exposure.JobLogin) (*nats.Subscription, error) {
	body, err := json.Marshal(logins)
	if err != nil {
		return nil, err
	}
	return d.bus.nc.Subscribe(d.bus.nc.NewInbox(), func(m *nats.Msg) {
		if err := m.Respond(body); err != nil {
			d.bus.config.Log.Debug("bus", "error", err)
		}
	})
}

// Go has a planned job sent.
func (d *Door) Go(ctx context.Context, id string, grant exposure.Grant) error {
	_, err := d.ask(ctx, id, "go", question{Grant: grant})
	return err
}

// Beat is the heartbeat of a job.
func (d *Door) Beat(ctx context.Context, id string, grant exposure.Grant) error {
	_, err := d.ask(ctx, id, "beat", question{Grant: grant})
	return err
}

// Stop ends a job.
func (d *Door) Stop(ctx context.Context, id string) error {
	_, err := d.ask(ctx, id, "stop", question{})
	return err
}

// Batches returns the batches after a number, as soon as there is one, or none
// when ctx ends first. While the bus is away it waits: the vantage keeps them.
func (d *Door) Batches(ctx context.Context, id string, after int) ([]exposure.Batch, error) {
	for {
		a, err := d.ask(ctx, id, "batches", question{After: after})
		var e *exposure.JobError
		switch {
		case ctx.Err() != nil:
			if d.bus.nc.IsConnected() {
				return nil, nil
			}
			return nil, d.bus.away(nil)
		case errors.As(err, &e) && e.Kind == exposure.JobFault:
			pause(ctx)
			continue
		case err != nil || len(a.Batches) > 0:
			return a.Batches, err
		}
	}
}

// pauseTime is between two tries.
const pauseTime = 50 * time.Millisecond

func pause(ctx context.Context) {
	t := time.NewTimer(pauseTime)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// ask asks the vantage that has a job. When nobody has it, it is gone; right
// after the bus came again its vantage may come later than this process.
func (d *Door) ask(ctx context.Context, id, what string, q question) (answer, error) {
	if !token(id) {
		return answer{}, &exposure.JobError{Kind: exposure.JobGone}
	}
	body, err := json.Marshal(q)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		m, err := d.bus.nc.RequestWithContext(ctx, jobSubject+id+"."+what, body)
		switch {
		case err == nil:
			return read(m.Data)
		case !errors.Is(err, nats.ErrNoResponders):
			return answer{}, d.bus.away(err)
		case !d.bus.settling() || ctx.Err() != nil:
			return answer{}, &exposure.JobError{Kind: exposure.JobGone}
		}
		pause(ctx)
	}
}

// token reports whether an id is one word of a subject.
func token(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || r == '-' || r == '_')
	})
}
