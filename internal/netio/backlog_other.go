//go:build !linux

package netio

import "net"

// Backlog asks for room for so many bytes of datagrams that nobody has read yet.
func Backlog(c net.PacketConn, bytes int) {
	if u, ok := c.(*net.UDPConn); ok {
		_ = u.SetReadBuffer(bytes) // as much as there is
	}
}

// Overrun is how many datagrams came to a socket and were lost, since there was
// no room for them; 0 where the system does not tell.
func Overrun(net.PacketConn) int { return 0 }
