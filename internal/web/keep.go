package web

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
)

// Keep is where looks are kept. Its errors wrap exposure.ErrLookGone,
// exposure.ErrStoreFull or exposure.ErrStoreAway.
type Keep interface {
	AddLook(ctx context.Context, l exposure.Look) error
	Look(ctx context.Context, id string) (exposure.Look, error)
	SetLook(ctx context.Context, id string, state exposure.LookState, attempt int, at time.Time) error
	AddBatch(ctx context.Context, id string, b exposure.Batch) error
	Batches(ctx context.Context, id string) ([]exposure.Batch, error)
	OpenLooks(ctx context.Context) ([]exposure.Look, error)
	OwnedLooks(ctx context.Context, owner [32]byte, before time.Time, limit int) ([]exposure.Look, error)
	DeleteLook(ctx context.Context, id string) error
	Forget(ctx context.Context, now time.Time) (int, error)
}

// Bounds of what is kept in memory where no store is configured.
const (
	mostRemembered      = 2000
	mostBatchesOfLook   = 4096
	rememberedAtTheMost = 24 * time.Hour
)

// memory keeps looks as long as the process lives.
type memory struct {
	mu    sync.Mutex
	looks map[string]*remembered
}

type remembered struct {
	look    exposure.Look
	batches []exposure.Batch
}

func newMemory() *memory { return &memory{looks: map[string]*remembered{}} }

// AddLook takes a new look.
func (m *memory) AddLook(_ context.Context, l exposure.Look) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.looks) >= mostRemembered {
		m.forget(time.Now())
	}
	if len(m.looks) >= mostRemembered {
		return fmt.Errorf("%d looks are kept in memory: %w", len(m.looks), exposure.ErrStoreFull)
	}
	if m.looks[l.ID] == nil {
		m.looks[l.ID] = &remembered{look: l}
	}
	return nil
}

func (m *memory) of(id string) (*remembered, error) {
	if r := m.looks[id]; r != nil {
		return r, nil
	}
	return nil, exposure.ErrLookGone
}

// Look is the look of that link.
func (m *memory) Look(_ context.Context, id string) (exposure.Look, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.of(id)
	if err != nil {
		return exposure.Look{}, err
	}
	return r.look, nil
}

// SetLook says how far an attempt has come. Its end is final.
func (m *memory) SetLook(_ context.Context, id string, state exposure.LookState, _ int, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.of(id)
	if err != nil {
		return err
	}
	if over(r.look.State) {
		return nil
	}
	if r.look.State = state; over(state) {
		r.look.Finished = at
	}
	return nil
}

// AddBatch takes some of what came of a look.
func (m *memory) AddBatch(_ context.Context, id string, b exposure.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.of(id)
	if err != nil {
		return err
	}
	if len(r.batches) >= mostBatchesOfLook {
		return exposure.ErrStoreFull
	}
	if !slices.ContainsFunc(r.batches, func(known exposure.Batch) bool { return known.Number == b.Number }) {
		r.batches = append(r.batches, b)
	}
	return nil
}

// Batches are those of a look in the order of their numbers.
func (m *memory) Batches(_ context.Context, id string) ([]exposure.Batch, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.of(id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(r.batches), nil
}

// OpenLooks are none: what a process before this one remembered is gone.
func (m *memory) OpenLooks(context.Context) ([]exposure.Look, error) { return nil, nil }

// OwnedLooks are those of an owner, the newest first.
func (m *memory) OwnedLooks(_ context.Context, owner [32]byte, before time.Time, limit int) ([]exposure.Look, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []exposure.Look
	for _, r := range m.looks {
		if r.look.Owner == owner && (before.IsZero() || r.look.Started.Before(before)) {
			list = append(list, r.look)
		}
	}
	slices.SortFunc(list, func(a, b exposure.Look) int { return b.Started.Compare(a.Started) })
	return list[:min(len(list), limit)], nil
}

// DeleteLook removes a look.
func (m *memory) DeleteLook(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.of(id); err != nil {
		return err
	}
	delete(m.looks, id)
	return nil
}

// Forget removes what has expired.
func (m *memory) Forget(_ context.Context, now time.Time) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forget(now), nil
}

func (m *memory) forget(now time.Time) (n int) {
	for id, r := range m.looks {
		if !now.Before(r.look.Expires) {
			delete(m.looks, id)
			n++
		}
	}
	return n
}

// over reports whether nothing more comes of a look.
func over(s exposure.LookState) bool {
	return s == exposure.LookDone || s == exposure.LookInterrupted
}
