package rules

import (
	"slices"
	"strings"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"certificate-expired", certificateRule(judgeExpired)})
	register(rule{"certificate-expires-soon", certificateRule(judgeExpiresSoon)})
	register(rule{"certificate-not-yet-valid", certificateRule(judgeNotYetValid)})
	register(rule{"certificate-name-mismatch", certificateRule(judgeCertificateName)})
	register(rule{"certificate-self-signed", certificateRule(judgeSelfSigned)})
	register(rule{"certificate-weak-key", certificateRule(judgeKey)})
	register(rule{"tls-old-version", judgeTLSVersion})
}

// certificateRule is a rule about each certificate that was shown.
func certificateRule(judge func(subject, exposure.Service, *exposure.Certificate) []ruling) func(subject) []ruling {
	return func(s subject) []ruling {
		return s.each(func(service exposure.Service) []ruling {
			if service.TLS == nil || service.TLS.Certificate == nil {
				return nil
			}
			return judge(s, service, service.TLS.Certificate)
		})
	}
}

// soon is when a certificate should have been renewed: Let's Encrypt, which
// gives 90 days, renews 30 days before the end.
const soon = 14 * 24 * time.Hour

const day = "2006-01-02"

func judgeExpired(s subject, service exposure.Service, c *exposure.Certificate) []ruling {
	if c.NotAfter.IsZero() || s.Now.Before(c.NotAfter) {
		return nil
	}
	return []ruling{{
		exposure.Medium,
		say(lang.Text{
			EN: `The certificate of "{{.Subject}}" ended on {{.Day}}.`,
			JA: "「{{.Subject}}」の証明書は {{.Day}} に期限が切れています。",
		}, "Subject", quote(c.Subject), "Day", c.NotAfter.UTC().Format(day)),
		say(lang.Text{
			EN: "Programs refuse the connection, or their users learn to click warnings away, and then do not notice a false server.",
			JA: "接続を拒否されるか、利用者が警告を無視する習慣をつけ、偽のサーバーにも気づかなくなります。",
		}),
		s.renew(service, c),
	}}
}

func judgeExpiresSoon(s subject, service exposure.Service, c *exposure.Certificate) []ruling {
	left := c.NotAfter.Sub(s.Now)
	if c.NotAfter.IsZero() || left <= 0 || left > soon {
		return nil
	}
	return []ruling{{
		exposure.Low,
		say(lang.Text{
			EN: `The certificate of "{{.Subject}}" ends on {{.Day}}.`,
			JA: "「{{.Subject}}」の証明書は {{.Day}} に期限が切れます。",
		}, "Subject", quote(c.Subject), "Day", c.NotAfter.UTC().Format(day)),
		say(lang.Text{
			EN: "Renewal should have happened by now. From that day on programs refuse the connection.",
			JA: "本来は更新が済んでいるはずの時期です。この日を過ぎると接続を拒否されます。",
		}),
		s.renew(service, c),
	}}
}

// renew is how a certificate is renewed, by who issued it.
func (s subject) renew(service exposure.Service, c *exposure.Certificate) []said {
	reloaded := s.reloaded(usualUnit(service))
	if strings.Contains(c.Issuer.Raw(), "Let's Encrypt") {
		return []said{say(lang.Text{
			EN: "See why the renewal failed, and renew it:\ncertbot renew",
			JA: "更新が失敗した理由を確かめ、更新します。\ncertbot renew",
		}), reloaded}
	}
	if c.SelfSigned {
		return []said{say(lang.Text{
			EN: "Make a new certificate. Where it is Debian's own one:\nmake-ssl-cert generate-default-snakeoil --force-overwrite",
			JA: "新しい証明書を作ります。Debian標準の自己署名証明書なら次のとおりです。\nmake-ssl-cert generate-default-snakeoil --force-overwrite",
		}), reloaded}
	}
	return []said{say(lang.Text{
		EN: "Renew the certificate with who issued it.",
		JA: "発行元で証明書を更新します。",
	}), reloaded}
}

// usualUnit is the unit of a product in Debian, for when the owner is unknown.
func usualUnit(service exposure.Service) string {
	for _, known := range [][2]string{
		{"nginx", "nginx"},
		{"apache", "apache2"},
		{"postfix", "postfix"},
		{"vsftpd", "vsftpd"},
		{"dovecot", "dovecot"},
		{"exim", "exim4"},
		{"lighttpd", "lighttpd"},
		{"caddy", "caddy"},
		{"squid", "squid"},
	} {
		if product(service, known[0]) {
			return known[1]
		}
	}
	return ""
}

