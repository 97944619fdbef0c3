package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReleaseImage: fewer pages of the program's file are mapped in afterwards, and
// the program goes on.
func TestReleaseImage(t *testing.T) {
	before := mapped(t)
	releaseImage()
	if after := mapped(t); after >= before {
		t.Errorf("%d KiB of the file are mapped in, before %d", after, before)
	}
}

func mapped(t *testing.T) (kib int) {
	t.Helper()
	status, err := os.Open("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "RssFile:"); ok {
			if _, err := fmt.Sscan(text, &kib); err != nil {
				t.Fatal(err)
			}
		}
	}
	return kib
}
