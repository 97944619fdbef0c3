package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"tftp-no-login", judgeTFTP})
	register(rule{"l2tp-without-ipsec", judgeL2TP})
}

// judgeTFTP speaks of a service that knows no login at all (RFC 1350 section 1).
func judgeTFTP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		found := ruling{
			severity: s.graded(exposure.Low),
			evidence: say(lang.Text{
				EN: "TFTP at {{.Address}} answers whoever asks. It has no login.",
				JA: "{{.Address}} のTFTPは誰にでも応答します。認証の仕組みはありません。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Whoever guesses the name of a file reads it: boot images, and configurations of routers and telephones with their passwords.",
				JA: "ファイル名を推測できれば誰でも読めます。起動イメージのほか、ルーターや電話機の設定(パスワードを含む)も読まれます。",
			}),
			remedy: s.tftpRemedy(service),
		}
		if file := service.Facts.Text("file_read"); !file.IsZero() {
			size, _ := amount(service, "file_bytes")
			found.severity = s.graded(exposure.Medium)
			found.evidence = say(lang.Text{
				EN: `TFTP at {{.Address}} handed out the file "{{.File}}" without a login ({{.Bytes}} bytes read).`,
				JA: "{{.Address}} のTFTPから、認証なしでファイル「{{.File}}」を読めました({{.Bytes}}バイト)。",
			}, "Address", service.Address, "File", quote(file), "Bytes", size)
		}
		return []ruling{found}
	}, "tftp")
}

func (s subject) tftpRemedy(service exposure.Service) []said {
	if product(service, "dnsmasq") {
		return []said{say(lang.Text{
			EN: "In /etc/dnsmasq.conf, hand out files of one folder only, to the machines whose own folder it is, or take the line enable-tftp out:\ntftp-root=/srv/tftp\ntftp-secure\ntftp-unique-root=mac",
			JA: "/etc/dnsmasq.conf で、機器ごとのフォルダーのファイルだけを渡すようにするか、enable-tftp の行を外します。\ntftp-root=/srv/tftp\ntftp-secure\ntftp-unique-root=mac",
		}), s.restarted("dnsmasq"), s.unneeded()}
	}
	return []said{say(lang.Text{
		EN: "For tftpd-hpa, let it see one folder only and listen at the inner address: in /etc/default/tftpd-hpa, with your own address\nTFTP_ADDRESS=\"192.168.1.1:69\"\nTFTP_OPTIONS=\"--secure\"",
		JA: "tftpd-hpaなら、1つのフォルダーだけを見せ、内側のアドレスだけで待ち受けます。/etc/default/tftpd-hpa に、自分のアドレスで書きます。\nTFTP_ADDRESS=\"192.168.1.1:69\"\nTFTP_OPTIONS=\"--secure\"",
	}), say(lang.Text{
		EN: "Let the firewall admit only the machines that boot from it, and keep no passwords there.",
		JA: "ファイアウォールで、ここから起動する機器だけを許可します。パスワードを含むファイルは置きません。",
	}), s.unneeded()}
}

// judgeL2TP speaks of a tunnel that begins outside of IPsec: L2TP itself
// encrypts nothing (RFC 3193 section 1), and a login by MS-CHAPv2 inside it can
// be read and worked out.
func judgeL2TP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if accepted, _ := service.Facts.Bool("tunnel"); !accepted {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "Let the firewall admit L2TP only when it came through IPsec. With nftables:\nnft add rule inet filter input udp dport 1701 meta ipsec missing drop",
			JA: "IPsecを通ってきたL2TPだけをファイアウォールで許可します。nftablesでは次のとおりです。\nnft add rule inet filter input udp dport 1701 meta ipsec missing drop",
		}), s.unneeded()}
		if product(service, "mikrotik") {
			remedy = []said{say(lang.Text{
				EN: "Demand IPsec in RouterOS:\n/interface l2tp-server server set use-ipsec=required",
				JA: "RouterOSでIPsecを必須にします。\n/interface l2tp-server server set use-ipsec=required",
			}), s.unneeded()}
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: `The L2TP server "{{.Host}}" at {{.Address}} begins a tunnel without IPsec.`,
			JA: "{{.Address}} のL2TPサーバー「{{.Host}}」は、IPsecなしでもトンネルを開始します。",
		}, "Address", service.Address, "Host", quote(service.Facts.Text("hostname"))), say(lang.Text{
			EN: "L2TP encrypts nothing itself. A device that is set up without IPsec works all the same, and then its traffic and its login can be read on the way.",
			JA: "L2TP自体は暗号化しません。IPsecの設定を忘れた機器もつながってしまい、通信もログインの内容も途中で読まれます。",
		}), remedy}}
	}, "l2tp")
}
