//go:build !linux

package hostnet

import "net/netip"

// Leased knows nothing here.
func Leased() (list []netip.Addr, known bool) { return nil, false }
