package rules_test

import "sekisho/internal/exposure"

func init() {
	agent := func(product, banner, enterprise string) exposure.Service {
		return spoke("snmp", product, "", banner, exposure.Facts{
			"community_public": true, "versions": texts("v1", "v2c", "v3"), "enterprise": text(enterprise),
			"getbulk_request_bytes": 41, "getbulk_reply_bytes": 692,
		})
	}
	typed := spoke("snmp", "Net-SNMP", "", "Linux home", exposure.Facts{"versions": texts("v1", "v2c")})
	three := spoke("snmp", "", "", "", exposure.Facts{"versions": texts("v3")})
	small := seenFrom(exposure.ViewOutside, spoke("snmp", "", "", "", exposure.Facts{
		"versions": texts("v3"), "getbulk_request_bytes": 41, "getbulk_reply_bytes": 204.0,
	}))
	large := seenFrom(exposure.ViewOutside, spoke("snmp", "", "", "", exposure.Facts{
		"versions": texts("v3"), "getbulk_request_bytes": 41.0, "getbulk_reply_bytes": 205.0,
	}))
	outside := open("192.0.2.1", exposure.ViewOutside)
	tables["snmp"] = []judged{
		{"net_snmp", port(161, exposure.UDP, bound("0.0.0.0", "snmpd", "snmpd.service"), agent("Net-SNMP", "Linux home 6.1", "Net-SNMP")), here, []string{"medium snmp-default-community"}},
		{"net_snmp_on_loopback", port(161, exposure.UDP, bound("127.0.0.1", "snmpd", "snmpd.service"), agent("Net-SNMP", "Linux home 6.1", "Net-SNMP")), here, []string{"info snmp-default-community"}},
		{"seen_from_outside", port(161, exposure.UDP, outside, seenFrom(exposure.ViewOutside, agent("Net-SNMP", "Linux home 6.1", "Net-SNMP"))), afar, []string{"high exposed-local-service", "high snmp-amplifier", "high snmp-default-community"}},
		{"seen_from_the_lan", port(161, exposure.UDP, lan, agent("", "", "4711")), afar, []string{"medium snmp-default-community"}},
		{"synology", port(161, exposure.UDP, lan, agent("Net-SNMP", "Linux DiskStation 4.4.302+ #64570 SMP x86_64", "Net-SNMP")), afar, []string{"medium snmp-default-community"}},
		{"cisco", port(161, exposure.UDP, lan, agent("Cisco IOS", "Cisco IOS Software, C2960 Version 15.0(2)SE", "Cisco")), afar, []string{"medium snmp-default-community"}},
		{"mikrotik", port(161, exposure.UDP, lan, agent("MikroTik RouterOS", "RouterOS RB750Gr3", "MikroTik")), afar, []string{"medium snmp-default-community"}},
		{"windows", port(161, exposure.UDP, lan, agent("Windows", "Hardware: Intel64 - Software: Windows Version 6.3", "Microsoft")), afar, []string{"medium snmp-default-community"}},
		{"printer", port(161, exposure.UDP, lan, agent("", "Brother NC-8300h, Firmware Ver.X", "Brother")), afar, []string{"medium snmp-default-community"}},
		{"typed_community", port(161, exposure.UDP, lan, typed), afar, []string{"low snmp-cleartext"}},
		{"version_3", port(161, exposure.UDP, lan, three), afar, nil},
		{"answers_little", port(161, exposure.UDP, outside, small), afar, []string{"high exposed-local-service"}},
		{"answers_much", port(161, exposure.UDP, outside, large), afar, []string{"high exposed-local-service", "high snmp-amplifier"}},
	}
}
