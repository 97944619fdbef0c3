// Package store is what the service remembers: looks at visitors' addresses,
// what came of them, and the limits. It is the only truth; whatever carries work
// may forget.
package store

import (
	"context"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// Store keeps. What a method has returned nil for is on the disk and outlives
// the end of the process, however it comes. Any number of goroutines may use it.
//
// Errors wrap exposure.ErrLookGone, exposure.ErrStoreFull or
// exposure.ErrStoreAway where one of them is the reason. A store that was away
// or full works again as soon as it can, without being opened anew.
type Store interface {
	// AddLook takes a new look. The same one again, as after an answer that got
	// lost, changes nothing.
	AddLook(ctx context.Context, l exposure.Look) error
	// Look is the look of that link.
	Look(ctx context.Context, id string) (exposure.Look, error)
	// SetLook says how far an attempt has come; at is when. The end of an attempt
	// is final: what is said of it later, or of one before it, changes nothing.
	SetLook(ctx context.Context, id string, state exposure.LookState, attempt int, at time.Time) error
	// AddBatch takes some of what came of a look. A batch of an attempt and a
	// number that are there already changes nothing.
	AddBatch(ctx context.Context, id string, b exposure.Batch) error
	// Batches are those of the last attempt, in the order of their numbers.
	Batches(ctx context.Context, id string) ([]exposure.Batch, error)
	// OpenLooks are those that have not come to an end, the oldest first.
	OpenLooks(ctx context.Context) ([]exposure.Look, error)
	// OwnedLooks are those of an owner that were started before a time, the
	// newest first, at most limit of them. Zero is no such time.
	OwnedLooks(ctx context.Context, owner [32]byte, before time.Time, limit int) ([]exposure.Look, error)
	// DeleteLook removes a look and all that came of it.
	DeleteLook(ctx context.Context, id string) error
	// Forget removes what has expired, and says how many looks that were.
	Forget(ctx context.Context, now time.Time) (int, error)
	// Dues is when the limit of each network is used up no more.
	Dues(ctx context.Context) (map[netip.Prefix]time.Time, error)
	// SaveDues keeps some of them. A later time that is kept already stays.
	SaveDues(ctx context.Context, dues map[netip.Prefix]time.Time) error
	// OptOuts are the networks that are not to be looked at, in the order of their
	// addresses.
	OptOuts(ctx context.Context) ([]exposure.OptOut, error)
	// AddOptOut adds one. For one that is there already, what is said of it changes.
	AddOptOut(ctx context.Context, o exposure.OptOut) error
	// RemoveOptOut removes one, and reports whether it was there.
	RemoveOptOut(ctx context.Context, network netip.Prefix) (bool, error)
	// Ready is nil when the store would take a new look.
	Ready(ctx context.Context) error
	// Close ends it.
	Close() error
}
