package vantage

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"sekisho/internal/exposure"
)

// Seen is what a vantage saw of the own address.
type Seen struct {
	Plan         exposure.Plan
	Observations []exposure.Observation
	Services     []exposure.Service
	Tests        []Tested
	Sent         []exposure.SentProbes
	Packets      int64
	Complete     bool            // every port that was asked for has an observation
	Ended        exposure.JobEnd // why it is not
}

// mostBatches bounds the answer to one job, mostRetries how often in a row the
// vantage may be away.
const (
	mostBatches = 1 << 16
	mostRetries = 3

	shortestWait = 200 * time.Millisecond
)

// jobID is what the id of a job may be, which becomes part of a path.
var jobID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// Look has the vantage look at the own address. Planned is called before anything
// is sent; an error of it ends the job. What a vantage saw that tells the least
// lie is not kept.
func (c *Client) Look(ctx context.Context, asked exposure.JobRequest, planned func(exposure.Plan) error) (Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, mostTime)
	defer cancel()
	var plan exposure.Plan
	if err := c.ask(ctx, http.MethodPost, "/api/v1/jobs", asked, &plan); err != nil {
		return Seen{}, err
	}
	if plan.Schema != exposure.PlanSchema || !jobID.MatchString(plan.Job) {
		return Seen{}, &Error{Kind: Strange}
	}
	plan.Station = cleanStation(plan.Station)
	path := "/api/v1/jobs/" + url.PathEscape(plan.Job)
	// Whatever happens, the vantage is told that nobody waits any more.
	defer func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.owner(plan.Secret).ask(ending, http.MethodDelete, path, nil, nil)
	}()
	if err := c.own(plan.Address); err != nil {
		return Seen{}, err
	}
	if planned != nil {
		if err := planned(plan); err != nil {
			return Seen{}, err
		}
	}
	if err := c.ask(ctx, http.MethodPost, path+"/go", nil, nil); err != nil {
		return Seen{}, err
	}
	stop := c.beat(ctx, path, plan.Heartbeat)
	defer stop()
	l := newLedger(plan, asked)
	heard := time.Now()
	for retries := 0; !l.done; {
		var more exposure.Batches
		err := c.request(ctx, http.MethodGet, path+"/batches?after="+l.after(), nil, &more)
		var trouble *Error
		switch {
		case err == nil:
			retries = 0
			err = l.take(more.Batches)
			if len(more.Batches) > 0 {
				heard = time.Now()
			} else if time.Since(heard) > c.quiet {
				err = &Error{Kind: Hangs}
			} else if err == nil {
				err = pause(ctx, shortestWait) // it should have waited itself
			}
		case errors.As(err, &trouble) && trouble.Kind == Away && retries < mostRetries:
			retries++
			err = pause(ctx, time.Second)
		}
		if err != nil {
			return Seen{}, err
		}
	}
	return l.seen(), nil
}

// secretWord is what the secret of a job may be, which becomes part of a header.
var secretWord = regexp.MustCompile(`^[A-Za-z0-9._~+/=-]{1,128}$`)

// owner is the client as the owner of a job.
func (c *Client) owner(secret string) *Client {
	owner := *c
	if secretWord.MatchString(secret) {
		owner.secret = secret
	}
	return &owner
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// The pauses between heartbeats.
const (
	shortestBeat = time.Second
	longestBeat  = 10 * time.Second
)

// beat sends heartbeats until it is stopped: three in the time after which the
// vantage ends the job.
func (c *Client) beat(ctx context.Context, path string, seconds int) (stop func()) {
	every := min(max(time.Duration(min(seconds, 3600))*time.Second/3, shortestBeat), longestBeat)
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(ctx, every) == nil {
			_ = c.ask(ctx, http.MethodPost, path+"/heartbeat", nil, nil) // the batches tell what became of the job
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}
