package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// runEnter goes into a host and starts a command there. It stays as its
// parent, because only a child can be born into another process namespace, and
// stands for it: it hands on the signals that it gets and ends as it ends, and
// the command dies with it.
func runEnter(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("enter wants a process and a command, got %q", args)
	}
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := joinNamespaces(args[0], "net", "uts", "ipc", "pid", "mnt"); err != nil {
		return err
	}
	if err := os.Chdir(wd); err != nil {
		if err := os.Chdir("/"); err != nil {
			return err
		}
	}
	return standFor(args[1:])
}

// joinNamespaces takes the calling thread, which must be locked, into the
// namespaces of a process. Those of processes count for its children only.
func joinNamespaces(pid string, kinds ...string) error {
	var fds []int
	for _, kind := range kinds {
		fd, err := unix.Open("/proc/"+pid+"/ns/"+kind, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open %s namespace of process %s: %w", kind, pid, err)
		}
		defer unix.Close(fd)
		fds = append(fds, fd)
	}
	// A thread that shares its root with others may not change its mounts.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return err
	}
	for i, fd := range fds {
		if err := unix.Setns(fd, 0); err != nil {
			return fmt.Errorf("enter %s namespace of process %s: %w", kinds[i], pid, err)
		}
	}
	return nil
}

// signalKill has the process that stands for a command kill it. SIGKILL itself
// would end that process first, and the command some time later.
const signalKill = unix.SIGPWR

// standFor runs a command in this process's place and does not return when it
// could be started.
func standFor(args []string) error {
	path, err := exec.LookPath(args[0])
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, signalKill, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGWINCH)
	// SysProcAttr.Pdeathsig cannot be used: it takes a parent in another process
	// namespace for a dead one.
	cmd := exec.Command("setpriv", append([]string{"--pdeathsig", "KILL", "--", path}, args[1:]...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		for s := range signals {
			if s == signalKill {
				s = unix.SIGKILL
			}
			cmd.Process.Signal(s)
		}
	}()
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status := exit.Sys().(syscall.WaitStatus)
		if !status.Signaled() {
			leave(exit.ExitCode())
		}
		switch status.Signal() {
		case unix.SIGINT, unix.SIGTERM, unix.SIGKILL:
			signal.Reset()
			syscall.Kill(os.Getpid(), status.Signal())
			select {} // the signal may arrive on another thread
		}
		leave(128 + int(status.Signal())) // as a shell says it
	}
	if err != nil {
		return err
	}
	leave(0)
	return nil
}
