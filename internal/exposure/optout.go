package exposure

import (
	"net/netip"
	"time"
)

// OptOut is a network that is not to be looked at, as it is kept.
type OptOut struct {
	Network netip.Prefix
	Since   time.Time
	// Why is what the owner of the service wrote beside it, such as who asked.
	Why string
}
