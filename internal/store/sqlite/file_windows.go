package sqlite

import (
	"os"

	"golang.org/x/sys/windows"
)

// space is how many bytes of the disk of a folder are free for this user, and
// how many it has.
func space(dir string) (free, all uint64, err error) {
	at, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(at, &free, &all, nil)
	return free, all, err
}

// lock takes a file for this process, until it is closed or the process ends.
func lock(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
}
