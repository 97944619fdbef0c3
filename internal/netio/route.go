package netio

import "net/netip"

// Route is how a packet leaves this machine for one address.
type Route struct {
	Source  netip.Addr // what the kernel would send from
	NextHop netip.Addr // the gateway, or the address itself
	Index   int        // the interface
	// Own tells that the way leads back into this machine.
	Own bool
	// Raw tells that whole packets can be put on this link: it goes to one
	// host, over a link whose frames we can address.
	Raw bool
	// Neighbours tells that NextHop's link address must be known, as on
	// Ethernet; a tunnel has none. Hardware is our own, or what every packet
	// of a link without neighbours is addressed to.
	Neighbours bool
	Hardware   HardwareAddr
}

// HardwareAddr is a link address of Ethernet's kind.
type HardwareAddr [6]byte

// Neighbour is what the kernel knows of one on a link.
type Neighbour struct {
	Hardware HardwareAddr
	Lasting  bool // set by hand, or by the kind of address: never to be asked for
}
