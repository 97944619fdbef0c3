package book

// web is the lessons of web servers, what stands behind them, and the pages of
// programs.
var web = lessons{
	"http": {
		Session: Text{
			"The browser connects to TCP port 80 and speaks first: GET /path, Host and other headers, an empty line. The server answers with a status, headers and the page, and the connection serves further requests. A server says nothing until it is asked.",
			"ブラウザーがTCPの80番へ接続し、先にGET /パス、Hostなどのヘッダー、空行を送ります。サーバーは状態コード、ヘッダー、ページを返し、同じ接続で次の要求も受けます。何も送らなければサーバーは黙ったままです。",
		},
		Usual: Usual{Outward, Open, Closed, Open},
		Close: Text{
			"`systemctl disable --now apache2` (nginx, caddy); Windows: stop IIS (`iisreset /stop`). A web server keeps 80 only to redirect to https and for the ACME check of certificates.",
			"`systemctl disable --now apache2`(nginx、caddy)、WindowsはIISを停止します(`iisreset /stop`)。Webサーバーの80番は、httpsへの転送と証明書のACME検証のためだけに残します。",
		},
		Facts: []Text{{
			"A PC needs 80 outward only: its browser connects out, and nothing has to be let in.",
			"PCに必要なのは外向きの80番だけです。ブラウザーから接続するので、外からの接続を通す必要はありません。",
		}},
	},
	"https": {
		Session: Text{
			"The browser connects to TCP port 443; TLS agrees on keys, the server shows its certificate, and then HTTP goes inside. HTTP/3 does the same over UDP 443 (QUIC), after the server has offered it.",
			"ブラウザーがTCPの443番へ接続し、TLSで鍵を交換し、サーバーが証明書を示したあと、その中でHTTPをやり取りします。HTTP/3はサーバーの案内のあと、UDPの443番(QUIC)で同じことをします。",
		},
		Usual: Usual{Outward, Open, Closed, Open},
		Close: Text{
			"`systemctl disable --now apache2` (nginx, caddy), or remove the listen 443 line; on a router switch remote administration off. A web server keeps it open, with a valid certificate and TLS 1.2 or later.",
			"`systemctl disable --now apache2`(nginx、caddy)で止めるか、listen 443の行を消します。ルーターでは遠隔管理を切ります。Webサーバーでは開けておき、有効な証明書とTLS 1.2以上で運用します。",
		},
		Facts: []Text{{
			"A PC needs 443 outward only; TCP and UDP.",
			"PCに必要なのは外向きの443番だけです(TCPとUDP)。",
		}},
	},
	"http-alt": {
		Session: Text{
			"As on port 80: the browser or a proxy's client connects and asks first, the server answers. Application servers, proxies and device pages live here.",
			"80番と同じで、ブラウザーやプロキシの利用者が接続して先に要求し、サーバーが答えます。アプリケーションサーバー、プロキシ、機器の管理画面がよく使います。",
		},
		Usual: homeLAN,
		Close: Text{
			"Let the program listen on 127.0.0.1 behind a web server (Tomcat: address=\"127.0.0.1\" in server.xml), or stop it; take the router's forwarding out.",
			"Webサーバーの背後で127.0.0.1だけを待ち受けさせる(Tomcatはserver.xmlでaddress=\"127.0.0.1\")か、止めます。ルーターの転送も消します。",
		},
	},
	"https-alt": {
		Session: Text{
			"As on port 443: TLS first, HTTP inside. Administration pages and application servers live here.",
			"443番と同じで、まずTLS、その中でHTTPです。管理画面やアプリケーションサーバーがよく使います。",
		},
		Usual: homeLAN,
		Close: Text{
			"Let the program listen on 127.0.0.1 or the LAN address, or put it behind the web server on 443; on routers and NAS switch remote administration off.",
			"127.0.0.1かLAN側のアドレスだけで待ち受けさせるか、443番のWebサーバーの背後に置きます。ルーターやNASでは遠隔管理を切ります。",
		},
	},
	"http-dev": {
		Session: Text{
			"The developer's browser connects to a server that was started by hand (npm run dev, flask run, rails s), without TLS, and the server reloads on every change.",
			"開発者のブラウザーが、手で起動したサーバー(npm run dev、flask run、rails sなど)へ接続します。TLSはなく、変更のたびに読み込み直されます。",
		},
		Usual: nowhere,
		Close: Text{
			"End the program; start it with --host 127.0.0.1 (the default of most) and not with 0.0.0.0, and publish no container port for it.",
			"プログラムを終了します。起動は0.0.0.0ではなく--host 127.0.0.1(多くの既定値)とし、コンテナのポートも公開しません。",
		},
	},
	"squid": {
		Session: Text{
			"The browser connects to TCP port 3128 and asks the proxy for whole addresses (GET http://...), or for a tunnel (CONNECT host:443); the proxy connects on to the server.",
			"ブラウザーがTCPの3128番へ接続し、完全なURL(GET http://…)か、トンネル(CONNECT ホスト:443)を求め、プロキシが先のサーバーへ接続します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`http_port 192.168.1.10:3128`, `http_access allow localnet` and `http_access deny all` last in squid.conf; or `systemctl disable --now squid`.",
			"squid.confで`http_port 192.168.1.10:3128`とし、`http_access allow localnet`のあと最後に`http_access deny all`を置きます。止めるには`systemctl disable --now squid`です。",
		},
	},
	"ajp13": {
		Session: Text{
			"The web server in front connects to TCP port 8009 and hands requests on in a binary form, with the user's name and address in it, which the application server believes.",
			"前段のWebサーバーがTCPの8009番へ接続し、要求をバイナリー形式で渡します。利用者名やアドレスも含まれ、アプリケーションサーバーはそれを信じます。",
		},
		Usual: nowhere,
		Close: Text{
			"Comment the AJP Connector out in server.xml, or address=\"127.0.0.1\" with secretRequired=\"true\" and a secret.",
			"server.xmlのAJPコネクターをコメントにするか、address=\"127.0.0.1\"、secretRequired=\"true\"と秘密の文字列を設定します。",
		},
	},
	"php-fpm": {
		Session: Text{
			"The web server connects to TCP port 9000, sends the name of a script with all variables, and gets the page back.",
			"WebサーバーがTCPの9000番へ接続し、スクリプト名と変数一式を送り、ページを受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`listen = /run/php/php-fpm.sock` or `listen = 127.0.0.1:9000` with listen.allowed_clients in www.conf.",
			"www.confで`listen = /run/php/php-fpm.sock`とするか、`listen = 127.0.0.1:9000`とlisten.allowed_clientsを設定します。",
		},
	},
	"jdwp": {
		Session: Text{
			"The debugger connects to TCP port 5005, both send JDWP-Handshake, and then it stops the program, looks into it and runs what it likes. Nobody logs in.",
			"デバッガーがTCPの5005番へ接続し、双方がJDWP-Handshakeを送ると、プログラムの停止、中身の閲覧、任意の実行ができます。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove -agentlib:jdwp from the Java options, or address=127.0.0.1:5005.",
			"Javaの起動オプションから-agentlib:jdwpを外すか、address=127.0.0.1:5005とします。",
		},
	},
	"node-inspect": {
		Session: Text{
			"The browser's developer tools read /json on port 9229, open a WebSocket and control the program. Only the secret in the address guards it.",
			"ブラウザーの開発者ツールが9229番の/jsonを読み、WebSocketを開いてプログラムを操作します。守りはURL中の秘密の文字列だけです。",
		},
		Usual: nowhere,
		Close: Text{
			"Start node without --inspect, or with --inspect=127.0.0.1 (the default) and never 0.0.0.0.",
			"--inspectなしで起動するか、既定の--inspect=127.0.0.1とし、0.0.0.0にはしません。",
		},
	},
	"chrome-devtools": {
		Session: Text{
			"A program reads /json on port 9222, opens a WebSocket and steers the browser: pages, cookies, screenshots. Nobody logs in.",
			"プログラムが9222番の/jsonを読み、WebSocketを開いてブラウザーを操作します。ページ、クッキー、画面の取得もでき、認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"End the browser that was started with --remote-debugging-port; leave out --remote-debugging-address=0.0.0.0.",
			"--remote-debugging-port付きで起動したブラウザーを終了し、--remote-debugging-address=0.0.0.0は付けません。",
		},
	},
	"selenium": {
		Session: Text{
			"A test program connects to TCP port 4444 by HTTP, asks for a browser and steers it; the hub may pass it on to another machine.",
			"テストプログラムがTCPの4444番へHTTPで接続し、ブラウザーを用意させて操作します。ハブが別の機器へ回すこともあります。",
		},
		Usual: nowhere,
		Close: Text{
			"Start it with --host 127.0.0.1 (containers: -p 127.0.0.1:4444:4444), or set --username and --password.",
			"--host 127.0.0.1で起動し(コンテナは-p 127.0.0.1:4444:4444)、必要なら--usernameと--passwordを設定します。",
		},
	},
	"jupyter": {
		Session: Text{
			"The browser opens TCP port 8888 with a token in the address, and a WebSocket carries what is typed to the Python behind it.",
			"ブラウザーがトークン付きのURLでTCPの8888番を開き、入力はWebSocketで背後のPythonに渡されます。",
		},
		Usual: nowhere,
		Close: Text{
			"`c.ServerApp.ip = '127.0.0.1'` in jupyter_server_config.py, never an empty token, and `ssh -L 8888:localhost:8888` from elsewhere.",
			"jupyter_server_config.pyで`c.ServerApp.ip = '127.0.0.1'`とし、トークンを空にしません。離れた所からは`ssh -L 8888:localhost:8888`を使います。",
		},
	},
	"jmxrmi": {
		Session: Text{
			"The tool asks the registry at TCP port 1099 where the object is, and connects to a second, often random port, where Java objects travel.",
			"ツールがTCPの1099番のレジストリにオブジェクトの場所を問い合わせ、2つ目の(多くは任意の)ポートへ接続してJavaのオブジェクトをやり取りします。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove -Dcom.sun.management.jmxremote.port, or set jmxremote.host=127.0.0.1 with authenticate=true and ssl=true.",
			"-Dcom.sun.management.jmxremote.portを外すか、jmxremote.host=127.0.0.1、authenticate=true、ssl=trueを設定します。",
		},
	},
	"weblogic": {
		Session: Text{
			"Browsers and Java clients connect to 7001 (7002 with TLS), where HTTP, T3 and IIOP are told apart by the first bytes.",
			"ブラウザーやJavaクライアントが7001番(TLSは7002番)へ接続し、最初のバイトでHTTP、T3、IIOPが判別されます。",
		},
		Usual: nowhere,
		Close: Text{
			"Move administration to its own port and address, refuse T3 and IIOP from outside by a connection filter, and install the patches of each quarter.",
			"管理用のポートとアドレスを分け、接続フィルターで外部からのT3とIIOPを拒否し、四半期ごとの修正を適用します。",
		},
	},
	"glassfish": {
		Session: Text{
			"The administrator's browser opens TCP port 4848 and logs in as admin; asadmin uses the same port.",
			"管理者のブラウザーがTCPの4848番を開いてadminで認証します。asadminも同じポートを使います。",
		},
		Usual: nowhere,
		Close: Text{
			"`asadmin set server.network-config.network-listeners.network-listener.admin-listener.address=127.0.0.1`, change the admin password, and use secure admin only where needed.",
			"`asadmin set server.network-config.network-listeners.network-listener.admin-listener.address=127.0.0.1`とし、adminのパスワードを変更します。secure adminは必要な場合だけ有効にします。",
		},
	},
	"jboss": {
		Session: Text{
			"The administrator's browser or jboss-cli opens TCP port 9990 (9993 with TLS) and logs in as a management user.",
			"管理者のブラウザーやjboss-cliがTCPの9990番(TLSは9993番)を開き、管理ユーザーで認証します。",
		},
		Usual: nowhere,
		Close: Text{
			"Start with -bmanagement=127.0.0.1 (the default) and reach it through an SSH tunnel.",
			"既定の-bmanagement=127.0.0.1で起動し、SSHトンネル経由で使います。",
		},
	},
	"cpanel": {
		Session: Text{
			"The browser opens 2083 (users), 2087 (administrators) or 2096 (webmail) by HTTPS; 2082, 2086 and 2095 are the same in clear.",
			"ブラウザーが2083番(利用者)、2087番(管理者)、2096番(Webメール)をHTTPSで開きます。2082、2086、2095番は暗号化なしの同じ画面です。",
		},
		Usual: Usual{Closed, Closed, Open, Open},
		Close: Text{
			"Tweak Settings: always redirect to SSL; pass 2086 and 2087 from the administrators' addresses only; two-factor logins.",
			"「Tweak Settings」で常にSSLへ転送し、2086番と2087番は管理者のアドレスからだけ通し、二要素認証を使います。",
		},
	},
	"plesk": {
		Session: Text{
			"The browser opens TCP port 8880 in clear, or 8443 by HTTPS, and logs in.",
			"ブラウザーがTCPの8880番(平文)か8443番(HTTPS)を開いて認証します。",
		},
		Usual: Usual{Closed, Closed, Open, Open},
		Close: Text{
			"Close 8880 in Plesk's own firewall, use 8443, and restrict administrative access to addresses.",
			"Pleskのファイアウォールで8880番を閉め、8443番を使い、管理画面の利用元アドレスを制限します。",
		},
	},
	"varnish-adm": {
		Session: Text{
			"varnishadm connects to TCP port 6082, proves the shared secret, and changes rules or clears the cache.",
			"varnishadmがTCPの6082番へ接続し、共有の秘密を証明し、規則の変更やキャッシュの消去をします。",
		},
		Usual: nowhere,
		Close: Text{
			"`-T localhost:6082` in varnish.service (`systemctl edit varnish`), or `-T none`.",
			"varnish.serviceで`-T localhost:6082`(`systemctl edit varnish`)、または`-T none`とします。",
		},
	},
	"haproxy-stats": {
		Session: Text{
			"The browser opens TCP port 8404 and sees which servers are up; with admin rights it switches them off.",
			"ブラウザーがTCPの8404番を開き、各サーバーの状態を見ます。管理を許した設定では切り離しもできます。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind 127.0.0.1:8404` in the frontend, with `stats auth` and without `stats admin if TRUE`.",
			"フロントエンドを`bind 127.0.0.1:8404`とし、`stats auth`を付け、`stats admin if TRUE`は使いません。",
		},
	},
	"solr": {
		Session: Text{
			"An application sends searches and documents by HTTP to TCP port 8983; the administration page is on the same port.",
			"アプリケーションがHTTPでTCPの8983番へ検索や文書を送ります。管理画面も同じポートです。",
		},
		Usual: nowhere,
		Close: Text{
			"SOLR_JETTY_HOST=127.0.0.1 in solr.in.sh (the default since 9), and security.json with a login.",
			"solr.in.shでSOLR_JETTY_HOST=127.0.0.1とし(9以降の既定)、security.jsonで認証を設定します。",
		},
	},
	"sonarqube": {
		Session: Text{
			"Developers' browsers and build machines connect by HTTP to TCP port 9000 and send or read reports on code.",
			"開発者のブラウザーやビルド用の機器がHTTPでTCPの9000番へ接続し、コードの検査結果を送受信します。",
		},
		Usual: homeLAN,
		Close: Text{
			"`sonar.web.host=127.0.0.1` behind a web server with HTTPS, force authentication on, and the password of admin changed.",
			"`sonar.web.host=127.0.0.1`としてHTTPSのWebサーバーの背後に置き、認証を必須にし、adminのパスワードを変更します。",
		},
	},
	"ollama": {
		Session: Text{
			"A program sends prompts by HTTP to TCP port 11434 and gets the model's words as a stream; the same interface loads and deletes models.",
			"プログラムがHTTPでTCPの11434番へ指示文を送ると、モデルの出力が順に届きます。モデルの取得や削除も同じ口です。",
		},
		Usual: nowhere,
		Close: Text{
			"Unset OLLAMA_HOST=0.0.0.0 (the default is 127.0.0.1); for others put a web server with a login before it.",
			"OLLAMA_HOST=0.0.0.0を外します(既定は127.0.0.1)。ほかの人に使わせるなら、認証付きのWebサーバーを前に置きます。",
		},
	},
	"gradio": {
		Session: Text{
			"The browser opens TCP port 7860 by HTTP, and what is typed or uploaded goes to the Python program behind the page.",
			"ブラウザーがTCPの7860番をHTTPで開き、入力やアップロードした内容が背後のPythonプログラムに渡ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Start without --listen and --share (server_name=\"127.0.0.1\"), or with auth=(user, password) behind HTTPS.",
			"--listenや--shareを付けずに(server_name=\"127.0.0.1\")起動します。公開する場合はauthを設定し、HTTPSの背後に置きます。",
		},
	},
	"comfyui": {
		Session: Text{
			"The browser opens TCP port 8188, sends a graph of steps and gets pictures; custom nodes are programs that run there.",
			"ブラウザーがTCPの8188番を開き、処理の流れを送って画像を受け取ります。カスタムノードはそこで動くプログラムです。",
		},
		Usual: nowhere,
		Close: Text{
			"Start without --listen; from elsewhere `ssh -L 8188:localhost:8188`.",
			"--listenを付けずに起動し、離れた所からは`ssh -L 8188:localhost:8188`を使います。",
		},
	},
	"ray-dashboard": {
		Session: Text{
			"The browser or a program opens TCP port 8265, looks at the cluster and hands it jobs to run. Nobody logs in.",
			"ブラウザーやプログラムがTCPの8265番を開き、クラスターを見たりジョブを実行させたりします。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`ray start --dashboard-host 127.0.0.1` (the default) and the cluster's ports inside its own network.",
			"既定の`ray start --dashboard-host 127.0.0.1`とし、クラスターのポートは専用ネットワークの内側に置きます。",
		},
	},
	"streamlit": {
		Session: Text{
			"The browser opens TCP port 8501 and keeps a WebSocket; each change of a field runs the script again.",
			"ブラウザーがTCPの8501番を開いてWebSocketを保ち、入力を変えるたびにスクリプトが実行されます。",
		},
		Usual: nowhere,
		Close: Text{
			"`--server.address 127.0.0.1`, and a web server with HTTPS and a login before it.",
			"`--server.address 127.0.0.1`とし、HTTPSと認証のあるWebサーバーを前に置きます。",
		},
	},
}
