package rules

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"ftp-passive-address", judgeFTPPassiveAddress})
	register(rule{"ftp-passive-blocked", judgeFTPPassiveBlocked})
	register(rule{"ftp-passive-range", judgeFTPPassiveRange})
	register(rule{"ftp-passive-refused", judgeFTPPassiveRefused})
	register(rule{"ftp-passive-port", judgeFTPPassivePort})
	register(rule{"ftp-nat-helper-tls", judgeFTPHelper})
	register(rule{"ftp-control-only", judgeFTPControlOnly})
}

// The words of the facts pasv, epsv, port and eprt: what became of the data
// connection.
const (
	ftpWorks    = "ok"
	ftpRefused  = "refused"
	ftpSilent   = "silent"
	ftpClosed   = "closed"
	ftpRejected = "rejected"
	ftpLowPort  = "low-port"
)

// ftpModes are the names of those facts, the passive ones first.
var ftpModes = []string{"pasv", "epsv", "port", "eprt"}

// ftpFact is a fact that is one word.
func ftpFact(service exposure.Service, name string) string { return service.Facts.Text(name).Raw() }

// ftpCut are the passive modes in which no data connection came about.
func ftpCut(service exposure.Service) []string {
	var cut []string
	for _, mode := range ftpModes[:2] {
		if slices.Contains([]string{ftpSilent, ftpClosed, ftpRejected}, ftpFact(service, mode)) {
			cut = append(cut, strings.ToUpper(mode))
		}
	}
	return cut
}

// ftpElsewhere is the address that PASV told, when it is not the one at which
// the server was reached.
func ftpElsewhere(service exposure.Service, fact string) (netip.Addr, bool) {
	told, err := netip.ParseAddr(ftpFact(service, fact))
	if err != nil || !service.Address.IsValid() {
		return netip.Addr{}, false
	}
	return told, told != service.Address.Unmap().WithZone("")
}

// ftpHelped reports whether PASV works in the clear and not inside TLS: somebody
// on the way reads the control connection and mends what it can read.
func ftpHelped(service exposure.Service) bool {
	if inside, _ := service.Facts.Bool("tls_control"); !inside || ftpFact(service, "pasv_clear") != ftpWorks {
		return false
	}
	_, elsewhere := ftpElsewhere(service, "passive_address")
	_, elsewhereInClear := ftpElsewhere(service, "passive_address_clear")
	return !elsewhereInClear && (elsewhere || len(ftpCut(service)) > 0)
}

// judgeFTPPassiveAddress speaks of a reply to PASV that sends clients to an
// address where they do not find the server.
func judgeFTPPassiveAddress(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		told, elsewhere := ftpElsewhere(service, "passive_address")
		if !elsewhere || ftpHelped(service) {
			return nil
		}
		if reach.Global(told) && !reach.Global(service.Address) {
			return []ruling{ftpForOutside(service.Address, told)}
		}
		found := ruling{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "The server was reached at {{.Address}}, and PASV answers {{.Told}}, an address of another host.",
				JA: "サーバーには {{.Address}} で届きますが、PASVは別のアドレス {{.Told}} を知らせます。",
			}, "Address", service.Address, "Told", told),
			meaning: say(lang.Text{
				EN: "Clients that go where PASV sends them get no list and no file. Only those that ignore the address do.",
				JA: "PASVが知らせるアドレスへ接続するクライアントでは、一覧もファイルも届きません。アドレスを無視するクライアントだけが動きます。",
			}),
			remedy: slices.Concat(ftpFixed(service, true), []said{ftpForward}),
		}
		if !reach.Global(told) {
			found.evidence = say(lang.Text{
				EN: "The server was reached at {{.Address}}, and PASV answers {{.Told}}, an address that exists only inside its own network.",
				JA: "サーバーには {{.Address}} で届きますが、PASVはLAN内でしか使えないアドレス {{.Told}} を知らせます。",
			}, "Address", service.Address, "Told", told)
		}
		if inside, _ := service.Facts.Bool("tls_control"); inside {
			found.meaning = say(lang.Text{
				EN: "Clients that go where PASV sends them get no list and no file. A router that mends such answers cannot read this one: it is inside TLS.",
				JA: "PASVが知らせるアドレスへ接続するクライアントでは、一覧もファイルも届きません。返事を書き換えるルーターも、TLSの中は読めません。",
			})
		}
		return []ruling{found}
	}, "ftp")
}

// ftpForOutside speaks of an address of the Internet that PASV tells to somebody
// inside: it is set for those outside, and only they can tell whether it is
// right.
func ftpForOutside(address, told netip.Addr) ruling {
	return ruling{
		severity: exposure.Info,
		evidence: say(lang.Text{
			EN: "The server was reached at {{.Address}}, inside its own network, and PASV answers {{.Told}}, an address of the Internet.",
			JA: "サーバーには自分のネットワーク内の {{.Address}} で届き、PASVはインターネットのアドレス {{.Told}} を知らせます。",
		}, "Address", address, "Told", told),
		meaning: say(lang.Text{
			EN: "That is how a server behind a router is set up for those outside, if it is the router's address. Clients inside get data only if the router leads them back in.",
			JA: "ルーターのアドレスであれば、外側の利用者のための正しい設定です。LAN内のクライアントは、ルーターが折り返し通信に対応している場合だけデータを受け取れます。",
		}),
		remedy: []said{say(lang.Text{
			EN: "Compare it with the address that your router has outside, and test from another network.",
			JA: "ルーターの外側のアドレスと一致するか確かめ、別のネットワークから試します。",
		})},
	}
}

