package netio

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"sekisho/internal/exposure"
)

// Connection is how an attempt of a Connector ended. The connection itself is
// closed by then.
type Connection struct {
	ID     uint64          // as given to Start
	Reason exposure.Reason // SynAck, or why not; NoResponse at the end of the patience
	By     netip.Addr      // who said so when it was not the target
	// Local tells that this machine's own kernel said so: no route, or a
	// neighbour that nobody answers for.
	Local bool
	// Again tells that two sockets of our own met (RFC 9293 section 3.5 allows
	// simultaneous opens, and so a socket that connects to itself), or that this
	// machine was short of something: nothing was learned.
	Again bool
	Cut   bool // the peer accepted and reset at once
	Shut  bool // it accepted with a window of zero
	RTT   time.Duration
	At    time.Time
	Err   error // of a LocalError
}

// ErrNoRoom is what Start returns when as many attempts are in flight as
// descriptors allow.
var ErrNoRoom = errors.New("no room for another socket")

// scarce reports whether errno tells that this machine is short of something
// that may be there a moment later.
func scarce(errno syscall.Errno) bool {
	switch errno {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL, syscall.EADDRINUSE, syscall.EAGAIN:
		return true
	}
	return false
}

// Ended makes the result of an attempt out of the errno that it ended in.
func (c *Connection) ended(errno syscall.Errno) {
	c.Reason = EvidenceOf(errno)
	switch c.Reason {
	case exposure.LocalError:
		c.Err, c.Again, c.Local = errno, scarce(errno), true
	case exposure.Reset:
		// A reset in answer to the SYN is ECONNREFUSED: ECONNRESET says that
		// the handshake was complete before.
		c.Reason, c.Cut = exposure.SynAck, true
	case exposure.HostUnreach, exposure.NetUnreach, exposure.ProtoUnreach:
		// An ICMP error would have left its sender in the error queue: what
		// comes without one, the own kernel said.
		c.Local = true
	}
}

// Forbidden reports whether err tells that this machine's own rules, or a lack
// of privilege, keep a packet from being sent.
func Forbidden(err error) bool {
	return errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES)
}
