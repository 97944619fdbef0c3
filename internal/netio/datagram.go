package netio

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"sekisho/internal/exposure"
)

// Datagram is what came back to a Datagrams: a reply, or an ICMP error.
type Datagram struct {
	Peer   netip.AddrPort  // who was asked; a zone is a number
	Data   []byte          // of a reply, or what an error quotes of our own; valid until the function that got it returns
	Reason exposure.Reason // of an error, else empty
	By     netip.Addr      // who sent the error, where that is known
	Local  bool            // this machine's own kernel raised the error
	At     time.Time
}

// mostReply is how much of a datagram is kept: what recognises a service stands
// at its beginning.
const mostReply = 2048

// Scarce reports whether err is a fault of this machine that passes, such as
// full buffers.
func Scarce(err error) bool {
	var errno syscall.Errno
	return errors.Is(err, ErrNoRoom) || errors.As(err, &errno) && scarce(portable(errno))
}

// errAsked is why a datagram could not be sent: a reason that concerns the one
// who was asked, or this machine.
func errAsked(to netip.AddrPort, err error) error {
	e := &Error{Op: "send", Target: to, Reason: exposure.LocalError, Err: err}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		// No packet has left, so whatever it says, our own kernel said it.
		e.Reason, e.By = EvidenceOf(portable(errno)), exposure.Local
	}
	return e
}
