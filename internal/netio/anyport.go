package netio

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// DialAnyPort is Dial for a datagram service that answers from another port
// than the one that was asked, as TFTP does (RFC 1350 section 4): what comes
// first from any port of the address is the peer from then on, and everything
// else is dropped.
func (d *Dialer) DialAnyPort(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	network := "udp6"
	if to.Addr().Unmap().Is4() {
		network, to = "udp4", netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	}
	local := ""
	if d.Source.IsValid() {
		local = d.Source.String()
	} else if from := sourceTowards(ctx, network, to); from.IsValid() {
		local = netip.AddrPortFrom(from, 0).String()
	}
	lc := net.ListenConfig{Control: watchErrors}
	pc, err := lc.ListenPacket(ctx, network, local)
	if err != nil {
		return nil, failure(ctx, "dial", to, err)
	}
	return d.Limits.Bound(ctx, &anyPort{UDPConn: pc.(*net.UDPConn), peer: to}, to), nil
}

// sourceTowards is the address from which this machine sends to another, so that
// a socket that is not connected has it too; invalid when there is no way, which
// sending will tell. Nothing is sent.
func sourceTowards(ctx context.Context, network string, to netip.AddrPort) netip.Addr {
	c, err := new(net.Dialer).DialContext(ctx, network, to.String())
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
}

// anyPort is a socket whose peer may move to another port once.
type anyPort struct {
	*net.UDPConn

	mu    sync.Mutex
	peer  netip.AddrPort
	moved bool
}

// Read reads the next datagram of the peer.
func (c *anyPort) Read(b []byte) (int, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || c.takes(netip.AddrPortFrom(from.Addr().Unmap(), from.Port())) {
			return n, err
		}
	}
}

// takes reports whether a datagram is the peer's, and has the peer stay at the
// port of the first one.
func (c *anyPort) takes(from netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from.Addr().WithZone("") != c.peer.Addr().WithZone("") || c.moved && from.Port() != c.peer.Port() {
		return false
	}
	c.peer, c.moved = netip.AddrPortFrom(c.peer.Addr(), from.Port()), true
	return true
}

// Write sends to where the peer is now.
func (c *anyPort) Write(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, c.at()) }

// RemoteAddr is where the peer is now.
func (c *anyPort) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(c.at()) }

func (c *anyPort) at() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer
}
