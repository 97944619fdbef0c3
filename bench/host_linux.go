package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// host is a network namespace of its own.
type host struct {
	name  string
	netns *os.File
	links *netlink.Handle // speaks rtnetlink inside the namespace
	laid  []string        // the ends of cables that it was given
}

// newHost makes a network that has a loopback interface and nothing else.
func newHost(name string) (*host, error) {
	h := &host{name: name}
	err := onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		if h.netns, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			return err
		}
		if h.links, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
			return err
		}
		// Addresses are used at once, and nobody advertises routes.
		for _, key := range []string{"accept_dad", "accept_ra", "router_solicitations"} {
			for _, scope := range []string{"all", "default"} {
				if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+scope+"/"+key, []byte("0"), 0o644); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("host %s: %w", name, err)
	}
	return h, h.raise("lo")
}

func (h *host) close() {
	h.links.Close()
	h.netns.Close()
}

// do runs fn on a thread in the host's network. Sockets that it opens and
// processes that it starts belong to the host.
func (h *host) do(fn func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(h.netns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter %s: %w", h.name, err)
		}
		return fn()
	})
}

// onThread runs fn on a thread that ends with it.
func onThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		done <- fn()
	}()
	return <-done
}

func (h *host) raise(name string) error {
	link, err := h.links.LinkByName(name)
	if err == nil {
		err = h.links.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("%s: raise %s: %w", h.name, name, err)
	}
	return nil
}

// addresses gives an interface its addresses.
func (h *host) addresses(name string, all ...netip.Prefix) error {
	link, err := h.links.LinkByName(name)
	if err != nil {
		return err
	}
	for _, p := range all {
		a := &netlink.Addr{IPNet: ipNet(p)}
		if p.Addr().Is6() {
			a.Flags = unix.IFA_F_NODAD
		}
		if err := h.links.AddrAdd(link, a); err != nil {
			return fmt.Errorf("%s: address %s: %w", h.name, p, err)
		}
	}
	return nil
}

// local has the host take a whole prefix for its own.
func (h *host) local(p netip.Prefix) error {
	lo, err := h.links.LinkByName("lo")
	if err != nil {
		return err
	}
	return h.links.RouteAdd(&netlink.Route{LinkIndex: lo.Attrs().Index, Dst: ipNet(p), Type: unix.RTN_LOCAL, Table: unix.RT_TABLE_LOCAL, Scope: unix.RT_SCOPE_HOST})
}

func (h *host) route(to netip.Prefix, via netip.Addr) error {
	return h.links.RouteAdd(&netlink.Route{Dst: ipNet(to), Gw: via.AsSlice()})
}

func (h *host) onLink(to netip.Prefix, name string) error {
	link, err := h.links.LinkByName(name)
	if err != nil {
		return err
	}
	return h.links.RouteAdd(&netlink.Route{Dst: ipNet(to), LinkIndex: link.Attrs().Index, Scope: unix.RT_SCOPE_LINK})
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// nft loads a rule set.
func (h *host) nft(ruleset string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(ruleset)
	var out []byte
	err := h.do(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: nft: %w\n%s", h.name, err, out)
	}
	return nil
}

// sent is how many packets an interface has put on its cable.
func (h *host) sent(name string) (uint64, error) {
	link, err := h.links.LinkByName(name)
	if err != nil {
		return 0, err
	}
	return link.Attrs().Statistics.TxPackets, nil
}

// cables number the first ends of cables: the kernel takes a pair whose ends
// happen to have the same number for an ordinary interface, and lets IPv6 wait
// for its carrier.
var cables int

// join lays a cable between two hosts.
func join(a *host, aName string, b *host, bName string) error {
	cables++
	pair := &netlink.Veth{
		LinkAttrs: netlink.NewLinkAttrs(), PeerName: bName,
		PeerNamespace: netlink.NsFd(int(b.netns.Fd())),
	}
	pair.Name, pair.Index = aName, 1000+cables
	if err := a.links.LinkAdd(pair); err != nil {
		return fmt.Errorf("cable %s to %s: %w", a.name, b.name, err)
	}
	a.laid, b.laid = append(a.laid, aName), append(b.laid, bName)
	return nil
}

// wholePackets has an interface fill in its checksums: between two ends of a
// cable the kernel leaves them out, and a packet socket would pass that on.
func (h *host) wholePackets(name string) error {
	return h.do(func() error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		order := struct{ command, value uint32 }{command: unix.ETHTOOL_STXCSUM}
		var request struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}
		copy(request.name[:unix.IFNAMSIZ-1], name)
		request.data = unsafe.Pointer(&order)
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
			return fmt.Errorf("%s: checksums of %s: %w", h.name, name, errno)
		}
		return nil
	})
}

// prove shows that nothing leads out, or says what does: this process has no
// interface but loopback, and each host has only loopback and ends of cables
// whose other ends are in these hosts.
func prove(hosts ...*host) error {
	own, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range own {
		if i.Flags&net.FlagLoopback == 0 {
			return fmt.Errorf("refused: the harness has interface %s: start it with ./bench/run", i.Name)
		}
	}
	for _, h := range hosts {
		links, err := h.links.LinkList()
		if err != nil {
			return err
		}
		if len(links) != len(h.laid)+1 {
			return fmt.Errorf("refused: %s has %d interfaces, not loopback and %d cables", h.name, len(links), len(h.laid))
		}
		for _, link := range links {
			a := link.Attrs()
			if a.Flags&net.FlagLoopback == 0 && (link.Type() != "veth" || !cabled(h, a, hosts)) {
				return fmt.Errorf("refused: %s: interface %s leads to no host of this network", h.name, a.Name)
			}
		}
	}
	return nil
}

// cabled reports whether the other end of a cable is in one of the hosts: the
// namespace number that the kernel gives for it is that of a host, and the
// interface of that index there points back.
func cabled(h *host, end *netlink.LinkAttrs, hosts []*host) bool {
	for _, other := range hosts {
		id, err := h.links.GetNetNsIdByFd(int(other.netns.Fd()))
		if err != nil || id < 0 || id != end.NetNsID {
			continue
		}
		link, err := other.links.LinkByIndex(end.ParentIndex)
		return err == nil && link.Type() == "veth" && link.Attrs().ParentIndex == end.Index
	}
	return false
}