func judgeNotYetValid(s subject, _ exposure.Service, c *exposure.Certificate) []ruling {
	if !s.Now.Before(c.NotBefore) {
		return nil
	}
	return []ruling{{
		exposure.Medium,
		say(lang.Text{
			EN: `The certificate of "{{.Subject}}" begins only on {{.Begin}}; this machine's clock says {{.Now}}.`,
			JA: "「{{.Subject}}」の証明書は {{.Begin}} から有効です。この機器の時計は {{.Now}} です。",
		}, "Subject", quote(c.Subject), "Begin", c.NotBefore.UTC().Format(time.RFC3339), "Now", s.Now.UTC().Format(time.RFC3339)),
		say(lang.Text{
			EN: "Programs refuse the connection. As a rule one of the two clocks is wrong: here, or where the certificate was made.",
			JA: "接続を拒否されます。たいていは、この機器か証明書を作った機器のどちらかの時計がずれています。",
		}),
		[]said{say(lang.Text{
			EN: "Check the clock, then make the certificate anew if it is right:\ntimedatectl",
			JA: "時計を確かめ、正しければ証明書を作り直します。\ntimedatectl",
		})},
	}}
}

// namesShown is how many names of a certificate a finding lists.
const namesShown = 5

func judgeCertificateName(_ subject, _ exposure.Service, c *exposure.Certificate) []ruling {
	if c.NameMatches == nil || *c.NameMatches {
		return nil
	}
	names := c.Names
	if len(names) == 0 {
		names = []untrusted.Text{c.Subject}
	}
	return []ruling{{
		exposure.Medium,
		say(lang.Text{
			EN: `The certificate is not for the name that was asked for. It is for "{{.Names}}".`,
			JA: "証明書が、尋ねた名前のものではありません。証明書の名前は「{{.Names}}」です。",
		}, "Names", words(names[:min(len(names), namesShown)])),
		say(lang.Text{
			EN: "Programs that are given this name refuse the connection or warn.",
			JA: "この名前で接続するソフトは、接続を拒否するか警告します。",
		}),
		[]said{say(lang.Text{
			EN: "Have a certificate issued that holds every name by which the service is used, or use the name that it holds.",
			JA: "使われるすべての名前を含む証明書を発行してもらうか、証明書にある名前で接続します。",
		})},
	}}
}

func judgeSelfSigned(_ subject, _ exposure.Service, c *exposure.Certificate) []ruling {
	if !c.SelfSigned {
		return nil
	}
	return []ruling{{
		exposure.Info,
		say(lang.Text{
			EN: `The certificate of "{{.Subject}}" vouches for itself.`,
			JA: "「{{.Subject}}」の証明書は自己署名です。",
		}, "Subject", quote(c.Subject)),
		say(lang.Text{
			EN: "The connection is encrypted, and a program that does not know this very certificate cannot tell the server from a false one.",
			JA: "通信は暗号化されますが、この証明書をあらかじめ知らないソフトは、本物と偽物のサーバーを見分けられません。",
		}),
		[]said{say(lang.Text{
			EN: "For a public name a free certificate does, from Let's Encrypt for instance. For your own machines only, hand this certificate out to them.",
			JA: "公開している名前なら、Let's Encryptなどの無料の証明書が使えます。自分の機器だけなら、この証明書を各機器に登録します。",
		})},
	}}
}

// The least sizes of keys that NIST SP 800-131A allows.
const (
	leastRSA   = 2048
	leastCurve = 224
)

func judgeKey(s subject, service exposure.Service, c *exposure.Certificate) []ruling {
	kind := strings.ToLower(c.KeyType)
	weak := kind == "rsa" && c.KeyBits > 0 && c.KeyBits < leastRSA ||
		kind == "ecdsa" && c.KeyBits > 0 && c.KeyBits < leastCurve || strings.Contains(kind, "dsa.publickey")
	if !weak {
		return nil
	}
	return []ruling{{
		exposure.Medium,
		say(lang.Text{
			EN: `The certificate of "{{.Subject}}" has a weak key: {{.Kind}}, {{.Bits}} bits.`,
			JA: "「{{.Subject}}」の証明書の鍵が弱いものです({{.Kind}} {{.Bits}} ビット)。",
		}, "Subject", quote(c.Subject), "Kind", c.KeyType, "Bits", c.KeyBits),
		say(lang.Text{
			EN: "Somebody with enough computers can work out the key and then pass for the server. Programs begin to refuse it.",
			JA: "十分な計算力があれば鍵を割り出し、このサーバーになりすませます。受け付けないソフトも増えています。",
		}),
		[]said{say(lang.Text{
			EN: "Have a new certificate made with a new key, ECDSA P-256 or RSA 2048 at least.",
			JA: "新しい鍵(ECDSA P-256、またはRSA 2048ビット以上)で証明書を作り直します。",
		}), s.reloaded(usualUnit(service))},
	}}
}

