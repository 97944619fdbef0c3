package sqlite

import (
	"context"
	"database/sql"

	"sekisho/internal/exposure"
)

// mostTogether bounds how many writes share one transaction.
const mostTogether = 128

// writer does what is to be written in turn. What waits is written together: a
// disk syncs a few hundred times a second, and each commit is one.
type writer struct {
	database *database
	asked    chan *write
	over     chan struct{}
}

type write struct {
	ctx  context.Context
	do   func(context.Context, *sql.Tx) error
	done chan error
}

func newWriter(d *database) *writer {
	w := &writer{database: d, asked: make(chan *write), over: make(chan struct{})}
	go w.run()
	return w
}

// do returns when it is written. When ctx ends before, it may be or may not.
func (w *writer) do(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	one := &write{ctx, do, make(chan error, 1)}
	select {
	case w.asked <- one:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.database.closed:
		return exposure.ErrStoreAway
	}
	select {
	case err := <-one.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) run() {
	defer close(w.over)
	for {
		select {
		case <-w.database.closed:
			return
		case one := <-w.asked:
			w.together(w.waiting(one))
		}
	}
}

// waiting adds those to the first one that wait, too.
func (w *writer) waiting(first *write) []*write {
	list := []*write{first}
	for len(list) < mostTogether {
		select {
		case one := <-w.asked:
			list = append(list, one)
		default:
			return list
		}
	}
	return list
}

// together writes some in one transaction. When that fails each is written
// alone, so that nobody's fault is another one's.
func (w *writer) together(list []*write) {
	err := w.transact(list)
	for _, one := range list {
		if err != nil && len(list) > 1 {
			one.done <- w.transact([]*write{one})
		} else {
			one.done <- err
		}
	}
}

// transact does not end with the context of one of them: it is of all.
func (w *writer) transact(list []*write) error {
	if err := w.database.there(); err != nil {
		return err
	}
	ctx := context.WithoutCancel(list[0].ctx)
	tx, err := w.database.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	for _, one := range list {
		if err := one.do(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}
