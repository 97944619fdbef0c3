package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
)

// Lab is a household and what lies outside of it:
//
//	home ──┐
//	       ├── router ── outside
//	lan  ──┘
//
// Home runs the servers, LAN is another PC on the same segment, Router does
// NAT for IPv4, routes IPv6 and lets in from the WAN only what was forwarded,
// and Outside is a vantage on the other side.
type Lab struct {
	Home, LAN, Router, Outside *Host
	// Carrier stands between Router and Outside where an option of New says so; it
	// is nil otherwise.
	Carrier *Host
	// Gateway4 and Gateway6 are the router's addresses on the LAN.
	Gateway4, Gateway6 netip.Addr

	cables map[Cable]*cable
	relays []*relay
	access Access
}

// Option changes the lab that New raises.
type Option func(*Lab)

// Cable names one of the lab's cables.
type Cable string

// The cables of a lab.
const (
	WAN       Cable = "wan"        // between router and outside
	HomeCable Cable = "home-cable" // between home and the router's switch
	LANCable  Cable = "lan-cable"  // between lan and the router's switch
)

// cable joins an interface of one host to one of another.
type cable struct {
	a, b         *Host
	aName, bName string
	relay        *relay // what the packets pass once the cable was impaired
}

// The addresses of a lab. The LAN has private IPv4 as households do. All
// others are ordinary public ones that no special-purpose registry lists,
// because what is under test refuses those and must not be told otherwise.
var (
	lan4 = netip.MustParsePrefix("192.168.77.0/24")
	lan6 = netip.MustParsePrefix("2608:26:20:7::/64")
	ula6 = netip.MustParsePrefix("fd26:5e19:7::/64")
	wan4 = netip.MustParsePrefix("26.10.0.0/24")
	wan6 = netip.MustParsePrefix("2608:26:10::/64")
)

const (
	gatewayNumber = 1 // of the router in the LAN, of outside in the WAN
	routerNumber  = 2 // of the router in the WAN
	homeNumber    = 10
	lanNumber     = 20
)

// New raises a lab for the test and takes it down after it. The test must have
// been built with the tag lab and run as root.
func New(t T, options ...Option) *Lab {
	t.Helper()
	if !tagged || os.Geteuid() != 0 {
		t.Fatalf("lab: hosts need root and the build tag: run ./check, or: sudo go test -tags lab")
	}
	l, err := raise(filepath.Dir(t.TempDir()), options...)
	if err != nil {
		t.Fatalf("lab: %v", err)
	}
	t.Cleanup(func() {
		for name, c := range l.cables {
			if c.relay == nil {
				continue
			}
			if n, err := c.relay.impair(Impairment{}); err != nil || n > 0 {
				t.Errorf("lab: %s lost %d packets that nobody asked it to lose: %v", name, n, err)
			}
		}
		if err := l.close(); err != nil {
			t.Errorf("lab: %v", err)
		}
	})
	return l
}

