package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"tls-weak-cipher", judgeTLSCiphers})
	register(rule{"tls-weak-dh", judgeTLSGroup})
	register(rule{"certificate-weak-signature", judgeTLSSignature})
	register(rule{"certificate-issuer-missing", judgeTLSChain})
}

// openSuites are parts of the names of suites that protect nothing any more:
// no encryption, no proof of whom one talks to, keys of 40 or 56 bits, RC4.
var openSuites = []string{"_NULL_", "_anon_", "_EXPORT", "_RC4_", "_RC2_", "_DES_"}

// suitesShown is how many suites a finding names.
const suitesShown = 6

// judgeTLSCiphers speaks of suites that RFC 9325 section 4.1 forbids. Mail
// between servers is another matter: what weak TLS does not carry there goes in
// the clear.
func judgeTLSCiphers(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS == nil || len(service.TLS.WeakCiphers) == 0 {
			return nil
		}
		weak := service.TLS.WeakCiphers
		severity := exposure.Low
		meaning := lang.Text{
			EN: "3DES works on short blocks: whoever records very much of one connection can read parts of it. A client uses it only if it knows nothing better.",
			JA: "3DESはブロックが短く、1つの接続を大量に記録されると一部を読まれるおそれがあります。新しい方式を知らない相手との接続だけで使われます。",
		}
		if slices.ContainsFunc(weak, func(name string) bool {
			return slices.ContainsFunc(openSuites, func(part string) bool { return strings.Contains(name, part) })
		}) {
			severity = exposure.Medium
			meaning = lang.Text{
				EN: "These suites protect nothing or hardly anything: whoever sits on the way of a connection that uses one can read it, and with an anonymous one pass for the server.",
				JA: "保護にならない暗号スイートです。これを使う接続は、通信経路にいる人に読まれます。認証なし(anon)のものでは、サーバーになりすますこともできます。",
			}
		}
		if service.Protocol == "smtp" && service.TLS.StartTLS {
			severity = exposure.Info
		}
		return []ruling{{s.graded(severity), say(lang.Text{
			EN: "TLS accepts {{list .Suites}}{{if .More}} and {{.More}} more weak suites{{end}}.",
			JA: "TLSが弱い暗号スイート({{list .Suites}}{{if .More}}、ほか {{.More}} 個{{end}})を受け付けます。",
		}, "Suites", weak[:min(len(weak), suitesShown)], "More", len(weak)-min(len(weak), suitesShown)), say(meaning), s.newCiphers(service)}}
	})
}

// The list is OpenSSL's own: HIGH leaves out what is weak but for 3DES in old
// versions of it, and the suites without authentication.
var cipherRemedies = []productRemedy{
	{"nginx", "nginx", lang.Text{
		EN: "Leave the weak suites out. In the http block of /etc/nginx/nginx.conf:\nssl_ciphers HIGH:!aNULL:!MD5:!3DES;",
		JA: "弱い暗号スイートを外します。/etc/nginx/nginx.conf の http ブロックに書きます。\nssl_ciphers HIGH:!aNULL:!MD5:!3DES;",
	}},
	{"apache", "apache2", lang.Text{
		EN: "Leave the weak suites out. In /etc/apache2/mods-enabled/ssl.conf:\nSSLCipherSuite HIGH:!aNULL:!MD5:!3DES",
		JA: "弱い暗号スイートを外します。/etc/apache2/mods-enabled/ssl.conf に書きます。\nSSLCipherSuite HIGH:!aNULL:!MD5:!3DES",
	}},
	{"lighttpd", "lighttpd", lang.Text{
		EN: "Leave the weak suites out. In /etc/lighttpd/lighttpd.conf:\nssl.openssl.ssl-conf-cmd += (\"CipherString\" => \"HIGH:!aNULL:!MD5:!3DES\")",
		JA: "弱い暗号スイートを外します。/etc/lighttpd/lighttpd.conf に書きます。\nssl.openssl.ssl-conf-cmd += (\"CipherString\" => \"HIGH:!aNULL:!MD5:!3DES\")",
	}},
	{"caddy", "caddy", lang.Text{
		EN: "Take the line \"ciphers\" out of the tls block in /etc/caddy/Caddyfile: Caddy's own choice holds no weak suite.",
		JA: "/etc/caddy/Caddyfile の tls ブロックから ciphers の行を外します。Caddyの既定の選択に弱いものはありません。",
	}},
	{"postfix", "postfix", lang.Text{
		EN: "Leave the weak suites out:\npostconf -e 'smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, RC4, MD5, 3DES'",
		JA: "弱い暗号スイートを外します。\npostconf -e 'smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, RC4, MD5, 3DES'",
	}},
	{"dovecot", "dovecot", lang.Text{
		EN: "Leave the weak suites out. In /etc/dovecot/conf.d/10-ssl.conf:\nssl_cipher_list = HIGH:!aNULL:!MD5:!3DES",
		JA: "弱い暗号スイートを外します。/etc/dovecot/conf.d/10-ssl.conf に書きます。\nssl_cipher_list = HIGH:!aNULL:!MD5:!3DES",
	}},
	{"vsftpd", "vsftpd", lang.Text{
		EN: "Leave the weak suites out. In /etc/vsftpd.conf:\nssl_ciphers=HIGH:!aNULL:!MD5:!3DES",
		JA: "弱い暗号スイートを外します。/etc/vsftpd.conf に書きます。\nssl_ciphers=HIGH:!aNULL:!MD5:!3DES",
	}},
}

