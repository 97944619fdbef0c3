package rules_test

import (
	"net/netip"

	"sekisho/internal/exposure"
)

func init() {
	whole := here
	whole.Whole = true
	sentOn := func(p exposure.Port, by exposure.RouterForward) exposure.Port {
		by.Transport, by.Outer, by.To = p.Transport, 8080, netip.AddrPortFrom(netip.MustParseAddr("192.168.1.5"), p.Port)
		p.Forwards = append(p.Forwards, by)
		return p
	}
	program := exposure.RouterForward{Description: text("a \"game\" \x1b[2J"), LeaseS: 3600, Requested: true, Source: exposure.RouterUPnP}
	hand := exposure.RouterForward{Source: exposure.RouterPerson}
	redirected := sentOn(port(80), hand)
	redirected.Firewall = []exposure.FirewallAnswer{{Verdict: exposure.FirewallAccept, To: netip.MustParseAddrPort("172.17.0.2:80")}}
	tables["unused"] = []judged{
		{"mapping_forgotten", sentOn(port(80), program), whole, []string{"low unused-opening"}},
		{"mapping_without_name", sentOn(port(53, exposure.UDP), exposure.RouterForward{Source: exposure.RouterUPnP}), whole, []string{"low unused-opening"}},
		{"forward_by_hand", sentOn(port(80), hand), whole, []string{"low unused-opening"}},
		{"loopback_only", sentOn(port(6379, bound("127.0.0.1", "redis-server", "")), hand), whole, []string{"low unused-opening"}},
		{"used", sentOn(port(6000, bound("0.0.0.0", "game", "")), program), whole, nil},
		{"a_container_takes_it", redirected, whole, nil},
		{"not_every_socket_seen", sentOn(port(80), program), here, nil},
		{"another_host", sentOn(port(80), program), afar, nil},
	}
}
