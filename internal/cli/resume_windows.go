package cli

import (
	"errors"
	"os"
	"syscall"
)

// openAlone opens a file, or makes it, so that no other process has it at the
// same time: it is shared with nobody.
func openAlone(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const sharingViolation = syscall.Errno(32)
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, errInUse
	}
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(h), path)
	if err = regular(f); err != nil {
		_ = f.Close() // nothing was written
		return nil, err
	}
	return f, nil
}
