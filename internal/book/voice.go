package book

// voice is the lessons of telephony, video and chat.
var voice = lessons{
	"sip": {
		Session: Text{
			"The phone registers with its server at port 5060 (REGISTER, with a digest of the password); a call begins with INVITE, rings (180), is answered (200), and the voice goes over other UDP ports that both have named (RTP).",
			"電話機がサーバーの5060番に登録し(REGISTER、パスワードはダイジェスト)、通話はINVITEで始まり、呼び出し(180)、応答(200)と進みます。音声は、双方が知らせた別のUDPポート(RTP)を通ります。",
		},
		Usual: Usual{Closed, LAN, Closed, Closed},
		Close: Text{
			"Pass 5060 from the provider's addresses only; no forwarding is needed for a phone that registers. PBX: allowguest=no, long passwords, fail2ban; `systemctl disable --now asterisk`.",
			"5060番は電話事業者のアドレスからだけ通します。登録する電話機に転送は不要です。PBXではallowguest=no、長いパスワード、fail2banを使い、不要なら`systemctl disable --now asterisk`で止めます。",
		},
	},
	"sips": {
		Session: Text{
			"As on 5060, inside TLS from the first byte; the voice is encrypted too where SRTP is agreed on.",
			"5060番と同じやり取りを、最初からTLSの中で行います。音声もSRTPを取り決めれば暗号化されます。",
		},
		Usual: Usual{Outward, LAN, Closed, Closed},
		Close: Text{
			"Stop the PBX's TLS transport, or pass it from the provider's addresses only.",
			"PBXのTLSトランスポートを止めるか、電話事業者のアドレスからだけ通します。",
		},
	},
	"h323hostcall": {
		Session: Text{
			"The caller connects to TCP port 1720, sends SETUP, and both agree on further ports for control (H.245), sound and picture.",
			"発信側がTCPの1720番へ接続してSETUPを送り、双方が制御(H.245)、音声、映像用のポートを取り決めます。",
		},
		Usual: nowhere,
		Close: Text{
			"Video conference devices: calls through the gatekeeper only, auto answer off, and no forwarding.",
			"テレビ会議装置ではゲートキーパー経由の通話だけにし、自動応答を切り、転送はしません。",
		},
	},
	"h323gatestat": {
		Session: Text{
			"A device registers by UDP port 1719 with its gatekeeper and asks it for permission before each call.",
			"機器がUDPの1719番でゲートキーパーに登録し、通話のたびに許可を求めます。",
		},
		Usual: nowhere,
		Close: Text{
			"Only the gatekeeper listens: pass it from the devices' networks.",
			"待ち受けるのはゲートキーパーだけで、機器のネットワークからだけ通します。",
		},
	},
	"mgcp-gateway": {
		Session: Text{
			"The call agent (2727) tells the gateway (2427) by UDP which line to ring and where the sound goes; the gateway reports what happens.",
			"呼制御サーバー(2727番)がゲートウェイ(2427番)に、鳴らす回線や音声の送り先をUDPで指示し、ゲートウェイが状況を報告します。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it between agent and gateway only.",
			"呼制御サーバーとゲートウェイの間だけ通します。",
		},
	},
	"iax": {
		Session: Text{
			"Two Asterisks send everything, signalling and sound, between their UDP ports 4569, which makes it easy on NAT; the password goes as an MD5 digest.",
			"Asterisk同士が制御も音声もすべてUDPの4569番でやり取りするため、NATを越えやすい方式です。パスワードはMD5のダイジェストで送られます。",
		},
		Usual: nowhere,
		Close: Text{
			"Do not load chan_iax2 (`noload => chan_iax2.so` in modules.conf), or pass it from the partner's address only.",
			"chan_iax2を読み込まない(modules.confで`noload => chan_iax2.so`)か、相手のアドレスからだけ通します。",
		},
	},
	"asterisk-ami": {
		Session: Text{
			"A program connects to TCP port 5038, logs in by lines of text, starts calls and hears of everything that happens.",
			"プログラムがTCPの5038番へ接続して文字の行で認証し、発信の指示や出来事の受信をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`bindaddr = 127.0.0.1` in manager.conf, or `enabled = no`.",
			"manager.confで`bindaddr = 127.0.0.1`、または`enabled = no`とします。",
		},
	},
	"sccp": {
		Session: Text{
			"The phone connects to TCP port 2000 (2443 with TLS) of the call manager and tells each key; the manager tells it what to show.",
			"電話機が呼制御サーバーのTCPの2000番(TLSは2443番)へ接続し、キーを押すたびに知らせ、表示内容を受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it from the phones' network only.",
			"電話機のネットワークからだけ通します。",
		},
	},
	"stun": {
		Session: Text{
			"A program sends one packet to port 3478 and gets back from which address and port it came: so it learns how NAT changes it. TURN relays data on the same port, with a login.",
			"プログラムが3478番へパケットを1個送ると、送信元のアドレスとポートが返り、NATでどう変換されたかが分かります。同じポートのTURNは、認証のうえデータを中継します。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"`systemctl disable --now coturn`; a server keeps it with use-auth-mech, denied-peer-ip for private ranges, and no-cli.",
			"`systemctl disable --now coturn`で止めます。運用する場合は認証を必須にし、denied-peer-ipでプライベートアドレスへの中継を禁じ、no-cliを付けます。",
		},
	},
	"stuns": {
		Session: Text{
			"As on 3478, inside TLS (DTLS over UDP).",
			"3478番と同じやり取りを、TLS(UDPではDTLS)の中で行います。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"`no-tls` and `no-dtls` in turnserver.conf, or stop coturn.",
			"turnserver.confで`no-tls`と`no-dtls`とするか、coturnを止めます。",
		},
	},
	"rtsp": {
		Session: Text{
			"The viewer connects to TCP port 554 of the camera, asks what it has (DESCRIBE), chooses ports (SETUP), and PLAY starts the picture by RTP over UDP or inside the connection.",
			"視聴ソフトがカメラのTCPの554番へ接続し、内容を尋ね(DESCRIBE)、ポートを決め(SETUP)、PLAYで映像が始まります。映像はUDPのRTPか、同じ接続の中で届きます。",
		},
		Usual: homeLAN,
		Close: Text{
			"RTSP off in the camera where the recorder does not need it, a password, no forwarding and no UPnP; look at it through a VPN.",
			"録画機に不要ならカメラの設定でRTSPを切り、パスワードを設定し、転送もUPnPも使いません。外からはVPN経由で見ます。",
		},
	},
	"rtsps": {
		Session: Text{
			"As on 554, inside TLS from the first byte.",
			"554番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: homeLAN,
		Close: Text{
			"As for 554: off where nobody needs it, no forwarding.",
			"554番と同じく、不要なら切り、転送しません。",
		},
	},
	"rtmp": {
		Session: Text{
			"A camera program connects to TCP port 1935, names the stream with its secret key, and sends sound and picture; viewers fetch them there or by HTTP.",
			"配信ソフトがTCPの1935番へ接続し、秘密のキーで配信を指定して映像と音声を送ります。視聴側は同じポートかHTTPで受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"nginx: take the rtmp block out, or `allow publish 192.168.1.0/24; deny publish all;`.",
			"nginxはrtmpのブロックを消すか、`allow publish 192.168.1.0/24; deny publish all;`とします。",
		},
	},
	"ms-streaming": {
		Session: Text{
			"Windows Media Player connected to TCP port 1755 and got sound and picture by UDP. It is out of use.",
			"Windows Media PlayerがTCPの1755番へ接続し、UDPで音声と映像を受け取りました。今は使われていません。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove Windows Media Services; stream over HTTPS.",
			"Windows Media サービスを削除し、配信はHTTPSで行います。",
		},
	},
	"icecast": {
		Session: Text{
			"Listeners fetch a stream by HTTP from TCP port 8000 that does not end; the source sends it in with a password.",
			"聴取者がHTTPでTCPの8000番から終わりのないストリームを受け取り、配信元はパスワードを付けて送り込みます。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now icecast2`; or change all three passwords in icecast.xml and bind-address 127.0.0.1 behind a web server.",
			"`systemctl disable --now icecast2`で止めます。残す場合はicecast.xmlの3つのパスワードを変え、bind-address 127.0.0.1としてWebサーバーの背後に置きます。",
		},
	},
	"xmpp-client": {
		Session: Text{
			"The chat program connects to TCP port 5222, opens an XML stream, asks for STARTTLS, logs in by SASL, and stays connected for messages.",
			"チャットソフトがTCPの5222番へ接続し、XMLのストリームを開き、STARTTLSで暗号化し、SASLで認証し、接続を保ってメッセージを受け取ります。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"`systemctl disable --now prosody ejabberd`; a server keeps it with c2s_require_encryption.",
			"`systemctl disable --now prosody ejabberd`で止めます。運用する場合はc2s_require_encryptionで暗号化を必須にします。",
		},
		Upgrade: "STARTTLS",
	},
	"xmpps-client": {
		Session: Text{
			"As on 5222, inside TLS from the first byte. Apple's push messages use the number, too.",
			"5222番と同じやり取りを、最初からTLSの中で行います。アップルのプッシュ通知もこの番号を使います。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Take c2s_direct_tls_ports out of prosody.cfg.lua, or stop the server; going out needs no open port.",
			"prosody.cfg.luaのc2s_direct_tls_portsを外すか、サーバーを止めます。外へ接続するだけなら開ける必要はありません。",
		},
	},
	"xmpp-server": {
		Session: Text{
			"The server of one domain connects to TCP port 5269 of another's, asks for STARTTLS, proves its domain, and hands messages over.",
			"あるドメインのサーバーが別のドメインのサーバーのTCPの5269番へ接続し、STARTTLSで暗号化し、ドメインを証明してメッセージを渡します。",
		},
		Usual: nowhere,
		Close: Text{
			"A server for the house alone: `modules_disabled = { \"s2s\" }` in prosody.cfg.lua.",
			"身内だけで使うサーバーなら、prosody.cfg.luaで`modules_disabled = { \"s2s\" }`とします。",
		},
		Upgrade: "STARTTLS",
	},
	"ircu": {
		Session: Text{
			"The chat program connects to TCP port 6667, sends NICK and USER, joins channels, and answers PING; servers may ask ident (113) back.",
			"チャットソフトがTCPの6667番へ接続し、NICKとUSERを送り、チャンネルに参加し、PINGに答えます。サーバーがident(113番)を問い合わせることもあります。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"`systemctl disable --now ngircd inspircd`. An IRC port that nobody set up points to a bot: look which program owns it.",
			"`systemctl disable --now ngircd inspircd`で止めます。設定した覚えのないIRCのポートはボットの疑いがあるため、待ち受けているプログラムを調べます。",
		},
	},
	"ircs-u": {
		Session: Text{
			"As on 6667, inside TLS from the first byte.",
			"6667番と同じやり取りを、最初からTLSの中で行います。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Remove the TLS listener from the server's settings, or stop it.",
			"サーバーの設定からTLSの待ち受けを外すか、サーバーを止めます。",
		},
	},
	"matrix-fed": {
		Session: Text{
			"The server of one domain connects by HTTPS to TCP port 8448 of another's, signs each request with its key, and passes messages on.",
			"あるドメインのサーバーが別のドメインのサーバーのTCPの8448番へHTTPSで接続し、要求ごとに鍵で署名してメッセージを渡します。",
		},
		Usual: published,
		Close: Text{
			"A server for the house alone: `federation_domain_whitelist: []` in homeserver.yaml, and no listener on 8448.",
			"身内だけで使うサーバーなら、homeserver.yamlで`federation_domain_whitelist: []`とし、8448番を待ち受けません。",
		},
	},
	"teamspeak": {
		Session: Text{
			"Players send voice by UDP to port 9987; 30033 carries files, and 10011 takes the administrator's commands by lines of text.",
			"利用者が音声をUDPの9987番へ送ります。30033番はファイル転送、10011番は管理者の文字コマンド用です。",
		},
		Usual: published,
		Close: Text{
			"Forward 9987 (and 30033) only; query_ip=127.0.0.1 in ts3server.ini keeps 10011 at home.",
			"転送するのは9987番(と30033番)だけにし、ts3server.iniのquery_ip=127.0.0.1で10011番を閉じます。",
		},
	},
	"mumble": {
		Session: Text{
			"The program opens TLS to TCP port 64738 for control and sends voice, encrypted, by UDP to the same number.",
			"ソフトがTCPの64738番へTLSで制御用の接続を張り、暗号化した音声を同じ番号のUDPで送ります。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now mumble-server`, or a serverpassword in its .ini.",
			"`systemctl disable --now mumble-server`で止めるか、.iniでserverpasswordを設定します。",
		},
	},
}
