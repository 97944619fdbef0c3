package lab

import (
	"fmt"
	"net/netip"
	"strings"
)

// Access is what stands between the household's router and outside.
type Access int

// The ways that a household can have. In each but Direct the lab has the host
// Carrier, and outside reaches home's IPv6 network through it. What carriers
// wrap into IPv6 runs over a plain cable of its own here: the kernels that the
// lab runs on need not know tunnels of IPv4 in IPv6.
const (
	// Direct is the lab without a carrier.
	Direct Access = iota
	// Routed is a carrier that gives the router a public address and hands
	// everything on, but for what a test has it filter.
	Routed
	// CGNAT gives it a shared address (RFC 6598) and translates.
	CGNAT
	// SecondRouter is another household router before it: a private address, and
	// it refuses what nobody asked for.
	SecondRouter
	// DSLite carries IPv4 through a softwire whose near end is the router and
	// whose far end translates (RFC 6333).
	DSLite
	// MAPE gives the router the ports of a shared address that are its own, by the
	// rule of MAPERule, and hands on no other (RFC 7597).
	MAPE
)

// Behind puts a carrier between the router and outside.
func Behind(a Access) Option { return func(l *Lab) { l.access = a } }

// Uplink is the cable between a carrier and outside.
const Uplink Cable = "uplink"

// The addresses between router and carrier.
var (
	routed4   = netip.MustParsePrefix("26.20.0.0/24")
	shared4   = netip.MustParsePrefix("100.64.9.0/24")
	second4   = netip.MustParsePrefix("192.168.0.0/24")
	softwire4 = netip.MustParsePrefix("192.0.0.0/29")
	link6     = netip.MustParsePrefix("2608:26:20:ff::/64")
	house6    = netip.MustParsePrefix("2608:26:20::/48")
)

// MAPEAddress is the IPv4 address that the household of a lab with MAPE shares;
// MAPERule is the rule as the file of --map-e-rule has it. Its PSID is 7: ports
// 1052 to 1055, 2076 to 2079 and so on to 64540 to 64543.
var (
	MAPEAddress = netip.MustParseAddr("26.30.0.18")
	MAPERule    = "ipv6-prefix: 2608:26:20::/56\nipv4-prefix: 26.30.0.18/32\nea-length: 8\npsid-offset: 6\n"
)

const mapePSID = 7

// planCarrier puts the carrier into the plan, where there is one.
func (l *Lab) planCarrier() {
	if l.access == Direct {
		return
	}
	everything4, everything6 := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")
	link4 := map[Access]netip.Prefix{Routed: routed4, CGNAT: shared4, SecondRouter: second4, DSLite: softwire4, MAPE: routed4}[l.access]
	near, far := nth(link4, routerNumber), nth(link4, gatewayNumber)

	c, r := l.Carrier, l.Router
	c.V4, c.V6 = nth(wan4, routerNumber).Addr(), nth(wan6, routerNumber).Addr()
	r.V4, r.V6 = near.Addr(), nth(link6, routerNumber).Addr()
	c.plan = []interfacePlan{
		{name: "up", mac: mac(103), addresses: []netip.Prefix{nth(wan4, routerNumber), nth(wan6, routerNumber)}},
		{name: "down", mac: mac(104), addresses: []netip.Prefix{nth(link6, gatewayNumber)}},
	}
	wan := &r.plan[1]
	wan.addresses = []netip.Prefix{nth(link6, routerNumber)}
	if l.access == DSLite {
		c.plan = append(c.plan, interfacePlan{name: "softwire", mac: mac(105), addresses: []netip.Prefix{far}})
		r.plan = append(r.plan, interfacePlan{name: "softwire", mac: mac(106), addresses: []netip.Prefix{near}})
		l.cables["softwire"] = &cable{a: r, aName: "softwire", b: c, bName: "softwire"}
	} else {
		c.plan[1].addresses = append(c.plan[1].addresses, far)
		wan.addresses = append(wan.addresses, near)
	}
	if l.access == MAPE {
		r.V4 = MAPEAddress
		wan.addresses = append(wan.addresses, netip.PrefixFrom(MAPEAddress, 32))
	}
	c.routes = []routePlan{{everything4, l.Outside.V4}, {everything6, l.Outside.V6}, {lan6, r.V6}}
	r.routes = []routePlan{{everything4, far.Addr()}, {everything6, nth(link6, gatewayNumber).Addr()}}
	l.Outside.routes = []routePlan{{house6, c.V6}}
	switch l.access {
	case Routed:
		l.Outside.routes = append(l.Outside.routes, routePlan{routed4, c.V4})
	case DSLite:
		c.routes = append(c.routes, routePlan{lan4, near.Addr()})
	case MAPE:
		shared := netip.PrefixFrom(MAPEAddress, 32)
		c.routes = append(c.routes, routePlan{shared, near.Addr()})
		l.Outside.routes = append(l.Outside.routes, routePlan{shared, c.V4})
	}
	l.cables[WAN] = &cable{a: r, aName: "wan", b: c, bName: "down"}
	l.cables[Uplink] = &cable{a: c, aName: "up", b: l.Outside, bName: "eth0"}
}

// carrierRules translate what comes from the household. What comes for the
// carrier's own address and belongs to nothing that was asked for is dropped, or
// refused where the lab has a second router.
const carrierRules = `
table inet carrier {
	chain prerouting {
		type nat hook prerouting priority dstnat
	}
	chain postrouting {
		type nat hook postrouting priority srcnat
		oifname "up" meta nfproto ipv4 masquerade
	}
	chain input {
		type filter hook input priority filter
		iifname != "up" accept
		ct state established,related accept
		meta nfproto ipv6 accept
		icmp type echo-request accept
		%s
	}
}
`

// openCarrier gives the carrier its rules.
func (l *Lab) openCarrier() error {
	switch l.access {
	case CGNAT, DSLite:
		return l.Carrier.nft(fmt.Sprintf(carrierRules, "drop"))
	case SecondRouter:
		return l.Carrier.nft(fmt.Sprintf(carrierRules, "meta l4proto tcp reject with tcp reset\n\t\treject with icmp type port-unreachable"))
	case MAPE:
		return l.shareAddress()
	}
	return nil
}

// shareAddress has the router use its own ports of the shared address only, and
// the carrier hand on only those: of 63 runs with four ports each.
func (l *Lab) shareAddress() error {
	const runs = 63
	var ours, from []string
	for a := 1; a <= runs; a++ {
		first := a<<10 | mapePSID<<2
		ours = append(ours, fmt.Sprintf("%d-%d", first, first+3))
		from = append(from, fmt.Sprintf("oifname \"wan\" meta nfproto ipv4 meta l4proto { tcp, udp } numgen random mod %d == 0 snat ip to %s:%d-%d", runs+1-a, MAPEAddress, first, first+3))
	}
	err := l.Router.nft(fmt.Sprintf("flush chain inet router postrouting\ntable inet router {\n\tchain postrouting {\n\t\t%s\n\t\toifname \"wan\" icmp type echo-request snat ip to %s\n\t}\n}\n", strings.Join(from, "\n\t\t"), MAPEAddress))
	if err != nil {
		return err
	}
	return l.Carrier.nft(fmt.Sprintf("table inet carrier {\n\tchain forward {\n\t\ttype filter hook forward priority filter\n\t\tip daddr %s meta l4proto { tcp, udp } th dport != { %s } drop\n\t}\n}\n", MAPEAddress, strings.Join(ours, ", ")))
}
