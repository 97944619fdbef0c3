package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// ftpForward is the step at the router and the firewall, for the range that
// ftpFixed sets.
var ftpForward = say(lang.Text{
	EN: "Forward TCP 50000 to 50100 in the router to the server, each port to the same one, and let them through in the server's own firewall. With IPv6 there is nothing to forward, only to let through.",
	JA: "ルーターでTCP 50000〜50100番を、番号を変えずにサーバーへ転送し(静的IPマスカレード)、サーバー自身のファイアウォールでも通します。IPv6では転送は要らず、通すだけです。",
})

// ftpFixed are the steps that give a server a fixed range of passive ports and,
// where PASV told a wrong one, the address at which the world finds it.
func ftpFixed(service exposure.Service, address bool) []said {
	if address && !reach.Global(service.Address) {
		for _, p := range ftpProducts {
			if product(service, p.name) && p.setting != "" {
				return append(ftpFixed(service, false), say(lang.Text{
					EN: "Set {{.Setting}} to the address by which clients from outside find the server. If all clients are in this network, remove that setting.",
					JA: "{{.Setting}} を、外側のクライアントがサーバーに届くアドレスにします。クライアントがすべてこのネットワーク内なら、その設定を削除します。",
				}, "Setting", p.setting))
			}
		}
		return append(ftpFixed(service, false), say(lang.Text{
			EN: "Set the address for passive mode to the one by which clients from outside find the server. If all clients are in this network, remove that setting.",
			JA: "パッシブモードで知らせるアドレスを、外側のクライアントがサーバーに届くアドレスにします。クライアントがすべてこのネットワーク内なら、その設定を削除します。",
		}))
	}
	for _, p := range ftpProducts {
		if product(service, p.name) {
			text := p.fixed
			if address {
				text = p.masked
			}
			steps := []said{say(text, "Address", service.Address)}
			if p.unit != "" {
				steps = append(steps, then("systemctl restart "+p.unit))
			}
			return steps
		}
	}
	if address {
		return []said{say(lang.Text{
			EN: "In the FTP server, set the address for passive mode to {{.Address}} and the passive ports to 50000 to 50100.",
			JA: "FTPサーバーで、パッシブモードで知らせるアドレスを {{.Address}}、ポートの範囲を50000〜50100に設定します。",
		}, "Address", service.Address)}
	}
	return []said{say(lang.Text{
		EN: "In the FTP server, set the passive ports to 50000 to 50100.",
		JA: "FTPサーバーで、パッシブモードで使うポートの範囲を50000〜50100に設定します。",
	})}
}

// ftpProduct is how one FTP server is told its passive ports, alone or with the
// address.
type ftpProduct struct {
	name, unit    string // as ftp.go of probe names it; the unit in Debian
	fixed, masked lang.Text
	setting       string // that tells the address; empty where it is chosen in a window
}

