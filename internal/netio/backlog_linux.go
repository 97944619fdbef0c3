package netio

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memInfoDrops is where the kernel counts what it had no room for in the answer
// to SO_MEMINFO (linux/sock_diag.h, SK_MEMINFO_DROPS).
const memInfoDrops = 8

// Backlog asks for room for so many bytes of datagrams that nobody has read yet,
// beyond what the system allows everybody if this program may.
func Backlog(c net.PacketConn, bytes int) {
	control(c, func(fd int) {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bytes) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bytes) // as much as there is
		}
	})
}

// Overrun is how many datagrams came to a socket and were lost, since there was
// no room for them; 0 where the system does not tell.
func Overrun(c net.PacketConn) (lost int) {
	control(c, func(fd int) {
		var info [memInfoDrops + 1]uint32
		if option(fd, unix.SOL_SOCKET, unix.SO_MEMINFO, unsafe.Pointer(&info[0]), unsafe.Sizeof(info)) == nil {
			lost = int(info[memInfoDrops])
		}
	})
	return lost
}

func control(c net.PacketConn, do func(fd int)) {
	inner, ok := c.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := inner.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { do(int(fd)) }) // a closed socket has nothing to tell
}
