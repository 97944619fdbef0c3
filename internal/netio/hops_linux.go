package netio

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Reach connects with packets that live for so many hops, and waits until
// somebody answers or says that they died. It is made with a socket of the
// kernel, which forgets about it with a reset.
func (h *Handshaker) Reach(ctx context.Context, to netip.AddrPort, hops int, patience time.Duration) Reached {
	nothing := Reached{Reason: exposure.LocalError}
	if !h.descriptors.take() {
		return nothing
	}
	defer h.descriptors.give(1)
	h.made.Add(1)
	fd, err := mortal(to.Addr(), hops)
	if err != nil {
		return nothing
	}
	defer func() { _ = unix.Close(fd) }()
	sockaddr, err := sockaddrOf(to, map[string]uint32{})
	if err != nil {
		return nothing
	}
	if err := unix.Connect(fd, sockaddr); err != nil && err != unix.EINPROGRESS {
		return nothing
	}
	for end := time.Now().Add(patience); ; {
		const slice = 100 * time.Millisecond // in which the end of ctx is seen
		left := time.Until(end)
		if left <= 0 || ctx.Err() != nil {
			return Reached{Reason: exposure.NoResponse}
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, milliseconds(min(left, slice)))
		if n > 0 {
			return reached(fd)
		}
		if err != nil && err != unix.EINTR {
			return nothing
		}
	}
}

// mortal opens a socket whose packets live for so many hops.
func mortal(to netip.Addr, hops int) (int, error) {
	domain, level, limit, watch := unix.AF_INET, unix.SOL_IP, unix.IP_TTL, unix.IP_RECVERR
	if to.Is6() {
		domain, level, limit, watch = unix.AF_INET6, unix.SOL_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_RECVERR
	}
	fd, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, level, limit, hops),
		unix.SetsockoptInt(fd, level, watch, 1),
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}),
	)
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// reached asks the kernel how a connect has ended.
func reached(fd int) Reached {
	oob := make([]byte, 512)
	if _, n, _, _, err := unix.RecvmsgBuffers(fd, [][]byte{make([]byte, 1)}, oob, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT); err == nil {
		if reason, by, ok := parseErrorQueue(oob[:n]); ok {
			return Reached{reason, by}
		}
	}
	errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return Reached{Reason: exposure.LocalError}
	case errno == 0:
		return Reached{Reason: exposure.SynAck}
	}
	return Reached{Reason: EvidenceOf(syscall.Errno(errno))}
}
