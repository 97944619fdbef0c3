package portspec

// network is managing, routing and tunnelling.
var network = []Service{
	{
		Name: "snmp", UDP: ports{161}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "snmptls",
		Summary: Text{"SNMP: reads and sets values of devices; the community of v1 and v2c is a password in clear", "SNMP。機器の値の読み書き(v1・v2cのコミュニティ名は平文のパスワード)"},
		Risk: Text{
			"With \"public\" strangers read interfaces, routes and names, and make it multiply forged requests.",
			"コミュニティ名がpublicのままだと構成や名前を読まれ、増幅攻撃の踏み台にもされます。",
		},
	},
	{
		Name: "snmptrap", Aliases: []string{"snmp-trap"}, TCP: ports{162}, UDP: ports{162}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "snmptls-trap",
		Summary: Text{"SNMP traps: devices report events here; six generic ones and the makers' own", "SNMPトラップの受信。機器からの出来事の通知(標準6種とメーカー独自)"},
		Risk: Text{
			"Forged traps raise false alarms and hide real ones, and nothing tells whether one arrived.",
			"偽のトラップで誤報を出され本物が埋もれるうえ、届いたかどうかも確かめられません。",
		},
	},
	{
		Name: "snmptls", Aliases: []string{"snmpdtls"}, TCP: ports{10161}, UDP: ports{10161}, LocalOnly: true,
		Summary: Text{"SNMP over TLS and DTLS", "TLS・DTLSで暗号化されたSNMP"},
		Risk: Text{
			"Without client certificates strangers may ask.",
			"クライアント証明書を求めないと、見知らぬ相手に問い合わせられます。",
		},
	},
	{
		Name: "snmptls-trap", Aliases: []string{"snmpdtls-trap"}, TCP: ports{10162}, UDP: ports{10162}, LocalOnly: true,
		Summary: Text{"SNMP traps over TLS and DTLS", "TLS・DTLSで暗号化されたSNMPトラップの受信"},
		Risk: Text{
			"Without client certificates forged traps are taken.",
			"クライアント証明書を求めないと、偽のトラップも受け取ります。",
		},
	},
	{
		Name: "syslog", TCP: ports{514, 601}, UDP: ports{514}, Cleartext: true, LocalOnly: true, Successor: "syslog-tls",
		Summary: Text{"Syslog: takes log messages, sorted by facility and severity; on UDP without any receipt", "syslog。ファシリティと重大度で分けたログの受信(UDPは到達確認なし)"},
		Risk: Text{
			"Strangers fill the disk, forge entries and bury their own traces.",
			"外部からディスクを埋められ、偽の記録で痕跡を隠されます。",
		},
	},
	{
		Name: "syslog-tls", TCP: ports{6514}, UDP: ports{6514}, LocalOnly: true,
		Summary: Text{"Syslog over TLS and DTLS", "TLS・DTLSで暗号化されたsyslog"},
		Risk: Text{
			"Without client certificates strangers write into the logs.",
			"クライアント証明書を求めないと、見知らぬ相手にログを書き込まれます。",
		},
	},
	{
		Name: "agentx", TCP: ports{705}, Cleartext: true, LocalOnly: true,
		Summary: Text{"AgentX: joins parts to an SNMP agent", "AgentX。SNMPエージェントへの部品の追加"},
		Risk: Text{
			"Whoever connects answers in the agent's name.",
			"接続した相手が、エージェントの名前で応答できます。",
		},
	},
	{
		Name: "radius", TCP: ports{1812, 1645}, UDP: ports{1812, 1645}, Cleartext: true, LocalOnly: true, Successor: "radsec",
		Summary: Text{"RADIUS: asks whether a login is right, for Wi-Fi, VPN and switches", "RADIUS。無線LAN、VPN、スイッチなどの認証"},
		Risk: Text{
			"Only a shared secret and MD5 protect it (Blast-RADIUS, 2024); it belongs on the management network.",
			"共有鍵とMD5だけで守られており(2024年のBlast-RADIUS)、管理用ネットワークに置くべきです。",
		},
	},
	{
		Name: "radius-acct", TCP: ports{1813, 1646}, UDP: ports{1813, 1646}, Cleartext: true, LocalOnly: true, Successor: "radsec",
		Summary: Text{"RADIUS accounting: who was connected, when and for how long", "RADIUSアカウンティング。誰がいつどれだけ接続したかの記録"},
		Risk: Text{
			"Forged records hide who was connected.",
			"偽の記録で、誰が接続したかを隠されます。",
		},
	},
	{
		Name: "radsec", TCP: ports{2083}, UDP: ports{2083},
		Summary: Text{"RADIUS over TLS and DTLS", "TLS・DTLSで暗号化されたRADIUS"},
		Risk: Text{
			"Certificates decide who may ask; a lenient check lets strangers in.",
			"証明書の確認が甘いと、見知らぬ相手の問い合わせも受け付けます。",
		},
	},
	{
		Name: "tacacs", TCP: ports{49}, UDP: ports{49}, Cleartext: true, LocalOnly: true,
		Summary: Text{"TACACS+: logins to switches and routers", "TACACS+。スイッチやルーターへのログイン認証"},
		Risk: Text{
			"Its scrambling with a shared secret is weak, and whoever breaks it holds the network's devices.",
			"共有鍵による秘匿は弱く、破られるとネットワーク機器を握られます。",
		},
	},
	{
		Name: "bgp", TCP: ports{179}, Cleartext: true,
		Summary: Text{"BGP: routers of different networks exchange routes", "BGP。異なるネットワークのルーター同士の経路交換"},
		Risk: Text{
			"Whoever takes part redirects traffic; strangers should not even reach the port.",
			"参加されると通信を曲げられるため、対向以外からは到達させないものです。",
		},
	},
	{
		Name: "router", Aliases: []string{"rip"}, UDP: ports{520}, Cleartext: true, LocalOnly: true,
		Summary: Text{"RIP: routers of a network exchange routes", "RIP。ネットワーク内のルーター同士の経路交換"},
		Risk: Text{
			"Version 1 believes anybody's routes and multiplies forged requests.",
			"バージョン1は誰の経路も信じ、増幅攻撃にも使われます。",
		},
	},
	{
		Name: "ripng", UDP: ports{521}, Cleartext: true, LocalOnly: true,
		Summary: Text{"RIPng: RIP for IPv6", "RIPng。IPv6のRIP"},
		Risk: Text{
			"It believes anybody's routes.",
			"誰の経路も信じてしまいます。",
		},
	},
	{
		Name: "hsrp", UDP: ports{1985}, Cleartext: true, LocalOnly: true,
		Summary: Text{"HSRP: several routers stand in for one another", "HSRP。複数のルーターによる冗長化"},
		Risk: Text{
			"Whoever speaks it on the network becomes the router.",
			"同じネットワークで話せる相手は、ルーターの役を奪えます。",
		},
	},
	{
		Name: "ldp", TCP: ports{646}, UDP: ports{646}, Cleartext: true, LocalOnly: true,
		Summary: Text{"LDP: labels for MPLS between routers", "LDP。ルーター間でのMPLSラベルの配布"},
		Risk: Text{
			"Whoever takes part redirects traffic.",
			"参加されると通信を曲げられます。",
		},
	},
	{
		Name: "smart-install", Aliases: []string{"cisco-smi"}, TCP: ports{4786}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Cisco Smart Install: sets up new switches from afar", "Cisco Smart Install。新しいスイッチの遠隔設定"},
		Risk: Text{
			"It asks for no login: strangers take and replace the configuration.",
			"認証がなく、設定を取り出され、書き換えられます。",
		},
	},
	{
		Name: "cwmp", Aliases: []string{"tr-069", "acs"}, TCP: ports{7547}, Cleartext: true,
		Summary: Text{"TR-069: the carrier manages a customer's router", "TR-069。通信事業者による利用者宅ルーターの管理"},
		Risk: Text{
			"In 2016 a Mirai worm aimed at this port knocked some 900,000 routers of one carrier off the network.",
			"2016年には、この口を狙ったMirai系ワームで一事業者の約90万台のルーターが通信できなくなりました。",
		},
	},
	{
		Name: "winbox", Aliases: []string{"mikrotik"}, TCP: ports{8291}, LocalOnly: true,
		Summary: Text{"WinBox: administration of MikroTik routers", "WinBox。MikroTikルーターの管理"},
		Risk: Text{
			"A hole of 2018 gave out the password file, and passwords are tried here.",
			"2018年の欠陥でパスワードを取り出され、総当たりも行われます。",
		},
	},
	{
		Name: "mikrotik-api", TCP: ports{8728}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "mikrotik-api-ssl",
		Summary: Text{"Programming interface of MikroTik routers", "MikroTikルーターのAPI"},
		Risk: Text{
			"Passwords are tried here, and whoever gets in holds the router.",
			"パスワードが試され、入られるとルーターを握られます。",
		},
	},
	{
		Name: "mikrotik-api-ssl", TCP: ports{8729}, LocalOnly: true,
		Summary: Text{"Programming interface of MikroTik routers over TLS", "TLSで暗号化されたMikroTikルーターのAPI"},
		Risk: Text{
			"Passwords are tried here, and whoever gets in holds the router.",
			"パスワードが試され、入られるとルーターを握られます。",
		},
	},
	{
		Name: "ubnt-discover", Aliases: []string{"ubnt"}, UDP: ports{10001}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Discovery of Ubiquiti devices", "Ubiquiti製機器の検出"},
		Risk: Text{
			"It names model, version and address, and multiplies forged requests.",
			"機種、版、アドレスを知られ、増幅攻撃にも使われます。",
		},
	},
	{
		Name: "unifi-inform", Aliases: []string{"unifi"}, TCP: ports{8880, 8843, 6789}, Cleartext: true,
		Summary: Text{"UniFi controller: portals for guests and the speed test of its devices", "UniFiコントローラー。来客用ポータルや速度測定"},
		Risk: Text{
			"Controllers that lag behind were taken over through holes such as Log4Shell.",
			"更新の遅れたコントローラーは、Log4Shellなどの欠陥で乗っ取られました。",
		},
	},
	{
		Name: "netconf-ssh", Aliases: []string{"netconf"}, TCP: ports{830}, LocalOnly: true,
		Summary: Text{"NETCONF: sets up routers and switches, over SSH", "NETCONF。SSHによるルーター・スイッチの設定"},
		Risk: Text{
			"Passwords are tried here, and whoever gets in holds the device.",
			"パスワードが試され、入られると機器を握られます。",
		},
	},
	{
		Name: "capwap-control", Aliases: []string{"capwap"}, UDP: ports{5246, 5247}, LocalOnly: true,
		Summary: Text{"CAPWAP: a controller leads its Wi-Fi access points", "CAPWAP。無線LANアクセスポイントの集中管理"},
		Risk: Text{
			"It shows a controller to strangers and had holes before the login.",
			"コントローラーの存在が知られ、認証前に突かれる欠陥もありました。",
		},
	},
	{
		Name: "vxlan", UDP: ports{4789, 8472}, Cleartext: true, LocalOnly: true,
		Summary: Text{"VXLAN: carries Ethernet inside UDP, between hosts of virtual machines and containers", "VXLAN。仮想マシンやコンテナのホスト間でEthernetをUDPに載せるトンネル"},
		Risk: Text{
			"It checks no sender: strangers put frames right into the inner network.",
			"送信元を確かめないため、内側のネットワークへ直接フレームを送り込まれます。",
		},
	},
	{
		Name: "geneve", UDP: ports{6081}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Geneve: carries Ethernet inside UDP, as VXLAN does", "Geneve。VXLANと同じく、EthernetをUDPに載せるトンネル"},
		Risk: Text{
			"It checks no sender: strangers put frames right into the inner network.",
			"送信元を確かめないため、内側のネットワークへ直接フレームを送り込まれます。",
		},
	},
	{
		Name: "sflow", UDP: ports{6343}, Cleartext: true, LocalOnly: true,
		Summary: Text{"sFlow: samples of the traffic for analysis", "sFlow。解析用の通信の標本の収集"},
		Risk: Text{
			"Forged samples mislead whoever watches.",
			"偽の標本で監視を惑わされます。",
		},
	},
	{
		Name: "netflow", UDP: ports{2055, 9995}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NetFlow: who spoke with whom, for analysis", "NetFlow。誰と誰が通信したかの記録の収集"},
		Risk: Text{
			"Forged records mislead whoever watches.",
			"偽の記録で監視を惑わされます。",
		},
	},
	{
		Name: "ipfix", TCP: ports{4739}, UDP: ports{4739}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IPFIX: who spoke with whom, the standard form of NetFlow", "IPFIX。NetFlowの標準版"},
		Risk: Text{
			"Forged records mislead whoever watches.",
			"偽の記録で監視を惑わされます。",
		},
	},
	{
		Name: "isakmp", Aliases: []string{"ike", "ikev2"}, UDP: ports{500},
		Summary: Text{"IKE: sets up IPsec VPNs", "IKE。IPsec VPNの鍵交換"},
		Risk: Text{
			"Aggressive mode of IKEv1 hands out a hash to crack, and gateways are attacked through their holes.",
			"IKEv1のアグレッシブモードは解読可能なハッシュを渡し、VPN装置の欠陥も狙われます。",
		},
	},
	{
		Name: "ipsec-nat-t", Aliases: []string{"nat-t"}, UDP: ports{4500},
		Summary: Text{"IPsec through routers: IKE and ESP inside UDP", "NATトラバーサル。ルーター越しのIPsec(IKEとESPをUDPで運ぶ)"},
		Risk: Text{
			"Gateways are attacked here through their holes, as at port 500.",
			"500番と同じく、VPN装置の欠陥を狙われます。",
		},
	},
	{
		Name: "l2tp", Aliases: []string{"l2f"}, UDP: ports{1701}, Cleartext: true, Successor: "isakmp",
		Summary: Text{"L2TP: tunnel for VPNs, meant to run inside IPsec", "L2TP。IPsecの中で使う前提のVPNトンネル"},
		Risk: Text{
			"Reached without IPsec, all that goes through it can be read.",
			"IPsecなしで到達できると、中の通信をすべて読み取られます。",
		},
	},
	{
		Name: "pptp", TCP: ports{1723}, Successor: "isakmp",
		Summary: Text{"PPTP: VPN of the 1990s", "PPTP。1990年代のVPN"},
		Risk: Text{
			"Its login can be cracked within a day, and with it all recorded traffic.",
			"認証は1日以内に解読でき、記録した通信もすべて読まれます。",
		},
	},
	{
		Name: "openvpn", TCP: ports{1194}, UDP: ports{1194},
		Summary: Text{"OpenVPN: VPN over TLS", "OpenVPN。TLSによるVPN"},
		Risk: Text{
			"With tls-auth it answers no stranger; without it shows a VPN and its certificate.",
			"tls-authがあれば見知らぬ相手には答えず、なければVPNの存在と証明書が知られます。",
		},
	},
	{
		Name: "wireguard", Aliases: []string{"wg"}, UDP: ports{51820},
		Summary: Text{"WireGuard: small VPN, which answers only those whose key it knows", "WireGuard。登録した鍵の相手にだけ答えるVPN"},
		Risk: Text{
			"It stays silent to strangers; only a lost key opens it.",
			"見知らぬ相手には無応答で、鍵が漏れない限り入られません。",
		},
	},
	{
		Name: "tailscale", UDP: ports{41641},
		Summary: Text{"Tailscale: WireGuard between the devices of an account", "Tailscale。同じアカウントの機器同士を結ぶWireGuard"},
		Risk: Text{
			"It stays silent to strangers; whoever takes over the account takes part.",
			"見知らぬ相手には無応答ですが、アカウントを奪われると参加されます。",
		},
	},
	{
		Name: "zerotier", UDP: ports{9993},
		Summary: Text{"ZeroTier: a virtual LAN between devices", "ZeroTier。機器同士を結ぶ仮想LAN"},
		Risk: Text{
			"Whoever is let into the network by mistake reaches every device in it.",
			"誤って参加を許すと、中の全機器に到達されます。",
		},
	},
	{
		Name: "nebula", UDP: ports{4242},
		Summary: Text{"Nebula: a virtual LAN between devices, by certificates", "Nebula。証明書による仮想LAN"},
		Risk: Text{
			"It stays silent to strangers; a lost certificate opens it.",
			"見知らぬ相手には無応答で、証明書が漏れると入られます。",
		},
	},
	{
		Name: "socks", Aliases: []string{"socks5", "socks4"}, TCP: ports{1080}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"SOCKS: a proxy for any connection", "SOCKS。あらゆる接続を中継するプロキシ"},
		Risk: Text{
			"An open one is used to hide attacks and to reach machines behind the firewall.",
			"誰でも使えるものは、攻撃元の隠蔽や内側の機器への侵入に使われます。",
		},
	},
	{
		Name: "tor-socks", TCP: ports{9050, 9150}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Tor's proxy for the programs of this machine", "Torの入り口。この機器のプログラム用のプロキシ"},
		Risk: Text{
			"Strangers use it to hide behind your line.",
			"見知らぬ相手が、こちらの回線に隠れて通信します。",
		},
	},
	{
		Name: "privoxy", TCP: ports{8118}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Privoxy: a filtering web proxy", "Privoxy。内容を選別するWebプロキシ"},
		Risk: Text{
			"An open one lends your address to strangers.",
			"誰でも使えると、見知らぬ相手にこちらのアドレスを使われます。",
		},
	},
	{
		Name: "nat-pmp", Aliases: []string{"pcp"}, UDP: ports{5351}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NAT-PMP and PCP: programs ask the router to open a port", "NAT-PMP・PCP。プログラムからルーターへのポート開放の要求"},
		Risk: Text{
			"A router that listens on its outer side lets strangers open ports to the inside.",
			"外側で待ち受けるルーターは、見知らぬ相手に内側へのポートを開けさせてしまいます。",
		},
	},
	{
		Name: "netis-backdoor", UDP: ports{53413}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Netis routers: a back door of the maker", "Netis製ルーターに作り込まれた裏口"},
		Risk: Text{
			"Its password is the same in every device and runs any command.",
			"全機器共通のパスワードで、任意のコマンドを実行されます。",
		},
	},
	{
		Name: "iperf", Aliases: []string{"iperf3"}, TCP: ports{5201}, UDP: ports{5201}, Cleartext: true,
		Summary: Text{"iPerf: measures the speed of a line", "iPerf。回線の速度測定"},
		Risk: Text{
			"Strangers fill your line with test traffic.",
			"見知らぬ相手に、測定用の通信で回線を埋められます。",
		},
	},
	{
		Name: "ptp-event", Aliases: []string{"ptp"}, UDP: ports{319, 320}, Cleartext: true, LocalOnly: true,
		Summary: Text{"PTP: sets clocks to within a microsecond", "PTP。マイクロ秒単位の時刻合わせ"},
		Risk: Text{
			"Whoever takes the lead sets every clock of the network.",
			"主時計の役を奪われると、全機器の時計を動かされます。",
		},
	},
}
