// Package sqlite keeps in a file of SQLite, which one process has open.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"sekisho/internal/exposure"
	"sekisho/internal/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// name is what errors say.
const name = "sqlite"

// readers are the connections that read beside the one that writes.
const readers = 4

// pragmas are said on each connection, in this order. To wait for another
// process comes first, since what follows may have to. A commit is synced: what
// is acknowledged outlives a power cut. What is deleted is overwritten.
var pragmas = []string{
	"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)", "journal_size_limit(16777216)",
}

// Open opens the file, and makes it where there is none: nobody else may read
// it. Its folder is made, too. Another process that has it open is an error: the
// looks that are under way would be each other's.
func Open(ctx context.Context, path string) (*tables.Store, error) { return opened(ctx, path, false) }

// Beside opens a file that another process may have open, for what goes on beside
// it: to read, and to change what is nobody's look. Its tables are brought up to
// date only when nobody else has it open.
func Beside(ctx context.Context, path string) (*tables.Store, error) { return opened(ctx, path, true) }

func opened(ctx context.Context, path string, beside bool) (*tables.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &database{path: path, beside: beside, closed: make(chan struct{})}
	if err := d.open(ctx); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", name, path, errors.Join(err, d.free()))
	}
	d.writer = newWriter(d)
	return tables.New(tables.Database{
		Name: name, Read: d.read, Write: d.writer.do, Kind: d.kind, Ready: d.ready, Close: d.close,
		Bind: func(query string) string { return strings.ReplaceAll(query, "$", "?") },
	}), nil
}

// database is the file and what is open of it.
type database struct {
	path        string
	beside      bool        // another process may have it open, too
	file        fs.FileInfo // as it was opened
	lock        *os.File
	write, read *sql.DB
	writer      *writer
	closed      chan struct{}
}

func (d *database) open(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(d.path), 0o700); err != nil {
		return err
	}
	var err error
	if d.lock, err = own(d.path + ".lock"); err != nil {
		return err
	}
	taken := lock(d.lock)
	if taken != nil && !d.beside {
		return fmt.Errorf("%w: another process has it open: %w", exposure.ErrStoreAway, taken)
	}
	// Made before SQLite does, which would leave its mode to the umask; the files
	// beside it get the mode of this one.
	f, err := own(d.path)
	if err != nil {
		return err
	}
	d.file, err = f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	connector, err := sqlite.NewConnector(source(d.path))
	if err != nil {
		return err
	}
	d.write, d.read = sql.OpenDB(connector), sql.OpenDB(connector)
	d.write.SetMaxOpenConns(1)
	d.read.SetMaxOpenConns(readers)
	if taken != nil {
		return nil
	}
	root, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	err = tables.Migrate(ctx, goose.DialectSQLite3, d.write, root)
	if kind := d.kind(err); kind != nil {
		err = fmt.Errorf("%w: %w", kind, err)
	}
	return err
}

// own opens a file for writing that only its owner may read.
func own(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o600); err != nil && runtime.GOOS != "windows" {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// free closes what is open.
func (d *database) free() (err error) {
	if d.read != nil {
		err = errors.Join(d.read.Close(), d.write.Close())
	}
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// source is the URI of the file.
func source(path string) string {
	query := url.Values{"_txlock": {"immediate"}}
	for _, p := range pragmas {
		query.Add("_pragma", p)
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive of Windows
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// there is nil when the file is still the one that was opened: SQLite goes on
// writing into one that was removed, where nobody finds it again.
func (d *database) there() error {
	now, err := os.Stat(d.path)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", exposure.ErrStoreAway, err)
	case !os.SameFile(now, d.file):
		return fmt.Errorf("%w: %s is another file than the one that was opened", exposure.ErrStoreAway, d.path)
	}
	return nil
}

// reserve is what a disk has to have free before something new is begun, so that
// what is under way comes to its end, and what has expired can be removed: to
// delete takes room, too. A small disk keeps a 20th.
const (
	reserve      = 64 << 20
	reserveShare = 20
)

// ready is nil when there is room for a new look.
func (d *database) ready(ctx context.Context) error {
	if err := d.there(); err != nil {
		return err
	}
	free, all, err := space(filepath.Dir(d.path))
	if err != nil {
		return fmt.Errorf("%w: %w", exposure.ErrStoreAway, err)
	}
	if least := min(reserve, all/reserveShare); free < least {
		return fmt.Errorf("%w: %d MiB are free of %s, and the last %d MiB are kept for what is under way",
			exposure.ErrStoreFull, free>>20, filepath.Dir(d.path), least>>20)
	}
	return d.read.PingContext(ctx)
}

// kind tells the errors of SQLite apart, by the lower eight bits of their code
// (https://www.sqlite.org/rescode.html).
func (d *database) kind(err error) error {
	for _, known := range []error{exposure.ErrLookGone, exposure.ErrStoreFull, exposure.ErrStoreAway} {
		if errors.Is(err, known) {
			return known
		}
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		if errors.Is(err, sql.ErrConnDone) {
			return exposure.ErrStoreAway
		}
		return nil
	}
	const (
		perm, busy, locked, readonly, ioerr, corrupt, full, cantopen, notadb = 3, 5, 6, 8, 10, 11, 13, 14, 26
		foreignKey                                                           = 787
	)
	if e.Code() == foreignKey {
		return exposure.ErrLookGone
	}
	switch e.Code() & 0xff {
	case full:
		return exposure.ErrStoreFull
	case ioerr, cantopen:
		// The file of the shared memory could not grow, or one beside it not be made.
		if free, _, err := space(filepath.Dir(d.path)); err == nil && free < 1<<20 {
			return exposure.ErrStoreFull
		}
		return exposure.ErrStoreAway
	case perm, busy, locked, readonly, corrupt, notadb:
		return exposure.ErrStoreAway
	}
	return nil
}

func (d *database) close() error {
	close(d.closed)
	<-d.writer.over
	return d.free()
}
