package rules_test

import (
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/rules"
	"sekisho/internal/untrusted"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// here is the context of this machine's own report, made as root.
var here = rules.Context{Now: now, Owners: true, Local: true}

// afar is the context of a report about another host.
var afar = rules.Context{Now: now}

func text(s string) untrusted.Text { return untrusted.New(s, 0) }

func texts(all ...string) []untrusted.Text {
	out := make([]untrusted.Text, len(all))
	for i, s := range all {
		out[i] = text(s)
	}
	return out
}

// silentHere is a port of this machine that answers this machine nothing.
func silentHere(address string) exposure.Observation {
	return exposure.Observation{
		Address: netip.MustParseAddr(address), Transport: exposure.TCP, View: exposure.ViewLoopback,
		State: exposure.Filtered, Reason: exposure.NoResponse,
	}
}

// port makes a port out of what is known of it.
func port(number uint16, known ...any) exposure.Port {
	p := exposure.Port{Transport: exposure.TCP, Port: number}
	for _, k := range known {
		switch k := k.(type) {
		case exposure.Transport:
			p.Transport = k
		case string:
			p.Name = k
		case exposure.Observation:
			p.Observations = append(p.Observations, k)
		case exposure.Listener:
			p.Listeners = append(p.Listeners, k)
		case exposure.Service:
			p.Services = append(p.Services, k)
		}
	}
	return p
}

func open(address string, view exposure.View) exposure.Observation {
	return exposure.Observation{Address: netip.MustParseAddr(address), View: view, State: exposure.Open, Reason: exposure.SynAck}
}

func bound(address, process, unit string) exposure.Listener {
	return exposure.Listener{Address: netip.MustParseAddr(address), Process: process, PID: 812, User: "root", Unit: unit}
}

func spoke(protocol, product, version, banner string, facts exposure.Facts) exposure.Service {
	return exposure.Service{
		Address: netip.MustParseAddr("192.168.1.5"), View: exposure.ViewSelf, Protocol: protocol, Product: text(product),
		Version: text(version), Banner: text(banner), Confidence: exposure.Confirmed, Facts: facts,
	}
}

func secured(s exposure.Service, change func(*exposure.TLS, *exposure.Certificate)) exposure.Service {
	certificate := exposure.Certificate{
		Subject: text("CN=www.example.org"), Issuer: text("CN=Some CA"), Names: texts("www.example.org"),
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 2, 0), KeyType: "ECDSA", KeyBits: 256,
	}
	tls := exposure.TLS{Versions: []string{"TLS 1.2", "TLS 1.3"}, Certificate: &certificate}
	change(&tls, &certificate)
	s.TLS = &tls
	return s
}

func seenFrom(view exposure.View, s exposure.Service) exposure.Service {
	s.View = view
	return s
}

var (
	everywhere  = bound("0.0.0.0", "", "")
	lan         = open("192.168.1.5", exposure.ViewSelf)
	https       = spoke("http", "nginx", "", "", nil)
	vsftpd      = spoke("ftp", "vsftpd", "", "220 (vsFTPd 3.0.3)", exposure.Facts{"auth_tls": false, "login_without_tls": true})
	sshWeak     = exposure.Facts{"weak_algorithms": texts("diffie-hellman-group14-sha1", "hmac-sha1"), "kex_algorithms": texts("curve25519-sha256", "diffie-hellman-group14-sha1"), "macs": texts("hmac-sha1", "hmac-sha2-256")}
	sshBroken   = exposure.Facts{"weak_algorithms": texts("3des-cbc", "evil\x1b;rm -rf /"), "ciphers": texts("3des-cbc", "evil\x1b;rm -rf /")}
	postfixAuth = exposure.Facts{"starttls": true, "auth_before_tls": true, "auth": texts("PLAIN", "LOGIN")}
)

// catalogued is the case whose meaning is a sentence of the catalogue of
// services, which is held there and not here.
const catalogued = "local_network_only_from_outside"

// judged is a port with what is to be said of it.
type judged struct {
	name    string
	port    exposure.Port
	context rules.Context
	want    []string
}

// tables are the cases by the name of their golden files. A protocol's own lie
// in a file of its own, whose init puts them here.
var tables = map[string][]judged{}

