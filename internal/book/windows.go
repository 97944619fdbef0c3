package book

// windows is the lessons of Windows networks and directories.
var windows = lessons{
	"epmap": {
		Session: Text{
			"The client connects to TCP port 135 and asks the endpoint mapper at which port a service (by its UUID) listens; the answer is a port of 49152 and above, and the client connects there for the work itself.",
			"クライアントがTCPの135番へ接続し、目的のサービス(UUIDで指定)のポートをエンドポイントマッパーに問い合わせます。答えは49152番以上のポートで、実際の処理はそこへ接続し直して行います。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Windows cannot run without it: keep the firewall's public profile (which blocks it), pass 135 in the domain network only, and never forward it on the router. `sekisho query -n HOST -e 135` shows what it tells.",
			"Windowsの動作に必要なため止められません。ファイアウォールは遮断側の「パブリック」プロファイルとし、135番は社内だけで通し、ルーターでは転送しません。何を教えているかは`sekisho query -n ホスト -e 135`で見られます。",
		},
		Facts: []Text{{
			"It is the porter, not the room: a firewall that passes 135 alone lets the question through and stops the work, since the second port differs from start to start.",
			"135番は案内役にすぎません。2つ目のポートは起動のたびに変わるため、135番だけを通すと、問い合わせはできても処理は止まります。",
		}},
		Diagrams: []Diagram{{
			Title:   Text{"First the porter, then the service", "まず案内役、次にサービス"},
			Parties: []Text{{"client", "クライアント"}, {"server", "サーバー"}},
			Steps: []Step{
				{0, 1, Text{"135: where is this UUID?", "135番へ このUUIDはどこか"}},
				{1, 0, Text{"at 49664", "49664番"}},
				{0, 1, Text{"49664: the call itself", "49664番へ 実際の呼び出し"}},
			},
		}},
	},
	"netbios-ns": {
		Session: Text{
			"A PC broadcasts by UDP port 137 its own name to claim it, asks everybody who has a name, and the owner answers with its address. With a WINS server all asks go to it. NBSTAT lists all names of one machine.",
			"PCがUDPの137番で自分の名前をブロードキャストして登録し、ほかの名前の持ち主を全員に尋ねると、持ち主がアドレスを答えます。WINSサーバーがあれば、そこへ問い合わせます。NBSTATは1台の名前一覧を得る問い合わせです。",
		},
		Usual: homeLAN,
		Close: Text{
			"Windows: network adapter, IPv4, advanced, WINS, disable NetBIOS over TCP/IP. Samba: `disable netbios = yes` and `systemctl disable --now nmbd`. The router forwards neither 137 nor 138 nor 139.",
			"Windowsはアダプターの「IPv4」→「詳細設定」→「WINS」で「NetBIOS over TCP/IPを無効にする」を選びます。Sambaは`disable netbios = yes`とし、`systemctl disable --now nmbd`を実行します。ルーターで137〜139番は転送しません。",
		},
		Facts: []Text{{
			"NetBIOS names machines near by: it finds them, lists them, turns names into addresses and talks to them. 137 is the names, 138 the announcements, 139 the sessions. The machines keep talking, so that the list stays fresh.",
			"NetBIOSは近くの機器のための仕組みで、探す、一覧にする、名前をアドレスに変える、通信するという役目があります。137番が名前、138番が告知、139番がセッションです。一覧を新しく保つため、機器は通信を続けます。",
		}},
	},
	"netbios-dgm": {
		Session: Text{
			"Machines announce themselves by broadcast from and to UDP port 138, and one of them, the master browser, keeps the list for the network neighbourhood. Nobody confirms anything.",
			"各機器がUDPの138番でブロードキャストして存在を知らせ、そのうちの1台(マスターブラウザー)が、ネットワーク一覧に使う名簿を管理します。受信の確認はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"Disable NetBIOS over TCP/IP as for 137; Samba: `disable netbios = yes`.",
			"137番と同じく「NetBIOS over TCP/IPを無効にする」を選びます。Sambaは`disable netbios = yes`です。",
		},
	},
	"netbios-ssn": {
		Session: Text{
			"The client connects to TCP port 139, names whom it calls and who it is by NetBIOS name, and then speaks SMB as on 445.",
			"クライアントがTCPの139番へ接続し、相手と自分をNetBIOS名で名乗ってから、445番と同じSMBを話します。",
		},
		Usual: homeLAN,
		Close: Text{
			"Disable NetBIOS over TCP/IP as for 137; Samba: `smb ports = 445`. The firewall's public profile blocks it.",
			"137番と同じく「NetBIOS over TCP/IPを無効にする」を選びます。Sambaは`smb ports = 445`です。「パブリック」プロファイルなら遮断されます。",
		},
	},
	"microsoft-ds": {
		Session: Text{
			"The client connects to TCP port 445, both agree on an SMB version, the user logs in by Kerberos or NTLM, and shares, printers and pipes open.",
			"クライアントがTCPの445番へ接続し、SMBの版を取り決め、KerberosかNTLMで認証して、共有フォルダー、プリンター、パイプを開きます。",
		},
		Usual: homeLAN,
		Close: Text{
			"Windows: switch file and printer sharing off, or keep the public profile; SMB 1 off (`Disable-WindowsOptionalFeature -FeatureName SMB1Protocol`). Linux: `systemctl disable --now smbd`. Never forward 445: carriers block it for a reason.",
			"Windowsは「ファイルとプリンターの共有」を切るか「パブリック」プロファイルとし、SMB 1は無効にします(`Disable-WindowsOptionalFeature -FeatureName SMB1Protocol`)。Linuxは`systemctl disable --now smbd`です。445番は転送しません。事業者が止めていることも多い番号です。",
		},
		Facts: []Text{{
			"SMB 3 encrypts where the share demands it (Set-SmbServerConfiguration -EncryptData $true; Samba: smb encrypt = required).",
			"SMB 3は共有の設定で暗号化できます(Set-SmbServerConfiguration -EncryptData $true、Sambaはsmb encrypt = required)。",
		}},
	},
	"ldap": {
		Session: Text{
			"The client connects to TCP port 389, binds (logs in) with a name and a password, searches, and unbinds; by UDP it asks a domain controller one question without a login (CLDAP).",
			"クライアントがTCPの389番へ接続し、名前とパスワードでバインド(認証)し、検索して切断します。UDPでは認証なしでドメインコントローラーに1回だけ問い合わせます(CLDAP)。",
		},
		Usual: nowhere,
		Close: Text{
			"OpenLDAP: SLAPD_SERVICES=\"ldap://127.0.0.1/ ldaps:///\" and `disallow bind_anon`. A domain controller keeps it, inside, with signing required; the firewall lets neither 389 TCP nor UDP out of the house.",
			"OpenLDAPはSLAPD_SERVICES=\"ldap://127.0.0.1/ ldaps:///\"とし、`disallow bind_anon`を設定します。ドメインコントローラーでは署名を必須にして内側だけで使い、389番はTCPもUDPも外へ出しません。",
		},
		Upgrade: "StartTLS",
	},
	"ldaps": {
		Session: Text{
			"The client connects to TCP port 636; TLS begins at once, and inside it goes the conversation of port 389.",
			"クライアントがTCPの636番へ接続すると最初からTLSで始まり、その中で389番と同じやり取りをします。",
		},
		Usual: nowhere,
		Close: Text{
			"Take ldaps:/// out of SLAPD_SERVICES, or let the firewall pass 636 from the networks that log in by it.",
			"SLAPD_SERVICESからldaps:///を外すか、ファイアウォールで認証に使うネットワークからだけ636番を通します。",
		},
	},
	"msft-gc": {
		Session: Text{
			"As LDAP on 389, but the answers come from the whole forest, with a part of the attributes.",
			"389番のLDAPと同じですが、フォレスト全体から、一部の属性だけが返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Only domain controllers that are global catalogs have it: keep it inside, or untick Global Catalog in the NTDS settings.",
			"グローバルカタログのドメインコントローラーだけが持ちます。内側だけで使うか、NTDS設定で「グローバル カタログ」を外します。",
		},
	},
	"msft-gc-ssl": {
		Session: Text{
			"As on 3268, inside TLS from the first byte.",
			"3268番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Keep it inside: the firewall passes it between the firm's networks only.",
			"内側だけで使い、ファイアウォールでは社内のネットワーク間だけ通します。",
		},
	},
	"kerberos": {
		Session: Text{
			"The client asks the key distribution centre at port 88 for a ticket (AS), then with it for a ticket for each service (TGS), and shows that to the service. UDP first, TCP where answers are long.",
			"クライアントが88番の鍵配布センターにチケットを求め(AS)、それを使ってサービスごとのチケットを求め(TGS)、サービスに提示します。まずUDP、応答が長ければTCPです。",
		},
		Usual: nowhere,
		Close: Text{
			"Only domain controllers and KDCs have it: `systemctl disable --now krb5-kdc`, or pass 88 from the firm's networks and VPN only.",
			"ドメインコントローラーやKDCだけが持ちます。`systemctl disable --now krb5-kdc`で止めるか、88番は社内とVPNからだけ通します。",
		},
	},
	"kpasswd": {
		Session: Text{
			"The client shows a fresh ticket to port 464 and sends the new password encrypted with its key.",
			"クライアントが新しいチケットを464番に示し、その鍵で暗号化した新しいパスワードを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now krb5-admin-server`; a domain controller keeps it for the firm's networks only.",
			"`systemctl disable --now krb5-admin-server`で止めます。ドメインコントローラーでは社内だけに限ります。",
		},
	},
	"kerberos-adm": {
		Session: Text{
			"kadmin connects to TCP port 749 with an administrator's ticket and creates, changes and deletes accounts.",
			"kadminが管理者のチケットでTCPの749番へ接続し、アカウントの作成、変更、削除をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now krb5-admin-server`, or pass 749 from the administrators' addresses only.",
			"`systemctl disable --now krb5-admin-server`で止めるか、管理者のアドレスからだけ通します。",
		},
	},
	"wsman": {
		Session: Text{
			"A PowerShell connects by HTTP to TCP port 5985, logs in by Kerberos or NTLM, and sends commands; what is inside is encrypted by the login's key, unless Basic is used.",
			"PowerShellがHTTPでTCPの5985番へ接続し、KerberosかNTLMで認証してコマンドを送ります。中身は認証の鍵で暗号化されますが、Basic認証では平文です。",
		},
		Usual: Usual{Closed, LAN, LAN, LAN},
		Close: Text{
			"`Disable-PSRemoting -Force` and `Stop-Service WinRM`, Startup Disabled; or limit the inbound rule Windows Remote Management to the administrators' addresses.",
			"`Disable-PSRemoting -Force`と`Stop-Service WinRM`を実行し、スタートアップを無効にします。残す場合は受信の規則「Windows リモート管理」を管理者のアドレスに限ります。",
		},
	},
	"wsmans": {
		Session: Text{
			"As on 5985, inside TLS from the first byte.",
			"5985番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: Usual{Closed, LAN, LAN, LAN},
		Close: Text{
			"`winrm delete winrm/config/Listener?Address=*+Transport=HTTPS`, or limit the rule to the administrators' addresses.",
			"`winrm delete winrm/config/Listener?Address=*+Transport=HTTPS`で消すか、規則を管理者のアドレスに限ります。",
		},
	},
	"http-rpc-epmap": {
		Session: Text{
			"As on 135, but wrapped in HTTP: a client asks for the port of a service through a web server; Outlook of old came in this way.",
			"135番と同じ問い合わせをHTTPに包んで行います。以前のOutlookが外から使った方式です。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the feature RPC over HTTP Proxy, and block 593 from outside.",
			"機能「RPC over HTTP プロキシ」を削除し、外部からの593番を遮断します。",
		},
	},
	"msrpc-dynamic": {
		Session: Text{
			"The client learns from the endpoint mapper (135) which of these ports a service has today, and connects to it. Windows up to XP took 1025 and above, later ones 49152 to 65535.",
			"クライアントは135番でサービスの現在のポートを知り、ここへ接続します。XPまでのWindowsは1025番から、それ以降は49152〜65535番を使います。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"The firewall's public profile blocks them all. Where they must pass between networks, fix a small range: `netsh int ipv4 set dynamicport tcp start=50000 num=255`.",
			"「パブリック」プロファイルならすべて遮断されます。ネットワーク間で通す必要がある場合は範囲を狭めます: `netsh int ipv4 set dynamicport tcp start=50000 num=255`",
		},
	},
	"ms-ils": {
		Session: Text{
			"NetMeeting registered its user here, by LDAP, so that others found the address.",
			"NetMeetingがLDAPで利用者を登録し、相手がアドレスを見つけるために使いました。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the Site Server ILS service; nobody uses it since NetMeeting ended.",
			"Site Server ILSサービスを削除します。NetMeetingの終了後は使われていません。",
		},
	},
	"adws": {
		Session: Text{
			"Active Directory's PowerShell module and administrative center connect to TCP port 9389 of a domain controller by SOAP with Kerberos, and it asks the directory for them.",
			"Active DirectoryのPowerShellモジュールや管理センターが、ドメインコントローラーのTCPの9389番へKerberos認証のSOAPで接続し、代わりにディレクトリを読み書きさせます。",
		},
		Usual: nowhere,
		Close: Text{
			"Keep it inside; `Stop-Service ADWS` where nobody administers from afar.",
			"内側だけで使い、遠隔から管理しないなら`Stop-Service ADWS`で止めます。",
		},
	},
	"dfsr": {
		Session: Text{
			"Domain controllers and file servers connect to each other by RPC at TCP port 5722 and copy what changed in SYSVOL and shared folders.",
			"ドメインコントローラーやファイルサーバーが互いにTCPの5722番へRPCで接続し、SYSVOLや共有フォルダーの変更を複製します。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it between the replicating servers only; `Stop-Service DFSR` where nothing is replicated.",
			"複製し合うサーバーの間だけ通し、複製しないなら`Stop-Service DFSR`で止めます。",
		},
	},
	"nameserver": {
		Session: Text{
			"WINS servers connect to each other at TCP port 42 and exchange their lists of NetBIOS names; clients ask them by UDP 137.",
			"WINSサーバー同士がTCPの42番へ接続し、NetBIOS名の一覧を交換します。クライアントからの問い合わせはUDPの137番です。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the feature WINS Server: DNS does its work today.",
			"機能「WINS サーバー」を削除します。今日ではDNSで足ります。",
		},
	},
	"llmnr": {
		Session: Text{
			"A PC asks by multicast (224.0.0.252) at UDP port 5355 who has a name that DNS did not know; whoever says it is his is believed.",
			"DNSで分からない名前を、PCがUDPの5355番へマルチキャスト(224.0.0.252)で尋ねます。自分だと答えた機器が、そのまま信じられます。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Group policy: Turn off multicast name resolution, enabled. Linux: `LLMNR=no` in /etc/systemd/resolved.conf.",
			"グループポリシーの「マルチキャスト名前解決を無効にする」を有効にします。Linuxは/etc/systemd/resolved.confで`LLMNR=no`です。",
		},
	},
	"ws-discovery": {
		Session: Text{
			"A PC asks by multicast (239.255.255.250) at UDP port 3702 for printers, scanners, cameras and PCs, and they answer with their addresses in XML.",
			"PCがUDPの3702番へマルチキャスト(239.255.255.250)で、プリンター、スキャナー、カメラ、PCを探し、相手がXMLでアドレスを答えます。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Switch network discovery off (Settings, Network, Advanced sharing), or stop the service FDResPub; cameras: ONVIF discovery off.",
			"「ネットワーク探索」を切るか、サービスFDResPubを止めます。カメラではONVIFの検出を切ります。",
		},
	},
	"wsdapi": {
		Session: Text{
			"A PC that was told of a device by WS-Discovery fetches its description here by HTTP (5357) or HTTPS (5358).",
			"WS-Discoveryで見つけた機器の説明を、PCがHTTP(5357番)かHTTPS(5358番)で取り寄せます。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Network discovery off, or keep the firewall's public profile.",
			"「ネットワーク探索」を切るか、「パブリック」プロファイルにします。",
		},
	},
	"icslap": {
		Session: Text{
			"A device that was found by SSDP is asked here, by HTTP, for its description, and sends word of changes.",
			"SSDPで見つかった機器の説明をHTTPで取り寄せ、変化の通知も受け取ります。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Network discovery off, or stop the services SSDPSRV and upnphost.",
			"「ネットワーク探索」を切るか、サービスSSDPSRVとupnphostを止めます。",
		},
	},
	"wsus": {
		Session: Text{
			"The firm's PCs connect by HTTP to TCP port 8530, tell what they have, and fetch approved updates, which carry Microsoft's signature.",
			"社内のPCがHTTPでTCPの8530番へ接続し、適用状況を知らせ、承認済みの更新(マイクロソフトの署名付き)を取得します。",
		},
		Usual: nowhere,
		Close: Text{
			"Require SSL (`wsusutil configuressl`), use 8531, and pass it inside the firm only.",
			"SSLを必須にして(`wsusutil configuressl`)8531番を使い、社内だけで通します。",
		},
	},
	"wsus-ssl": {
		Session: Text{
			"As on 8530, inside TLS from the first byte.",
			"8530番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it inside the firm and over the VPN only.",
			"社内とVPNからだけ通します。",
		},
	},
	"msmq": {
		Session: Text{
			"A program connects to TCP port 1801 and puts messages into a queue; the receiver fetches them later.",
			"プログラムがTCPの1801番へ接続してキューにメッセージを入れ、受け手が後で取り出します。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the feature Message Queuing where no program needs it, or limit the rule to the machines that use it.",
			"必要なプログラムがなければ機能「メッセージ キュー」を削除します。残す場合は規則を利用する機器に限ります。",
		},
	},
	"teredo": {
		Session: Text{
			"A PC behind NAT sends UDP to port 3544 of a Teredo server, learns how it looks from outside, and sends IPv6 packets inside UDP to others.",
			"NATの内側のPCがTeredoサーバーのUDPの3544番へ送信し、外からの見え方を知り、IPv6パケットをUDPに包んで相手へ送ります。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"`netsh interface teredo set state disabled`; games that want it say so.",
			"`netsh interface teredo set state disabled`で無効にします。必要なゲームはその旨を表示します。",
		},
	},
	"ms-rdp-gateway": {
		Session: Text{
			"After the client has logged in to the gateway by HTTPS on 443, the picture of the remote desktop comes over UDP 3391 (DTLS).",
			"クライアントが443番のHTTPSでゲートウェイに認証したあと、リモートデスクトップの画面がUDPの3391番(DTLS)で届きます。",
		},
		Usual: nowhere,
		Close: Text{
			"RD Gateway Manager, transport settings, UDP off: 443 alone works, more slowly. Keep it patched: holes of 2020 needed no login.",
			"RDゲートウェイマネージャーの転送設定でUDPを切ります。遅くはなりますが443番だけで動きます。2020年の欠陥は認証なしで悪用できたため、修正は必ず適用します。",
		},
	},
}
