package rules_test

import (
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/rules"
)

func init() {
	with := func(o exposure.Opening, listeners ...exposure.Listener) rules.Context {
		c := here
		c.Whole, c.Openings, c.Bound = true, []exposure.Opening{o}, listeners
		return c
	}
	at := func(p uint16, address string) exposure.Listener {
		return exposure.Listener{Transport: exposure.TCP, Port: p, Address: netip.MustParseAddr(address), Process: "thing"}
	}
	ufw := exposure.Opening{
		Transport: exposure.TCP, First: 8099, Last: 8099, Alone: true, Product: "ufw", Remove: []string{"ufw delete allow from any to any port 8099 proto tcp"},
		Rule: exposure.FirewallRule{Table: text("iptables filter"), Chain: text("ufw-user-input"), Handle: 1, Text: text("-p tcp -m tcp --dport 8099 -j ACCEPT")},
	}
	ranged := ufw
	ranged.Last, ranged.Alone, ranged.Product, ranged.Remove = 8100, false, "nftables", []string{"nft -a list chain inet edge arriving"}
	onward := ufw
	onward.To = netip.MustParseAddrPort("192.168.1.5:80")
	hidden := with(ufw)
	hidden.Whole = false
	hostile := ufw
	hostile.Rule.Text = text("\x1b[2J {{.Rule}}")
	tables["unused-openings"] = []judged{
		{"nothing_listens", port(8099), with(ufw), []string{"low unused-opening"}},
		{"another_port_listens", port(8099), with(ufw, at(80, "0.0.0.0")), []string{"low unused-opening"}},
		{"loopback_listens", port(8099), with(ufw, at(8099, "127.0.0.1")), []string{"low unused-opening"}},
		{"range_of_a_larger_rule", port(8099), with(ranged), []string{"low unused-opening"}},
		{"sent_on_to_nothing", port(8099), with(onward, at(8099, "0.0.0.0")), []string{"low unused-opening"}},
		{"hostile_comment", port(8099), with(hostile), []string{"low unused-opening"}},
		{"something_listens", port(8099), with(ufw, at(8099, "0.0.0.0")), nil},
		{"something_in_the_range", port(8099), with(ranged, at(8100, "::")), nil},
		{"sent_on_to_something", port(8099), with(onward, at(80, "0.0.0.0")), nil},
		{"about_another_port", port(80), with(ufw), nil},
		{"other_transport", port(8099, exposure.UDP), with(ufw), nil},
		{"not_every_socket_seen", port(8099), hidden, nil},
	}
}