var ftpProducts = []ftpProduct{
	{
		"vsftpd", "vsftpd",
		lang.Text{
			EN: "Write these lines into /etc/vsftpd.conf:\npasv_min_port=50000\npasv_max_port=50100",
			JA: "/etc/vsftpd.conf に次の行を書きます。\npasv_min_port=50000\npasv_max_port=50100",
		},
		lang.Text{
			EN: "Write these lines into /etc/vsftpd.conf in place of those that are there: vsftpd tells 0.0.0.0 when it listens over IPv6. Where the address changes, write the host name and add pasv_addr_resolve=YES:\nlisten=YES\nlisten_ipv6=NO\npasv_address={{.Address}}\npasv_min_port=50000\npasv_max_port=50100",
			JA: "/etc/vsftpd.conf の該当する行を次のようにします。vsftpdはIPv6で待ち受けていると 0.0.0.0 を知らせるため、IPv4だけにします。アドレスが変わる回線では、ホスト名を書いて pasv_addr_resolve=YES を加えます。\nlisten=YES\nlisten_ipv6=NO\npasv_address={{.Address}}\npasv_min_port=50000\npasv_max_port=50100",
		},
		"pasv_address",
	},
	{
		"proftpd", "proftpd",
		lang.Text{
			EN: "Write this line into /etc/proftpd/conf.d/passive.conf:\nPassivePorts 50000 50100",
			JA: "/etc/proftpd/conf.d/passive.conf に次の行を書きます。\nPassivePorts 50000 50100",
		},
		lang.Text{
			EN: "Write these lines into /etc/proftpd/conf.d/passive.conf. A host name may stand for the address:\nMasqueradeAddress {{.Address}}\nPassivePorts 50000 50100",
			JA: "/etc/proftpd/conf.d/passive.conf に次の行を書きます。アドレスの代わりにホスト名も書けます。\nMasqueradeAddress {{.Address}}\nPassivePorts 50000 50100",
		},
		"MasqueradeAddress",
	},
	{
		"pure-ftpd", "pure-ftpd",
		lang.Text{
			EN: "Set the range of Pure-FTPd:\necho 50000 50100 > /etc/pure-ftpd/conf/PassivePortRange",
			JA: "Pure-FTPdのポートの範囲を決めます。\necho 50000 50100 > /etc/pure-ftpd/conf/PassivePortRange",
		},
		lang.Text{
			EN: "Set the address and the range of Pure-FTPd:\necho {{.Address}} > /etc/pure-ftpd/conf/ForcePassiveIP\necho 50000 50100 > /etc/pure-ftpd/conf/PassivePortRange",
			JA: "Pure-FTPdのアドレスとポートの範囲を決めます。\necho {{.Address}} > /etc/pure-ftpd/conf/ForcePassiveIP\necho 50000 50100 > /etc/pure-ftpd/conf/PassivePortRange",
		},
		"ForcePassiveIP",
	},
	{
		"filezilla server", "",
		lang.Text{
			EN: "In FileZilla Server: Server, Configure, Protocols settings, FTP and FTP over TLS (FTPS), Passive mode: switch Use custom port range on, 50000 to 50100.",
			JA: "FileZilla Serverで Server > Configure > Protocols settings > FTP and FTP over TLS (FTPS) > Passive mode を開き、Use custom port range を有効にして50000〜50100とします。",
		},
		lang.Text{
			EN: "In FileZilla Server: Server, Configure, Protocols settings, FTP and FTP over TLS (FTPS), Passive mode: switch Use custom port range on, 50000 to 50100, write {{.Address}} as the host to use, and keep the default host for local connections.",
			JA: "FileZilla Serverで Server > Configure > Protocols settings > FTP and FTP over TLS (FTPS) > Passive mode を開き、Use custom port range を50000〜50100とし、使うホストに {{.Address}} を書きます。ローカル接続には既定のホストを使う設定にします。",
		},
		"",
	},
	{
		"microsoft ftp", "",
		lang.Text{
			EN: "In an administrator's command prompt on the server:\n%windir%\\system32\\inetsrv\\appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:50000 /highDataChannelPort:50100 /commit:apphost\nnet stop ftpsvc\nnet start ftpsvc",
			JA: "サーバーの管理者のコマンドプロンプトで実行します。\n%windir%\\system32\\inetsrv\\appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:50000 /highDataChannelPort:50100 /commit:apphost\nnet stop ftpsvc\nnet start ftpsvc",
		},
		lang.Text{
			EN: "In IIS Manager, write {{.Address}} under FTP Firewall Support of the site. Then, in an administrator's command prompt:\n%windir%\\system32\\inetsrv\\appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:50000 /highDataChannelPort:50100 /commit:apphost\nnet stop ftpsvc\nnet start ftpsvc",
			JA: "IISマネージャーで、サイトの「FTP ファイアウォールのサポート」の外部IPアドレスに {{.Address}} を書きます。次に管理者のコマンドプロンプトで実行します。\n%windir%\\system32\\inetsrv\\appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:50000 /highDataChannelPort:50100 /commit:apphost\nnet stop ftpsvc\nnet start ftpsvc",
		},
		"",
	},
}
