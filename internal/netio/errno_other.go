//go:build !windows

package netio

import "syscall"

// portable returns the errno as it is: only Windows has numbers of its own.
func portable(errno syscall.Errno) syscall.Errno { return errno }