// newCiphers is how a service is made to refuse weak suites. The names are those
// of our own table, which Windows uses too.
func (s subject) newCiphers(service exposure.Service) []said {
	if product(service, "microsoft") {
		return []said{say(lang.Text{
			EN: "Switch the suites off for all services of Windows, in PowerShell as administrator:{{range .Suites}}\nDisable-TlsCipherSuite -Name {{.}}{{end}}",
			JA: "管理者のPowerShellで、Windowsのすべてのサービスについてこれらを無効にします。{{range .Suites}}\nDisable-TlsCipherSuite -Name {{.}}{{end}}",
		}, "Suites", known(service.TLS.WeakCiphers))}
	}
	return s.ofProduct(service, cipherRemedies, lang.Text{
		EN: "Leave these suites out in the settings of the service. Where they cannot be chosen, update or replace it.",
		JA: "サービスの設定でこれらの暗号スイートを外します。選べなければ、更新するか置き換えます。",
	})
}

// known are the names that may stand in a command.
func known(suites []string) []string {
	return slices.DeleteFunc(slices.Clone(suites), func(name string) bool { return !safe(name) })
}

// The sizes of Diffie-Hellman groups: less than leastGroup is forbidden (RFC
// 9325 section 4.1), and brokenGroup or less was broken for the groups that
// everybody used (Logjam).
const (
	leastGroup  = 2048
	brokenGroup = 1024
)

func judgeTLSGroup(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS == nil || service.TLS.DHBits == 0 || service.TLS.DHBits >= leastGroup {
			return nil
		}
		severity := exposure.Low
		if service.TLS.DHBits <= brokenGroup {
			severity = exposure.Medium
		}
		remedy := []said{say(lang.Text{
			EN: "Let the service use suites with ECDHE only, or give it a group of its own of 2048 bits.",
			JA: "サービスの設定でECDHEの暗号スイートだけを使うか、2048ビットの専用のグループを作って使わせます。",
		})}
		switch {
		case product(service, "nginx"):
			remedy = []said{say(lang.Text{
				EN: "Make a group of nginx's own, and name it in the http block of /etc/nginx/nginx.conf:\nopenssl dhparam -out /etc/nginx/dhparam.pem 2048\nssl_dhparam /etc/nginx/dhparam.pem;",
				JA: "nginx専用のグループを作り、/etc/nginx/nginx.conf の http ブロックで指定します。\nopenssl dhparam -out /etc/nginx/dhparam.pem 2048\nssl_dhparam /etc/nginx/dhparam.pem;",
			}), s.reloaded("nginx")}
		case product(service, "postfix"):
			remedy = []said{say(lang.Text{
				EN: "Give Postfix a group of its own:\nopenssl dhparam -out /etc/postfix/dh2048.pem 2048\npostconf -e smtpd_tls_dh1024_param_file=/etc/postfix/dh2048.pem",
				JA: "Postfix専用のグループを作ります。\nopenssl dhparam -out /etc/postfix/dh2048.pem 2048\npostconf -e smtpd_tls_dh1024_param_file=/etc/postfix/dh2048.pem",
			}), s.reloaded("postfix")}
		}
		return []ruling{{s.graded(severity), say(lang.Text{
			EN: "TLS exchanges keys in a Diffie-Hellman group of {{.Bits}} bits.",
			JA: "TLSの鍵交換に {{.Bits}} ビットのDiffie-Hellmanグループを使っています。",
		}, "Bits", service.TLS.DHBits), say(lang.Text{
			EN: "Groups of that size can be broken with enough computers, once for all who use the same one. Recorded connections can then be read.",
			JA: "この大きさのグループは、十分な計算力があれば破られ、同じグループを使うすべての通信に及びます。記録された通信が後から読まれます。",
		}), remedy}}
	})
}

