package exposure

import "net/netip"

// NATKind is what changes addresses between this household and the Internet,
// over IPv4.
type NATKind string

// The kinds. Unknown is also where what is known does not decide.
const (
	NATNone    NATKind = "none" // this machine has a public address itself
	NATOne     NATKind = "one"  // the household's own router
	NATDouble  NATKind = "double"
	NATCarrier NATKind = "cgnat"
	NATDSLite  NATKind = "ds-lite"
	NATMAPE    NATKind = "map-e"
	NATUnknown NATKind = "unknown"
)

// Access is what lies between this household and the Internet, and how that is
// known.
type Access struct {
	Kind      NATKind       `json:"kind"`
	Certainty Certainty     `json:"certainty,omitempty"` // absent when the kind is unknown
	Evidence  []string      `json:"evidence,omitempty"`  // in the language of the document
	Public    []PublicSight `json:"public,omitempty"`    // the addresses that others see
	AFTR      string        `json:"aftr,omitempty"`      // the far end of DS-Lite that a DHCPv6 server named
	MAPE      *PortSet      `json:"map_e,omitempty"`
}

// PublicSight is an address that somebody outside sees this household come from.
type PublicSight struct {
	Address netip.Addr `json:"address"`
	By      string     `json:"by"`
}

// PortSet is what MAP-E gives to this household (RFC 7597).
type PortSet struct {
	IPv4       netip.Prefix `json:"ipv4"` // one address, or a prefix
	PSID       int          `json:"psid"`
	PSIDLength int          `json:"psid_length"` // 0: the address is its own with all ports
	PSIDOffset int          `json:"psid_offset"`
	Ports      []string     `json:"ports,omitempty"` // runs: 1232-1235
	Count      int          `json:"count"`
	Relay      netip.Addr   `json:"relay,omitzero"`
	From       string       `json:"from"` // the file of the rule, or DHCPv6
}
