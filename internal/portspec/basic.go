package portspec

// basic is the services of the network itself: names, time, addresses, boot, and the small ones of its beginnings.
var basic = []Service{
	{
		Name: "domain", Aliases: []string{"dns"}, TCP: ports{53}, UDP: ports{53}, Cleartext: true, Successor: "domain-s",
		Summary: Text{"DNS: turns host names into addresses and back", "DNS。ホスト名とIPアドレスを相互に変換する名前解決"},
		Risk: Text{
			"A resolver that answers strangers is used to flood others with amplified replies, and an open zone transfer lists every host.",
			"誰にでも答えるリゾルバーは他人への増幅攻撃の踏み台にされ、ゾーン転送を許しているとホスト名の一覧を取られます。",
		},
	},
	{
		Name: "domain-s", Aliases: []string{"dot", "doq"}, TCP: ports{853}, UDP: ports{853},
		Summary: Text{"DNS over TLS, and over QUIC on UDP", "暗号化されたDNS(TCPはDNS over TLS、UDPはDNS over QUIC)"},
		Risk: Text{
			"A resolver that answers strangers lends them its line and its good name.",
			"誰にでも答えるリゾルバーは、見知らぬ相手に回線と信用を使われます。",
		},
	},
	{
		Name: "ntp", UDP: ports{123}, Cleartext: true, Successor: "ntske",
		Summary: Text{"NTP: sets clocks, in steps of distance from a reference clock (stratum)", "NTP。基準時計からの段数(stratum)をたどる時刻合わせ"},
		Risk: Text{
			"Old servers answer monlist with hundreds of times the traffic, which floods others; a forged reply sets a clock wrong.",
			"古いサーバーはmonlistに何百倍もの応答を返して増幅攻撃に使われ、偽の応答で時計を狂わされることもあります。",
		},
	},
	{
		Name: "ntske", Aliases: []string{"nts"}, TCP: ports{4460},
		Summary: Text{"NTS key establishment: lets NTP prove that its answers are genuine", "NTSの鍵交換。NTPの応答が本物であることの証明に使用"},
		Risk: Text{
			"It shows a TLS service to strangers, and little more.",
			"TLSのサービスが一つ外から見えるだけで、それ以上の危険はわずかです。",
		},
	},
	{
		Name: "bootps", Aliases: []string{"dhcp", "dhcps"}, UDP: ports{67}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DHCP server: hands out addresses, router and name servers", "DHCPサーバー。IPアドレス、ルーター、DNSサーバーの配布"},
		Risk: Text{
			"Whoever answers first decides the router and the name server of every machine of the network.",
			"先に応答した者が、ネットワーク内の全機器のルーターとDNSサーバーを決めてしまいます。",
		},
	},
	{
		Name: "bootpc", Aliases: []string{"dhcpc"}, UDP: ports{68}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DHCP client: the port at which a machine waits for its address", "DHCPクライアント。アドレスの割り当てを受け取るポート"},
		Risk: Text{
			"A forged offer from the same network sends all traffic through somebody else's machine.",
			"同じネットワークから偽の割り当てを受けると、通信全体が他人の機器を経由してしまいます。",
		},
	},
	{
		Name: "dhcpv6-client", UDP: ports{546}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DHCPv6 client: the port at which a machine waits for its IPv6 settings", "DHCPv6クライアント。IPv6の設定を受け取るポート"},
		Risk: Text{
			"A forged answer from the same network gives the machine a false name server.",
			"同じネットワークからの偽の応答で、偽のDNSサーバーを設定されます。",
		},
	},
	{
		Name: "dhcpv6-server", Aliases: []string{"dhcpv6"}, UDP: ports{547}, Cleartext: true, LocalOnly: true,
		Summary: Text{"DHCPv6 server: hands out IPv6 addresses, prefixes and name servers", "DHCPv6サーバー。IPv6のアドレス、プレフィックス、DNSサーバーの配布"},
		Risk: Text{
			"Whoever answers first decides the name server of every machine of the network.",
			"先に応答した者が、ネットワーク内の全機器のDNSサーバーを決めてしまいます。",
		},
	},
	{
		Name: "tftp", UDP: ports{69}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"TFTP: file transfer without any login, for booting devices", "TFTP。認証のないファイル転送(機器の起動や設定の配布用)"},
		Risk: Text{
			"Anybody takes the files whose names can be guessed, configurations with passwords among them, and often may put others in their place.",
			"名前を推測できるファイルは誰でも取り出せ、パスワード入りの設定が漏れたり書き換えられたりします。",
		},
	},
	{
		Name: "echo", TCP: ports{7}, UDP: ports{7}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Echo: sends back what it gets, a test service of the 1980s", "echo。受け取ったものをそのまま返す1980年代の試験用サービス"},
		Risk: Text{
			"With a forged sender two such ports answer one another without end.",
			"送信元を偽ると、こうしたポート同士に応答を延々と続けさせることができます。",
		},
	},
	{
		Name: "discard", TCP: ports{9}, UDP: ports{9}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Discard: swallows what it gets; on UDP also the usual port of Wake-on-LAN", "discard。受け取ったものを捨てる試験用サービス(UDPはWake-on-LANの既定ポートでもある)"},
		Risk: Text{
			"It serves nobody and shows that old test services are switched on.",
			"役に立つ相手はなく、古い試験用サービスが有効なままだと知らせるだけです。",
		},
	},
	{
		Name: "systat", TCP: ports{11}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"Systat: lists the users or processes of a machine to whoever asks", "systat。ログイン中の利用者やプロセスの一覧を公開する古いサービス"},
		Risk: Text{
			"It tells strangers who is logged in and what runs.",
			"誰がログインし、何が動いているかを見知らぬ相手に教えてしまいます。",
		},
	},
	{
		Name: "daytime", TCP: ports{13}, UDP: ports{13}, Cleartext: true, LocalOnly: true, Successor: "ntp",
		Summary: Text{"Daytime: tells date and time as text", "daytime。日時を文字で返す古いサービス"},
		Risk: Text{
			"On UDP it answers forged senders and so helps to flood others.",
			"UDPでは偽の送信元にも答えるため、他人への攻撃に使われます。",
		},
	},
	{
		Name: "netstat", TCP: ports{15}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"Netstat: lists the connections of a machine to whoever asks", "netstat。通信中の接続の一覧を公開する古いサービス"},
		Risk: Text{
			"It tells strangers with whom the machine speaks.",
			"この機器がどこと通信しているかを見知らぬ相手に教えてしまいます。",
		},
	},
	{
		Name: "qotd", TCP: ports{17}, UDP: ports{17}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Quote of the day: sends a short text", "qotd。短い文章を返す試験用サービス"},
		Risk: Text{
			"On UDP a small forged request makes it send a large answer to a victim.",
			"UDPでは小さな偽の要求で、被害者に大きな応答を送りつけさせることができます。",
		},
	},
	{
		Name: "chargen", TCP: ports{19}, UDP: ports{19}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Character generator: sends letters without end", "chargen。文字を延々と送り続ける試験用サービス"},
		Risk: Text{
			"On UDP it is one of the strongest amplifiers of attacks on others.",
			"UDPでは増幅率の特に高い踏み台として攻撃に使われます。",
		},
	},
	{
		Name: "time", TCP: ports{37}, UDP: ports{37}, Cleartext: true, LocalOnly: true, Successor: "ntp",
		Summary: Text{"Time: tells the time as one number", "time。時刻を一つの数値で返す、NTPより前の方式"},
		Risk: Text{
			"On UDP it answers forged senders, and the time cannot be trusted.",
			"UDPでは偽の送信元にも答え、返ってくる時刻も信頼できません。",
		},
	},
	{
		Name: "nicname", Aliases: []string{"whois"}, TCP: ports{43}, Cleartext: true,
		Summary: Text{"Whois: tells who holds a domain or an address", "whois。ドメインやIPアドレスの登録者の照会"},
		Risk: Text{
			"Whoever runs no registry has no use for it, and its text programs of the past had holes.",
			"レジストリでなければ公開する必要はなく、古い実装には欠陥がありました。",
		},
	},
	{
		Name: "gopher", TCP: ports{70}, Cleartext: true, Successor: "https",
		Summary: Text{"Gopher: menus and texts, the forerunner of the web", "Gopher。Web以前のメニュー式文書閲覧"},
		Risk: Text{
			"Old servers give out files beyond their folder, and nobody looks after them.",
			"古いサーバーは公開範囲外のファイルまで渡すことがあり、手入れもされていません。",
		},
	},
	{
		Name: "finger", TCP: ports{79}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Finger: tells who is logged in and when they read their mail", "finger。ログイン中の利用者や最終利用日時の照会"},
		Risk: Text{
			"It hands out account names, the first half of a guessed login.",
			"アカウント名を渡してしまい、総当たり攻撃の手がかりになります。",
		},
	},
	{
		Name: "auth", Aliases: []string{"ident", "identd", "tap"}, TCP: ports{113}, Cleartext: true,
		Summary: Text{"Ident: tells a server which user of this machine opened a connection; asked by IRC and old mail servers", "ident。接続を開いた利用者名の照会(IRCや古いメールサーバーが使用)"},
		Risk: Text{
			"It gives account names away; refusing is better than silence, since servers that ask would wait.",
			"アカウント名が漏れます。ただし無応答にすると相手が待たされるため、拒否を返すほうが適切です。",
		},
	},
	{
		Name: "tcpmux", TCP: ports{1}, Cleartext: true, LocalOnly: true,
		Summary: Text{"TCP port service multiplexer: starts services by name", "tcpmux。名前を指定したサービスの呼び出し"},
		Risk: Text{
			"It offers everything that it was given to start, without asking who calls.",
			"登録されたサービスを、相手を確かめずに呼び出させてしまいます。",
		},
	},
}
