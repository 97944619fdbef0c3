package book

// traps is the generic traps of SNMP version 1.
var traps = Table{
	Title: Text{"The six generic traps (RFC 1157); 6 means one of the maker's own", "6種類の標準トラップ(RFC 1157)。6はメーカー固有のトラップを表す"},
	Heads: []Text{{"NUMBER", "番号"}, {"NAME", "名前"}, {"WHAT HAPPENED", "何が起きたか"}},
	Rows: [][]Text{
		{same("0"), same("coldStart"), {"the device started anew, and its settings may have changed", "機器が起動し直した(設定が変わった可能性あり)"}},
		{same("1"), same("warmStart"), {"the device started anew with unchanged settings", "設定を変えずに起動し直した"}},
		{same("2"), same("linkDown"), {"an interface went down", "インターフェースがダウンした"}},
		{same("3"), same("linkUp"), {"an interface came up", "インターフェースが復旧した"}},
		{same("4"), same("authenticationFailure"), {"somebody asked with a wrong community", "誤ったコミュニティ名で問い合わせを受けた"}},
		{same("5"), same("egpNeighborLoss"), {"a routing neighbour (EGP) is gone", "経路制御(EGP)の隣接機器との関係が切れた"}},
		{same("6"), same("enterpriseSpecific"), {"one of the maker's own; its OID says which", "メーカー固有(OIDで区別)"}},
	},
}

// facilities is the facilities of syslog and the files that rsyslog and
// syslogd put them into.
var facilities = Table{
	Title: Text{"Facilities (RFC 5424 section 6.2.1) and the file on Debian and on Red Hat", "ファシリティ(RFC 5424 6.2.1)と、DebianとRed Hatでの保存先"},
	Heads: []Text{{"NUMBER", "番号"}, {"NAME", "名前"}, {"DEBIAN", "DEBIAN"}, {"RED HAT", "RED HAT"}},
	Rows: [][]Text{
		{same("0"), same("kern"), same("/var/log/kern.log"), same("/var/log/messages")},
		{same("1"), same("user"), same("/var/log/user.log"), same("/var/log/messages")},
		{same("2"), same("mail"), same("/var/log/mail.log"), same("/var/log/maillog")},
		{same("3"), same("daemon"), same("/var/log/syslog"), same("/var/log/messages")},
		{same("4"), same("auth"), same("/var/log/auth.log"), same("/var/log/messages")},
		{same("5"), same("syslog"), same("/var/log/syslog"), same("/var/log/messages")},
		{same("6"), same("lpr"), same("/var/log/syslog"), same("/var/log/messages")},
		{same("7"), same("news"), same("/var/log/syslog"), same("/var/log/spooler")},
		{same("8"), same("uucp"), same("/var/log/syslog"), same("/var/log/spooler")},
		{same("9"), same("cron"), same("/var/log/cron.log"), same("/var/log/cron")},
		{same("10"), same("authpriv"), same("/var/log/auth.log"), same("/var/log/secure")},
		{same("11"), same("ftp"), same("/var/log/syslog"), same("/var/log/messages")},
		{same("12-15"), {"ntp, audit, alert, clock", "ntp、audit、alert、clock"}, same("/var/log/syslog"), same("/var/log/messages")},
		{same("16-22"), {"local0 to local6", "local0〜local6"}, same("/var/log/syslog"), same("/var/log/messages")},
		{same("23"), same("local7"), same("/var/log/syslog"), same("/var/log/boot.log")},
	},
}

