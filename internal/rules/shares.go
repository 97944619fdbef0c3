package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"rsync-open-module", judgeRsync})
	register(rule{"nfs-exported-to-everybody", judgeNFS})
	register(rule{"printer-on-the-internet", judgePrinter})
}

// judgeRsync speaks of folders that the daemon gives to everybody. That may be
// meant, as on a mirror.
func judgeRsync(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		var open []untrusted.Text
		for _, m := range service.Facts.Texts("modules") {
			if name, ok := strings.CutSuffix(m.Raw(), " open"); ok {
				open = append(open, untrusted.New(name, 0))
			}
		}
		if len(open) == 0 {
			return nil
		}
		return []ruling{{
			s.graded(exposure.Medium), say(lang.Text{
				EN: `rsync opens these modules without a password: "{{.Modules}}".`,
				JA: "rsyncが次のモジュールをパスワードなしで開きます: 「{{.Modules}}」",
			}, "Modules", words(open[:min(len(open), 8)])), say(lang.Text{
				EN: "Whoever reaches the port copies what lies there, and writes where the module is not read only. That is right for files that are meant for everybody, and for nothing else.",
				JA: "このポートに届く人は、置いてあるファイルを写し取れます。読み取り専用でなければ書き込めます。公開用のファイルだけなら問題ありません。",
			}), []said{say(lang.Text{
				EN: "Let in certain users or addresses only, and nobody write: for each module in /etc/rsyncd.conf\nread only = yes\nhosts allow = 192.168.1.0/24\nauth users = NAME\nsecrets file = /etc/rsyncd.secrets",
				JA: "決まった利用者や相手だけを許可し、書き込みを禁止します。/etc/rsyncd.conf のモジュールごとに書きます。\nread only = yes\nhosts allow = 192.168.1.0/24\nauth users = 名前\nsecrets file = /etc/rsyncd.secrets",
			}), say(lang.Text{
				EN: "Or copy over SSH, which encrypts and needs no daemon:\nrsync -e ssh USER@HOST:/PATH .",
				JA: "または、暗号化されデーモンも要らないSSH経由で写します。\nrsync -e ssh 利用者@ホスト:/パス .",
			}), s.unneeded()},
		}}
	}, "rsync")
}

// judgeNFS speaks of file systems that anybody may mount: the server believes
// who the asker says that he is (RFC 5531 section 14).
func judgeNFS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if all, _ := service.Facts.Bool("exported_to_everybody"); !all {
			return nil
		}
		exports := service.Facts.Texts("exports")
		return []ruling{{
			s.graded(exposure.High), say(lang.Text{
				EN: `NFS exports to everybody: "{{.Exports}}".`,
				JA: "NFSが誰にでも公開しています: 「{{.Exports}}」",
			}, "Exports", words(exports[:min(len(exports), 8)])), say(lang.Text{
				EN: "Whoever reaches the port mounts the folder and reads it as any user that he names; the server believes him. Unless it is read only, he writes, too.",
				JA: "このポートに届く人は、そのフォルダーをマウントし、名乗った利用者として読めます(サーバーは名乗りを信用します)。読み取り専用でなければ書き込みもできます。",
			}), []said{say(lang.Text{
				EN: "Name the network that may mount it: in /etc/exports, then exportfs -ra\n/srv/share 192.168.1.0/24(ro,root_squash)",
				JA: "マウントできる相手を限ります。/etc/exports に書き、exportfs -ra を実行します。\n/srv/share 192.168.1.0/24(ro,root_squash)",
			}), admitFew, s.unneeded()},
		}}
	}, "rpcbind", "mountd", "nfs")
}

// judgePrinter speaks of printers that strangers reach. In a local network they
// are meant to be reached.
func judgePrinter(s subject) []ruling {
	if !s.public() {
		return nil
	}
	return s.each(func(service exposure.Service) []ruling {
		if locked, _ := service.Facts.Bool("password_required"); locked {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "Close the port towards the Internet: take the forward out of the router, or let the firewall admit your own network only.",
			JA: "インターネット側に対して閉じます。ルーターの転送設定を外すか、ファイアウォールで自分のネットワークだけを許可します。",
		})}
		if product(service, "CUPS") || slices.Contains([]string{"cupsd", "cups-lpd"}, s.owner().Process) {
			remedy = append(remedy, say(lang.Text{
				EN: "Let CUPS serve its own network only:\ncupsctl --share-printers --no-remote-any",
				JA: "CUPSが自分のネットワークだけに応じるようにします。\ncupsctl --share-printers --no-remote-any",
			}))
		}
		severity, evidence := exposure.Medium, lang.Text{
			EN: "A print server ({{.Protocol}}) answers strangers on port {{.Port}}.",
			JA: "印刷サーバー({{.Protocol}})がポート {{.Port}} で外部の誰にでも応答します。",
		}
		if s.addressed() {
			severity, evidence = exposure.Info, lang.Text{
				EN: "A print server ({{.Protocol}}) answers at an address of the Internet on port {{.Port}}.",
				JA: "印刷サーバー({{.Protocol}})が、インターネットのアドレスのポート {{.Port}} で応答します。",
			}
			remedy = append([]said{unproven()}, remedy...)
		}
		return []ruling{{
			severity, say(evidence, "Protocol", strings.ToUpper(service.Protocol), "Port", s.number()), say(lang.Text{
				EN: "Whoever reaches it can print here and use up paper, read names and titles of jobs, and try the holes of the printer.",
				JA: "届く人は誰でも印刷して用紙を使い切れるうえ、文書名などのジョブの情報を読み、プリンターの弱点を突けます。",
			}), append(remedy, s.unneeded()),
		}}
	}, "ipp", "lpd")
}
