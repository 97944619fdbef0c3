package netio

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"sekisho/internal/exposure"
)

// Answer returns the interface by which a packet of the flow leaves, after all
// rules of routing (ip-rule(8)). That none does is an *Error by exposure.Local
// with NetUnreach: the kernel has no route, or one that says so (blackhole,
// prohibit, unreachable). Nothing is sent.
func (r *Routes) Answer(f Flow) (index int, err error) {
	index, err = askRoute(f.From, f.To, f.Transport, 0)
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return index, err
	}
	e := &Error{Op: "route", Target: f.To, Reason: exposure.LocalError, By: exposure.Local, Err: err}
	switch errno {
	case unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EACCES, unix.EINVAL: // EINVAL is a blackhole's (fib_props)
		e.Reason = exposure.NetUnreach
	}
	return 0, e
}

// Strays reports whether the kernel drops what comes to this machine as the
// other end of the flow by an interface, since by its own routes that end is
// reached another way: the reverse path filter (RFC 3704 section 2.2), which
// Linux has for IPv4. It means that only where the way back is another one: a
// martian source is refused alike.
func (r *Routes) Strays(f Flow, index int) bool {
	_, err := askRoute(f.To, f.From, f.Transport, index)
	return errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EINVAL) // the latter since Linux 6.14
}

// askRoute asks the kernel for the way of one packet, as one of this machine's or
// as one that came in by an interface.
func askRoute(from, to netip.AddrPort, transport exposure.Transport, in int) (int, error) {
	source, target := from.Addr().Unmap().WithZone(""), to.Addr().Unmap()
	bare := target.WithZone("")
	message := &nl.RtMsg{}
	message.Family = unix.AF_INET
	if bare.Is6() {
		message.Family = unix.AF_INET6
	}
	message.Src_len, message.Dst_len = uint8(source.BitLen()), uint8(bare.BitLen())
	request := nl.NewNetlinkRequest(unix.RTM_GETROUTE, 0)
	request.AddData(message)
	add := func(kind int, value []byte) { request.AddData(nl.NewRtAttr(kind, value)) }
	add(unix.RTA_DST, bare.AsSlice())
	add(unix.RTA_SRC, source.AsSlice())
	protocol := byte(unix.IPPROTO_TCP)
	if transport == exposure.UDP {
		protocol = unix.IPPROTO_UDP
	}
	add(unix.RTA_IP_PROTO, []byte{protocol})
	add(unix.RTA_SPORT, binary.BigEndian.AppendUint16(nil, from.Port()))
	add(unix.RTA_DPORT, binary.BigEndian.AppendUint16(nil, to.Port()))
	if in != 0 {
		add(unix.RTA_IIF, nl.Uint32Attr(uint32(in)))
	} else if zone, err := zoneIndex(map[string]uint32{}, target.Zone()); err == nil && zone != 0 {
		add(unix.RTA_OIF, nl.Uint32Attr(zone))
	}
	answers, err := request.Execute(unix.NETLINK_ROUTE, unix.RTM_NEWROUTE)
	if err != nil {
		return 0, err
	}
	for _, b := range answers {
		if len(b) < unix.SizeofRtMsg {
			continue
		}
		attributes, err := nl.ParseRouteAttr(b[unix.SizeofRtMsg:])
		if err != nil {
			return 0, err
		}
		for _, a := range attributes {
			if a.Attr.Type == unix.RTA_OIF && len(a.Value) >= 4 {
				return int(binary.NativeEndian.Uint32(a.Value)), nil
			}
		}
	}
	return 0, unix.ENETUNREACH
}
