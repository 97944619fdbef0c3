package diagnose

import (
	"slices"
	"strconv"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// otherPort is the cure where a port cannot be had from the carrier: another one
// that can, from the service outwards to the command that looks again.
func (c Case) otherPort() []said {
	port := c.freePort()
	if port == 0 {
		return []said{say(lang.Text{EN: "This household has no free port from 1024 on at that address: offer the service over IPv6, or ask the carrier for an address of its own.", JA: "このアドレスで使える1024番以上の空きポートがありません。IPv6で公開するか、回線事業者に専用のIPv4アドレスを申し込みます。"})}
	}
	pairs := append(c.pairs(), "New", int(port), "Zone", string(c.Zone))
	var steps []said
	add := func(t lang.Text, more ...any) { steps = append(steps, say(t, append(slices.Clone(pairs), more...)...)) }
	switch {
	case c.Transport == exposure.TCP && c.Port == 25:
		add(lang.Text{EN: "Mail from others comes to port 25 only, and no record of the DNS names another: receive it with a provider that passes it on, or over IPv6 where the carrier lets it in. Programs of your own people use 587 or 465. For anything else take another port, as follows.", JA: "ほかのメールサーバーは25番にしか届けず、DNSで別の番号は指定できません。受信は中継してくれる事業者に任せるか、IPv6の25番を使います。自分たちのメールソフトからの送信は587か465で足ります。それ以外の用途なら、次のように番号を変えます。"})
	case c.Port >= 135 && c.Port <= 139, c.Port == 445:
		add(lang.Text{EN: "File sharing of Windows does not belong on the Internet: let people in by a VPN such as WireGuard, and reach it through that. What follows holds for the VPN's port too.", JA: "Windowsのファイル共有はインターネットに公開すべきではありません。WireGuardなどのVPNで入り、その中で使います。以下の手順はVPNのポートにも当てはまります。"})
	}
	if c.Access.Map != nil && c.Access.Map.Shared() {
		add(lang.Text{EN: "Take port {{.New}}, which is this household's by MAP-E and free on this machine. All that are: {{.Usable}}.", JA: "この機器で空いていて、MAP-Eでこの回線に割り当てられている {{.New}} 番を使います。使えるのは {{.Usable}} です。"}, "Usable", portsOf(*c.Access.Map, 100))
	} else {
		add(lang.Text{EN: "Take port {{.New}}, which is free on this machine; carriers hardly cut ports from 1024 on.", JA: "この機器で空いている {{.New}} 番を使います(1024番以上が止められることはまれです)。"})
	}
	setting, ok := portSettings[c.process()]
	if !ok {
		setting = anyPortSetting
	}
	add(setting)
	if unit := c.unit(); unit != "" {
		add(lang.Text{EN: "Make it read the change:\nsystemctl restart {{.Unit}}", JA: "設定を読み直させます。\nsystemctl restart {{.Unit}}"}, "Unit", unit)
	}
	add(lang.Text{EN: "See the command that opens the new port on this machine's firewall:\nsekisho firewall open {{.New}}/{{.Transport}} --from {{.Zone}}", JA: "この機器のファイアウォールで新しいポートを開けるコマンドを表示します。\nsekisho firewall open {{.New}}/{{.Transport}} --from {{.Zone}}"})
	if c.Zone == exposure.ZoneInternetV6 {
		add(lang.Text{EN: "On the router's IPv6 filter let {{.Transport}} port {{.New}} through to {{.Address}}.", JA: "ルーターのIPv6フィルターで、{{.Address}} あての {{.Transport}} の {{.New}} 番を許可します。"})
	} else {
		add(lang.Text{EN: "On the router's page for port forwarding add: outer port {{.New}}, inner address {{.Address}}, inner port {{.New}}, protocol {{.Transport}}. Where the router can change numbers, outer port {{.New}} to inner port {{.Port}} does, and the service stays as it is.", JA: "ルーターのポート転送(静的IPマスカレード、ポートマッピング)に加えます: 外側 {{.New}}、宛先 {{.Address}}、内側 {{.New}}、プロトコル {{.Transport}}。番号を変換できるルーターなら、外側 {{.New}} を内側 {{.Port}} へ転送すれば、サービスの設定はそのままで構いません。"})
	}
	at := "ADDRESS"
	if looked := c.outsideAt(); len(looked) > 0 {
		at = looked[0].String()
	} else if c.Access.Map != nil && c.Zone == exposure.ZoneInternetV4 {
		at = c.Access.Map.IPv4.Addr().String()
	}
	ports := strconv.Itoa(int(port))
	if c.Transport == exposure.UDP {
		ports = "u:" + ports
	}
	add(lang.Text{EN: "Look at it from outside (sekisho scan {{.At}} -p {{.NewPorts}} --show all -f json -o seen.json), and then here:\nsekisho diagnose {{.New}}/{{.Transport}} --merge seen.json", JA: "外から調べ(sekisho scan {{.At}} -p {{.NewPorts}} --show all -f json -o seen.json)、この機器で確かめます。\nsekisho diagnose {{.New}}/{{.Transport}} --merge seen.json"}, "At", at, "NewPorts", ports)
	return steps
}

// process is the program that has the port, as its listeners name it.
func (c Case) process() string {
	if i := slices.IndexFunc(c.Listeners, func(l exposure.Listener) bool { return l.Process != "" }); i >= 0 {
		return c.Listeners[i].Process
	}
	return ""
}

// customary are the ports that people take in place of well-known ones.
var customary = map[uint16][]uint16{
	21: {2121}, 22: {2222, 22022}, 23: {2323}, 25: {2525}, 53: {5353, 5300}, 80: {8080, 8000, 8888}, 443: {8443, 4443}, 445: {4450}, 587: {5870},
}

// firstFree is the lowest port that is proposed.
const firstFree = 1024

// freePort is a port from 1024 on that the household may use and nothing has on
// this machine: the one that people expect where it is free, of shared addresses
// one of its own. It is 0 where there is none.
func (c Case) freePort() uint16 {
	free := func(p uint16) bool {
		return p >= firstFree && !slices.Contains(c.Taken, p) && !commonlyCut(c.Transport, p) &&
			(c.Zone == exposure.ZoneInternetV6 || c.Access.Map == nil || c.Access.Map.Contains(p)) &&
			(c.Router == nil || !slices.ContainsFunc(c.Router.Forwards, func(f Forward) bool { return f.Transport == c.Transport && f.Outer == p }))
	}
	for _, p := range customary[c.Port] {
		if free(p) {
			return p
		}
	}
	for p := max(firstFree, 8000+int(c.Port)%1000); p < 1<<16; p++ {
		if free(uint16(p)) {
			return uint16(p)
		}
	}
	for p := firstFree; p < 1<<16; p++ {
		if free(uint16(p)) {
			return uint16(p)
		}
	}
	return 0
}

// anyPortSetting is for programs that nothing is known of.
var anyPortSetting = lang.Text{EN: "In the program's settings give it port {{.New}} in place of {{.Port}}, or both.", JA: "プログラムの設定で、待ち受けのポートを {{.Port}} から {{.New}} に変えるか、両方で待ち受けさせます。"}

// portSettings are where products are told the port that they listen on, by their
// process.
var portSettings = map[string]lang.Text{
	"nginx":        {EN: "nginx: in the server block write beside what is there:\nlisten {{.New}};\nlisten [::]:{{.New}};", JA: "nginx: server ブロックに、今の行に加えて書きます。\nlisten {{.New}};\nlisten [::]:{{.New}};"},
	"apache2":      {EN: "Apache: in /etc/apache2/ports.conf write the line below, and the port in the VirtualHost too:\nListen {{.New}}", JA: "Apache: /etc/apache2/ports.conf に次の行を加え、VirtualHost のポートもそろえます。\nListen {{.New}}"},
	"caddy":        {EN: "Caddy: write the port behind the name in the Caddyfile:\nhome.example:{{.New}}", JA: "Caddy: Caddyfile のサイト名の後ろにポートを書きます。\nhome.example:{{.New}}"},
	"lighttpd":     {EN: "lighttpd: in /etc/lighttpd/lighttpd.conf write:\nserver.port = {{.New}}", JA: "lighttpd: /etc/lighttpd/lighttpd.conf に書きます。\nserver.port = {{.New}}"},
	"sshd":         {EN: "OpenSSH: in /etc/ssh/sshd_config write both lines, so that you do not lock yourself out:\nPort {{.Port}}\nPort {{.New}}", JA: "OpenSSH: 締め出されないように、/etc/ssh/sshd_config に両方の行を書きます。\nPort {{.Port}}\nPort {{.New}}"},
	"dropbear":     {EN: "Dropbear: in /etc/default/dropbear add to DROPBEAR_EXTRA_ARGS:\n-p {{.New}}", JA: "Dropbear: /etc/default/dropbear の DROPBEAR_EXTRA_ARGS に加えます。\n-p {{.New}}"},
	"vsftpd":       {EN: "vsftpd: in /etc/vsftpd.conf write the line below, and give pasv_min_port and pasv_max_port ports that can be had too:\nlisten_port={{.New}}", JA: "vsftpd: /etc/vsftpd.conf に次の行を書き、pasv_min_port と pasv_max_port も使える番号にします。\nlisten_port={{.New}}"},
	"proftpd":      {EN: "ProFTPD: in /etc/proftpd/proftpd.conf write the line below, and give PassivePorts ports that can be had too:\nPort {{.New}}", JA: "ProFTPD: /etc/proftpd/proftpd.conf に次の行を書き、PassivePorts も使える番号にします。\nPort {{.New}}"},
	"master":       {EN: "Postfix: in /etc/postfix/master.cf add a line beside that of smtp:\n{{.New}} inet n - y - - smtpd", JA: "Postfix: /etc/postfix/master.cf の smtp の行に加えて書きます。\n{{.New}} inet n - y - - smtpd"},
	"dovecot":      {EN: "Dovecot: in /etc/dovecot/conf.d/10-master.conf write into the inet_listener of the service:\nport = {{.New}}", JA: "Dovecot: /etc/dovecot/conf.d/10-master.conf の、該当するサービスの inet_listener に書きます。\nport = {{.New}}"},
	"mariadbd":     {EN: "MariaDB: a database is safer behind a VPN; if it must be, in the section [mysqld]:\nport = {{.New}}", JA: "MariaDB: データベースはVPN越しが安全です。どうしても必要な場合は [mysqld] に書きます。\nport = {{.New}}"},
	"postgres":     {EN: "PostgreSQL: a database is safer behind a VPN; if it must be, in postgresql.conf:\nport = {{.New}}", JA: "PostgreSQL: データベースはVPN越しが安全です。どうしても必要な場合は postgresql.conf に書きます。\nport = {{.New}}"},
	"openvpn":      {EN: "OpenVPN: in the server's configuration write the line below, and the same number in those of the clients:\nport {{.New}}", JA: "OpenVPN: サーバーの設定に次の行を書き、クライアントの設定も同じ番号にします。\nport {{.New}}"},
	"named":        {EN: "BIND: in the options of named.conf write:\nlisten-on port {{.New}} { any; };\nlisten-on-v6 port {{.New}} { any; };", JA: "BIND: named.conf の options に書きます。\nlisten-on port {{.New}} { any; };\nlisten-on-v6 port {{.New}} { any; };"},
	"docker-proxy": {EN: "Docker: publish the container's port on the new number: in the compose file, or behind docker run -p:\n{{.New}}:{{.Port}}", JA: "Docker: コンテナの公開先を新しい番号にします(compose ファイル、または docker run -p)。\n{{.New}}:{{.Port}}"},
	"smbd":         {EN: "Samba: keep it inside, and let people in by a VPN.", JA: "Samba: 公開せず、VPN越しに使います。"},
}
