package portspec

// windows is Windows and its domains.
var windows = []Service{
	{
		Name: "epmap", Aliases: []string{"msrpc", "ms-rpc", "dce-rpc", "rpc-epmap"}, TCP: ports{135}, UDP: ports{135}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MS-RPC endpoint mapper: tells at which port each RPC service of Windows listens", "MS-RPCのエンドポイントマッパー。WindowsのRPCサービスの待ち受け先の案内"},
		Risk: Text{
			"It lists the machine's services to strangers, and worms from Blaster on came in here.",
			"稼働中のサービス一覧を教えてしまい、Blasterをはじめワームの侵入口にもなりました。",
		},
	},
	{
		Name: "netbios-ns", Aliases: []string{"nbns", "nbname"}, TCP: ports{137}, UDP: ports{137}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NetBIOS name service: names of Windows machines on a LAN", "NetBIOSの名前サービス。LAN内のWindows機器の名前解決"},
		Risk: Text{
			"It tells strangers machine name, workgroup and user, and believes false names.",
			"機器名、ワークグループ、利用者名が知られ、偽の名前の応答も信じてしまいます。",
		},
	},
	{
		Name: "netbios-dgm", Aliases: []string{"nbdgm", "nbdatagram"}, UDP: ports{138}, Cleartext: true, LocalOnly: true,
		Summary: Text{"NetBIOS datagrams: announcements in the network neighbourhood of Windows", "NetBIOSのデータグラム。Windowsのネットワーク一覧への通知"},
		Risk: Text{
			"It tells what machines there are, and believes forged announcements.",
			"機器の存在が知られ、偽の通知も信じてしまいます。",
		},
	},
	{
		Name: "netbios-ssn", Aliases: []string{"nbsession", "nbss"}, TCP: ports{139}, Cleartext: true, LocalOnly: true, Successor: "microsoft-ds",
		Summary: Text{"NetBIOS session: Windows file and printer sharing of the past", "NetBIOSのセッション。旧来のWindowsファイル・プリンター共有"},
		Risk: Text{
			"Passwords are tried here, and old versions hand out users and shares without one.",
			"パスワードが試され、古い版はパスワードなしで利用者や共有の一覧を渡します。",
		},
	},
	{
		Name: "microsoft-ds", Aliases: []string{"smb", "cifs", "samba"}, TCP: ports{445}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SMB: file and printer sharing of Windows and Samba", "SMB。WindowsやSambaのファイル・プリンター共有"},
		Risk: Text{
			"WannaCry and most ransomware spread here; on the Internet it is never needed.",
			"WannaCryをはじめランサムウェアの感染経路であり、インターネットへ公開する必要はありません。",
		},
	},
	{
		Name: "ldap", Aliases: []string{"cldap"}, TCP: ports{389}, UDP: ports{389}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "ldaps",
		Summary: Text{"LDAP: directory of users and machines; Active Directory, and CLDAP on UDP", "LDAP。利用者や機器のディレクトリ(Active Directory、UDPはCLDAP)"},
		Risk: Text{
			"A simple bind sends the password in clear, anonymous reading gives the directory away, and CLDAP multiplies forged requests some fiftyfold.",
			"単純バインドのパスワードは平文で流れ、匿名で読めると名簿が漏れ、CLDAPは約50倍の増幅攻撃に使われます。",
		},
	},
	{
		Name: "ldaps", Aliases: []string{"sldap"}, TCP: ports{636}, LocalOnly: true,
		Summary: Text{"LDAP over TLS", "TLSで暗号化されたLDAP"},
		Risk: Text{
			"Passwords are tried here, and anonymous reading gives the directory away.",
			"パスワードが試され、匿名で読めると名簿が漏れます。",
		},
	},
	{
		Name: "msft-gc", Aliases: []string{"global-catalog"}, TCP: ports{3268}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "msft-gc-ssl",
		Summary: Text{"Active Directory global catalogue: LDAP over all domains of a forest", "Active Directoryのグローバルカタログ(フォレスト全体のLDAP)"},
		Risk: Text{
			"A simple bind sends the password in clear, and whoever reads it knows every account of the firm.",
			"単純バインドのパスワードは平文で流れ、読まれると全アカウントを知られます。",
		},
	},
	{
		Name: "msft-gc-ssl", TCP: ports{3269}, LocalOnly: true,
		Summary: Text{"Active Directory global catalogue over TLS", "TLSで暗号化されたグローバルカタログ"},
		Risk: Text{
			"Whoever reads it knows every account of the firm.",
			"読まれると、組織の全アカウントを知られます。",
		},
	},
	{
		Name: "kerberos", Aliases: []string{"kerberos-sec", "krb5"}, TCP: ports{88}, UDP: ports{88},
		Summary: Text{"Kerberos: proves who somebody is, in Active Directory and elsewhere", "Kerberos。Active Directoryなどの認証"},
		Risk: Text{
			"Account names can be tried out, and tickets of accounts with weak passwords are taken away to be cracked.",
			"アカウント名を確かめられ、弱いパスワードのチケットは持ち帰って解読されます。",
		},
	},
	{
		Name: "kpasswd", TCP: ports{464}, UDP: ports{464},
		Summary: Text{"Change of a Kerberos password", "Kerberosのパスワード変更"},
		Risk: Text{
			"It belongs beside Kerberos and shows a domain controller to strangers.",
			"Kerberosと対で使うもので、ドメインコントローラーの存在を知らせてしまいます。",
		},
	},
	{
		Name: "kerberos-adm", TCP: ports{749}, UDP: ports{749}, LocalOnly: true,
		Summary: Text{"Administration of a Kerberos realm", "Kerberosレルムの管理"},
		Risk: Text{
			"Whoever gets in makes and changes every account.",
			"入られると、あらゆるアカウントを作成・変更されます。",
		},
	},
	{
		Name: "wsman", Aliases: []string{"winrm"}, TCP: ports{5985, 47001}, Cleartext: true, LocalOnly: true, Successor: "wsmans",
		Summary: Text{"WinRM: Windows administration by PowerShell, over HTTP", "WinRM。HTTPによるWindowsの遠隔管理(PowerShell)"},
		Risk: Text{
			"Whoever has a password runs commands; names and traffic patterns can be read on the way.",
			"パスワードを得た相手にコマンドを実行されます。",
		},
	},
	{
		Name: "wsmans", Aliases: []string{"winrms"}, TCP: ports{5986}, LocalOnly: true,
		Summary: Text{"WinRM over HTTPS", "HTTPSによるWindowsの遠隔管理"},
		Risk: Text{
			"Whoever has a password runs commands.",
			"パスワードを得た相手にコマンドを実行されます。",
		},
	},
	{
		Name: "http-rpc-epmap", TCP: ports{593}, Cleartext: true, LocalOnly: true,
		Summary: Text{"RPC over HTTP: the endpoint mapper behind a web server", "RPC over HTTP。Webサーバー経由のエンドポイントマッパー"},
		Risk: Text{
			"It lists the machine's services to strangers as port 135 does.",
			"135番と同じく、稼働中のサービス一覧を教えてしまいます。",
		},
	},
	{
		Name: "msrpc-dynamic", TCP: ports{49152, 49153, 49154, 49155, 49156, 49157, 1025, 1026, 1027, 1028, 1029, 1030}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Windows RPC services: the first of the ports that the endpoint mapper hands out (from 1025 up before Vista)", "WindowsのRPCサービス。エンドポイントマッパーが割り当てる先頭の番号(Vistaより前は1025以降)"},
		Risk: Text{
			"Task scheduler, event log, accounts and other parts of Windows answer here.",
			"タスクスケジューラ、イベントログ、アカウント管理などWindowsの内部機能に直接つながります。",
		},
	},
	{
		Name: "ms-ils", Aliases: []string{"ils"}, TCP: ports{1002}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Internet Locator Server of NetMeeting; on old Windows an empty LDAP beside the firewall of XP", "NetMeetingのILS(古いWindowsではXPのファイアウォール機能も使用)"},
		Risk: Text{
			"Nobody uses it any more: an open one is a forgotten machine.",
			"現在使う相手はなく、開いていれば放置された機器です。",
		},
	},
	{
		Name: "adws", TCP: ports{9389}, LocalOnly: true,
		Summary: Text{"Active Directory web services: PowerShell's door to the directory", "Active Directory Webサービス。PowerShellからのディレクトリ操作"},
		Risk: Text{
			"Passwords are tried here, and every account may read the directory.",
			"パスワードが試され、どのアカウントでも名簿を読めます。",
		},
	},
	{
		Name: "dfsr", Aliases: []string{"msdfsr"}, TCP: ports{5722}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Replication of the domain's shared files (DFSR)", "ドメインの共有ファイルの複製(DFSR)"},
		Risk: Text{
			"It is for domain controllers among themselves.",
			"ドメインコントローラー同士だけで使うものです。",
		},
	},
	{
		Name: "nameserver", Aliases: []string{"wins"}, TCP: ports{42}, UDP: ports{42}, Cleartext: true, LocalOnly: true,
		Summary: Text{"WINS: name server of NetBIOS networks", "WINS。NetBIOSの名前サーバー"},
		Risk: Text{
			"Holes of the past gave strangers the server, and it believes what it is told.",
			"過去に乗っ取りの欠陥があり、登録内容も疑わずに信じます。",
		},
	},
	{
		Name: "llmnr", TCP: ports{5355}, UDP: ports{5355}, Cleartext: true, LocalOnly: true,
		Summary: Text{"LLMNR: asks the neighbours for a name when DNS knows none", "LLMNR。DNSで引けない名前の、近くの機器への問い合わせ"},
		Risk: Text{
			"Whoever answers first is believed, and gets the password hash of the next login.",
			"先に答えた者が信じられ、次のログインのパスワードハッシュを取られます。",
		},
	},
	{
		Name: "ws-discovery", Aliases: []string{"wsd"}, UDP: ports{3702}, Cleartext: true, LocalOnly: true,
		Summary: Text{"WS-Discovery: finds printers, cameras and Windows machines of a LAN", "WS-Discovery。LAN内のプリンター、カメラ、Windows機器の検出"},
		Risk: Text{
			"On the Internet it multiplies forged requests, and it names the device.",
			"インターネットに公開すると増幅攻撃に使われ、機種も知られます。",
		},
	},
	{
		Name: "wsdapi", Aliases: []string{"wsdapi-s"}, TCP: ports{5357, 5358}, Cleartext: true, LocalOnly: true,
		Summary: Text{"WSDAPI: devices speak web services with Windows", "WSDAPI。WindowsとWeb対応機器の通信"},
		Risk: Text{
			"It names the machine and its devices, and had holes.",
			"機器の名前や種類を知られ、過去には欠陥もありました。",
		},
	},
	{
		Name: "icslap", Aliases: []string{"upnphost"}, TCP: ports{2869}, Cleartext: true, LocalOnly: true,
		Summary: Text{"UPnP events of Windows", "WindowsのUPnPイベント受信"},
		Risk: Text{
			"It takes HTTP from any device and is of use on the LAN only.",
			"どの機器からのHTTPも受けるため、LAN内だけで使うものです。",
		},
	},
	{
		Name: "wsus", TCP: ports{8530}, Cleartext: true, LocalOnly: true, Successor: "wsus-ssl",
		Summary: Text{"WSUS: hands out Windows updates in a firm", "WSUS。組織内のWindows更新の配布"},
		Risk: Text{
			"Over HTTP false updates can be slipped in, and a hole of 2025 gave strangers the server.",
			"HTTPのままでは偽の更新を差し込まれ、2025年には乗っ取りの欠陥も悪用されました。",
		},
	},
	{
		Name: "wsus-ssl", TCP: ports{8531}, LocalOnly: true,
		Summary: Text{"WSUS over TLS", "TLSで暗号化されたWSUS"},
		Risk: Text{
			"A hole of 2025 gave strangers the server.",
			"2025年には乗っ取りの欠陥が悪用されました。",
		},
	},
	{
		Name: "msmq", TCP: ports{1801}, UDP: ports{3527}, Cleartext: true, LocalOnly: true,
		Summary: Text{"MSMQ: message queue of Windows", "MSMQ。Windowsのメッセージキュー"},
		Risk: Text{
			"A hole of 2023 ran code of whoever sent one packet.",
			"2023年の欠陥では、パケット一つで任意のコードを実行されました。",
		},
	},
	{
		Name: "teredo", UDP: ports{3544}, Cleartext: true,
		Summary: Text{"Teredo: carries IPv6 through IPv4 routers", "Teredo。IPv4のルーター越しのIPv6通信"},
		Risk: Text{
			"It opens a way round the router's filter.",
			"ルーターのフィルターを迂回する通り道になります。",
		},
	},
	{
		Name: "ms-rdp-gateway", Aliases: []string{"rdg"}, UDP: ports{3391},
		Summary: Text{"Remote Desktop gateway over UDP", "UDPによるリモートデスクトップゲートウェイ"},
		Risk: Text{
			"Holes of 2020 let strangers run code on the gateway.",
			"2020年の欠陥では、ゲートウェイ上で任意のコードを実行されました。",
		},
	},
}
