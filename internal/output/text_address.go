package output

import (
	"net/netip"

	"sekisho/internal/reach"
)

// address writes an address for a reader. One of this network (RFC 1122 section
// 3.2.1.3), to which nothing is sent, stands for one that only the proxy knows.
func (p *page) address(a netip.Addr) string {
	if reach.Classify(a).Prefix == thisNetwork && !a.IsUnspecified() {
		return p.say.Say("address.behind-proxy")
	}
	return a.String()
}

var thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