// oldestSSL is the version of 1995, whose use endangers all others (CVE-2016-0800).
const oldestSSL = "SSL 2.0"

// judgeTLSVersion speaks of versions that must not be used any more: SSL (RFC
// 6176, RFC 7568), TLS 1.0 and 1.1 (RFC 8996). Mail between servers is another
// matter: what old TLS does not carry there goes in the clear.
func judgeTLSVersion(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS == nil {
			return nil
		}
		var old []string
		severity := exposure.Low
		for _, version := range service.TLS.Versions {
			switch {
			case strings.HasPrefix(version, "SSL"):
				severity = exposure.Medium
				old = append(old, version)
			case version == "TLS 1.0" || version == "TLS 1.1":
				old = append(old, version)
			}
		}
		if len(old) == 0 {
			return nil
		}
		meaning := lang.Text{
			EN: "These versions have known holes and are forbidden since 2021. Whoever sits on the way can push a connection down to them.",
			JA: "既知の弱点があり、2021年に使用が禁じられた版です。通信経路にいる人が、接続をこの版へ落とすことができます。",
		}
		if service.Protocol == "smtp" && service.TLS.StartTLS {
			severity = exposure.Info
			meaning = lang.Text{
				EN: "These versions have known holes. Between mail servers they are still better than no encryption, which is what would be used instead.",
				JA: "既知の弱点がある版です。ただしメールサーバー間では、これを拒むと暗号化なしになるため、無いよりはましです。",
			}
		}
		if slices.Contains(old, oldestSSL) {
			severity = exposure.High
			meaning = lang.Text{
				EN: "SSL 2.0 protects nothing, and it betrays the new versions too: with its help, recorded TLS connections of every service that has the same key can be decrypted (DROWN).",
				JA: "SSL 2.0は何も守らず、新しい版まで危うくします。これを使うと、同じ鍵を持つすべてのサービスの、記録されたTLS通信を解読できます(DROWN)。",
			}
		}
		return []ruling{{severity, say(lang.Text{
			EN: "It still speaks {{list .Old}}.",
			JA: "古い {{list .Old}} をまだ受け付けます。",
		}, "Old", old), say(meaning), s.newTLS(service)}}
	})
}

