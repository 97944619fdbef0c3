package hostnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// opened is a socket of this test and what must be found of it.
type opened struct {
	what      string
	transport exposure.Transport
	address   netip.Addr
	port      uint16
	device    string
	v6only    *bool
	inode     uint64
}

// openSockets binds one socket of every sort. Nothing is sent to any of them.
func openSockets(t *testing.T) []opened {
	t.Helper()
	yes, no := true, false
	// Plain TCP: Go's listeners are MPTCP ones, whose sockets the kernel shows
	// too, and one of both sorts is wanted.
	plain := &net.ListenConfig{}
	plain.SetMultipathTCP(false)
	bound := &net.ListenConfig{Control: control(func(fd int) error {
		return unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, "lo")
	})}
	tests := []struct {
		what, network, address string
		config                 *net.ListenConfig
		want                   string
		device                 string
		v6only                 *bool
	}{
		{"tcp-v4", "tcp4", "127.0.0.1:0", plain, "127.0.0.1", "", nil},
		{"tcp-v4-mptcp", "tcp4", "127.0.0.1:0", &net.ListenConfig{}, "127.0.0.1", "", nil},
		{"tcp-v4-wildcard", "tcp4", "0.0.0.0:0", plain, "0.0.0.0", "", nil},
		{"tcp-v6", "tcp6", "[::1]:0", plain, "::1", "", nil},
		{"tcp-dual-stack", "tcp", "[::]:0", plain, "::", "", &no},
		{"tcp-v6-only", "tcp6", "[::]:0", plain, "::", "", &yes},
		{"tcp-mapped", "tcp6", "", mapped, "127.0.0.1", "", nil},
		{"tcp-device", "tcp4", "127.0.0.1:0", bound, "127.0.0.1", "lo", nil},
		{"udp-v4", "udp4", "127.0.0.1:0", plain, "127.0.0.1", "", nil},
		{"udp-v6", "udp6", "[::1]:0", plain, "::1", "", nil},
		{"udp-dual-stack", "udp", "[::]:0", plain, "::", "", &no},
		{"udp-v6-only", "udp6", "[::]:0", plain, "::", "", &yes},
	}
	all := make([]opened, 0, len(tests))
	for _, test := range tests {
		var (
			socket syscall.Conn
			local  netip.AddrPort
		)
		switch {
		case test.config == mapped:
			socket, local = listenMapped(t)
		case test.network[:3] == "tcp":
			l, err := test.config.Listen(t.Context(), test.network, test.address)
			if err != nil {
				t.Fatalf("%s: %v", test.what, err)
			}
			t.Cleanup(func() { l.Close() })
			socket, local = l.(*net.TCPListener), l.Addr().(*net.TCPAddr).AddrPort()
		default:
			c, err := test.config.ListenPacket(t.Context(), test.network, test.address)
			if err != nil {
				t.Fatalf("%s: %v", test.what, err)
			}
			t.Cleanup(func() { c.Close() })
			socket, local = c.(*net.UDPConn), c.LocalAddr().(*net.UDPAddr).AddrPort()
		}
		transport := exposure.TCP
		if test.network[:3] == "udp" {
			transport = exposure.UDP
		}
		all = append(all, opened{
			test.what, transport, netip.MustParseAddr(test.want), local.Port(), test.device, test.v6only, inodeOf(t, socket),
		})
	}
	return all
}

// mapped stands for an IPv6 socket bound to an IPv4 address, which package net
// does not make and Java does.
var mapped = new(net.ListenConfig)

func listenMapped(t *testing.T) (syscall.Conn, netip.AddrPort) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "mapped")
	t.Cleanup(func() { file.Close() })
	address := netip.MustParseAddr("::ffff:127.0.0.1").As16()
	if err := errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0),
		unix.Bind(fd, &unix.SockaddrInet6{Addr: address}),
		unix.Listen(fd, 1),
	); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	in6 := name.(*unix.SockaddrInet6)
	return file, netip.AddrPortFrom(netip.AddrFrom16(in6.Addr), uint16(in6.Port))
}

func control(set func(fd int) error) func(string, string, syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) { err = set(int(fd)) }), err)
	}
}

func inodeOf(t *testing.T, socket syscall.Conn) uint64 {
	t.Helper()
	raw, err := socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var stat unix.Stat_t
	if err := raw.Control(func(fd uintptr) { err = unix.Fstat(int(fd), &stat) }); err != nil {
		t.Fatal(err)
	}
	return stat.Ino
}

// own returns the listeners of this process.
func own(t *testing.T) []exposure.Listener {
	t.Helper()
	all, _, err := Listeners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(l exposure.Listener) bool { return l.PID != os.Getpid() })
}

