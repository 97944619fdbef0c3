package book

// What a port is usually like, where several entries have it alike.
var (
	nowhere   = Usual{Closed, Closed, Closed, Closed}
	homeLAN   = Usual{Closed, LAN, Closed, Closed} // a thing of the home server, for the house
	serverLAN = Usual{Closed, LAN, LAN, LAN}       // servers are looked after over it
	outward   = Usual{Outward, Outward, Outward, Outward}
	published = Usual{Outward, Open, Closed, Closed} // the home server is there for it
)

// basic is the lessons of the network itself: names, time, addresses, boot, and
// the small services of its beginnings.
var basic = lessons{
	"domain": {
		Session: Text{
			"A client sends its question in one UDP datagram from a random port to port 53 of its resolver, and the answer comes back the same way. Answers that do not fit, and zone transfers between name servers, go over TCP.",
			"クライアントは任意のポートからリゾルバーの53番へUDPの問い合わせを1個送り、応答も同じ経路で戻ります。1個に収まらない応答と、DNSサーバー間のゾーン転送にはTCPを使います。",
		},
		Usual: outward,
		Close: Text{
			"A resolver for the house: let it listen on the LAN address only (BIND: listen-on and allow-recursion in named.conf; dnsmasq: interface=; Unbound: access-control), and do not forward 53 on the router. Only whoever runs a zone of their own opens it, with recursion off.",
			"家庭内用のリゾルバーはLAN側のアドレスだけで待ち受けさせ(BINDはnamed.confのlisten-onとallow-recursion、dnsmasqはinterface=、Unboundはaccess-control)、ルーターで53番を転送しません。開けるのは自分のゾーンを公開する場合だけで、再帰問い合わせは無効にします。",
		},
		Facts: []Text{
			{
				"A PC needs 53 outward only: it asks, and the answer is let back in because the question went out.",
				"PCに必要なのは外向きの53番だけです。問い合わせを出したことで、その応答が通ります。",
			},
			{
				"A host name with its whole path of domains is called FQDN (www.example.com). NetBIOS names are something else: one level, 15 letters.",
				"ドメイン名まで含めた完全なホスト名をFQDN(www.example.comなど)と言います。NetBIOS名は別物で、階層がなく15文字までです。",
			},
			{
				"Mail servers ask it too: the MX record of a domain names the server that takes its mail.",
				"メールサーバーもDNSを使います。ドメインのMXレコードが、そのドメインあてのメールを受け取るサーバーを示します。",
			},
		},
	},
	"domain-s": {
		Session: Text{
			"The client opens a TLS connection (TCP) or a QUIC connection (UDP) to port 853 of its resolver and asks inside it; the connection stays open for further questions.",
			"クライアントがリゾルバーの853番へTLS(TCP)またはQUIC(UDP)で接続し、その中で問い合わせます。接続は次の問い合わせのために保たれます。",
		},
		Usual: outward,
		Close: Text{
			"Stop the resolver's TLS listener (BIND: remove the listen-on ... tls line; Unbound: interface: ...@853) or limit it to the LAN by the firewall.",
			"リゾルバーのTLS待ち受けを外すか(BINDはlisten-onのtls指定、Unboundはinterface: …@853)、ファイアウォールでLAN内に限ります。",
		},
	},
	"ntp": {
		Session: Text{
			"The client sends one UDP datagram to port 123 of a server of a lower stratum and gets one back; from the four times in it (sent, received, answered, come back) it works out how wrong its clock is. It repeats that every 64 to 1024 seconds.",
			"クライアントが上位のサーバーの123番へUDPパケットを1個送り、1個の応答を受け取ります。送信・受信・返信・到着の4つの時刻から時計のずれを計算し、64〜1024秒ごとに繰り返します。",
		},
		Usual: outward,
		Close: Text{
			"A machine that only sets its own clock needs no open port: systemd-timesyncd listens nowhere, chrony with `port 0` neither. A server for the house: `allow 192.168.1.0/24` (chrony) or `restrict default nomodify noquery noserve` plus the LAN (ntpd), and never 123 from the Internet.",
			"自分の時計を合わせるだけなら、ポートを開ける必要はありません。systemd-timesyncdは待ち受けず、chronyも`port 0`で待ち受けをやめます。家庭内用のサーバーはchronyの`allow 192.168.1.0/24`、ntpdの`restrict default nomodify noquery noserve`とLANの許可で限り、インターネットからの123番は通しません。",
		},
		Facts: []Text{
			{
				"The servers form a hierarchy, and the stratum counts the steps: each takes the time from servers one stratum above it and stands one below them.",
				"サーバーは階層構造になっていて、stratum(ストレイタム)が段数を表します。各サーバーは1つ上の階層から時刻を受け取り、その1つ下の階層に入ります。",
			},
		},
		Tables: []Table{{
			Title: Text{"Strata", "階層(stratum)"},
			Heads: []Text{{"STRATUM", "階層"}, {"WHAT STANDS THERE", "何があるか"}},
			Rows: [][]Text{
				{same("0"), {"the reference clock itself: atomic clock, GPS receiver, radio clock; it has no network address", "原子時計、GPS受信機、標準電波時計などの基準時計そのもの(ネットワーク上のアドレスはない)"}},
				{same("1"), {"servers with a reference clock attached", "基準時計に直結したサーバー"}},
				{same("2-15"), {"servers that take the time from the stratum above; PCs usually stand at 3 or 4", "1つ上の階層から時刻を受け取るサーバー。PCは3か4になることが多い"}},
				{same("16"), {"not synchronised: its time is not to be used", "同期していない状態。その時刻は使えない"}},
			},
		}},
		Diagrams: []Diagram{{
			Title:   Text{"One question and the four times", "1回の問い合わせと4つの時刻"},
			Parties: []Text{{"PC", "PC"}, {"stratum 2", "stratum 2"}, {"stratum 1", "stratum 1"}},
			Steps: []Step{
				{1, 2, Text{"what time is it?", "時刻の問い合わせ"}},
				{2, 1, Text{"time", "時刻"}},
				{0, 1, Text{"T1, to UDP 123", "T1 UDP 123番へ"}},
				{1, 0, Text{"T1 T2 T3, back at T4", "T1 T2 T3、到着T4"}},
			},
		}},
	},
	"ntske": {
		Session: Text{
			"The client opens a TLS connection to TCP port 4460, gets cookies and the address of the time server, and closes it; the time itself then goes over UDP 123 with a proof in each packet.",
			"クライアントがTCPの4460番へTLSで接続し、クッキーと時刻サーバーのアドレスを受け取って切断します。時刻そのものは、その後UDPの123番で、本物と確かめられるパケットでやり取りします。",
		},
		Usual: outward,
		Close: Text{
			"Only time servers listen here: remove `ntsserverkey` and `ntsservercert` (chrony) or `nts enable` (ntpsec) and restart.",
			"待ち受けるのは時刻サーバーだけです。chronyの`ntsserverkey`と`ntsservercert`、ntpsecの`nts enable`を外して再起動します。",
		},
	},
	"bootps": {
		Session: Text{
			"The client broadcasts from UDP port 68 to port 67 that it wants an address; the server offers one; the client asks for it and the server confirms. Halfway through the lease the client asks that server again.",
			"クライアントがUDPの68番から67番へブロードキャストでアドレスを求め、サーバーが候補を示し、クライアントがそれを要求し、サーバーが承認します。貸し出し期間の半分が過ぎると、同じサーバーに延長を求めます。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"The router does this job in a home. Stop a second server (`systemctl disable --now isc-dhcp-server` or kea-dhcp4-server; dnsmasq: remove dhcp-range), let it listen on the LAN interface only, and never forward 67.",
			"家庭ではルーターの役目です。二つ目のサーバーは止め(`systemctl disable --now isc-dhcp-server`やkea-dhcp4-server、dnsmasqはdhcp-rangeを削除)、残すものはLAN側のインターフェースだけで待ち受けさせ、67番は転送しません。",
		},
		Diagrams: []Diagram{{
			Title:   Text{"The four messages by which a PC gets its address", "PCがアドレスを受け取るまでの4つのやり取り"},
			Parties: []Text{{"PC, UDP 68", "PC UDP 68番"}, {"server, UDP 67", "サーバー UDP 67番"}},
			Steps: []Step{
				{0, 1, Text{"DISCOVER, to everybody", "DISCOVER 全員あて"}},
				{1, 0, Text{"OFFER: an address", "OFFER アドレスの候補"}},
				{0, 1, Text{"REQUEST: that one, please", "REQUEST それを使いたい"}},
				{1, 0, Text{"ACK: address, router, DNS", "ACK アドレス、ルーター、DNS"}},
			},
		}},
	},
	"bootpc": {
		Session: Text{
			"The machine waits here for what a DHCP server answers: it asked from UDP port 68 by broadcast, and offer and confirmation come to that port.",
			"UDPの68番からブロードキャストで送った要求に対して、DHCPサーバーの提示と承認がこのポートに届きます。",
		},
		Usual: Usual{LAN, LAN, LAN, LAN},
		Close: Text{
			"A machine with a fixed address needs no DHCP client: set the address by hand and the port is gone. Otherwise let it be, and let the firewall pass it from the LAN only; the router never forwards it.",
			"固定アドレスの機器にDHCPクライアントは要らず、手動で設定すればこのポートはなくなります。それ以外はそのままにし、ファイアウォールではLANからだけ通します。ルーターで転送することはありません。",
		},
	},
	"dhcpv6-client": {
		Session: Text{
			"The machine asks by multicast (ff02::1:2) from UDP port 546, and the server's answers come to that port at its link-local address.",
			"UDPの546番からマルチキャスト(ff02::1:2)で要求を送り、サーバーの応答がリンクローカルアドレスのこのポートに届きます。",
		},
		Usual: Usual{LAN, LAN, LAN, LAN},
		Close: Text{
			"Turn DHCPv6 off where addresses are fixed or come by router advertisement alone (systemd-networkd: DHCP=no or IPv6AcceptRA with DHCPv6Client=no). The firewall passes it from fe80::/10 only.",
			"固定アドレスやルーター広告だけで足りる場合はDHCPv6を無効にします(systemd-networkdはDHCP=no、またはDHCPv6Client=no)。ファイアウォールではfe80::/10からだけ通します。",
		},
	},
	"dhcpv6-server": {
		Session: Text{
			"Clients ask by multicast from UDP port 546 to port 547: solicit, advertise, request, reply. A router passes questions of other networks on as a relay.",
			"クライアントがUDPの546番から547番へマルチキャストで送り、Solicit、Advertise、Request、Replyの順に進みます。別のネットワークからの要求はルーターが中継します。",
		},
		Usual: homeLAN,
		Close: Text{
			"The router does this job. Stop a second server (`systemctl disable --now isc-dhcp-server6` or kea-dhcp6-server) and pass the port on the LAN interface only.",
			"ルーターの役目です。二つ目のサーバーは止め(`systemctl disable --now isc-dhcp-server6`やkea-dhcp6-server)、LAN側のインターフェースでだけ通します。",
		},
	},
	"tftp": {
		Session: Text{
			"The client sends the name of a file to UDP port 69; the server answers from a new port and sends 512 bytes at a time, each of which the client confirms. Nobody logs in.",
			"クライアントがファイル名をUDPの69番へ送ると、サーバーは新しいポートから512バイトずつ送り、クライアントが1個ごとに確認を返します。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now tftpd-hpa` (or the line tftp in inetd.conf). Where devices boot from it: serve one folder read-only (--secure, no --create) and let the firewall pass only their addresses.",
			"`systemctl disable --now tftpd-hpa`(またはinetd.confのtftpの行を削除)で止めます。機器の起動に要る場合は読み取り専用の1フォルダーに限り(--secureを付け、--createは付けない)、ファイアウォールで対象機器だけを通します。",
		},
	},
	"echo": {
		Session: Text{
			"The client connects (TCP) or sends a datagram (UDP) to port 7, and every byte comes back as it went.",
			"クライアントが7番へ接続(TCP)またはデータグラムを送信(UDP)すると、送ったものがそのまま返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines echo from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/echo; on Windows remove the feature Simple TCP/IP Services.",
			"/etc/inetd.confのechoの行を消すか、/etc/xinetd.d/echoで`disable = yes`とします。Windowsでは機能「簡易TCP/IPサービス」を削除します。",
		},
	},
	"discard": {
		Session: Text{
			"The client connects or sends to port 9, and nothing ever comes back. A Wake-on-LAN packet uses the number without anybody listening: the network card reads it.",
			"クライアントが9番へ接続または送信しても、何も返りません。Wake-on-LANのパケットはこの番号を使いますが、読むのはネットワークカードで、待ち受けは要りません。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines discard from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/discard. Wake-on-LAN works without it.",
			"/etc/inetd.confのdiscardの行を消すか、/etc/xinetd.d/discardで`disable = yes`とします。Wake-on-LANはこれがなくても動きます。",
		},
	},
	"systat": {
		Session: Text{
			"The client connects to TCP port 11, gets the list of processes or users as text, and the server hangs up.",
			"クライアントがTCPの11番へ接続すると、プロセスや利用者の一覧が文字で届き、サーバーが切断します。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line systat from /etc/inetd.conf and restart inetd.",
			"/etc/inetd.confのsystatの行を消し、inetdを再起動します。",
		},
	},
	"daytime": {
		Session: Text{
			"The client connects or sends anything to port 13 and gets the date and the time as one line of text.",
			"クライアントが13番へ接続するか何かを送ると、日時が1行の文字で返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines daytime from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/daytime; on Windows remove Simple TCP/IP Services.",
			"/etc/inetd.confのdaytimeの行を消すか、/etc/xinetd.d/daytimeで`disable = yes`とします。Windowsでは「簡易TCP/IPサービス」を削除します。",
		},
	},
	"netstat": {
		Session: Text{
			"The client connects to TCP port 15, gets the list of the machine's connections as text, and the server hangs up.",
			"クライアントがTCPの15番へ接続すると、その機器の接続一覧が文字で届き、サーバーが切断します。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line netstat from /etc/inetd.conf and restart inetd; look at connections with `ss` on the machine itself.",
			"/etc/inetd.confのnetstatの行を消し、inetdを再起動します。接続の一覧は機器自身で`ss`を実行して見ます。",
		},
	},
	"qotd": {
		Session: Text{
			"The client connects or sends anything to port 17 and gets a short text.",
			"クライアントが17番へ接続するか何かを送ると、短い文章が返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"On Windows remove the feature Simple TCP/IP Services; elsewhere remove the line qotd from /etc/inetd.conf.",
			"Windowsでは機能「簡易TCP/IPサービス」を削除し、ほかでは/etc/inetd.confのqotdの行を消します。",
		},
	},
	"chargen": {
		Session: Text{
			"Over TCP letters come without end until the client hangs up; over UDP each datagram to port 19 is answered by one of up to 512 letters.",
			"TCPではクライアントが切断するまで文字が延々と届き、UDPでは19番への1個ごとに最大512文字が返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines chargen from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/chargen; look at old printers and switches too.",
			"/etc/inetd.confのchargenの行を消すか、/etc/xinetd.d/chargenで`disable = yes`とします。古いプリンターやスイッチも確かめます。",
		},
	},
	"time": {
		Session: Text{
			"The client connects or sends to port 37 and gets the seconds since 1900 in four bytes.",
			"クライアントが37番へ接続または送信すると、1900年からの秒数が4バイトで返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines time from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/time; set clocks by NTP.",
			"/etc/inetd.confのtimeの行を消すか、/etc/xinetd.d/timeで`disable = yes`とします。時刻合わせにはNTPを使います。",
		},
	},
	"nicname": {
		Session: Text{
			"The client connects to TCP port 43 of a registry, sends a domain or address in one line, gets the entry as text, and the server hangs up.",
			"クライアントがレジストリのTCPの43番へ接続し、ドメインやアドレスを1行で送ると、登録内容が文字で届き、サーバーが切断します。",
		},
		Usual: Usual{Outward, Outward, Closed, Closed},
		Close: Text{
			"Stop the whois server (`systemctl disable --now rwhoisd`, or its line in inetd.conf); asking others needs no open port.",
			"whoisサーバーを止めます(`systemctl disable --now rwhoisd`、またはinetd.confの該当行を削除)。照会するだけなら開ける必要はありません。",
		},
	},
	"gopher": {
		Session: Text{
			"The client connects to TCP port 70, sends the name of a menu or file in one line, gets it, and the server hangs up.",
			"クライアントがTCPの70番へ接続し、メニューやファイルの名前を1行で送ると、中身が届き、サーバーが切断します。",
		},
		Usual: nowhere,
		Close: Text{
			"Stop the server (`systemctl disable --now gophernicus.socket` or pygopherd) and put the texts on a web server.",
			"サーバーを止め(`systemctl disable --now gophernicus.socket`またはpygopherd)、文書はWebサーバーに移します。",
		},
	},
	"finger": {
		Session: Text{
			"The client connects to TCP port 79 and sends a user name, or an empty line for everybody who is logged in; the server answers in text and hangs up.",
			"クライアントがTCPの79番へ接続し、利用者名(空行ならログイン中の全員)を送ると、サーバーが文字で答えて切断します。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line finger from /etc/inetd.conf or `disable = yes` in /etc/xinetd.d/finger; on routers `no ip finger`. Nobody needs it today.",
			"/etc/inetd.confのfingerの行を消すか、/etc/xinetd.d/fingerで`disable = yes`とします。ルーターでは`no ip finger`です。今日では必要ありません。",
		},
	},
	"auth": {
		Session: Text{
			"The other way round: a server to which this machine has connected connects back to TCP port 113 and sends the two port numbers of that connection; the answer is the user's name or an error.",
			"向きが逆です。この機器の接続先のサーバーが、こちらのTCPの113番へ接続し返し、その接続の2つのポート番号を送ります。答えは利用者名かエラーです。",
		},
		Usual: Usual{Closed, Closed, Closed, Closed},
		Close: Text{
			"Stop identd (`systemctl disable --now oidentd`), and have the firewall refuse instead of drop, so that servers which ask do not wait: `nft add rule inet filter input tcp dport 113 reject with tcp reset`.",
			"identdを止めます(`systemctl disable --now oidentd`)。問い合わせる側を待たせないよう、破棄ではなく拒否します: `nft add rule inet filter input tcp dport 113 reject with tcp reset`",
		},
	},
	"tcpmux": {
		Session: Text{
			"The client connects to TCP port 1 and sends the name of a service in one line; after a + the connection belongs to that service.",
			"クライアントがTCPの1番へ接続し、サービス名を1行で送ります。「+」が返れば、以後はそのサービスとの接続になります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the lines tcpmux from /etc/inetd.conf, or `disable = yes` in /etc/xinetd.d/tcpmux-server.",
			"/etc/inetd.confのtcpmuxの行を消すか、/etc/xinetd.d/tcpmux-serverで`disable = yes`とします。",
		},
	},
}
