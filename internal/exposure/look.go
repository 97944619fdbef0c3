package exposure

import (
	"errors"
	"time"
)

// LookState is how far a look has come.
type LookState string

// The states. Of an interrupted one there is what came until then.
const (
	LookOpen        LookState = "open" // planned
	LookRunning     LookState = "running"
	LookDone        LookState = "done"
	LookInterrupted LookState = "interrupted" // the service or the visitor went away before its end
)

// Look is one look at one visitor's address, as it is kept.
type Look struct {
	// ID is the link that nobody guesses: who knows it may read the result.
	ID string
	// Owner is the SHA-256 of the secret that the visitor's browser or API
	// client keeps: who has it may delete the look, and finds it again.
	Owner [32]byte
	// Kind is which page asked for it: quick, syn, grid, all, udp, trojan,
	// upnp, port, custom, ftp, mail, outgoing, name … or api.
	Kind string
	// Runs are what the visitor says that they run; the verdict is against that.
	Runs []string
	// Job is what was asked, with the consent in its grant. It never holds a
	// password.
	Job   Job
	State LookState
	// Started is when it was asked for, Finished when it came to its end, and
	// Expires when it is forgotten. Zero is not yet, or never.
	Started, Finished, Expires time.Time
}

// What keeping a look may end in. Each is wrapped in an error that says more.
var (
	// ErrLookGone is that there is no such look, or none any more.
	ErrLookGone = errors.New("there is no such look")
	// ErrStoreFull is that the disk of the store has no room left. What it has
	// acknowledged is kept, and it takes more as soon as there is room again.
	ErrStoreFull = errors.New("the store has no room left")
	// ErrStoreAway is that the store cannot be reached, or cannot read or write.
	ErrStoreAway = errors.New("the store cannot be reached")
)
