//go:build !linux

package netio

import (
	"net"
	"net/netip"
	"syscall"

	"sekisho/internal/exposure"
)

// watchErrors does nothing: only Linux queues ICMP errors with their sender.
func watchErrors(_, _ string, _ syscall.RawConn) error { return nil }

// queuedError has nothing to tell: only Linux queues ICMP errors.
func queuedError(net.Conn) (exposure.Reason, netip.Addr, bool) { return "", netip.Addr{}, false }
