package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The roles in which the test binary runs itself again, told by the name it is
// called by. Using the binary itself saves a helper program that a fresh clone
// would have to build first.
const (
	roleHost  = "sekisho-lab-host"  // first process of a host: holds its namespaces
	roleRelay = "sekisho-lab-relay" // first process of a relay: an impaired cable
	roleEnter = "sekisho-lab-enter" // enters a host and starts a command there
)

// confinedEnv carries two namespaces over the restart in confine: the empty one
// that the test process moved into, and the machine's, which it came from.
const confinedEnv = "SEKISHO_LAB_CONFINED"

// machineNetns is the network namespace that the test was started in. The
// process namespace's first process cannot stand for it: in a container or a
// sandbox it may be unreadable.
var machineNetns string

func init() {
	// The main goroutine keeps the first thread to itself: a thread that went
	// into a host is thrown away afterwards, and the first thread of a process
	// can neither be thrown away nor may it change /proc/self under the others.
	runtime.LockOSThread()
	var err error
	switch os.Args[0] {
	case roleHost:
		err = runHost(os.Args[1:])
	case roleRelay:
		err = runRelay()
	case roleEnter:
		err = runEnter(os.Args[1:])
	default:
		if tagged && os.Geteuid() == 0 {
			if err = confine(); err == nil {
				return
			}
			break
		}
		return
	}
	fmt.Fprintln(os.Stderr, "lab:", err)
	leave(127)
}

// leave ends a role. os.Exit would have the race detector sleep for a second.
func leave(code int) { syscall.Exit(code) }

// confine moves this process into a network namespace that has nothing but a
// loopback interface, and starts the program anew in it so that every thread
// is there. What a test gets wrong then ends at "network is unreachable"
// instead of on somebody's network.
func confine() error {
	here, err := netnsOf("self")
	if err != nil {
		return err
	}
	if inside, machine, ok := strings.Cut(os.Getenv(confinedEnv), " "); ok && inside == here {
		machineNetns = machine
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("leave the machine's network: %w", err)
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("raise loopback: %w", err)
	}
	there, err := netnsOf("thread-self")
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(exe, os.Args, append(os.Environ(), confinedEnv+"="+there+" "+here))
}

// netnsOf names the network namespace of a process of /proc: "net:[4026532008]".
func netnsOf(pid string) (string, error) {
	return os.Readlink("/proc/" + pid + "/ns/net")
}

// process is a first process that holds namespaces of ours open. It ends, and
// the kernel ends everything else in its namespaces with it, when the pipe to
// its standard input closes; the kernel closes that pipe however this process
// dies, so nothing is ever left to sweep up.
type process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr transcript
	netns  *os.File
	links  *netlink.Handle // speaks rtnetlink inside the namespace
}

// spawn starts a role in new namespaces and waits until it says that it is ready.
func spawn(role, name string, flags uintptr, args ...string) (*process, error) {
	p := &process{name: name}
	p.cmd = &exec.Cmd{
		Path:   "/proc/self/exe",
		Args:   append([]string{role, name}, args...),
		Env:    []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "GOMAXPROCS=2"},
		Stderr: &p.stderr,
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: flags | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID,
			Setpgid:    true, // an interrupt at the terminal is for the test alone
		},
		WaitDelay: stopGrace,
	}
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.stdout = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) open() error {
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		return fmt.Errorf("start %s: %w %s", p.name, err, strings.TrimSpace(p.stderr.String()))
	}
	if line != readyLine {
		return fmt.Errorf("start %s: it said %q", p.name, line)
	}
	if p.netns, err = os.Open(fmt.Sprintf("/proc/%d/ns/net", p.cmd.Process.Pid)); err != nil {
		return err
	}
	return p.do(func() error {
		p.links, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		return err
	})
}

const (
	readyLine = "ready\n"
	// stopGrace is how long a first process may take to go; the kernel has to
	// reap everything in its namespaces first.
	stopGrace = 10 * time.Second
)

// stop closes the pipe and waits until the namespaces' processes are gone.
func (p *process) stop() error {
	if p.links != nil {
		p.links.Close()
	}
	if p.netns != nil {
		p.netns.Close()
	}
	p.stdin.Close()
	late := time.AfterFunc(stopGrace, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("stop %s: %w %s", p.name, err, strings.TrimSpace(p.stderr.String()))
	}
	return nil
}

// do runs fn on a thread inside the network namespace. The thread is not given
// back: it ends with its goroutine.
func (p *process) do(fn func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(p.netns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter %s: %w", p.name, err)
		}
		return fn()
	})
}

// errLeft is what a function ends in that left its goroutine, as t.Fatal does,
// which ends only the goroutine that calls it.
var errLeft = errors.New("function left its goroutine: call t.Fatal outside of it")

// onThread runs fn on a thread of its own that nobody uses afterwards.
func onThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := errLeft
		defer func() { done <- err }()
		err = fn()
	}()
	return <-done
}

// environment is this process's environment without what would lead a program
// in a host to a proxy of the machine.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name == confinedEnv || strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "PATH"
	})
	return append(env, "PATH="+os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
}
