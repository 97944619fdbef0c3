package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"imap-preauth", judgePreauth})
	register(rule{"nntp-open", judgeNews})
	register(rule{"starttls-broken", judgeBrokenTLS})
}

// mailboxLogin speaks of POP3, IMAP and NNTP. What the server offers before TLS
// tells whether it takes passwords there; where it did not come to that, the
// greeting may: LOGINDISABLED in it says no (RFC 9051 section 6.2.3), AUTH=PLAIN
// yes, and what says neither counts less. What the machine itself is offered
// proves nothing about others: Dovecot takes a connection from its own address
// for a secured one and offers AUTH=PLAIN there even when it refuses passwords
// without TLS to everybody else.
func (s subject) mailboxLogin(service exposure.Service) []ruling {
	if service.TLS != nil && !service.TLS.StartTLS {
		return nil
	}
	takes, known := service.Facts.Bool("login_without_tls")
	banner := strings.ToUpper(service.Banner.Raw())
	mailbox := service.Protocol == "pop3" || service.Protocol == "imap" && !strings.Contains(banner, "LOGINDISABLED")
	if known && !takes || !known && !mailbox {
		return nil
	}
	if fromItself(service.View) && slices.ContainsFunc(s.spoken(), func(other exposure.Service) bool { return !fromItself(other.View) }) {
		return nil // what others are offered is known
	}
	takes = takes || strings.Contains(banner, "AUTH=PLAIN") || strings.Contains(banner, "AUTH=LOGIN")
	name := strings.ToUpper(service.Protocol)
	evidence := say(lang.Text{
		EN: `{{.Name}} answers without encryption: "{{.Banner}}". It does not say that it refuses passwords.`,
		JA: "{{.Name}}が暗号化なしで「{{.Banner}}」と応答し、パスワードを拒否するとは示していません。",
	}, "Name", name, "Banner", quote(service.Banner))
	severity := exposure.Low
	switch {
	case takes && service.TLS != nil:
		severity = exposure.Medium
		evidence = say(lang.Text{
			EN: `{{.Name}} takes passwords without encryption, though it offers TLS: "{{.Banner}}".`,
			JA: "{{.Name}}はTLSを提供していますが、暗号化なしのパスワードも受け付けます:「{{.Banner}}」",
		}, "Name", name, "Banner", quote(service.Banner))
	case takes:
		severity = exposure.Medium
		evidence = say(lang.Text{
			EN: `{{.Name}} takes passwords without encryption: "{{.Banner}}".`,
			JA: "{{.Name}}が暗号化なしのパスワードを受け付けます:「{{.Banner}}」",
		}, "Name", name, "Banner", quote(service.Banner))
	}
	remedy := s.mailboxInTLS(service)
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
			EN: `As seen from this machine, {{.Name}} takes passwords without encryption: "{{.Banner}}". Others may be offered less.`,
			JA: "この機器から見ると、{{.Name}}が暗号化なしのパスワードを受け付けます:「{{.Banner}}」。ほかの機器には受け付けないかもしれません。",
		}, "Name", strings.ToUpper(service.Protocol), "Banner", quote(service.Banner))
	}
	return say(lang.Text{
		EN: `As seen from this machine, {{.Name}} answers without encryption: "{{.Banner}}". It does not say whether it refuses the passwords of others.`,
		JA: "この機器から見ると、{{.Name}}が暗号化なしで「{{.Banner}}」と応答します。ほかの機器からのパスワードを拒否するかどうかは示していません。",
	}, "Name", strings.ToUpper(service.Protocol), "Banner", quote(service.Banner))
}