// judgedAll are the cases of all tables.
func judgedAll() []judged {
	var all []judged
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		all = append(all, tables[name]...)
	}
	return all
}

// cases with findings make up the golden files.
var cases = []judged{
	// FTP.
	{"vsftpd", port(21, bound("::", "vsftpd", "vsftpd.service"), vsftpd), here, []string{"medium ftp-cleartext-login"}},
	{"vsftpd_on_loopback", port(21, bound("127.0.0.1", "vsftpd", "vsftpd.service"), vsftpd), here, []string{"info ftp-cleartext-login"}},
	{"proftpd", port(21, lan, bound("0.0.0.0", "proftpd", ""), spoke("ftp", "ProFTPD", "", "220 ready", exposure.Facts{"auth_tls": true})), here, []string{"medium ftp-cleartext-login"}},
	{"pure_ftpd", port(21, bound("0.0.0.0", "pure-ftpd", "pure-ftpd.service"), spoke("ftp", "Pure-FTPd", "", "220 ready", nil)), here, []string{"medium ftp-cleartext-login"}},
	{"ftp_of_another_host", port(21, open("192.0.2.7", exposure.ViewLAN), spoke("ftp", "", "", "220 hello \"you\"", nil)), afar, []string{"medium ftp-cleartext-login"}},
	{"ftp_demands_tls", port(21, everywhere, spoke("ftp", "vsftpd", "", "220 x", exposure.Facts{"auth_tls": true, "login_without_tls": false})), afar, nil},
	{"ftps", port(990, everywhere, secured(spoke("ftp", "", "", "220 x", nil), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},
	{"ftp_by_number_only", port(21, everywhere, exposure.Service{Protocol: "ftp", Confidence: exposure.Assigned}), afar, nil},
	{"anonymous", port(21, everywhere, spoke("ftp", "vsftpd", "", "220 x", exposure.Facts{"anonymous": true, "login_without_tls": false})), afar, []string{"low ftp-anonymous"}},
	{"anonymous_elsewhere", port(21, everywhere, spoke("ftp", "", "", "220 x", exposure.Facts{"anonymous": true, "login_without_tls": false})), afar, []string{"low ftp-anonymous"}},
	{"not_anonymous", port(21, everywhere, spoke("ftp", "", "", "220 x", exposure.Facts{"anonymous": false, "login_without_tls": false})), afar, nil},

	// Telnet.
	{"telnet_of_inetd", port(23, bound("0.0.0.0", "inetutils-inetd", "inetutils-inetd.service"), spoke("telnet", "", "", "", exposure.Facts{"login_prompt": true})), here, []string{"medium telnet-cleartext-login"}},
	{"telnet_of_xinetd", port(23, bound("0.0.0.0", "xinetd", "xinetd.service"), spoke("telnet", "", "", "", nil)), here, []string{"medium telnet-cleartext-login"}},
	{"telnet_of_systemd", port(23, bound("::", "systemd", "init.scope"), spoke("telnet", "", "", "", nil)), here, []string{"medium telnet-cleartext-login"}},
	{"telnet_of_a_program", port(23, bound("::", "utelnetd", ""), spoke("telnet", "", "", "", nil)), here, []string{"medium telnet-cleartext-login"}},
	{"telnet_of_a_router", port(23, open("192.168.1.1", exposure.ViewLAN), spoke("telnet", "", "", "", nil)), afar, []string{"medium telnet-cleartext-login"}},
	{"telnet_seen_from_outside", port(23, open("192.0.2.1", exposure.ViewOutside), spoke("telnet", "", "", "", nil)), afar, []string{"high telnet-cleartext-login"}},
	{"telnet_at_a_global_address", port(23, open("8.8.8.8", exposure.ViewSelf), bound("0.0.0.0", "telnetd", "telnetd.service"), spoke("telnet", "", "", "", nil)), here, []string{"high telnet-cleartext-login"}},
	{"telnet_on_loopback", port(23, bound("127.0.0.1", "telnetd", ""), spoke("telnet", "", "", "", nil)), here, []string{"info telnet-cleartext-login"}},
	{"telnets", port(992, everywhere, secured(spoke("telnet", "", "", "", nil), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},

	// Mail and web logins.
	{"postfix_auth", port(25, bound("0.0.0.0", "master", "postfix@-.service"), spoke("smtp", "Postfix", "", "220 mail.example.org ESMTP", postfixAuth)), here, []string{"medium cleartext-login"}},
	{"exim_auth", port(587, bound("0.0.0.0", "exim4", "exim4.service"), spoke("smtp", "Exim", "", "220 x", postfixAuth)), here, []string{"medium cleartext-login"}},
	{"smtp_auth", port(25, open("192.168.1.9", exposure.ViewLAN), spoke("smtp", "", "", "220 x", postfixAuth)), afar, []string{"medium cleartext-login"}},
	{"smtp_auth_on_loopback", port(25, bound("127.0.0.1", "master", ""), spoke("smtp", "", "", "220 x", postfixAuth)), here, []string{"info cleartext-login"}},
	{"smtp_auth_after_tls", port(25, everywhere, spoke("smtp", "Postfix", "", "220 x", exposure.Facts{"starttls": true, "auth_before_tls": false})), afar, nil},
	{"smtps_auth", port(465, everywhere, secured(spoke("smtp", "", "", "220 x", postfixAuth), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},
	{"dovecot_imap", port(143, bound("0.0.0.0", "dovecot", "dovecot.service"), spoke("imap", "", "", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Dovecot ready.", nil)), here, []string{"info cleartext-login"}},
	{"dovecot_imap_from_the_lan", port(143, everywhere, spoke("imap", "", "", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", nil), seenFrom(exposure.ViewLAN, spoke("imap", "Dovecot", "", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] Dovecot ready.", nil))), afar, []string{"medium cleartext-login"}},
	{"dovecot_imap_refuses_others", port(143, everywhere, spoke("imap", "", "", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready", nil), seenFrom(exposure.ViewLAN, spoke("imap", "Dovecot", "", "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] Dovecot ready.", nil))), afar, nil},
	{"pop3_here", port(110, bound("0.0.0.0", "dovecot", "dovecot.service"), spoke("pop3", "", "", "+OK Dovecot ready.", nil)), here, []string{"info cleartext-login"}},
	{"pop3", port(110, open("192.168.1.9", exposure.ViewLAN), seenFrom(exposure.ViewLAN, spoke("pop3", "", "", "+OK ready", nil))), afar, []string{"low cleartext-login"}},
	{"imap_refuses", port(143, everywhere, spoke("imap", "", "", "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready", nil)), afar, nil},
	{"imaps", port(993, everywhere, secured(spoke("imap", "", "", "* OK", nil), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},
	{"basic_auth", port(80, everywhere, spoke("http", "nginx", "", "", exposure.Facts{"www_authenticate": text(`Basic realm="router"`)})), afar, []string{"medium cleartext-login"}},
	{"digest_auth", port(80, everywhere, spoke("http", "nginx", "", "", exposure.Facts{"www_authenticate": text(`Digest realm="router"`)})), afar, nil},
	{"basic_auth_in_tls", port(443, everywhere, secured(spoke("http", "nginx", "", "", exposure.Facts{"www_authenticate": text("Basic")}), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},

	// Services that belong on loopback.
	{"redis", port(6379, bound("0.0.0.0", "redis-server", "redis-server.service")), here, []string{"high exposed-local-service"}},
	{"redis_on_loopback", port(6379, bound("127.0.0.1", "redis-server", "redis-server.service"), bound("::1", "redis-server", "redis-server.service")), here, nil},
	{"redis_on_a_lan_address", port(6380, bound("192.168.1.5", "redis-server", "")), here, []string{"high exposed-local-service"}},
	{"redis_of_another_host", port(6379, open("192.168.1.9", exposure.ViewLAN)), afar, []string{"high exposed-local-service"}},
	{"mysql_by_number", port(3306, bound("::", "", "")), rules.Context{Now: now, Local: true}, []string{"medium exposed-local-service"}},
	{"mysql_by_what_it_says", port(3307, open("192.168.1.9", exposure.ViewLAN), spoke("mysql", "", "", "", nil)), afar, []string{"medium exposed-local-service", "info service-on-unusual-port"}},
	{"postgres_in_a_container", port(5432, bound("0.0.0.0", "docker-proxy", "docker.service")), here, []string{"medium exposed-local-service"}},
	{"container_stopped_by_its_runtime", port(6379, exposure.Listener{Address: netip.MustParseAddr("0.0.0.0"), Process: "redis-server", PID: 9, Container: "podman 3f2a0c9d1b7e"}), here, []string{"high exposed-local-service"}},
	{"another_program_on_its_port", port(6379, bound("0.0.0.0", "nginx", "nginx.service")), here, nil},
	{"another_protocol_on_its_port", port(6379, open("192.168.1.9", exposure.ViewLAN), spoke("ssh", "", "", "", nil)), afar, []string{"info wrong-service"}},
	{"swarm_is_not_the_docker_api", port(2377, bound("0.0.0.0", "dockerd", "docker.service")), here, nil},
	{"local_network_only_from_lan", port(445, open("192.168.1.9", exposure.ViewLAN)), afar, nil},

	{catalogued, port(445, open("192.0.2.1", exposure.ViewOutside)), here, []string{"high exposed-local-service"}},

	// Owners.
	{"no_process", port(40123, exposure.Listener{Address: netip.MustParseAddr("0.0.0.0"), Unowned: true}), here, []string{"low no-owner"}},
	{"kernel_nfs", port(2049, "nfs", exposure.Listener{Address: netip.MustParseAddr("::"), Unowned: true}), here, []string{"info no-owner"}},
	{"kernel_udp", port(51820, exposure.UDP, exposure.Listener{Address: netip.MustParseAddr("0.0.0.0"), Unowned: true}), here, []string{"info no-owner"}},
	{"process_not_seen", port(40123, bound("0.0.0.0", "", "")), rules.Context{Now: now, Local: true}, nil},
	{"process_seen", port(40123, bound("0.0.0.0", "app", "")), here, nil},
	{"queue_full", port(9000, silentHere("127.0.0.1"), exposure.Listener{Address: netip.MustParseAddr("0.0.0.0"), Process: "app"}), here, []string{"low service-not-accepting"}},
	{"queue_full_elsewhere", port(9000, silentHere("127.0.0.1"), exposure.Listener{Address: netip.MustParseAddr("192.168.1.10"), Process: "app"}), here, nil},
	{"no_socket", port(18088, open("127.0.0.1", exposure.ViewLoopback), lan), here, []string{"low no-owner"}},
	{"no_socket_for_ipv4", port(18088, open("127.0.0.1", exposure.ViewLoopback), exposure.Listener{Address: netip.MustParseAddr("::"), Process: "app", V6Only: new(true)}), here, []string{"low no-owner"}},
	{"dual_stack_socket", port(18088, open("127.0.0.1", exposure.ViewLoopback), exposure.Listener{Address: netip.MustParseAddr("::"), Process: "app", V6Only: new(false)}), here, nil},
	{"socket_not_fully_seen", port(18088, open("127.0.0.1", exposure.ViewLoopback), exposure.Listener{Address: netip.MustParseAddr("::"), Process: "app"}), here, nil},
	{"no_socket_but_another_host", port(18088, open("192.168.1.9", exposure.ViewLAN)), afar, nil},
	{"no_socket_seen_from_outside", port(18088, open("192.0.2.1", exposure.ViewOutside)), here, nil},

	// TLS.
	{"expired", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotAfter = now.AddDate(0, 0, -1) })), afar, []string{"medium certificate-expired"}},
	{"expired_lets_encrypt", port(443, bound("0.0.0.0", "nginx", "nginx.service"), secured(https, func(_ *exposure.TLS, c *exposure.Certificate) {
		c.NotAfter, c.Issuer = now.AddDate(0, 0, -1), text("CN=R11,O=Let's Encrypt,C=US")
	})), here, []string{"medium certificate-expired"}},
	{"expires_now", port(443, everywhere, secured(spoke("http", "", "", "", nil), func(_ *exposure.TLS, c *exposure.Certificate) { c.NotAfter = now })), afar, []string{"medium certificate-expired"}},
	{"expires_in_14_days", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotAfter = now.AddDate(0, 0, 14) })), afar, []string{"low certificate-expires-soon"}},
	{"expires_in_15_days", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotAfter = now.AddDate(0, 0, 15) })), afar, nil},
	{"times_unknown", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotAfter, c.NotBefore = time.Time{}, time.Time{} })), afar, nil},
	{"begins_tomorrow", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotBefore = now.AddDate(0, 0, 1) })), afar, []string{"medium certificate-not-yet-valid"}},
	{"begins_now", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NotBefore = now })), afar, nil},
	{"name_differs", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NameMatches = new(false) })), afar, []string{"medium certificate-name-mismatch"}},
	{"name_matches", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NameMatches = new(true) })), afar, nil},
	{"name_differs_and_none_inside", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.NameMatches, c.Names = new(false), nil })), afar, []string{"medium certificate-name-mismatch"}},
	{"self_signed", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.SelfSigned = true })), afar, []string{"info certificate-self-signed"}},
	{"self_signed_expired", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) {
		c.SelfSigned, c.NotAfter = true, now.AddDate(-1, 0, 0)
	})), afar, []string{"medium certificate-expired", "info certificate-self-signed"}},
	{"rsa_1024", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.KeyType, c.KeyBits = "RSA", 1024 })), afar, []string{"medium certificate-weak-key"}},
	{"rsa_2048", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.KeyType, c.KeyBits = "RSA", 2048 })), afar, nil},
	{"key_unknown", port(443, everywhere, secured(https, func(_ *exposure.TLS, c *exposure.Certificate) { c.KeyType, c.KeyBits = "", 0 })), afar, nil},
	{"tls_old_nginx", port(443, everywhere, secured(https, func(t *exposure.TLS, _ *exposure.Certificate) {
		t.Versions = []string{"TLS 1.0", "TLS 1.1", "TLS 1.2"}
	})), afar, []string{"low tls-old-version"}},
	{"tls_old_apache", port(443, everywhere, secured(spoke("http", "Apache httpd", "", "", nil), func(t *exposure.TLS, _ *exposure.Certificate) { t.Versions = []string{"TLS 1.1"} })), afar, []string{"low tls-old-version"}},
	{"tls_old_dovecot", port(993, everywhere, secured(spoke("imap", "Dovecot", "", "", nil), func(t *exposure.TLS, _ *exposure.Certificate) { t.Versions = []string{"TLS 1.1"} })), afar, []string{"low tls-old-version"}},
	{"ssl_3", port(443, everywhere, secured(spoke("http", "", "", "", nil), func(t *exposure.TLS, _ *exposure.Certificate) { t.Versions = []string{"SSL 3.0", "TLS 1.0"} })), afar, []string{"medium tls-old-version"}},
	{"tls_old_between_mail_servers", port(25, everywhere, secured(spoke("smtp", "Postfix", "", "220 x", nil), func(t *exposure.TLS, _ *exposure.Certificate) {
		t.Versions, t.StartTLS = []string{"TLS 1.0"}, true
	})), afar, []string{"info tls-old-version"}},

	// SSH.
	{"openssh_weak", port(22, bound("0.0.0.0", "sshd", "ssh.service"), spoke("ssh", "OpenSSH", "9.2p1", "SSH-2.0-OpenSSH_9.2p1", sshWeak)), here, []string{"low ssh-weak-algorithms"}},
	{"openssh_broken", port(22, everywhere, spoke("ssh", "OpenSSH", "", "SSH-2.0-OpenSSH", sshBroken)), afar, []string{"medium ssh-weak-algorithms"}},
	{"dropbear_weak", port(22, open("192.168.1.1", exposure.ViewLAN), spoke("ssh", "Dropbear", "", "SSH-2.0-dropbear", sshWeak)), afar, []string{"low ssh-weak-algorithms"}},
	{"ssh_weak_on_loopback", port(22, bound("127.0.0.1", "sshd", "ssh.service"), spoke("ssh", "OpenSSH", "", "", sshWeak)), here, []string{"info ssh-weak-algorithms"}},
	{"ssh_fine", port(22, everywhere, spoke("ssh", "OpenSSH", "9.2p1", "SSH-2.0-OpenSSH_9.2p1", exposure.Facts{"protocol_version": text("2.0"), "macs": texts("hmac-sha2-256")})), afar, nil},
	{"ssh_1", port(22, everywhere, spoke("ssh", "OpenSSH", "", "SSH-1.99-OpenSSH_3.4", exposure.Facts{"protocol_version": text("1.99")})), afar, []string{"high ssh-protocol-1"}},

	// DNS.
	{"resolver_of_bind", port(53, exposure.UDP, open("192.0.2.1", exposure.ViewOutside), seenFrom(exposure.ViewOutside, spoke("dns", "BIND", "", "", exposure.Facts{"recursion": true}))), here, []string{"medium dns-open-resolver"}},
	{"resolver_of_unbound", port(53, exposure.UDP, open("192.0.2.1", exposure.ViewOutside), seenFrom(exposure.ViewOutside, spoke("dns", "Unbound", "", "", exposure.Facts{"recursion": true}))), here, []string{"medium dns-open-resolver"}},
	{"resolver_of_another", port(53, exposure.UDP, open("192.0.2.1", exposure.ViewOutside), seenFrom(exposure.ViewOutside, spoke("dns", "", "", "", exposure.Facts{"recursion": true}))), here, []string{"medium dns-open-resolver"}},
	{"resolver_seen_from_here", port(53, exposure.UDP, everywhere, spoke("dns", "BIND", "", "", exposure.Facts{"recursion": true})), afar, []string{"info not-judged-from-here"}},
	{"no_resolver", port(53, exposure.UDP, seenFrom(exposure.ViewOutside, spoke("dns", "BIND", "", "", exposure.Facts{"recursion": false}))), here, nil},

	// Versions.
	{"nginx_version", port(80, bound("0.0.0.0", "nginx", "nginx.service"), spoke("http", "nginx", "1.22.1", "", exposure.Facts{"server": text("nginx/1.22.1")})), here, []string{"info version-disclosed"}},
	{"nginx_version_from_outside", port(80, open("192.0.2.1", exposure.ViewOutside), spoke("http", "nginx", "1.22.1", "", exposure.Facts{"server": text("nginx/1.22.1")})), afar, []string{"low version-disclosed"}},
	{"apache_version", port(80, everywhere, spoke("http", "Apache httpd", "2.4.62", "", exposure.Facts{"server": text("Apache/2.4.62 (Debian)")})), afar, []string{"info version-disclosed"}},
	{"postfix_system", port(25, everywhere, spoke("smtp", "Postfix", "", "220 mail.example.org ESMTP Postfix (Debian/GNU)", nil)), afar, []string{"info version-disclosed"}},
	{"bind_version", port(53, exposure.UDP, everywhere, spoke("dns", "BIND", "9.18.49", "", exposure.Facts{"version_bind": text("9.18.49-1~deb12u3-Debian")})), afar, []string{"info version-disclosed"}},
	{"vsftpd_version", port(21, everywhere, spoke("ftp", "vsftpd", "3.0.3", "220 (vsFTPd 3.0.3)", exposure.Facts{"login_without_tls": false})), afar, []string{"info version-disclosed"}},
	{"openssh_package", port(22, everywhere, spoke("ssh", "OpenSSH", "9.2p1", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10", nil)), afar, []string{"info version-disclosed"}},
	{"unknown_product", port(8080, everywhere, spoke("http", "", "", "", exposure.Facts{"powered_by": text("PHP/8.2 on Ubuntu")})), afar, []string{"info version-disclosed"}},
	{"version_told_otherwise", port(9000, everywhere, spoke("", "thing", "1.0", "", nil)), afar, []string{"info version-disclosed"}},
	{"nothing_disclosed", port(80, everywhere, spoke("http", "nginx", "", "", exposure.Facts{"server": text("nginx")})), afar, nil},

	// Ports.
	{"ssh_on_443", port(443, bound("0.0.0.0", "sshd", "ssh.service"), spoke("ssh", "", "", "", nil)), here, []string{"info wrong-service"}},
	{"ssh_on_2222", port(2222, bound("0.0.0.0", "sshd", "ssh.service"), spoke("ssh", "", "", "", nil)), here, []string{"info service-on-unusual-port"}},
	{"http_on_3000", port(3000, everywhere, spoke("http", "", "", "", nil)), afar, nil},
	{"http_on_22", port(22, everywhere, spoke("http", "", "", "", nil)), afar, []string{"info wrong-service"}},
	{"smtp_on_465", port(465, everywhere, secured(spoke("smtp", "", "", "", nil), func(*exposure.TLS, *exposure.Certificate) {})), afar, nil},

	{"nothing_known", port(22), here, nil},
	{"seen_twice_said_once", port(21, lan, open("fd00::5", exposure.ViewSelf), everywhere, vsftpd, vsftpd), rules.Context{Now: now}, []string{"medium ftp-cleartext-login"}},
	{"gravest_first", port(23, open("192.0.2.1", exposure.ViewOutside), secured(spoke("ssh", "", "", "", sshWeak), func(_ *exposure.TLS, c *exposure.Certificate) { c.SelfSigned = true }), spoke("telnet", "", "", "", nil)), afar, []string{"high telnet-cleartext-login", "low ssh-weak-algorithms", "info certificate-self-signed", "info wrong-service"}},
}

// The services and products of the tables, so that the golden files hold every
// text of theirs too.
func init() {
	for _, l := range []struct {
		number   uint16
		process  string
		severity string
	}{
		{5037, "adb", "high"},
		{9042, "java", "high"},
		{5984, "beam.smp", "medium"},
		{631, "cupsd", "low"},
		{2375, "dockerd", "high"},
		{9200, "java", "high"},
		{4369, "epmd", "medium"},
		{2379, "etcd", "high"},
		{8086, "influxd", "high"},
		{11211, "memcached", "high"},
		{27017, "mongod", "high"},
		{3306, "mariadbd", "medium"},
		{11434, "ollama", "medium"},
		{9000, "php-fpm8.2", "high"},
		{5432, "postgres", "medium"},
		{9100, "node_exporter", "low"},
		{111, "rpcbind", "low"},
		{1433, "sqlservr", "medium"},
		{6000, "Xorg", "high"},
	} {
		cases = append(cases, judged{
			"exposed_" + l.process, port(l.number, bound("0.0.0.0", l.process, "")), here, []string{l.severity + " exposed-local-service"},
		})
	}
	for _, told := range []struct {
		protocol, product string
		number            uint16
	}{
		{"http", "lighttpd", 80},
		{"smtp", "Exim", 25},
		{"dns", "Unbound", 53},
		{"ftp", "ProFTPD", 21},
	} {
		known := spoke(told.protocol, told.product, "1.2", told.product+" 1.2 ready", exposure.Facts{"login_without_tls": false})
		cases = append(cases, judged{
			"version_of_" + told.product, port(told.number, open("192.168.1.9", exposure.ViewLAN), known), afar, []string{"info version-disclosed"},
		})
	}
	tables[""] = cases
}

func TestJudge(t *testing.T) {
	for _, c := range judgedAll() {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range rules.Judge(c.port, c.context, lang.English) {
				got = append(got, f.Severity.String()+" "+f.Rule)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

// TestTexts holds every sentence that a rule can say, in both languages.
func TestTexts(t *testing.T) {
	for name, table := range tables {
		for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
			golden := strings.TrimPrefix(name+"."+string(tag)+".golden", ".")
			t.Run(golden, func(t *testing.T) { holdTexts(t, filepath.Join("testdata", golden), table, tag) })
		}
	}
}

func holdTexts(t *testing.T, path string, table []judged, tag lang.Tag) {
	t.Helper()
	var b strings.Builder
	for _, c := range table {
		if c.name == catalogued {
			continue
		}
		for _, f := range rules.Judge(c.port, c.context, tag) {
			fmt.Fprintf(&b, "== %s: %s %s\n%s\n%s\n", c.name, f.Severity, f.Rule, f.Evidence, f.Meaning)
			for _, step := range f.Remedy {
				fmt.Fprintf(&b, "- %s\n", strings.ReplaceAll(step, "\n", "\n    "))
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("texts changed; look at them and run with -update (-want +got):\n%s", d)
	}
}

// TestEveryRuleFiresAndHoldsBack finds the rules in the sources, so that a new
// one cannot be forgotten here.
func TestEveryRuleFiresAndHoldsBack(t *testing.T) {
	registered := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), `register(rule{"`); ok {
				id, _, _ := strings.Cut(rest, `"`)
				registered[id] = false
			}
		}
	}
	if len(registered) == 0 {
		t.Fatal("no rule was found")
	}
	silent := map[string]bool{}
	for _, c := range judgedAll() {
		for _, want := range c.want {
			_, id, _ := strings.Cut(want, " ")
			if _, known := registered[id]; !known {
				t.Errorf("%s: %q is not registered", c.name, id)
			}
			registered[id] = true
		}
		for id := range registered {
			if !slices.ContainsFunc(c.want, func(w string) bool { return strings.HasSuffix(w, " "+id) }) {
				silent[id] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(registered)) {
		if !registered[id] {
			t.Errorf("%s fires in no case", id)
		}
		if !silent[id] {
			t.Errorf("%s fires in every case", id)
		}
	}
}

// TestLanguagesAgree: the language changes the words and nothing else, and every
// Japanese sentence is Japanese.
func TestLanguagesAgree(t *testing.T) {
	for _, c := range judgedAll() {
		en, ja := rules.Judge(c.port, c.context, lang.English), rules.Judge(c.port, c.context, lang.Japanese)
		if len(en) != len(ja) {
			t.Errorf("%s: %d findings in English, %d in Japanese", c.name, len(en), len(ja))
			continue
		}
		for i := range en {
			if en[i].Rule != ja[i].Rule || en[i].Severity != ja[i].Severity || len(en[i].Remedy) != len(ja[i].Remedy) {
				t.Errorf("%s: the languages differ in more than words", c.name)
			}
			for _, sentence := range append([]string{ja[i].Evidence, ja[i].Meaning}, ja[i].Remedy...) {
				if !strings.ContainsFunc(sentence, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) }) {
					t.Errorf("%s: no Japanese in %q", c.name, sentence)
				}
			}
			for _, sentence := range append([]string{en[i].Evidence, en[i].Meaning}, en[i].Remedy...) {
				if strings.ContainsFunc(sentence, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) {
					t.Errorf("%s: Japanese in %q", c.name, sentence)
				}
				if strings.ContainsAny(sentence, "⟦") {
					t.Errorf("%s: a text is broken: %s", c.name, sentence)
				}
			}
		}
	}
}

// TestHostileTextsStayQuoted puts into every place that a peer or a process can
// fill what would act on a terminal or run in a shell.
func TestHostileTextsStayQuoted(t *testing.T) {
	const hostile = "x\x1b]52;c;AAAA\x07\"; reboot #\n\u202e$(id)`id`"
	unit := bound("0.0.0.0", hostile, hostile+".service")
	unit.Container = "docker " + hostile
	weak := exposure.Facts{
		"weak_algorithms": texts(hostile), "macs": texts(hostile), "auth_before_tls": true, "auth": texts(hostile),
		"www_authenticate": text("Basic " + hostile), "server": text("Debian " + hostile), "anonymous": true, "protocol_version": text("1." + hostile),
	}
	var services []any
	for _, protocol := range []string{"ssh", "ftp", "smtp", "http", "telnet", "dns", hostile} {
		s := spoke(protocol, "OpenSSH nginx vsftpd Postfix"+hostile, hostile, hostile, weak)
		services = append(services, s, secured(s, func(tls *exposure.TLS, c *exposure.Certificate) {
			c.Subject, c.Issuer, c.Names = text(hostile), text(hostile), texts(hostile)
			c.NotAfter, c.NameMatches, c.KeyType, c.KeyBits, tls.Versions = now, new(false), "RSA", 512, []string{"SSL" + hostile}
		}))
	}
	found := 0
	for _, tag := range []lang.Tag{lang.English, lang.Japanese} {
		for _, f := range rules.Judge(port(6379, append(services, unit)...), here, tag) {
			found++
			for _, sentence := range append([]string{f.Evidence, f.Meaning}, f.Remedy...) {
				for line := range strings.Lines(sentence) {
					line = strings.TrimSuffix(line, "\n")
					if line != untrusted.New(line, 0).Terminal() {
						t.Errorf("%s says what acts on a terminal: %q", f.Rule, line)
					}
				}
			}
			for _, step := range f.Remedy {
				_, commands, _ := strings.Cut(step, "\n")
				if strings.Contains(commands, "reboot") || strings.Contains(commands, "$(id)") {
					t.Errorf("%s: a command holds what others chose: %q", f.Rule, commands)
				}
			}
		}
	}
	if found == 0 {
		t.Error("nothing was found")
	}
}
