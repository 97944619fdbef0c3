package portqry

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
)

func socket(transport exposure.Transport, local, remote string, state exposure.SocketState, pid int, process string) exposure.Connection {
	c := exposure.Connection{Transport: transport, Local: netip.MustParseAddrPort(local), State: state, PID: pid, Process: process}
	if remote != "" {
		c.Remote = netip.MustParseAddrPort(remote)
	}
	return c
}

// sockets are those of a machine with two services, a connection that nobody
// has any more, and one of somebody else.
func sockets() []exposure.Connection {
	left := socket(exposure.TCP, "192.0.2.7:80", "198.51.100.9:3716", exposure.SocketTimeWait, 0, "")
	left.Unowned = true
	return []exposure.Connection{
		socket(exposure.UDP, "0.0.0.0:135", "", "", 668, "mapper"),
		socket(exposure.TCP, "[::]:80", "", exposure.SocketListen, 1276, "web"),
		socket(exposure.TCP, "192.0.2.7:80", "198.51.100.9:3717", exposure.SocketEstablished, 1276, "web"),
		left,
		socket(exposure.TCP, "0.0.0.0:135", "", exposure.SocketListen, 668, "mapper"),
		socket(exposure.TCP, "127.0.0.1:9000", "", exposure.SocketListen, 0, ""),
	}
}

func computer(list func() []exposure.Connection) Machine {
	return Machine{
		Connections: func(context.Context) ([]exposure.Connection, []string, error) {
			return list(), []string{"not seen"}, nil
		},
		Process: func(_ context.Context, pid int) (string, bool) { return "web", pid == 1276 },
		Inspect: func(context.Context, []int) map[int]exposure.QueryProcess {
			return map[int]exposure.QueryProcess{
				668: {Services: []exposure.HostService{
					{Name: "RpcSs", Display: "Remote Procedure Call (RPC)", Shared: true}, {Name: "Own", Display: "Of its own"},
				}, Modules: []exposure.LoadedModule{{Path: `C:\WINDOWS\system32\svchost.exe`, Base: 0x1000000}, {Path: "/usr/lib/dyld"}}},
				1276: {Services: []exposure.HostService{}},
			}
		},
		Nobody: "System Idle", NobodyLong: "System Idle Process",
	}
}

// text collects what is printed.
type text struct{ strings.Builder }

func (t *text) print(lines ...string) {
	for _, line := range lines {
		fmt.Fprintln(t, line)
	}
}