// mailboxInTLS is how a server is made to take passwords inside TLS only.
func (s subject) mailboxInTLS(service exposure.Service) []said {
	pop := service.Protocol == "pop3"
	switch {
	case service.Protocol == "nntp" && product(service, "inn"):
		return []said{say(lang.Text{
			EN: "Let INN take passwords inside TLS only. In /etc/news/readers.conf, in each auth group that asks for one:\nrequire_ssl: true",
			JA: "INNがTLSの中だけでパスワードを受け付けるようにします。/etc/news/readers.conf で、パスワードを求める auth グループに書きます。\nrequire_ssl: true",
		})}
	case service.Protocol == "nntp":
		return []said{say(lang.Text{
			EN: "Let news programs use port 563, where TLS comes first, and refuse passwords on this port.",
			JA: "ニュースリーダーには最初から暗号化する563番を使わせ、このポートではパスワードを拒否します。",
		})}
	case product(service, "dovecot") || s.owner().Process == "dovecot":
		return []said{say(lang.Text{
			EN: "Let Dovecot refuse passwords without TLS. In /etc/dovecot/conf.d/10-ssl.conf and 10-auth.conf:\nssl = required\ndisable_plaintext_auth = yes",
			JA: "DovecotがTLSなしのパスワードを拒否するようにします。/etc/dovecot/conf.d/10-ssl.conf と 10-auth.conf に書きます。\nssl = required\ndisable_plaintext_auth = yes",
		}), then("doveadm reload")}
	case product(service, "courier") && pop:
		return []said{say(lang.Text{
			EN: "Let Courier refuse passwords without TLS. In /etc/courier/pop3d-ssl:\nPOP3_STARTTLS=YES\nPOP3_TLS_REQUIRED=1",
			JA: "CourierがTLSなしのパスワードを拒否するようにします。/etc/courier/pop3d-ssl に書きます。\nPOP3_STARTTLS=YES\nPOP3_TLS_REQUIRED=1",
		}), s.restarted("courier-pop")}
	case product(service, "courier"):
		return []said{say(lang.Text{
			EN: "Let Courier refuse passwords without TLS. In /etc/courier/imapd-ssl:\nIMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1",
			JA: "CourierがTLSなしのパスワードを拒否するようにします。/etc/courier/imapd-ssl に書きます。\nIMAPDSTARTTLS=YES\nIMAP_TLS_REQUIRED=1",
		}), s.restarted("courier-imap")}
	case product(service, "cyrus"):
		return []said{say(lang.Text{
			EN: "Let Cyrus refuse passwords without TLS. In /etc/imapd.conf:\nallowplaintext: no",
			JA: "CyrusがTLSなしのパスワードを拒否するようにします。/etc/imapd.conf に書きます。\nallowplaintext: no",
		}), s.restarted("cyrus-imapd")}
	case product(service, "exchange") && pop:
		return []said{say(lang.Text{
			EN: "Let Exchange take passwords inside TLS only:\nSet-PopSettings -LoginType SecureLogin\nRestart-Service MSExchangePop3",
			JA: "ExchangeがTLSの中だけでパスワードを受け付けるようにします。\nSet-PopSettings -LoginType SecureLogin\nRestart-Service MSExchangePop3",
		})}
	case product(service, "exchange"):
		return []said{say(lang.Text{
			EN: "Let Exchange take passwords inside TLS only:\nSet-ImapSettings -LoginType SecureLogin\nRestart-Service MSExchangeImap4",
			JA: "ExchangeがTLSの中だけでパスワードを受け付けるようにします。\nSet-ImapSettings -LoginType SecureLogin\nRestart-Service MSExchangeImap4",
		})}
	}
	return []said{say(lang.Text{
		EN: "Let mail programs use port 993 (IMAP) or 995 (POP3), where TLS comes first, and close this port.",
		JA: "メールソフトには、最初から暗号化する993番(IMAP)か995番(POP3)を使わせ、このポートは閉じます。",
	})}
}

