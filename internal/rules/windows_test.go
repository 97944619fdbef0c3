package rules_test

import (
	"maps"

	"sekisho/internal/exposure"
)

func init() {
	outside := open("192.0.2.1", exposure.ViewOutside)
	share := func(protocol, product string, more exposure.Facts) exposure.Service {
		facts := exposure.Facts{"dialect": text("3.1.1"), "smb1": false, "signing_required": true, "clock_offset_s": 2}
		maps.Copy(facts, more)
		return spoke(protocol, product, "", "", facts)
	}
	old := exposure.Facts{"smb1": true, "signing_required": false, "dialect": text("NT LM 0.12")}
	node := func(more exposure.Facts) exposure.Service {
		facts := exposure.Facts{
			"computer": text("PC1"), "workgroup": text("OFFICE"), "domain_controller": false, "amplification": 4.9,
			"amplification_by": text("netbios-status"), "amplification_sent": 50, "amplification_received": 247, "amplification_packets": 1,
		}
		maps.Copy(facts, more)
		return spoke("netbios-ns", "", "", "", facts)
	}
	measured := func(protocol, by string, sent, received int) exposure.Facts {
		return exposure.Facts{
			"amplification": float64(received) / float64(sent), "amplification_by": text(by), "amplification_sent": sent,
			"amplification_received": received, "amplification_packets": 1,
		}
	}
	directory := func(product string, more exposure.Facts) exposure.Service {
		facts := exposure.Facts{"naming_contexts": texts("DC=home,DC=example"), "starttls": true, "anonymous_read": false}
		maps.Copy(facts, more)
		return spoke("ldap", product, "", "", facts)
	}
	desktop := func(product string, nla, required, own bool, ways ...string) exposure.Service {
		return spoke("rdp", product, "", "", exposure.Facts{"nla": nla, "nla_required": required, "rdp_security": own, "security_protocols": texts(ways...)})
	}
	screen := func(product string, none, clear bool, ways ...string) exposure.Service {
		return spoke("vnc", product, "", "RFB 003.008", exposure.Facts{"no_password": none, "cleartext": clear, "security_types": texts(ways...)})
	}
	database := func(encryption string) exposure.Service {
		return spoke("mssql", "SQL Server 2022", "", "", exposure.Facts{"encryption": text(encryption)})
	}
	browser := measured("mc-sqlr", "mc-sqlr-list", 1, 330)
	browser["instances"] = texts(`HOME\MSSQLSERVER 16.0.1000.6 tcp 1433`)
	remote := exposure.Facts{"basic": true, "auth_methods": texts("Negotiate", "Basic"), "server": text("Microsoft-HTTPAPI/2.0")}
	tables["windows"] = []judged{
		// SMB.
		{"samba_with_smb1", port(445, bound("0.0.0.0", "smbd", "smbd.service"), share("smb", "Samba", old)), here, []string{"high smb-version-1", "medium smb-signing-not-required"}},
		{"windows_with_smb1", port(445, lan, share("smb", "Windows", old)), afar, []string{"high smb-version-1", "medium smb-signing-not-required"}},
		{"nas_with_smb1", port(139, lan, share("netbios-ssn", "", old)), afar, []string{"high smb-version-1", "medium smb-signing-not-required"}},
		{"smb1_on_loopback", port(445, bound("127.0.0.1", "smbd", "smbd.service"), share("smb", "Samba", old)), here, []string{"info smb-signing-not-required", "info smb-version-1"}},
		{"smb_fine", port(445, lan, share("smb", "Samba", nil)), afar, nil},
		{"smb_unknown", port(445, lan, spoke("smb", "", "", "", exposure.Facts{})), afar, nil},
		{"smb_from_outside", port(4445, outside, seenFrom(exposure.ViewOutside, share("smb", "Windows", nil))), afar, []string{"high exposed-local-service", "info service-on-unusual-port"}},
		{"clock_of_a_controller", port(445, lan, share("smb", "Windows", exposure.Facts{"clock_offset_s": -301})), afar, []string{"medium kerberos-clock-skew"}},
		{"clock_just_right", port(445, lan, share("smb", "Windows", exposure.Facts{"clock_offset_s": 300})), afar, nil},

		// NetBIOS.
		{"netbios", port(137, exposure.UDP, lan, node(nil)), afar, []string{"info netbios-names-told", "info not-judged-from-here"}},
		{"netbios_of_a_controller", port(137, exposure.UDP, lan, node(exposure.Facts{"domain_controller": true, "amplification": 1.9})), afar, []string{"info netbios-names-told"}},
		{"netbios_with_user", port(137, exposure.UDP, lan, node(exposure.Facts{"users": texts("TARO"), "amplification": 1.0})), afar, []string{"low netbios-names-told"}},
		{"netbios_from_outside", port(137, exposure.UDP, outside, seenFrom(exposure.ViewOutside, node(nil))), afar, []string{"high exposed-local-service", "medium amplifier", "info netbios-names-told"}},
		{"netbios_without_names", port(137, exposure.UDP, lan, spoke("netbios-ns", "", "", "", exposure.Facts{})), afar, nil},

		// RPC.
		{"endpoints", port(135, lan, spoke("msrpc", "", "", "", exposure.Facts{"remote_endpoints": 38})), afar, []string{"info msrpc-endpoints-told"}},
		{"endpoints_from_outside", port(135, outside, seenFrom(exposure.ViewOutside, spoke("msrpc", "", "", "", exposure.Facts{"remote_endpoints": 38.0}))), afar, []string{"high exposed-local-service", "medium msrpc-endpoints-told"}},
		{"no_endpoints", port(135, lan, spoke("msrpc", "", "", "", exposure.Facts{"endpoint_mapper": false})), afar, nil},

		// LDAP.
		{"openldap_clear", port(389, bound("0.0.0.0", "slapd", "slapd.service"), directory("OpenLDAP", exposure.Facts{"starttls": false, "anonymous_read": true})), here, []string{"medium ldap-anonymous-read", "medium ldap-cleartext"}},
		{"openldap_starttls", port(389, lan, directory("OpenLDAP", nil)), afar, []string{"low ldap-cleartext"}},
		{"openldap_demands_tls", port(389, lan, directory("OpenLDAP", exposure.Facts{"tls_required": true})), afar, nil},
		{"samba_controller", port(389, lan, directory("Samba", exposure.Facts{"anonymous_read": true})), afar, []string{"medium ldap-anonymous-read", "low ldap-cleartext"}},
		{"active_directory", port(3268, lan, directory("Active Directory", nil)), afar, []string{"low ldap-cleartext"}},
		{"another_directory", port(389, lan, directory("", exposure.Facts{"starttls": nil, "anonymous_read": true})), afar, []string{"medium ldap-anonymous-read", "medium ldap-cleartext"}},
		{"ldaps", port(636, lan, secured(directory("OpenLDAP", nil), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},
		{"ldap_on_loopback", port(389, bound("127.0.0.1", "slapd", "slapd.service"), directory("OpenLDAP", nil)), here, []string{"info ldap-cleartext"}},
		{"cldap_from_outside", port(389, exposure.UDP, outside, seenFrom(exposure.ViewOutside, spoke("cldap", "Samba", "", "", measured("cldap", "cldap-rootdse", 48, 1926)))), afar, []string{"high amplifier", "high exposed-local-service"}},
		{"cldap_from_the_lan", port(389, exposure.UDP, lan, spoke("cldap", "Samba", "", "", measured("cldap", "cldap-rootdse", 48, 1926))), afar, []string{"info not-judged-from-here"}},

		// Remote desktops.
		{"windows_without_nla", port(3389, lan, desktop("Windows", true, false, false, "credssp", "tls")), afar, []string{"medium rdp-without-nla"}},
		{"windows_with_nla", port(3389, lan, desktop("Windows", true, true, false, "credssp")), afar, nil},
		{"xrdp", port(3389, bound("0.0.0.0", "xrdp", "xrdp.service"), desktop("", false, false, true, "tls", "rdp")), here, []string{"medium rdp-own-encryption", "medium rdp-without-nla"}},
		{"rdp_from_outside", port(3389, outside, seenFrom(exposure.ViewOutside, desktop("Windows", true, true, false, "credssp"))), afar, []string{"high rdp-on-the-internet"}},
		{"old_rdp_from_outside", port(3389, outside, seenFrom(exposure.ViewOutside, desktop("", false, false, true, "rdp"))), afar, []string{"high rdp-on-the-internet", "high rdp-without-nla", "medium rdp-own-encryption"}},
		{"vnc_open", port(5900, lan, screen("", true, true, "none")), afar, []string{"high vnc-without-password"}},
		{"vnc_clear", port(5901, lan, screen("", false, true, "vnc", "tls-vnc")), afar, []string{"low vnc-cleartext"}},
		{"vnc_of_realvnc", port(5900, lan, screen("RealVNC", false, true, "ra2ne", "vnc")), afar, []string{"low vnc-cleartext"}},
		{"vnc_of_ultravnc", port(5900, lan, screen("UltraVNC", false, true, "mslogon2")), afar, []string{"low vnc-cleartext"}},
		{"vnc_of_a_mac", port(5900, lan, screen("Apple Remote Desktop", false, true, "apple-dh", "vnc")), afar, []string{"low vnc-cleartext"}},
		{"vnc_in_tls", port(5900, lan, screen("", false, false, "x509-vnc")), afar, nil},
		{"vnc_from_outside", port(5900, outside, seenFrom(exposure.ViewOutside, screen("", false, true, "vnc"))), afar, []string{"high exposed-local-service", "high vnc-cleartext"}},

		// SQL Server.
		{"mssql_login_only", port(1444, lan, database("login-only")), afar, []string{"medium exposed-local-service", "low mssql-not-encrypted", "info service-on-unusual-port"}},
		{"mssql_clear", port(1433, lan, database("not-supported")), afar, []string{"medium exposed-local-service", "medium mssql-not-encrypted"}},
		{"mssql_encrypted", port(1433, bound("127.0.0.1", "sqlservr", "mssql-server.service"), database("required")), here, nil},
		{"mssql_browser", port(1434, exposure.UDP, lan, spoke("mc-sqlr", "SQL Server 2022", "", "", browser)), afar, []string{"low mssql-instances-told", "info not-judged-from-here"}},
		{"mssql_browser_from_outside", port(1434, exposure.UDP, outside, seenFrom(exposure.ViewOutside, spoke("mc-sqlr", "SQL Server 2022", "", "", browser))), afar, []string{"high amplifier", "high exposed-local-service", "low mssql-instances-told"}},

		// WinRM.
		{"winrm_basic", port(5985, lan, spoke("winrm", "Windows", "", "", remote)), afar, []string{"high winrm-basic"}},
		{"winrm_basic_in_tls", port(5986, lan, secured(spoke("winrm", "Windows", "", "", remote), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},
		{"winrm_fine", port(5985, lan, spoke("winrm", "Windows", "", "", exposure.Facts{"basic": false})), afar, nil},
	}
}
