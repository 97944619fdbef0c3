//go:build !linux

package rawsock

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Batch is the number of packets that one system call sends.
const Batch = 256

// Socket sends and receives raw packets; there is none on this system.
type Socket struct{}

var errSystem = fmt.Errorf("on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Open returns an error that names the system.
func Open(Ports) (*Socket, error) { return nil, &Error{"open", errSystem} }

// Send returns an error that names the system.
func (*Socket) Send([]Frame) (int, error) { return 0, &Error{"send", errSystem} }

// Receive returns an error that names the system.
func (*Socket) Receive(time.Time, func(Packet)) error { return &Error{"receive", errSystem} }

// Lost returns an error that names the system.
func (*Socket) Lost() (int, error) { return 0, &Error{"receive", errSystem} }

// Behind is false: nothing is ever received.
func (*Socket) Behind() bool { return false }

// Unread is false: nothing is ever received.
func (*Socket) Unread() bool { return false }

// Close does nothing.
func (*Socket) Close() error { return nil }

// Tap listens to packets; there is none on this system.
type Tap struct{}

// OpenTap returns an error that names the system.
func OpenTap(Talk) (*Tap, error) { return nil, &Error{"open", errSystem} }

// Receive returns an error that names the system.
func (*Tap) Receive(time.Time, func(Packet)) error { return &Error{"receive", errSystem} }

// Lost returns an error that names the system.
func (*Tap) Lost() (int, error) { return 0, &Error{"receive", errSystem} }

// Close does nothing.
func (*Tap) Close() error { return nil }
