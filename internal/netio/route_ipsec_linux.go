package netio

import (
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// openHandle opens the door to the routing tables and, where the kernel has
// them, to the IPsec policies.
func openHandle() (*netlink.Handle, error) {
	if h, err := netlink.NewHandle(unix.NETLINK_ROUTE, unix.NETLINK_XFRM); err == nil {
		return h, nil
	}
	return netlink.NewHandle(unix.NETLINK_ROUTE)
}

// enciphered are the networks to which the kernel sends only through IPsec, or
// not at all. Raw packets would go there in the clear, past the policies. Who
// may not read the policies (CAP_NET_ADMIN) is told of none.
func enciphered(h *netlink.Handle) []netip.Prefix {
	if !h.SupportsNetlinkFamily(unix.NETLINK_XFRM) {
		return nil
	}
	var found []netip.Prefix
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		policies, err := h.XfrmPolicyList(family)
		if err != nil {
			continue
		}
		for _, p := range policies {
			if p.Dir != netlink.XFRM_DIR_OUT || len(p.Tmpls) == 0 && p.Action != netlink.XFRM_POLICY_BLOCK || p.Dst == nil {
				continue
			}
			a, ok := netip.AddrFromSlice(p.Dst.IP)
			if bits, _ := p.Dst.Mask.Size(); ok {
				found = append(found, netip.PrefixFrom(ofFamily(a, family), bits).Masked())
			}
		}
	}
	return found
}

// ofFamily is an address in the form of its family: netlink has those of IPv4
// in the form of IPv6, too.
func ofFamily(a netip.Addr, family int) netip.Addr {
	if family == netlink.FAMILY_V4 {
		return a.Unmap()
	}
	return a
}
