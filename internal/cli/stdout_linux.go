package cli

import (
	"os"
	"syscall"
)

// closedOutput reports whether a stream was closed when the program started.
// The Go runtime opens the null device, for reading and writing, in the place
// of a closed standard stream; a person who throws output away opens it for
// writing only. Some programs that start us open it for both, and so this is a
// reason for a remark and not for a failure.
func closedOutput(file *os.File) bool {
	info, err := file.Stat()
	if err != nil {
		return true
	}
	null, err := os.Stat(os.DevNull)
	if err != nil || !os.SameFile(info, null) {
		return false
	}
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), syscall.F_GETFL, 0)
	return errno == 0 && flags&syscall.O_ACCMODE == syscall.O_RDWR
}
