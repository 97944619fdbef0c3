package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"smtp-open-relay", judgeRelay})
	register(rule{"smtp-relay-not-judged", judgeRelayFromInside})
	register(rule{"smtp-no-starttls", judgeSMTPWithoutTLS})
	register(rule{"submission-without-login", judgeSubmission})
	register(rule{"smtp-name-mismatch", judgeSMTPName})
	register(rule{"smtp-mx-elsewhere", judgeMX})
}

// smtpLogin: AUTH is to be offered after STARTTLS only (RFC 4954 section 4).
func (s subject) smtpLogin(service exposure.Service) []ruling {
	if before, _ := service.Facts.Bool("auth_before_tls"); !before || service.TLS != nil && !service.TLS.StartTLS {
		return nil
	}
	evidence := say(lang.Text{
		EN: `SMTP ("{{.Banner}}") takes logins before encryption: AUTH {{.Mechanisms}}.`,
		JA: "SMTP(「{{.Banner}}」)は暗号化の前にログインを受け付けます: AUTH {{.Mechanisms}}",
	}, "Banner", quote(service.Banner), "Mechanisms", words(service.Facts.Texts("auth")))
	return s.cleartext(exposure.Medium, evidence, s.smtpLoginInTLS(service)...)
}

func (s subject) smtpLoginInTLS(service exposure.Service) []said {
	switch {
	case product(service, "postfix"):
		return []said{say(lang.Text{
			EN: "Let Postfix take logins inside TLS only:\npostconf -e smtpd_tls_security_level=may smtpd_tls_auth_only=yes\nsystemctl reload postfix",
			JA: "PostfixがTLSの中だけでログインを受け付けるようにします。\npostconf -e smtpd_tls_security_level=may smtpd_tls_auth_only=yes\nsystemctl reload postfix",
		})}
	case product(service, "exim"):
		return []said{say(lang.Text{
			EN: "Let Exim offer logins inside TLS only. In its main configuration:\nauth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}",
			JA: "EximがTLSの中だけでログインを受け付けるようにします。主設定に次の行を書きます。\nauth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}",
		}), s.reloaded("exim4")}
	case product(service, "sendmail"):
		return []said{say(lang.Text{
			EN: "Let Sendmail take logins inside TLS only. In sendmail.mc, and make it anew:\ndefine(`confAUTH_OPTIONS', `A p')dnl",
			JA: "SendmailがTLSの中だけでログインを受け付けるようにします。sendmail.mc に書いて作り直します。\ndefine(`confAUTH_OPTIONS', `A p')dnl",
		}), s.restarted("sendmail")}
	case product(service, "exchange"):
		return []said{say(lang.Text{
			EN: "Let Exchange take Basic logins inside TLS only, for the connector of this port:\nSet-ReceiveConnector NAME -AuthMechanism Tls,BasicAuth,BasicAuthRequireTLS",
			JA: "ExchangeがTLSの中だけで基本認証を受け付けるようにします(このポートのコネクタ)。\nSet-ReceiveConnector NAME -AuthMechanism Tls,BasicAuth,BasicAuthRequireTLS",
		})}
	}
	return []said{say(lang.Text{
		EN: "Let the mail server take logins inside TLS only, or only on port 465, where TLS comes first.",
		JA: "メールサーバーの設定で、ログインをTLSの中だけに限ります。または最初から暗号化する465番だけで受け付けます。",
	})}
}

// relayForms are how an address was written that the server took without a
// login although it is for neither it nor from it. The first kind is a plain
// foreign address; the other kind leaves it to the server what it makes of it.
func relayForms(service exposure.Service) []untrusted.Text {
	return service.Facts.Texts("relay_accepted")
}

