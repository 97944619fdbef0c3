package netio

import (
	"net/netip"

	"sekisho/internal/exposure"
)

// Flow is one way of a conversation as this machine sends it. Rules of routing
// may look at every part of it.
type Flow struct {
	Transport exposure.Transport
	From, To  netip.AddrPort // From is this machine's
}
