//go:build linux && !lab

package lab

import (
	"strings"
	"testing"
)

// TestNewSaysWhatItNeeds shows that a test which raises a lab fails clearly,
// and is not skipped, where it cannot have one.
func TestNewSaysWhatItNeeds(t *testing.T) {
	said := Refusal(t, func(t T) { New(t) })
	if !strings.Contains(said, "root and the build tag") || !strings.Contains(said, "./check") {
		t.Errorf("New said %q", said)
	}
}
