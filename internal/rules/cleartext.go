package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"cleartext-login", judgeCleartext})
}

// judgeCleartext speaks of mail and web services that take a password before
// anything is encrypted. FTP and Telnet have rules of their own.
func judgeCleartext(s subject) []ruling {
	found := s.each(s.smtpLogin, "smtp", "submission")
	found = append(found, s.each(s.mailboxLogin)...)
	return append(found, s.each(s.httpLogin, "http")...)
}

// cleartext completes a ruling: as long as only the machine itself reaches the
// port, nobody can read along.
func (s subject) cleartext(severity exposure.Severity, evidence said, remedy ...said) []ruling {
	meaning := lang.Text{
		EN: "The password crosses the network readable. Whoever sits on the way can use it afterwards.",
		JA: "パスワードが読める形で流れます。通信経路にいる人は、後からそれを使えます。",
	}
	if !s.Exposed() {
		meaning = lang.Text{
			EN: "The password is sent readable. Only this machine reaches the port, so nobody can read along as long as it stays that way.",
			JA: "パスワードは読める形で送られます。今は自機内からしか届かないため、このままなら盗み見られる心配はありません。",
		}
	}
	return []ruling{{s.graded(severity), evidence, say(meaning), remedy}}
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
	remedy := []said{say(lang.Text{
		EN: "Let the mail server take logins inside TLS only, or only on port 465, where TLS comes first.",
		JA: "メールサーバーの設定で、ログインをTLSの中だけに限ります。または最初から暗号化する465番だけで受け付けます。",
	})}
	switch {
	case product(service, "postfix"):
		remedy = []said{say(lang.Text{
			EN: "Let Postfix take logins inside TLS only:\npostconf -e smtpd_tls_security_level=may smtpd_tls_auth_only=yes\nsystemctl reload postfix",
			JA: "PostfixがTLSの中だけでログインを受け付けるようにします。\npostconf -e smtpd_tls_security_level=may smtpd_tls_auth_only=yes\nsystemctl reload postfix",
		})}
	case product(service, "exim"):
		remedy = []said{say(lang.Text{
			EN: "Let Exim offer logins inside TLS only. In its main configuration:\nauth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}",
			JA: "EximがTLSの中だけでログインを受け付けるようにします。主設定に次の行を書きます。\nauth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}",
		}), s.reloaded("exim4")}
	}
	return s.cleartext(exposure.Medium, evidence, remedy...)
}

