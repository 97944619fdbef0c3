package netio

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// portable turns a Winsock error into the errno of the same meaning: the
// syscall package's ECONNREFUSED and its like are numbers of its own that no
// Windows call ever returns.
func portable(errno syscall.Errno) syscall.Errno {
	switch errno {
	case windows.WSAECONNREFUSED, windows.ERROR_CONNECTION_REFUSED:
		return syscall.ECONNREFUSED
	case windows.WSAECONNRESET, windows.ERROR_NETNAME_DELETED:
		return syscall.ECONNRESET
	case windows.WSAECONNABORTED, windows.ERROR_CONNECTION_ABORTED:
		return syscall.ECONNABORTED
	case windows.WSAETIMEDOUT, windows.ERROR_SEM_TIMEOUT:
		return syscall.ETIMEDOUT
	case windows.WSAEHOSTUNREACH, windows.ERROR_HOST_UNREACHABLE:
		return syscall.EHOSTUNREACH
	case windows.WSAEHOSTDOWN:
		return syscall.EHOSTDOWN
	case windows.WSAENETUNREACH, windows.ERROR_NETWORK_UNREACHABLE:
		return syscall.ENETUNREACH
	case windows.WSAENETDOWN:
		return syscall.ENETDOWN
	case windows.WSAEADDRINUSE:
		return syscall.EADDRINUSE
	case windows.WSAEADDRNOTAVAIL:
		return syscall.EADDRNOTAVAIL
	case windows.ERROR_PORT_UNREACHABLE:
		return syscall.ECONNREFUSED
	}
	return errno
}
