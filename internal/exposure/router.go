package exposure

import (
	"net/netip"
	"slices"

	"sekisho/internal/untrusted"
)

// RouterSource is who told something of a router: the router by one of three
// protocols, or the person who read it off its pages.
type RouterSource string

// The sources.
const (
	RouterUPnP   RouterSource = "upnp"
	RouterNATPMP RouterSource = "nat-pmp"
	RouterPCP    RouterSource = "pcp"
	RouterPerson RouterSource = "person"
)

// WANKind is what kind of address the outer address of a router is: that decides
// whether anybody outside can reach it.
type WANKind string

// The kinds. A private one lies behind another router, a shared one behind a
// carrier's (RFC 6598); special is any other that the Internet does not route.
const (
	WANGlobal  WANKind = "global"
	WANPrivate WANKind = "private"
	WANShared  WANKind = "shared"
	WANSpecial WANKind = "special"
)

// Router is the router before this machine, as it tells of itself and as the
// person tells of it. What is absent is not known, which is never the same as
// "no".
type Router struct {
	Gateway netip.Addr     `json:"gateway,omitzero"` // its address on this side
	Product untrusted.Text `json:"product,omitzero"`
	Page    string         `json:"page,omitempty"` // the address of its settings, when something answers there
	Sources []RouterSource `json:"sources,omitempty"`
	WAN     netip.Addr     `json:"wan,omitzero"` // its outer IPv4 address
	WANKind WANKind        `json:"wan_kind,omitempty"`
	// Own are further addresses that the person says are the router's, so that
	// what it answers from them is known to be its.
	Own []netip.Addr `json:"own,omitempty"`
	// Forwards are the ports that it sends on, and the openings of its filter for
	// IPv6, where nothing is rewritten. Whole says that these are all, which no
	// list of UPnP can: many routers leave out what was set by hand.
	Forwards []RouterForward `json:"forwards,omitempty"`
	Whole    bool            `json:"whole,omitempty"`
	Cut      bool            `json:"cut,omitempty"` // its own list is longer, or ended in an error
	// DMZ is whom it sends everything to that no forward names; NoDMZ says that
	// there is nobody.
	DMZ   netip.Addr `json:"dmz,omitzero"`
	NoDMZ bool       `json:"no_dmz,omitempty"`
	// Blocks are ports that its packet filter stops though they are forwarded;
	// NoBlocks says that there are none.
	Blocks   []RouterPort     `json:"blocks,omitempty"`
	NoBlocks bool             `json:"no_blocks,omitempty"`
	Filter6  *RouterFilter6   `json:"ipv6_filter,omitempty"`
	Asked    []RouterQuestion `json:"asked,omitempty"`
}

// RouterForward is one port that a router sends on to a host behind it.
type RouterForward struct {
	Transport   Transport      `json:"transport"`
	Outer       uint16         `json:"outer"` // 0 stands for every port that no other entry names
	To          netip.AddrPort `json:"to"`
	Remote      netip.Addr     `json:"remote,omitzero"` // whom alone it is for
	Off         bool           `json:"off,omitempty"`   // listed and switched off
	Description untrusted.Text `json:"description,omitzero"`
	LeaseS      int            `json:"lease_s,omitempty"` // how long it lasts; absent: until it is deleted
	// Requested says that a program asked for it: it was not set by hand.
	Requested bool         `json:"requested,omitempty"`
	Source    RouterSource `json:"source"`
}

// Matches reports whether the forward is of a port, and in force for everybody.
func (f RouterForward) Matches(t Transport, port uint16) bool {
	return !f.Off && !f.Remote.IsValid() && f.Transport == t && (f.Outer == port || f.Outer == 0)
}

// RouterPort is a port of a transport.
type RouterPort struct {
	Transport Transport `json:"transport"`
	Port      uint16    `json:"port"`
}

// RouterFilter6 is the filter of a router for IPv6.
type RouterFilter6 struct {
	On    bool `json:"on"`
	Whole bool `json:"whole,omitempty"` // the forwards to IPv6 addresses are all that it lets through
}

// RouterResult is what became of asking a router.
type RouterResult string

// The results.
const (
	RouterAnswered RouterResult = "answered"
	RouterRefused  RouterResult = "refused"
	RouterSilent   RouterResult = "silent"
	RouterFailed   RouterResult = "failed"
)

// RouterQuestion is what became of asking a router by one protocol.
type RouterQuestion struct {
	Source RouterSource   `json:"source"`
	Result RouterResult   `json:"result"`
	Why    untrusted.Text `json:"why,omitzero"`   // of refused and failed
	Since  int            `json:"up_s,omitempty"` // for how many seconds it has kept its list
}

// Told reports whether a source told anything.
func (r *Router) Told(s RouterSource) bool { return r != nil && slices.Contains(r.Sources, s) }
