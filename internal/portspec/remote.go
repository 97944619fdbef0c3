package portspec

// remote is sitting at a machine from afar.
var remote = []Service{
	{
		Name: "ssh", Aliases: []string{"sftp", "scp"}, TCP: ports{22},
		Summary: Text{"SSH: encrypted remote shell, file transfer (SFTP) and tunnels; one packet a key", "SSH。暗号化された遠隔操作、ファイル転送(SFTP)、トンネル(1打鍵ごとに1パケット)"},
		Risk: Text{
			"Passwords are tried here around the clock; with keys only there is nothing to guess.",
			"パスワードの総当たりが絶えず行われますが、公開鍵認証だけにすれば推測の余地はありません。",
		},
	},
	{
		Name: "ssh-alt", TCP: ports{2222, 22222},
		Summary: Text{"Where SSH is often moved to, out of the way of the simplest scans", "SSHの移動先としてよく使われる番号"},
		Risk: Text{
			"Moving saves log lines, not the password: whoever looks finds it in seconds.",
			"番号を変えても記録が減るだけで、探されればすぐに見つかります。",
		},
	},
	{
		Name: "telnet", TCP: ports{23}, Cleartext: true, LoginCleartext: true, Successor: "ssh",
		Summary: Text{"TELNET: remote terminal in cleartext; each key is a packet of its own", "TELNET。平文の遠隔端末(1打鍵ごとに1パケット)"},
		Risk: Text{
			"Everybody on the way reads the password, and worms look for this port first of all.",
			"経路上の誰でもパスワードを読み取れるうえ、ワームが真っ先に探すポートです。",
		},
	},
	{
		Name: "telnet-alt", TCP: ports{2323}, Cleartext: true, LoginCleartext: true, Successor: "ssh",
		Summary: Text{"Where cameras and routers often have a second TELNET", "カメラやルーターなどで使われるもう一つのTELNET"},
		Risk: Text{
			"The Mirai worms try their list of factory passwords here.",
			"Mirai系のワームが、出荷時のパスワードを順に試します。",
		},
	},
	{
		Name: "telnets", TCP: ports{992},
		Summary: Text{"TELNET over TLS", "TLSで暗号化されたTELNET"},
		Risk: Text{
			"Passwords are tried here.",
			"パスワードが試されます。",
		},
	},
	{
		Name: "exec", Aliases: []string{"rexec"}, TCP: ports{512}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"rexec: runs a command, with user and password in cleartext", "rexec。利用者名とパスワードを平文で送るコマンド実行"},
		Risk: Text{
			"The password can be read on the way and then used by anybody.",
			"パスワードを途中で読み取られ、そのまま使われます。",
		},
	},
	{
		Name: "login", Aliases: []string{"rlogin"}, TCP: ports{513}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"rlogin: remote terminal that trusts the name and port of the caller", "rlogin。接続元の名前とポート番号を信じる遠隔端末"},
		Risk: Text{
			"Whoever pretends to be a trusted machine is let in without a password, and all else crosses in clear.",
			"信頼された機器になりすませばパスワードなしで入られ、通信もすべて平文です。",
		},
	},
	{
		Name: "shell", Aliases: []string{"rsh", "remsh", "cmd"}, TCP: ports{514}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"rsh: runs commands for callers whose address is trusted", "rsh。接続元アドレスだけを信じるコマンド実行"},
		Risk: Text{
			"Whoever pretends to be a trusted machine runs commands without a password.",
			"信頼された機器になりすませば、パスワードなしでコマンドを実行できます。",
		},
	},
	{
		Name: "who", Aliases: []string{"rwho"}, UDP: ports{513}, Cleartext: true, LocalOnly: true,
		Summary: Text{"rwho: machines tell one another who is logged in", "rwho。ログイン中の利用者を機器同士で知らせ合う仕組み"},
		Risk: Text{
			"It hands out account names, and believes whatever is sent.",
			"利用者名が漏れ、偽の情報も疑わずに受け入れます。",
		},
	},
	{
		Name: "ms-wbt-server", Aliases: []string{"rdp", "remote-desktop", "xrdp"}, TCP: ports{3389}, UDP: ports{3389},
		Summary: Text{"Remote Desktop: the Windows screen, keyboard and mouse from afar", "リモートデスクトップ。Windowsの画面の遠隔操作"},
		Risk: Text{
			"It is the way in of much ransomware: passwords are tried around the clock; put it behind a VPN or a gateway.",
			"ランサムウェアの主な侵入口でパスワードが絶えず試されるため、VPNやゲートウェイの内側に置くべきです。",
		},
	},
	{
		Name: "rfb", Aliases: []string{"vnc"}, TCP: ports{5900, 5901, 5902, 5903}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"VNC: the screen, keyboard and mouse from afar, most often unencrypted", "VNC。画面の遠隔操作(多くは暗号化されない)"},
		Risk: Text{
			"Screen and keys can be read on the way, only the first eight letters of a classic password count, and many have none.",
			"画面も打鍵も途中で読み取られ、従来方式のパスワードは8文字までしか効かず、設定のない機器も多く見られます。",
		},
	},
	{
		Name: "vnc-http", TCP: ports{5800, 5801}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"VNC viewer in a web page", "Webページで動くVNCビューアー"},
		Risk: Text{
			"It leads to the VNC server beside it.",
			"並んで動くVNCサーバーへの入り口になります。",
		},
	},
	{
		Name: "x11", Aliases: []string{"xwindow"}, TCP: ports{6000, 6001, 6002, 6003}, Cleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"X11: the display of a Unix desktop", "X11。UNIXのデスクトップ表示"},
		Risk: Text{
			"Whoever may connect sees the screen, reads every key and types in your place.",
			"接続を許すと、画面を見られ、全打鍵を読まれ、代わりに入力もされます。",
		},
	},
	{
		Name: "xdmcp", UDP: ports{177}, Cleartext: true, LoginCleartext: true, LocalOnly: true, Successor: "ssh",
		Summary: Text{"XDMCP: login to a Unix desktop from an X terminal", "XDMCP。X端末からUNIXデスクトップへのログイン"},
		Risk: Text{
			"The password can be read on the way, and a small question draws a larger answer to a forged sender.",
			"パスワードを途中で読み取られ、偽の送信元への増幅にも使われます。",
		},
	},
	{
		Name: "teamviewer", TCP: ports{5938}, UDP: ports{5938},
		Summary: Text{"TeamViewer: remote control; normally it calls out and needs no open port", "TeamViewer。遠隔操作(通常は外へ接続するため待ち受けの公開は不要)"},
		Risk: Text{
			"Whoever knows the password controls the machine.",
			"パスワードを知られると機器を操作されます。",
		},
	},
	{
		Name: "anydesk", TCP: ports{7070, 6568}, UDP: ports{50001},
		Summary: Text{"AnyDesk: remote control, directly between machines", "AnyDesk。遠隔操作(機器同士の直接接続)"},
		Risk: Text{
			"Whoever knows the password controls the machine.",
			"パスワードを知られると機器を操作されます。",
		},
	},
	{
		Name: "rustdesk", TCP: ports{21115, 21116, 21117, 21118, 21119}, UDP: ports{21116},
		Summary: Text{"RustDesk: meeting point and relay of a remote control", "RustDesk。遠隔操作の仲介と中継サーバー"},
		Risk: Text{
			"Without a key anybody uses your relay.",
			"鍵を設定しないと、誰にでも中継を使われます。",
		},
	},
	{
		Name: "nomachine", Aliases: []string{"nx"}, TCP: ports{4000}, UDP: ports{4000},
		Summary: Text{"NoMachine: the desktop from afar", "NoMachine。デスクトップの遠隔操作"},
		Risk: Text{
			"Passwords of the system's accounts are tried here.",
			"OSのアカウントのパスワードが試されます。",
		},
	},
	{
		Name: "pcanywheredata", Aliases: []string{"pcanywhere"}, TCP: ports{5631}, UDP: ports{5632}, Cleartext: true, LoginCleartext: true, Successor: "ms-wbt-server",
		Summary: Text{"pcAnywhere: remote control, out of support since 2014", "pcAnywhere。2014年に終了した遠隔操作ソフト"},
		Risk: Text{
			"Known holes give strangers the machine, and nobody mends them any more.",
			"既知の欠陥で乗っ取られるおそれがあり、もう修正されません。",
		},
	},
	{
		Name: "radmin-port", Aliases: []string{"radmin"}, TCP: ports{4899},
		Summary: Text{"Radmin: remote control of Windows", "Radmin。Windowsの遠隔操作"},
		Risk: Text{
			"Passwords are tried here, and old versions need nothing but a short one.",
			"パスワードが試され、古い版は短いパスワードだけで操作されます。",
		},
	},
	{
		Name: "ica", Aliases: []string{"citrix"}, TCP: ports{1494, 2598}, UDP: ports{1604},
		Summary: Text{"Citrix ICA: programs that run on a server shown elsewhere", "Citrix ICA。サーバー上のアプリの画面転送"},
		Risk: Text{
			"It tells the names of published programs and servers; passwords are tried at the gateway before it.",
			"公開アプリやサーバーの名前が知られ、手前のゲートウェイではパスワードが試されます。",
		},
	},
	{
		Name: "net-assistant", Aliases: []string{"ard"}, UDP: ports{3283}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Apple Remote Desktop: management of Macs", "Apple Remote Desktop。Macの管理"},
		Risk: Text{
			"On the Internet it multiplies forged requests more than thirtyfold.",
			"インターネットに公開すると、偽の要求を30倍以上に増幅する踏み台にされます。",
		},
	},
	{
		Name: "guacd", Aliases: []string{"guacamole"}, TCP: ports{4822}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Guacamole's inner half: opens remote desktops for its web page", "Guacamoleの内部デーモン。Web画面のための遠隔接続"},
		Risk: Text{
			"It connects to wherever it is told, with passwords in clear and without asking who calls.",
			"相手を確かめずに指定先へ接続し、パスワードも平文で流れます。",
		},
	},
	{
		Name: "webmin", TCP: ports{10000}, UDP: ports{10000},
		Summary: Text{"Webmin: administration of a server in the browser", "Webmin。ブラウザーによるサーバー管理"},
		Risk: Text{
			"Whoever gets in is root, and several versions let strangers in.",
			"侵入されればroot権限を奪われ、過去には認証なしで入られる版もありました。",
		},
	},
	{
		Name: "usermin", TCP: ports{20000},
		Summary: Text{"Usermin: mail and files of a user in the browser", "Usermin。ブラウザーで使う利用者向けのメール・ファイル管理"},
		Risk: Text{
			"Passwords of the system's accounts are tried here.",
			"OSのアカウントのパスワードが試されます。",
		},
	},
	{
		Name: "cockpit", TCP: ports{9090},
		Summary: Text{"Cockpit: administration of a Linux server in the browser (this number is Prometheus's too)", "Cockpit。ブラウザーによるLinuxサーバー管理(Prometheusも同じ番号)"},
		Risk: Text{
			"Passwords of the system's accounts are tried here, and whoever gets in is an administrator.",
			"OSのアカウントのパスワードが試され、入られると管理者として操作されます。",
		},
	},
	{
		Name: "asf-rmcp", Aliases: []string{"ipmi"}, UDP: ports{623}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"IPMI: the small computer beside the computer, which switches it on and shows its console", "IPMI。本体とは別に動く管理用コンピューター(電源操作やコンソール)"},
		Risk: Text{
			"By design it hands out password hashes to strangers, and whoever gets in holds the machine below its operating system.",
			"仕様上パスワードのハッシュを誰にでも渡し、入られるとOSより下の層から機器を握られます。",
		},
	},
	{
		Name: "amt-soap-http", Aliases: []string{"amt"}, TCP: ports{16992, 16993, 16994, 16995}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Intel AMT: management of a PC below its operating system", "Intel AMT。OSより下の層でのPC管理"},
		Risk: Text{
			"A hole of 2017 let anybody in without a password; whoever gets in sees the screen and starts other systems.",
			"2017年の欠陥ではパスワードなしで入られ、画面の閲覧や別のOSの起動までされました。",
		},
	},
	{
		Name: "adb", Aliases: []string{"android-debug"}, TCP: ports{5555}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Android debug bridge: full control of a phone, television or box", "ADB。スマートフォンやTV機器を完全に操作する開発用の口"},
		Risk: Text{
			"It asks for nothing on many boxes: worms install miners there within hours.",
			"認証のない機器が多く、数時間でワームに採掘ソフトなどを入れられます。",
		},
	},
	{
		Name: "vmrdp", TCP: ports{2179}, LocalOnly: true,
		Summary: Text{"Screen of a virtual machine in Hyper-V", "Hyper-Vの仮想マシンの画面"},
		Risk: Text{
			"Passwords of the host are tried here.",
			"ホストのパスワードが試されます。",
		},
	},
	{
		Name: "spice", TCP: ports{5930}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SPICE: screen of a virtual machine", "SPICE。仮想マシンの画面"},
		Risk: Text{
			"Without a password anybody sits at the virtual machine.",
			"パスワードがないと、誰でも仮想マシンを操作できます。",
		},
	},
}