func (s subject) newTLS(service exposure.Service) []said {
	switch {
	case product(service, "nginx"):
		return []said{say(lang.Text{
			EN: "Let nginx speak TLS 1.2 and 1.3 only. In /etc/nginx/nginx.conf:\nssl_protocols TLSv1.2 TLSv1.3;",
			JA: "nginxがTLS 1.2と1.3だけを使うようにします。/etc/nginx/nginx.conf に書きます。\nssl_protocols TLSv1.2 TLSv1.3;",
		}), s.reloaded("nginx")}
	case product(service, "apache"):
		return []said{say(lang.Text{
			EN: "Let Apache speak TLS 1.2 and 1.3 only. In /etc/apache2/mods-enabled/ssl.conf:\nSSLProtocol -all +TLSv1.2 +TLSv1.3",
			JA: "ApacheがTLS 1.2と1.3だけを使うようにします。/etc/apache2/mods-enabled/ssl.conf に書きます。\nSSLProtocol -all +TLSv1.2 +TLSv1.3",
		}), s.reloaded("apache2")}
	case product(service, "lighttpd"):
		return []said{say(lang.Text{
			EN: "Let lighttpd speak TLS 1.2 and 1.3 only. In /etc/lighttpd/lighttpd.conf:\nssl.openssl.ssl-conf-cmd += (\"MinProtocol\" => \"TLSv1.2\")",
			JA: "lighttpdがTLS 1.2と1.3だけを使うようにします。/etc/lighttpd/lighttpd.conf に書きます。\nssl.openssl.ssl-conf-cmd += (\"MinProtocol\" => \"TLSv1.2\")",
		}), s.reloaded("lighttpd")}
	case product(service, "caddy"):
		return []said{say(lang.Text{
			EN: "Let Caddy speak TLS 1.2 and 1.3 only. In the site's block of /etc/caddy/Caddyfile, or update Caddy, which speaks nothing older since version 2:\ntls {\n\tprotocols tls1.2 tls1.3\n}",
			JA: "CaddyがTLS 1.2と1.3だけを使うようにします。/etc/caddy/Caddyfile のサイトのブロックに書くか、第2版以降へ更新します。\ntls {\n\tprotocols tls1.2 tls1.3\n}",
		}), s.reloaded("caddy")}
	case product(service, "microsoft"):
		return []said{say(lang.Text{
			EN: "Switch the old versions off for all services of Windows, as administrator, and restart it:{{range .Old}}\nreg add \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\{{.}}\\Server\" /v Enabled /t REG_DWORD /d 0 /f{{end}}",
			JA: "管理者として、Windowsのすべてのサービスについて古い版を無効にし、再起動します。{{range .Old}}\nreg add \"HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\{{.}}\\Server\" /v Enabled /t REG_DWORD /d 0 /f{{end}}",
		}, "Old", schannel(service.TLS.Versions))}
	case product(service, "vsftpd"):
		return []said{say(lang.Text{
			EN: "Let vsftpd speak TLS 1.2 and newer only. In /etc/vsftpd.conf:\nssl_tlsv1=NO\nssl_sslv3=NO\nssl_sslv2=NO",
			JA: "vsftpdがTLS 1.2以降だけを使うようにします。/etc/vsftpd.conf に書きます。\nssl_tlsv1=NO\nssl_sslv3=NO\nssl_sslv2=NO",
		}), s.restarted("vsftpd")}
	case product(service, "exim"):
		return []said{say(lang.Text{
			EN: "Let Exim speak TLS 1.2 and newer only. In the main part of its configuration, with GnuTLS, as Debian builds it:\ntls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1\nand with OpenSSL:\nopenssl_options = +no_sslv3 +no_tlsv1 +no_tlsv1_1",
			JA: "EximがTLS 1.2以降だけを使うようにします。設定のmain部に、DebianのようにGnuTLS版なら次の行を書きます。\ntls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1\nOpenSSL版なら次の行です。\nopenssl_options = +no_sslv3 +no_tlsv1 +no_tlsv1_1",
		}), s.restarted("exim4")}
	case product(service, "openldap"):
		return []said{say(lang.Text{
			EN: "Let OpenLDAP speak TLS 1.2 and newer only. With GnuTLS, as Debian builds it:\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL:-VERS-TLS1.0:-VERS-TLS1.1\nEND\nWith OpenSSL the attribute is olcTLSProtocolMin, its value 3.3.",
			JA: "OpenLDAPがTLS 1.2以降だけを使うようにします。DebianのようにGnuTLS版なら次のとおりです。\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcTLSCipherSuite\nolcTLSCipherSuite: NORMAL:-VERS-TLS1.0:-VERS-TLS1.1\nEND\nOpenSSL版では属性がolcTLSProtocolMin、値が3.3です。",
		}), s.restarted("slapd")}
	case product(service, "proftpd"):
		return []said{say(lang.Text{
			EN: "Let ProFTPD speak TLS 1.2 and newer only. In /etc/proftpd/tls.conf:\nTLSProtocol TLSv1.2 TLSv1.3",
			JA: "ProFTPDがTLS 1.2以降だけを使うようにします。/etc/proftpd/tls.conf に書きます。\nTLSProtocol TLSv1.2 TLSv1.3",
		}), s.restarted("proftpd")}
	case product(service, "postfix"):
		return []said{say(lang.Text{
			EN: "Let Postfix speak TLS 1.2 and newer only:\npostconf -e 'smtpd_tls_protocols = >=TLSv1.2' 'smtpd_tls_mandatory_protocols = >=TLSv1.2'\nsystemctl reload postfix",
			JA: "PostfixがTLS 1.2以降だけを使うようにします。\npostconf -e 'smtpd_tls_protocols = >=TLSv1.2' 'smtpd_tls_mandatory_protocols = >=TLSv1.2'\nsystemctl reload postfix",
		})}
	case product(service, "dovecot"):
		return []said{say(lang.Text{
			EN: "Let Dovecot speak TLS 1.2 and newer only. In /etc/dovecot/conf.d/10-ssl.conf:\nssl_min_protocol = TLSv1.2",
			JA: "DovecotがTLS 1.2以降だけを使うようにします。/etc/dovecot/conf.d/10-ssl.conf に書きます。\nssl_min_protocol = TLSv1.2",
		}), then("doveadm reload")}
	}
	return []said{say(lang.Text{
		EN: "Let the service speak TLS 1.2 and 1.3 only. Where it is too old for them, update or replace it.",
		JA: "サービスの設定で、TLS 1.2と1.3だけを許します。対応していなければ、更新するか置き換えます。",
	})}
}

// schannel are the old versions under the names that the registry of Windows
// has for them.
func schannel(versions []string) []string {
	var old []string
	for _, version := range []string{oldestSSL, "SSL 3.0", "TLS 1.0", "TLS 1.1"} {
		if slices.Contains(versions, version) {
			old = append(old, version)
		}
	}
	return old
}
