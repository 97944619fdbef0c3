//go:build unix

package netio

import (
	"os"

	"golang.org/x/sys/unix"
)

// descriptorLimit reads RLIMIT_NOFILE, whose soft value the Go runtime has
// raised to the hard one.
func descriptorLimit() (int, bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(uint64(limit.Cur), 1<<20)), true
}

// openDescriptors counts the open files of this process. Where they cannot be
// listed it takes 16 for granted.
func openDescriptors() int {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return 16
	}
	return len(entries)
}