// judgeRelay speaks of a server that takes mail from strangers for strangers.
// Nothing was sent, so that it may still refuse later; servers trust their own
// networks, so that only what was asked from outside counts.
func judgeRelay(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		forms := relayForms(service)
		if len(forms) == 0 || service.View != exposure.ViewOutside {
			return nil
		}
		meaning := lang.Text{
			EN: "It may be an open relay: whoever sends spam through it does so in your name, until your address is on every blocklist. No mail was sent to find out.",
			JA: "第三者中継(オープンリレー)のおそれがあります。迷惑メールがあなたの名で送られ、アドレスがブロックリストに載ります。検査ではメールを送っていません。",
		}
		severity := exposure.High
		if any, _ := service.Facts.Bool("relay_any_user"); any && !plainRelay(forms) {
			// It takes every name at its own domain, and these look like names.
			severity = exposure.Low
			meaning = lang.Text{
				EN: "It takes any name at its own domain, so it may keep these for itself. If it sends them on instead, it is an open relay. No mail was sent to find out.",
				JA: "自分のドメイン宛てなら何でも受け取るため、自分宛てと解釈しただけかもしれません。転送していれば第三者中継です。検査ではメールを送っていません。",
			}
		}
		return []ruling{{severity, say(lang.Text{
			EN: "Seen from the Internet side, it accepted a foreign recipient from a stranger, without a login: {{.Forms}}.",
			JA: "インターネット側から、見知らぬ相手が認証なしで指定した外部宛先を受け付けました: {{.Forms}}",
		}, "Forms", words(forms)), say(meaning), s.closeRelay(service)}}
	}, "smtp")
}

// plainRelay reports whether a plainly written foreign recipient was taken.
func plainRelay(forms []untrusted.Text) bool {
	for _, form := range forms {
		switch form.Raw() {
		case "plain", "sender-without-domain", "empty-sender", "sender-at-server", "sender-at-address":
			return true
		}
	}
	return false
}

// judgeRelayFromInside says that the same answer proves nothing from here.
func judgeRelayFromInside(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		forms := relayForms(service)
		if len(forms) == 0 || service.View == exposure.ViewOutside {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "Asked from here, it accepted a foreign recipient without a login: {{.Forms}}.",
			JA: "ここからは、認証なしで外部宛先を受け付けました: {{.Forms}}",
		}, "Forms", words(forms)), say(lang.Text{
			EN: "Whether it relays for strangers is not judged from here: mail servers trust their own machine and network.",
			JA: "第三者中継かどうかは、ここからは判定できません。メールサーバーは自分の機器とネットワークを信用するためです。",
		}), []said{say(lang.Text{
			EN: "Run the same test from a host outside of your networks.",
			JA: "同じテストを、自分のネットワークの外にあるホストから実行します。",
		})}}}
	}, "smtp")
}

func (s subject) closeRelay(service exposure.Service) []said {
	switch {
	case product(service, "postfix"):
		return []said{say(lang.Text{
			EN: "Let Postfix relay for its own network and for users who logged in only. Check that mynetworks holds your own networks and nothing more:\npostconf mynetworks smtpd_relay_restrictions\npostconf -e 'smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated reject_unauth_destination'\nsystemctl reload postfix",
			JA: "Postfixの中継を、自分のネットワークとログイン済みの利用者だけに限ります。mynetworks が自分のネットワークだけかも確かめます。\npostconf mynetworks smtpd_relay_restrictions\npostconf -e 'smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated reject_unauth_destination'\nsystemctl reload postfix",
		})}
	case product(service, "exim"):
		return []said{say(lang.Text{
			EN: "Let Exim relay for your own networks only. In its main configuration, or dc_relay_nets of /etc/exim4/update-exim4.conf.conf:\nhostlist relay_from_hosts = 127.0.0.1 : ::1",
			JA: "Eximの中継を自分のネットワークだけに限ります。主設定、または /etc/exim4/update-exim4.conf.conf の dc_relay_nets に書きます。\nhostlist relay_from_hosts = 127.0.0.1 : ::1",
		}), s.reloaded("exim4")}
	case product(service, "opensmtpd"):
		return []said{say(lang.Text{
			EN: "Let OpenSMTPD relay for itself and for users who logged in only. In smtpd.conf, the lines \"match from any for any\" become:\nmatch from local for any action \"relay\"\nmatch auth from any for any action \"relay\"",
			JA: "OpenSMTPDの中継を、自機とログイン済みの利用者だけに限ります。smtpd.conf の「match from any for any」の行を次のようにします。\nmatch from local for any action \"relay\"\nmatch auth from any for any action \"relay\"",
		}), s.restarted("opensmtpd")}
	case product(service, "sendmail"):
		return []said{say(lang.Text{
			EN: "Take these out of sendmail.mc, where they stand there, list your own networks in /etc/mail/access, and make it anew:\nFEATURE(`promiscuous_relay')\nFEATURE(`relay_local_from')",
			JA: "sendmail.mc に次の行があれば外し、/etc/mail/access に自分のネットワークだけを書いて、作り直します。\nFEATURE(`promiscuous_relay')\nFEATURE(`relay_local_from')",
		}), s.restarted("sendmail")}
	case product(service, "exchange"):
		return []said{say(lang.Text{
			EN: "Take the right to relay from everybody who did not log in, at each connector:\nGet-ReceiveConnector | Remove-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient",
			JA: "ログインしていない相手から、中継の権限をすべてのコネクタで外します。\nGet-ReceiveConnector | Remove-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights ms-Exch-SMTP-Accept-Any-Recipient",
		})}
	}
	return []said{say(lang.Text{
		EN: "Let the mail server take mail for foreign recipients from your own networks and from users who logged in only. Until then, close the port to the outside.",
		JA: "外部宛てのメールは、自分のネットワークとログイン済みの利用者からだけ受け付けるよう設定します。それまでは外部に対してポートを閉じます。",
	})}
}

