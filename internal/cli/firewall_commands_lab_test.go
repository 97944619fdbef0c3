//go:build linux && lab

package cli_test

import (
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/lab"
)

// TestFirewallCommandsWork runs the printed commands of nftables and iptables on a
// machine that lets nobody in, and has a neighbour try the port.
func TestFirewallCommandsWork(t *testing.T) {
	for product, rules := range map[firewall.Product]string{
		firewall.UFW: "", firewall.Firewalld: "",
		firewall.NFTables: `nft add table inet edge
nft add chain inet edge arriving '{ type filter hook input priority 0 ; policy drop ; }'
nft add rule inet edge arriving ct state established,related accept
nft add rule inet edge arriving meta l4proto ipv6-icmp accept
nft add rule inet edge arriving meta l4proto tcp reject with tcp reset`,
		firewall.Iptables: `for p in iptables ip6tables; do
$p -P INPUT DROP
$p -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
done
ip6tables -A INPUT -p ipv6-icmp -j ACCEPT
for p in iptables ip6tables; do $p -A INPUT -p tcp -j REJECT --reject-with tcp-reset; done`,
	} {
		t.Run(string(product), func(t *testing.T) {
			l := lab.New(t)
			h := l.Home
			h.Listen(t, "tcp", ":8099")
			switch product {
			case firewall.UFW:
				h.StartUFW(t, "default reject incoming")
			case firewall.Firewalld:
				h.StartFirewalld(t)
			default:
				h.Run(t, "sh", "-ec", rules)
			}
			typed := func(args ...string) {
				t.Helper()
				d := decode[exposure.FirewallCommands](t, sekisho(t, h, root, append([]string{"firewall", "-f", "json"}, args...)...))
				if d.Product != string(product) || !d.Here {
					t.Fatalf("the commands are those of %s (here: %v)", d.Product, d.Here)
				}
				first := d.Steps[0]
				if product == firewall.Firewalld {
					first = d.Steps[1] // which zone, is asked before
				}
				h.Run(t, "sh", "-ec", strings.Join(first.Lines, "\n"))
			}
			reaches := func(from *lab.Host, to netip.Addr, want bool) {
				t.Helper()
				reaches(t, from, to, 8099, want)
			}
			all := func(from *lab.Host, want bool) {
				t.Helper()
				for _, to := range []netip.Addr{h.V4, h.V6} {
					reaches(from, to, want)
				}
			}
			all(l.LAN, false)
			typed("open", "8099", "--from", "lan")
			all(l.LAN, true)
			typed("close", "8099", "--from", "lan")
			all(l.LAN, false)
			typed("open", "8099", "--from", "internet-v6") // of no use to the LAN's IPv4
			reaches(l.LAN, h.V4, false)
			reaches(l.LAN, h.V6, true)
			typed("close", "8099", "--from", "internet-v6")
			all(l.LAN, false)
			typed("open", "8099", "--from", "internet-v4")
			reaches(l.LAN, h.V4, true)
			reaches(l.LAN, h.V6, false)
			typed("close", "8099", "--from", "internet-v4")
			all(l.LAN, false)
			typed("open", "8099/tcp", "--rule-name", "My web/1.0")
			all(l.LAN, true)
			typed("close", "8099", "--rule-name", "My web/1.0")
			all(l.LAN, false)
			typed("open", "8099")
			all(l.LAN, true)
			typed("close", "8099")
			all(l.LAN, false)
		})
	}
}
