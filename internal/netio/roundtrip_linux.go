package netio

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// roundTrip asks the kernel for its smoothed round-trip time and the variation of
// that (tcp(7), TCP_INFO; RFC 6298 section 2).
func roundTrip(c syscall.Conn) (d time.Duration) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { // a connection that is closed has no time
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil && info.Rtt > 0 {
			d = time.Duration(info.Rtt+info.Rttvar) * time.Microsecond
		}
	})
	return d
}
