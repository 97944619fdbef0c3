package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"version-disclosed", judgeVersion})
}

// disclosure is how one product is made to keep its version to itself.
type disclosure struct {
	product string
	unit    string // in Debian
	command string // that has it read the change, where it is not the unit's
	step    lang.Text
}

func (d disclosure) after(s subject) []said {
	switch {
	case d.command != "":
		return []said{then(d.command)}
	case d.unit != "":
		return []said{s.reloaded(d.unit)}
	}
	return nil
}

// disclosures are looked through to the end: of two that fit, the later one holds.
var disclosures = []disclosure{
	{"nginx", "nginx", "", lang.Text{
		EN: "Hide it: in the http block of /etc/nginx/nginx.conf\nserver_tokens off;",
		JA: "隠すには、/etc/nginx/nginx.conf の http ブロックに書きます。\nserver_tokens off;",
	}},
	{"apache", "apache2", "", lang.Text{
		EN: "Hide it: in /etc/apache2/conf-enabled/security.conf\nServerTokens Prod\nServerSignature Off",
		JA: "隠すには、/etc/apache2/conf-enabled/security.conf に書きます。\nServerTokens Prod\nServerSignature Off",
	}},
	{"lighttpd", "lighttpd", "", lang.Text{
		EN: "Hide it: in /etc/lighttpd/lighttpd.conf\nserver.tag = \"\"",
		JA: "隠すには、/etc/lighttpd/lighttpd.conf に書きます。\nserver.tag = \"\"",
	}},
	{"postfix", "", "", lang.Text{
		EN: "Hide it:\npostconf -e 'smtpd_banner = $myhostname ESMTP'\nsystemctl reload postfix",
		JA: "隠すには次のとおりにします。\npostconf -e 'smtpd_banner = $myhostname ESMTP'\nsystemctl reload postfix",
	}},
	{"exim", "exim4", "", lang.Text{
		EN: "Hide it: in the main configuration of Exim\nsmtp_banner = $smtp_active_hostname ESMTP",
		JA: "隠すには、Eximの主設定に書きます。\nsmtp_banner = $smtp_active_hostname ESMTP",
	}},
	{"sendmail", "sendmail", "", lang.Text{
		EN: "Hide it: in sendmail.mc, and make it anew\ndefine(`confSMTP_LOGIN_MSG', `$j')dnl",
		JA: "隠すには、sendmail.mc に書いて作り直します。\ndefine(`confSMTP_LOGIN_MSG', `$j')dnl",
	}},
	{"exchange", "", "", lang.Text{
		EN: "Hide it, at the connector of this port:\nSet-ReceiveConnector NAME -Banner '220 ESMTP'",
		JA: "隠すには、このポートのコネクタで設定します。\nSet-ReceiveConnector NAME -Banner '220 ESMTP'",
	}},
	{"dovecot", "", "doveadm reload", lang.Text{
		EN: "Hide it: in /etc/dovecot/dovecot.conf\nlogin_greeting = ready",
		JA: "隠すには、/etc/dovecot/dovecot.conf に書きます。\nlogin_greeting = ready",
	}},
	{"bind", "", "rndc reconfig", lang.Text{
		EN: "Hide it: in the options of /etc/bind/named.conf.options\nversion none;\nhostname none;",
		JA: "隠すには、/etc/bind/named.conf.options の options に書きます。\nversion none;\nhostname none;",
	}},
	{"unbound", "", "unbound-control reload", lang.Text{
		EN: "Hide it: in the server part of /etc/unbound/unbound.conf\nhide-version: yes\nhide-identity: yes",
		JA: "隠すには、/etc/unbound/unbound.conf の server に書きます。\nhide-version: yes\nhide-identity: yes",
	}},
	{"nsd", "", "systemctl restart nsd", lang.Text{
		EN: "Hide it: in the server part of /etc/nsd/nsd.conf\nhide-version: yes\nhide-identity: yes",
		JA: "隠すには、/etc/nsd/nsd.conf の server に書きます。\nhide-version: yes\nhide-identity: yes",
	}},
	{"knot dns", "", "knotc reload", lang.Text{
		EN: "Hide it: in the server part of /etc/knot/knot.conf\nversion: \"\"\nidentity: \"\"",
		JA: "隠すには、/etc/knot/knot.conf の server に書きます。\nversion: \"\"\nidentity: \"\"",
	}},
	{"powerdns", "", "systemctl restart pdns", lang.Text{
		EN: "Hide it: in /etc/powerdns/pdns.conf\nversion-string=anonymous",
		JA: "隠すには、/etc/powerdns/pdns.conf に書きます。\nversion-string=anonymous",
	}},
	{"powerdns recursor", "", "systemctl restart pdns-recursor", lang.Text{
		EN: "Hide it, with nothing behind the sign: in /etc/powerdns/recursor.conf\nversion-string=",
		JA: "隠すには、/etc/powerdns/recursor.conf に、値を空にして書きます。\nversion-string=",
	}},
	{"dnsmasq", "", "systemctl restart dnsmasq", lang.Text{
		EN: "Hide it, from dnsmasq 2.90 on: in /etc/dnsmasq.conf\nno-ident",
		JA: "隠すには(dnsmasq 2.90以降)、/etc/dnsmasq.conf に書きます。\nno-ident",
	}},
	{"cyrus", "cyrus-imapd", "", lang.Text{
		EN: "Hide it: in /etc/imapd.conf\nserverinfo: off\nimapidresponse: no",
		JA: "隠すには、/etc/imapd.conf に書きます。\nserverinfo: off\nimapidresponse: no",
	}},
	{"vsftpd", "vsftpd", "", lang.Text{
		EN: "Hide it: in /etc/vsftpd.conf\nftpd_banner=FTP",
		JA: "隠すには、/etc/vsftpd.conf に書きます。\nftpd_banner=FTP",
	}},
	{"proftpd", "proftpd", "", lang.Text{
		EN: "Hide it: in /etc/proftpd/proftpd.conf\nServerIdent on \"FTP\"",
		JA: "隠すには、/etc/proftpd/proftpd.conf に書きます。\nServerIdent on \"FTP\"",
	}},
	{"microsoft iis", "", "", lang.Text{
		EN: "Hide it, from IIS 10 on, in PowerShell as administrator:\nSet-WebConfigurationProperty -PSPath MACHINE/WEBROOT/APPHOST -Filter system.webServer/security/requestFiltering -Name removeServerHeader -Value True",
		JA: "隠すには(IIS 10以降)、管理者のPowerShellで次を実行します。\nSet-WebConfigurationProperty -PSPath MACHINE/WEBROOT/APPHOST -Filter system.webServer/security/requestFiltering -Name removeServerHeader -Value True",
	}},
	{"caddy", "caddy", "", lang.Text{
		EN: "Hide it: in the site's block of /etc/caddy/Caddyfile\nheader -Server",
		JA: "隠すには、/etc/caddy/Caddyfile のサイトのブロックに書きます。\nheader -Server",
	}},
	{"squid", "squid", "", lang.Text{
		EN: "Hide it: in /etc/squid/squid.conf\nhttpd_suppress_version_string on",
		JA: "隠すには、/etc/squid/squid.conf に書きます。\nhttpd_suppress_version_string on",
	}},
	{"dropbear", "", "", lang.Text{
		EN: "The version belongs to the protocol (RFC 4253, section 4.2) and stays. Install the updates of Dropbear, which on a router come with its firmware.",
		JA: "版はプロトコルの一部(RFC 4253 4.2節)なので隠せません。Dropbearの更新を入れます。ルーターではファームウェアの更新に含まれます。",
	}},
	{"openssh", "ssh", "", lang.Text{
		EN: "The version itself belongs to the protocol (RFC 4253, section 4.2) and stays. The package's number can be hidden: in /etc/ssh/sshd_config.d/banner.conf\nDebianBanner no",
		JA: "版はプロトコルの一部(RFC 4253 4.2節)なので隠せません。パッケージの番号は、/etc/ssh/sshd_config.d/banner.conf に書けば隠せます。\nDebianBanner no",
	}},
}

