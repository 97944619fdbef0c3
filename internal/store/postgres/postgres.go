// Package postgres keeps in a database of PostgreSQL, which several processes
// may share.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"sekisho/internal/exposure"
	"sekisho/internal/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// name is what errors say.
const name = "postgres"

// Bounds of the connections of one process, and of the wait for one.
const (
	mostConnections = 16
	idleConnections = 4
	longestLife     = 30 * time.Minute
	dialTime        = 5 * time.Second
)

// Open connects to a database by its URL, postgres://USER@HOST/DATABASE. What it
// does not name is taken from the environment as libpq does (PGPASSWORD …).
func Open(ctx context.Context, url string) (*tables.Store, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, hidden(err))
	}
	config.ConnectTimeout = dialTime
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(mostConnections)
	db.SetMaxIdleConns(idleConnections)
	db.SetConnMaxLifetime(longestLife)
	s := tables.New(tables.Database{
		Name: name, Read: db, Kind: kind, Close: db.Close,
		Bind: func(query string) string { return query },
		Write: func(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
			return write(ctx, db, do)
		},
		Ready: func(ctx context.Context) error { return ready(ctx, db) },
	})
	if err := migrate(ctx, db); err != nil {
		if known := kind(err); known != nil {
			err = fmt.Errorf("%w: %w", known, err)
		}
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), db.Close())
	}
	return s, nil
}

// hidden is an error of a URL without the URL, in which a password may stand.
func hidden(err error) error {
	var e *pgconn.ParseConfigError
	if errors.As(err, &e) && e.Unwrap() != nil {
		return fmt.Errorf("the URL cannot be understood: %w", e.Unwrap())
	}
	return errors.New("the URL cannot be understood")
}

// migrate brings the tables up to date. Of several processes that start at once
// one does, and the others wait.
func migrate(ctx context.Context, db *sql.DB) error {
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	root, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return tables.Migrate(ctx, goose.DialectPostgres, db, root, goose.WithSessionLocker(locker))
}

// write does something in a transaction.
func write(ctx context.Context, db *sql.DB, do func(context.Context, *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := do(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// ready is nil when the database takes something: one that is a standby does
// not.
func ready(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	var readonly string
	if err := db.QueryRowContext(ctx, `SHOW transaction_read_only`).Scan(&readonly); err != nil {
		return err
	}
	if readonly == "on" {
		return fmt.Errorf("%w: the database is read-only", exposure.ErrStoreAway)
	}
	return nil
}

// kind tells the errors of PostgreSQL apart, by their SQLSTATE (appendix A of
// its manual).
func kind(err error) error {
	for _, known := range []error{exposure.ErrLookGone, exposure.ErrStoreFull, exposure.ErrStoreAway} {
		if errors.Is(err, known) {
			return known
		}
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case e.Code == "23503": // foreign_key_violation
			return exposure.ErrLookGone
		case e.Code == "53100": // disk_full
			return exposure.ErrStoreFull
		// Connection exceptions, no resources, an operator, the system, and
		// read-only transactions; who may not log in or not do it; what is not there.
		case strings.HasPrefix(e.Code, "08"), strings.HasPrefix(e.Code, "53"), strings.HasPrefix(e.Code, "57"),
			strings.HasPrefix(e.Code, "58"), e.Code == "25006", strings.HasPrefix(e.Code, "28"), e.Code == "42501", e.Code == "3D000", e.Code == "42P01":
			return exposure.ErrStoreAway
		}
		return nil
	}
	var (
		network net.Error
		connect *pgconn.ConnectError
	)
	if errors.As(err, &network) || errors.As(err, &connect) {
		return exposure.ErrStoreAway
	}
	for _, broken := range []error{pgconn.ErrConnClosed, driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, broken) {
			return exposure.ErrStoreAway
		}
	}
	return nil
}
