package rules_test

import "sekisho/internal/exposure"

func init() {
	agent := func(product, banner, enterprise string) exposure.Service {
		return spoke("snmp", product, "", banner, exposure.Facts{
			"community_public": true, "versions": texts("v1", "v2c", "v3"), "enterprise": text(enterprise),
			"amplification": 16.9, "amplification_by": "snmp-getbulk", "amplification_sent": 41, "amplification_received": 692, "amplification_packets": 1,
		})
	}
	typed := spoke("snmp", "Net-SNMP", "", "Linux home", exposure.Facts{"versions": texts("v1", "v2c")})
	three := spoke("snmp", "", "", "", exposure.Facts{"versions": texts("v3")})
	small := seenFrom(exposure.ViewOutside, spoke("snmp", "", "", "", exposure.Facts{
		"versions": texts("v3"), "amplification": 2.9, "amplification_by": "snmp-getbulk",
	}))
	large := seenFrom(exposure.ViewOutside, spoke("snmp", "", "", "", exposure.Facts{
		"versions": texts("v3"), "amplification": 3.0, "amplification_by": text("snmp-getbulk"), "amplification_sent": 41, "amplification_received": 123, "amplification_packets": 1,
	}))
	outside := open("192.0.2.1", exposure.ViewOutside)
	tables["snmp"] = []judged{
		{"net_snmp", port(161, exposure.UDP, bound("0.0.0.0", "snmpd", "snmpd.service"), agent("Net-SNMP", "Linux home 6.1", "Net-SNMP")), here, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"net_snmp_on_loopback", port(161, exposure.UDP, bound("127.0.0.1", "snmpd", "snmpd.service"), agent("Net-SNMP", "Linux home 6.1", "Net-SNMP")), here, []string{"info snmp-default-community"}},
		{"seen_from_outside", port(161, exposure.UDP, outside, seenFrom(exposure.ViewOutside, agent("Net-SNMP", "Linux home 6.1", "Net-SNMP"))), afar, []string{"high amplifier", "high exposed-local-service", "high snmp-default-community"}},
		{"seen_from_the_lan", port(161, exposure.UDP, lan, agent("", "", "4711")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"synology", port(161, exposure.UDP, lan, agent("Net-SNMP", "Linux DiskStation 4.4.302+ #64570 SMP x86_64", "Net-SNMP")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"cisco", port(161, exposure.UDP, lan, agent("Cisco IOS", "Cisco IOS Software, C2960 Version 15.0(2)SE", "Cisco")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"mikrotik", port(161, exposure.UDP, lan, agent("MikroTik RouterOS", "RouterOS RB750Gr3", "MikroTik")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"windows", port(161, exposure.UDP, lan, agent("Windows", "Hardware: Intel64 - Software: Windows Version 6.3", "Microsoft")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"printer", port(161, exposure.UDP, lan, agent("", "Brother NC-8300h, Firmware Ver.X", "Brother")), afar, []string{"medium snmp-default-community", "info not-judged-from-here"}},
		{"typed_community", port(161, exposure.UDP, lan, typed), afar, []string{"low snmp-cleartext"}},
		{"version_3", port(161, exposure.UDP, lan, three), afar, nil},
		{"answers_little", port(161, exposure.UDP, outside, small), afar, []string{"high exposed-local-service"}},
		{"answers_much", port(161, exposure.UDP, outside, large), afar, []string{"high amplifier", "high exposed-local-service"}},
	}
}
