package firewall

import (
	"net/netip"

	"sekisho/internal/exposure"
)

// Numbers of protocols (IANA assigned internet protocol numbers).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// Machine is what the evaluation must know of the machine beside its rules. All
// of it is read, none guessed: what is not known says so.
type Machine struct {
	Interfaces []Interface
	Routes     []Route
	// Forward4 and Forward6 say whether the machine hands packets on that are not
	// for itself; LoopbackRouted whether 127.0.0.0/8 is taken from other
	// interfaces than lo (route_localnet). nil is not known.
	Forward4, Forward6, LoopbackRouted *bool
}

// Interface is one network device.
type Interface struct {
	Name     string
	Index    int
	Loopback bool
	Bridge   bool
	// Prefixes are its addresses with their length, in the order in which the
	// kernel lists them: a redirect leads to the first.
	Prefixes []netip.Prefix
}

// Route is one way of the main table. A valid Via is the next router.
type Route struct {
	To     netip.Prefix
	Device string
	Via    netip.Addr
	Metric int
}

// Packet is a packet to ask about: the first of a connection (or a datagram that
// belongs to none), or with Established one of a connection that was answered.
type Packet struct {
	Transport exposure.Transport // TCP, UDP or ICMP (echo request)
	// In is the interface that the packet comes in by. Empty asks about a packet
	// that this machine sends itself: to its own addresses it comes back over lo.
	In          string
	Source      netip.Addr
	SourcePort  uint16
	Destination netip.Addr
	Port        uint16
	Established bool
}

// Verdict is what becomes of a packet.
type Verdict string

// The verdicts. CannotSay is the zero value.
const (
	CannotSay Verdict = "cannot-say"
	Accept    Verdict = "accept"
	Drop      Verdict = "drop"
	Reject    Verdict = "reject"
)

// Path is the way of a packet through the machine.
type Path string

// The paths: to a process of the machine, through it, or from it to outside.
const (
	PathInput   Path = "input"
	PathForward Path = "forward"
	PathOutput  Path = "output"
)

// Decision is what becomes of a packet and why.
type Decision struct {
	Verdict Verdict
	Reason  exposure.Reason // of Reject: what the sender gets
	Path    Path            // empty when the packet ended before its way parted
	// To is where the packet goes after the rules rewrote its destination; not
	// valid when they did not.
	To netip.AddrPort
	// Replying means that the packet came through and what answers it did not.
	Replying bool
	Rules    []exposure.FirewallRule // that decided, in their order
	// Of CannotSay: what may become of it, and the rules that could not be
	// evaluated, each with the reason.
	Possible []Verdict
	Doubts   []exposure.FirewallRule
}

func (m *Machine) device(name string) *Interface {
	for i := range m.Interfaces {
		if m.Interfaces[i].Name == name {
			return &m.Interfaces[i]
		}
	}
	return nil
}

// owner is the interface that has an address.
func (m *Machine) owner(a netip.Addr) *Interface {
	a = a.WithZone("")
	for i := range m.Interfaces {
		for _, p := range m.Interfaces[i].Prefixes {
			if p.Addr().WithZone("") == a || a.Is4() && m.Interfaces[i].Loopback && p.Contains(a) {
				return &m.Interfaces[i]
			}
		}
	}
	return nil
}

// route is the interface by which an address is reached: the longest prefix, then
// the smallest metric.
func (m *Machine) route(a netip.Addr) *Interface {
	best, bits, metric := "", -1, 0
	try := func(p netip.Prefix, device string, cost int) {
		if p.Addr().Is4() == a.Is4() && p.Masked().Contains(a.WithZone("")) && (p.Bits() > bits || p.Bits() == bits && cost < metric) {
			best, bits, metric = device, p.Bits(), cost
		}
	}
	for _, i := range m.Interfaces {
		for _, p := range i.Prefixes {
			try(p, i.Name, 0)
		}
	}
	for _, r := range m.Routes {
		try(r.To, r.Device, r.Metric)
	}
	return m.device(best)
}

// reaches reports whether some route to the address goes by the interface.
func (m *Machine) reaches(a netip.Addr, device string) bool {
	for _, i := range m.Interfaces {
		for _, p := range i.Prefixes {
			if i.Name == device && p.Masked().Contains(a.WithZone("")) {
				return true
			}
		}
	}
	for _, r := range m.Routes {
		if r.Device == device && r.To.Contains(a.WithZone("")) {
			return true
		}
	}
	return false
}

// broadcast reports whether an address means all of a net.
func (m *Machine) broadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	if a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	for _, i := range m.Interfaces {
		for _, p := range i.Prefixes {
			if p.Addr().Is4() && p.Bits() < 31 && p.Masked().Contains(a) && prefixSpan(p).hi == address(a) {
				return true
			}
		}
	}
	return false
}
