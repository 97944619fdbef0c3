package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/ipv4"

	"sekisho/internal/exposure"
)

// ErrNoLAN is the cause when an interface has no IPv4 network to ask in.
var ErrNoLAN = errors.New("has no IPv4 network with a broadcast address")

// Broadcast sends a datagram to everybody in the IPv4 network of an interface,
// twice, and hands each answer over until the time is up. What comes from
// outside of that network is left out, and so is what comes from the interface
// itself. The datagram never leaves the network.
func Broadcast(ctx context.Context, device string, port uint16, request []byte, end time.Time, each func(from netip.AddrPort, reply []byte)) error {
	network, at, err := lanOf(device)
	if err != nil {
		return err
	}
	return shout(ctx, at, network, netip.AddrPortFrom(lastOf(network), port), request, end, each)
}

// Multicast is Broadcast to those of the network that have joined an IPv4 group.
// The datagram goes out of that interface alone and no router hands it on (its
// TTL is 1, which is what sockets have by themselves).
func Multicast(ctx context.Context, device string, group netip.AddrPort, request []byte, end time.Time, each func(from netip.AddrPort, reply []byte)) error {
	network, at, err := lanOf(device)
	if err != nil {
		return err
	}
	return shout(ctx, at, network, group, request, end, each)
}

func shout(ctx context.Context, device *net.Interface, network netip.Prefix, at netip.AddrPort, request []byte, end time.Time, each func(from netip.AddrPort, reply []byte)) error {
	to := net.UDPAddrFromAddrPort(at)
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(network.Addr(), 0)))
	if err != nil {
		return failure(ctx, "listen", netip.AddrPortFrom(network.Addr(), 0), err)
	}
	defer conn.Close()
	if at.Addr().IsMulticast() {
		// The socket's address alone says by which interface it goes on some systems only.
		if err := ipv4.NewPacketConn(conn).SetMulticastInterface(device); err != nil {
			return failure(ctx, "send", at, err)
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	half := time.Now().Add(time.Until(end) / 2)
	for _, until := range []time.Time{half, end} {
		if _, err := conn.WriteTo(request, to); err != nil {
			return failure(ctx, "send", to.AddrPort(), err)
		}
		if err := collect(ctx, conn, network, until, each); err != nil {
			return err
		}
	}
	return nil
}

// maxAnswers bounds the datagrams that are looked at after one question.
const maxAnswers = 4096

func collect(ctx context.Context, conn *net.UDPConn, network netip.Prefix, until time.Time, each func(netip.AddrPort, []byte)) error {
	if err := conn.SetReadDeadline(until); err != nil {
		return failure(ctx, "receive", netip.AddrPort{}, err)
	}
	buf := make([]byte, maxDatagram)
	for range maxAnswers {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case ctx.Err() != nil:
			return failure(ctx, "receive", netip.AddrPort{}, ctx.Err())
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return failure(ctx, "receive", netip.AddrPort{}, err)
		}
		if a := from.Addr().Unmap(); network.Contains(a) && a != network.Addr() {
			each(netip.AddrPortFrom(a, from.Port()), buf[:n])
		}
	}
	return nil
}

// lanOf is the first IPv4 network of an interface that can be asked as a whole,
// with the interface's own address in it.
func lanOf(device string) (netip.Prefix, *net.Interface, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return netip.Prefix{}, nil, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s: %w", device, err)}
	}
	addresses, err := i.Addrs()
	if err != nil {
		return netip.Prefix{}, nil, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s: %w", device, err)}
	}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && p.Bits() < 31 && i.Flags&net.FlagBroadcast != 0 {
			return p, i, nil
		}
	}
	return netip.Prefix{}, nil, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s %w", device, ErrNoLAN)}
}

// lastOf is the last address of a network, at which everybody in it listens.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}
