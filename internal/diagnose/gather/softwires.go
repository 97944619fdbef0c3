package gather

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"time"

	"sekisho/internal/wire/dhcp6"
)

// The ports of DHCPv6 (RFC 8415 section 7.2). Servers answer to the client's port
// whatever port asked.
const (
	dhcp6Client = 546
	dhcp6Server = 547
)

// allServers is where every DHCPv6 server and relay of a link listens (RFC 8415
// section 7.1). It never leaves the link.
var allServers = netip.MustParseAddr("ff02::1:2")

// Each of softwireTries questions is waited for softwireWait (RFC 8415 section
// 7.6, INF_TIMEOUT).
const (
	softwireTries = 3
	softwireWait  = time.Second
)

// Errors of a question to the DHCPv6 servers of a link.
var (
	ErrNoLinkLocal = errors.New("the interface has no link-local IPv6 address")
	ErrNoServer    = errors.New("no DHCPv6 server answered")
)

// Softwires asks the DHCPv6 servers on the link of an interface how IPv4 gets to
// the Internet there: by one Information-request, which takes nothing (RFC 8415
// section 18.2.6). It needs the right to use port 546, and that no DHCPv6 client
// of the machine has it.
func Softwires(ctx context.Context, device string) (dhcp6.Settings, error) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		return dhcp6.Settings{}, fmt.Errorf("interface %s: %w", device, err)
	}
	own, err := linkLocal(i)
	if err != nil {
		return dhcp6.Settings{}, fmt.Errorf("interface %s: %w", device, err)
	}
	conn, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.AddrPortFrom(own, dhcp6Client)))
	if err != nil {
		return dhcp6.Settings{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(allServers.WithZone(device), dhcp6Server))
	id, start := rand.Uint32(), time.Now()
	for range softwireTries {
		asked := dhcp6.InformationRequest(id, i.HardwareAddr, uint16(min(time.Since(start)/(10*time.Millisecond), 1<<16-1)))
		if _, err := conn.WriteTo(asked, to); err != nil {
			return dhcp6.Settings{}, err
		}
		reply, err := softwireReply(conn, asked)
		switch {
		case err == nil:
			return dhcp6.Parse(reply)
		case ctx.Err() != nil:
			return dhcp6.Settings{}, ctx.Err()
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return dhcp6.Settings{}, err
		}
	}
	return dhcp6.Settings{}, ErrNoServer
}

// maxReplies bounds the datagrams that are looked at after one question.
const maxReplies = 100

func softwireReply(conn *net.UDPConn, asked []byte) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(softwireWait)); err != nil {
		return nil, err
	}
	buf := make([]byte, 4096)
	for range maxReplies {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if dhcp6.Answers(asked, buf[:n]) {
			return buf[:n], nil
		}
	}
	return nil, os.ErrDeadlineExceeded
}

// linkLocal is the address of an interface that its link knows it by.
func linkLocal(i *net.Interface) (netip.Addr, error) {
	addresses, err := i.Addrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
			return p.Addr().WithZone(i.Name), nil
		}
	}
	return netip.Addr{}, ErrNoLinkLocal
}
