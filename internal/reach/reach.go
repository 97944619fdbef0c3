// Package reach tells what kind of address an address is: whether it belongs to
// the public Internet, to a local network, to this machine, or to one of the
// blocks that IANA keeps for special purposes (RFC 6890).
package reach

import (
	"net/netip"
	"slices"
)

// Kind is what is known of an address from its number alone. The zero Kind
// belongs to no address and is not global.
type Kind struct {
	// Prefix is the most specific block that holds the address, Name what its
	// registry calls it and RFC where that is written, with the section. All
	// three are empty for an ordinary address.
	Prefix netip.Prefix
	Name   string
	RFC    string
	// Reachable is what the registry says of the block: many are special and
	// reachable from everywhere all the same, such as anycast to AS112.
	Reachable Reachable
	// Embedded is the IPv4 address that an IPv6 address of a transition
	// mechanism stands for and to which its packets go in the end; invalid when
	// there is none or when it cannot be told.
	Embedded netip.Addr

	ordinary bool
}

// Reachable is an answer of a registry. Unsaid is the zero value: for 6to4 and
// Teredo the registry refers to the RFC, for some ended blocks it says nothing.
type Reachable uint8

// The answers.
const (
	Unsaid Reachable = iota
	Yes
	No
)

// Global reports whether the address is an ordinary one of the public Internet:
// in no special-purpose block at all, not even in one that is globally
// reachable. A mapped, translated or tunnelled IPv4 address is never global,
// whatever it stands for, so that a refusal cannot be passed by writing an
// address in another form.
func (k Kind) Global() bool { return k.ordinary }

// Classify tells the kind of an address by the most specific block that holds
// it. A zone does not matter, and an IPv4-mapped address is not taken for the
// IPv4 address inside: unmap it first where the two mean the same, as the
// addresses of accepted connections do.
func Classify(a netip.Addr) Kind {
	if !a.IsValid() {
		return Kind{}
	}
	// netip.Prefix contains no address with a zone, so that fe80::1%eth0 would
	// be in no block at all.
	a = a.WithZone("")
	blocks := registry()
	i := slices.IndexFunc(blocks, func(k Kind) bool { return k.Prefix.Contains(a) })
	if i < 0 {
		return Kind{Reachable: Yes, ordinary: true}
	}
	k := blocks[i]
	k.Embedded = embedded(a)
	return k
}

// Global reports whether a is an ordinary address of the public Internet, see
// [Kind.Global]. It is the question of who may be a visitor or a target over
// the Internet. It is not the question of consent, since strangers live at
// other addresses too (carrier networks, 6to4, NAT64): ask for consent wherever
// neither [Loopback] nor [LAN] holds.
func Global(a netip.Addr) bool { return Classify(a).Global() }

// sharedSpace is the address space between a carrier and its customers (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// Shared reports whether a is of the space that a carrier shares among its
// customers (RFC 6598 section 7).
func Shared(a netip.Addr) bool { return sharedSpace.Contains(a) }

// Loopback reports whether packets to a stay in this machine: 127.0.0.0/8 and
// ::1, and 127.0.0.0/8 in its IPv4-mapped form, which systems treat the same.
func Loopback(a netip.Addr) bool { return a.Unmap().IsLoopback() }

// LAN reports whether a is an address of a local network, where other machines
// of the same household or firm live: private and link-local IPv4, and
// unique-local, link-local and the former site-local IPv6. Shared addresses of
// carriers (100.64.0.0/10) are not: the neighbours there are strangers.
func LAN(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLinkLocalUnicast() || siteLocal.Contains(a.WithZone(""))
}

// siteLocal was deprecated by RFC 3879 and is in no registry; old networks
// have it still and nothing routes it.
var siteLocal = netip.MustParsePrefix("fec0::/10")
