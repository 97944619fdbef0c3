package netio

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Lifetime connects to a TCP port and returns with how many hops left (the TTL or
// hop limit) the answer came, be it that it is open or refused: answers of one host
// by one way have the same. It needs the privilege of raw sockets; ok is false
// without it, and when nobody answered.
func Lifetime(ctx context.Context, to netip.AddrPort, wait time.Duration) (left int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	fd, err := openLifetimes(to.Addr().Unmap())
	if err != nil {
		return 0, false
	}
	defer func() { _ = unix.Close(fd) }()
	// The port is ours before the question goes out, so that the answer is known
	// by it.
	source := netip.AddrPortFrom(SourceOf(to.Addr()), 0)
	hold, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(source))
	if err != nil {
		return 0, false
	}
	source = hold.Addr().(*net.TCPAddr).AddrPort()
	_ = hold.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d := Dialer{Source: source, Again: true}
		if c, err := d.Dial(ctx, exposure.TCP, to); err == nil {
			_ = c.Close()
		}
	}()
	defer func() { <-done }()
	left, ok = hearLifetime(ctx, fd, to, source.Port())
	cancel()
	return left, ok
}

// openLifetimes opens a raw socket that hears what comes from an address over TCP,
// with the hops that are left.
func openLifetimes(from netip.Addr) (int, error) {
	domain := unix.AF_INET
	if from.Is6() {
		domain = unix.AF_INET6
	}
	fd, err := unix.Socket(domain, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, err
	}
	if from.Is6() {
		if err := unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVHOPLIMIT, 1); err != nil {
			_ = unix.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

// hearLifetime waits for the answer among what comes.
func hearLifetime(ctx context.Context, fd int, from netip.AddrPort, port uint16) (left int, ok bool) {
	b, oob := make([]byte, 2048), make([]byte, 128)
	for ctx.Err() == nil {
		const slice = 50 // milliseconds, in which the end of ctx is seen
		if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, slice); n == 0 || err != nil {
			continue
		}
		n, m, _, who, err := unix.Recvmsg(fd, b, oob, unix.MSG_DONTWAIT)
		if err != nil || zonedAddrPort(who).Addr().WithZone("") != from.Addr().Unmap().WithZone("") {
			continue
		}
		if left, ok = lifetimeOf(b[:n], oob[:m], from.Addr().Unmap().Is6(), from.Port(), port); ok {
			return left, true
		}
	}
	return 0, false
}

// lifetimeOf reads the hops left of a packet that a raw socket got: of IPv4 they
// are in its header (RFC 791 section 3.1), of IPv6 beside it.
func lifetimeOf(packet, oob []byte, v6 bool, from, to uint16) (left int, ok bool) {
	if !v6 {
		segment := withoutIPv4(packet)
		if len(segment) == len(packet) || !answersTo(segment, from, to) {
			return 0, false
		}
		return int(packet[8]), true
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || !answersTo(packet, from, to) {
		return 0, false
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT && len(m.Data) >= 4 {
			return int(binary.NativeEndian.Uint32(m.Data) & 0xff), true
		}
	}
	return 0, false
}
