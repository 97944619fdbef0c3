package lab

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Host is one machine of a lab: it has its own network, processes, host name
// and writable files.
type Host struct {
	// Name is its host name.
	Name string
	// V4 and V6 are the addresses at which others find it: those of its LAN
	// side for Home and LAN, those of its WAN side for Router and Outside.
	V4, V6 netip.Addr

	process *process
	plan    []interfacePlan
	routes  []routePlan

	packages []string // those of unpacked.txt that are in place
}

// PID is the number that the machine has for the host's first process, by which
// somebody at a terminal enters the host with nsenter.
func (h *Host) PID() int { return h.process.cmd.Process.Pid }

// interfacePlan is what an interface has whenever it is plugged in.
type interfacePlan struct {
	name      string
	mac       net.HardwareAddr
	addresses []netip.Prefix
	bridge    string // the bridge that it is a port of
}

type routePlan struct {
	to  netip.Prefix
	via netip.Addr
}

// newHost starts a host that has no interface but loopback. It shares the
// directory with the machine and with the other hosts.
func newHost(name, shared string) (*Host, error) {
	const flags = syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC
	p, err := spawn(roleHost, name, flags, shared)
	if err != nil {
		return nil, err
	}
	return &Host{Name: name, process: p}, nil
}

// Command is a command that runs in the host, as exec.CommandContext has it.
// Programs and the working directory are the machine's; what it writes under
// /etc, /var, /tmp, /srv, /home and /root stays in the host, except in the
// directory that the test which raised the lab has for its temporary files.
// Signals to the process reach the command. Whatever it leaves running ends
// with the lab.
//
// To run it without root, put setpriv before it:
//
//	h.Command(ctx, "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", name)
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = append([]string{roleEnter, strconv.Itoa(h.process.cmd.Process.Pid), name}, args...)
	cmd.Env = environment()
	cmd.WaitDelay = stopGrace
	return cmd
}

// Kill kills a command that was started, as kill -9 does, and waits for it: its
// ports are free afterwards. Killing its Process is not enough: that one only
// stands for the command, which ends after it.
func (h *Host) Kill(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(signalKill) // it may have ended
	_ = cmd.Wait()                     // it was killed
}

// runTimeout bounds a command that a test waits for.
const runTimeout = time.Minute

// Run runs a command in the host to its end and returns what it wrote to
// standard output. The test fails when the command does.
func (h *Host) Run(t T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), runTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := h.Command(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %s %q: %v\n%s%s", h.Name, name, args, err, out.Bytes(), errs.Bytes())
	}
	return out.String()
}

// Do runs fn in the host's network, on a thread of its own. Sockets made by fn
// belong to the host for good and may be used anywhere afterwards. What fn
// does in other goroutines happens outside of the host: http.Transport dials
// in one of its own, net.Dialer does for a name with several addresses. The
// network's files are in /proc/thread-self/net there, not in /proc/net.
func (h *Host) Do(fn func() error) error { return h.process.do(fn) }

// Listen opens a listening socket of the host: network and address are those
// of net.Listen. It is closed with the test.
func (h *Host) Listen(t T, network, address string) net.Listener {
	t.Helper()
	var ln net.Listener
	err := h.Do(func() (err error) {
		ln, err = listenConfig.Listen(context.Background(), network, address)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// ListenPacket opens a datagram socket of the host: network and address are
// those of net.ListenPacket. It is closed with the test.
func (h *Host) ListenPacket(t T, network, address string) net.PacketConn {
	t.Helper()
	var pc net.PacketConn
	err := h.Do(func() (err error) {
		pc, err = net.ListenPacket(network, address)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
	t.Cleanup(func() { pc.Close() })
	return pc
}

// WriteFile writes a file of the host, and the directories above it.
func (h *Host) WriteFile(t T, path, text string) {
	t.Helper()
	err := h.inFiles(func() error {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		return os.WriteFile(path, []byte(text), 0o644)
	})
	if err != nil {
		t.Fatalf("%s: %v", h.Name, err)
	}
}

// inFiles runs fn on a thread that sees the host's files. Names are resolved
// there, so that an absolute link does not lead out into the machine's files.
func (h *Host) inFiles(fn func() error) error {
	return onThread(func() error {
		if err := joinNamespaces(strconv.Itoa(h.process.cmd.Process.Pid), "mnt"); err != nil {
			return err
		}
		return fn()
	})
}

// sysctl sets values of the host's network.
func (h *Host) sysctl(keys ...string) error {
	return h.Do(func() error {
		for i := 0; i < len(keys); i += 2 {
			if err := sysctl(keys[i], keys[i+1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// configure gives an interface that has just been plugged in what its plan
// says, and puts back the routes that went when it was last unplugged.
func (h *Host) configure(name string) error {
	nl := h.process.links
	link, err := nl.LinkByName(name)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", h.Name, name, err)
	}
	for _, plan := range h.plan {
		if plan.name != name {
			continue
		}
		if plan.mac != nil {
			if err := nl.LinkSetHardwareAddr(link, plan.mac); err != nil {
				return fmt.Errorf("%s: %s: hardware address: %w", h.Name, name, err)
			}
		}
		if plan.bridge != "" {
			bridge, err := nl.LinkByName(plan.bridge)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", h.Name, plan.bridge, err)
			}
			if err := nl.LinkSetMaster(link, bridge); err != nil {
				return fmt.Errorf("%s: %s: join %s: %w", h.Name, name, plan.bridge, err)
			}
		}
		for _, p := range plan.addresses {
			flags := 0
			if p.Addr().Is6() {
				flags = unix.IFA_F_NODAD
			}
			if err := nl.AddrReplace(link, &netlink.Addr{IPNet: ipNet(p), Flags: flags}); err != nil {
				return fmt.Errorf("%s: %s: address %s: %w", h.Name, name, p, err)
			}
		}
	}
	if err := nl.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s: %s: raise: %w", h.Name, name, err)
	}
	return nil
}

// route puts every route of the plan in place that is not.
func (h *Host) route() error {
	for _, r := range h.routes {
		err := h.process.links.RouteReplace(&netlink.Route{Dst: ipNet(r.to), Gw: r.via.AsSlice()})
		if err != nil {
			return fmt.Errorf("%s: route to %s: %w", h.Name, r.to, err)
		}
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// inHost starts cmd from a thread in the host's network: for tools that only
// read or set the network and end at once.
func (h *Host) inHost(cmd *exec.Cmd) error {
	return h.Do(func() error {
		defer runtime.KeepAlive(cmd)
		return cmd.Run()
	})
}
