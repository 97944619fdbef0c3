package hostnet

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// holders says which processes have which socket among their files.
type holders struct {
	pids map[uint64][]int // by the socket's inode, each list sorted
	// complete means that the files of every process could be looked at, so that
	// a socket without a holder is no process's socket.
	complete bool
}

// holders looks through the files of every process once. That is most of the
// work of a reading: one system call a file, shared by the processors.
func (m machine) holders(ctx context.Context, wanted map[uint64]bool) holders {
	found := holders{pids: make(map[uint64][]int, len(wanted))}
	proc := filepath.Join(m.root, "proc")
	pids, err := processNumbers(proc)
	if err != nil {
		return found
	}
	var (
		wait    sync.WaitGroup
		guard   sync.Mutex
		next    atomic.Int64
		refused atomic.Bool
	)
	for range min(runtime.GOMAXPROCS(0), 8) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(pids) {
					return
				}
				inodes, err := socketsOf(filepath.Join(proc, strconv.Itoa(pids[i]), "fd"), wanted)
				if err != nil && !vanished(err) {
					refused.Store(true)
				}
				guard.Lock()
				for _, inode := range inodes {
					found.pids[inode] = append(found.pids[inode], pids[i])
				}
				guard.Unlock()
			}
		})
	}
	wait.Wait()
	for inode, pids := range found.pids {
		slices.Sort(pids)
		found.pids[inode] = slices.Compact(pids)
	}
	// A /proc mounted with hidepid leaves out the processes of others, the first
	// of all.
	found.complete = !refused.Load() && slices.Contains(pids, 1)
	return found
}

// processNumbers lists the directories of proc that are processes.
func processNumbers(proc string) ([]int, error) {
	dir, err := os.Open(proc)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	pids := make([]int, 0, len(names))
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// socketsOf returns which of the wanted sockets a process holds. It reads the
// links relative to the open directory, which takes half the time of whole
// paths, and stops at the first that is refused: then all are.
func socketsOf(path string, wanted map[uint64]bool) ([]uint64, error) {
	dir, err := ignoringEINTR(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, err
	}
	defer unix.Close(dir)
	var (
		entries [8192]byte
		target  [64]byte
		names   []string
		found   []uint64
	)
	for {
		n, err := ignoringEINTR(func() (int, error) { return unix.ReadDirent(dir, entries[:]) })
		if err != nil || n <= 0 {
			return found, err
		}
		_, _, names = unix.ParseDirent(entries[:n], -1, names[:0])
		for _, name := range names {
			n, err := unix.Readlinkat(dir, name, target[:])
			switch {
			case err == nil:
				if inode, ok := parseSocketLink(target[:n]); ok && wanted[inode] {
					found = append(found, inode)
				}
			case !vanished(err): // a file closed meanwhile has vanished
				return found, err
			}
		}
	}
}

// vanished tells that a process or one of its files ended while it was read,
// which is the way of the world and no refusal.
func vanished(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }

func ignoringEINTR(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// parseSocketLink reads socket:[4711].
func parseSocketLink(link []byte) (inode uint64, ok bool) {
	rest, ok := bytes.CutPrefix(link, []byte("socket:["))
	if !ok {
		return 0, false
	}
	digits, ok := bytes.CutSuffix(rest, []byte("]"))
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(string(digits), 10, 64)
	return inode, err == nil
}
