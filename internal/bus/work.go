package bus

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sekisho/internal/exposure"
)

// Times of a vantage on the bus.
const (
	fetchTime  = 2 * time.Second // one question for work
	takeTime   = 10 * time.Second
	busyTime   = 250 * time.Millisecond // until a job that there was no room for is offered again
	forgetTime = 5 * time.Minute        // after the deadline of a job
)

// pollTime is how long a question for batches waits for one, less than the wait
// for its answer.
const pollTime = 2 * time.Second

// Work has a vantage take the jobs of its pool until ctx ends.
func (b *Bus) Work(ctx context.Context, v Vantage) {
	w := &worker{bus: b, vantage: v}
	var taking sync.WaitGroup
	for ctx.Err() == nil {
		if err := w.fetch(ctx, &taking); err != nil && ctx.Err() == nil {
			pause(ctx) // the servers are away, or have forgotten the queue
		}
	}
	taking.Wait()
}

// worker is a vantage on the bus.
type worker struct {
	bus     *Bus
	vantage Vantage
}

// fetch takes jobs until there is an error.
func (w *worker) fetch(ctx context.Context, taking *sync.WaitGroup) error {
	if !w.bus.nc.IsConnected() {
		return nats.ErrDisconnected
	}
	if err := w.bus.queue(ctx); err != nil {
		return err
	}
	pool := w.bus.config.Pool
	consumer, err := w.bus.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable: pool, FilterSubject: workSubject + pool, AckPolicy: jetstream.AckExplicitPolicy, AckWait: takeTime, MemoryStorage: true,
	})
	if err != nil {
		return err
	}
	for {
		n, err := w.some(ctx, consumer, taking)
		// After a while without work it is made sure that the queue is there: a
		// server that has forgotten it says nothing.
		if err != nil || n == 0 {
			return err
		}
	}
}

// some takes a few jobs, or none after a while.
func (w *worker) some(ctx context.Context, from jetstream.Consumer, taking *sync.WaitGroup) (int, error) {
	waiting, cancel := w.bus.within(ctx, fetchTime)
	defer cancel()
	list, err := from.Fetch(takenTogether, jetstream.FetchContext(waiting))
	if err != nil {
		return 0, err
	}
	n := 0
	for m := range list.Messages() {
		taking.Go(func() { w.take(ctx, m) })
		n++
	}
	if err := list.Error(); err != nil && waiting.Err() == nil {
		return n, err
	}
	return n, nil
}

// takenTogether is how many jobs one question for work is for.
const takenTogether = 8

// take plans a job and answers for it from then on.
func (w *worker) take(ctx context.Context, m jetstream.Msg) {
	var job exposure.Job
	if err := json.Unmarshal(m.Data(), &job); err != nil || !token(job.ID) {
		w.settled(m.Term())
		return
	}
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	logins, err := w.logins(ctx, m.Headers().Get(loginsHeader))
	if err != nil { // who asked is gone, or will be asked again
		w.settled(m.NakWithDelay(busyTime))
		return
	}
	job.Logins = logins
	plan, err := w.vantage.Plan(ctx, job)
	var e *exposure.JobError
	if errors.As(err, &e) && e.Kind == exposure.JobBusy {
		w.settled(m.NakWithDelay(busyTime))
		return
	}
	a := answer{Plan: &plan}
	if err == nil {
		err = w.attend(job)
	}
	if err != nil {
		a = failed(err)
	}
	w.say(m.Headers().Get(replyHeader), a)
	w.settled(m.Ack())
}

// logins asks whoever put a job into the queue for its logins.
func (w *worker) logins(ctx context.Context, from string) (list []exposure.JobLogin, err error) {
	if from == "" {
		return nil, nil
	}
	m, err := w.bus.nc.RequestWithContext(ctx, from, nil)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(m.Data, &list)
	return list, err
}

// settled logs what the queue did not hear; the job is offered again then, and
// refused, since it is there already.
func (w *worker) settled(err error) {
	if err != nil {
		w.bus.config.Log.Debug("bus", "error", err)
	}
}

// attend answers what is asked about a job, until some time after its deadline.
func (w *worker) attend(job exposure.Job) error {
	s, err := w.bus.nc.Subscribe(jobSubject+job.ID+".*", func(m *nats.Msg) {
		go func() { w.say(m.Reply, w.asked(job.ID, m)) }() // a question for batches waits
	})
	if err != nil {
		return err
	}
	time.AfterFunc(time.Until(job.Deadline)+forgetTime, func() { w.settled(s.Unsubscribe()) })
	return nil
}

// asked does what is asked.
func (w *worker) asked(id string, m *nats.Msg) answer {
	var q question
	if err := json.Unmarshal(m.Data, &q); err != nil {
		return failed(&exposure.JobError{Kind: exposure.JobWrong, Why: "the question cannot be read"})
	}
	ctx, cancel := context.WithTimeout(context.Background(), pollTime)
	defer cancel()
	var err error
	switch m.Subject[strings.LastIndexByte(m.Subject, '.')+1:] {
	case "go":
		err = w.vantage.Go(ctx, id, q.Grant)
	case "beat":
		err = w.vantage.Beat(ctx, id, q.Grant)
	case "stop":
		err = w.vantage.Stop(ctx, id)
	case "batches":
		var list []exposure.Batch
		if list, err = w.vantage.Batches(ctx, id, q.After); err == nil {
			return w.fitting(list)
		}
	default:
		err = &exposure.JobError{Kind: exposure.JobWrong, Why: "nobody knows that question"}
	}
	if err != nil {
		return failed(err)
	}
	return answer{}
}

// fitting is as many batches as one message takes; the rest comes with the next
// question.
func (w *worker) fitting(list []exposure.Batch) answer {
	room := int(w.bus.nc.MaxPayload()) - 1024
	for i, b := range list {
		body, err := json.Marshal(b)
		if err != nil {
			return failed(err)
		}
		if room -= len(body) + 1; room < 0 {
			if i == 0 {
				return failed(errors.New("a batch is larger than a message of the bus may be"))
			}
			return answer{Batches: list[:i]}
		}
	}
	return answer{Batches: list}
}

func (w *worker) say(to string, a answer) {
	body, err := json.Marshal(a)
	if err == nil && to != "" {
		err = w.bus.nc.Publish(to, body)
	}
	w.settled(err)
}