// judgeSubmission speaks of a port for users that asks nobody who he is (RFC 6409
// section 4.3). Its own network a server may trust.
func judgeSubmission(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if required, known := service.Facts.Bool("login_required"); !known || required {
			return nil
		}
		found := ruling{
			severity: exposure.High,
			evidence: say(lang.Text{
				EN: "Seen from the Internet side, the submission port takes mail for foreign recipients without a login.",
				JA: "インターネット側から、メール送信用のポートが、外部宛てのメールを認証なしで受け付けます。",
			}),
			meaning: say(lang.Text{
				EN: "It may be an open relay: whoever sends spam through it does so in your name. No mail was sent to find out.",
				JA: "第三者中継(オープンリレー)のおそれがあり、迷惑メールがあなたの名で送られます。検査ではメールを送っていません。",
			}),
			remedy: s.closeRelay(service),
		}
		if product(service, "postfix") {
			found.remedy = []said{say(lang.Text{
				EN: "Ask everybody on this port for a login. In /etc/postfix/master.cf, below the line of submission:\n  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n  -o smtpd_tls_security_level=encrypt",
				JA: "このポートでは全員にログインを求めます。/etc/postfix/master.cf の submission の行の下に書きます。\n  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n  -o smtpd_tls_security_level=encrypt",
			}), s.reloaded("postfix")}
		}
		if service.View != exposure.ViewOutside {
			found.severity = exposure.Info
			found.evidence = say(lang.Text{
				EN: "Asked from here, the submission port takes mail for foreign recipients without a login.",
				JA: "ここからは、メール送信用のポートが、外部宛てのメールを認証なしで受け付けます。",
			})
			found.meaning = say(lang.Text{
				EN: "Whether it does so for strangers is not judged from here: mail servers trust their own machine and network.",
				JA: "見知らぬ相手からも受け付けるかどうかは、ここからは判定できません。メールサーバーは自分の機器とネットワークを信用するためです。",
			})
		}
		return []ruling{found}
	}, "smtp")
}

// judgeSMTPWithoutTLS speaks of mail that comes in readable because the server
// offers nothing else (RFC 3207).
func judgeSMTPWithoutTLS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if offered, known := service.Facts.Bool("starttls"); !known || offered || service.TLS != nil {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "Give the mail server a certificate and switch STARTTLS on.",
			JA: "メールサーバーに証明書を設定し、STARTTLSを有効にします。",
		})}
		switch {
		case product(service, "postfix"):
			remedy = []said{say(lang.Text{
				EN: "Let Postfix offer STARTTLS, with your own certificate:\npostconf -e smtpd_tls_security_level=may smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key\nsystemctl reload postfix",
				JA: "PostfixでSTARTTLSを有効にします(証明書は自分のものにします)。\npostconf -e smtpd_tls_security_level=may smtpd_tls_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key\nsystemctl reload postfix",
			})}
		case product(service, "exim"):
			remedy = []said{say(lang.Text{
				EN: "Let Exim offer STARTTLS. In its main configuration, with your own certificate:\nMAIN_TLS_ENABLE = yes\ntls_certificate = /etc/ssl/certs/ssl-cert-snakeoil.pem\ntls_privatekey = /etc/ssl/private/ssl-cert-snakeoil.key",
				JA: "EximでSTARTTLSを有効にします。主設定に書きます(証明書は自分のものにします)。\nMAIN_TLS_ENABLE = yes\ntls_certificate = /etc/ssl/certs/ssl-cert-snakeoil.pem\ntls_privatekey = /etc/ssl/private/ssl-cert-snakeoil.key",
			}), s.reloaded("exim4")}
		case product(service, "opensmtpd"):
			remedy = []said{say(lang.Text{
				EN: "Let OpenSMTPD offer STARTTLS. In smtpd.conf, with your own certificate:\npki mail cert \"/etc/ssl/certs/mail.pem\"\npki mail key \"/etc/ssl/private/mail.key\"\nlisten on 0.0.0.0 tls pki mail",
				JA: "OpenSMTPDでSTARTTLSを有効にします。smtpd.conf に書きます(証明書は自分のものにします)。\npki mail cert \"/etc/ssl/certs/mail.pem\"\npki mail key \"/etc/ssl/private/mail.key\"\nlisten on 0.0.0.0 tls pki mail",
			}), s.restarted("opensmtpd")}
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: `SMTP answers "{{.Banner}}" and offers no STARTTLS.`,
			JA: "SMTPが「{{.Banner}}」と応答し、STARTTLSを提供していません。",
		}, "Banner", quote(service.Banner)), say(lang.Text{
			EN: "Every mail comes in readable for whoever sits on the way.",
			JA: "届くメールはすべて、通信経路にいる人が読める形で流れます。",
		}), remedy}}
	}, "smtp")
}

