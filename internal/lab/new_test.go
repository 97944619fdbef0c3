//go:build linux && !lab

package lab

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

type fatal struct {
	*testing.T
	said chan string
}

func (f fatal) Fatalf(format string, args ...any) {
	f.said <- fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// TestNewSaysWhatItNeeds shows that a test which raises a lab fails clearly,
// and is not skipped, where it cannot have one.
func TestNewSaysWhatItNeeds(t *testing.T) {
	f := fatal{t, make(chan string, 1)}
	go New(f)
	if said := <-f.said; !strings.Contains(said, "root and the build tag") || !strings.Contains(said, "./check") {
		t.Errorf("New said %q", said)
	}
}
