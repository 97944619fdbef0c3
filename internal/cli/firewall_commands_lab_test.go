//go:build linux && lab

package cli_test

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/firewall"
	"sekisho/internal/lab"
)

// TestFirewallCommandsWork runs the printed commands of nftables and iptables on a
// machine that lets nobody in, and has a neighbour try the port.
func TestFirewallCommandsWork(t *testing.T) {
	for product, rules := range map[firewall.Product]string{
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
			h.Run(t, "sh", "-ec", rules)
			typed := func(args ...string) {
				t.Helper()
				d := decode[exposure.FirewallCommands](t, sekisho(t, h, root, append([]string{"firewall", "-f", "json"}, args...)...))
				if d.Product != string(product) || !d.Here {
					t.Fatalf("the commands are those of %s (here: %v)", d.Product, d.Here)
				}
				h.Run(t, "sh", "-ec", strings.Join(d.Steps[0].Lines, "\n"))
			}
			reaches := func(from *lab.Host, to netip.Addr, want bool) {
				t.Helper()
				err := from.Do(func() error {
					c, err := net.DialTimeout("tcp", netip.AddrPortFrom(to, 8099).String(), 20*time.Second)
					if err == nil {
						err = c.Close()
					}
					return err
				})
				if (err == nil) != want {
					t.Errorf("from %s to %s: %v, want it open: %v", from.Name, to, err, want)
				}
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
