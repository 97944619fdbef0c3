package rules

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

func init() {
	register(rule{"ftp-active-refused", judgeFTPActiveRefused})
	register(rule{"ftp-active-blocked", judgeFTPActiveBlocked})
	register(rule{"ftp-active-source-port", judgeFTPSourcePort})
	register(rule{"ftp-port-20-let-in", judgeFTPPort20})
	register(rule{"ftp-tls-required", judgeFTPTLSRequired})
	register(rule{"ftp-data-cleartext", judgeFTPDataClear})
	register(rule{"ftp-data-tls", judgeFTPDataTLS})
}

// ftpBehindNAT reports whether we asked from a private address over the
// Internet: then the address that PORT names is one that the server cannot
// reach, and that is our own router's doing.
func ftpBehindNAT(service exposure.Service) bool {
	local, err := netip.ParseAddr(ftpFact(service, "local_address"))
	return err == nil && !reach.Global(local) && reach.Global(service.Address)
}

// ftpActive are the active modes whose fact is one of the words.
func ftpActive(service exposure.Service, words ...string) []string {
	var found []string
	for _, mode := range ftpModes[2:] {
		if slices.Contains(words, ftpFact(service, mode)) {
			found = append(found, strings.ToUpper(mode))
		}
	}
	return found
}

var ftpOwnNAT = lang.Text{
	EN: "This machine has a private address and reached the server over the Internet. The server cannot come to such an address, so that this says something about the network here and nothing about the server.",
	JA: "この機器はプライベートアドレスからインターネット越しに接続しています。サーバーはそのアドレスへ接続できないため、これはこちら側の網の事情で、サーバーの問題とは言えません。",
}

// ftpUsePassive is what to do when the active modes do not work.
var ftpUsePassive = say(lang.Text{
	EN: "Let clients use passive mode, which is what they do if they are not told otherwise.",
	JA: "クライアントではパッシブモードを使います。特に設定しなければ、多くのソフトはパッシブモードです。",
})