func TestLocal(t *testing.T) {
	unmapped := sockets()
	for i := range unmapped {
		unmapped[i].PID, unmapped[i].Process = 0, ""
	}
	for _, c := range []struct {
		name    string
		verbose bool
		list    []exposure.Connection
		want    string
	}{
		{"nothing", true, nil, `
TCP/UDP Port Usage

0 active ports found

Port  Local IP  State  Remote IP:Port

Port Statistics

TCP mappings: 0
UDP mappings: 0

`},
		{"no-processes", true, unmapped, `
Port to process mapping is not supported on this system.

TCP/UDP Port Usage

6 active ports found

Port      Local IP   State        Remote IP:Port
TCP 80    ::         LISTENING    [::]:0
TCP 80    192.0.2.7  ESTABLISHED  198.51.100.9:3717
TCP 80    192.0.2.7  TIME WAIT    198.51.100.9:3716
TCP 135   0.0.0.0    LISTENING    0.0.0.0:0
UDP 135   0.0.0.0                 :
TCP 9000  127.0.0.1  LISTENING    0.0.0.0:0

Port Statistics

TCP mappings: 5
UDP mappings: 1

TCP ports in a LISTENING state: 3 = 60.00%
TCP ports in a ESTABLISHED state: 1 = 20.00%
TCP ports in a TIME WAIT state: 1 = 20.00%

`},
		{"processes", false, sockets(), mappings},
		{"verbose", true, sockets(), mappings + `Port and Module Information by Process

Note: restrictions applied to some processes may
prevent Portqry from accessing more information

For best results run Portqry in the context of
the local administrator

======================================================

Process ID: 0 (System Idle Process)

PID  Port    Local IP   State      Remote IP:Port
0    TCP 80  192.0.2.7  TIME WAIT  198.51.100.9:3716

Port Statistics

TCP mappings: 1
UDP mappings: 0

TCP ports in a TIME WAIT state: 1 = 100.00%

Could not access module information for this process

======================================================

Process ID: 668 (mapper)

Service Name: RpcSs
Display Name: Remote Procedure Call (RPC)
Service Type: shares a process with other services

Service Name: Own
Display Name: Of its own
Service Type: runs in its own process

PID  Port     Local IP  State      Remote IP:Port
668  TCP 135  0.0.0.0   LISTENING  0.0.0.0:0
668  UDP 135  0.0.0.0              :

Port Statistics

TCP mappings: 1
UDP mappings: 1

TCP ports in a LISTENING state: 1 = 100.00%

Loaded modules:
C:\WINDOWS\system32\svchost.exe (0x01000000)
/usr/lib/dyld

======================================================

Process ID: 1276 (web)

Process doesn't appear to be a service

PID   Port    Local IP   State        Remote IP:Port
1276  TCP 80  ::         LISTENING    [::]:0
1276  TCP 80  192.0.2.7  ESTABLISHED  198.51.100.9:3717

Port Statistics

TCP mappings: 2
UDP mappings: 0

TCP ports in a LISTENING state: 1 = 50.00%
TCP ports in a ESTABLISHED state: 1 = 50.00%

Could not access module information for this process

`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out text
			found, err := Local(t.Context(), Command{Local: true, Verbose: c.verbose}, computer(func() []exposure.Connection { return c.list }), out.print)
			if err != nil || len(found.Connections) != len(c.list) {
				t.Errorf("%d connections, error %v", len(found.Connections), err)
			}
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

const mappings = `
TCP/UDP Port to Process Mappings

6 mappings found

PID:Process    Port      Local IP   State        Remote IP:Port
0:System Idle  TCP 80    192.0.2.7  TIME WAIT    198.51.100.9:3716
668:mapper     TCP 135   0.0.0.0    LISTENING    0.0.0.0:0
668:mapper     UDP 135   0.0.0.0                 :
1276:web       TCP 80    ::         LISTENING    [::]:0
1276:web       TCP 80    192.0.2.7  ESTABLISHED  198.51.100.9:3717
-              TCP 9000  127.0.0.1  LISTENING    0.0.0.0:0

Port Statistics

TCP mappings: 5
UDP mappings: 1

TCP ports in a LISTENING state: 3 = 60.00%
TCP ports in a ESTABLISHED state: 1 = 20.00%
TCP ports in a TIME WAIT state: 1 = 20.00%

`

// TestWatch has the connections of a port change twice, the process end, and
// the person press the key: what has not changed is not printed again.
func TestWatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		line  string
		stop  string
		want  []string
		each  int
		fails error
	}{
		{"port", "-wport 80", "escape", []string{
			"Watching port: 80\n\nChecking for changes every 60 seconds\n\n============\nSystem Date: ",
			"1276:web       TCP 80  192.0.2.7  ESTABLISHED  198.51.100.9:3717\n", "============\nSystem Date: ",
			"1276:web       TCP 80  192.0.2.7  CLOSE WAIT  198.51.100.9:3717\n", "============\nSystem Date: ", "port 80 is not in use\n",
			"escape key pressed: stopped watching port 80\nSystem Date: ",
		}, 3, nil},
		{"process", "-wpid 1276 -wt 30 -v", "gone", []string{
			"Watching PID: 1276\n\nChecking for changes every 30 seconds\n\nverbose output requested\n\nProcess doesn't appear to be a service\n\n============\n",
			rule + "\n\nProcess ID: 1276 (web)\n", "1276  TCP 80  192.0.2.7  ESTABLISHED", "1276  TCP 80  192.0.2.7  CLOSE WAIT",
			"TCP mappings: 0\nUDP mappings: 0\n", "process ended: stopped watching PID 1276\n",
		}, 3, nil},
		{"verbose-port", "-wport 135 -v", "cancel", []string{"Process ID: 668 (mapper)\n", "Service Name: RpcSs\n", "Loaded modules:\n"}, 2, context.Canceled},
		{"no-process", "-wpid 7", "", nil, 0, NoProcess(7)},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				command, err := Parse(strings.Fields(c.line))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				m := computer(func() []exposure.Connection {
					list := sockets()
					switch n := int(time.Since(start) / command.Every); {
					case n >= 4:
						return nil
					case n >= 2:
						list[2].State = exposure.SocketCloseWait
					}
					return list
				})
				alive := m.Process
				m.Process = func(ctx context.Context, pid int) (string, bool) {
					name, ok := alive(ctx, pid)
					return name, ok && time.Since(start) < 6*command.Every
				}
				ctx, cancel := context.WithCancel(t.Context())
				escape := make(chan struct{})
				time.AfterFunc(7*command.Every, func() {
					switch c.stop {
					case "escape":
						close(escape)
					case "cancel":
						cancel()
					}
				})
				var out text
				each := 0
				err = Watch(ctx, command, m, escape, out.print, func(exposure.QueryLocal) error { each++; return nil })
				cancel()
				if !errors.Is(err, c.fails) || each != c.each {
					t.Errorf("%d readings, error %v; want %d, %v", each, err, c.each, c.fails)
				}
				rest := out.String()
				for _, want := range c.want {
					_, after, found := strings.Cut(rest, want)
					if !found {
						t.Fatalf("%q is not said, or not in its turn; it said:\n%s", want, out.String())
					}
					rest = after
				}
			})
		})
	}
}

// TestWatchHidden: a process whose sockets are hidden from this user is not one
// without sockets.
func TestWatchHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := computer(func() []exposure.Connection { return sockets()[5:] })
		escape := make(chan struct{})
		close(escape)
		var out text
		if err := Watch(t.Context(), Command{WatchPID: 1276, Every: time.Second}, m, escape, out.print, func(exposure.QueryLocal) error { return nil }); err != nil {
			t.Error(err)
		}
		if !strings.Contains(out.String(), noMapping) {
			t.Errorf("it said:\n%s", out.String())
		}
	})
}
