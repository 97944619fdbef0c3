// Package bus carries jobs to vantages over NATS and what they saw back: the
// door to a vantage that may be another process on another machine. It remembers
// nothing for long. A job that no vantage has taken yet waits in a queue in
// memory (JetStream), and everything else is a question and its answer, which
// nobody stores.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"sekisho/internal/exposure"
)

// Vantage is what takes jobs. What it returns as an error is an
// *exposure.JobError.
type Vantage interface {
	Station() exposure.Station
	Plan(ctx context.Context, job exposure.Job) (exposure.Plan, error)
	Go(ctx context.Context, id string, grant exposure.Grant) error
	Beat(ctx context.Context, id string, grant exposure.Grant) error
	Stop(ctx context.Context, id string) error
	Batches(ctx context.Context, id string, after int) ([]exposure.Batch, error)
}

// Config is what a bus is told.
type Config struct {
	// URL is of the servers, nats://HOST:4222 and more after commas. Empty is a
	// server inside of this process that nobody else reaches.
	URL string
	// Pool is which vantages take each other's jobs: those that see the same.
	Pool string
	// Folder is where the server inside has its own, which holds no job; empty is
	// one among the temporary files. It is made, and removed at the end.
	Folder string
	Log    *slog.Logger
}

// Bus is a connection to NATS. It comes again by itself when it breaks.
type Bus struct {
	config Config
	inside *server.Server
	folder string // of the server inside
	nc     *nats.Conn
	js     jetstream.JetStream

	mu    sync.Mutex
	since time.Time // of the connection as it is
	life  context.Context
	end   context.CancelFunc
}

// The names on the bus.
const (
	stream      = "SEKISHO_WORK"
	workSubject = "sekisho.work."
	jobSubject  = "sekisho.job."
	replyHeader = "Sekisho-Reply"
	// loginsHeader says whom to ask for the logins of a job: they are in no queue.
	loginsHeader = "Sekisho-Logins"
)

// Bounds of the queue and of the waits.
const (
	mostWaiting   = 4096             // jobs
	longestWait   = 30 * time.Second // of a job in the queue: its grant is fresh for 35
	memory        = 64 << 20         // bytes of the server inside
	startTime     = 10 * time.Second
	reconnectWait = 200 * time.Millisecond
	answerTime    = 3 * time.Second
)

// Open connects. Servers that are away are tried again until they are there:
// Ready tells.
func Open(c Config) (*Bus, error) {
	b := &Bus{config: c}
	b.life, b.end = context.WithCancel(context.Background())
	if err := b.open(); err != nil {
		b.Close()
		return nil, fmt.Errorf("nats: %w", err)
	}
	return b, nil
}

func (b *Bus) open() error {
	options := []nats.Option{
		nats.Name("sekisho"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(reconnectWait), nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.IgnoreAuthErrorAbort(), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.ReconnectBufSize(-1), // what was asked while nobody heard it must not be done later
		nats.ConnectHandler(func(*nats.Conn) { b.connected() }), nats.ReconnectHandler(func(*nats.Conn) { b.connected() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.config.Log.Warn("the bus is away", "error", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.config.Log.Warn("bus", "error", err) }),
	}
	if b.config.URL == "" {
		if err := b.serve(); err != nil {
			return err
		}
		options = append(options, nats.InProcessServer(b.inside))
	}
	var err error
	if b.nc, err = nats.Connect(b.config.URL, options...); err != nil {
		return errors.New(redacted(err.Error(), b.config.URL))
	}
	b.js, err = jetstream.New(b.nc)
	return err
}

// redacted is an error without the URL, in which a password may stand.
func redacted(text, url string) string {
	for one := range strings.SplitSeq(url, ",") {
		if user, _, ok := strings.Cut(one, "@"); ok {
			text = strings.ReplaceAll(text, user+"@", "")
			if _, secret, ok := strings.Cut(user, "://"); ok {
				text = strings.ReplaceAll(text, secret, "…")
			}
		}
	}
	return text
}

// serve starts the server inside. It listens nowhere, and keeps in memory.
func (b *Bus) serve() error {
	var err error
	if b.folder = b.config.Folder; b.folder != "" {
		err = os.MkdirAll(b.folder, 0o700)
	} else {
		b.folder, err = os.MkdirTemp("", "sekisho-nats-")
	}
	if err != nil {
		return err
	}
	b.inside, err = server.NewServer(&server.Options{
		ServerName: "sekisho", DontListen: true, NoSigs: true, NoLog: true, DisableJetStreamBanner: true,
		JetStream: true, StoreDir: b.folder, JetStreamMaxMemory: memory, JetStreamMaxStore: 1 << 20,
	})
	if err != nil {
		return err
	}
	b.inside.Start()
	if !b.inside.ReadyForConnections(startTime) {
		return errors.New("the server inside does not start")
	}
	return nil
}

func (b *Bus) connected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	b.life, b.end = context.WithCancel(context.Background())
	b.since = time.Now()
}

// within is a context that ends after a while, and when the connection is made
// anew: what was asked over the old one is not answered any more.
func (b *Bus) within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, d)
	stop := context.AfterFunc(b.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// settling reports whether the connection is so new that others may not be back
// on the bus yet.
func (b *Bus) settling() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.since) < answerTime
}