// raise builds the whole lab, or nothing.
func raise(shared string, options ...Option) (*Lab, error) {
	l := &Lab{}
	for _, o := range options {
		o(l)
	}
	for _, step := range []func() error{
		func() error { return l.startHosts(shared) },
		l.layCables,
		l.prove, // while nothing is switched on yet
		func() error { return l.Router.nft(routerRules) },
		l.switchOn,
		l.openCarrier,
	} {
		if err := step(); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	return l, nil
}

func (l *Lab) startHosts(shared string) error {
	var wg sync.WaitGroup
	var errs [5]error
	type place struct {
		name string
		at   **Host
	}
	places := []place{{"home", &l.Home}, {"lan", &l.LAN}, {"router", &l.Router}, {"outside", &l.Outside}}
	if l.access != Direct {
		places = append(places, place{"carrier", &l.Carrier})
	}
	for i, h := range places {
		wg.Go(func() { *h.at, errs[i] = newHost(h.name, shared) })
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}

// hosts are the hosts that have been started.
func (l *Lab) hosts() []*Host {
	var all []*Host
	for _, h := range []*Host{l.Home, l.LAN, l.Router, l.Outside, l.Carrier} {
		if h != nil {
			all = append(all, h)
		}
	}
	return all
}

func (l *Lab) close() error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	var all []*process
	for _, h := range l.hosts() {
		all = append(all, h.process)
	}
	for _, r := range l.relays {
		all = append(all, r.process)
	}
	for _, p := range all {
		wg.Go(func() {
			if err := p.stop(); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// layCables makes every interface of the lab, and leaves them down.
func (l *Lab) layCables() error {
	l.plan()
	// Snooping would hold back neighbour solicitations until a querier that
	// does not exist has spoken.
	snooping := false
	bridge := &netlink.Bridge{LinkAttrs: netlink.NewLinkAttrs(), MulticastSnooping: &snooping}
	bridge.Name = "lan"
	if err := l.Router.process.links.LinkAdd(bridge); err != nil {
		return fmt.Errorf("router: add bridge: %w", err)
	}
	for _, c := range l.cables {
		if err := join(c.a, c.aName, c.b.process, c.bName); err != nil {
			return err
		}
	}
	return nil
}

// switchOn gives every host its addresses and routes, and raises its interfaces.
func (l *Lab) switchOn() error {
	for _, h := range []*Host{l.Router, l.Carrier} {
		if h == nil {
			continue
		}
		err := h.sysctl(
			"net/ipv4/ip_forward", "1",
			"net/ipv6/conf/all/forwarding", "1",
			"net/ipv6/conf/default/forwarding", "1",
		)
		if err != nil {
			return err
		}
	}
	for _, h := range l.hosts() {
		for _, i := range h.plan {
			if err := h.configure(i.name); err != nil {
				return err
			}
		}
	}
	return l.routeAll()
}

func (l *Lab) routeAll() error {
	for _, h := range l.hosts() {
		if err := h.route(); err != nil {
			return err
		}
	}
	return nil
}

// plan says which interface has which addresses and which way leads where.
func (l *Lab) plan() {
	everything4, everything6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	l.Gateway4, l.Gateway6 = nth(lan4, gatewayNumber).Addr(), nth(lan6, gatewayNumber).Addr()

	for _, pc := range []struct {
		h *Host
		n byte
	}{{l.Home, homeNumber}, {l.LAN, lanNumber}} {
		pc.h.V4, pc.h.V6 = nth(lan4, pc.n).Addr(), nth(lan6, pc.n).Addr()
		pc.h.plan = []interfacePlan{{
			name: "eth0", mac: mac(pc.n),
			addresses: []netip.Prefix{nth(lan4, pc.n), nth(lan6, pc.n), nth(ula6, pc.n)},
		}}
		pc.h.routes = []routePlan{{everything4, l.Gateway4}, {everything6, l.Gateway6}}
	}

	l.Router.V4, l.Router.V6 = nth(wan4, routerNumber).Addr(), nth(wan6, routerNumber).Addr()
	l.Outside.V4, l.Outside.V6 = nth(wan4, gatewayNumber).Addr(), nth(wan6, gatewayNumber).Addr()
	l.Router.plan = []interfacePlan{
		{name: "lan", mac: mac(101), addresses: []netip.Prefix{nth(lan4, gatewayNumber), nth(lan6, gatewayNumber), nth(ula6, gatewayNumber)}},
		{name: "wan", mac: mac(102), addresses: []netip.Prefix{nth(wan4, routerNumber), nth(wan6, routerNumber)}},
		{name: "lan1", bridge: "lan"},
		{name: "lan2", bridge: "lan"},
	}
	l.Router.routes = []routePlan{{everything4, l.Outside.V4}, {everything6, l.Outside.V6}}
	l.Outside.plan = []interfacePlan{
		{name: "eth0", mac: mac(200), addresses: []netip.Prefix{nth(wan4, gatewayNumber), nth(wan6, gatewayNumber)}},
	}
	l.Outside.routes = []routePlan{{lan6, l.Router.V6}}

	l.cables = map[Cable]*cable{
		HomeCable: {a: l.Home, aName: "eth0", b: l.Router, bName: "lan1"},
		LANCable:  {a: l.LAN, aName: "eth0", b: l.Router, bName: "lan2"},
		WAN:       {a: l.Router, aName: "wan", b: l.Outside, bName: "eth0"},
	}
	l.planCarrier()
}

// nth is the n-th address of a prefix, with the prefix's length.
func nth(p netip.Prefix, n byte) netip.Prefix {
	b := p.Addr().AsSlice()
	b[len(b)-1] += n
	a, _ := netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, p.Bits())
}

// mac is a locally administered address that stays the same when a cable is
// laid anew, so that neighbours need not ask again.
func mac(n byte) net.HardwareAddr { return net.HardwareAddr{0x02, 0x5e, 0x19, 0, 0, n} }

// indices number the first ends of cables. The kernel takes a pair whose ends
// happen to have the same number for an ordinary interface, and lets IPv6 wait
// up to a second for its carrier.
var indices atomic.Int64

// join makes a pair of interfaces, one in each namespace.
func join(a *Host, aName string, b *process, bName string) error {
	pair := &netlink.Veth{
		LinkAttrs: netlink.NewLinkAttrs(), PeerName: bName,
		PeerNamespace: netlink.NsFd(int(b.netns.Fd())),
	}
	pair.Name, pair.Index = aName, 1000+int(indices.Add(1))
	if err := a.process.links.LinkAdd(pair); err != nil {
		return fmt.Errorf("cable %s %s to %s %s: %w", a.Name, aName, b.name, bName, err)
	}
	return nil
}
