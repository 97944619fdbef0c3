//go:build !linux

package hostnet

import (
	"context"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"

	sockets "github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"

	"sekisho/internal/exposure"
)

// Listeners returns the TCP sockets that listen and the UDP sockets that are
// bound without a peer, each with its owner as far as it can be seen, sorted.
// Windows tells them through its IP helper; on macOS and the BSDs lsof does,
// which shows the sockets of other users to root only.
func Listeners(ctx context.Context) ([]exposure.Listener, []Unseen, error) {
	all, err := all(ctx)
	if err != nil {
		return nil, nil, err
	}
	owners := owners{known: map[int32]owner{}}
	found := make([]exposure.Listener, 0, len(all))
	for _, c := range all {
		l, ok := listener(c)
		if !ok {
			continue
		}
		owners.of(ctx, c.Pid).fill(&l)
		found = append(found, l)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	found = merged(found)
	return found, append(ownersUnseen(found), othersUnseen()...), nil
}

// all lists the sockets of this machine.
func all(ctx context.Context) ([]sockets.ConnectionStat, error) {
	all, err := sockets.ConnectionsWithContext(ctx, "inet")
	if err != nil {
		return nil, &Error{Op: "list", Source: source(), Err: err}
	}
	return all, nil
}

// othersUnseen tells that the sockets of other users are left out.
func othersUnseen() []Unseen {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		return nil
	}
	return []Unseen{{Kind: UnseenListeners}}
}

// source is whom an error is about.
func source() string {
	if runtime.GOOS == "windows" {
		return "the sockets of this machine"
	}
	return "sockets with lsof"
}

// listener takes a socket that awaits anybody.
func listener(c sockets.ConnectionStat) (exposure.Listener, bool) {
	switch {
	case c.Type == syscall.SOCK_STREAM && c.Status == "LISTEN":
	case c.Type == syscall.SOCK_DGRAM && c.Raddr.Port == 0:
	default:
		return exposure.Listener{}, false
	}
	return bound(c)
}

// bound takes a socket that has a port.
func bound(c sockets.ConnectionStat) (exposure.Listener, bool) {
	l := exposure.Listener{Transport: exposure.TCP, Port: uint16(c.Laddr.Port)}
	if c.Type == syscall.SOCK_DGRAM {
		l.Transport = exposure.UDP
	}
	address, ok := addressOf(c.Laddr.IP, c.Family)
	l.Address = address
	return l, ok && l.Port != 0
}

// addressOf reads an address. Windows says 0.0.0.0 and ::, lsof says * for both.
func addressOf(text string, family uint32) (netip.Addr, bool) {
	if text == "*" {
		if family == syscall.AF_INET6 {
			return netip.IPv6Unspecified(), true
		}
		return netip.IPv4Unspecified(), true
	}
	address, err := netip.ParseAddr(text)
	return zoned(address.Unmap()), err == nil
}

// zoned takes the interface out of a link-local address in which a BSD kernel
// keeps its number, as the second pair of bytes: fe80:4::1 is fe80::1 of the
// fourth interface.
func zoned(address netip.Addr) netip.Addr {
	if !address.Is6() || !address.IsLinkLocalUnicast() {
		return address
	}
	raw := address.As16()
	index := int(raw[2])<<8 | int(raw[3])
	if index == 0 {
		return address
	}
	raw[2], raw[3] = 0, 0
	zone := strconv.Itoa(index)
	if device, err := net.InterfaceByIndex(index); err == nil {
		zone = interfaceName(*device)
	}
	return netip.AddrFrom16(raw).WithZone(zone)
}

// owner is what could be seen of a process.
type owner struct {
	pid                 int
	name, user, command string
}

// owners describes each process once.
type owners struct {
	known map[int32]owner
}

// of leaves empty what is refused, and everything of a process that ended.
// Windows gives process 0 to sockets whose owner has ended.
func (s owners) of(ctx context.Context, pid int32) owner {
	o, ok := s.known[pid]
	if ok || pid == 0 {
		return o
	}
	if p, err := process.NewProcessWithContext(ctx, pid); err == nil {
		if name, err := p.NameWithContext(ctx); err == nil && name != "" {
			o.pid, o.name = int(pid), clean(name, maxName)
		}
		if user, err := p.UsernameWithContext(ctx); err == nil {
			o.user = clean(user, maxName)
		}
		if args, err := p.CmdlineSliceWithContext(ctx); err == nil {
			o.command = clean(commandLine(args), maxCommand)
		}
	}
	s.known[pid] = o
	return o
}

func (o owner) fill(l *exposure.Listener) {
	l.Process, l.PID, l.User, l.Command = o.name, o.pid, o.user, o.command
}
