package netio

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Routes asks the kernel about ways and neighbours. It belongs to the network
// namespace of the goroutine that opened it, and may be used by many at once.
type Routes struct {
	handle *netlink.Handle

	mu     sync.Mutex
	links  map[int]netlink.Link // of a moment ago, and so are the zones and what is enciphered
	zones  map[string]uint32
	hidden []netip.Prefix
	since  time.Time
}

// linksLast is how long what is known of interfaces is used again: a scan of
// many addresses asks for the same one, and between two scans an interface may
// have been put in the place of another.
const linksLast = time.Second

// OpenRoutes opens the door to the kernel's tables; it needs no permission.
func OpenRoutes() (*Routes, error) {
	h, err := openHandle()
	if err != nil {
		return nil, err
	}
	return &Routes{handle: h}, nil
}

// Close closes it.
func (r *Routes) Close() { r.handle.Close() }

// To returns the way to an address. That there is none is an *Error whose
// Reason says why, by exposure.Local.
func (r *Routes) To(target netip.Addr) (Route, error) {
	way, err := r.to(target)
	if err != nil {
		return Route{}, &Error{
			Op: "route", Target: netip.AddrPortFrom(target, 0), Reason: noRoute(err), By: exposure.Local, Err: err,
		}
	}
	return way, nil
}

// noRoute is the kernel's word about a way: that there is none, or a fault of
// its own.
func noRoute(err error) exposure.Reason {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return exposure.LocalError
	}
	return EvidenceOf(errno)
}

func (r *Routes) to(target netip.Addr) (Route, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.since) > linksLast {
		r.links, r.zones, r.since = map[int]netlink.Link{}, map[string]uint32{}, now
		r.hidden = enciphered(r.handle)
	}
	target = target.Unmap()
	zone, err := zoneIndex(r.zones, target.Zone())
	if err != nil {
		return Route{}, err
	}
	found, err := r.handle.RouteGetWithOptions(target.AsSlice(), &netlink.RouteGetOptions{OifIndex: int(zone)})
	if err != nil {
		return Route{}, err
	}
	if len(found) != 1 {
		return Route{}, unix.ENETUNREACH
	}
	route := found[0]
	link, err := r.link(route.LinkIndex)
	if err != nil {
		return Route{}, err
	}
	way := Route{Index: route.LinkIndex, NextHop: target.WithZone("")}
	way.Source, _ = netip.AddrFromSlice(route.Src)
	way.Source = way.Source.Unmap()
	if gateway, ok := netip.AddrFromSlice(route.Gw); ok {
		way.NextHop = gateway.Unmap()
	}
	attributes := link.Attrs()
	way.Own = route.Type == unix.RTN_LOCAL || attributes.Flags&net.FlagLoopback != 0
	// Encapsulated routes, IPsec and IPv4 by way of an IPv6 gateway are rare,
	// and right only in the kernel's hands. A link-local address without its zone
	// could be on any link.
	way.Raw = !way.Own && route.Type == unix.RTN_UNICAST && way.Source.IsValid() &&
		route.Encap == nil && route.Via == nil && !slices.ContainsFunc(r.hidden, covers(target)) &&
		(zone != 0 || !target.Is6() || !target.IsLinkLocalUnicast()) && way.onLink(attributes)
	return way, nil
}

func covers(target netip.Addr) func(netip.Prefix) bool {
	target = target.WithZone("") // a prefix never holds an address with one
	return func(p netip.Prefix) bool { return p.Contains(target) }
}

// onLink fills in what addresses frames on the link, and reports whether they
// can be addressed. The types are those of ARPHRD_* as netlink words them.
func (w *Route) onLink(attributes *netlink.LinkAttrs) bool {
	switch attributes.EncapType {
	case "ether":
		w.Neighbours = attributes.RawFlags&unix.IFF_NOARP == 0
		return copy(w.Hardware[:], attributes.HardwareAddr) == len(w.Hardware)
	case "none", "ppp", "rawip":
		return true
	}
	return false
}

func (r *Routes) link(index int) (netlink.Link, error) {
	if link, ok := r.links[index]; ok {
		return link, nil
	}
	link, err := r.handle.LinkByIndex(index)
	if err == nil {
		r.links[index] = link
	}
	return link, err
}

// Neighbours returns the neighbours on an interface that the kernel is sure
// of. Those that it has not heard of lately are left out: they may be gone.
func (r *Routes) Neighbours(index int) (map[netip.Addr]Neighbour, error) {
	list, err := r.handle.NeighListExecute(netlink.Ndmsg{Index: uint32(index)})
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, err
	}
	known := make(map[netip.Addr]Neighbour, len(list))
	for _, n := range list {
		const lasting = netlink.NUD_PERMANENT | netlink.NUD_NOARP
		addr, ok := netip.AddrFromSlice(n.IP)
		if ok && n.State&(lasting|netlink.NUD_REACHABLE) != 0 && len(n.HardwareAddr) == len(HardwareAddr{}) {
			known[addr.Unmap()] = Neighbour{HardwareAddr(n.HardwareAddr), n.State&lasting != 0}
		}
	}
	return known, nil
}