// ftpPorts are the numbers of a fact that lists them.
func ftpPorts(service exposure.Service, fact string) []int {
	var ports []int
	for _, word := range service.Facts.Texts(fact) {
		if n, err := strconv.Atoi(word.Raw()); err == nil {
			ports = append(ports, n)
		}
	}
	slices.Sort(ports)
	return ports
}

// ftpNarrow is the width up to which the ports that a server told are taken for
// a range that somebody set: who sets none has tens of thousands.
const ftpNarrow = 2048

// judgeFTPPassiveBlocked speaks of passive modes in which no port that the
// server told could be reached.
func judgeFTPPassiveBlocked(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		cut, told := ftpCut(service), ftpPorts(service, "passive_ports")
		if len(cut) == 0 || len(told) == 0 || len(ftpPorts(service, "passive_ports_reached")) > 0 || ftpHelped(service) {
			return nil
		}
		modes, low, high := strings.Join(cut, ", "), told[0], told[len(told)-1]
		found := ruling{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "{{.Modes}}: the server told the ports {{.Low}} to {{.High}} for data, and none that was tried answers.",
				JA: "{{.Modes}}: サーバーはデータ用に {{.Low}}〜{{.High}} 番のポートを知らせましたが、試したポートはどれも応答しません。",
			}, "Modes", modes, "Low", low, "High", high),
			meaning: say(lang.Text{
				EN: "Users can log in and then see no list and no file: the ports lie in a narrow range that the server is set to, and a router or firewall does not let that range through, or lets another one through.",
				JA: "ログインはできても、一覧もファイルも届きません。サーバーに設定された範囲のポートを、ルーターかファイアウォールが通していないか、別の範囲を通しています。",
			}),
			remedy: slices.Concat([]said{ftpForward}, ftpFixed(service, false)),
		}
		switch {
		case ftpFact(service, "pasv") == ftpClosed || ftpFact(service, "epsv") == ftpClosed:
			found.evidence = say(lang.Text{
				EN: "{{.Modes}}: the server told the ports {{.Low}} to {{.High}} for data, and the answer from there is that nobody listens.",
				JA: "{{.Modes}}: サーバーはデータ用に {{.Low}}〜{{.High}} 番のポートを知らせましたが、そこでは待ち受けていないという応答が返ります。",
			}, "Modes", modes, "Low", low, "High", high)
			found.meaning = say(lang.Text{
				EN: "Users can log in and then see no list and no file: a router or firewall answers for these ports, or leads them to another host.",
				JA: "ログインはできても、一覧もファイルも届きません。ルーターかファイアウォールが代わりに拒否しているか、別の機器へ転送しています。",
			})
		case high-low > ftpNarrow:
			found.meaning = say(lang.Text{
				EN: "Users can log in and then see no list and no file: the server takes any free port, and nobody can let all of them through.",
				JA: "ログインはできても、一覧もファイルも届きません。サーバーが空いているポートをどれでも使うため、通すべき範囲が決まりません。",
			})
			found.remedy = slices.Concat(ftpFixed(service, false), []said{ftpForward})
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPPassiveRange speaks of a server of whose data ports some can be
// reached and some not.
func judgeFTPPassiveRange(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		told, reached := ftpPorts(service, "passive_ports"), ftpPorts(service, "passive_ports_reached")
		if len(ftpCut(service)) == 0 || len(told) == 0 || len(reached) == 0 || ftpHelped(service) {
			return nil
		}
		return []ruling{{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "The server told ports from {{.Low}} to {{.High}} for data. {{.Reached}} answered, others did not.",
				JA: "サーバーはデータ用に {{.Low}}〜{{.High}} 番のポートを知らせました。{{.Reached}} 番は応答し、応答しないポートもあります。",
			}, "Low", told[0], "High", told[len(told)-1], "Reached", ftpNumbers(reached)),
			meaning: say(lang.Text{
				EN: "Transfers work now and then: the range of the server and the range that the router or firewall lets through are not the same.",
				JA: "転送が成功したり失敗したりします。サーバーが使う範囲と、ルーターやファイアウォールが通す範囲が一致していません。",
			}),
			remedy: slices.Concat(ftpFixed(service, false), []said{ftpForward}),
		}}
	}, "ftp")
}

// ftpNumbers is a list of ports for people.
func ftpNumbers(ports []int) string {
	texts := make([]untrusted.Text, len(ports))
	for i, p := range ports {
		texts[i] = untrusted.New(strconv.Itoa(p), 0)
	}
	return words(texts)
}

