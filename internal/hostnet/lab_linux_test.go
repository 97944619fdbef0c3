//go:build lab

package hostnet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// roles are what this test binary is when it starts itself again.
var roles = map[string]func() error{"machine": actMachine, "server": actServer, "read": actRead, "sandbox": actSandbox}

const (
	roleName = "SEKISHO_HOSTNET_ROLE"
	labUnit  = "sekisho-hostnet-lab.service"
	nobody   = 65534
)

func TestMain(m *testing.M) {
	act, ok := roles[os.Getenv(roleName)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := act(); err != nil {
		fmt.Fprintln(os.Stderr, os.Getenv(roleName)+":", err)
		os.Exit(1)
	}
}

// role is a command that is this binary in a role, killed with its parent.
func role(ctx context.Context, binary, name string) *exec.Cmd {
	c := exec.CommandContext(ctx, binary)
	// The race detector would hold every process for a second at its end.
	c.Env = append(os.Environ(), roleName+"="+name, "GORACE=atexit_sleep_ms=0")
	c.Stderr = os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// reading is what one user sees of the machine.
type reading struct {
	Listeners []exposure.LocalListener
	Unseen    []Unseen
}

// readings are those of a machine with namespaces of its own.
type readings struct {
	Root, Nobody, Sandbox reading
	SS                    string
	Server                int
}

// TestMachineOfItsOwn reads a machine that has its own processes, network and
// control groups: as root, as nobody, and as root in a sandbox without netlink.
func TestMachineOfItsOwn(t *testing.T) {
	got := raiseMachine(t)

	t.Run("root", func(t *testing.T) {
		want := []string{
			"tcp 127.0.0.1:25 server=hostnet-lab user=root unit=" + labUnit,
			"tcp 0.0.0.0:80 server=hostnet-lab user=root unit=" + labUnit,
			"tcp [::]:443 server=hostnet-lab user=root unit=" + labUnit + " v6only=true",
			"tcp [::]:8080 server=hostnet-lab user=root unit=" + labUnit + " v6only=false",
			"udp 0.0.0.0:53 server=hostnet-lab user=root unit=" + labUnit + " device=lo",
			"udp 0.0.0.0:4789 user=root unowned",
		}
		if diff := cmp.Diff(want, lines(got.Root, got.Server)); diff != "" {
			t.Errorf("listeners (-want +got):\n%s", diff)
		}
		if len(got.Root.Unseen) != 0 {
			t.Errorf("root could not see %v", got.Root.Unseen)
		}
	})

	t.Run("nobody", func(t *testing.T) {
		want := []string{
			"tcp 127.0.0.1:25 user=root unit=" + labUnit,
			"tcp 0.0.0.0:80 user=root unit=" + labUnit,
			"tcp [::]:443 user=root unit=" + labUnit + " v6only=true",
			"tcp [::]:8080 user=root unit=" + labUnit + " v6only=false",
			"udp 0.0.0.0:53 user=root unit=" + labUnit + " device=lo",
			"udp 0.0.0.0:4789 user=root",
		}
		if diff := cmp.Diff(want, lines(got.Nobody, got.Server)); diff != "" {
			t.Errorf("listeners (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Unseen{{Kind: UnseenOwners, Count: 6}}, got.Nobody.Unseen); diff != "" {
			t.Errorf("unseen (-want +got):\n%s", diff)
		}
	})

	t.Run("sandbox", func(t *testing.T) {
		want := []string{
			"tcp 127.0.0.1:25 server=hostnet-lab user=root unit=" + labUnit,
			"tcp 0.0.0.0:80 server=hostnet-lab user=root unit=" + labUnit,
			"tcp [::]:443 server=hostnet-lab user=root unit=" + labUnit,
			"tcp [::]:8080 server=hostnet-lab user=root unit=" + labUnit,
			"udp 0.0.0.0:53 server=hostnet-lab user=root unit=" + labUnit,
			"udp 0.0.0.0:4789 user=root unowned",
		}
		if diff := cmp.Diff(want, lines(got.Sandbox, got.Server)); diff != "" {
			t.Errorf("listeners (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Unseen{{Kind: UnseenBindings, Count: 6}}, got.Sandbox.Unseen); diff != "" {
			t.Errorf("unseen (-want +got):\n%s", diff)
		}
	})

	t.Run("ss", func(t *testing.T) {
		var ours []string
		for _, l := range got.Root.Listeners {
			ours = append(ours, asSS(l))
		}
		slices.Sort(ours)
		if diff := cmp.Diff(parseSS(t, got.SS), ours); diff != "" {
			t.Errorf("ss and we disagree (-ss +ours):\n%s", diff)
		}
	})
}

// lines writes what was seen, a line for each listener; the server's number
// stands as the word.
func lines(r reading, server int) []string {
	var all []string
	for _, l := range r.Listeners {
		line := l.Transport.String() + " " + netip.AddrPortFrom(l.Address, l.Port).String()
		if l.Process != "" {
			who := fmt.Sprint(l.PID)
			if l.PID == server {
				who = "server"
			}
			line += " " + who + "=" + l.Process
		}
		if l.User != "" {
			line += " user=" + l.User
		}
		if l.Unit != "" {
			line += " unit=" + l.Unit
		}
		if l.Device != "" {
			line += " device=" + l.Device
		}
		if l.V6Only != nil {
			line += fmt.Sprintf(" v6only=%v", *l.V6Only)
		}
		if l.Unowned {
			line += " unowned"
		}
		all = append(all, line)
	}
	return all
}

// asSS writes a listener as ss -Hltnup does: protocol, address, process.
func asSS(l exposure.LocalListener) string {
	local := netip.AddrPortFrom(l.Address, l.Port).String()
	if l.V6Only != nil && !*l.V6Only {
		local = fmt.Sprintf("*:%d", l.Port)
	}
	if l.Device != "" {
		local = strings.Replace(local, ":", "%"+l.Device+":", 1)
	}
	return fmt.Sprintf("%s %s %d", l.Transport, local, l.PID)
}

func parseSS(t *testing.T, text string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 6 {
			t.Fatalf("ss says %q", line)
		}
		pid := 0
		if len(fields) > 6 {
			_, number, _ := strings.Cut(fields[6], "pid=")
			if _, err := fmt.Sscanf(number, "%d", &pid); err != nil {
				t.Fatalf("ss says %q: %v", line, err)
			}
		}
		all = append(all, fmt.Sprintf("%s %s %d", fields[0], fields[4], pid))
	}
	slices.Sort(all)
	return all
}

// raiseMachine starts the machine and returns what was read in it.
func raiseMachine(t *testing.T) readings {
	t.Helper()
	// A name of our own, at a place where nobody else's user may run it from.
	binary := filepath.Join(t.TempDir(), "hostnet-lab")
	for dir := filepath.Dir(binary); dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, self, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := role(ctx, binary, "machine")
	c.SysProcAttr.Cloneflags = unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWNS
	out, err := c.Output()
	if err != nil {
		t.Fatalf("the machine: %v", err)
	}
	var got readings
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("the machine said %q: %v", out, err)
	}
	return got
}

// actMachine is the first process of the machine: mounts, network, a server in
// a group like systemd's, and then the readings.
func actMachine() error {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	if err := errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("proc", "/proc", "proc", 0, ""),
		unix.Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, ""),
	); err != nil {
		return err
	}
	for _, command := range []string{
		"link set lo up",
		// The kernel opens a socket of its own for this device. Its cable is lo.
		"link add tunnel type vxlan id 1 dev lo dstport 4789",
		"link set tunnel up",
	} {
		if out, err := exec.CommandContext(ctx, "ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, out)
		}
	}
	group := "/sys/fs/cgroup/" + labUnit
	if err := os.MkdirAll(group, 0o755); err != nil {
		return err
	}
	defer os.Remove(group)
	folder, err := os.Open(group)
	if err != nil {
		return err
	}
	defer folder.Close()

	server := role(ctx, "/proc/self/exe", "server")
	server.SysProcAttr.UseCgroupFD, server.SysProcAttr.CgroupFD = true, int(folder.Fd())
	ready, err := server.StdoutPipe()
	if err != nil {
		return err
	}
	stop, err := server.StdinPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	if line, err := bufio.NewReader(ready).ReadString('\n'); err != nil {
		return fmt.Errorf("the server said %q: %w", line, err)
	}
	result, err := readAsEverybody(ctx)
	if err != nil {
		return err
	}
	result.Server = server.Process.Pid
	// The group is empty, and can be removed, once the server has ended.
	stop.Close()
	if err := server.Wait(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func readAsEverybody(ctx context.Context) (readings, error) {
	var result readings
	binary, err := os.Executable()
	if err != nil {
		return result, err
	}
	for _, as := range []struct {
		role string
		uid  uint32
		into *reading
	}{{"read", 0, &result.Root}, {"read", nobody, &result.Nobody}, {"sandbox", 0, &result.Sandbox}} {
		c := role(ctx, binary, as.role)
		c.SysProcAttr.Credential = &syscall.Credential{Uid: as.uid, Gid: as.uid}
		out, err := c.Output()
		if err != nil {
			return result, fmt.Errorf("%s as %d: %w", as.role, as.uid, err)
		}
		if err := json.Unmarshal(out, as.into); err != nil {
			return result, fmt.Errorf("%s as %d said %q: %w", as.role, as.uid, out, err)
		}
	}
	out, err := exec.CommandContext(ctx, "ss", "-H", "-ltnup").Output()
	result.SS = string(out)
	return result, err
}

// actServer binds sockets of every sort and holds them until its standard input
// ends.
func actServer() error {
	var config net.ListenConfig
	for _, at := range [][2]string{{"tcp4", "127.0.0.1:25"}, {"tcp4", "0.0.0.0:80"}, {"tcp6", "[::]:443"}, {"tcp", "[::]:8080"}} {
		l, err := config.Listen(context.Background(), at[0], at[1])
		if err != nil {
			return err
		}
		defer l.Close()
	}
	config.Control = control(func(fd int) error { return unix.BindToDevice(fd, "lo") })
	packets, err := config.ListenPacket(context.Background(), "udp4", "0.0.0.0:53")
	if err != nil {
		return err
	}
	defer packets.Close()
	client, err := net.Dial("udp4", "127.0.0.1:53")
	if err != nil {
		return err
	}
	defer client.Close()
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func actRead() error {
	found, hidden, err := Listeners(context.Background())
	if err != nil {
		return err
	}
	r := reading{Unseen: hidden}
	for _, l := range found {
		r.Listeners = append(r.Listeners, exposure.LocalListener{Transport: l.Transport, Port: l.Port, Listener: l})
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(r); err != nil {
		return err
	}
	_, err = out.WriteTo(os.Stdout)
	return err
}

// actSandbox reads behind a filter that refuses netlink sockets, as the
// sandboxes of containers and of systemd (RestrictAddressFamilies=) do.
func actSandbox() error {
	runtime.LockOSThread()
	deny := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_SOCKET, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 16}, // seccomp_data.args[0]
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.AF_NETLINK, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(deny)), Filter: &deny[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return errno
	}
	return actRead()
}
