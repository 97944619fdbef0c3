package netio

import (
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// windowOf asks for the window that the peer last told.
func windowOf(conn *net.TCPConn) (w window) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return w
	}
	_ = raw.Control(func(fd uintptr) { w = socketWindow(int(fd)) })
	return w
}

// socketWindow is windowOf of a descriptor (tcp(7), TCP_INFO). Kernels before
// 5.4 do not tell the window.
func socketWindow(fd int) window {
	var info unix.TCPInfo
	length := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 || uintptr(length) < unsafe.Offsetof(info.Snd_wnd)+unsafe.Sizeof(info.Snd_wnd) {
		return window{}
	}
	return window{known: true, size: info.Snd_wnd, waiting: info.Unacked > 0 || info.Notsent_bytes > 0}
}