func TestOwnSocketsAreFound(t *testing.T) {
	sockets := openSockets(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	user := strconv.Itoa(os.Geteuid())
	if os.Geteuid() == 0 {
		user = "root"
	}
	all := own(t)
	for _, s := range sockets {
		t.Run(s.what, func(t *testing.T) {
			i := slices.IndexFunc(all, func(l exposure.Listener) bool { return l.Transport == s.transport && l.Port == s.port })
			if i < 0 {
				t.Fatalf("no listener of port %d among %+v", s.port, all)
			}
			l := all[i]
			if l.Address != s.address || l.Device != s.device || l.Process != filepath.Base(program) || l.Unowned {
				t.Errorf("got %+v, want %s, device %q, process %q", l, s.address, s.device, filepath.Base(program))
			}
			if diff := cmp.Diff(s.v6only, l.V6Only); diff != "" {
				t.Errorf("v6only (-want +got):\n%s", diff)
			}
			if os.Geteuid() == 0 && l.User != user {
				t.Errorf("user %q, want %q", l.User, user)
			}
			if l.User == "" || l.Command == "" {
				t.Errorf("user %q and command %q must be known of an own process", l.User, l.Command)
			}
		})
	}
	if !slices.IsSortedFunc(all, func(a, b exposure.Listener) int { return compare(a, b) }) {
		t.Errorf("not sorted: %+v", all)
	}
}

// TestClientsAreNoListeners: a connected UDP socket and a TCP connection await
// nobody; an unconnected UDP socket that was never bound has no port.
func TestClientsAreNoListeners(t *testing.T) {
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := net.Dial("tcp4", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	connected, err := net.Dial("udp4", peer.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()

	got := map[string]bool{}
	for _, l := range own(t) {
		got[l.Transport.String()+" "+netip.AddrPortFrom(l.Address, l.Port).String()] = true
	}
	for address, want := range map[string]bool{
		"tcp " + server.Addr().String():         true,
		"tcp " + client.LocalAddr().String():    false,
		"udp " + peer.LocalAddr().String():      true,
		"udp " + connected.LocalAddr().String(): false,
	} {
		if got[address] != want {
			t.Errorf("%s is a listener: %v, want %v", address, got[address], want)
		}
	}
}

func TestReusePortIsOneListener(t *testing.T) {
	config := net.ListenConfig{Control: control(func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})}
	address := "127.0.0.1:0"
	for range 8 {
		l, err := config.Listen(t.Context(), "tcp4", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		address = l.Addr().String()
	}
	var count int
	for _, l := range own(t) {
		if netip.AddrPortFrom(l.Address, l.Port).String() == address {
			count++
		}
	}
	if count != 1 {
		t.Errorf("%s was listed %d times, want once", address, count)
	}
}

func TestListenersEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, _, err := Listeners(ctx); !errors.Is(err, context.Canceled) || found != nil {
		t.Errorf("got %d listeners and %v, want none and %v", len(found), err, context.Canceled)
	}
}

func TestMergedKeepsWhatDiffers(t *testing.T) {
	yes := true
	at := func(change func(*exposure.Listener)) exposure.Listener {
		l := exposure.Listener{Transport: exposure.UDP, Address: netip.MustParseAddr("::"), Port: 5353, Process: "avahi-daemon", PID: 400, User: "avahi"}
		change(&l)
		return l
	}
	want := []exposure.Listener{
		at(func(l *exposure.Listener) { l.Transport = exposure.TCP }),
		at(func(l *exposure.Listener) { l.Port = 53 }),
		at(func(l *exposure.Listener) { l.Address = netip.MustParseAddr("0.0.0.0") }),
		at(func(l *exposure.Listener) { l.Process, l.PID = "", 0 }),
		at(func(l *exposure.Listener) { l.Process, l.PID, l.Unowned = "", 0, true }),
		at(func(l *exposure.Listener) {}),
		at(func(l *exposure.Listener) { l.Container = "docker 0a1b2c3d4e5f" }),
		at(func(l *exposure.Listener) { l.Unit = "avahi-daemon.service" }),
		at(func(l *exposure.Listener) { l.User = "root" }),
		at(func(l *exposure.Listener) { l.Process = "chrome" }),
		at(func(l *exposure.Listener) { l.V6Only = &yes }),
		at(func(l *exposure.Listener) { l.Device = "eth0" }),
	}
	// Twice, the second time with higher numbers and from the end.
	doubled := slices.Clone(want)
	for _, l := range slices.Backward(want) {
		if l.PID != 0 {
			l.PID += 1000
		}
		doubled = append(doubled, l)
	}
	if diff := cmp.Diff(want, merged(doubled), addresses); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
}
