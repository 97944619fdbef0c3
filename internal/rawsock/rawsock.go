// Package rawsock puts whole IP packets on the wire and takes the answers off
// it: batched sending through the queueing discipline, receiving through a
// ring that the kernel fills and a filter that it runs; and it listens to what
// others send and this machine answers. It stands on two
// packet sockets that somebody with the permission may have opened before, and
// needs no permission afterwards. Linux only: elsewhere Open returns an error
// that names the system.
package rawsock

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"time"
)

// Protocol is what a packet is, in the numbers of Ethernet (RFC 9542 appendix
// B).
type Protocol uint16

// The protocols that a Socket sends and receives.
const (
	IPv4 Protocol = 0x0800
	ARP  Protocol = 0x0806
	IPv6 Protocol = 0x86dd
)

// Ports is the range of source ports that the probes use, both ends included.
// The filter lets nothing else through.
type Ports struct {
	First, Last uint16
}

// Link is where a packet goes: out of which interface and, where the link has
// addresses, to which. A tunnel has none, and HardwareLen is 0.
type Link struct {
	Index       int
	Hardware    [8]byte
	HardwareLen uint8
}

// Frame is one packet to send, from its network header on.
type Frame struct {
	Link     *Link
	Protocol Protocol
	Data     []byte
}

// Packet is one packet that was received, from its network header on. Data
// belongs to the ring: it is valid until the function that got it returns.
type Packet struct {
	Data     []byte
	Protocol Protocol
	Index    int // the interface that it came in by
	At       time.Time
	// Unsummed tells that the sender left the transport checksum to a network
	// card that there is none of, as between two network namespaces: the sum
	// in the packet is unfinished and says nothing.
	Unsummed bool

	// Of a Tap alone.
	Outgoing bool   // this machine sent it
	VLAN     uint16 // of the tag that it had, 0 for none: a packet seen before its VLAN's own interface takes it
	Cut      bool   // Data is only its beginning
}

// Talk is what a Tap listens to, each of these: the packets between this machine
// and peers, whatever their ports, since a router on the way may have changed
// those; those of anybody from or to ports, and ICMP errors; and every TCP
// segment that begins or refuses a connection, since a router may have changed
// its source too.
type Talk struct {
	Peers       []netip.Addr
	Ports       []uint16
	Connections bool
	Everybody   bool // every packet of IP from anybody and to anybody
}

// The bounds of a Talk: the program that the kernel runs has a length.
const (
	MostPeers = 16
	MostPorts = 64
)

// Error is what an operation on a raw socket ended in. It is always a fault of
// this machine or a limit of it, never something that a peer said.
type Error struct {
	Op  string // open, filter, ring, send, receive
	Err error
}

// Error says what was tried and, where permission was missing, which one.
func (e *Error) Error() string {
	if errors.Is(e.Err, fs.ErrPermission) {
		return fmt.Sprintf("raw socket: %s: %v (needs root or the capability CAP_NET_RAW)", e.Op, e.Err)
	}
	return fmt.Sprintf("raw socket: %s: %v", e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