// judgeFTPActiveRefused speaks of a server that takes no PORT or EPRT.
func judgeFTPActiveRefused(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		modes := ftpActive(service, ftpRefused)
		if len(modes) == 0 {
			return nil
		}
		found := ruling{
			severity: exposure.Info,
			evidence: say(lang.Text{
				EN: `The server refuses {{.Modes}}: "{{.Refusal}}".`,
				JA: "サーバーが {{.Modes}} を拒否しています(「{{.Refusal}}」)。",
			}, "Modes", strings.Join(modes, ", "), "Refusal", quote(service.Facts.Text(strings.ToLower(modes[0])+"_refusal"))),
			meaning: say(lang.Text{
				EN: "Active mode is switched off. That is no loss as long as passive mode works, and one way less to misuse the server.",
				JA: "アクティブモードが無効です。パッシブモードが動いていれば支障はなく、悪用される経路が1つ減ります。",
			}),
			remedy: []said{ftpUsePassive},
		}
		if ftpBehindNAT(service) {
			found.meaning = say(ftpOwnNAT)
			return []ruling{found}
		}
		if product(service, "vsftpd") {
			found.remedy = append(found.remedy, say(lang.Text{
				EN: "If old clients need active mode, write this line into /etc/vsftpd.conf:\nport_enable=YES",
				JA: "古いクライアントでアクティブモードが必要なら、/etc/vsftpd.conf に次の行を書きます。\nport_enable=YES",
			}), s.restarted("vsftpd"))
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPActiveBlocked speaks of a server that agrees to come and does not
// arrive. Either end can be the reason.
func judgeFTPActiveBlocked(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		modes := ftpActive(service, ftpSilent, ftpClosed, ftpRejected)
		if len(modes) == 0 {
			return nil
		}
		found := ruling{
			severity: exposure.Low,
			evidence: say(lang.Text{
				EN: "{{.Modes}}: the server agreed to connect to {{.Local}} and did not arrive.",
				JA: "{{.Modes}}: サーバーは {{.Local}} への接続に同意しましたが、届きませんでした。",
			}, "Modes", strings.Join(modes, ", "), "Local", ftpFact(service, "local_address")),
			meaning: say(lang.Text{
				EN: "The firewall of the server or of its network does not let it connect outwards, or the firewall or router of this side does not let it in. From here the two look alike.",
				JA: "サーバー側のファイアウォールが外向きの接続を止めているか、こちら側のファイアウォールやルーターが受け入れていません。ここからは区別できません。",
			}),
			remedy: []said{
				ftpUsePassive,
				say(lang.Text{
					EN: "On this side, let the test machine accept connections from the server and test again. If they still do not arrive, let the server's firewall pass TCP from its port 20 outwards to ports from 1024.",
					JA: "まずこちらの機器で、サーバーからの接続を受け入れるようにして試し直します。それでも届かなければ、サーバー側のファイアウォールで、自分の20番から相手の1024番以上へのTCPを外向きに通します。",
				}),
			},
		}
		if ftpBehindNAT(service) {
			found.severity, found.meaning, found.remedy = exposure.Info, say(ftpOwnNAT), []said{ftpUsePassive}
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPSourcePort speaks of active data that does not come from port 20, as
// RFC 959 section 3.2 has it: strict firewalls of clients wait for that one.
func judgeFTPSourcePort(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		ports := ftpPorts(service, "active_source_ports")
		usual := 20
		if s.number() == 990 {
			usual = 989
		}
		if !slices.ContainsFunc(ports, func(p int) bool { return p != usual && p != s.number()-1 }) {
			return nil
		}
		found := ruling{
			severity: exposure.Info,
			evidence: say(lang.Text{
				EN: "In active mode the server connects from port {{.Ports}} and not from {{.Usual}}.",
				JA: "アクティブモードで、サーバーは {{.Usual}} 番ではなく {{.Ports}} 番から接続してきます。",
			}, "Ports", ftpNumbers(ports), "Usual", usual),
			meaning: say(lang.Text{
				EN: "Only firewalls of clients that wait for port {{.Usual}} mind. Many servers do it so that they need no privilege, and a router may have changed the number.",
				JA: "{{.Usual}} 番だけを通すクライアント側のファイアウォールでのみ問題になります。特権なしで動くサーバーではよくあり、途中のルーターが番号を変えることもあります。",
			}, "Usual", usual),
			remedy: []said{say(lang.Text{
				EN: "Nothing needs to be done while clients use passive mode.",
				JA: "クライアントがパッシブモードを使っていれば、対処は不要です。",
			})},
		}
		if product(service, "vsftpd") {
			found.remedy = append(found.remedy, say(lang.Text{
				EN: "If a client's firewall demands it, write this line into /etc/vsftpd.conf:\nconnect_from_port_20=YES",
				JA: "クライアント側のファイアウォールが求める場合は、/etc/vsftpd.conf に次の行を書きます。\nconnect_from_port_20=YES",
			}), s.restarted("vsftpd"))
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPPort20 speaks of port 20 that is forwarded or let in, which an old
// advice demands and no mode of FTP uses: data leaves from there and never
// arrives.
func judgeFTPPort20(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if open, _ := service.Facts.Bool("data_port_let_in"); !open {
			return nil
		}
		return []ruling{{
			severity: exposure.Low,
			evidence: say(lang.Text{
				EN: "Something answers at port {{.Port}} of {{.Address}}, while other ports that are not in use stay silent: it is forwarded or let in.",
				JA: "{{.Address}} の {{.Port}} 番から応答があり、ほかの使っていないポートは無応答です。{{.Port}} 番が転送されているか、通されています。",
			}, "Port", s.number()-1, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "FTP needs that in neither mode: in active mode the server itself connects from there, in passive mode it uses other ports. The opening does nothing but wait for somebody to use it.",
				JA: "FTPのどちらの方式にも必要ありません。アクティブモードではサーバー自身がそこから接続しに行き、パッシブモードでは別のポートを使います。意味のない穴が開いているだけです。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Remove the forward of TCP {{.Port}} from the router and the rule that lets it in from the firewall.",
				JA: "ルーターからTCP {{.Port}} 番の転送設定を、ファイアウォールから {{.Port}} 番の許可を削除します。",
			}, "Port", s.number()-1)},
		}}
	}, "ftp")
}

// judgeFTPTLSRequired tells the owner what clients must be set to.
func judgeFTPTLSRequired(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		_, tested := service.Facts.Bool("logged_in")
		clear, known := service.Facts.Bool("login_without_tls")
		if !tested || !known || clear || service.TLS == nil || !service.TLS.StartTLS {
			return nil
		}
		return []ruling{{
			severity: exposure.Info,
			evidence: say(lang.Text{
				EN: "The server lets nobody log in without TLS.",
				JA: "このサーバーは、TLSなしのログインを受け付けません。",
			}),
			meaning: say(lang.Text{
				EN: "That is as it should be. Clients that know plain FTP only cannot get in.",
				JA: "望ましい設定です。TLSに対応しないクライアントは接続できません。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Set clients to explicit FTP over TLS (FTPES), port {{.Port}}.",
				JA: "クライアントは「明示的なFTP over TLS(FTPES)」、ポート {{.Port}} に設定します。",
			}, "Port", s.number())},
		}}
	}, "ftp")
}

