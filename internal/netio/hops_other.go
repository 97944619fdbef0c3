//go:build !linux

package netio

import (
	"context"
	"net/netip"
	"time"

	"sekisho/internal/exposure"
)

// Reach tells nothing: only Linux says who ended a connection attempt.
func (h *Handshaker) Reach(context.Context, netip.AddrPort, int, time.Duration) Reached {
	return Reached{Reason: exposure.LocalError}
}