// judgeFTPPassiveRefused speaks of a server that has the passive modes switched
// off.
func judgeFTPPassiveRefused(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		for _, mode := range ftpModes[:2] {
			word := ftpFact(service, mode)
			if word == "" || mode == "epsv" && service.Address.Unmap().Is4() {
				continue // clients take PASV then
			}
			if word != ftpRefused {
				return nil
			}
			found := ruling{
				severity: exposure.Low,
				evidence: say(lang.Text{
					EN: `The server refuses {{.Mode}}: "{{.Refusal}}".`,
					JA: "サーバーが {{.Mode}} を拒否しています(「{{.Refusal}}」)。",
				}, "Mode", strings.ToUpper(mode), "Refusal", quote(service.Facts.Text(mode+"_refusal"))),
				meaning: say(lang.Text{
					EN: "Clients behind a router or firewall, which most are, have no other way to get data.",
					JA: "ルーターやファイアウォールの内側にいる多くのクライアントは、この方式でしかデータを受け取れません。",
				}),
				remedy: []said{say(lang.Text{
					EN: "Switch passive mode on in the FTP server, with a fixed range of ports.",
					JA: "FTPサーバーでパッシブモードを有効にし、使うポートの範囲を決めます。",
				})},
			}
			if product(service, "vsftpd") {
				found.remedy = []said{say(lang.Text{
					EN: "Write this line into /etc/vsftpd.conf:\npasv_enable=YES",
					JA: "/etc/vsftpd.conf に次の行を書きます。\npasv_enable=YES",
				}), s.restarted("vsftpd")}
			}
			return []ruling{found}
		}
		return nil
	}, "ftp")
}

// judgeFTPPassivePort speaks of a server that would lead its clients to the
// port of another service.
func judgeFTPPassivePort(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if ftpFact(service, "pasv") != ftpLowPort && ftpFact(service, "epsv") != ftpLowPort {
			return nil
		}
		return []ruling{{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "The server tells port {{.Ports}} for data, which lies below 1024. Nothing was sent there.",
				JA: "サーバーがデータ用に1024未満のポート({{.Ports}} 番)を知らせます。そこへは何も送っていません。",
			}, "Ports", ftpNumbers(ftpPorts(service, "passive_ports"))),
			meaning: say(lang.Text{
				EN: "These numbers belong to other services. A server that names them is misconfigured, or wants to turn its clients against somebody.",
				JA: "この番号はほかのサービスのものです。設定の誤りか、クライアントに別のサービスを攻撃させるねらいが考えられます。",
			}),
			remedy: slices.Concat(ftpFixed(service, false), []said{ftpForward}),
		}}
	}, "ftp")
}

// judgeFTPHelper speaks of a router that rewrites the control connection and
// opens the ports that it reads there, which works until somebody uses TLS.
func judgeFTPHelper(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !ftpHelped(service) {
			return nil
		}
		found := ruling{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "PASV works without TLS. With TLS no data connection comes about.",
				JA: "PASVはTLSなしでは動き、TLSを使うとデータ接続ができません。",
			}),
			meaning: say(lang.Text{
				EN: "A router on the way helps FTP: it reads the control connection, puts its own address there and opens the port that was told. It cannot read TLS, so users must choose between a working and a safe FTP.",
				JA: "途中のルーターのFTP補助機能が、制御接続を読んでアドレスを書き換え、知らされたポートを通しています。TLSの中は読めないため、このままでは「動く」か「安全」かのどちらかしか選べません。",
			}),
			remedy: slices.Concat(ftpFixed(service, true), []said{ftpForward}),
		}
		if told, elsewhere := ftpElsewhere(service, "passive_address"); elsewhere {
			found.evidence = say(lang.Text{
				EN: "Without TLS, PASV answers {{.Address}} and works. With TLS it answers {{.Told}}.",
				JA: "PASVは、TLSなしでは {{.Address}} を知らせて動き、TLSを使うと {{.Told}} を知らせます。",
			}, "Address", service.Address, "Told", told)
		}
		return []ruling{found}
	}, "ftp")
}

// judgeFTPControlOnly speaks of a server at which one can log in and do nothing
// else.
func judgeFTPControlOnly(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		tried := 0
		for _, mode := range append([]string{"pasv_clear"}, ftpModes...) {
			switch ftpFact(service, mode) {
			case "":
			case ftpWorks:
				return nil
			default:
				tried++
			}
		}
		if tried < 2 {
			return nil
		}
		return []ruling{{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "The login works, and none of {{.Tried}} ways to move data does.",
				JA: "ログインはできますが、データの送受信は試した {{.Tried}} 方式のどれでもできません。",
			}, "Tried", tried),
			meaning: say(lang.Text{
				EN: "Only the control connection gets through. A check that looks at port {{.Port}} alone calls this server fine.",
				JA: "届くのは制御接続だけです。{{.Port}} 番だけを見る検査では、正常と判定されてしまいます。",
			}, "Port", s.number()),
			remedy: []said{say(lang.Text{
				EN: "Mend passive mode first, as the other findings say: clients use it before any other.",
				JA: "ほかの指摘に従い、まずパッシブモードを直します。クライアントが最初に使う方式です。",
			})},
		}}
	}, "ftp")
}
