//go:build !windows

package netio

import (
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Resolvers are the DNS servers that this machine asks, at most three. Where
// its list is empty, there are none.
func Resolvers() ([]netip.AddrPort, error) {
	b, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	return parseResolvers(string(b)), nil
}

// parseResolvers reads the DNS servers out of a text in the form of
// resolv.conf(5).
func parseResolvers(text string) []netip.AddrPort {
	var list []netip.AddrPort
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		a, err := netip.ParseAddr(words[1])
		if at := netip.AddrPortFrom(a, dnsPort); err == nil && len(list) < maxResolvers && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	return list
}