// judgePreauth speaks of an IMAP server that takes whoever connects for a user
// (RFC 9051 section 7.1.4).
func judgePreauth(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if preauth, _ := service.Facts.Bool("preauth"); !preauth {
			return nil
		}
		return []ruling{{s.graded(exposure.High), say(lang.Text{
			EN: `IMAP lets whoever connects in without a password: "{{.Banner}}".`,
			JA: "IMAPが、接続した相手をパスワードなしで受け入れます:「{{.Banner}}」",
		}, "Banner", quote(service.Banner)), say(lang.Text{
			EN: "Everybody who reaches the port can read and delete the mail of that user.",
			JA: "このポートに届く人は誰でも、その利用者のメールを読み、消すことができます。",
		}), []said{say(lang.Text{
			EN: "Have the server ask for a login. Such a port is meant for a tunnel that has checked its user before, not for a network.",
			JA: "ログインを求めるよう設定します。この方式は、利用者を確認済みのトンネルの中で使うもので、ネットワークに公開するものではありません。",
		}), admitFew, s.unneeded()}}}
	}, "imap")
}

// judgeNews speaks of a news server that serves strangers; its own network it
// may serve as it likes.
func judgeNews(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if required, known := service.Facts.Bool("login_required"); !known || required || service.View != exposure.ViewOutside {
			return nil
		}
		severity := exposure.Low
		evidence := lang.Text{
			EN: "Seen from the Internet side, the news server lets strangers read without a login.",
			JA: "インターネット側から、見知らぬ相手がログインなしでニュースを読めます。",
		}
		if posting, _ := service.Facts.Bool("posting"); posting {
			severity = exposure.Medium
			evidence = lang.Text{
				EN: "Seen from the Internet side, the news server lets strangers read and post without a login.",
				JA: "インターネット側から、見知らぬ相手がログインなしでニュースを読み、投稿もできます。",
			}
		}
		remedy := []said{say(lang.Text{
			EN: "Have the server ask strangers for a login, or admit your own networks only.",
			JA: "外部の相手にはログインを求めるか、自分のネットワークだけを許可します。",
		})}
		if product(service, "inn") {
			remedy = []said{say(lang.Text{
				EN: "Let INN serve your own networks only. In /etc/news/readers.conf, in the auth group of everybody:\nhosts: \"localhost, 192.168.0.0/16\"",
				JA: "INNが自分のネットワークだけに応じるようにします。/etc/news/readers.conf の、全員を対象にした auth グループに書きます。\nhosts: \"localhost, 192.168.0.0/16\"",
			})}
		}
		return []ruling{{severity, say(evidence), say(lang.Text{
			EN: "That is right for a public news server. On any other, strangers read what was meant for few, or post in your name.",
			JA: "公開のニュースサーバーなら問題ありません。そうでなければ、内輪の記事を読まれたり、あなたの名で投稿されたりします。",
		}), remedy}}
	}, "nntp")
}

// judgeBrokenTLS speaks of a server that agrees to TLS and then cannot do it.
func judgeBrokenTLS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if works, known := service.Facts.Bool("starttls_works"); !known || works {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "See in the log of the server why the handshake fails: a key that does not belong to the certificate, a file that it may not read, or versions that it no longer speaks.",
			JA: "サーバーのログで、ハンドシェイクが失敗する理由を確かめます。証明書と鍵の不一致、読めないファイル、対応しないTLSの版などが考えられます。",
		})}
		if product(service, "opensmtpd") {
			remedy = append(remedy, say(lang.Text{
				EN: "OpenSMTPD 6.8 cannot do TLS with OpenSSL 3, as in Debian 12 and Ubuntu 22.04. Install a newer version.",
				JA: "OpenSMTPD 6.8は、OpenSSL 3の環境(Debian 12やUbuntu 22.04)ではTLSを使えません。新しい版に更新します。",
			}))
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "It offers STARTTLS, and the handshake then fails.",
			JA: "STARTTLSを提供していますが、その後のハンドシェイクに失敗します。",
		}), say(lang.Text{
			EN: "Programs that insist on TLS cannot use the service, and the others fall back to no encryption at all.",
			JA: "TLSを必須とするソフトは利用できず、そうでないソフトは暗号化なしに切り替えてしまいます。",
		}), remedy}}
	}, "smtp", "pop3", "imap", "nntp", "ftp")
}
