package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"ldap-cleartext", judgeLDAPClear})
	register(rule{"ldap-anonymous-read", judgeLDAPAnonymous})
}

// judgeLDAPClear speaks of a directory that answers outside TLS: a simple bind
// there sends the password as it is (RFC 4513 section 6.3.3).
func judgeLDAPClear(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS != nil && !service.TLS.StartTLS {
			return nil
		}
		if required, _ := service.Facts.Bool("tls_required"); required {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: "LDAP answers at {{.Address}} without encryption and offers no StartTLS.",
				JA: "{{.Address}} のLDAPは暗号化なしで応答し、StartTLSを提供していません。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "A simple bind sends name and password readable, and whoever sits on the way reads what is asked and answered.",
				JA: "単純バインドでは名前とパスワードが読める形で送られ、通信経路にいる人は問い合わせと応答も読めます。",
			}),
		}
		offered, known := service.Facts.Bool("starttls")
		switch {
		case offered:
			found.severity = s.graded(exposure.Low)
			found.evidence = say(lang.Text{
				EN: "LDAP answers at {{.Address}} without encryption too; StartTLS is offered and not demanded.",
				JA: "{{.Address}} のLDAPは暗号化なしでも応答します。StartTLSを提供していますが、必須ではありません。",
			}, "Address", service.Address)
		case !known:
			found.evidence = say(lang.Text{
				EN: "LDAP answers at {{.Address}} without encryption.",
				JA: "{{.Address}} のLDAPは暗号化なしで応答します。",
			}, "Address", service.Address)
		}
		found.remedy = append(s.ldapInTLS(service, offered), admitFew)
		return []ruling{found}
	}, "ldap")
}

func (s subject) ldapInTLS(service exposure.Service, offered bool) []said {
	switch {
	case product(service, "openldap") && offered:
		return []said{say(lang.Text{
			EN: "Demand TLS of everybody but the machine itself:\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcSecurity\nolcSecurity: ssf=128\n-\nreplace: olcLocalSSF\nolcLocalSSF: 128\nEND",
			JA: "自機以外にはTLSを必須にします。\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcSecurity\nolcSecurity: ssf=128\n-\nreplace: olcLocalSSF\nolcLocalSSF: 128\nEND",
		})}
	case product(service, "openldap"):
		return []said{say(lang.Text{
			EN: "Give OpenLDAP a certificate, which makes StartTLS work:\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: /etc/ldap/cert.pem\n-\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/key.pem\nEND",
			JA: "OpenLDAPに証明書を設定し、StartTLSを使えるようにします。\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nreplace: olcTLSCertificateFile\nolcTLSCertificateFile: /etc/ldap/cert.pem\n-\nreplace: olcTLSCertificateKeyFile\nolcTLSCertificateKeyFile: /etc/ldap/key.pem\nEND",
		})}
	case product(service, "samba"):
		return []said{say(lang.Text{
			EN: "Samba refuses simple binds without TLS as it comes. See that it stays so: in the part [global] of /etc/samba/smb.conf\nldap server require strong auth = yes",
			JA: "Sambaは初期設定で、TLSのない単純バインドを拒否します。変えていないことを /etc/samba/smb.conf の [global] で確かめます。\nldap server require strong auth = yes",
		}), s.restarted("samba-ad-dc")}
	case product(service, "active directory"):
		return []said{say(lang.Text{
			EN: "Have the domain controller demand signing, in PowerShell as administrator, once the event 2889 names nobody any more who does not sign:\nSet-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters -Name LDAPServerIntegrity -Value 2",
			JA: "ドメインコントローラーで署名を必須にします。署名しない相手がイベント2889に出なくなってから、PowerShell(管理者)で設定します。\nSet-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Services\\NTDS\\Parameters -Name LDAPServerIntegrity -Value 2",
		})}
	}
	return []said{say(lang.Text{
		EN: "Set a certificate in the directory server and demand TLS, or let clients use LDAPS (port 636).",
		JA: "ディレクトリサーバーに証明書を設定してTLSを必須にするか、LDAPS(ポート 636)を使います。",
	})}
}

// judgeLDAPAnonymous speaks of a directory that shows its entries to nobody in
// particular. The root entry everybody may read (RFC 4512 section 5.1).
func judgeLDAPAnonymous(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if read, _ := service.Facts.Bool("anonymous_read"); !read {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: `LDAP shows entries of "{{.Contexts}}" to whoever asks, without a log-in.`,
				JA: "LDAPが、「{{.Contexts}}」の項目をログインなしで誰にでも見せます。",
			}, "Contexts", words(service.Facts.Texts("naming_contexts"))),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port can collect names, mail addresses and groups, and knows whose passwords to try.",
				JA: "このポートに届く人は、氏名・メールアドレス・グループを集め、誰のパスワードを試せばよいかを知ることができます。",
			}),
		}
		switch {
		case product(service, "openldap"):
			found.remedy = []said{say(lang.Text{
				EN: "Let nobody bind anonymously:\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nadd: olcDisallows\nolcDisallows: bind_anon\n-\nadd: olcRequires\nolcRequires: authc\nEND",
				JA: "匿名のバインドを禁止します。\nldapmodify -Y EXTERNAL -H ldapi:/// <<END\ndn: cn=config\nchangetype: modify\nadd: olcDisallows\nolcDisallows: bind_anon\n-\nadd: olcRequires\nolcRequires: authc\nEND",
			})}
		case product(service, "active directory"), product(service, "samba"):
			found.remedy = []said{say(lang.Text{
				EN: "Take back what was opened: the seventh character of dSHeuristics must not be 2, and ANONYMOUS LOGON must not be in the group \"Pre-Windows 2000 Compatible Access\".",
				JA: "開放した設定を戻します。dSHeuristicsの7文字目を2以外にし、グループ「Pre-Windows 2000 Compatible Access」からANONYMOUS LOGONを外します。",
			})}
		default:
			found.remedy = []said{say(lang.Text{
				EN: "Switch anonymous reading off in the directory server.",
				JA: "ディレクトリサーバーで匿名での読み取りを無効にします。",
			})}
		}
		found.remedy = append(found.remedy, admitFew)
		return []ruling{found}
	}, "ldap")
}

// cldapRemedy is for the answers that a forged question has sent elsewhere.
func (s subject) cldapRemedy(exposure.Service) []said {
	return []said{say(lang.Text{
		EN: "Take port 389/udp off the Internet: only members of the domain need it. On Windows, in PowerShell as administrator:\nGet-NetFirewallPortFilter -Protocol UDP | Where-Object LocalPort -eq 389 | Get-NetFirewallRule | Set-NetFirewallRule -RemoteAddress LocalSubnet",
		JA: "ポート 389/udp をインターネットから閉じます。必要なのはドメインに参加した機器だけです。WindowsではPowerShell(管理者)で次のとおりにします。\nGet-NetFirewallPortFilter -Protocol UDP | Where-Object LocalPort -eq 389 | Get-NetFirewallRule | Set-NetFirewallRule -RemoteAddress LocalSubnet",
	}), s.unneeded()}
}