// judgeFTPDataClear speaks of a login inside TLS with files outside of it.
func judgeFTPDataClear(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		inside, _ := service.Facts.Bool("tls_control")
		data, known := service.Facts.Bool("tls_data")
		if !inside || !known || data {
			return nil
		}
		return []ruling{{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: "The server refuses PROT P: the login goes inside TLS, lists and files go outside of it.",
				JA: "サーバーがPROT Pを拒否しています。ログインはTLSで守られますが、一覧とファイルは暗号化されません。",
			}),
			meaning: say(lang.Text{
				EN: "Whoever sits on the way reads and changes the files.",
				JA: "通信経路にいる人は、ファイルを読んだり書き換えたりできます。",
			}),
			remedy: ftpDemandData(service),
		}}
	}, "ftp")
}

func ftpDemandData(service exposure.Service) []said {
	switch {
	case product(service, "vsftpd"):
		return []said{say(lang.Text{
			EN: "Write these lines into /etc/vsftpd.conf:\nforce_local_data_ssl=YES\nforce_anon_data_ssl=YES",
			JA: "/etc/vsftpd.conf に次の行を書きます。\nforce_local_data_ssl=YES\nforce_anon_data_ssl=YES",
		}), then("systemctl restart vsftpd")}
	case product(service, "proftpd"):
		return []said{say(lang.Text{
			EN: "Write this line into /etc/proftpd/tls.conf:\nTLSRequired on",
			JA: "/etc/proftpd/tls.conf に次の行を書きます。\nTLSRequired on",
		}), then("systemctl restart proftpd")}
	case product(service, "pure-ftpd"):
		return []said{say(lang.Text{
			EN: "Demand TLS for login and data in Pure-FTPd:\necho 3 > /etc/pure-ftpd/conf/TLS",
			JA: "Pure-FTPdでログインとデータの両方にTLSを求めます。\necho 3 > /etc/pure-ftpd/conf/TLS",
		}), then("systemctl restart pure-ftpd")}
	}
	return []said{say(lang.Text{
		EN: "Switch TLS for data connections on in the FTP server (PROT P), and demand it.",
		JA: "FTPサーバーでデータ接続のTLS(PROT P)を有効にし、必須にします。",
	})}
}

// judgeFTPDataTLS speaks of data connections that stand and carry no TLS
// although it was agreed on.
func judgeFTPDataTLS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		why := service.Facts.Text("tls_data_error")
		if why.IsZero() {
			return nil
		}
		return []ruling{{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: `The data connection stands, and TLS in it fails: "{{.Error}}".`,
				JA: "データ接続はできますが、その中のTLSが成立しません(「{{.Error}}」)。",
			}, "Error", quote(why)),
			meaning: say(lang.Text{
				EN: "Users can log in and then see no list and no file. Some servers demand that the data connection resumes the TLS session of the login, which not every client can.",
				JA: "ログインはできても、一覧もファイルも届きません。ログイン時のTLSセッションの再利用を求めるサーバーもあり、対応していないクライアントがあります。",
			}),
			remedy: ftpReuse(service),
		}}
	}, "ftp")
}

func ftpReuse(service exposure.Service) []said {
	switch {
	case product(service, "vsftpd"):
		return []said{say(lang.Text{
			EN: "If clients of yours fail at it, write this line into /etc/vsftpd.conf. It gives up the proof that login and data have the same client:\nrequire_ssl_reuse=NO",
			JA: "お使いのクライアントが対応していなければ、/etc/vsftpd.conf に次の行を書きます。ログインとデータが同じ相手だという確認はなくなります。\nrequire_ssl_reuse=NO",
		}), then("systemctl restart vsftpd")}
	case product(service, "proftpd"):
		return []said{say(lang.Text{
			EN: "If clients of yours fail at it, write this line into /etc/proftpd/tls.conf. It gives up the proof that login and data have the same client:\nTLSOptions NoSessionReuseRequired",
			JA: "お使いのクライアントが対応していなければ、/etc/proftpd/tls.conf に次の行を書きます。ログインとデータが同じ相手だという確認はなくなります。\nTLSOptions NoSessionReuseRequired",
		}), then("systemctl restart proftpd")}
	}
	return []said{say(lang.Text{
		EN: "Look into the log of the FTP server for the reason. If it demands session reuse, see whether your clients can do it.",
		JA: "FTPサーバーのログで理由を確かめます。セッションの再利用を求めている場合は、クライアントが対応しているか確かめます。",
	})}
}
