//go:build !linux && !windows

package hostnet

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strings"
)

// gatewayNetwork is where this machine's gateway of IPv4 is, as route(8) of
// macOS and the BSDs tells it.
func gatewayNetwork() Network {
	return routeTold(systemTold(context.Background(), "/sbin/route", "-n", "get", "default"))
}

// routeTold reads the lines of route get: gateway: 192.168.1.1, interface: en0.
func routeTold(text []byte) Network {
	var via netip.Addr
	var device string
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		switch value = strings.TrimSpace(value); name {
		case "gateway":
			via, _ = netip.ParseAddr(value)
		case "interface":
			device = value
		}
	}
	i, err := net.InterfaceByName(device)
	if err != nil || !via.IsValid() {
		return Network{}
	}
	addresses, err := i.Addrs()
	if err != nil {
		return Network{}
	}
	return Network{
		Devices: []Device{{Name: device, Index: i.Index, Prefixes: prefixes(addresses)}},
		Routes:  []Route{{To: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Device: device, Via: via.Unmap()}},
	}
}
