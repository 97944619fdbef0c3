//go:build !linux

package netio

import (
	"context"
	"net/netip"
	"time"
)

// Lifetime tells nothing: only Linux is asked for it.
func Lifetime(context.Context, netip.AddrPort, time.Duration) (left int, ok bool) { return 0, false }
