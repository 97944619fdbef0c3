//go:build unix

package cli

import (
	"errors"
	"os"
	"syscall"
)

// openAlone opens a file, or makes it, so that no other process of ours has it
// at the same time. The kernel lets go of it however this process ends.
func openAlone(path string) (*os.File, error) {
	// Without O_NONBLOCK a FIFO would keep us waiting for a writer.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK, resumeMode)
	if err != nil {
		return nil, err
	}
	if err = regular(f); err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errInUse
		}
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}