// systems are names of operating systems as banners show them.
var systems = []string{"Debian", "Ubuntu", "Raspbian", "CentOS", "Red Hat", "FreeBSD", "Win32", "Win64"}

// judgeVersion speaks of greetings that tell more than a client needs. For
// OpenSSH only what can be left out counts: its version is in every SSH.
func judgeVersion(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		told, tells := disclosed(service)
		if !tells || product(service, "openssh") && !namesSystem(told) {
			return nil
		}
		severity := exposure.Info
		if s.open(exposure.ViewOutside) && !product(service, "openssh") {
			severity = exposure.Low
		}
		remedy := []said{say(lang.Text{
			EN: "Where the service can be told to keep it to itself, do that. What matters more: install its updates.",
			JA: "サービスの設定で隠せるなら隠します。それよりも大切なのは、更新を入れ続けることです。",
		})}
		for _, d := range disclosures {
			if product(service, d.product) {
				remedy = append([]said{say(d.step)}, d.after(s)...)
			}
		}
		if told == service.Facts.Text("powered_by") && strings.HasPrefix(told.Raw(), "PHP/") {
			remedy = []said{say(lang.Text{
				EN: "Hide it: in php.ini\nexpose_php = Off",
				JA: "隠すには、php.ini に書きます。\nexpose_php = Off",
			})}
		}
		return []ruling{{severity, say(lang.Text{
			EN: `"{{.Told}}" tells product, version or system.`,
			JA: "「{{.Told}}」と、製品や版、OSを名乗っています。",
		}, "Told", quote(told)), say(lang.Text{
			EN: "Whoever looks for a certain old version finds it by this. Hiding it does not replace updates.",
			JA: "特定の古い版を探す人の手がかりになります。隠しても、更新の代わりにはなりません。",
		}), remedy}}
	})
}

// disclosed is the text in which a service told its version, or its system.
func disclosed(service exposure.Service) (untrusted.Text, bool) {
	texts := []untrusted.Text{
		service.Facts.Text("server"), service.Facts.Text("version_bind"), service.Facts.Text("powered_by"), service.Banner,
	}
	version := service.Version.Raw()
	for _, t := range texts {
		if version != "" && strings.Contains(t.Raw(), version) || namesSystem(t) {
			return t, true
		}
	}
	return service.Version, version != ""
}

func namesSystem(t untrusted.Text) bool {
	return slices.ContainsFunc(systems, func(name string) bool { return strings.Contains(t.Raw(), name) })
}
