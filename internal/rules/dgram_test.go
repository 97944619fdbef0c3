package rules_test

import "sekisho/internal/exposure"

func init() {
	world := open("192.0.2.1", exposure.ViewOutside)
	far := func(protocol, product string, facts exposure.Facts) exposure.Service {
		return seenFrom(exposure.ViewOutside, spoke(protocol, product, "", "", facts))
	}
	near := func(protocol, product string, facts exposure.Facts) exposure.Service {
		return seenFrom(exposure.ViewLAN, spoke(protocol, product, "", "", facts))
	}
	relays, keeps := exposure.Facts{"turn": true, "relays_without_login": true}, exposure.Facts{"turn": true, "relays_without_login": false}
	registers := exposure.Facts{"registers_without_login": true}
	gateway := exposure.Facts{"opens_ports": true, "device_name": text("Lab \x1b[2J router")}
	resources := exposure.Facts{"login_required": false, "resources": texts("/lamp", "/door")}
	announced := exposure.Facts{"announced": texts("_workstation._tcp.local.", "_http._tcp.local.")}
	cases := []judged{
		{"turn_outside", port(3478, exposure.UDP, world, far("stun", "coturn", relays)), afar, []string{"high turn-open-relay"}},
		{"turn_outside_of_another", port(3478, exposure.UDP, world, far("stun", "eturnal", relays)), afar, []string{"high turn-open-relay"}},
		{"turn_from_the_lan", port(3478, exposure.UDP, lan, near("stun", "coturn", measured("stun", 20, 140, 7, relays))), afar, []string{"info not-judged-from-here"}},
		{"turn_seen_from_both_sides", port(3478, exposure.UDP, world, lan, near("stun", "coturn", relays), far("stun", "coturn", keeps)), afar, nil},
		{"turn_with_a_login", port(3478, exposure.UDP, world, far("stun", "coturn", keeps)), afar, nil},
		{"stun_only", port(3478, exposure.UDP, world, far("stun", "coturn", exposure.Facts{"turn": false})), afar, nil},

		{"sip_from_the_lan", port(5060, exposure.UDP, lan, near("sip", "Kamailio", registers)), afar, []string{"info not-judged-from-here"}},
		{"sip_with_a_login", port(5060, exposure.UDP, world, far("sip", "Kamailio", exposure.Facts{"registers_without_login": false})), afar, nil},
		{"sip_that_told_nothing", port(5060, exposure.UDP, world, far("sip", "", nil)), afar, nil},

		{"upnp_outside", port(1900, exposure.UDP, world, far("ssdp", "", nil)), afar, []string{"high upnp-answers-strangers"}},
		{"upnp_of_miniupnpd_outside", port(1900, exposure.UDP, world, far("ssdp", "MiniUPnPd", gateway)), afar, []string{"high upnp-answers-strangers", "info upnp-opens-ports"}},
		{"upnp_from_the_lan", port(1900, exposure.UDP, lan, near("ssdp", "", gateway)), afar, []string{"info not-judged-from-here", "info upnp-opens-ports"}},
		{"upnp_here_only", port(1900, exposure.UDP, bound("127.0.0.1", "minidlnad", ""), spoke("ssdp", "", "", "", nil)), here, nil},

		{"mdns_outside", port(5353, exposure.UDP, world, far("mdns", "Avahi", announced)), afar, []string{"high mdns-answers-strangers"}},
		{"mdns_outside_of_another", port(5353, exposure.UDP, world, far("mdns", "", announced)), afar, []string{"high mdns-answers-strangers"}},
		{"mdns_from_the_lan", port(5353, exposure.UDP, lan, near("mdns", "", announced)), afar, []string{"info not-judged-from-here"}},

		{"coap_outside", port(5683, exposure.UDP, world, far("coap", "libcoap", resources)), afar, []string{"high coap-answers-strangers"}},
		{"coap_from_the_lan", port(5683, exposure.UDP, lan, near("coap", "libcoap", resources)), afar, []string{"info not-judged-from-here"}},
		{"coap_with_a_login", port(5683, exposure.UDP, world, far("coap", "", exposure.Facts{"login_required": true})), afar, []string{"high exposed-local-service"}},
		{"coap_that_told_nothing", port(5683, exposure.UDP, world, far("coap", "", nil)), afar, []string{"high exposed-local-service"}},

		{"quic_short", port(443, exposure.UDP, world, far("quic", "", exposure.Facts{"answers_short": true, "versions": texts("1")})), afar, []string{"low quic-answers-short"}},
		{"quic_short_here_only", port(443, exposure.UDP, bound("127.0.0.1", "caddy", "caddy.service"), spoke("quic", "", "", "", exposure.Facts{"answers_short": true, "versions": texts("1")})), here, []string{"info quic-answers-short"}},
		{"quic_drafts", port(443, exposure.UDP, lan, near("quic", "", exposure.Facts{"versions": texts("draft-29", "0x51303433")})), afar, []string{"low quic-only-drafts"}},
		{"quic_by_the_book", port(443, exposure.UDP, world, far("quic", "", exposure.Facts{"answers_short": false, "versions": texts("1", "2")})), afar, nil},
		{"quic_version_2_only", port(443, exposure.UDP, lan, near("quic", "", exposure.Facts{"versions": texts("2")})), afar, nil},

		{"dhcp_outside", port(67, exposure.UDP, world, far("dhcp", "", exposure.Facts{"server": text("192.168.1.1")})), afar, []string{"high dhcp-answers-strangers"}},
		{"dhcp_of_dnsmasq_outside", port(67, exposure.UDP, world, bound("0.0.0.0", "dnsmasq", "dnsmasq.service"), far("dhcp", "", nil)), here, []string{"high dhcp-answers-strangers"}},
		{"dhcp_from_the_lan", port(67, exposure.UDP, lan, near("dhcp", "", nil)), afar, []string{"info not-judged-from-here"}},

		{"echo_over_tcp", port(7, lan, near("echo", "", nil)), afar, []string{"info simple-service"}},
		{"chargen_test_without_udp", port(19, exposure.UDP, lan, near("chargen", "", exposure.Facts{"udp": false, "tcp": true})), afar, []string{"info simple-service"}},
		{"chargen_from_the_lan", port(19, exposure.UDP, lan, near("chargen", "", measured("chargen", 2, 74, 37, exposure.Facts{"udp": true, "tcp": true}))), afar, []string{"low simple-service", "info not-judged-from-here"}},
		{"discard_test", port(9, exposure.UDP, lan, near("discard", "", exposure.Facts{"tcp": true})), afar, []string{"info simple-service"}},
	}
	for _, product := range []string{"Kamailio", "OpenSIPS", "Asterisk", "FreeSWITCH", ""} {
		cases = append(cases, judged{"sip_outside_" + product, port(5060, exposure.UDP, world, far("sip", product, registers)), afar, []string{"high sip-register-without-login"}})
	}
	tables["dgram"] = cases
}
