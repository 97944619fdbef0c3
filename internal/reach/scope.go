package reach

import (
	"net/netip"
	"slices"
)

// Scope is whom a service that looks at addresses of its callers may look at.
type Scope struct {
	// Own are the addresses of the service itself.
	Own []netip.Addr
	// Near are the networks that the service is connected to and whose private
	// addresses it may look at; none where it serves the Internet.
	Near []netip.Prefix
	// Out are the networks whose owners do not want to be looked at.
	Out []netip.Prefix
	// OutUnread says that the list of those cannot be read: nobody may be looked
	// at then.
	OutUnread bool
}

// Refusal is why an address is not looked at, empty for no refusal.
type Refusal string

// The refusals.
const (
	RefusedOwn     Refusal = "own"     // it is the service's
	RefusedSpecial Refusal = "special" // a registry keeps it for a special purpose
	RefusedAway    Refusal = "away"    // private, and of a network that the service is not connected to
	RefusedNone    Refusal = "none"    // it is no address of a host
	RefusedOut     Refusal = "out"     // its owner does not want it
	RefusedUnread  Refusal = "unread"  // who does not want it cannot be read
)

// Refuses tells why an address may not be looked at. Ordinary addresses of the
// Internet may; of the others only those of local networks that are connected.
func (s Scope) Refuses(a netip.Addr) Refusal {
	if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() {
		return RefusedNone
	}
	if Loopback(a) || slices.Contains(s.Own, a) || slices.Contains(s.Own, a.WithZone("")) {
		return RefusedOwn
	}
	if s.OutUnread {
		return RefusedUnread
	}
	if slices.ContainsFunc(s.Out, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return RefusedOut
	}
	kind := Classify(a)
	if kind.Global() {
		return ""
	}
	if a.Zone() != "" || a.IsLinkLocalUnicast() || !a.IsPrivate() {
		return RefusedSpecial
	}
	for _, p := range s.Near {
		if p.Contains(a) {
			if edge(p, a) {
				return RefusedNone
			}
			return ""
		}
	}
	return RefusedAway
}

// edge reports whether an address is the one of a network itself or that of all
// its hosts (RFC 919 section 7), which IPv4 keeps in networks of more than two.
func edge(p netip.Prefix, a netip.Addr) bool {
	if !a.Is4() || p.Bits() > 30 {
		return false
	}
	b, last := a.As4(), true
	for i := p.Bits(); i < 32; i++ {
		last = last && b[i/8]&(0x80>>(i%8)) != 0
	}
	return last || a == p.Masked().Addr()
}