// judgeTLSSignature speaks of certificates that were signed over MD5 or SHA-1:
// whoever makes two of the same sum has both signed (RFC 6151, RFC 9155).
func judgeTLSSignature(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS == nil || len(service.TLS.WeakSignatures) == 0 {
			return nil
		}
		return []ruling{{exposure.Medium, say(lang.Text{
			EN: "A certificate that it shows is signed with {{list .Algorithms}}.",
			JA: "提示された証明書の署名が {{list .Algorithms}} です。",
		}, "Algorithms", service.TLS.WeakSignatures), say(lang.Text{
			EN: "Such signatures can be forged, so current programs refuse the connection.",
			JA: "この署名は偽造できるため、今のソフトは接続を拒否します。",
		}), []said{say(lang.Text{
			EN: "Have a new certificate issued, signed with SHA-256.",
			JA: "SHA-256で署名された新しい証明書を発行してもらいます。",
		}), s.reloaded(usualUnit(service))}}}
	})
}

// judgeTLSChain speaks of a server that shows its certificate without that of
// who issued it.
func judgeTLSChain(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS == nil || !service.TLS.IssuerMissing {
			return nil
		}
		step := lang.Text{
			EN: "Have the service show its certificate and, behind it, that of the issuer: both in one file, in this order.",
			JA: "サービスが、自分の証明書に続けて発行者(中間CA)の証明書も提示するようにします。1つのファイルにこの順で入れます。",
		}
		switch {
		case product(service, "nginx"):
			step = lang.Text{
				EN: "Give nginx the file that holds the whole chain, with certbot the one named fullchain.pem:\nssl_certificate /etc/letsencrypt/live/NAME/fullchain.pem;",
				JA: "nginxに、証明書チェーン全体のファイルを指定します。certbotなら fullchain.pem です。\nssl_certificate /etc/letsencrypt/live/NAME/fullchain.pem;",
			}
		case product(service, "apache"):
			step = lang.Text{
				EN: "Give Apache the file that holds the whole chain, with certbot the one named fullchain.pem:\nSSLCertificateFile /etc/letsencrypt/live/NAME/fullchain.pem",
				JA: "Apacheに、証明書チェーン全体のファイルを指定します。certbotなら fullchain.pem です。\nSSLCertificateFile /etc/letsencrypt/live/NAME/fullchain.pem",
			}
		case product(service, "microsoft"):
			step = lang.Text{
				EN: "Import the certificate of the issuer into the store \"Intermediate Certification Authorities\" of the computer, as administrator:\ncertutil -addstore CA issuer.cer",
				JA: "発行者の証明書を、コンピューターの「中間証明機関」ストアに管理者として取り込みます。\ncertutil -addstore CA issuer.cer",
			}
		}
		return []ruling{{exposure.Low, say(lang.Text{
			EN: "The server shows its certificate without that of its issuer.",
			JA: "サーバーが、発行者(中間CA)の証明書なしで証明書を提示しています。",
		}), say(lang.Text{
			EN: "Some browsers fetch what is missing by themselves; mail programs, scripts and phones refuse the connection.",
			JA: "足りない証明書を自分で取りに行くブラウザーもありますが、メールソフトやスクリプト、スマートフォンは接続を拒否します。",
		}), []said{say(step), s.reloaded(usualUnit(service))}}}
	})
}
