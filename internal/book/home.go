package book

// home is the lessons of houses: what finds one another, media, cameras.
var home = lessons{
	"mdns": {
		Session: Text{
			"A device asks everybody in the LAN by multicast (224.0.0.251) at UDP port 5353 who is called name.local or offers a service, and the owner answers by multicast too.",
			"機器がUDPの5353番へマルチキャスト(224.0.0.251)で「名前.local」やサービスの提供者を尋ね、持ち主もマルチキャストで答えます。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"`systemctl disable --now avahi-daemon.socket avahi-daemon`; systemd-resolved: `MulticastDNS=no`. It must not answer on the WAN side.",
			"`systemctl disable --now avahi-daemon.socket avahi-daemon`で止めます。systemd-resolvedは`MulticastDNS=no`です。WAN側で応答してはいけません。",
		},
	},
	"ssdp": {
		Session: Text{
			"A program asks by multicast (239.255.255.250) at UDP port 1900 for devices (M-SEARCH), and each answers with the address of its description; devices also announce themselves.",
			"プログラムがUDPの1900番へマルチキャスト(239.255.255.250)で機器を探し(M-SEARCH)、各機器が説明のURLを返します。機器からの告知もあります。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Windows: stop SSDPSRV; Linux: `systemctl disable --now minissdpd`; routers: UPnP off. On the WAN side it must be silent.",
			"WindowsはサービスSSDPSRVを止め、Linuxは`systemctl disable --now minissdpd`、ルーターはUPnPを切ります。WAN側で応答してはいけません。",
		},
	},
	"upnp-igd": {
		Session: Text{
			"A program that found the router by SSDP reads its description here by HTTP and orders it to forward a port (AddPortMapping). Nobody logs in.",
			"SSDPでルーターを見つけたプログラムが、ここでHTTPにより説明を読み、ポート転送を指示します(AddPortMapping)。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch UPnP off in the router, and forward by hand what has to be; look at the list of forwardings first.",
			"ルーターのUPnPを切り、必要なものだけを手動で転送します。その前に転送の一覧を確かめます。",
		},
	},
	"synology-dsm": {
		Session: Text{
			"The browser or app opens 5001 (HTTPS) or 5000 (HTTP) of the NAS and logs in.",
			"ブラウザーやアプリがNASの5001番(HTTPS)か5000番(HTTP)を開いて認証します。",
		},
		Usual: homeLAN,
		Close: Text{
			"Router: no forwarding and UPnP off; DSM: redirect to HTTPS, two-factor login, account admin disabled; from outside a VPN.",
			"ルーターの転送を消してUPnPを切ります。DSMではHTTPSへの転送、二要素認証、adminアカウントの無効化を行い、外からはVPNを使います。",
		},
	},
	"home-assistant": {
		Session: Text{
			"The browser or app opens TCP port 8123 by HTTP, logs in, and keeps a WebSocket for what happens in the house.",
			"ブラウザーやアプリがTCPの8123番をHTTPで開いて認証し、家の中の出来事をWebSocketで受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"`http: server_host: 127.0.0.1` behind a web server with HTTPS, or the LAN only and a VPN; two-factor login.",
			"`http: server_host: 127.0.0.1`としてHTTPSのWebサーバーの背後に置くか、LANだけにしてVPNを使います。二要素認証も設定します。",
		},
	},
	"node-red": {
		Session: Text{
			"The browser opens TCP port 1880, draws flows, and deploys them; a flow may run any command of the machine.",
			"ブラウザーがTCPの1880番を開き、フローを作って配置します。フローからは機器の任意のコマンドを実行できます。",
		},
		Usual: homeLAN,
		Close: Text{
			"uiHost: \"127.0.0.1\" and adminAuth in settings.js, with a web server with HTTPS before it.",
			"settings.jsでuiHost: \"127.0.0.1\"とadminAuthを設定し、HTTPSのWebサーバーを前に置きます。",
		},
	},
	"openhab": {
		Session: Text{
			"The browser or app opens 8080 (HTTP) or 8443 (HTTPS) and switches the things of the house; without a login unless one is required.",
			"ブラウザーやアプリが8080番(HTTP)か8443番(HTTPS)を開いて家の機器を操作します。必須にしなければ認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"OPENHAB_HTTP_ADDRESS=127.0.0.1 in /etc/default/openhab behind a web server with a login.",
			"/etc/default/openhabでOPENHAB_HTTP_ADDRESS=127.0.0.1とし、認証付きのWebサーバーの背後に置きます。",
		},
	},
	"homebridge": {
		Session: Text{
			"The browser opens 8581 and logs in; Apple's Home app connects to 51826 with keys from the pairing.",
			"ブラウザーは8581番を開いて認証し、アップルの「ホーム」は登録時の鍵で51826番へ接続します。",
		},
		Usual: homeLAN,
		Close: Text{
			"LAN only; \"host\": \"127.0.0.1\" for the page in config.json, and the password of admin changed.",
			"LANだけで使い、画面はconfig.jsonで\"host\": \"127.0.0.1\"とし、adminのパスワードを変更します。",
		},
	},
	"matter": {
		Session: Text{
			"The app pairs with a device by the code printed on it and then sends encrypted orders to its UDP port 5540, over IPv6.",
			"アプリが機器に印刷されたコードで登録し、その後はIPv6のUDPの5540番へ暗号化した指示を送ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Keep the router's IPv6 filter on, so that only the house reaches it; remove pairings that nobody uses.",
			"ルーターのIPv6フィルターを有効にして宅内からだけ届くようにし、使わない登録は消します。",
		},
	},
	"echonet": {
		Session: Text{
			"A controller asks by multicast (224.0.23.0) at port 3610 who is there and reads and sets properties of air conditioners, boilers and meters. Nobody logs in.",
			"コントローラーが3610番へマルチキャスト(224.0.23.0)で機器を探し、エアコン、給湯器、スマートメーターなどのプロパティを読み書きします。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"Keep it in the house: no forwarding, the router's IPv6 filter on, and things in a network of their own.",
			"宅内だけで使い、転送せず、ルーターのIPv6フィルターを有効にし、機器用のネットワークを分けます。",
		},
	},
	"esphome": {
		Session: Text{
			"Home Assistant connects to TCP port 6053 of the device, encrypts with a key known to both, and hears and sets its values.",
			"Home Assistantが機器のTCPの6053番へ接続し、共通の鍵で暗号化して値の受信と操作をします。",
		},
		Usual: homeLAN,
		Close: Text{
			"`api: encryption: key:` in the device's YAML, and the things in a network of their own.",
			"機器のYAMLで`api: encryption: key:`を設定し、機器用のネットワークを分けます。",
		},
	},
	"tuya": {
		Session: Text{
			"The device announces itself by UDP 6666 and 6667; the app connects to its TCP port 6668 with the device's own key, or reaches it through the maker's cloud.",
			"機器がUDPの6666番と6667番で存在を知らせ、アプリが機器ごとの鍵でTCPの6668番へ接続するか、メーカーのクラウド経由で操作します。",
		},
		Usual: homeLAN,
		Close: Text{
			"Keep the things in a network of their own, without forwarding.",
			"機器用のネットワークを分け、転送しません。",
		},
	},
	"kasa": {
		Session: Text{
			"The app broadcasts to UDP port 9999, the plug answers with its state, and TCP 9999 switches it; the scrambling has no key.",
			"アプリがUDPの9999番へブロードキャストするとプラグが状態を返し、TCPの9999番で操作します。難読化はされていますが、鍵はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"Keep the things in a network of their own, without forwarding, with new firmware.",
			"機器用のネットワークを分け、転送せず、ファームウェアを最新にします。",
		},
	},
	"coap": {
		Session: Text{
			"A program sends GET or PUT in one datagram to UDP port 5683 of a small device and gets one back.",
			"プログラムが小さな機器のUDPの5683番へGETやPUTをデータグラム1個で送り、1個の応答を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Use 5684 with DTLS, and let the router pass neither: it amplifies.",
			"DTLSの5684番を使い、ルーターではどちらも通しません。増幅攻撃に使われるためです。",
		},
	},
	"coaps": {
		Session: Text{
			"As on 5683, inside DTLS with a key known to both or certificates.",
			"5683番と同じやり取りを、共通の鍵か証明書によるDTLSの中で行います。",
		},
		Usual: homeLAN,
		Close: Text{
			"Switch it off in the gateway where nobody needs it, and forward nothing.",
			"不要ならゲートウェイの設定で切り、転送しません。",
		},
	},
	"airplay": {
		Session: Text{
			"A phone finds the receiver by mDNS, connects to TCP port 7000, pairs, and sends sound or picture over further ports.",
			"スマートフォンがmDNSで受信機を見つけ、TCPの7000番へ接続して登録し、別のポートで音声や映像を送ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"macOS: Settings, General, AirDrop & Handoff, AirPlay Receiver off; Apple TV: allow people in this home.",
			"macOSは「設定」→「一般」→「AirDropとHandoff」で「AirPlayレシーバー」を切り、Apple TVは「このホームを共有している人のみ」にします。",
		},
	},
	"chromecast": {
		Session: Text{
			"A phone or browser finds the device by mDNS, opens TLS to TCP port 8009, and tells it what to fetch and play; 8008 shows its state by HTTP.",
			"スマートフォンやブラウザーがmDNSで機器を見つけ、TCPの8009番へTLSで接続し、再生する内容を指示します。8008番はHTTPで状態を見せます。",
		},
		Usual: homeLAN,
		Close: Text{
			"No forwarding, UPnP off, guest mode off; things in a network of their own.",
			"転送せず、UPnPとゲストモードを切り、機器用のネットワークを分けます。",
		},
	},
	"roku-ecp": {
		Session: Text{
			"An app finds the device by SSDP and sends keys and programs by HTTP to TCP port 8060. Nobody logs in.",
			"アプリがSSDPで機器を見つけ、HTTPでTCPの8060番へキー操作やアプリの起動を送ります。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"Settings, System, Advanced, Control by mobile apps: disabled or limited.",
			"「設定」→「システム」→「詳細設定」→「モバイルアプリによる制御」を無効か制限付きにします。",
		},
	},
	"sonos": {
		Session: Text{
			"The app finds speakers by SSDP and mDNS and orders them by UPnP at TCP port 1400, or 1443 with TLS. Nobody logs in.",
			"アプリがSSDPとmDNSでスピーカーを見つけ、TCPの1400番(TLSは1443番)へUPnPで指示します。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"No forwarding, and the speakers in a network of their own.",
			"転送せず、スピーカー用のネットワークを分けます。",
		},
	},
	"plex": {
		Session: Text{
			"The app asks the maker's server where the house's server is and opens HTTPS to its TCP port 32400, from inside or, if it is forwarded, from outside.",
			"アプリがメーカーのサーバーで自宅サーバーの場所を知り、TCPの32400番へHTTPSで接続します。宅内から、または転送していれば外からもつながります。",
		},
		Usual: published,
		Close: Text{
			"Settings, Remote Access, disable, and Secure connections: required; the forwarding in the router goes with it.",
			"「設定」→「リモートアクセス」を無効にし、「セキュア接続」を必須にします。ルーターの転送も消します。",
		},
	},
	"jellyfin": {
		Session: Text{
			"The browser or app opens 8096 (HTTP) or 8920 (HTTPS), logs in, and fetches pictures and sound.",
			"ブラウザーやアプリが8096番(HTTP)か8920番(HTTPS)を開いて認証し、映像や音声を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Dashboard, Networking: bind to the LAN address, remote access off; from outside HTTPS through a web server, or a VPN.",
			"ダッシュボードの「ネットワーク」でLAN側のアドレスに限り、リモート接続を切ります。外からはHTTPSのWebサーバーかVPNを使います。",
		},
	},
	"minidlna": {
		Session: Text{
			"A television finds the server by SSDP, asks for lists by HTTP at TCP port 8200, and fetches films. Nobody logs in.",
			"テレビがSSDPでサーバーを見つけ、HTTPでTCPの8200番から一覧と動画を受け取ります。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"`network_interface=eth0` in minidlna.conf, or `systemctl disable --now minidlna`.",
			"minidlna.confで`network_interface=eth0`とするか、`systemctl disable --now minidlna`で止めます。",
		},
	},
	"daap": {
		Session: Text{
			"A player finds the library by mDNS, asks for lists by HTTP at TCP port 3689, and fetches songs.",
			"プレーヤーがmDNSでライブラリーを見つけ、HTTPでTCPの3689番から一覧と曲を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Sharing off in the music program, or `systemctl disable --now owntone`.",
			"音楽ソフトの共有を切るか、`systemctl disable --now owntone`で止めます。",
		},
	},
	"mpd": {
		Session: Text{
			"A remote control connects to TCP port 6600, is greeted with OK MPD, sends a password where one is set, and commands in lines of text.",
			"操作ソフトがTCPの6600番へ接続するとOK MPDと返り、設定があればパスワードを、続いてコマンドを文字の行で送ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"`bind_to_address \"127.0.0.1\"` in mpd.conf, or a password with few rights.",
			"mpd.confで`bind_to_address \"127.0.0.1\"`とするか、権限を絞ったパスワードを設定します。",
		},
	},
	"subsonic": {
		Session: Text{
			"The browser or app opens 4040 or 4533 by HTTP, logs in with each request, and fetches songs.",
			"ブラウザーやアプリが4040番か4533番をHTTPで開き、要求ごとに認証して曲を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Address = \"127.0.0.1\" in navidrome.toml and a web server with HTTPS before it.",
			"navidrome.tomlでAddress = \"127.0.0.1\"とし、HTTPSのWebサーバーを前に置きます。",
		},
	},
	"dahua": {
		Session: Text{
			"The maker's program connects to TCP port 37777 of the recorder, logs in and gets pictures.",
			"メーカーのソフトが録画機のTCPの37777番へ接続して認証し、映像を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"No forwarding and UPnP off in recorder and router, new firmware, and a VPN from outside.",
			"録画機とルーターのUPnPを切り、転送せず、ファームウェアを更新し、外からはVPNを使います。",
		},
	},
	"xmeye": {
		Session: Text{
			"The maker's program connects to TCP port 34567 of the recorder, logs in (often with an empty password), and gets pictures.",
			"メーカーのソフトが録画機のTCPの34567番へ接続して認証し(空のパスワードのことも多い)、映像を受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"No forwarding, UPnP and cloud access off, a password set; better another recorder.",
			"転送せず、UPnPとクラウド接続を切り、パスワードを設定します。できれば別の録画機に替えます。",
		},
	},
	"pihole-ftl": {
		Session: Text{
			"A program of the same machine connects to TCP port 4711 and asks for numbers of the name server in lines of text.",
			"同じ機器のプログラムがTCPの4711番へ接続し、DNSの統計を文字の行で求めます。",
		},
		Usual: nowhere,
		Close: Text{
			"SOCKET_LISTENING=localonly in pihole-FTL.conf (the default).",
			"pihole-FTL.confで既定のSOCKET_LISTENING=localonlyとします。",
		},
	},
	"xbox": {
		Session: Text{
			"The console sends to Microsoft's servers from port 3074 and asks the router by UPnP to forward it, so that other players reach it directly, encrypted by IPsec.",
			"ゲーム機が3074番からマイクロソフトのサーバーへ送信し、ほかの利用者と直接つながるよう、UPnPでルーターに転送を求めます。通信はIPsecで暗号化されます。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Take the forwarding out of the router: games still work, some with a strict NAT type.",
			"ルーターの転送を消します。ゲームは動きますが、NATタイプが「ストリクト」になるものもあります。",
		},
	},
	"ps-remote-play": {
		Session: Text{
			"The app finds the console by UDP (9302), connects to TCP 9295, proves the pairing, and picture and keys go by UDP 9296 and 9297, encrypted.",
			"アプリがUDP(9302番)でゲーム機を見つけ、TCPの9295番へ接続して登録を確かめ、映像と操作を暗号化してUDPの9296番と9297番でやり取りします。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Settings, System, Remote Play off.",
			"「設定」→「システム」→「リモートプレイ」を切ります。",
		},
	},
	"steam-in-home": {
		Session: Text{
			"PCs of one account find each other by UDP 27036, connect by TLS to TCP 27036, and stream the picture by UDP 27031.",
			"同じアカウントのPCがUDPの27036番で互いを見つけ、TCPの27036番へTLSで接続し、映像をUDPの27031番で送ります。",
		},
		Usual: Usual{LAN, LAN, Closed, Closed},
		Close: Text{
			"Steam, Settings, Remote Play, off.",
			"Steamの「設定」→「リモートプレイ」を切ります。",
		},
	},
}
