// Package netio is the edge where bytes leave and enter: dialing, datagram
// exchange and connecting in bulk, each with a total deadline and a byte
// budget, with ICMP errors as evidence and faults of this machine told apart
// from answers of the other.
package netio

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"sekisho/internal/exposure"
)

// Error is what an operation of this package ended in. Reason is evidence
// about the peer; it is LocalError when this machine could not ask, and then
// the error says nothing about the peer at all.
type Error struct {
	Op     string         // dial, send, receive
	Target netip.AddrPort // what was asked
	Reason exposure.Reason
	By     string // who said so when it was not the target: an address or exposure.Local
	Err    error
}

// Error says what was done, to what if to anything, and what came of it.
func (e *Error) Error() string {
	if !e.Target.IsValid() {
		return fmt.Sprintf("%s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("%s %s: %v", e.Op, e.Target, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrBudget ends a conversation in which the peer sent more than it was
// granted.
var ErrBudget = errors.New("peer sent more than its byte budget")

// Local reports whether err is a fault of this machine, such as no free
// descriptor, port or buffer, or no permission: it must never become a state.
func Local(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Reason == exposure.LocalError
}

// EvidenceOf classifies the errno with which a connect or a send ended. A
// number that is no evidence about the peer is a local error.
func EvidenceOf(errno syscall.Errno) exposure.Reason {
	switch errno {
	case syscall.ECONNREFUSED:
		return exposure.ConnRefused
	case syscall.ECONNRESET:
		return exposure.Reset
	case syscall.ETIMEDOUT:
		return exposure.NoResponse
	case syscall.EHOSTUNREACH, syscall.EHOSTDOWN:
		return exposure.HostUnreach
	case syscall.ENETUNREACH, syscall.ENETDOWN:
		return exposure.NetUnreach
	case syscall.ENOPROTOOPT, syscall.EPROTO:
		return exposure.ProtoUnreach
	}
	return exposure.LocalError
}

// SourceTaken reports whether an error of a Dialer with a source port says that
// the port is another socket's, or that its last connection to the same peer is
// not quite gone.
func SourceTaken(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	errno = portable(errno)
	return errno == syscall.EADDRINUSE || errno == syscall.EADDRNOTAVAIL
}
