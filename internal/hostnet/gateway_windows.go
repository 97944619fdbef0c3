package hostnet

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// gatewayNetwork is where this machine's gateways of IPv4 are, as the system
// tells it of each adapter.
func gatewayNetwork() Network {
	const includeGateways, most = 0x80, 1 << 20
	size := uint32(16 << 10)
	var buffer []byte
	for {
		buffer = make([]byte, size)
		err := windows.GetAdaptersAddresses(windows.AF_INET, includeGateways, 0, (*windows.IpAdapterAddresses)(unsafe.Pointer(&buffer[0])), &size)
		if err == nil {
			break
		}
		if err != windows.ERROR_BUFFER_OVERFLOW || size > most {
			return Network{}
		}
	}
	var n Network
	for a := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buffer[0])); a != nil; a = a.Next {
		if a.OperStatus != windows.IfOperStatusUp {
			continue
		}
		d := Device{Name: windows.UTF16PtrToString(a.FriendlyName), Index: int(a.IfIndex)}
		for u := a.FirstUnicastAddress; u != nil; u = u.Next {
			if at, ok := netip.AddrFromSlice(u.Address.IP()); ok && u.OnLinkPrefixLength <= 32 {
				d.Prefixes = append(d.Prefixes, netip.PrefixFrom(at.Unmap(), int(u.OnLinkPrefixLength)))
			}
		}
		n.Devices = append(n.Devices, d)
		for g := a.FirstGatewayAddress; g != nil; g = g.Next {
			if via, ok := netip.AddrFromSlice(g.Address.IP()); ok {
				n.Routes = append(n.Routes, Route{To: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Device: d.Name, Via: via.Unmap(), Metric: int(a.Ipv4Metric)})
			}
		}
	}
	return n
}
