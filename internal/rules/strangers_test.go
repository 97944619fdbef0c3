package rules_test

import "sekisho/internal/exposure"

func init() {
	var cases []judged
	for _, told := range []struct{ product, version, bind string }{
		{"NSD", "4.6.1", "NSD 4.6.1"},
		{"Knot DNS", "3.2.6", "Knot DNS 3.2.6"},
		{"PowerDNS", "4.7.3", "PowerDNS Authoritative Server 4.7.3"},
		{"PowerDNS Recursor", "4.8.8", "PowerDNS Recursor 4.8.8"},
		{"dnsmasq", "2.90", "dnsmasq-2.90"},
	} {
		s := spoke("dns", told.product, told.version, "", exposure.Facts{"version_bind": text(told.bind)})
		cases = append(cases, judged{"version_of_" + told.product, port(53, exposure.UDP, everywhere, s), afar, []string{"info version-disclosed"}})
	}
	banner := "* OK [CAPABILITY IMAP4rev1 LITERAL+ ID ENABLE LOGINDISABLED] cyr.home.example Cyrus IMAP 3.6.1-Debian-3.6.1-4+deb12u5 server ready"
	cases = append(cases, judged{"version_of_cyrus", port(143, everywhere, spoke("imap", "Cyrus", "3.6.1", banner, exposure.Facts{"login_without_tls": false})), afar, []string{"info version-disclosed"}})
	outside := open("8.8.8.8", exposure.ViewOutside)
	far := func(protocol, product string) exposure.Service { // nothing else is wrong with it
		return seenFrom(exposure.ViewOutside, spoke(protocol, product, "", "", exposure.Facts{"login_without_tls": false}))
	}
	cases = append(cases,
		judged{"number_of_typesense", port(8108, outside), afar, []string{"high exposed-local-service"}},
		judged{"number_of_typesense_and_http", port(8108, outside, far("http", "")), afar, []string{"high exposed-local-service"}},
		judged{"number_of_typesense_and_mini_httpd", port(8108, outside, far("http", "mini_httpd")), afar, []string{"medium exposed-local-service"}},
		judged{"number_of_typesense_and_imap", port(8108, outside, far("imap", "Cyrus")), afar, []string{"info service-on-unusual-port"}},
	)
	pooler := far("postgresql", "PgBouncer")
	pooler.Facts = exposure.Facts{"tls_offered": false, "login_without_tls": true, "password_required": true, "auth_method": text("md5")}
	cases = append(cases, judged{"pgbouncer", port(6432, outside, pooler), afar, []string{"medium exposed-local-service", "low data-without-tls", "info service-on-unusual-port"}})
	tables["strangers"] = cases
}
