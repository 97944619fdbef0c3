//go:build unix

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFileIsHadAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	first, err := openAlone(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := first.Stat(); err != nil || info.Mode().Perm() != resumeMode {
		t.Errorf("%v, %v", info, err)
	}
	if _, err = openAlone(path); !errors.Is(err, errInUse) {
		t.Errorf("a second time: %v", err)
	}
	if err = first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openAlone(path)
	if err != nil {
		t.Fatalf("after it was let go of: %v", err)
	}
	if err = again.Close(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, fifo, os.DevNull, filepath.Join(dir, "none", "state")} {
		if f, err := openAlone(path); err == nil {
			t.Errorf("%s is taken", path)
			_ = f.Close()
		}
	}
}
