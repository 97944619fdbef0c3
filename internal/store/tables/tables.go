// Package tables holds the statements by which a store keeps its records. Both
// databases understand them: what differs stands in the room of each.
package tables

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"time"

	"github.com/pressly/goose/v3"

	"sekisho/internal/exposure"
)

// Database is what a store needs of one.
type Database struct {
	// Name is what errors say.
	Name string
	Read *sql.DB
	// Write does something in a transaction and returns when it is on the disk.
	// What it does may be done twice.
	Write func(ctx context.Context, do func(context.Context, *sql.Tx) error) error
	// Bind turns the placeholders $1 into the database's own.
	Bind func(query string) string
	// Kind is the error of the package exposure that an error of the database is
	// of, or nil.
	Kind func(err error) error
	// Ready is nil when there is room for a new look.
	Ready func(ctx context.Context) error
	Close func() error
}

// Store is a store in a database.
type Store struct{ db Database }

// New returns the store in a database that is migrated.
func New(db Database) *Store { return &Store{db} }

// Migrate brings the tables up to what this version knows.
func Migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, files fs.FS, options ...goose.ProviderOption) error {
	p, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return fmt.Errorf("the tables are of a later version of sekisho (%d, this one knows %d)", have, want)
	}
	_, err = p.Up(ctx)
	return err
}

// fault wraps an error of the database, with its kind.
func (s *Store) fault(what string, err error) error {
	if err == nil {
		return nil
	}
	kind := s.db.Kind(err)
	if errors.Is(err, context.DeadlineExceeded) {
		kind = exposure.ErrStoreAway
	}
	switch {
	case kind == nil || errors.Is(err, kind):
		return fmt.Errorf("%s: %s: %w", s.db.Name, what, err)
	case errors.Is(kind, exposure.ErrLookGone):
		return fmt.Errorf("%s: %w", what, kind)
	}
	return fmt.Errorf("%s: %s: %w: %w", s.db.Name, what, kind, err)
}

// do writes one statement, and says how many rows it changed.
func (s *Store) do(ctx context.Context, what, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var rows int64
	err := s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, s.db.Bind(query), args...)
		if err == nil {
			rows, err = result.RowsAffected()
		}
		return err
	})
	if err != nil { // it may be on its way still, when the caller's context ended
		return 0, s.fault(what, err)
	}
	return rows, nil
}

// answerTime bounds one question to a database that hangs.
const answerTime = 15 * time.Second

// nanos is a time as it is kept: nanoseconds since 1970, 0 for none.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// AddLook implements store.Store.
func (s *Store) AddLook(ctx context.Context, l exposure.Look) error {
	const what = "keep a look"
	if err := s.db.Ready(ctx); err != nil {
		return s.fault(what, err)
	}
	runs, err := json.Marshal(l.Runs)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	job, err := json.Marshal(l.Job)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	rows, err := s.do(ctx, what, `INSERT INTO looks (id, owner, kind, runs, job, attempt, state, started, finished, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`,
		l.ID, l.Owner[:], l.Kind, runs, job, l.Job.Attempt, string(l.State), nanos(l.Started), nanos(l.Finished), nanos(l.Expires))
	if err != nil || rows > 0 {
		return err
	}
	there, err := s.Look(ctx, l.ID)
	if err == nil && there.Owner != l.Owner {
		err = fmt.Errorf("%s: there is another one of the same id", what)
	}
	return err
}

// columns are those of a look, in the order in which scan reads them.
const columns = `SELECT id, owner, kind, runs, job, attempt, state, started, finished, expires FROM looks `

func (s *Store) looks(ctx context.Context, what, query string, args ...any) ([]exposure.Look, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := s.db.Read.QueryContext(ctx, s.db.Bind(columns+query), args...)
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer rows.Close()
	var list []exposure.Look
	for rows.Next() {
		l, err := scan(rows)
		if err != nil {
			return nil, s.fault(what, err)
		}
		list = append(list, l)
	}
	return list, s.fault(what, rows.Err())
}

func scan(rows *sql.Rows) (exposure.Look, error) {
	var (
		l                          exposure.Look
		owner, runs, job           []byte
		state                      string
		attempt                    int
		started, finished, expires int64
	)
	if err := rows.Scan(&l.ID, &owner, &l.Kind, &runs, &job, &attempt, &state, &started, &finished, &expires); err != nil {
		return l, err
	}
	if err := json.Unmarshal(runs, &l.Runs); err != nil {
		return l, err
	}
	if err := json.Unmarshal(job, &l.Job); err != nil {
		return l, err
	}
	if copy(l.Owner[:], owner) != len(l.Owner) {
		return l, errors.New("an owner is too short")
	}
	l.Job.Attempt, l.State = attempt, exposure.LookState(state)
	l.Started, l.Finished, l.Expires = instant(started), instant(finished), instant(expires)
	return l, nil
}

// Look implements store.Store.
func (s *Store) Look(ctx context.Context, id string) (exposure.Look, error) {
	const what = "read a look"
	list, err := s.looks(ctx, what, `WHERE id = $1`, id)
	switch {
	case err != nil:
		return exposure.Look{}, err
	case len(list) == 0:
		return exposure.Look{}, fmt.Errorf("%s: %w", what, exposure.ErrLookGone)
	}
	return list[0], nil
}

