package book

// games is the lessons of game servers: whoever plays connects to them, so that
// the port is open on the machine of the one who invites, and on nothing else.
var games = lessons{
	"minecraft": {
		Session: Text{
			"Each player's game connects to TCP port 25565, names its version, the server has the account checked by the maker, encrypts, and the world comes.",
			"各プレーヤーのゲームがTCPの25565番へ接続して版を名乗り、サーバーがメーカーにアカウントを確かめ、暗号化して世界のデータを送ります。",
		},
		Usual: published,
		Close: Text{
			"Stop the server and take the forwarding out; else online-mode=true and white-list=true in server.properties, and enable-query=false for UDP.",
			"サーバーを止めて転送を消します。続ける場合はserver.propertiesでonline-mode=true、white-list=true、UDPはenable-query=falseとします。",
		},
	},
	"minecraft-rcon": {
		Session: Text{
			"A program connects to TCP port 25575, sends the password, and commands of the server's console.",
			"プログラムがTCPの25575番へ接続し、パスワードとサーバーのコンソールコマンドを送ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`enable-rcon=false` in server.properties; never forward it.",
			"server.propertiesで`enable-rcon=false`とし、転送しません。",
		},
	},
	"minecraft-bedrock": {
		Session: Text{
			"Each player's game sends UDP to port 19132 (IPv6 19133), the server answers with its name, and the game goes on encrypted.",
			"各プレーヤーのゲームがUDPの19132番(IPv6は19133番)へ送り、サーバーが名前を返し、以後は暗号化して進みます。",
		},
		Usual: published,
		Close: Text{
			"Stop the server and take the forwarding out; else allow-list=true in server.properties.",
			"サーバーを止めて転送を消します。続ける場合はserver.propertiesでallow-list=trueとします。",
		},
	},
	"source-engine": {
		Session: Text{
			"Games send UDP to port 27015: queries are answered with name and players, and then the play goes over the same port; TCP 27015 is RCON.",
			"ゲームがUDPの27015番へ送り、照会には名前と人数が返り、プレーも同じポートで進みます。TCPの27015番はRCONです。",
		},
		Usual: published,
		Close: Text{
			"Forward UDP only, leave rcon_password empty or start with -usercon off; stop the server after the play.",
			"転送はUDPだけにし、rcon_passwordを設定せず、遊び終えたらサーバーを止めます。",
		},
	},
	"quake": {
		Session: Text{
			"Games send UDP to port 26000 and, after the welcome, play over a port that the server names.",
			"ゲームがUDPの26000番へ送り、受け入れられると、サーバーの知らせるポートで進みます。",
		},
		Usual: published,
		Close: Text{
			"Stop the server after the play and take the forwarding out.",
			"遊び終えたらサーバーを止め、転送を消します。",
		},
	},
	"quake3": {
		Session: Text{
			"Games send UDP to port 27960; getstatus is answered with settings and players, connect begins the play.",
			"ゲームがUDPの27960番へ送ります。getstatusには設定とプレーヤーが返り、connectでプレーが始まります。",
		},
		Usual: published,
		Close: Text{
			"Stop the server after the play; a current build limits answers, since old ones amplify.",
			"遊び終えたらサーバーを止めます。古い版は増幅攻撃に使われるため、応答を制限する新しい版を使います。",
		},
	},
	"unreal-engine": {
		Session: Text{
			"Games send UDP to port 7777 of the server (Terraria: TCP) and play over it.",
			"ゲームがサーバーのUDPの7777番(テラリアはTCP)へ送り、そのままプレーします。",
		},
		Usual: published,
		Close: Text{
			"Stop the server after the play and take the forwarding out; set a server password.",
			"遊び終えたらサーバーを止め、転送を消します。続ける場合はサーバーのパスワードを設定します。",
		},
	},
	"palworld": {
		Session: Text{
			"Games send UDP to port 8211; TCP 8212 is the REST interface for the administrator.",
			"ゲームがUDPの8211番へ送ります。TCPの8212番は管理者用のREST APIです。",
		},
		Usual: published,
		Close: Text{
			"Forward UDP 8211 only, RESTAPIEnabled=False, a ServerPassword; stop the server after the play.",
			"転送はUDPの8211番だけにし、RESTAPIEnabled=False、ServerPasswordを設定し、遊び終えたら止めます。",
		},
	},
	"valheim": {
		Session: Text{
			"Games send UDP to port 2456; 2457 answers queries of the server list.",
			"ゲームがUDPの2456番へ送ります。2457番はサーバー一覧の照会に答えます。",
		},
		Usual: published,
		Close: Text{
			"Start with -public 0 and a password, or with -crossplay, which needs no open port; stop it after the play.",
			"-public 0とパスワード付きで起動するか、ポート開放の要らない-crossplayを使い、遊び終えたら止めます。",
		},
	},
	"rust-game": {
		Session: Text{
			"Games send UDP to port 28015; TCP 28016 is RCON over WebSocket.",
			"ゲームがUDPの28015番へ送ります。TCPの28016番はWebSocketのRCONです。",
		},
		Usual: published,
		Close: Text{
			"Forward UDP 28015 only; +rcon.ip 127.0.0.1; stop the server after the play.",
			"転送はUDPの28015番だけにし、+rcon.ip 127.0.0.1とし、遊び終えたら止めます。",
		},
	},
	"factorio": {
		Session: Text{
			"Games send UDP to port 34197 of the server and keep their worlds in step with it.",
			"ゲームがサーバーのUDPの34197番へ送り、世界の状態をそろえ続けます。",
		},
		Usual: published,
		Close: Text{
			"Stop the server after the play; else game_password and require_user_verification in server-settings.json.",
			"遊び終えたら止めます。続ける場合はserver-settings.jsonでgame_passwordとrequire_user_verificationを設定します。",
		},
	},
	"fivem": {
		Session: Text{
			"Games fetch information and files by HTTP from TCP port 30120 and play by UDP 30120.",
			"ゲームがHTTPでTCPの30120番から情報とファイルを受け取り、UDPの30120番でプレーします。",
		},
		Usual: published,
		Close: Text{
			"Stop the server after the play; txAdmin (40120) on 127.0.0.1 only.",
			"遊び終えたら止めます。txAdmin(40120番)は127.0.0.1だけにします。",
		},
	},
	"seven-days-to-die": {
		Session: Text{
			"Games connect to TCP and UDP 26900 to 26902; 8081 is Telnet for the administrator.",
			"ゲームがTCPとUDPの26900〜26902番へ接続します。8081番は管理者用のTELNETです。",
		},
		Usual: published,
		Close: Text{
			"TelnetEnabled false and ServerPassword in serverconfig.xml; forward 26900 to 26902 only.",
			"serverconfig.xmlでTelnetEnabledをfalseとし、ServerPasswordを設定し、26900〜26902番だけを転送します。",
		},
	},
	"project-zomboid": {
		Session: Text{
			"Games send UDP to port 16261 (and 16262 for direct connections) and play over it.",
			"ゲームがUDPの16261番(直接接続は16262番)へ送り、プレーします。",
		},
		Usual: published,
		Close: Text{
			"Open=false with a whitelist, or a Password, in the server's .ini; stop it after the play.",
			"サーバーの.iniでOpen=falseとしてホワイトリストを使うか、Passwordを設定し、遊び終えたら止めます。",
		},
	},
	"dont-starve": {
		Session: Text{
			"Games send UDP to port 10999 of the server, which the maker's list names.",
			"メーカーの一覧で見つけたサーバーのUDPの10999番へ、ゲームが送ります。",
		},
		Usual: published,
		Close: Text{
			"cluster_password in cluster.ini, or offline_cluster = true; stop it after the play.",
			"cluster.iniでcluster_passwordを設定するか、offline_cluster = trueとし、遊び終えたら止めます。",
		},
	},
	"luanti": {
		Session: Text{
			"Games send UDP to port 30000, prove a password (SRP), and the world comes in pieces.",
			"ゲームがUDPの30000番へ送り、パスワードを証明し(SRP)、世界のデータを少しずつ受け取ります。",
		},
		Usual: published,
		Close: Text{
			"`systemctl disable --now minetest-server`; else disallow_empty_password = true.",
			"`systemctl disable --now minetest-server`で止めます。続ける場合はdisallow_empty_password = trueとします。",
		},
	},
	"openttd": {
		Session: Text{
			"Games ask by UDP 3979 what is played and connect to TCP 3979.",
			"ゲームがUDPの3979番で内容を尋ね、TCPの3979番へ接続します。",
		},
		Usual: published,
		Close: Text{
			"server_password in secrets.cfg, admin_password empty; stop it after the play.",
			"secrets.cfgでserver_passwordを設定し、admin_passwordは空にし、遊び終えたら止めます。",
		},
	},
	"blizzard": {
		Session: Text{
			"The game connects outward to the maker's servers at 1119 and 3724; 6112 was for games between players.",
			"ゲームがメーカーのサーバーの1119番や3724番へ外向きに接続します。6112番はプレーヤー同士の対戦用でした。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Nothing has to be open for today's games: take the forwarding of 6112 out.",
			"今日のゲームで開ける必要はありません。6112番の転送を消します。",
		},
	},
}
