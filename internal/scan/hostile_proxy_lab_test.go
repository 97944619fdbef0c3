//go:build linux && lab

package scan_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// shield puts a SYN proxy of Linux before some ports: it answers every SYN
// itself, with a window of zero, and looks whether somebody has the port only
// when the connection is made. For IPv6 it is the one of ip6tables: that of
// nftables takes the checksum for one of IPv4 and drops every packet whose
// checksum no network card has looked at.
func shield(t *testing.T, h *lab.Host, hook lab.Hook, first, last int) {
	t.Helper()
	h.NFT(t, fmt.Sprintf(`
		table ip shield {
			chain untrack { type filter hook prerouting priority raw; iifname != "lan" tcp dport %[2]d-%[3]d tcp flags & (fin | syn | rst | ack) == syn notrack; }
			chain proxy {
				type filter hook %[1]s priority filter - 10
				tcp dport %[2]d-%[3]d ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
				ct state invalid drop
			}
		}
	`, hook, first, last))
	ports := fmt.Sprintf("%d:%d", first, last)
	chain := strings.ToUpper(string(hook))
	h.Run(t, "ip6tables", "-t", "raw", "-A", "PREROUTING", "-p", "tcp", "--dport", ports, "--syn", "-j", "CT", "--notrack")
	h.Run(t, "ip6tables", "-A", chain, "-p", "tcp", "--dport", ports, "-m", "conntrack", "--ctstate", "INVALID,UNTRACKED",
		"-j", "SYNPROXY", "--sack-perm", "--timestamp", "--wscale", "7", "--mss", "1440")
	h.Run(t, "ip6tables", "-A", chain, "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
	h.Run(t, "sysctl", "-q", "-w", "net.netfilter.nf_conntrack_tcp_loose=0", "net.ipv4.tcp_syncookies=1", "net.ipv4.tcp_timestamps=1")
}

// routed gives Outside a way to the private addresses of the household.
func routed(t *testing.T, l *lab.Lab) {
	t.Helper()
	l.Outside.Run(t, "ip", "route", "add", "192.168.77.0/24", "via", l.Router.V4.String())
}

// opened has the router let ports through.
func opened(t *testing.T, l *lab.Lab, ports string) {
	t.Helper()
	l.Router.NFT(t, "add rule inet router opened tcp dport "+ports+" accept")
}

var bothMethods = []string{"syn", "connect"}

// Case 4: a SYN proxy answers for a hundred ports, one of which is real.
func TestHostile04SYNProxyOnTheWay(t *testing.T) {
	l := lab.New(t)
	routed(t, l)
	sekisho := program(t)
	opened(t, l, "20001-20100")
	shield(t, l.Router, lab.Forwarding, 20001, 20100)
	lab.Serve(t, l.Home.Listen(t, "tcp", "[::]:20042"), lab.Silent())
	for _, method := range bothMethods {
		for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
			t.Run(method+"_"+family(address), func(t *testing.T) {
				d := scanFrom(t, l.Outside, sekisho, "--method", method, "-p", "20001-20100", address.String())
				d.check(t, exposure.TCP, address, 20042, wanted{exposure.Open, exposure.SynAck, ""})
				if s := d.summary; s.Open != 1 || s.Closed != 99 || !d.says("99 that it accepted for are closed") {
					t.Errorf("%+v", s)
				}
				d.check(t, exposure.TCP, address, 20043, wanted{exposure.Closed, exposure.Reset, ""})
			})
		}
	}
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "v4"
	}
	return "v6"
}

// Case 4 on the host itself, and with a firewall behind the proxy that drops
// what is meant for most ports: of those nobody knows what they are.
func TestHostile04SYNProxyOnTheHost(t *testing.T) {
	l := lab.New(t)
	sekisho := program(t)
	shield(t, l.Home, lab.Input, 20001, 20100)
	for _, port := range []string{"20005", "20042"} {
		lab.Serve(t, l.Home.Listen(t, "tcp", "[::]:"+port), lab.Greet("hello\r\n"))
	}
	for _, behind := range []struct {
		name    string
		closed  int
		unknown int
		note    string
	}{
		{"nothing", 98, 0, "98 that it accepted for are closed"},
		{"firewall", 9, 89, "89 ports accept connections and never take any data"},
	} {
		if behind.name == "firewall" {
			l.Home.NFT(t, `table inet wall { chain inner { type filter hook output priority filter; ct direction original tcp dport 20011-20100 tcp dport != 20042 drop; }; }`)
		}
		for _, method := range bothMethods {
			for _, address := range []netip.Addr{l.Home.V4, l.Home.V6} {
				t.Run(behind.name+"_"+method+"_"+family(address), func(t *testing.T) {
					d := scanFrom(t, l.LAN, sekisho, "--method", method, "-p", "20001-20100", address.String())
					for _, port := range []uint16{20005, 20042} {
						d.check(t, exposure.TCP, address, port, wanted{exposure.Open, exposure.SynAck, ""})
					}
					if s := d.summary; s.Open != 2 || s.Closed != behind.closed || s.Unknown != behind.unknown || !d.says(behind.note) {
						t.Errorf("%+v", s)
					}
				})
			}
		}
	}
}
