package netio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"sekisho/internal/exposure"
)

// ErrNoLAN is the cause when an interface has no IPv4 network to ask in.
var ErrNoLAN = errors.New("has no IPv4 network with a broadcast address")

// Broadcast sends a datagram to everybody in the IPv4 network of an interface,
// twice, and hands each answer over until the time is up. What comes from
// outside of that network is left out, and so is what comes from the interface
// itself. The datagram never leaves the network.
func Broadcast(ctx context.Context, device string, port uint16, request []byte, end time.Time, each func(from netip.AddrPort, reply []byte)) error {
	network, err := lanOf(device)
	if err != nil {
		return err
	}
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(lastOf(network), port))
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(network.Addr(), 0)))
	if err != nil {
		return failure(ctx, "listen", netip.AddrPortFrom(network.Addr(), 0), err)
	}
	defer conn.Close()
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
func lanOf(device string) (netip.Prefix, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return netip.Prefix{}, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s: %w", device, err)}
	}
	addresses, err := i.Addrs()
	if err != nil {
		return netip.Prefix{}, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s: %w", device, err)}
	}
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a.String())
		if err == nil && p.Addr().Is4() && p.Bits() < 31 && i.Flags&net.FlagBroadcast != 0 {
			return p, nil
		}
	}
	return netip.Prefix{}, &Error{Op: "listen", Reason: exposure.LocalError, Err: fmt.Errorf("interface %s %w", device, ErrNoLAN)}
}

// lastOf is the last address of a network, at which everybody in it listens.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(b)
}
