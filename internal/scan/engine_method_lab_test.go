//go:build linux && lab

package scan_test

import (
	"strings"
	"testing"

	"sekisho/internal/exposure"
	"sekisho/internal/lab"
)

// Whatever address of this machine is meant, its ports are connected to, and it
// is said why: of loopback, of the link, of a second interface, and those that
// only a route makes its own.
func TestEveryOwnAddressIsConnectedTo(t *testing.T) {
	l := lab.New(t)
	l.Home.Listen(t, "tcp", "[::]:22")
	l.Home.Run(t, "ip", "addr", "add", "26.99.7.7/32", "dev", "lo")
	l.Home.Run(t, "ip", "addr", "add", "2608:26:99::7/128", "dev", "lo")
	l.Home.Run(t, "ip", "route", "add", "local", "26.99.8.0/24", "dev", "lo")
	l.Home.Run(t, "ip", "-6", "route", "add", "local", "2608:26:98::/64", "dev", "lo")
	sekisho := program(t)
	for _, target := range []string{
		"127.9.9.9", "::1", l.Home.V6.String(), "fd26:5e19:7::a", linkLocal(t, l.Home, "eth0").String() + "%eth0",
		"26.99.7.7", "2608:26:99::7", "26.99.8.8", "2608:26:98::8",
	} {
		t.Run(target, func(t *testing.T) {
			s := scanIn(t, l.Home, sekisho, "scan", target, "-p", "22,23")
			if !strings.HasPrefix(s.method, "connect, since ") || s.states[22] != exposure.Open || s.states[23] != exposure.Closed {
				t.Errorf("by %q: %v", s.method, s.states)
			}
		})
	}
	t.Run("with_others", func(t *testing.T) {
		s := scanIn(t, l.Home, sekisho, "scan", l.Home.V4.String(), "-p", "22,23", l.LAN.V4.String())
		if !strings.HasPrefix(s.method, "raw SYN; connect for this machine's own addresses") {
			t.Errorf("method %q", s.method)
		}
	})
}

// The tools for packet filters that came before nft have rules that raw packets
// pass by as well, whether the kernel keeps them as nft's or in the old way.
func TestIPTablesOutputRuleMakesAutoConnect(t *testing.T) {
	sekisho := program(t)
	for _, c := range []struct{ rule, named string }{
		{"iptables-nft -A OUTPUT -p tcp --dport 25 -j DROP", "nft ip filter OUTPUT"},
		{"ip6tables-nft -A OUTPUT -p tcp --dport 25 -j REJECT", "nft ip6 filter OUTPUT"},
		{"iptables-nft -t mangle -A POSTROUTING -p tcp --dport 25 -j DROP", "nft ip mangle POSTROUTING"},
		{"iptables-nft -P OUTPUT DROP", "nft ip filter OUTPUT"},
		{"iptables-legacy -A OUTPUT -p tcp --dport 25 -j DROP", "iptables filter"},
		{"iptables-legacy -t raw -A OUTPUT -p tcp --dport 25 -j DROP", "iptables raw"},
		{"iptables-legacy -t mangle -A POSTROUTING -p tcp --dport 25 -j DROP", "iptables mangle"},
		{"ip6tables-legacy -A OUTPUT -p tcp --dport 25 -j DROP", "ip6tables filter"},
		{"iptables-legacy -P OUTPUT DROP", "iptables filter"},
		{"ip6tables-legacy -P OUTPUT DROP", "ip6tables filter"},
		{"iptables-legacy -A INPUT -p tcp --dport 25 -j DROP", ""},
		{"iptables-legacy -t nat -A POSTROUTING -j MASQUERADE", ""},
		{"iptables-nft -A INPUT -p tcp --dport 25 -j DROP", ""},
	} {
		t.Run(strings.ReplaceAll(c.rule, " ", "_"), func(t *testing.T) {
			t.Parallel()
			l := lab.New(t)
			l.Home.Listen(t, "tcp", "[::]:22")
			words := strings.Fields(c.rule)
			l.LAN.Run(t, words[0], words[1:]...)
			auto := []string{sekisho, "scan", l.Home.V4.String(), "-p", "22,23"}
			s := scanIn(t, l.LAN, auto...)
			if c.named == "" && s.method != "raw SYN" || c.named != "" && (!strings.HasPrefix(s.method, "connect, since raw packets do not pass") || !strings.Contains(s.method, "("+c.named+")")) {
				t.Errorf("method %q", s.method)
			}
			// A policy that drops leaves nothing to be seen.
			if !strings.Contains(c.rule, "-P") && (s.states[22] != exposure.Open || s.states[23] != exposure.Closed) {
				t.Errorf("states %v (%v)", s.states, s.reasons)
			}
		})
	}
}
