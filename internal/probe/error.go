package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"sekisho/internal/netio"
	"sekisho/internal/untrusted"
)

// Error is what ended a probe. What was learned before it is kept beside it.
type Error struct {
	Probe string // which one
	Step  string // what it was doing
	Err   error
}

// Error prints like "ftp: read greeting: i/o timeout". A library may quote the
// peer in its error, so the cause is shown escaped and bounded.
func (e *Error) Error() string {
	cause := e.Err
	var network *netio.Error
	if errors.As(cause, &network) {
		cause = network.Err
	}
	return fmt.Sprintf("%s: %s: %s", e.Probe, e.Step, untrusted.New(cause.Error(), maxErrorText).Terminal())
}

// maxErrorText bounds what an error repeats of its cause.
const maxErrorText = 240

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrProtocol is the cause when the peer answers, but in another protocol.
var ErrProtocol = errors.New("peer does not speak the protocol")

// The other causes that a probe itself finds.
var (
	errHangup   = errors.New("peer closed the connection")
	errLine     = fmt.Errorf("peer sent a line of more than %d bytes", maxLine)
	errLong     = fmt.Errorf("peer sent a line of more than %d bytes", maxBanner)
	errReply    = fmt.Errorf("peer sent a reply of more than %d lines", maxReplyLines)
	errInject   = errors.New("peer sent more before the TLS handshake that it had agreed to")
	errBusy     = errors.New("too many probes before it never ended")
	errRunaway  = errors.New("did not end by its deadline")
	errNoAnswer = errors.New("no answer")
	errPeer     = errors.New("data connections go to the control peer and to ports from 1024 only")
)

// errRefused is a reply that refuses what was asked.
type errRefused reply

// Error quotes the reply; Error of the probe escapes it.
func (e errRefused) Error() string {
	return fmt.Sprintf("refused: %d %s", e.code, strings.Join(e.lines, " "))
}

// refusal makes a reply an error.
func refusal(r reply) error { return errRefused(r) }

// cause gives what ended a step one name, whichever layer noticed it first: the
// peer hung up, the time was over, or a handshake was answered in another
// protocol.
func cause(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe), errors.Is(err, syscall.EPIPE):
		return errHangup
	case errors.Is(err, context.DeadlineExceeded):
		return os.ErrDeadlineExceeded
	case errors.As(err, &tls.RecordHeaderError{}):
		return ErrProtocol // a TLS handshake was answered in something else
	}
	return err
}
