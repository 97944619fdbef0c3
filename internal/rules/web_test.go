package rules_test

import (
	"sekisho/internal/exposure"
)

// tlsCase is a service inside TLS with some of its facts changed.
func tlsCase(protocol, product string, change func(*exposure.TLS)) exposure.Service {
	return secured(spoke(protocol, product, "", "", nil), func(t *exposure.TLS, _ *exposure.Certificate) { change(t) })
}

var (
	weak3DES = func(t *exposure.TLS) { t.WeakCiphers = []string{"TLS_RSA_WITH_3DES_EDE_CBC_SHA"} }
	weakRC4  = func(t *exposure.TLS) {
		t.WeakCiphers = []string{"TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"}
	}
	oldTLS     = func(t *exposure.TLS) { t.Versions = []string{"TLS 1.0", "TLS 1.2"} }
	sha1Signed = func(t *exposure.TLS) { t.WeakSignatures = []string{"SHA1-RSA"} }
	noIssuer   = func(t *exposure.TLS) { t.IssuerMissing = true }
	group      = func(bits int) func(*exposure.TLS) { return func(t *exposure.TLS) { t.DHBits = bits } }

	world = open("192.0.2.1", exposure.ViewOutside)
)

func sshLogin(product string, methods ...string) exposure.Service {
	return spoke("ssh", product, "", "", exposure.Facts{"auth_methods": texts(methods...)})
}

func sshKeys(product string, keys ...string) exposure.Service {
	return spoke("ssh", product, "", "", exposure.Facts{"host_keys": texts(keys...)})
}

func terrapin(product string, ciphers ...string) exposure.Service {
	return spoke("ssh", product, "", "", exposure.Facts{"terrapin_ciphers": texts(ciphers...)})
}