// network is the lessons of managing, tunnelling and measuring networks.
var network = lessons{
	"snmp": {
		Session: Text{
			"The manager sends a question (GET, GETNEXT, GETBULK) with the community, a password in clear, from a random port to UDP port 161 of the device, and the agent answers with values of its MIB. SET changes them. Version 3 logs in and encrypts.",
			"マネージャーが任意のポートから機器のUDPの161番へ、コミュニティ名(平文の合言葉)を付けた問い合わせ(GET、GETNEXT、GETBULK)を送り、エージェントがMIBの値を返します。SETは値を変えます。バージョン3には認証と暗号化があります。",
		},
		Usual: Usual{Closed, LAN, LAN, LAN},
		Close: Text{
			"`systemctl disable --now snmpd`; or `agentaddress 192.168.1.10` and `createUser`/`rouser ... priv` instead of rocommunity public in snmpd.conf; printers and routers: SNMP off, or version 3, and never from the Internet.",
			"`systemctl disable --now snmpd`で止めます。残す場合はsnmpd.confで`agentaddress 192.168.1.10`とし、rocommunity publicの代わりに`createUser`と`rouser … priv`を使います。プリンターやルーターではSNMPを切るかバージョン3とし、インターネットからは通しません。",
		},
		Facts: []Text{{
			"The manager asks (161), the device tells of its own accord (162, SNMPTRAP). What can be asked is the MIB: name, place, interfaces and counters are in the standard one, makers add their own.",
			"尋ねるのはマネージャー(161番)、自分から知らせるのは機器(162番、SNMPTRAP)です。尋ねられる項目の集まりがMIBで、名前、設置場所、インターフェース、カウンターなどは標準で定められ、メーカーが独自のものを加えます。",
		}},
		Diagrams: []Diagram{{
			Title:   Text{"Asked, and of its own accord", "問い合わせと通知"},
			Parties: []Text{{"manager", "マネージャー"}, {"device (agent)", "機器(エージェント)"}},
			Steps: []Step{
				{0, 1, Text{"GET, to UDP 161", "GET UDP 161番へ"}},
				{1, 0, Text{"RESPONSE: the value", "RESPONSE 値"}},
				{1, 0, Text{"TRAP, to UDP 162", "TRAP UDP 162番へ"}},
			},
		}},
	},
	"snmptrap": {
		Session: Text{
			"The device sends one datagram to UDP port 162 of the manager when something happens. Nobody confirms it (an INFORM is confirmed), so one that is lost is lost.",
			"何かが起きると、機器がマネージャーのUDPの162番へデータグラムを1個送ります。受信の確認はなく(INFORMにはある)、失われればそれきりです。",
		},
		Usual: Usual{Closed, LAN, Outward, Outward},
		Close: Text{
			"Only the manager listens: `systemctl disable --now snmptrapd` elsewhere, and on it `snmpTrapdAddr udp:192.168.1.10:162` with authCommunity or version 3 users.",
			"待ち受けるのはマネージャーだけです。ほかでは`systemctl disable --now snmptrapd`で止め、マネージャーでは`snmpTrapdAddr udp:192.168.1.10:162`とし、authCommunityかバージョン3の利用者を定めます。",
		},
		Facts: []Text{{
			"Six traps are the same for all makers; everything else (fan, paper, temperature) is the maker's own and told by its OID.",
			"全メーカー共通のトラップは6種類だけで、それ以外(ファン、用紙、温度など)はメーカー固有のトラップとしてOIDで区別します。",
		}},
		Tables: []Table{traps},
	},
	"snmptls": {
		Session: Text{
			"The manager opens TLS (TCP) or DTLS (UDP) to port 10161, both show certificates, and questions go inside.",
			"マネージャーが10161番へTLS(TCP)かDTLS(UDP)で接続し、双方が証明書を示し、その中で問い合わせます。",
		},
		Usual: serverLAN,
		Close: Text{
			"Take tlstcp: and dtlsudp: out of agentaddress in snmpd.conf, or pass it from the manager only.",
			"snmpd.confのagentaddressからtlstcp:とdtlsudp:を外すか、マネージャーからだけ通します。",
		},
	},
	"snmptls-trap": {
		Session: Text{
			"The device opens TLS or DTLS to port 10162 of the manager and sends its traps inside.",
			"機器がマネージャーの10162番へTLSかDTLSで接続し、その中でトラップを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the manager listens: take it out of snmpTrapdAddr elsewhere.",
			"待ち受けるのはマネージャーだけです。ほかではsnmpTrapdAddrから外します。",
		},
	},
	"syslog": {
		Session: Text{
			"Each device sends each line of its log in one UDP datagram (or over TCP) to port 514 of the log server; in front stands a number that holds facility and severity. Over UDP nobody confirms anything.",
			"各機器がログを1行ごとにUDPのデータグラム(またはTCP)で、ログサーバーの514番へ送ります。先頭の数値がファシリティと重大度を表します。UDPでは受信の確認がありません。",
		},
		Usual: Usual{Closed, LAN, Outward, Outward},
		Close: Text{
			"Only the log server listens: comment imudp and imtcp out of /etc/rsyslog.conf elsewhere; on it a $AllowedSender line or a firewall rule for the LAN, and TLS (6514) for logs that leave the house.",
			"待ち受けるのはログサーバーだけです。ほかでは/etc/rsyslog.confのimudpとimtcpをコメントにします。ログサーバーは$AllowedSenderかファイアウォールでLANに限り、外へ出るログにはTLS(6514番)を使います。",
		},
		Facts: []Text{{
			"The facility sorts: give the firewalls one, the switches another (local0 to local7 are free), and the server writes each into a file of its own: `local0.* /var/log/firewall.log`.",
			"ファシリティは仕分けのための区分です。たとえばファイアウォールにはlocal0、スイッチにはlocal1を割り当て(local0〜local7は自由に使える)、サーバーで`local0.* /var/log/firewall.log`のように別のファイルへ書き分けます。",
		}},
		Tables: []Table{facilities},
	},
	"syslog-tls": {
		Session: Text{
			"The device connects to TCP port 6514 of the log server, TLS begins at once, and lines go inside, each with its length in front.",
			"機器がログサーバーのTCPの6514番へ接続し、最初からTLSで始まり、各行が長さを付けて送られます。",
		},
		Usual: homeLAN,
		Close: Text{
			"Only the log server listens: remove the imtcp input with the gtls driver elsewhere; on it demand certificates (StreamDriver.AuthMode=\"x509/name\").",
			"待ち受けるのはログサーバーだけです。ほかではgtlsドライバーのimtcpを外し、サーバーでは証明書を必須にします(StreamDriver.AuthMode=\"x509/name\")。",
		},
	},
	"agentx": {
		Session: Text{
			"A sub-agent connects to TCP port 705 of the SNMP agent on the same machine and registers the values that it knows.",
			"サブエージェントが同じ機器のSNMPエージェントのTCPの705番へ接続し、自分の持つ値を登録します。",
		},
		Usual: nowhere,
		Close: Text{
			"`agentXSocket /var/agentx/master` instead of tcp:... in snmpd.conf.",
			"snmpd.confでtcp:…の代わりに`agentXSocket /var/agentx/master`とします。",
		},
	},
	"radius": {
		Session: Text{
			"The access point or VPN gateway sends the user's login by UDP to port 1812; the server answers accept, reject or one more question. A shared secret hides the password and signs the answer.",
			"アクセスポイントやVPN装置が、利用者の認証情報をUDPの1812番へ送り、サーバーが許可、拒否、追加の質問のいずれかを返します。共有の秘密でパスワードを隠し、応答に署名します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`listen { ipaddr = 192.168.1.10 }` and one client block a device with a long secret in FreeRADIUS; the firewall passes it from those devices only.",
			"FreeRADIUSで`listen { ipaddr = 192.168.1.10 }`とし、機器ごとのclientに長い秘密を設定します。ファイアウォールではその機器からだけ通します。",
		},
	},
	"radius-acct": {
		Session: Text{
			"The access point tells by UDP to port 1813 when a user came, how much he transferred, and when he left; the server confirms.",
			"アクセスポイントが利用の開始、通信量、終了をUDPの1813番へ知らせ、サーバーが確認を返します。",
		},
		Usual: homeLAN,
		Close: Text{
			"As for 1812: the LAN address, one client block a device, and a firewall rule for those devices.",
			"1812番と同じく、LAN側のアドレス、機器ごとのclient、その機器からだけ通す規則にします。",
		},
	},
	"radsec": {
		Session: Text{
			"One RADIUS server connects to another at port 2083 by TLS (DTLS over UDP), both show certificates, and requests go inside.",
			"RADIUSサーバー同士が2083番へTLS(UDPではDTLS)で接続し、双方が証明書を示し、その中で要求を送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove sites-enabled/tls, or pass it from the partner servers only.",
			"sites-enabled/tlsを外すか、相手のサーバーからだけ通します。",
		},
	},
	"tacacs": {
		Session: Text{
			"A router connects to TCP port 49, asks whether a user may log in and which commands he may run; the body is hidden by a shared key.",
			"ルーターがTCPの49番へ接続し、利用者のログイン可否や実行できるコマンドを問い合わせます。本文は共有鍵で隠されます。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it from the network devices only, and give each its own long key.",
			"ネットワーク機器からだけ通し、機器ごとに長い鍵を設定します。",
		},
	},
	"bgp": {
		Session: Text{
			"Two neighbouring routers connect to each other at TCP port 179, exchange OPEN, all their routes, and then only changes and KEEPALIVE every minute.",
			"隣り合うルーターがTCPの179番で接続し、OPENと全経路を交換したあとは、変更分と定期的なKEEPALIVEだけを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass 179 from the neighbours' addresses only, with TCP-MD5 or TTL security; `systemctl disable --now frr bird` on what is no router.",
			"隣接ルーターのアドレスからだけ通し、TCP-MD5かTTLセキュリティを使います。ルーターでない機器では`systemctl disable --now frr bird`で止めます。",
		},
	},
	"router": {
		Session: Text{
			"Routers send their whole table by broadcast or multicast (224.0.0.9) to UDP port 520 every 30 seconds, and the others believe it.",
			"ルーターが30秒ごとに、経路表全体をUDPの520番へブロードキャストかマルチキャスト(224.0.0.9)で送り、ほかのルーターがそれを信じます。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch RIP off in the router's settings, at least on the WAN side; `systemctl disable --now frr`.",
			"ルーターの設定でRIPを切ります(少なくともWAN側)。`systemctl disable --now frr`で止めます。",
		},
	},
	"ripng": {
		Session: Text{
			"Routers send their IPv6 routes by multicast (ff02::9) to UDP port 521 every 30 seconds.",
			"ルーターが30秒ごとに、IPv6の経路をUDPの521番へマルチキャスト(ff02::9)で送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch RIPng off in the router's settings; `systemctl disable --now frr`.",
			"ルーターの設定でRIPngを切ります。`systemctl disable --now frr`で止めます。",
		},
	},
	"hsrp": {
		Session: Text{
			"Two routers send each other HELLO by multicast (224.0.0.2) at UDP port 1985 every 3 seconds; when the active one is silent, the other takes its address over.",
			"2台のルーターが3秒ごとにUDPの1985番へHELLOをマルチキャスト(224.0.0.2)し合い、稼働側が黙ると、もう一方がアドレスを引き継ぎます。",
		},
		Usual: nowhere,
		Close: Text{
			"`standby N authentication md5` and an access list for the other router; no HSRP on interfaces to users.",
			"`standby N authentication md5`と、相手ルーターだけを許すアクセスリストを設定し、利用者側のインターフェースでは使いません。",
		},
	},
	"ldp": {
		Session: Text{
			"Routers find each other by UDP 646, one connects to the other at TCP 646, and they agree on the labels for each route.",
			"ルーターがUDPの646番で互いを見つけ、一方がTCPの646番へ接続し、経路ごとのラベルを取り決めます。",
		},
		Usual: nowhere,
		Close: Text{
			"LDP on core interfaces only, with MD5 keys and an access list at the edge.",
			"LDPは中継側のインターフェースだけで動かし、MD5鍵と、境界でのアクセスリストを設定します。",
		},
	},
	"smart-install": {
		Session: Text{
			"A director connects to TCP port 4786 of a new switch and gives it software and settings. Nobody logs in.",
			"ディレクターが新しいスイッチのTCPの4786番へ接続し、ソフトウェアと設定を渡します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`no vstack` on the switch.",
			"スイッチで`no vstack`を設定します。",
		},
	},
	"cwmp": {
		Session: Text{
			"The provider's server knocks at TCP port 7547 of the router, which then calls the server by HTTPS and takes settings and firmware from it.",
			"通信事業者のサーバーがルーターのTCPの7547番に合図し、ルーターがHTTPSでサーバーへ接続して、設定やファームウェアを受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"A router of one's own: switch TR-069 (CWMP) off. The provider's router: ask that only its servers reach the port; keep the firmware new.",
			"自前のルーターではTR-069(CWMP)を切ります。事業者のルーターでは、事業者のサーバーからだけ届くよう依頼し、ファームウェアを最新にします。",
		},
	},
	"winbox": {
		Session: Text{
			"The administrator's program connects to TCP port 8291 of the router, proves the password and encrypts, and shows the settings.",
			"管理ソフトがルーターのTCPの8291番へ接続し、パスワードを確かめて暗号化し、設定を表示します。",
		},
		Usual: nowhere,
		Close: Text{
			"`/ip service set winbox address=192.168.88.0/24`, or disabled=yes; holes of 2018 gave passwords to strangers.",
			"`/ip service set winbox address=192.168.88.0/24`、またはdisabled=yesとします。2018年の欠陥では見知らぬ相手にパスワードが渡りました。",
		},
	},
	"mikrotik-api": {
		Session: Text{
			"A program connects to TCP port 8728, logs in, and sends the commands of the router's console as words.",
			"プログラムがTCPの8728番へ接続して認証し、ルーターのコマンドを単語の列で送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`/ip service disable api`, or set address= to the machine that uses it.",
			"`/ip service disable api`とするか、address=で利用する機器に限ります。",
		},
	},
	"mikrotik-api-ssl": {
		Session: Text{
			"As on 8728, inside TLS from the first byte.",
			"8728番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"`/ip service disable api-ssl`, or set address= to the machine that uses it.",
			"`/ip service disable api-ssl`とするか、address=で利用する機器に限ります。",
		},
	},
	"ubnt-discover": {
		Session: Text{
			"A program broadcasts four bytes to UDP port 10001, and each Ubiquiti device answers with name, model, firmware and addresses.",
			"プログラムが4バイトをUDPの10001番へブロードキャストすると、Ubiquitiの各機器が名前、型番、ファームウェア、アドレスを答えます。",
		},
		Usual: nowhere,
		Close: Text{
			"Device discovery off in the settings; block it on the WAN side: it amplifies.",
			"設定でデバイス検出を切り、WAN側では遮断します。増幅攻撃に使われるためです。",
		},
	},
	"unifi-inform": {
		Session: Text{
			"Access points call the controller; guests' browsers are led to 8880 (HTTP) or 8843 (HTTPS), the portal, and 6789 measures speed.",
			"アクセスポイントがコントローラーに接続します。来客のブラウザーは8880番(HTTP)か8843番(HTTPS)の案内ページに導かれ、6789番は速度測定に使います。",
		},
		Usual: homeLAN,
		Close: Text{
			"Pass them from the LAN and the guests' network only; from outside use a VPN or the maker's cloud.",
			"LANと来客用ネットワークからだけ通し、外からはVPNかメーカーのクラウドを使います。",
		},
	},
	"netconf-ssh": {
		Session: Text{
			"The management program opens SSH to TCP port 830, asks for the subsystem netconf, and exchanges settings as XML.",
			"管理ソフトがTCPの830番へSSHで接続し、サブシステムnetconfを指定して、設定をXMLでやり取りします。",
		},
		Usual: nowhere,
		Close: Text{
			"`no netconf-yang`, or an access list for the management stations.",
			"`no netconf-yang`とするか、管理端末だけを許すアクセスリストを設定します。",
		},
	},
	"capwap-control": {
		Session: Text{
			"Access points find the controller and open DTLS to UDP port 5246 for orders; users' data goes over 5247.",
			"アクセスポイントがコントローラーを見つけ、UDPの5246番へDTLSで接続して指示を受けます。利用者のデータは5247番を通ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass them from the access points' network only.",
			"アクセスポイントのネットワークからだけ通します。",
		},
	},
	"vxlan": {
		Session: Text{
			"Hosts and switches wrap whole Ethernet frames into UDP to port 4789 (Linux of old 8472) of each other. Nobody proves who he is.",
			"ホストやスイッチが、イーサネットのフレームごとUDPに包んで互いの4789番(古いLinuxは8472番)へ送ります。相手の確認はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it between the tunnel ends only; across strange networks put IPsec or WireGuard below it.",
			"トンネルの両端の間だけ通し、外部のネットワークを越える場合はIPsecやWireGuardの中を通します。",
		},
	},
	"geneve": {
		Session: Text{
			"Hosts wrap whole frames with options into UDP to port 6081 of each other; virtual networks of clouds use it.",
			"ホスト同士が、オプション付きのフレームをUDPに包んで互いの6081番へ送ります。クラウドの仮想ネットワークで使われます。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it between the tunnel ends only.",
			"トンネルの両端の間だけ通します。",
		},
	},
	"sflow": {
		Session: Text{
			"Switches send samples of packets and counters to UDP port 6343 of a collector; nothing comes back.",
			"スイッチがパケットの標本とカウンターを収集装置のUDPの6343番へ送ります。返事はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the collector listens: pass it from the switches' addresses.",
			"待ち受けるのは収集装置だけで、スイッチのアドレスからだけ通します。",
		},
	},
	"netflow": {
		Session: Text{
			"Routers send records of who talked to whom to UDP port 2055 or 9995 of a collector; nothing comes back.",
			"ルーターが通信の記録(誰が誰と)を収集装置のUDPの2055番や9995番へ送ります。返事はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the collector listens: pass it from the routers' addresses (`systemctl disable --now nfdump` elsewhere).",
			"待ち受けるのは収集装置だけで、ルーターのアドレスからだけ通します(ほかでは`systemctl disable --now nfdump`)。",
		},
	},
	"ipfix": {
		Session: Text{
			"As NetFlow, in the standard form: routers send templates and records to port 4739 of a collector.",
			"NetFlowの標準化された形で、ルーターがテンプレートと記録を収集装置の4739番へ送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the collector listens: pass it from the routers' addresses.",
			"待ち受けるのは収集装置だけで、ルーターのアドレスからだけ通します。",
		},
	},
	"isakmp": {
		Session: Text{
			"The client sends its proposals by UDP from port 500 to port 500; both agree on keys and prove who they are (IKE), moving to 4500 when NAT is between them; then the data goes by ESP.",
			"クライアントがUDPの500番から500番へ暗号方式の提案を送り、双方が鍵を交換して相手を認証します(IKE)。間にNATがあれば4500番に移り、その後のデータはESPで流れます。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now strongswan` (ipsec, libreswan); a VPN router keeps 500 and 4500 open and nothing else.",
			"`systemctl disable --now strongswan`(ipsec、libreswan)で止めます。VPNルーターは500番と4500番だけを開けます。",
		},
	},
	"ipsec-nat-t": {
		Session: Text{
			"When the first packets on 500 have shown that NAT is between them, both go on at UDP 4500, and the encrypted data travels in the same UDP packets.",
			"500番のやり取りでNATの存在が分かると、双方はUDPの4500番に移り、暗号化されたデータも同じUDPで運ばれます。",
		},
		Usual: published,
		Close: Text{
			"Stop the IPsec daemon as for 500; forward 4500 together with 500 or not at all.",
			"500番と同じくIPsecのデーモンを止めます。転送する場合は500番と必ず一緒に行います。",
		},
	},
	"l2tp": {
		Session: Text{
			"The client asks for a tunnel (SCCRQ) by UDP port 1701, a session opens in it, and PPP logs the user in. It encrypts nothing, so it runs inside IPsec.",
			"クライアントがUDPの1701番でトンネルを求め(SCCRQ)、その中でセッションを開き、PPPで利用者を認証します。暗号化がないため、IPsecの中で使います。",
		},
		Usual: nowhere,
		Close: Text{
			"Open 500 and 4500 only: 1701 arrives inside IPsec. `systemctl disable --now xl2tpd` where WireGuard or IKEv2 does it.",
			"開けるのは500番と4500番だけで、1701番はIPsecの中で届きます。WireGuardやIKEv2で足りるなら`systemctl disable --now xl2tpd`で止めます。",
		},
	},
	"pptp": {
		Session: Text{
			"The client connects to TCP port 1723 for control, and the data goes by GRE (protocol 47), which many NAT routers cannot pass; MS-CHAPv2 logs in, and its key can be broken.",
			"クライアントがTCPの1723番へ制御用に接続し、データはGRE(プロトコル47)で流れます。GREを通せないNATルーターは多く、認証のMS-CHAPv2は鍵を破られます。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now pptpd`; Windows: remove the PPTP ports from Routing and Remote Access; routers: PPTP server off. Use WireGuard or IKEv2.",
			"`systemctl disable --now pptpd`で止めます。Windowsは「ルーティングとリモート アクセス」からPPTPを外し、ルーターはPPTPサーバーを切ります。WireGuardかIKEv2を使います。",
		},
	},
	"openvpn": {
		Session: Text{
			"The client sends to UDP (or connects to TCP) port 1194; a TLS handshake with certificates goes inside, and then the packets of the tunnel.",
			"クライアントがUDP(またはTCP)の1194番へ送り、証明書を使うTLSのやり取りのあと、トンネルのパケットが流れます。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now openvpn-server@server`. Who needs it keeps it open with tls-crypt, so that strangers get no answer at all.",
			"`systemctl disable --now openvpn-server@server`で止めます。使う場合は開けておき、tls-cryptで見知らぬ相手には一切応答しないようにします。",
		},
	},
	"wireguard": {
		Session: Text{
			"A peer sends one UDP packet to port 51820, signed with a known key, gets one back, and the tunnel stands; packets with unknown keys get no answer.",
			"相手がUDPの51820番へ登録済みの鍵で署名したパケットを1個送り、1個の応答でトンネルができます。未知の鍵には何も返しません。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now wg-quick@wg0`. Who needs it keeps it open: it is silent to strangers.",
			"`systemctl disable --now wg-quick@wg0`で止めます。使う場合は開けておいてかまいません。見知らぬ相手には無応答です。",
		},
	},
	"tailscale": {
		Session: Text{
			"Each device asks the maker's server for the keys and addresses of the others and sends WireGuard packets to them at UDP port 41641, through NAT or a relay.",
			"各機器がメーカーのサーバーから相手の鍵とアドレスを受け取り、NATを越えて、または中継経由で、UDPの41641番へWireGuardのパケットを送ります。",
		},
		Usual: Usual{Outward, Outward, Closed, Closed},
		Close: Text{
			"`systemctl disable --now tailscaled`; it needs no forwarding, a relay carries it otherwise.",
			"`systemctl disable --now tailscaled`で止めます。転送は不要で、直接つながらなければ中継されます。",
		},
	},
	"zerotier": {
		Session: Text{
			"Each device tells the maker's root servers where it is and sends encrypted packets to the others at UDP port 9993.",
			"各機器がメーカーのルートサーバーに居場所を知らせ、互いのUDPの9993番へ暗号化したパケットを送ります。",
		},
		Usual: Usual{Outward, Outward, Closed, Closed},
		Close: Text{
			"`systemctl disable --now zerotier-one`; it needs no forwarding.",
			"`systemctl disable --now zerotier-one`で止めます。転送は不要です。",
		},
	},
	"nebula": {
		Session: Text{
			"Each host asks a lighthouse at UDP port 4242 where another one is, and both prove themselves with certificates and encrypt.",
			"各ホストがUDPの4242番のライトハウスに相手の場所を尋ね、双方が証明書で認証し、暗号化して通信します。",
		},
		Usual: Usual{Outward, Open, Closed, Closed},
		Close: Text{
			"`systemctl disable --now nebula`; only lighthouses need an open port.",
			"`systemctl disable --now nebula`で止めます。開ける必要があるのはライトハウスだけです。",
		},
	},
	"socks": {
		Session: Text{
			"The client connects to TCP port 1080, agrees on a login (or none), names host and port, and the proxy connects on; from then on bytes pass both ways.",
			"クライアントがTCPの1080番へ接続し、認証方法(なしも可)を取り決め、ホストとポートを指定すると、プロキシが先へ接続し、以後は双方向に中継します。",
		},
		Usual: homeLAN,
		Close: Text{
			"Dante: `internal: 192.168.1.10` and client pass rules for the LAN in danted.conf, or `systemctl disable --now danted`; SSH: `ssh -D` listens on 127.0.0.1 unless told otherwise.",
			"Danteはdanted.confで`internal: 192.168.1.10`とし、client passをLANに限るか、`systemctl disable --now danted`で止めます。`ssh -D`は指定しなければ127.0.0.1だけで待ち受けます。",
		},
	},
	"tor-socks": {
		Session: Text{
			"A program of this machine connects to 9050 (the browser's own: 9150), names a host, and Tor leads it there over three others.",
			"この機器のプログラムが9050番(Tor Browserは9150番)へ接続してホストを指定すると、Torが3台を経由してつなぎます。",
		},
		Usual: nowhere,
		Close: Text{
			"`SocksPort 127.0.0.1:9050` in torrc (the default), or `SocksPort 0`.",
			"torrcで既定の`SocksPort 127.0.0.1:9050`とするか、`SocksPort 0`とします。",
		},
	},
	"privoxy": {
		Session: Text{
			"The browser connects to TCP port 8118 as to a proxy, and Privoxy filters and passes on.",
			"ブラウザーがプロキシとしてTCPの8118番へ接続し、Privoxyが内容を選り分けて中継します。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen-address 127.0.0.1:8118` in /etc/privoxy/config (the default).",
			"/etc/privoxy/configで既定の`listen-address 127.0.0.1:8118`とします。",
		},
	},
	"nat-pmp": {
		Session: Text{
			"A program sends by UDP to port 5351 of the router for how long it wants which port forwarded; the router answers and does it. Nobody logs in.",
			"プログラムがルーターのUDPの5351番へ、転送してほしいポートと期間を送ると、ルーターが応じます。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch NAT-PMP and PCP off in the router, or leave them on for the LAN: on the WAN side they must be silent.",
			"ルーターでNAT-PMPとPCPを切るか、LAN側だけで使います。WAN側では応答してはいけません。",
		},
	},
	"netis-backdoor": {
		Session: Text{
			"Whoever sends the password that is the same in every such router to UDP port 53413 gets a root shell.",
			"全製品に共通のパスワードをUDPの53413番へ送った者は、誰でもroot権限のシェルを得られます。",
		},
		Usual: nowhere,
		Close: Text{
			"Put new firmware on the router or replace it; until then block UDP 53413 before it.",
			"ルーターのファームウェアを更新するか買い替えます。それまでは手前でUDPの53413番を遮断します。",
		},
	},
	"iperf": {
		Session: Text{
			"The client connects to TCP port 5201, agrees on a test, and both fill further connections or UDP with data and count.",
			"クライアントがTCPの5201番へ接続して測定内容を取り決め、別の接続やUDPにデータを流して計測します。",
		},
		Usual: nowhere,
		Close: Text{
			"End it after the measurement (`iperf3 -s -1` serves one test), or `systemctl disable --now iperf3`.",
			"測定後に終了します(`iperf3 -s -1`は1回で終わります)。サービスなら`systemctl disable --now iperf3`で止めます。",
		},
	},
	"ptp-event": {
		Session: Text{
			"The clock sends SYNC by multicast (224.0.1.129) to UDP port 319 and its exact time to 320; the others ask for the delay and set their clocks to less than a microsecond.",
			"時計側がUDPの319番へSYNCを、320番へ正確な時刻をマルチキャスト(224.0.1.129)で送り、ほかの機器は遅延を測って1マイクロ秒未満に合わせます。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now ptp4l` where NTP is exact enough; pass it in the measuring network only.",
			"NTPの精度で足りるなら`systemctl disable --now ptp4l`で止めます。使う場合は計測用ネットワークだけで通します。",
		},
	},
}
