// Package rollback changes the rules of this machine's packet filter so that they
// come back by themselves: before the first rule changes another process is armed,
// which puts the old ones back unless somebody confirms in time. It lives in a
// session of its own, so that it outlasts the process that armed it, its terminal
// and its connection. Where nobody reads the rules (outside of Linux) nothing is
// changed.
package rollback

import (
	"errors"
	"fmt"
	"time"
)

// Where a change is kept while it waits, and where its end is written down.
const (
	Dir = "/var/lib/sekisho/firewall"
	Log = "/var/log/sekisho-firewall.log"
)

// GuardName is the name that the program is called by when it is to guard a
// change.
const GuardName = "firewall-guard"

// Plan is a change of the rules.
type Plan struct {
	Lines []string `json:"lines"` // that were run, in their order
	// Undo are the lines that take the change back, of a product that holds its rules
	// itself; without them the rules of the programs are put back.
	Undo []string `json:"undo,omitempty"`
	// Keep are the lines that make the change last, once it is confirmed.
	Keep []string `json:"keep,omitempty"`
	// Files are what the lines write beside the rules of the kernel. Until the change
	// is confirmed the old ones stand there, so that a restart brings the old rules.
	Files []string `json:"files,omitempty"`
	// Programs are those whose rules may change: nft, iptables, ip6tables.
	Programs []string      `json:"programs"`
	Confirm  time.Duration `json:"confirm"` // how long somebody has to confirm
}

// Kind is how a change ended.
type Kind string

// The ends of a change.
const (
	Confirmed  Kind = "confirmed"
	RolledBack Kind = "rolled-back"
	Failed     Kind = "failed" // the old rules could not be put back
)

// Why is what ended a change.
type Why string

// What ends a change.
const (
	Asked      Why = "asked"      // somebody said so
	Deadline   Why = "deadline"   // nobody said anything
	Unfinished Why = "unfinished" // who made it was gone before it was made
	GuardGone  Why = "guard-gone"
	Shutdown   Why = "shutdown" // the machine goes down
)

// Outcome is the end of a change.
type Outcome struct {
	Kind Kind `json:"kind"`
	Why  Why  `json:"why"`
	// Others are the chains that somebody else changed meanwhile, and whose changes
	// stayed.
	Others []string `json:"others,omitempty"`
	Error  string   `json:"error,omitempty"` // of a failure: what went wrong
	// Short is why a confirmed change will not last over a restart.
	Short string `json:"short,omitempty"`
}

// Left is what an earlier change left behind.
type Left struct {
	Begun     time.Time
	Restarted bool    // the machine was started anew before anybody confirmed
	Outcome   Outcome // how it ended, empty when its guard is gone without a word
}

// The reasons why nothing is changed or told.
var (
	// ErrBusy means that another change waits to be confirmed.
	ErrBusy = errors.New("another change waits to be confirmed")
	// ErrLeft means that an earlier change neither was confirmed nor taken back.
	ErrLeft = errors.New("an earlier change was not taken back")
	// ErrNothing means that no change waits.
	ErrNothing = errors.New("no change waits to be confirmed")
	// ErrSystem means that this operating system's rules cannot be changed so.
	ErrSystem = errors.New("only on Linux")
)

// Error is a step of a change that went wrong.
type Error struct {
	Op  string // save, arm, run, read, put back
	Err error
}

// Error says what was done and what came of it.
func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Op, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
