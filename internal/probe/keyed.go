package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sekisho/internal/exposure"
)

// maxKeyFile is the longest file that a key is read from, in bytes: room for a
// configuration with certificates inside.
const maxKeyFile = 1 << 20

// readKeyFile reads a file that holds a key, or one with a configuration. Its
// content never stands in an error.
func readKeyFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxKeyFile {
		return "", fmt.Errorf("%s is longer than any key or configuration", path)
	}
	return string(b), nil
}

// keyedStepTime is what a question of a test may take of a server that answers
// who has its key only: two repetitions fit.
const keyedStepTime = 2500 * time.Millisecond

// keyedStranger asks a server that answers who has its key only, as somebody who
// has none. That it stays silent is no fault of it.
func (s *Session) keyedStranger(ctx context.Context, t *Trial, step exposure.Step, hello []byte, match func(hello, reply []byte) bool) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, keyedStepTime)
	defer cancel()
	step.Result, step.Why, step.Remote = exposure.StepUnknown, "silent-by-design", s.peer.at
	reply, err := s.Exchange(ctx, hello, func(b []byte) bool { return match(hello, b) })
	switch {
	case err == nil:
		step.Result, step.Why = exposure.StepOK, ""
	case !errors.Is(cause(err), os.ErrDeadlineExceeded):
		step.Result, step.Why, step.Detail = exposure.StepFailed, "", s.fail("ask without the key", err).Error()
	}
	t.Step(step)
	if err != nil {
		return nil, s.fail("ask without the key", err)
	}
	return reply, nil
}