func init() {
	weakKey, goodKey := "ssh-rsa 1024 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "ssh-ed25519 256 SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
	cases := []judged{
		// Suites.
		{"3des", port(443, everywhere, tlsCase("http", "", weak3DES)), afar, []string{"low tls-weak-cipher"}},
		{"3des_between_mail_servers", port(25, everywhere, tlsCase("smtp", "Postfix", func(t *exposure.TLS) {
			weak3DES(t)
			t.StartTLS = true
		})), afar, []string{"info tls-weak-cipher"}},
		{"rc4_here_only", port(443, bound("127.0.0.1", "nginx", ""), tlsCase("http", "nginx", weakRC4)), here, []string{"info tls-weak-cipher"}},
		{"many_weak", port(443, everywhere, tlsCase("http", "", func(t *exposure.TLS) {
			t.WeakCiphers = []string{"A_NULL_1", "A_NULL_2", "A_NULL_3", "A_NULL_4", "A_NULL_5", "A_NULL_6", "A_NULL_7", "A_NULL_8"}
		})), afar, []string{"medium tls-weak-cipher"}},
		{"weak_name_in_a_command", port(443, everywhere, tlsCase("http", "Microsoft IIS", func(t *exposure.TLS) {
			t.WeakCiphers = []string{"TLS_RSA_WITH_RC4_128_SHA", "x; reboot"}
		})), afar, []string{"medium tls-weak-cipher"}},
		{"no_weak", port(443, everywhere, tlsCase("http", "nginx", func(t *exposure.TLS) { t.Ciphers = []string{"TLS_RSA_WITH_AES_128_CBC_SHA"} })), afar, nil},
		{"group_1024", port(443, everywhere, tlsCase("http", "nginx", group(1024))), afar, []string{"medium tls-weak-dh"}},
		{"group_1536", port(443, everywhere, tlsCase("http", "", group(1536))), afar, []string{"low tls-weak-dh"}},
		{"group_of_postfix", port(465, everywhere, tlsCase("smtp", "Postfix", group(1024))), afar, []string{"medium tls-weak-dh"}},
		{"group_2048", port(443, everywhere, tlsCase("http", "nginx", group(2048))), afar, nil},
		{"sha1_signed", port(443, everywhere, tlsCase("http", "Apache httpd", sha1Signed)), afar, []string{"medium certificate-weak-signature"}},
		{"issuer_missing", port(443, everywhere, tlsCase("http", "", noIssuer)), afar, []string{"low certificate-issuer-missing"}},
		{"issuer_missing_nginx", port(443, everywhere, tlsCase("http", "nginx", noIssuer)), afar, []string{"low certificate-issuer-missing"}},
		{"issuer_missing_apache", port(443, everywhere, tlsCase("http", "Apache httpd", noIssuer)), afar, []string{"low certificate-issuer-missing"}},
		{"issuer_missing_iis", port(443, everywhere, tlsCase("http", "Microsoft IIS", noIssuer)), afar, []string{"low certificate-issuer-missing"}},

		// A greeting of several lines is quoted on one.
		{"greeting_of_lines", port(21, everywhere, spoke("ftp", "Pure-FTPd", "", "220 --- Welcome to Pure-FTPd ---\nYou are user number 1.\r\n", exposure.Facts{"anonymous": true, "auth_tls": true, "login_without_tls": false})), afar, []string{"low ftp-anonymous"}},

		// A service inside TLS has a usual port of its own.
		{"pop3_in_tls_elsewhere", port(1995, everywhere, tlsCase("pop3", "", func(*exposure.TLS) {})), afar, []string{"info service-on-unusual-port"}},
		{"smtp_starttls_elsewhere", port(2600, everywhere, tlsCase("smtp", "", func(t *exposure.TLS) { t.StartTLS = true })), afar, []string{"info service-on-unusual-port"}},

		// Products that are told how they leave old versions out.
		{"old_tls_exim", port(465, everywhere, tlsCase("smtp", "Exim", oldTLS)), afar, []string{"low tls-old-version"}},
		{"old_tls_openldap", port(636, everywhere, tlsCase("ldap", "OpenLDAP", oldTLS)), afar, []string{"low tls-old-version"}},
		{"old_tls_proftpd", port(990, everywhere, tlsCase("ftp", "ProFTPD", oldTLS)), afar, []string{"low tls-old-version"}},

		// SSL 2.0.
		{"ssl2", port(443, everywhere, tlsCase("http", "Apache httpd", func(t *exposure.TLS) { t.Versions = []string{"SSL 2.0", "TLS 1.0", "TLS 1.2"} })), afar, []string{"high tls-old-version"}},
		{"ssl2_of_windows", port(443, everywhere, tlsCase("http", "Microsoft IIS", func(t *exposure.TLS) { t.Versions = []string{"SSL 2.0", "SSL 3.0"} })), afar, []string{"high tls-old-version"}},
		{"ssl2_between_mail_servers", port(25, everywhere, tlsCase("smtp", "Postfix", func(t *exposure.TLS) {
			t.Versions, t.StartTLS = []string{"SSL 2.0", "TLS 1.2"}, true
		})), afar, []string{"high tls-old-version"}},

		// SSH.
		{"terrapin_openssh", port(22, everywhere, terrapin("OpenSSH", "chacha20-poly1305@openssh.com", "aes128-cbc")), afar, []string{"low ssh-terrapin"}},
		{"terrapin_chacha_only", port(22, everywhere, terrapin("OpenSSH", "chacha20-poly1305@openssh.com")), afar, []string{"low ssh-terrapin"}},
		{"terrapin_dropbear", port(22, everywhere, terrapin("Dropbear", "chacha20-poly1305@openssh.com")), afar, []string{"low ssh-terrapin"}},
		{"terrapin_proftpd", port(22, everywhere, terrapin("ProFTPD mod_sftp", "aes256-cbc")), afar, []string{"low ssh-terrapin"}},
		{"terrapin_router", port(22, everywhere, terrapin("Cisco SSH", "chacha20-poly1305@openssh.com")), afar, []string{"low ssh-terrapin"}},
		{"terrapin_here_only", port(22, bound("127.0.0.1", "sshd", "ssh.service"), terrapin("OpenSSH", "chacha20-poly1305@openssh.com")), here, []string{"info ssh-terrapin"}},
		{"host_key_openssh", port(22, everywhere, sshKeys("OpenSSH", weakKey, goodKey)), afar, []string{"medium ssh-weak-host-key"}},
		{"host_key_dropbear", port(22, everywhere, sshKeys("Dropbear", weakKey)), afar, []string{"medium ssh-weak-host-key"}},
		{"host_key_dsa", port(22, everywhere, sshKeys("", "ssh-dss 0 SHA256:x")), afar, []string{"medium ssh-weak-host-key"}},
		{"host_key_here_only", port(22, bound("127.0.0.1", "sshd", "ssh.service"), sshKeys("OpenSSH", weakKey)), here, []string{"info ssh-weak-host-key"}},
		{"host_keys_fine", port(22, everywhere, sshKeys("OpenSSH", goodKey, "ssh-rsa 3072 SHA256:x", "ssh-rsa", "")), afar, nil},
		{"open_door", port(22, everywhere, sshLogin("", "none")), afar, []string{"high ssh-no-authentication"}},
		{"open_door_here_only", port(22, bound("127.0.0.1", "sshd", ""), sshLogin("", "none")), here, []string{"info ssh-no-authentication"}},
		{"password_outside_openssh", port(22, world, sshLogin("OpenSSH", "publickey", "password")), afar, []string{"low ssh-password-login"}},
		{"password_outside_dropbear", port(22, world, sshLogin("Dropbear", "publickey", "password")), afar, []string{"low ssh-password-login"}},
		{"password_outside", port(22, world, sshLogin("", "keyboard-interactive")), afar, []string{"low ssh-password-login"}},
		{"password_at_a_global_address", port(22, open("8.8.8.8", exposure.ViewLAN), sshLogin("OpenSSH", "publickey", "password")), afar, []string{"info ssh-password-login"}},
		{"password_in_the_lan", port(22, lan, sshLogin("OpenSSH", "publickey", "password")), afar, nil},
		{"keys_only_outside", port(22, world, sshLogin("OpenSSH", "publickey")), afar, nil},
	}
	serves := func(protocol, product string) exposure.Service {
		return spoke(protocol, product, "", "", exposure.Facts{"proxy_serves": true, "proxy_reply": text("HTTP/1.1 503 \"Unavailable\"")})
	}
	asks := func(protocol string, facts exposure.Facts) exposure.Service {
		return spoke(protocol, "", "", "", facts)
	}
	for _, product := range []string{"squid", "Apache httpd", "tinyproxy", ""} {
		cases = append(cases, judged{"open_proxy_of_" + product, port(3128, world, seenFrom(exposure.ViewOutside, serves("http-proxy", product))), afar, []string{"high open-proxy"}})
	}
	cases = append(cases,
		judged{"open_socks", port(1080, world, seenFrom(exposure.ViewOutside, serves("socks", ""))), afar, []string{"high open-proxy"}},
		judged{"open_socks_of_dante", port(1080, world, bound("0.0.0.0", "danted", "danted.service"), seenFrom(exposure.ViewOutside, serves("socks", ""))), here, []string{"high open-proxy"}},
		judged{"proxy_seen_from_the_lan", port(3128, lan, seenFrom(exposure.ViewLAN, serves("http-proxy", "squid"))), afar, []string{"info open-proxy"}},
		judged{"proxy_seen_from_itself", port(1080, bound("127.0.0.1", "danted", ""), seenFrom(exposure.ViewLoopback, serves("socks", ""))), here, []string{"info open-proxy"}},
		judged{"proxy_refuses_outside", port(3128, world, seenFrom(exposure.ViewOutside, asks("http-proxy", exposure.Facts{"proxy_serves": false}))), afar, nil},
		judged{"proxy_unclear", port(3128, world, seenFrom(exposure.ViewOutside, asks("http-proxy", nil))), afar, nil},
		judged{"proxy_login", port(3128, lan, asks("http-proxy", exposure.Facts{"proxy_serves": false, "proxy_auth": text(`Basic realm="x"`)})), afar, []string{"low proxy-cleartext-login"}},
		judged{"proxy_login_digest", port(3128, lan, asks("http-proxy", exposure.Facts{"proxy_auth": text(`Digest realm="x"`)})), afar, nil},
		judged{"socks_login", port(1080, lan, asks("socks", exposure.Facts{"proxy_serves": false, "methods": texts("password")})), afar, []string{"low proxy-cleartext-login"}},
		judged{"socks_login_here_only", port(1080, bound("127.0.0.1", "microsocks", ""), asks("socks", exposure.Facts{"methods": texts("password")})), here, []string{"info proxy-cleartext-login"}},
	)
	site := func(product string, facts exposure.Facts, change func(*exposure.Certificate)) exposure.Port {
		return port(443, world, secured(spoke("http", product, "", "", facts), func(_ *exposure.TLS, c *exposure.Certificate) {
			c.NameMatches = new(true)
			change(c)
		}))
	}
	as := func(*exposure.Certificate) {}
	for _, product := range []string{"", "nginx", "Apache httpd", "lighttpd", "Caddy", "Microsoft IIS"} {
		cases = append(cases, judged{"no_hsts_of_" + product, site(product, exposure.Facts{"status": 200, "security_headers": texts()}, as), afar, []string{"low http-without-hsts"}})
	}
	hsts := texts("Strict-Transport-Security")
	cases = append(cases,
		judged{"hsts_forgotten", site("", exposure.Facts{"status": 200, "security_headers": hsts, "hsts_max_age": 0}, as), afar, []string{"low http-without-hsts"}},
		judged{"hsts", site("", exposure.Facts{"status": 200, "security_headers": hsts, "hsts_max_age": 63072000}, as), afar, nil},
		judged{"hsts_of_an_error", site("", exposure.Facts{"status": 404, "security_headers": texts()}, as), afar, nil},
		judged{"hsts_of_a_header_that_broke_off", site("", exposure.Facts{"status": 200}, as), afar, nil},
		judged{"hsts_self_signed", site("", exposure.Facts{"status": 200}, func(c *exposure.Certificate) { c.SelfSigned = true }), afar, []string{"info certificate-self-signed"}},
		judged{"hsts_in_the_lan", port(443, lan, secured(spoke("http", "", "", "", exposure.Facts{"status": 200}), func(_ *exposure.TLS, c *exposure.Certificate) { c.NameMatches = new(true) })), afar, nil},
	)
	for _, product := range []string{"nginx", "Apache httpd", "lighttpd", "Caddy", "Postfix", "Dovecot", "vsftpd", "Microsoft IIS"} {
		cases = append(cases,
			judged{"rc4_of_" + product, port(443, everywhere, tlsCase("http", product, weakRC4)), afar, []string{"medium tls-weak-cipher"}},
		)
	}
	for _, product := range []string{"lighttpd", "Caddy", "Microsoft IIS", "vsftpd"} {
		cases = append(cases, judged{"old_tls_of_" + product, port(443, everywhere, tlsCase("http", product, oldTLS)), afar, []string{"low tls-old-version"}})
	}
	for _, told := range []struct{ protocol, product, server string }{
		{"http", "Microsoft IIS", "Microsoft-IIS/1.2"},
		{"http", "Caddy", "Caddy/1.2"},
		{"http", "squid", "squid/1.2"},
	} {
		s := spoke(told.protocol, told.product, "1.2", "", exposure.Facts{"server": text(told.server)})
		cases = append(cases, judged{"version_of_" + told.product, port(80, everywhere, s), afar, []string{"info version-disclosed"}})
	}
	cases = append(cases,
		judged{"version_of_dropbear", port(22, everywhere, spoke("ssh", "Dropbear", "2022.83", "SSH-2.0-dropbear_2022.83", nil)), afar, []string{"info version-disclosed"}},
		judged{"version_of_php", port(80, everywhere, spoke("http", "", "", "", exposure.Facts{"powered_by": text("PHP/8.2.20 Debian")})), afar, []string{"info version-disclosed"}},
	)
	tables["web"] = cases
}
