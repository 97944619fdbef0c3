package rules_test

import (
	"maps"
	"net/netip"

	"sekisho/internal/exposure"
	"sekisho/internal/untrusted"
)

// ftpSeen is an FTP server that asks for TLS before the login, so that only its
// data is judged, at an address of the Internet.
func ftpSeen(product string, facts exposure.Facts) exposure.Service {
	all := exposure.Facts{"login_without_tls": false, "local_address": text("26.10.0.1")}
	maps.Copy(all, facts)
	s := spoke("ftp", product, "", "220 ready", all)
	s.Address, s.View = netip.MustParseAddr("26.10.0.2"), exposure.ViewOutside
	return s
}

// ftpMeant is what the test of FTP writes into facts: words of four modes, in
// the order PASV, EPSV, PORT, EPRT.
func ftpMeant(pasv, epsv, port, eprt string, more exposure.Facts) exposure.Facts {
	facts := exposure.Facts{"logged_in": true}
	for name, word := range map[string]string{"pasv": pasv, "epsv": epsv, "port": port, "eprt": eprt} {
		if word != "" {
			facts[name] = text(word)
		}
	}
	maps.Copy(facts, more)
	return facts
}

// ftpPortsTold are the facts about passive ports.
func ftpPortsTold(told, reached []untrusted.Text) exposure.Facts {
	facts := exposure.Facts{"passive_address": text("26.10.0.2")}
	if told != nil {
		facts["passive_ports"] = told
	}
	if reached != nil {
		facts["passive_ports_reached"] = reached
	}
	return facts
}

// ftpInside is a server seen from its own network.
func ftpInside(s exposure.Service) exposure.Service {
	s.Address, s.View = netip.MustParseAddr("192.168.77.10"), exposure.ViewLAN
	return s
}