// mailboxLogin speaks of POP3 and IMAP by their greeting (RFC 1939 section 4,
// RFC 9051 section 7.1.1). LOGINDISABLED in it says that a server refuses
// passwords before TLS (RFC 9051 section 6.2.3), AUTH=PLAIN that it takes them;
// what says neither, as every POP3, may refuse and counts less. What the machine
// itself is offered proves nothing about others: Dovecot takes a connection from
// its own address for a secured one and offers AUTH=PLAIN there even when it
// refuses passwords without TLS to everybody else.
func (s subject) mailboxLogin(service exposure.Service) []ruling {
	banner := strings.ToUpper(service.Banner.Raw())
	pop := service.Protocol == "pop3" || service.Protocol == "" && s.Port.Port == 110 && strings.HasPrefix(banner, "+OK")
	imap := service.Protocol == "imap" || service.Protocol == "" && s.Port.Port == 143 && strings.HasPrefix(banner, "* OK")
	if !pop && !imap || service.TLS != nil || strings.Contains(banner, "LOGINDISABLED") {
		return nil
	}
	if fromItself(service.View) && slices.ContainsFunc(s.spoken(), func(other exposure.Service) bool { return !fromItself(other.View) }) {
		return nil // what others are offered is known
	}
	evidence := say(lang.Text{
		EN: `A mailbox service answers without encryption: "{{.Banner}}". It does not say that it refuses passwords.`,
		JA: "メールボックスのサービスが暗号化なしで「{{.Banner}}」と応答し、パスワードを拒否するとは示していません。",
	}, "Banner", quote(service.Banner))
	severity := exposure.Low
	takes := strings.Contains(banner, "AUTH=PLAIN") || strings.Contains(banner, "AUTH=LOGIN")
	if takes {
		severity = exposure.Medium
		evidence = say(lang.Text{
			EN: `A mailbox service takes passwords without encryption: "{{.Banner}}".`,
			JA: "メールボックスのサービスが暗号化なしのパスワードを受け付けます:「{{.Banner}}」",
		}, "Banner", quote(service.Banner))
	}
	remedy := []said{say(lang.Text{
		EN: "Let mail programs use port 993 (IMAP) or 995 (POP3), where TLS comes first, and close this port.",
		JA: "メールソフトには、最初から暗号化する993番(IMAP)か995番(POP3)を使わせ、このポートは閉じます。",
	})}
	if product(service, "dovecot") || s.owner().Process == "dovecot" {
		remedy = []said{say(lang.Text{
			EN: "Let Dovecot refuse passwords without TLS. In /etc/dovecot/conf.d/10-ssl.conf and 10-auth.conf:\nssl = required\ndisable_plaintext_auth = yes",
			JA: "DovecotがTLSなしのパスワードを拒否するようにします。/etc/dovecot/conf.d/10-ssl.conf と 10-auth.conf に書きます。\nssl = required\ndisable_plaintext_auth = yes",
		}), then("doveadm reload")}
	}
	if s.Exposed() && fromItself(service.View) {
		return []ruling{{exposure.Info, mailboxHere(service, takes), say(lang.Text{
			EN: "Mail servers often trust connections from their own machine and refuse others without encryption. If this one does not, passwords cross the network readable.",
			JA: "メールサーバーは、自分の機器からの接続だけを信用し、ほかからは暗号化なしのパスワードを拒否することがよくあります。そうでなければ、パスワードが読める形で流れます。",
		}), remedy}}
	}
	return s.cleartext(severity, evidence, remedy...)
}

// mailboxHere is the evidence of a mailbox service that only its own machine
// spoke to.
func mailboxHere(service exposure.Service, takes bool) said {
	if takes {
		return say(lang.Text{
			EN: `As seen from this machine, a mailbox service takes passwords without encryption: "{{.Banner}}". Others may be offered less.`,
			JA: "この機器から見ると、メールボックスのサービスが暗号化なしのパスワードを受け付けます:「{{.Banner}}」。ほかの機器には受け付けないかもしれません。",
		}, "Banner", quote(service.Banner))
	}
	return say(lang.Text{
		EN: `As seen from this machine, a mailbox service answers without encryption: "{{.Banner}}". It does not say whether it refuses the passwords of others.`,
		JA: "この機器から見ると、メールボックスのサービスが暗号化なしで「{{.Banner}}」と応答します。ほかの機器からのパスワードを拒否するかどうかは示していません。",
	}, "Banner", quote(service.Banner))
}

// fromItself reports whether a view is one of the machine upon itself.
func fromItself(v exposure.View) bool {
	return v.Own() || v == exposure.ViewName
}

// httpLogin: with the Basic scheme the password is in every request, encoded
// and not encrypted (RFC 7617 section 4).
func (s subject) httpLogin(service exposure.Service) []ruling {
	asks := service.Facts.Text("www_authenticate")
	if service.TLS != nil || !strings.HasPrefix(strings.ToLower(asks.Raw()), "basic") {
		return nil
	}
	return s.cleartext(exposure.Medium, say(lang.Text{
		EN: `HTTP without TLS asks for a password: "{{.Asks}}".`,
		JA: "TLSなしのHTTPがパスワードを求めています:「{{.Asks}}」",
	}, "Asks", quote(asks)), say(lang.Text{
		EN: "Serve it over HTTPS and answer plain HTTP with a redirect only.",
		JA: "HTTPSで提供し、HTTPにはHTTPSへのリダイレクトだけを返します。",
	}))
}
