//go:build unix

package netio

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// shareSource lets a socket have a source port to which an earlier connection
// of this machine, which the peer ended, still holds on for a minute.
func shareSource(_, _ string, raw syscall.RawConn) error {
	var err error
	if ctl := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) }); ctl != nil {
		return ctl
	}
	return err
}