// Ready is nil when jobs get to the queue.
func (b *Bus) Ready(ctx context.Context) error {
	if !b.nc.IsConnected() {
		return b.away(b.nc.LastError())
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := b.queue(ctx); err != nil {
		return b.away(err)
	}
	return nil
}

// away is that the bus cannot be used, and why.
func (b *Bus) away(err error) error {
	why := "the bus (NATS) is away"
	if err != nil {
		why += ": " + redacted(err.Error(), b.config.URL)
	}
	return &exposure.JobError{Kind: exposure.JobFault, Why: why}
}

// queue makes the queue where there is none: it goes with the servers' memory.
func (b *Bus) queue(ctx context.Context) error {
	_, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: stream, Subjects: []string{workSubject + ">"}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage,
		Discard: jetstream.DiscardNew, MaxMsgs: mostWaiting, MaxAge: longestWait, Duplicates: longestWait,
	})
	return err
}

// enqueue puts a job into the queue.
func (b *Bus) enqueue(ctx context.Context, work *nats.Msg) error {
	_, err := b.js.PublishMsg(ctx, work, jetstream.WithRetryAttempts(0))
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		if err := b.queue(ctx); err != nil {
			return err
		}
		_, err = b.js.PublishMsg(ctx, work)
	}
	return err
}

// Close ends the connection, and the server inside.
func (b *Bus) Close() {
	b.mu.Lock()
	b.end()
	b.mu.Unlock()
	if b.nc != nil {
		b.nc.Close()
	}
	if b.inside != nil {
		b.inside.Shutdown()
		b.inside.WaitForShutdown()
	}
	if b.folder != "" {
		if err := os.RemoveAll(b.folder); err != nil {
			b.config.Log.Warn("bus", "error", err)
		}
	}
}

// question is what is asked of the vantage that has a job.
type question struct {
	Grant exposure.Grant `json:"grant,omitzero"`
	After int            `json:"after,omitempty"`
}

// answer is what it says.
type answer struct {
	Plan    *exposure.Plan     `json:"plan,omitempty"`
	Batches []exposure.Batch   `json:"batches,omitempty"`
	Error   *exposure.JobError `json:"error,omitempty"`
}

// failed is the answer that says an error.
func failed(err error) answer {
	var e *exposure.JobError
	if !errors.As(err, &e) {
		e = &exposure.JobError{Kind: exposure.JobFault, Why: err.Error()}
	}
	return answer{Error: e}
}

// read takes an answer apart.
func read(b []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		return a, &exposure.JobError{Kind: exposure.JobFault, Why: "an answer of the vantage cannot be read"}
	}
	if a.Error != nil {
		return a, a.Error
	}
	return a, nil
}