// judgeSMTPName speaks of a server that is not known by the name that it gives:
// others take its mail for spam. That matters at addresses of the Internet.
func judgeSMTPName(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		agrees, known := service.Facts.Bool("ptr_agrees")
		greets, named := service.Facts.Bool("banner_agrees")
		if !known || agrees && (greets || !named) || !reach.Global(service.Address) {
			return nil
		}
		name := service.Facts.Text("hostname")
		if agrees {
			name = service.Facts.Text("banner_hostname")
		}
		evidence := say(lang.Text{
			EN: `It calls itself "{{.Name}}"; the reverse name (PTR) of {{.Address}} is "{{.PTR}}".`,
			JA: "「{{.Name}}」と名乗りますが、{{.Address}} の逆引き(PTR)は「{{.PTR}}」です。",
		}, "Name", quote(name), "Address", service.Address, "PTR", words(service.Facts.Texts("ptr")))
		if len(service.Facts.Texts("ptr")) == 0 {
			evidence = say(lang.Text{
				EN: `It calls itself "{{.Name}}"; {{.Address}} has no reverse name (PTR).`,
				JA: "「{{.Name}}」と名乗りますが、{{.Address}} に逆引き(PTR)がありません。",
			}, "Name", quote(name), "Address", service.Address)
		}
		return []ruling{{exposure.Low, evidence, say(lang.Text{
			EN: "If this server also sends mail, many others refuse it or take it for spam: they compare the name, the reverse name and the address.",
			JA: "このサーバーが送信もする場合、多くの相手に拒否されるか迷惑メール扱いされます。名乗る名前、逆引き、アドレスの一致が確かめられるためです。",
		}), []said{say(lang.Text{
			EN: "Have the owner of the address, as a rule your provider, set the reverse name to the name that the server gives, and let that name lead to the address.",
			JA: "アドレスの持ち主(通常はプロバイダー)に、逆引きをサーバーの名乗る名前に設定してもらい、その名前がこのアドレスを指すようにします。",
		})}}}
	}, "smtp")
}

// judgeMX speaks of a domain whose mail goes elsewhere than the user thinks.
func judgeMX(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		here, known := service.Facts.Bool("mx_leads_here")
		if !known || here {
			return nil
		}
		severity := exposure.Low
		if !reach.Global(service.Address) {
			severity = exposure.Info // behind a router it is the router's that names lead to
		}
		return []ruling{{severity, say(lang.Text{
			EN: `Mail for "{{.Domain}}" goes to "{{.Hosts}}", and none of them leads to {{.Address}}.`,
			JA: "「{{.Domain}}」宛てのメールは「{{.Hosts}}」へ送られ、どれも {{.Address}} を指していません。",
		}, "Domain", quote(service.Facts.Text("domain")), "Hosts", words(service.Facts.Texts("mx")), "Address", service.Address), say(lang.Text{
			EN: "Mail of this domain does not come to this server, or comes by another address of it, such as that of a router in front.",
			JA: "このドメインのメールはこのサーバーに届かないか、手前のルーターなど別のアドレスを経て届きます。",
		}), []said{say(lang.Text{
			EN: "If it is to come here, set the MX record to the name of this server, and the A and AAAA records of that name to its address.",
			JA: "ここで受け取るなら、MXレコードをこのサーバーの名前に、その名前のA・AAAAレコードをこのアドレスにします。",
		})}}}
	}, "smtp")
}
