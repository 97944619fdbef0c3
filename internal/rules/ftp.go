package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"ftp-cleartext-login", judgeFTPLogin})
	register(rule{"ftp-anonymous", judgeFTPAnonymous})
}

// judgeFTPLogin speaks of every FTP service that lets a password cross the
// network readable. What was not found out counts as that: FTP has no
// encryption of its own (RFC 959), TLS came later (RFC 4217).
func judgeFTPLogin(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS != nil && !service.TLS.StartTLS {
			return nil
		}
		if allowed, known := service.Facts.Bool("login_without_tls"); known && !allowed {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: `FTP answers "{{.Banner}}" and offers no TLS.`,
				JA: "FTPが「{{.Banner}}」と応答し、TLSを提供していません。",
			}, "Banner", quote(service.Banner)),
			meaning: say(ftpReadable),
			remedy:  s.ftpRemedy(service),
		}
		switch offered, known := service.Facts.Bool("auth_tls"); {
		case !known:
			found.evidence = say(lang.Text{
				EN: `FTP answers without encryption: "{{.Banner}}".`,
				JA: "FTPが暗号化なしで「{{.Banner}}」と応答しています。",
			}, "Banner", quote(service.Banner))
		case offered:
			found.evidence = say(lang.Text{
				EN: `FTP answers "{{.Banner}}". It offers TLS and accepts logins without it too.`,
				JA: "FTPが「{{.Banner}}」と応答します。TLSを提供していますが、TLSなしのログインも受け付けます。",
			}, "Banner", quote(service.Banner))
			found.meaning = say(ftpDowngrade)
		}
		if !s.Exposed() {
			found.meaning = say(ftpAlone)
		}
		return []ruling{found}
	}, "ftp")
}

var (
	ftpReadable = lang.Text{
		EN: "Names, passwords and files cross the network readable. Whoever sits on the way, in the same Wi-Fi for instance, can log in afterwards as the user.",
		JA: "利用者名・パスワード・ファイルが読める形で流れます。同じWi-Fiなど通信経路にいる人は、後から本人としてログインできます。",
	}
	ftpDowngrade = lang.Text{
		EN: "A program that does not insist on TLS sends the password readable, and its user does not notice.",
		JA: "TLSを必須にしていないソフトは、利用者が気づかないままパスワードを読める形で送ります。",
	}
	ftpAlone = lang.Text{
		EN: "Passwords are sent readable. Only this machine reaches the port, so nobody can read along as long as it stays that way.",
		JA: "パスワードは読める形で送られます。今は自機内からしか届かないため、このままなら盗み見られる心配はありません。",
	}
)

func (s subject) ftpRemedy(service exposure.Service) []said {
	steps := []said{say(lang.Text{
		EN: "Use SFTP instead: every SSH server has it, and it encrypts everything.",
		JA: "代わりにSFTPを使います。SSHサーバーがあればすぐ使え、すべて暗号化されます。",
	})}
	switch {
	case product(service, "vsftpd"):
		steps = append(steps, say(lang.Text{
			EN: "Or demand TLS: put these lines into /etc/vsftpd.conf, with your own certificate:\nssl_enable=YES\nforce_local_logins_ssl=YES\nforce_local_data_ssl=YES\nrsa_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem\nrsa_private_key_file=/etc/ssl/private/ssl-cert-snakeoil.key",
			JA: "またはTLSを必須にします。/etc/vsftpd.conf に次の行を書きます(証明書は自分のものにします)。\nssl_enable=YES\nforce_local_logins_ssl=YES\nforce_local_data_ssl=YES\nrsa_cert_file=/etc/ssl/certs/ssl-cert-snakeoil.pem\nrsa_private_key_file=/etc/ssl/private/ssl-cert-snakeoil.key",
		}), s.restarted("vsftpd"))
	case product(service, "proftpd"):
		steps = append(steps, say(lang.Text{
			EN: "Or demand TLS: load mod_tls, put these lines into /etc/proftpd/tls.conf:\nTLSEngine on\nTLSRequired on",
			JA: "またはTLSを必須にします。mod_tlsを読み込み、/etc/proftpd/tls.conf に次の行を書きます。\nTLSEngine on\nTLSRequired on",
		}), s.restarted("proftpd"))
	case product(service, "pure-ftpd"):
		steps = append(steps, say(lang.Text{
			EN: "Or demand TLS in Pure-FTPd:\necho 2 > /etc/pure-ftpd/conf/TLS",
			JA: "またはPure-FTPdでTLSを必須にします。\necho 2 > /etc/pure-ftpd/conf/TLS",
		}), s.restarted("pure-ftpd"))
	case product(service, "filezilla server"):
		steps = append(steps, say(lang.Text{
			EN: "Or demand TLS in FileZilla Server: Server, Configure, Server listeners: give port {{.Port}} the protocol Require explicit FTP over TLS.",
			JA: "またはFileZilla ServerでTLSを必須にします。Server > Configure > Server listeners で、ポート {{.Port}} のプロトコルを Require explicit FTP over TLS にします。",
		}, "Port", s.number()))
	case product(service, "microsoft ftp"):
		steps = append(steps, say(lang.Text{
			EN: "Or demand TLS in IIS Manager: FTP SSL Settings of the site, choose a certificate and Require SSL connections.",
			JA: "またはIISマネージャーでTLSを必須にします。サイトの「FTP SSL の設定」で証明書を選び、「SSL 接続が必要」にします。",
		}))
	default:
		steps = append(steps, say(lang.Text{
			EN: "Or switch TLS on in the FTP server and refuse logins without it.",
			JA: "またはFTPサーバーでTLSを有効にし、TLSなしのログインを拒否します。",
		}))
	}
	return append(steps, s.unneeded())
}

