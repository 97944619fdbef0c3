package netio

import (
	"net"
	"syscall"
	"time"
)

// RoundTrip is how long the way to the other end of a connection and back takes,
// as the kernel has measured it: about the most that the next round may take. It
// is 0 where that is not known. What a connection is wrapped in, TLS for instance,
// has to tell it by NetConn.
func RoundTrip(c net.Conn) time.Duration {
	for {
		if raw, ok := c.(syscall.Conn); ok {
			return roundTrip(raw)
		}
		inner, ok := c.(interface{ NetConn() net.Conn })
		if !ok {
			return 0
		}
		c = inner.NetConn()
	}
}
