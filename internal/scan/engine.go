package scan

import (
	"context"
	"errors"
	"fmt"

	"sekisho/internal/exposure"
)

// ErrNotPermitted is in the error of a Run that was told to send raw SYNs and
// may not.
var ErrNotPermitted = errors.New("not permitted")

// Error is why a scan could not be started. What happens to single ports is
// never an error but an Observation.
type Error struct {
	Op  string
	Err error
}

// Error says what was tried and what came of it.
func (e *Error) Error() string { return fmt.Sprintf("scan: %s: %v", e.Op, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Engine serves many scans, one after the other or at once, out of one budget.
type Engine struct{}

// New returns an engine.
func New() *Engine { return &Engine{} }

// Close frees what the engine holds.
func (e *Engine) Close() error { return nil }

// Run looks at every address, transport and port of the request. It calls
// found from one goroutine, once for each whose state is known, whatever the
// state. When ctx ends it returns at once what is known by then, the summary
// not complete, and the error of ctx; when the request's Timeout ends it, the
// error is nil.
func (e *Engine) Run(ctx context.Context, r Request, found func(exposure.Observation)) (exposure.ScanSummary, error) {
	return exposure.ScanSummary{}, &Error{"run", errors.ErrUnsupported}
}
