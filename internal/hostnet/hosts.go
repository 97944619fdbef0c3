package hostnet

import (
	"bufio"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// Bounds of a hosts file: one that blocks advertisements has a hundred thousand
// lines, and no name has more addresses than are kept.
const (
	maxHostsFile      = 16 << 20
	maxHostsAddresses = 64
)

// HostsFile returns the addresses that this machine's own file gives to a name,
// nothing when the file has no such line or cannot be read. Programs take them
// before they ask any server (hosts(5)).
func HostsFile(name string) []netip.Addr {
	f, err := os.Open(hostsPath())
	if err != nil {
		return nil
	}
	defer f.Close()
	return parseHosts(io.LimitReader(f, maxHostsFile), name)
}

// parseHosts reads the addresses of a name out of a text in the form of hosts(5):
// an address and the names of it, and comments behind #.
func parseHosts(r io.Reader, name string) []netip.Addr {
	name = strings.TrimSuffix(name, ".")
	var list []netip.Addr
	for lines := bufio.NewScanner(r); lines.Scan() && len(list) < maxHostsAddresses; {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		if len(words) < 2 || !slices.ContainsFunc(words[1:], func(w string) bool { return strings.EqualFold(strings.TrimSuffix(w, "."), name) }) {
			continue
		}
		if a, err := netip.ParseAddr(words[0]); err == nil && !slices.Contains(list, a.Unmap()) {
			list = append(list, a.Unmap())
		}
	}
	return list
}
