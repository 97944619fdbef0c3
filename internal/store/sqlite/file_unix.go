//go:build unix

package sqlite

import (
	"os"

	"golang.org/x/sys/unix"
)

// space is how many bytes of the disk of a folder are free for this user, and
// how many it has.
func space(dir string) (free, all uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	block := uint64(s.Bsize)
	return uint64(max(int64(s.Bavail), 0)) * block, uint64(s.Blocks) * block, nil
}

// lock takes a file for this process, until it is closed or the process ends.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