// judgeFTPAnonymous speaks of files that everybody may read. That may be meant.
func judgeFTPAnonymous(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if anonymous, _ := service.Facts.Bool("anonymous"); !anonymous {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Low),
			evidence: say(lang.Text{
				EN: `FTP ("{{.Banner}}") lets anybody in as "anonymous", without a password.`,
				JA: "FTP(「{{.Banner}}」)は、パスワードなしの「anonymous」を誰でも受け入れます。",
			}, "Banner", quote(service.Banner)),
			meaning: say(lang.Text{
				EN: "Everybody who reaches the port can read what lies there. That is right for files that are meant for everybody, and for nothing else.",
				JA: "このポートに届く人は誰でも、置いてあるファイルを読めます。公開用のファイルだけなら問題ありません。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Switch anonymous logins off in the FTP server, or make sure that nothing private lies there and nobody can write.",
				JA: "FTPサーバーで匿名ログインを無効にします。使う場合は、非公開のファイルがなく、書き込めないことを確かめます。",
			})},
		}
		switch {
		case product(service, "vsftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "If it is not meant, write this line into /etc/vsftpd.conf:\nanonymous_enable=NO",
				JA: "意図していなければ、/etc/vsftpd.conf に次の行を書きます。\nanonymous_enable=NO",
			}), s.restarted("vsftpd")}
		case product(service, "proftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "If it is not meant, remove the section <Anonymous> from /etc/proftpd/proftpd.conf and from the files in /etc/proftpd/conf.d.",
				JA: "意図していなければ、/etc/proftpd/proftpd.conf と /etc/proftpd/conf.d のファイルから <Anonymous> の部分を削除します。",
			}), s.restarted("proftpd")}
		case product(service, "pure-ftpd"):
			found.remedy = []said{say(lang.Text{
				EN: "If it is not meant, forbid it in Pure-FTPd:\necho yes > /etc/pure-ftpd/conf/NoAnonymous",
				JA: "意図していなければ、Pure-FTPdで禁止します。\necho yes > /etc/pure-ftpd/conf/NoAnonymous",
			}), s.restarted("pure-ftpd")}
		case product(service, "filezilla server"):
			found.remedy = []said{say(lang.Text{
				EN: "If it is not meant, remove the user anonymous in FileZilla Server: Server, Configure, Rights management, Users.",
				JA: "意図していなければ、FileZilla Serverの Server > Configure > Rights management > Users で、利用者 anonymous を削除します。",
			})}
		case product(service, "microsoft ftp"):
			found.remedy = []said{say(lang.Text{
				EN: "If it is not meant, disable Anonymous Authentication in IIS Manager, FTP Authentication of the site.",
				JA: "意図していなければ、IISマネージャーで、サイトの「FTP 認証」の「匿名認証」を無効にします。",
			})}
		}
		return []ruling{found}
	}, "ftp")
}
