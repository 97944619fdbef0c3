package netio

import (
	"net/netip"

	"sekisho/internal/exposure"
)

// Reached is who answered a SYN that could go so many hops and no further.
type Reached struct {
	Reason exposure.Reason // NoResponse at the end of the patience
	By     netip.Addr      // of an ICMP error
}

// Answered reports whether somebody answered the SYN itself, as only the one
// does to whom it was addressed, or who takes himself for that.
func (r Reached) Answered() bool {
	return r.Reason == exposure.SynAck || !r.By.IsValid() && (r.Reason == exposure.ConnRefused || r.Reason == exposure.Reset)
}
