package netio

import (
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// socket finds a socket for an attempt: one that was used before, or a new one.
// It returns −1 when the budget is spent. A socket that was used counts its
// sequence numbers on, so it serves the same address only: one target must not
// learn what it would take to forge the answer of another.
func (c *Connector) socket(address netip.Addr) (int32, error) {
	if i, ok := c.unused(address); ok {
		return i, nil
	}
	if !c.descriptors.take() {
		// Some address may keep what this one needs.
		for a := range c.idle {
			if i, ok := c.unused(a); ok {
				c.shut(i)
				break
			}
		}
		if !c.descriptors.take() {
			return -1, nil
		}
	}
	domain, level, option := unix.AF_INET, unix.SOL_IP, unix.IP_RECVERR
	if address.Is6() {
		domain, level, option = unix.AF_INET6, unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	fd, err := c.system.socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err == nil {
		// The reset that a linger of zero sends leaves no TIME_WAIT here, which
		// would use up the ephemeral ports of a sweep.
		err = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		if err == nil {
			err = unix.SetsockoptInt(fd, level, option, 1)
		}
		if err != nil {
			err = errors.Join(err, unix.Close(fd))
		}
	}
	if err != nil {
		c.descriptors.give(1)
		return -1, &Error{Op: "socket", Reason: exposure.LocalError, Err: err}
	}
	if n := len(c.free); n > 0 {
		i := c.free[n-1]
		c.free = c.free[:n-1]
		s := &c.slots[i]
		s.fd, s.v6, s.watched = int32(fd), address.Is6(), false
		return i, nil
	}
	c.slots = append(c.slots, slot{fd: int32(fd), v6: address.Is6()})
	return int32(len(c.slots) - 1), nil
}

// shut closes a slot's socket.
func (c *Connector) shut(i int32) {
	s := &c.slots[i]
	_ = unix.Close(int(s.fd))
	s.state, s.fd = slotFree, -1
	s.generation++
	c.free = append(c.free, i)
	c.descriptors.give(1)
}

// reusable keeps a socket for another attempt: to open one and close it costs
// as much as to connect it. It is as good as new, since it is disconnected and
// its port is free.
func (c *Connector) reusable(i int32) bool {
	if c.idling >= maxIdle {
		return false
	}
	s := &c.slots[i]
	s.state = slotIdle
	c.idle[s.address] = append(c.idle[s.address], i)
	c.idling++
	return true
}

// unused takes one of the sockets that are kept for an address.
func (c *Connector) unused(address netip.Addr) (int32, bool) {
	kept := c.idle[address]
	if len(kept) == 0 {
		return 0, false
	}
	last := len(kept) - 1
	c.idling--
	c.idle[address] = kept[:last]
	return kept[last], true
}

// maxIdle bounds the sockets that are kept: enough for all whose patience ends
// at about the same time.
const maxIdle = 16384

// disconnect takes an attempt back, as connect(2) has it, and clears the error
// that it leaves.
func disconnect(fd int) error {
	unspecified := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&unspecified)), unsafe.Sizeof(unspecified))
	if errno != 0 {
		return errno
	}
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	return err
}

// sockaddr fills the connector's own sockaddr of the family.
func (c *Connector) sockaddr(to netip.AddrPort) (unix.Sockaddr, error) {
	a := to.Addr()
	if a.Is4() {
		c.v4.Addr, c.v4.Port = a.As4(), int(to.Port())
		return &c.v4, nil
	}
	zone, err := zoneIndex(c.zones, a.Zone())
	if err != nil {
		return nil, err
	}
	c.v6.Addr, c.v6.Port, c.v6.ZoneId = a.As16(), int(to.Port()), zone
	return &c.v6, nil
}
