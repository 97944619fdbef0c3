package cli

import (
	"crypto/tls"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"sekisho/internal/agent"
	"sekisho/internal/portspec"
	"sekisho/internal/reach"
)

// echoPorts are the ports at which a vantage answers unless told otherwise: those
// of mail, the web, names, files, calls, games and tunnels that networks keep in
// most often, or that people miss first.
const echoPorts = "21,22,23,25,53,80,110,119,123,143,389,443,445,465,500,587,636,853,993,995,1194,1723,1935,3074,3389,3478,4500,5060,5222,8443,27015,51820"

// noEchoPorts is the word for none.
const noEchoPorts = "none"

// echoes opens the echo ports that are free, at the address that the service
// listens on, or at all of them. Of ports that the user named, those that could
// not be had are told.
func (a *app) echoes(word, listen string, own []netip.Addr, secure *tls.Config) (*agent.Echo, error) {
	if word == noEchoPorts {
		return agent.OpenEcho(nil, nil, nil), nil
	}
	spec, err := portspec.Parse(word, false)
	if err != nil {
		return nil, a.fail(exitUsage, "cli.serve-echo-ports", "Error", oneLine(err.Error()))
	}
	ports := union(spec.TCP.Slice(), spec.UDP.Slice())
	if len(ports) > mostEchoPorts {
		return nil, a.fail(exitUsage, "cli.serve-echo-many", "Limit", mostEchoPorts)
	}
	host, _, _ := net.SplitHostPort(listen) // it listens there already
	addresses := slices.DeleteFunc(slices.Clone(own), func(at netip.Addr) bool { return reach.Loopback(at) || at.IsLinkLocalUnicast() })
	if at, err := netip.ParseAddr(host); err == nil && !at.IsUnspecified() {
		addresses = []netip.Addr{at}
	}
	e := agent.OpenEcho(addresses, ports, secure)
	left := slices.DeleteFunc(slices.Clone(ports), func(p uint16) bool { return e.Ports().TCP.Has(p) && e.Ports().UDP.Has(p) })
	if word != echoPorts && len(left) > 0 {
		a.note("cli.serve-echo-left", "Ports", left)
	}
	return e, nil
}

// mostEchoPorts bounds the ports of --echo-ports.
const mostEchoPorts = 256

// echoAddresses are where the echo ports would be listened at, none for a word
// that cannot be read: what needs a right is told before anything is opened.
func echoAddresses(word string) []string {
	spec, err := portspec.Parse(word, false)
	if word == noEchoPorts || err != nil {
		return nil
	}
	var list []string
	for _, port := range union(spec.TCP.Slice(), spec.UDP.Slice()) {
		list = append(list, net.JoinHostPort("", strconv.Itoa(int(port))))
	}
	return list
}
