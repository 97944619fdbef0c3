package book

// keystrokes is what one key costs where each is sent for itself.
var keystrokes = Diagram{
	Title:   Text{"One key", "キーを1つ押したとき"},
	Parties: []Text{{"client", "クライアント"}, {"server", "サーバー"}},
	Steps: []Step{
		{0, 1, Text{"the key: l", "押した文字 l"}},
		{1, 0, Text{"ACK and the echo: l", "ACKとエコー l"}},
		{0, 1, Text{"ACK", "ACK"}},
	},
}

// remote is the lessons of working on a machine from afar.
var remote = lessons{
	"ssh": {
		Session: Text{
			"The client connects to TCP port 22; both name their versions, agree on keys and encrypt; the client checks the server's host key; the user proves himself by key or password; then channels open: a shell, a command, SFTP, forwarded ports.",
			"クライアントがTCPの22番へ接続し、双方が版を名乗り、鍵を交換して暗号化します。クライアントはサーバーのホスト鍵を確かめ、利用者は鍵かパスワードで認証し、その後シェル、コマンド、SFTP、ポート転送のチャネルを開きます。",
		},
		Usual: Usual{Closed, LAN, LAN, LAN},
		Close: Text{
			"`systemctl disable --now ssh` (a PC needs none). A server: keys only (`PasswordAuthentication no`, `PermitRootLogin no` in sshd_config) and a firewall rule for the addresses that work on it, or a VPN before it.",
			"`systemctl disable --now ssh`で止めます(PCには不要です)。サーバーでは鍵認証だけにし(sshd_configで`PasswordAuthentication no`、`PermitRootLogin no`)、ファイアウォールで作業元のアドレスに限るか、VPNの内側に置きます。",
		},
		Facts: []Text{{
			"One packet a key: a terminal sends each key as it is pressed, and the server answers each with an ACK and the echo, as TELNET does, but encrypted. Nothing waits for Enter.",
			"1文字ごとに1パケット: Enterを待たず、キーを押すたびにパケットを送り、サーバーがACKとエコーを返します。TELNETと同じですが、中身は暗号化されています。",
		}},
		Diagrams: []Diagram{keystrokes},
	},
	"ssh-alt": {
		Session: Text{
			"As on port 22: the client connects, both agree on keys, the user logs in. Only the number differs.",
			"22番と同じで、クライアントが接続し、鍵を交換し、利用者が認証します。番号が違うだけです。",
		},
		Usual: Usual{Closed, LAN, LAN, LAN},
		Close: Text{
			"Remove the line `Port 2222` from sshd_config; a container's or a router's own SSH is switched off in its settings. Another number keeps noise away, not attackers.",
			"sshd_configの`Port 2222`を消します。コンテナやルーターのSSHは、それぞれの設定で止めます。番号を変えても減るのは雑音だけで、攻撃者は防げません。",
		},
		Facts: []Text{{
			"One packet a key here too: each key goes out as it is pressed.",
			"ここでも1文字ごとに1パケットで、キーを押すたびに送られます。",
		}},
	},
	"telnet": {
		Session: Text{
			"The client connects to TCP port 23; both negotiate options (IAC DO, WILL, WONT, DONT); the server asks for login and password in clear, and then keys go one way and the screen the other.",
			"クライアントがTCPの23番へ接続し、双方がオプションを取り決め(IAC DO、WILL、WONT、DONT)、サーバーがログイン名とパスワードを平文で求めます。その後は打鍵と画面の文字が行き来します。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now inetd telnet.socket`, or the line telnet out of /etc/inetd.conf; on routers, cameras and switches turn Telnet off and SSH on. Windows: remove the feature Telnet Server.",
			"`systemctl disable --now inetd telnet.socket`で止めるか、/etc/inetd.confのtelnetの行を消します。ルーター、カメラ、スイッチでは設定画面でTELNETを切り、SSHを有効にします。Windowsでは機能「Telnetサーバー」を削除します。",
		},
		Facts: []Text{
			{
				"One packet a key: nothing waits for Enter. Each key goes out as it is pressed, and the server answers each with an ACK and the echo. Whoever reads along reads the password letter by letter.",
				"1文字ごとに1パケット: Enterを待たず、キーを押すたびにパケットが送られ、サーバーがACKとエコーを返します。盗聴すれば、パスワードも1文字ずつ読めます。",
			},
			{
				"The client is also the text books' tool for looking at other services: telnet HOST 80. sekisho connect --interactive HOST PORT does the same, and shows control characters.",
				"クライアントは、ほかのサービスを試す道具としても教科書に出てきます(telnet HOST 80)。sekisho connect --interactive HOST PORT が同じことをし、制御文字も見せます。",
			},
			{
				"Windows has not installed the Telnet client by default since Vista.",
				"WindowsではVista以降、Telnetクライアントは標準ではインストールされません。",
			},
		},
		Diagrams: []Diagram{keystrokes},
	},
	"telnet-alt": {
		Session: Text{
			"As on port 23: the client connects, options are negotiated, login and password go in clear.",
			"23番と同じで、クライアントが接続し、オプションを取り決め、ログイン名とパスワードが平文で流れます。",
		},
		Usual: nowhere,
		Close: Text{
			"Find the device (a camera or recorder, as a rule), turn Telnet off in its settings or throw it out, and let the router forward nothing to it.",
			"どの機器か(多くはカメラや録画機)を調べ、設定でTELNETを切るか使用をやめ、ルーターで転送しないようにします。",
		},
		Facts: []Text{{
			"One packet a key here too: each key goes out as it is pressed, in clear.",
			"ここでも1文字ごとに1パケットで、キーを押すたびに平文で送られます。",
		}},
	},
	"telnets": {
		Session: Text{
			"The client opens TLS to TCP port 992 and speaks Telnet inside it.",
			"クライアントがTCPの992番へTLSで接続し、その中でTELNETを話します。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch the service off where SSH does the same (AS/400: ENDTCPSVR *TELNET or CHGTELNA ALWSSL(*NO)), or pass it from the firm's network only.",
			"SSHで足りる場合は止めます(IBM iではENDTCPSVR *TELNETやCHGTELNA ALWSSL(*NO))。残す場合は社内からだけ通します。",
		},
	},
	"exec": {
		Session: Text{
			"The client connects to TCP port 512 and sends a port for errors, the user, the password and the command, each ended by a zero byte; the output comes back.",
			"クライアントがTCPの512番へ接続し、エラー出力用のポート番号、利用者名、パスワード、コマンドをゼロ区切りで送ると、出力が返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line exec from /etc/inetd.conf and the package rsh-redone-server or rsh-server; use SSH.",
			"/etc/inetd.confのexecの行とrsh-redone-server(rsh-server)パッケージを削除し、SSHを使います。",
		},
	},
	"login": {
		Session: Text{
			"The client connects from a port below 1024 to TCP port 513 and names both users; if .rhosts or hosts.equiv trusts the client, nobody asks for a password. Then keys and screen go in clear.",
			"クライアントが1023番以下のポートからTCPの513番へ接続し、双方の利用者名を送ります。.rhostsやhosts.equivで信頼されていればパスワードは求められず、以後は打鍵と画面が平文で流れます。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line login from /etc/inetd.conf, the package rsh-redone-server or rsh-server, and every .rhosts; use SSH.",
			"/etc/inetd.confのloginの行、rsh-redone-server(rsh-server)パッケージ、すべての.rhostsを削除し、SSHを使います。",
		},
		Facts: []Text{{
			"Trust by address: whoever can send from the trusted address, or sits at a machine where he is root, is let in.",
			"アドレスだけで信頼する方式のため、そのアドレスを名乗れる者や、相手機器でrootになれる者は入れてしまいます。",
		}},
	},
	"shell": {
		Session: Text{
			"The client connects from a port below 1024 to TCP port 514, names both users and the command; trusted hosts run it without a password. Errors come back over a second connection that the server opens.",
			"クライアントが1023番以下のポートからTCPの514番へ接続し、双方の利用者名とコマンドを送ると、信頼されたホストならパスワードなしで実行されます。エラー出力は、サーバーから張る2本目の接続で返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove the line shell from /etc/inetd.conf, the package rsh-redone-server or rsh-server, and every .rhosts; use SSH.",
			"/etc/inetd.confのshellの行、rsh-redone-server(rsh-server)パッケージ、すべての.rhostsを削除し、SSHを使います。",
		},
	},
	"who": {
		Session: Text{
			"Each machine broadcasts every few minutes from and to UDP port 513 who is logged in; the others keep it. Nobody asks.",
			"各機器が数分ごとに、ログイン中の利用者をUDPの513番でブロードキャストし、ほかの機器がそれを記録します。問い合わせはありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now rwhod` and remove the package.",
			"`systemctl disable --now rwhod`で止め、パッケージを削除します。",
		},
	},
	"ms-wbt-server": {
		Session: Text{
			"The client connects to TCP port 3389, both agree on how to secure the session (TLS with network level authentication), the user logs in, and the screen comes one way, keys and mouse go the other; UDP 3389 carries the picture where it can.",
			"クライアントがTCPの3389番へ接続し、保護方式(TLSとネットワークレベル認証)を取り決め、利用者が認証すると、画面と打鍵・マウスがやり取りされます。可能ならUDPの3389番も画面の転送に使います。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Windows: Settings, System, Remote Desktop, off; or the inbound rules Remote Desktop in the firewall. Linux: `systemctl disable --now xrdp`. From outside use a VPN or the RD Gateway, never a forwarded 3389.",
			"Windowsは「設定」→「システム」→「リモート デスクトップ」をオフにするか、受信の規則「リモート デスクトップ」を無効にします。Linuxは`systemctl disable --now xrdp`です。外からはVPNかRDゲートウェイを使い、3389番は転送しません。",
		},
	},
	"rfb": {
		Session: Text{
			"The viewer connects to TCP port 5900 plus the number of the display; both name a version, the password is proved by DES challenge, and then pictures come back for each update request.",
			"ビューアーがTCPの5900番にディスプレイ番号を足したポートへ接続し、版を名乗り、パスワードをDESのチャレンジで確かめます。その後、更新要求ごとに画面が返ります。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Start the server with `-localhost` and go through an SSH tunnel (`ssh -L 5901:localhost:5901`); macOS: Settings, Sharing, Screen Sharing off; `systemctl disable --now vncserver@:1`.",
			"サーバーを`-localhost`付きで起動し、SSHトンネル(`ssh -L 5901:localhost:5901`)を通します。macOSは「設定」→「共有」→「画面共有」をオフ、止めるなら`systemctl disable --now vncserver@:1`です。",
		},
	},
	"vnc-http": {
		Session: Text{
			"A browser fetches a viewer from TCP port 5800 plus the display and then connects to 5900 plus the display.",
			"ブラウザーがTCPの5800番台からビューアーを読み込み、その後5900番台へ接続します。",
		},
		Usual: nowhere,
		Close: Text{
			"Turn the Java viewer off in the VNC server's options (`-httpport 0`); it serves nobody today.",
			"VNCサーバーの設定でJavaビューアーを無効にします(`-httpport 0`)。今日では使われません。",
		},
	},
	"x11": {
		Session: Text{
			"The words are turned round: the server is the machine with the screen. A program on another machine connects to its TCP port 6000 plus the display, shows its window there and hears its keys.",
			"言葉の向きが逆で、画面のある側がサーバーです。別の機器のプログラムがTCPの6000番台へ接続し、そこに窓を表示して打鍵を受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Start the X server with `-nolisten tcp` (the default today; lightdm: xserver-allow-tcp=false) and show windows of other machines by `ssh -X`.",
			"Xサーバーを`-nolisten tcp`で起動し(今日の既定。lightdmはxserver-allow-tcp=false)、別の機器の窓は`ssh -X`で表示します。",
		},
	},
	"xdmcp": {
		Session: Text{
			"A screen asks by UDP port 177 for a login; the display manager answers and opens an X connection back to the screen's port 6000.",
			"画面側がUDPの177番でログインを求めると、ディスプレイマネージャーが応じ、画面側の6000番へXの接続を張り返します。",
		},
		Usual: nowhere,
		Close: Text{
			"gdm: `[xdmcp] Enable=false` in /etc/gdm3/daemon.conf; lightdm: `[XDMCPServer] enabled=false`; kdm and xdm: `DisplayManager.requestPort: 0`.",
			"gdmは/etc/gdm3/daemon.confで`[xdmcp] Enable=false`、lightdmは`[XDMCPServer] enabled=false`、kdmとxdmは`DisplayManager.requestPort: 0`とします。",
		},
	},
	"teamviewer": {
		Session: Text{
			"Both machines connect outward to the maker's servers at port 5938 (else 443 or 80), find each other by an id, and then talk directly or through a relay, encrypted end to end.",
			"双方の機器がメーカーのサーバーの5938番(だめなら443番か80番)へ外向きに接続し、IDで相手を見つけ、直接または中継経由で、端から端まで暗号化して通信します。",
		},
		Usual: Usual{Outward, Outward, Closed, Closed},
		Close: Text{
			"Uninstall it, or switch off the start with the system and incoming LAN connections in its options; nothing needs to be forwarded.",
			"アンインストールするか、設定で自動起動とLANからの着信を切ります。転送の設定は要りません。",
		},
	},
	"anydesk": {
		Session: Text{
			"Both machines connect outward to the maker's relays (80, 443, 6568); inside one network they connect to each other at TCP port 7070 and find each other by UDP 50001 to 50003. TLS throughout.",
			"双方の機器がメーカーの中継サーバー(80、443、6568番)へ外向きに接続します。同じLAN内ではTCPの7070番で直接つながり、UDPの50001〜50003番で互いを見つけます。すべてTLSです。",
		},
		Usual: Usual{Outward, Outward, Closed, Closed},
		Close: Text{
			"Uninstall it, or in its settings switch off direct connections, discovery and unattended access.",
			"アンインストールするか、設定で直接接続、検出、無人アクセスを切ります。",
		},
	},
	"rustdesk": {
		Session: Text{
			"Clients register by UDP and TCP 21116 with the id server, which brings two of them together; they talk directly, or through the relay at 21117.",
			"クライアントがUDPとTCPの21116番でIDサーバーに登録し、サーバーが双方を引き合わせます。通信は直接、または21117番の中継を通ります。",
		},
		Usual: Usual{Outward, Open, Closed, Closed},
		Close: Text{
			"Uninstall the client; stop an own server with `systemctl disable --now rustdesk-hbbs rustdesk-hbbr` or its container.",
			"クライアントはアンインストールします。自前のサーバーは`systemctl disable --now rustdesk-hbbs rustdesk-hbbr`、またはコンテナの停止で止めます。",
		},
	},
	"nomachine": {
		Session: Text{
			"The client connects to TCP port 4000, both encrypt, the user logs in with an account of the machine, and the desktop comes over; UDP carries pictures where it can.",
			"クライアントがTCPの4000番へ接続し、暗号化のうえ、その機器のアカウントで認証するとデスクトップが届きます。可能なら画面はUDPで運ばれます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`/usr/NX/bin/nxserver --shutdown`, and StartNXDaemon Manual in server.cfg; switch UPnP forwarding off (EnableUPnP none).",
			"`/usr/NX/bin/nxserver --shutdown`で止め、server.cfgのStartNXDaemonをManualにします。UPnPの自動転送も切ります(EnableUPnP none)。",
		},
	},
	"pcanywheredata": {
		Session: Text{
			"The caller asks by UDP port 5632 who is there and then connects to TCP port 5631, logs in and sees the screen.",
			"呼び出し側がUDPの5632番で相手を探し、TCPの5631番へ接続して認証し、画面を表示します。",
		},
		Usual: nowhere,
		Close: Text{
			"Uninstall it: the maker ended it in 2014 and its source was stolen before.",
			"アンインストールします。2014年に提供が終わり、それ以前にソースコードも流出しています。",
		},
	},
	"radmin-port": {
		Session: Text{
			"The viewer connects to TCP port 4899, logs in with a Radmin or Windows account, and sees the screen or moves files, encrypted with AES.",
			"ビューアーがTCPの4899番へ接続し、RadminかWindowsのアカウントで認証し、画面の操作やファイル転送をします。通信はAESで暗号化されます。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Stop the service Radmin Server (set it to Disabled), or fill its IP filter with the addresses that may.",
			"サービスRadmin Serverを停止して無効にするか、IPフィルターに許可するアドレスを登録します。",
		},
	},
	"ica": {
		Session: Text{
			"The Workspace app connects to TCP port 1494, or 2598 with session reliability, and shows the remote program; today a gateway on 443 stands before it.",
			"WorkspaceアプリがTCPの1494番(セッション維持機能では2598番)へ接続し、遠隔のプログラムを表示します。今日では443番のゲートウェイを前に置きます。",
		},
		Usual: nowhere,
		Close: Text{
			"Publish through the Citrix Gateway only and let the firewall pass 1494 and 2598 from it alone.",
			"公開はCitrix Gateway経由だけとし、ファイアウォールで1494番と2598番をゲートウェイからだけ通します。",
		},
	},
	"net-assistant": {
		Session: Text{
			"The administrator's Mac asks by UDP port 3283 who is there and sends orders; the screen itself goes over 5900.",
			"管理側のMacがUDPの3283番で相手を探して指示を送ります。画面そのものは5900番を使います。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"macOS: Settings, General, Sharing, Remote Management off.",
			"macOSの「設定」→「一般」→「共有」→「リモートマネジメント」をオフにします。",
		},
	},
	"guacd": {
		Session: Text{
			"The web application connects to TCP port 4822 and names host, protocol and password; guacd connects on to that host by RDP, VNC or SSH.",
			"WebアプリがTCPの4822番へ接続し、ホスト、方式、パスワードを渡すと、guacdがそのホストへRDP、VNC、SSHで接続します。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind_host = 127.0.0.1` in /etc/guacamole/guacd.conf, or do not publish the container's port.",
			"/etc/guacamole/guacd.confで`bind_host = 127.0.0.1`とするか、コンテナのポートを公開しません。",
		},
	},
	"webmin": {
		Session: Text{
			"The browser opens TCP port 10000 by HTTPS and logs in; other Webmins are found by UDP 10000.",
			"ブラウザーがTCPの10000番をHTTPSで開いて認証します。ほかのWebminはUDPの10000番で見つけます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`bind=127.0.0.1` or `allow=192.168.1.0/24` in /etc/webmin/miniserv.conf, or `systemctl disable --now webmin`.",
			"/etc/webmin/miniserv.confで`bind=127.0.0.1`か`allow=192.168.1.0/24`とするか、`systemctl disable --now webmin`で止めます。",
		},
	},
	"usermin": {
		Session: Text{
			"The browser opens TCP port 20000 by HTTPS, and a user of the machine logs in.",
			"ブラウザーがTCPの20000番をHTTPSで開き、その機器の利用者が認証します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`bind=127.0.0.1` in /etc/usermin/miniserv.conf, or `systemctl disable --now usermin`.",
			"/etc/usermin/miniserv.confで`bind=127.0.0.1`とするか、`systemctl disable --now usermin`で止めます。",
		},
	},
	"cockpit": {
		Session: Text{
			"The browser opens TCP port 9090 by HTTPS, logs in with an account of the machine, and keeps a WebSocket open for everything that the page shows.",
			"ブラウザーがTCPの9090番をHTTPSで開き、その機器のアカウントで認証します。画面の内容はWebSocketの接続で届き続けます。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now cockpit.socket`, or ListenStream=127.0.0.1:9090 in a drop-in of cockpit.socket.",
			"`systemctl disable --now cockpit.socket`で止めるか、cockpit.socketの追加設定でListenStream=127.0.0.1:9090とします。",
		},
	},
	"asf-rmcp": {
		Session: Text{
			"The administrator's tool sends datagrams to UDP port 623 of the management controller, proves the password (RAKP) and switches power, reads sensors or opens a console. The controller answers even when the machine is off.",
			"管理ツールが管理用コントローラーのUDPの623番へ送信し、パスワードを確かめ(RAKP)、電源操作、センサーの読み取り、コンソールの表示をします。本体の電源が切れていても応答します。",
		},
		Usual: nowhere,
		Close: Text{
			"Put the controller on a management network of its own, `ipmitool lan set 1 access off` where nobody uses it, and change the factory password.",
			"コントローラーは専用の管理ネットワークに置き、使わないなら`ipmitool lan set 1 access off`とします。初期パスワードは変更します。",
		},
	},
	"amt-soap-http": {
		Session: Text{
			"A browser or tool opens 16992 (HTTP) or 16993 (HTTPS) of the management engine and logs in as admin; 16994 and 16995 carry console and disk.",
			"ブラウザーやツールが管理エンジンの16992番(HTTP)か16993番(HTTPS)を開き、adminで認証します。16994番と16995番はコンソールとディスクに使います。",
		},
		Usual: nowhere,
		Close: Text{
			"Unprovision AMT in the firmware menu (Ctrl-P at the start) or disable it in the BIOS: the operating system's firewall does not see these ports.",
			"起動時のメニュー(Ctrl-P)でAMTを未構成に戻すか、BIOSで無効にします。このポートはOSのファイアウォールでは止められません。",
		},
	},
	"adb": {
		Session: Text{
			"A PC connects to TCP port 5555 of the device; a device with the check switched off takes a shell, files and programs from anybody.",
			"PCが機器のTCPの5555番へ接続します。確認を切った機器では、誰でもシェルの実行、ファイルの出し入れ、アプリの導入ができます。",
		},
		Usual: nowhere,
		Close: Text{
			"Developer options, wireless debugging off; `adb usb` returns to the cable. Cheap TV boxes have it on: look there.",
			"「開発者向けオプション」のワイヤレスデバッグを切ります。`adb usb`で有線に戻せます。安価なテレビ用端末では初めから有効なことがあり、確かめてください。",
		},
	},
	"vmrdp": {
		Session: Text{
			"The Hyper-V console connects to TCP port 2179 of the host, names a virtual machine, and shows its screen by RDP.",
			"Hyper-Vの接続ツールがホストのTCPの2179番へ接続し、仮想マシンを指定して、その画面をRDPで表示します。",
		},
		Usual: nowhere,
		Close: Text{
			"Disable the inbound rules of Hyper-V in the Windows firewall, or limit them to the administrators' addresses.",
			"Windowsファイアウォールの受信の規則で「Hyper-V」を無効にするか、管理者のアドレスに限ります。",
		},
	},
	"spice": {
		Session: Text{
			"The viewer connects to the virtual machine's port, 5930 and others, once for each channel: screen, keys, sound, USB.",
			"ビューアーが仮想マシンのポート(5930番など)へ、画面、入力、音声、USBのチャネルごとに接続します。",
		},
		Usual: nowhere,
		Close: Text{
			"`spice_listen = \"127.0.0.1\"` in /etc/libvirt/qemu.conf and a tunnel (virt-viewer -c qemu+ssh://...), with a password or TLS.",
			"/etc/libvirt/qemu.confで`spice_listen = \"127.0.0.1\"`とし、トンネル(virt-viewer -c qemu+ssh://…)を通します。パスワードかTLSも設定します。",
		},
	},
}
