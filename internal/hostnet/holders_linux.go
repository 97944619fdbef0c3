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
	pids map[uint64][]int // by the socket's inode, of those that are wanted
	// complete means that the files of every process could be looked at, so that
	// a socket without a holder is no process's socket.
	complete bool
	seen     map[int]bool // processes looked through
}

func newHolders(sockets []socket) *holders {
	held := &holders{pids: make(map[uint64][]int, len(sockets)), seen: map[int]bool{}, complete: true}
	for _, s := range sockets {
		if s.inode != 0 {
			held.pids[s.inode] = nil
		}
	}
	return held
}

// lookThrough looks through the files of every process that was not seen
// before. That is most of the work of a reading, one system call a file, and
// the processors share it.
func (m machine) lookThrough(ctx context.Context, held *holders) {
	proc := filepath.Join(m.root, "proc")
	pids, err := processNumbers(proc)
	// A /proc mounted with hidepid leaves out the processes of others, the first
	// of all.
	if err != nil || !slices.Contains(pids, 1) {
		held.complete = false
	}
	pids = slices.DeleteFunc(pids, func(pid int) bool { return held.seen[pid] })
	var (
		wait  sync.WaitGroup
		next  atomic.Int64
		found = make([][]uint64, len(pids))
		errs  = make([]error, len(pids))
	)
	for range min(runtime.GOMAXPROCS(0), 8) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(pids) {
					return
				}
				found[i], errs[i] = socketsOf(filepath.Join(proc, strconv.Itoa(pids[i]), "fd"), held.pids)
			}
		})
	}
	wait.Wait()
	for i, pid := range pids {
		held.seen[pid] = true
		for _, inode := range found[i] {
			held.pids[inode] = append(held.pids[inode], pid)
		}
		if errs[i] != nil && !vanished(errs[i]) {
			held.complete = false
		}
	}
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

// socketsOf returns which of the wanted sockets a process holds, once for every
// file. It reads the links relative to the open directory, a third faster than
// by their whole paths, and stops at the first that is refused: then all are.
func socketsOf(path string, wanted map[uint64][]int) ([]uint64, error) {
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
				inode, ok := parseSocketLink(target[:n])
				if _, is := wanted[inode]; ok && is {
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
