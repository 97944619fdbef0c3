package portspec

// voice is calls, chat and streams.
var voice = []Service{
	{
		Name: "sip", TCP: ports{5060}, UDP: ports{5060}, Cleartext: true, LoginCleartext: true, Successor: "sips",
		Summary: Text{"SIP: sets up telephone calls", "SIP。電話の発着信の制御"},
		Risk: Text{
			"Passwords are tried around the clock to telephone at your expense.",
			"パスワードが絶えず試され、こちらの料金で国際電話などをかけられます。",
		},
	},
	{
		Name: "sips", TCP: ports{5061}, UDP: ports{5061},
		Summary: Text{"SIP over TLS", "TLSで暗号化されたSIP"},
		Risk: Text{
			"Passwords are tried here to telephone at your expense.",
			"パスワードが試され、こちらの料金で電話をかけられます。",
		},
	},
	{
		Name: "h323hostcall", Aliases: []string{"h323"}, TCP: ports{1720}, Cleartext: true, Successor: "sips",
		Summary: Text{"H.323: sets up calls of older video conferences", "H.323。旧来のテレビ会議の発着信"},
		Risk: Text{
			"Robots call every conference room, and old devices have holes.",
			"自動発信で会議室に次々と着信し、古い機器には欠陥もあります。",
		},
	},
	{
		Name: "h323gatestat", Aliases: []string{"h323-ras"}, UDP: ports{1719}, Cleartext: true,
		Summary: Text{"H.323 gatekeeper: finds the called device", "H.323のゲートキーパー。通話先の機器の案内"},
		Risk: Text{
			"It tells names and numbers of devices.",
			"機器の名前や番号を知られます。",
		},
	},
	{
		Name: "mgcp-gateway", Aliases: []string{"mgcp"}, UDP: ports{2427, 2727}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MGCP: a telephone exchange leads its gateways", "MGCP。電話交換機による配下のゲートウェイの制御"},
		Risk: Text{
			"Whoever reaches it makes calls.",
			"到達できる相手に発信されます。",
		},
	},
	{
		Name: "iax", Aliases: []string{"iax2"}, UDP: ports{4569}, Cleartext: true, Successor: "sips",
		Summary: Text{"IAX2: calls between Asterisk exchanges", "IAX2。Asterisk同士の通話"},
		Risk: Text{
			"Passwords are tried here to telephone at your expense.",
			"パスワードが試され、こちらの料金で電話をかけられます。",
		},
	},
	{
		Name: "asterisk-ami", Aliases: []string{"ami"}, TCP: ports{5038}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Asterisk manager: commands to the telephone exchange", "Asteriskの管理接続。電話交換機への指示"},
		Risk: Text{
			"Whoever gets in makes calls and runs programs.",
			"入られると発信され、プログラムも実行されます。",
		},
	},
	{
		Name: "sccp", Aliases: []string{"skinny", "cisco-sccp"}, TCP: ports{2000, 2443}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SCCP: Cisco telephones and their exchange", "SCCP。Cisco製電話機と交換機の制御"},
		Risk: Text{
			"Whoever poses as a telephone makes and hears calls.",
			"電話機になりすまされ、発信や盗聴をされます。",
		},
	},
	{
		Name: "stun", Aliases: []string{"turn"}, TCP: ports{3478}, UDP: ports{3478}, Cleartext: true, Successor: "stuns",
		Summary: Text{"STUN and TURN: help calls and games through routers", "STUN・TURN。通話やゲームのルーター越えの補助"},
		Risk: Text{
			"A TURN relay without a password carries strangers' traffic, also to the inside.",
			"パスワードのないTURN中継は、内側も含めて他人の通信を運んでしまいます。",
		},
	},
	{
		Name: "stuns", Aliases: []string{"turns"}, TCP: ports{5349}, UDP: ports{5349},
		Summary: Text{"STUN and TURN over TLS", "TLSで暗号化されたSTUN・TURN"},
		Risk: Text{
			"A relay without a password carries strangers' traffic, also to the inside.",
			"パスワードのない中継は、内側も含めて他人の通信を運んでしまいます。",
		},
	},
	{
		Name: "rtsp", TCP: ports{554, 8554}, UDP: ports{554}, Cleartext: true, LoginCleartext: true, Successor: "rtsps",
		Summary: Text{"RTSP: pictures of cameras and other streams", "RTSP。カメラなどの映像配信"},
		Risk: Text{
			"Cameras without a password show their picture to the world, and search engines collect them.",
			"パスワードのないカメラの映像は誰にでも見え、検索サイトに集められています。",
		},
	},
	{
		Name: "rtsps", TCP: ports{322}, UDP: ports{322},
		Summary: Text{"RTSP over TLS", "TLSで暗号化されたRTSP"},
		Risk: Text{
			"Passwords of cameras are tried here.",
			"カメラのパスワードが試されます。",
		},
	},
	{
		Name: "rtmp", Aliases: []string{"macromedia-fcs"}, TCP: ports{1935}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"RTMP: sends a stream to a server", "RTMP。配信サーバーへの映像送信"},
		Risk: Text{
			"Without a key anybody broadcasts in your name.",
			"配信キーがないと、誰でもこちらの名義で配信できます。",
		},
	},
	{
		Name: "ms-streaming", Aliases: []string{"mms"}, TCP: ports{1755}, UDP: ports{1755}, Cleartext: true,
		Summary: Text{"Windows Media streams of the past", "旧来のWindows Mediaの配信"},
		Risk: Text{
			"Nobody mends it any more.",
			"もう修正されません。",
		},
	},
	{
		Name: "icecast", Aliases: []string{"shoutcast"}, TCP: ports{8000, 8001}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Icecast and SHOUTcast: Internet radio", "Icecast・SHOUTcast。インターネットラジオ"},
		Risk: Text{
			"The password of the source crosses in clear, and factory passwords are tried.",
			"送信用パスワードが平文で流れ、初期パスワードも試されます。",
		},
	},
	{
		Name: "xmpp-client", Aliases: []string{"xmpp", "jabber"}, TCP: ports{5222}, Cleartext: true, LoginCleartext: true, Successor: "xmpps-client",
		Summary: Text{"XMPP: chat, from program to server; encrypted after STARTTLS", "XMPP。チャット(クライアントとサーバーの間、STARTTLSで暗号化)"},
		Risk: Text{
			"A login before STARTTLS can be read, and open registration brings spam.",
			"STARTTLSより前の認証は盗聴され、登録が自由だと迷惑メッセージに使われます。",
		},
	},
	{
		Name: "xmpps-client", TCP: ports{5223},
		Summary: Text{"XMPP over TLS from the first byte", "最初からTLSで暗号化されたXMPP"},
		Risk: Text{
			"Passwords are tried here.",
			"パスワードが試されます。",
		},
	},
	{
		Name: "xmpp-server", TCP: ports{5269}, Cleartext: true,
		Summary: Text{"XMPP between servers", "XMPPのサーバー間接続"},
		Risk: Text{
			"Forged servers speak in others' names where certificates are not checked.",
			"証明書を確かめないと、他人のサーバーを名乗られます。",
		},
	},
	{
		Name: "ircu", Aliases: []string{"irc"}, TCP: ports{6667, 6665, 6666, 6668, 6669}, Cleartext: true, LoginCleartext: true, Successor: "ircs-u",
		Summary: Text{"IRC: group chat; also how old botnets take their orders", "IRC。グループチャット(古いボットネットの指令にも使われる)"},
		Risk: Text{
			"All is readable on the way; on a machine that runs no IRC server it is a sign of a bot.",
			"通信はすべて途中で読まれ、IRCサーバーのはずがない機器なら感染のしるしです。",
		},
	},
	{
		Name: "ircs-u", Aliases: []string{"ircs"}, TCP: ports{6697},
		Summary: Text{"IRC over TLS", "TLSで暗号化されたIRC"},
		Risk: Text{
			"Flooding and spam, as with any open chat.",
			"公開チャットに付きものの連投や迷惑行為を受けます。",
		},
	},
	{
		Name: "matrix-fed", Aliases: []string{"matrix"}, TCP: ports{8448},
		Summary: Text{"Matrix: chat between servers", "Matrix。チャットのサーバー間接続"},
		Risk: Text{
			"It tells strangers about users and rooms as far as the server allows.",
			"サーバーの設定しだいで、利用者や部屋の情報を知られます。",
		},
	},
	{
		Name: "teamspeak", Aliases: []string{"ts3"}, TCP: ports{10011, 30033}, UDP: ports{9987}, Cleartext: true,
		Summary: Text{"TeamSpeak: talk for players; 10011 is the administration", "TeamSpeak。ゲーム向け音声チャット(10011番は管理用)"},
		Risk: Text{
			"Passwords of the administration are tried here.",
			"管理用のパスワードが試されます。",
		},
	},
	{
		Name: "mumble", Aliases: []string{"murmur"}, TCP: ports{64738}, UDP: ports{64738},
		Summary: Text{"Mumble: encrypted talk for players", "Mumble。暗号化されたゲーム向け音声チャット"},
		Risk: Text{
			"Strangers join where no password is set.",
			"パスワードがないと、誰でも参加できます。",
		},
	},
}
