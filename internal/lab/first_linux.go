package lab

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ownDirs are the directories of which each host has its own copy: what
// programs of the host write there stays with the host and ends with it.
var ownDirs = []string{"/etc", "/var", "/tmp", "/srv", "/home", "/root"}

// runHost is the first process of a host: it makes the host's file system,
// says that it is ready, reaps what its daemons leave behind, and ends when
// the process that started it is gone.
func runHost(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("host wants a name and a shared directory, got %q", args)
	}
	name, shared := args[0], args[1]
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("name the host: %w", err)
	}
	if err := makeFiles(name, shared); err != nil {
		return err
	}
	if err := quietNetwork(); err != nil {
		return err
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	go reap(children)
	return holdOpen()
}

// holdOpen reports ready and returns when standard input closes.
func holdOpen() error {
	if _, err := io.WriteString(os.Stdout, readyLine); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	if err == nil {
		leave(0)
	}
	return err
}

// reap collects orphans: to the first process of a namespace fall all daemons
// whose parent has gone.
func reap(children <-chan os.Signal) {
	for range children {
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || pid <= 0 {
				break
			}
		}
	}
}

// makeFiles gives the host its own view of the machine's files. Programs,
// libraries and the working tree are the machine's; ownDirs are copied on
// write; /run, /dev, /proc and /sys are new; the shared directory is the same
// everywhere, so that a test and its hosts can hand each other files.
func makeFiles(name, shared string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("part from the machine's mounts: %w", err)
	}
	share, err := unix.Open(shared, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", shared, err)
	}
	// Written files live in memory; the mount point is covered again below.
	const scratch = "/run"
	if err := unix.Mount("lab", scratch, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("mount scratch: %w", err)
	}
	for _, dir := range ownDirs {
		if err := copyOnWrite(scratch, dir); err != nil {
			return err
		}
	}
	if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", share), shared, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("share %s: %w", shared, err)
	}
	unix.Close(share)
	if err := makeDev(); err != nil {
		return err
	}
	for _, m := range []struct{ kind, at, data string }{
		{"proc", "/proc", ""},
		{"sysfs", "/sys", ""},
		{"tmpfs", "/run", "mode=755"},
	} {
		if err := unix.Mount(m.kind, m.at, m.kind, unix.MS_NOSUID|unix.MS_NODEV, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	// /var/lock is a link to it.
	if err := os.Mkdir("/run/lock", 0o1777); err != nil {
		return err
	}
	for path, text := range map[string]string{
		"/etc/hostname":    name + "\n",
		"/etc/hosts":       "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 " + name + ".example " + name + "\n",
		"/etc/resolv.conf": "",
	} {
		if err := replaceFile(path, text); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a new file, also where the old one was a link to
// somewhere else.
func replaceFile(path, text string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

func copyOnWrite(scratch, dir string) error {
	info, err := os.Stat(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	base := filepath.Join(scratch, strings.ReplaceAll(dir[1:], "/", "-"))
	upper, work := base+".upper", base+".work"
	for _, d := range []string{upper, work} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	// The merged directory has the mode of the upper one (/tmp is sticky).
	stat := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(upper, int(stat.Uid), int(stat.Gid)); err != nil {
		return err
	}
	if err := unix.Chmod(upper, stat.Mode&0o7777); err != nil {
		return err
	}
	opts := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", dir, upper, work)
	if err := unix.Mount("lab", dir, "overlay", 0, opts); err != nil {
		return fmt.Errorf("copy %s on write: %w", dir, err)
	}
	return nil
}

// makeDev gives the host the harmless devices only, terminals of its own, and
// no /dev/log, so that no daemon writes to the machine's journal.
func makeDev() error {
	devices := []string{"null", "zero", "full", "random", "urandom", "tty", "net/tun"}
	fds := map[string]int{}
	for _, d := range devices {
		fd, err := unix.Open("/dev/"+d, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err == unix.ENOENT {
			continue
		}
		if err != nil {
			return fmt.Errorf("open /dev/%s: %w", d, err)
		}
		defer unix.Close(fd)
		fds[d] = fd
	}
	if err := unix.Mount("lab", "/dev", "tmpfs", unix.MS_NOSUID, "mode=755"); err != nil {
		return fmt.Errorf("mount /dev: %w", err)
	}
	for _, dir := range []string{"/dev/pts", "/dev/shm", "/dev/net"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	for d, fd := range fds {
		if err := os.WriteFile("/dev/"+d, nil, 0o666); err != nil {
			return err
		}
		if err := unix.Mount(fmt.Sprintf("/proc/self/fd/%d", fd), "/dev/"+d, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind /dev/%s: %w", d, err)
		}
	}
	if err := unix.Mount("devpts", "/dev/pts", "devpts", unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5"); err != nil {
		return fmt.Errorf("mount /dev/pts: %w", err)
	}
	if err := unix.Mount("lab", "/dev/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"); err != nil {
		return fmt.Errorf("mount /dev/shm: %w", err)
	}
	for link, to := range map[string]string{
		"/dev/ptmx": "pts/ptmx", "/dev/fd": "/proc/self/fd",
		"/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1", "/dev/stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(to, link); err != nil {
			return err
		}
	}
	return nil
}

// quietNetwork raises loopback and has interfaces to come use their addresses
// at once: duplicate detection takes a second, and nobody advertises routes.
func quietNetwork() error {
	for _, scope := range []string{"all", "default"} {
		for key, value := range map[string]string{"accept_dad": "0", "accept_ra": "0", "router_solicitations": "0"} {
			if err := sysctl("net/ipv6/conf/"+scope+"/"+key, value); err != nil {
				return err
			}
		}
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	return netlink.LinkSetUp(lo)
}

// sysctl sets one value for the network namespace of the calling thread.
func sysctl(key, value string) error {
	if err := os.WriteFile("/proc/sys/"+key, []byte(value), 0o644); err != nil {
		return fmt.Errorf("set %s: %w", key, err)
	}
	return nil
}