func init() {
	world := open("26.10.0.2", exposure.ViewOutside)
	private := exposure.Facts{"passive_address": text("192.168.77.10")}
	told := texts("50007", "50090", "50031")
	helped := exposure.Facts{
		"tls_control": true, "tls_data": true, "passive_address": text("192.168.77.10"),
		"pasv_clear": text("ok"), "passive_address_clear": text("26.10.0.2"),
	}
	tested := func(s exposure.Service, more ...any) exposure.Port { return port(21, append(more, world, s)...) }
	clear := exposure.Facts{"login_without_tls": true, "auth_tls": false}
	table := []judged{
		{"all_modes_work", tested(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("26.10.0.2"), "active_source_ports": texts("20"), "data_port_let_in": false}))), afar, nil},
		{"not_tested", tested(ftpSeen("vsftpd", nil)), afar, nil},
		{"address_private_vsftpd", tested(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_private_proftpd", tested(ftpSeen("ProFTPD", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_private_pure_ftpd", tested(ftpSeen("Pure-FTPd", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_private_filezilla", tested(ftpSeen("FileZilla Server", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_private_iis", tested(ftpSeen("Microsoft FTP Service", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_private_other", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", private))), afar, []string{"medium ftp-passive-address"}},
		{"address_foreign", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("26.99.0.2")}))), afar, []string{"medium ftp-passive-address"}},
		{"address_unspecified", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("0.0.0.0")}))), afar, []string{"medium ftp-passive-address"}},
		{"address_for_the_outside", tested(ftpInside(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("26.10.0.2")})))), afar, []string{"info ftp-passive-address"}},
		{"address_wrong_inside", tested(ftpInside(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("10.0.0.5")})))), afar, []string{"medium ftp-passive-address"}},
		{"address_right_inside", tested(ftpInside(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("192.168.77.10")})))), afar, nil},
		{"address_no_address", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"passive_address": text("\x1b]0;x")}))), afar, nil},
		{"address_private_inside_tls", tested(ftpSeen("vsftpd", ftpMeant("silent", "", "ok", "ok", exposure.Facts{"tls_control": true, "tls_data": true, "passive_address": text("192.168.77.10"), "passive_ports": told}))), afar, []string{"medium ftp-passive-address", "medium ftp-passive-blocked"}},
		{"blocked_vsftpd", tested(ftpSeen("vsftpd", ftpMeant("silent", "silent", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_proftpd", tested(ftpSeen("ProFTPD", ftpMeant("silent", "silent", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_pure_ftpd", tested(ftpSeen("Pure-FTPd", ftpMeant("silent", "silent", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_filezilla", tested(ftpSeen("FileZilla Server", ftpMeant("silent", "silent", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_iis", tested(ftpSeen("Microsoft FTP Service", ftpMeant("silent", "silent", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_any_port", tested(ftpSeen("", ftpMeant("silent", "rejected", "ok", "ok", ftpPortsTold(texts("1034", "61003", "20000"), nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_refused", tested(ftpSeen("", ftpMeant("closed", "closed", "ok", "ok", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-passive-blocked"}},
		{"blocked_over_ipv6", tested(ftpSeen("", ftpMeant("", "silent", "", "ok", exposure.Facts{"passive_ports": told}))), afar, []string{"medium ftp-passive-blocked"}},
		{"range_differs", tested(ftpSeen("vsftpd", ftpMeant("ok", "silent", "ok", "ok", ftpPortsTold(told, texts("50007"))))), afar, []string{"medium ftp-passive-range"}},
		{"passive_refused", tested(ftpSeen("vsftpd", ftpMeant("refused", "refused", "ok", "ok", exposure.Facts{"pasv_refusal": text("550 Permission denied.")}))), afar, []string{"low ftp-passive-refused"}},
		{"epsv_alone_refused", tested(ftpSeen("", ftpMeant("ok", "refused", "ok", "ok", nil))), afar, nil},
		{"passive_refused_elsewhere", tested(ftpSeen("", ftpMeant("refused", "", "ok", "ok", nil))), afar, []string{"low ftp-passive-refused"}},
		{"passive_low_port", tested(ftpSeen("", ftpMeant("low-port", "", "ok", "ok", exposure.Facts{"passive_ports": texts("22")}))), afar, []string{"medium ftp-passive-port"}},
		{"helper_cannot_read_tls", tested(ftpSeen("vsftpd", ftpMeant("silent", "silent", "ok", "ok", helped))), afar, []string{"medium ftp-nat-helper-tls"}},
		{"helper_opens_only_what_it_reads", tested(ftpSeen("ProFTPD", ftpMeant("silent", "silent", "ok", "ok", exposure.Facts{
			"tls_control": true, "tls_data": true, "passive_address": text("26.10.0.2"), "pasv_clear": text("ok"), "passive_address_clear": text("26.10.0.2"),
		}))), afar, []string{"medium ftp-nat-helper-tls"}},
		{"control_only", tested(ftpSeen("vsftpd", ftpMeant("silent", "silent", "silent", "silent", ftpPortsTold(told, nil)))), afar, []string{"medium ftp-control-only", "medium ftp-passive-blocked", "low ftp-active-blocked"}},
		{"port_refused", tested(ftpSeen("vsftpd", ftpMeant("ok", "ok", "refused", "refused", exposure.Facts{"port_refusal": text("550 Permission denied.")}))), afar, []string{"info ftp-active-refused"}},
		{"port_refused_elsewhere", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "refused", exposure.Facts{"eprt_refusal": text("500 No.")}))), afar, []string{"info ftp-active-refused"}},
		{"port_refused_behind_our_nat", tested(ftpSeen("vsftpd", ftpMeant("ok", "ok", "refused", "refused", exposure.Facts{"local_address": text("192.168.1.9")}))), afar, []string{"info ftp-active-refused"}},
		{"port_blocked", tested(ftpSeen("", ftpMeant("ok", "ok", "silent", "silent", nil))), afar, []string{"low ftp-active-blocked"}},
		{"port_blocked_behind_our_nat", tested(ftpSeen("", ftpMeant("ok", "ok", "silent", "closed", exposure.Facts{"local_address": text("192.168.1.9")}))), afar, []string{"info ftp-active-blocked"}},
		{"source_port_vsftpd", tested(ftpSeen("vsftpd", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"active_source_ports": texts("20", "41234")}))), afar, []string{"info ftp-active-source-port"}},
		{"source_port", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"active_source_ports": texts("41234")}))), afar, []string{"info ftp-active-source-port"}},
		{"source_port_of_another_control_port", port(2121, world, ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"active_source_ports": texts("20", "2120")}))), afar, []string{"info service-on-unusual-port"}},
		{"source_port_of_tls", port(990, world, secured(ftpSeen("", ftpMeant("", "", "ok", "ok", exposure.Facts{"active_source_ports": texts("989", "20")})), func(*exposure.TLS, *exposure.Certificate) {})), afar, []string{"info ftp-active-source-port"}},
		{"port_20_let_in", tested(ftpSeen("", ftpMeant("ok", "ok", "ok", "ok", exposure.Facts{"data_port_let_in": true}))), afar, []string{"low ftp-port-20-let-in"}},
		{"tls_required", tested(secured(ftpSeen("", ftpMeant("ok", "", "", "", nil)), func(t *exposure.TLS, c *exposure.Certificate) { t.StartTLS = true })), afar, []string{"info ftp-tls-required"}},
		{"tls_required_unseen", tested(secured(ftpSeen("", nil), func(t *exposure.TLS, c *exposure.Certificate) { t.StartTLS = true })), afar, nil},
		{"anonymous_write_seen_from_the_lan", tested(seenFrom(exposure.ViewLAN, ftpSeen("vsftpd", exposure.Facts{"anonymous_write": true}))), afar, []string{"info not-judged-from-here"}},
		{"anonymous_write_seen_from_itself", tested(seenFrom(exposure.ViewLoopback, ftpSeen("vsftpd", exposure.Facts{"anonymous_write": true}))), afar, []string{"info not-judged-from-here"}},
		{"anonymous_write_refused", tested(ftpSeen("vsftpd", exposure.Facts{"anonymous_write": false})), afar, nil},
		{"user_write", tested(ftpSeen("vsftpd", exposure.Facts{"user_write": true})), afar, nil},
		{"file_left", tested(ftpSeen("", exposure.Facts{"upload_left": texts("sekisho-test-1-pasv.txt")})), afar, []string{"low ftp-test-file-left"}},
		{"cleartext_filezilla", tested(ftpSeen("FileZilla Server", clear)), afar, []string{"medium ftp-cleartext-login"}},
		{"cleartext_iis", tested(ftpSeen("Microsoft FTP Service", clear)), afar, []string{"medium ftp-cleartext-login"}},
	}
	for _, product := range []string{"vsftpd", "ProFTPD", "Pure-FTPd", "FileZilla Server", "Microsoft FTP Service", ""} {
		table = append(table,
			judged{"anonymous_write_" + product, tested(ftpSeen(product, exposure.Facts{"anonymous_write": true})), afar, []string{"high ftp-anonymous-write"}},
			judged{"anonymous_" + product, tested(ftpSeen(product, exposure.Facts{"anonymous": true})), afar, []string{"low ftp-anonymous"}},
			judged{"data_in_the_clear_" + product, tested(ftpSeen(product, exposure.Facts{"tls_control": true, "tls_data": false})), afar, []string{"medium ftp-data-cleartext"}},
			judged{"data_tls_fails_" + product, tested(ftpSeen(product, exposure.Facts{"tls_data_error": text("refused: 522 session reuse required")})), afar, []string{"medium ftp-data-tls"}},
		)
	}
	tables["ftp"] = table
}
