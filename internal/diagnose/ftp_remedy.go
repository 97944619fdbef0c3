package diagnose

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// ftpProduct is the FTP server that answers, in lower case.
func (c Case) ftpProduct() string {
	for _, l := range c.FTP.Looks {
		if p := l.Service.Product.Terminal(); p != "" {
			return strings.ToLower(p)
		}
	}
	for _, l := range c.Listeners {
		if l.Process != "" {
			return l.Process
		}
	}
	return ""
}

// ftpOuter is the address by which those whom the port is for know the server.
func (c Case) ftpOuter() string {
	for _, l := range c.FTP.Looks {
		if c.ftpFrom(l.Service) {
			return l.Service.Address.String()
		}
	}
	for _, o := range c.seen(exposure.ViewOutside) {
		return o.Address.String()
	}
	return ""
}

// ftpSettings are where products are told the range of their data ports, and
// the address that PASV answers.
var ftpSettings = []struct {
	product        string
	ports, address lang.Text
}{
	{
		"vsftpd",
		lang.Text{EN: "Give the server a fixed range of data ports. In /etc/vsftpd.conf write, and restart it:\npasv_min_port=50000\npasv_max_port=50010", JA: "データ用のポートの範囲を決めます。/etc/vsftpd.conf に書き、再起動します。\npasv_min_port=50000\npasv_max_port=50010"},
		lang.Text{EN: "Have PASV answer the address that clients use. In /etc/vsftpd.conf write, and restart it; with listen_ipv6=YES it takes another process of vsftpd for IPv4:\npasv_address={{.Outer}}", JA: "PASVで、クライアントが使うアドレスを知らせます。/etc/vsftpd.conf に書き、再起動します(listen_ipv6=YES の場合は、IPv4用に別のvsftpdを動かします)。\npasv_address={{.Outer}}"},
	},
	{
		"proftpd",
		lang.Text{EN: "Give the server a fixed range of data ports. In /etc/proftpd/proftpd.conf write, and restart it:\nPassivePorts 50000 50010", JA: "データ用のポートの範囲を決めます。/etc/proftpd/proftpd.conf に書き、再起動します。\nPassivePorts 50000 50010"},
		lang.Text{EN: "Have PASV answer the address that clients use. In /etc/proftpd/proftpd.conf write, and restart it:\nMasqueradeAddress {{.Outer}}", JA: "PASVで、クライアントが使うアドレスを知らせます。/etc/proftpd/proftpd.conf に書き、再起動します。\nMasqueradeAddress {{.Outer}}"},
	},
	{
		"pure-ftpd",
		lang.Text{EN: "Give the server a fixed range of data ports, and restart it:\necho 50000 50010 > /etc/pure-ftpd/conf/PassivePortRange", JA: "データ用のポートの範囲を決め、再起動します。\necho 50000 50010 > /etc/pure-ftpd/conf/PassivePortRange"},
		lang.Text{EN: "Have PASV answer the address that clients use, and restart it:\necho {{.Outer}} > /etc/pure-ftpd/conf/ForcePassiveIP", JA: "PASVで、クライアントが使うアドレスを知らせ、再起動します。\necho {{.Outer}} > /etc/pure-ftpd/conf/ForcePassiveIP"},
	},
	{
		"",
		lang.Text{EN: "Give the FTP server a fixed range of data ports for passive mode, 50000 to 50010 say.", JA: "FTPサーバーの設定で、パッシブモードのデータ用ポートの範囲を決めます(例: 50000〜50010)。"},
		lang.Text{EN: "Have the FTP server answer PASV with the address that clients use: {{.Outer}}", JA: "FTPサーバーの設定で、PASVの返事にクライアントが使うアドレスを書かせます: {{.Outer}}"},
	},
}

// ftpRemedy is what to do about data connections that do not come about.
func (c Case) ftpRemedy(id string) []said {
	outer := c.ftpOuter()
	if outer == "" {
		outer = "ADDRESS"
	}
	pairs := append(c.pairs(), "Outer", outer, "Zone", string(c.Zone))
	settings := ftpSettings[len(ftpSettings)-1]
	for _, s := range ftpSettings {
		if s.product != "" && strings.Contains(c.ftpProduct(), s.product) {
			settings = s
			break
		}
	}
	var steps []said
	switch id {
	case "ftp-active-blocked":
		steps = append(steps,
			say(lang.Text{EN: "Let clients use passive mode: it is the only one that works from behind a router or a firewall.", JA: "クライアントではパッシブモードを使います。ルーターやファイアウォールの内側から使えるのはパッシブモードだけです。"}),
			say(lang.Text{EN: "If active mode is needed: the server's firewall must let TCP out from its port 20 to any port from 1024 on, and the client's must let that in from the server.", JA: "アクティブモードが必要な場合は、サーバー側で自分の20番から相手の1024番以上へのTCPを通し、クライアント側でサーバーからのその接続を受け入れます。"}))
		if c.Own {
			steps = append(steps, say(lang.Text{EN: "See what this machine's packet filter does on the way out:\nsekisho firewall show 20/tcp --direction out", JA: "この機器のパケットフィルターの、外向きの扱いを確かめます。\nsekisho firewall show 20/tcp --direction out"}))
		}
		return append(steps, again(c))
	case "ftp-passive-address":
		steps = append(steps, said{settings.address, pairs})
	}
	steps = append(steps, said{settings.ports, pairs})
	if c.Own {
		steps = append(steps, say(lang.Text{EN: "See the command that opens that range on this machine's firewall:\nsekisho firewall open 50000-50010/tcp --from {{.Zone}}", JA: "この機器のファイアウォールで、その範囲を開けるコマンドを表示します。\nsekisho firewall open 50000-50010/tcp --from {{.Zone}}"}, pairs...))
	} else {
		steps = append(steps, say(lang.Text{EN: "On that machine, see the command that opens that range on its firewall:\nsekisho firewall open 50000-50010/tcp", JA: "その機器で、ファイアウォールのその範囲を開けるコマンドを表示します。\nsekisho firewall open 50000-50010/tcp"}))
	}
	if c.Zone == exposure.ZoneInternetV4 || !c.Own {
		steps = append(steps, say(lang.Text{EN: "Where a router stands before the server, forward the range on it too: outer ports 50000 to 50010, inner address {{.Address}}, the same ports, TCP.", JA: "サーバーの前にルーターがある場合は、ルーターでもその範囲を転送します: 外側 50000〜50010、宛先 {{.Address}}、同じ番号、TCP。"}, pairs...))
	}
	if c.Zone == exposure.ZoneInternetV6 {
		steps = append(steps, say(lang.Text{EN: "Let TCP 50000 to 50010 for {{.Address}} through on the router's IPv6 filter.", JA: "ルーターのIPv6フィルターで、{{.Address}} あてのTCP 50000〜50010を通します。"}, pairs...))
	}
	if !c.Own {
		return append(steps, say(lang.Text{EN: "Look again:\nsekisho test ftp {{.Address}} -p {{.Port}}", JA: "もう一度調べます。\nsekisho test ftp {{.Address}} -p {{.Port}}"}, pairs...))
	}
	return append(steps, again(c))
}