// SetLook implements store.Store.
func (s *Store) SetLook(ctx context.Context, id string, state exposure.LookState, attempt int, at time.Time) error {
	finished := int64(0)
	if state == exposure.LookDone || state == exposure.LookInterrupted {
		finished = nanos(at)
	}
	rows, err := s.do(ctx, "change a look", `UPDATE looks SET state = $2, attempt = $3, finished = $4
		WHERE id = $1 AND (attempt < $3 OR attempt = $3 AND state IN ('open', 'running'))`, id, string(state), attempt, finished)
	if err == nil && rows == 0 {
		_, err = s.Look(ctx, id)
	}
	return err
}

// AddBatch implements store.Store.
func (s *Store) AddBatch(ctx context.Context, id string, b exposure.Batch) error {
	const what = "keep a batch"
	body, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	_, err = s.do(ctx, what, `INSERT INTO batches (look, attempt, number, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (look, attempt, number) DO NOTHING`, id, b.Attempt, b.Number, body)
	return err
}

// Batches implements store.Store.
func (s *Store) Batches(ctx context.Context, id string) ([]exposure.Batch, error) {
	const what = "read batches"
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := s.db.Read.QueryContext(ctx, s.db.Bind(`SELECT body FROM batches
		WHERE look = $1 AND attempt = (SELECT attempt FROM looks WHERE id = $1) ORDER BY number`), id)
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer rows.Close()
	var list []exposure.Batch
	for rows.Next() {
		var (
			body []byte
			b    exposure.Batch
		)
		if err := rows.Scan(&body); err != nil {
			return nil, s.fault(what, err)
		}
		if err := json.Unmarshal(body, &b); err != nil {
			return nil, s.fault(what, err)
		}
		list = append(list, b)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault(what, err)
	}
	if len(list) == 0 {
		_, err = s.Look(ctx, id)
	}
	return list, err
}

// OpenLooks implements store.Store.
func (s *Store) OpenLooks(ctx context.Context) ([]exposure.Look, error) {
	return s.looks(ctx, "read the open looks", `WHERE state IN ('open', 'running') ORDER BY started`)
}

// OwnedLooks implements store.Store.
func (s *Store) OwnedLooks(ctx context.Context, owner [32]byte, before time.Time, limit int) ([]exposure.Look, error) {
	const what = "read the looks of an owner"
	if before.IsZero() {
		return s.looks(ctx, what, `WHERE owner = $1 ORDER BY started DESC LIMIT $2`, owner[:], limit)
	}
	return s.looks(ctx, what, `WHERE owner = $1 AND started < $2 ORDER BY started DESC LIMIT $3`, owner[:], nanos(before), limit)
}

// DeleteLook implements store.Store.
func (s *Store) DeleteLook(ctx context.Context, id string) error {
	const what = "delete a look"
	rows, err := s.do(ctx, what, `DELETE FROM looks WHERE id = $1`, id)
	if err == nil && rows == 0 {
		err = fmt.Errorf("%s: %w", what, exposure.ErrLookGone)
	}
	return err
}

// forgetAtOnce bounds one transaction, so that nobody waits long behind it, and
// that it finds room on a disk that is nearly full.
const forgetAtOnce = 50

// Forget implements store.Store.
func (s *Store) Forget(ctx context.Context, now time.Time) (int, error) {
	const what = "forget what has expired"
	all := 0
	for {
		rows, err := s.do(ctx, what, `DELETE FROM looks WHERE id IN
			(SELECT id FROM looks WHERE expires > 0 AND expires <= $1 LIMIT $2)`, nanos(now), forgetAtOnce)
		all += int(rows)
		if err != nil {
			return all, err
		}
		if rows < forgetAtOnce {
			break
		}
	}
	_, err := s.do(ctx, what, `DELETE FROM dues WHERE due <= $1`, nanos(now))
	return all, err
}

// Dues implements store.Store.
func (s *Store) Dues(ctx context.Context) (map[netip.Prefix]time.Time, error) {
	const what = "read the limits"
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := s.db.Read.QueryContext(ctx, `SELECT prefix, due FROM dues`)
	if err != nil {
		return nil, s.fault(what, err)
	}
	defer rows.Close()
	dues := map[netip.Prefix]time.Time{}
	for rows.Next() {
		var (
			word string
			due  int64
		)
		if err := rows.Scan(&word, &due); err != nil {
			return nil, s.fault(what, err)
		}
		p, err := netip.ParsePrefix(word)
		if err != nil {
			return nil, s.fault(what, err)
		}
		dues[p] = instant(due)
	}
	return dues, s.fault(what, rows.Err())
}

// SaveDues implements store.Store.
func (s *Store) SaveDues(ctx context.Context, dues map[netip.Prefix]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return s.fault("keep the limits", s.db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for p, due := range dues {
			_, err := tx.ExecContext(ctx, s.db.Bind(`INSERT INTO dues (prefix, due) VALUES ($1, $2)
				ON CONFLICT (prefix) DO UPDATE SET due = CASE WHEN excluded.due > dues.due THEN excluded.due ELSE dues.due END`), p.String(), nanos(due))
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// Ready implements store.Store.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	return s.fault("be ready", s.db.Ready(ctx))
}

// Close implements store.Store.
func (s *Store) Close() error { return s.fault("close", s.db.Close()) }
