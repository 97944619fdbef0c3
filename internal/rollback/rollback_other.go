//go:build !linux

package rollback

import "context"

// Change is a change under guard. There is none here.
type Change struct{}

// Begin refuses: nothing is changed where the rules cannot be read.
func Begin(Plan) (*Change, error) { return nil, ErrSystem }

// Do is never reached.
func (c *Change) Do(_ context.Context, _, _ []string) error { return ErrSystem }

// Made is never reached.
func (c *Change) Made() error { return ErrSystem }

// Shown is never reached.
func (c *Change) Shown() {}

// Confirm is never reached.
func (c *Change) Confirm() {}

// TakeBack is never reached.
func (c *Change) TakeBack() {}

// Ended is never reached.
func (c *Change) Ended() <-chan Outcome { return nil }

// Confirm refuses: nothing waits.
func Confirm() (Outcome, error) { return Outcome{}, ErrSystem }

// TakeBack refuses: nothing waits.
func TakeBack() (Outcome, error) { return Outcome{}, ErrSystem }

// Found finds nothing.
func Found() (*Left, error) { return nil, nil }

// Guard refuses: nothing is to be guarded.
func Guard(func(Outcome) string) error { return ErrSystem }

// Holds is never reached.
func Holds(string) bool { return false }
