package rules_test

import (
	"maps"

	"sekisho/internal/exposure"
)

// measured are the facts of a service that sent much back.
func measured(by string, sent, received int, factor float64, more exposure.Facts) exposure.Facts {
	facts := exposure.Facts{
		"amplification_by": by, "amplification_sent": sent, "amplification_received": received, "amplification": factor, "amplification_packets": 1,
	}
	maps.Copy(facts, more)
	return facts
}

func init() {
	world := open("192.0.2.1", exposure.ViewOutside)
	far := func(protocol, product string, facts exposure.Facts) exposure.Service {
		return seenFrom(exposure.ViewOutside, spoke(protocol, product, "", "", facts))
	}
	near := func(protocol, product string, facts exposure.Facts) exposure.Service {
		return seenFrom(exposure.ViewLAN, spoke(protocol, product, "", "", facts))
	}
	recursive := exposure.Facts{"recursion": true}
	zone := exposure.Facts{"recursion": false, "zone_transfer": true, "zone": text("home.example."), "zone_records": 9}
	readvar := measured("ntp-readvar", 12, 360, 30, nil)
	cases := []judged{
		{"resolver_measured", port(53, exposure.UDP, world, far("dns", "dnsmasq", measured("dns-root", 32, 73, 2.3, recursive))), afar, []string{"medium dns-open-resolver"}},
		{"resolver_seen_from_both_sides", port(53, exposure.UDP, world, lan, near("dns", "BIND", recursive), far("dns", "BIND", exposure.Facts{"recursion": false})), afar, nil},
		{"resolver_for_the_lan", port(53, exposure.UDP, lan, near("dns", "BIND", measured("dns-root", 32, 73, 2.3, recursive))), afar, []string{"info not-judged-from-here"}},
		{"resolver_for_itself", port(53, exposure.UDP, bound("127.0.0.1", "unbound", "unbound.service"), spoke("dns", "Unbound", "", "", recursive)), here, nil},
		{"resolver_over_loopback", port(53, exposure.UDP, open("127.0.0.1", exposure.ViewLoopback), seenFrom(exposure.ViewLoopback, spoke("dns", "Unbound", "", "", recursive))), afar, []string{"info not-judged-from-here"}},
		{"zone_for_strangers", port(53, world, far("dns", "BIND", zone)), afar, []string{"medium dns-zone-transfer"}},
		{"zone_for_the_lan", port(53, lan, near("dns", "", zone)), afar, []string{"low dns-zone-transfer"}},
		{"zone_of_windows", port(53, lan, near("dns", "Microsoft DNS", zone)), afar, []string{"low dns-zone-transfer"}},
		{"zone_of_powerdns", port(53, lan, near("dns", "PowerDNS", zone)), afar, []string{"low dns-zone-transfer"}},
		{"zone_of_knot", port(53, lan, near("dns", "Knot DNS", zone)), afar, []string{"low dns-zone-transfer"}},
		{"zone_of_nsd", port(53, lan, near("dns", "NSD", zone)), afar, []string{"low dns-zone-transfer"}},
		{"zone_kept", port(53, lan, near("dns", "BIND", exposure.Facts{"zone_transfer": false})), afar, nil},
		{"dns_without_tcp", port(53, exposure.UDP, lan, near("dns", "BIND", exposure.Facts{"tcp": false})), afar, []string{"low dns-no-tcp"}},
		{"dns_without_tcp_here_only", port(53, exposure.UDP, bound("127.0.0.1", "named", ""), spoke("dns", "BIND", "", "", exposure.Facts{"tcp": false})), here, []string{"info dns-no-tcp"}},
		{"dns_with_tcp", port(53, exposure.UDP, lan, near("dns", "BIND", exposure.Facts{"tcp": true})), afar, nil},

		{"dns_amplifies_little", port(53, exposure.UDP, world, far("dns", "BIND", measured("dns-any", 40, 200, 5, nil))), afar, nil},
		{"readvar_from_the_lan", port(123, exposure.UDP, lan, near("ntp", "NTPsec", readvar)), afar, []string{"info not-judged-from-here"}},
		{"readvar_for_itself", port(123, exposure.UDP, bound("127.0.0.1", "ntpd", ""), spoke("ntp", "NTPsec", "", "", readvar)), here, nil},
		{"readvar_read_back", port(123, exposure.UDP, world, far("ntp", "ntpd", exposure.Facts{
			"amplification_by": text("ntp-readvar"), "amplification_sent": 12.0, "amplification_received": 360.0, "amplification": 30.0, "amplification_packets": 1.0,
		})), afar, []string{"medium amplifier"}},
		{"monlist", port(123, exposure.UDP, world, far("ntp", "", measured("ntp-monlist", 8, 4400, 550, nil))), afar, []string{"high amplifier"}},
		{"monlist_refused", port(123, exposure.UDP, world, far("ntp", "ntpd", measured("ntp-monlist", 8, 8, 1, nil))), afar, nil},

		{"ntp_without_a_source", port(123, exposure.UDP, lan, near("ntp", "", exposure.Facts{"synchronised": false})), afar, []string{"low ntp-unsynchronised"}},
		{"ntp_with_a_source", port(123, exposure.UDP, lan, near("ntp", "", exposure.Facts{"synchronised": true, "offset_ms": -3.2})), afar, nil},
		{"ntp_two_seconds_off", port(123, exposure.UDP, lan, near("ntp", "", exposure.Facts{"synchronised": true, "offset_ms": -2031.4})), afar, []string{"low ntp-clock-differs"}},
		{"ntp_off_and_without_a_source", port(123, exposure.UDP, lan, near("ntp", "", exposure.Facts{"synchronised": false, "offset_ms": 1e9})), afar, []string{"low ntp-unsynchronised"}},
	}
	cases = append(cases,
		judged{"tftp", port(69, exposure.UDP, lan, near("tftp", "", exposure.Facts{"login": false})), afar, []string{"low tftp-no-login"}},
		judged{"tftp_read", port(69, exposure.UDP, lan, near("tftp", "dnsmasq", exposure.Facts{"file_read": text("router.cfg"), "file_bytes": 812})), afar, []string{"medium tftp-no-login"}},
		judged{"tftp_here_only", port(69, exposure.UDP, bound("127.0.0.1", "in.tftpd", "tftpd-hpa.service"), spoke("tftp", "", "", "", nil)), here, []string{"info tftp-no-login"}},
		judged{"l2tp", port(1701, exposure.UDP, lan, near("l2tp", "xl2tpd", exposure.Facts{"tunnel": true, "hostname": text("home")})), afar, []string{"medium l2tp-without-ipsec"}},
		judged{"l2tp_mikrotik", port(1701, exposure.UDP, lan, near("l2tp", "MikroTik RouterOS", exposure.Facts{"tunnel": true, "hostname": text("router")})), afar, []string{"medium l2tp-without-ipsec"}},
		judged{"l2tp_refused", port(1701, exposure.UDP, lan, near("l2tp", "", exposure.Facts{"tunnel": false})), afar, nil},
	)
	cases = append(cases,
		judged{"ike_weak", port(500, exposure.UDP, lan, near("ikev2", "", exposure.Facts{"ikev1": "refuses", "ikev2": "accepts", "weak": true, "transforms": texts("3DES SHA1 MODP-1024")})), afar, []string{"medium ike-weak-algorithms"}},
		judged{"ike_good", port(500, exposure.UDP, lan, near("ikev2", "", exposure.Facts{"ikev1": "refuses", "ikev2": "accepts", "weak": false})), afar, nil},
		judged{"ike_aggressive", port(4500, exposure.UDP, world, far("ikev1-nat-t", "", exposure.Facts{"ikev1": "accepts", "aggressive": true})), afar, []string{"medium ike-aggressive-mode", "info ike-version-1"}},
	)
	cases = append(cases,
		judged{"chargen_outside", port(40019, exposure.UDP, world, far("chargen", "", measured("chargen", 2, 74, 37, nil))), afar, []string{"medium amplifier", "low simple-service"}},
		judged{"qotd_outside", port(40017, exposure.UDP, world, far("qotd", "", measured("qotd", 2, 60, 30, nil))), afar, []string{"medium amplifier", "low simple-service"}},
		judged{"echo", port(7, exposure.UDP, lan, near("echo", "", nil)), afar, []string{"low simple-service"}},
		judged{"time", port(37, exposure.UDP, lan, near("time", "", nil)), afar, []string{"info simple-service"}},
		judged{"daytime_here_only", port(13, exposure.UDP, bound("127.0.0.1", "inetd", ""), spoke("daytime", "", "", "", nil)), here, []string{"info simple-service"}},
		judged{"openvpn", port(1194, exposure.UDP, lan, near("openvpn", "OpenVPN", exposure.Facts{"static_key": false})), afar, []string{"info openvpn-without-static-key"}},
		judged{"radius", port(1812, exposure.UDP, lan, near("radius", "", exposure.Facts{"checks_secret": false})), afar, []string{"medium radius-without-secret"}},
		judged{"radius_that_checks", port(1812, exposure.UDP, lan, near("radius", "FreeRADIUS", exposure.Facts{"checks_secret": true})), afar, nil},
	)
	for _, product := range []string{"dnsmasq", "PowerDNS Recursor", "Knot Resolver", "Microsoft DNS"} {
		cases = append(cases, judged{"resolver_of_" + product, port(53, exposure.UDP, world, far("dns", product, recursive)), afar, []string{"medium dns-open-resolver"}})
	}
	for _, a := range []struct {
		protocol, product, by string
		severity              string
	}{
		{"ntp", "NTPsec", "ntp-readvar", "medium"},
		{"ntp", "ntpd", "ntp-readvar", "medium"},
		{"dns", "BIND", "dns-any", "low"},
		{"dns", "PowerDNS", "dns-dnskey", "low"},
		{"dns", "Microsoft DNS", "dns-any", "low"},
		{"dns", "", "dns-any", "low"},
		{"memcached", "memcached", "memcached-stats", "high"},
		{"ssdp", "miniupnpd", "ssdp", "medium"},
		{"ssdp", "", "ssdp", "medium"},
		{"thing", "", "thing", "low"},
	} {
		want := []string{a.severity + " amplifier"}
		if a.protocol == "memcached" {
			want = append(want, "high exposed-local-service", "info service-on-unusual-port")
		}
		if a.protocol == "ssdp" {
			want = []string{"high upnp-answers-strangers", "medium amplifier"}
		}
		cases = append(cases, judged{
			"amplifier_" + a.by + "_" + a.product, port(map[bool]uint16{true: 53, false: 40000}[a.protocol == "dns"], exposure.UDP, world, far(a.protocol, a.product, measured(a.by, 10, 300, 30, nil))),
			afar,
			want,
		})
	}
	tables["names"] = cases
}
