// Package hostnet reads what this machine knows of its own network: the
// sockets that are bound and who owns them, and the interfaces with their
// addresses. It asks the kernel and sends nothing to anybody, but
// to the router before this machine what that tells of itself. One file holds
// one source of one operating system.
package hostnet

import "fmt"

// Error is a source of this machine that could not be read at all. What could
// be read only in part is no Error but an Unseen.
type Error struct {
	Op     string // read, list
	Source string // the file, system call or command
	Err    error
}

// Error says what was done to which source, and what came of it.
func (e *Error) Error() string { return fmt.Sprintf("%s %s: %v", e.Op, e.Source, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// UnseenKind is a sort of fact that could not be seen.
type UnseenKind string

// The kinds of what could not be seen.
const (
	// UnseenOwners counts listeners whose process could not be seen, because it
	// belongs to another user. With root (administrator) rights it would be.
	UnseenOwners UnseenKind = "owners"
	// UnseenListeners means that the listeners of other users are missing from
	// the list altogether: this operating system shows them to root only. Nobody
	// knows how many they are, so Count is 0.
	UnseenListeners UnseenKind = "listeners"
	// UnseenBindings counts listeners of which it could not be seen whether they
	// are bound to one interface only or, for IPv6, take IPv4 too: the kernel's
	// full answer was refused (a sandbox) and /proc/net does not tell.
	UnseenBindings UnseenKind = "bindings"
)

// Unseen says what a reading could not see, so that a report can say it too
// instead of letting an absent fact pass for an answer.
type Unseen struct {
	Kind  UnseenKind
	Count int
}
