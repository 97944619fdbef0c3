package book

// peers is the lessons of programs that talk to strangers by design.
var peers = lessons{
	"bittorrent": {
		Session: Text{
			"The program asks trackers and other peers (DHT, UDP) who has a file, connects to them, and lets others connect to it: that is what the open port is for.",
			"トラッカーやほかの利用者(UDPのDHT)にファイルの持ち主を尋ねて接続し、相手からの接続も受けます。開けたポートはそのためのものです。",
		},
		Usual: Usual{Closed, Open, Closed, Closed},
		Close: Text{
			"Switch UPnP and NAT-PMP off in the program and end it; downloads work without an open port, more slowly.",
			"プログラムのUPnPとNAT-PMPを切って終了します。ポートを開けなくても、遅くはなりますがダウンロードできます。",
		},
	},
	"transmission-rpc": {
		Session: Text{
			"The browser or a remote control opens TCP port 9091 by HTTP and manages downloads.",
			"ブラウザーや操作ソフトがTCPの9091番をHTTPで開き、ダウンロードを管理します。",
		},
		Usual: homeLAN,
		Close: Text{
			"\"rpc-bind-address\": \"127.0.0.1\", \"rpc-authentication-required\": true in settings.json.",
			"settings.jsonで\"rpc-bind-address\": \"127.0.0.1\"、\"rpc-authentication-required\": trueとします。",
		},
	},
	"edonkey": {
		Session: Text{
			"The program connects to a server and to other peers and lets them connect to TCP 4662; UDP 4672 asks for sources.",
			"サーバーやほかの利用者へ接続し、TCPの4662番で接続を受けます。UDPの4672番は持ち主を尋ねるためです。",
		},
		Usual: Usual{Closed, Open, Closed, Closed},
		Close: Text{
			"End the program and take its forwarding out of the router.",
			"プログラムを終了し、ルーターの転送を消します。",
		},
	},
	"gnutella-svc": {
		Session: Text{
			"The program connects to other peers, passes their searches on, and lets them fetch files at port 6346.",
			"ほかの利用者と接続して検索を中継し合い、6346番でファイルを渡します。",
		},
		Usual: nowhere,
		Close: Text{
			"End the program and take its forwarding out of the router.",
			"プログラムを終了し、ルーターの転送を消します。",
		},
	},
	"bitcoin": {
		Session: Text{
			"Nodes connect to each other at TCP port 8333, exchange versions, and pass blocks and transactions on; newer ones encrypt.",
			"ノードが互いのTCPの8333番へ接続して版を交換し、ブロックと取引を中継します。新しい版同士は暗号化します。",
		},
		Usual: published,
		Close: Text{
			"`listen=0` in bitcoin.conf: the node works with connections that it makes itself.",
			"bitcoin.confで`listen=0`とします。自分から張る接続だけで動作します。",
		},
	},
	"bitcoin-rpc": {
		Session: Text{
			"A program of the owner sends commands as JSON by HTTP to TCP port 8332, with user and password; they can spend the wallet.",
			"所有者のプログラムが利用者名とパスワードを付け、HTTPのJSONでTCPの8332番へ指示します。ウォレットの送金もできます。",
		},
		Usual: nowhere,
		Close: Text{
			"No rpcbind and no rpcallowip beyond 127.0.0.1 in bitcoin.conf, or `server=0`.",
			"bitcoin.confのrpcbindとrpcallowipを127.0.0.1に限るか、`server=0`とします。",
		},
	},
	"ethereum": {
		Session: Text{
			"Nodes find each other by UDP 30303, connect to TCP 30303, encrypt, and pass blocks and transactions on.",
			"ノードがUDPの30303番で互いを見つけ、TCPの30303番へ接続して暗号化し、ブロックと取引を中継します。",
		},
		Usual: published,
		Close: Text{
			"`--nodiscover --maxpeers 0`, or no forwarding: it works with connections that it makes itself.",
			"`--nodiscover --maxpeers 0`とするか、転送しません。自分から張る接続だけで動作します。",
		},
	},
	"ethereum-rpc": {
		Session: Text{
			"A program of the owner sends commands as JSON by HTTP (8545) or WebSocket (8546). Nobody logs in.",
			"所有者のプログラムがHTTP(8545番)かWebSocket(8546番)のJSONで指示します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`--http.addr 127.0.0.1` (the default), no personal and admin in --http.api.",
			"既定の`--http.addr 127.0.0.1`とし、--http.apiにpersonalとadminを含めません。",
		},
	},
	"monero": {
		Session: Text{
			"Nodes connect to each other at TCP port 18080 and pass blocks and transactions on.",
			"ノードが互いのTCPの18080番へ接続し、ブロックと取引を中継します。",
		},
		Usual: published,
		Close: Text{
			"`in-peers=0` in monerod.conf, or no forwarding.",
			"monerod.confで`in-peers=0`とするか、転送しません。",
		},
	},
	"monero-rpc": {
		Session: Text{
			"Wallets ask the node by HTTP at 18081 (18089 restricted), and wallets' own commands come at 18082.",
			"ウォレットがHTTPの18081番(制限付きは18089番)でノードに尋ね、ウォレット自身への指示は18082番で受けます。",
		},
		Usual: nowhere,
		Close: Text{
			"`rpc-bind-ip=127.0.0.1`, rpc-restricted-bind-port for others, and rpc-login.",
			"`rpc-bind-ip=127.0.0.1`とし、ほかの人にはrpc-restricted-bind-portを使わせ、rpc-loginを設定します。",
		},
	},
	"stratum": {
		Session: Text{
			"A miner connects to TCP port 3333 of a pool, logs in with a wallet's address, and gets work in lines of JSON.",
			"採掘ソフトがプールのTCPの3333番へ接続し、ウォレットのアドレスで参加し、JSONの行で仕事を受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Stop the pool; a connection outward to such a port which nobody set up points to a miner: look which program makes it.",
			"プールを止めます。覚えのない外向きの接続がこのポートへ出ていれば採掘ソフトの疑いがあるため、プログラムを調べます。",
		},
	},
	"ipfs": {
		Session: Text{
			"Nodes connect to each other at port 4001 (TCP, or QUIC over UDP), encrypted, and exchange blocks by their hash.",
			"ノードが互いの4001番(TCP、またはUDP上のQUIC)へ暗号化して接続し、ハッシュで指定したブロックを交換します。",
		},
		Usual: published,
		Close: Text{
			"\"Swarm\": [] in Addresses of the config, or no forwarding and DisableNatPortMap true.",
			"設定のAddressesで\"Swarm\": []とするか、転送せずDisableNatPortMapをtrueとします。",
		},
	},
	"ipfs-api": {
		Session: Text{
			"The owner's programs send commands by HTTP to TCP port 5001. Nobody logs in.",
			"所有者のプログラムがHTTPでTCPの5001番へ指示します。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"`ipfs config Addresses.API /ip4/127.0.0.1/tcp/5001` (the default).",
			"既定の`ipfs config Addresses.API /ip4/127.0.0.1/tcp/5001`とします。",
		},
	},
	"electrum": {
		Session: Text{
			"Wallets connect to 50001 (clear) or 50002 (TLS) and ask for the balance of their addresses in lines of JSON.",
			"ウォレットが50001番(平文)か50002番(TLS)へ接続し、自分のアドレスの残高をJSONの行で尋ねます。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"SERVICES=ssl://127.0.0.1:50002 in electrumx.conf, without tcp://; or stop it.",
			"electrumx.confでtcp://をやめてSERVICES=ssl://127.0.0.1:50002とするか、止めます。",
		},
	},
	"soulseek": {
		Session: Text{
			"The program logs in at the central server and lets other users connect to TCP 2234 to search and fetch files.",
			"プログラムが中央のサーバーに認証し、ほかの利用者の接続をTCPの2234番で受けて、検索とファイルの受け渡しをします。",
		},
		Usual: Usual{Closed, Open, Closed, Closed},
		Close: Text{
			"End the program and take its forwarding out of the router.",
			"プログラムを終了し、ルーターの転送を消します。",
		},
	},
	"i2p": {
		Session: Text{
			"Programs of this machine use 4444 (web) and 7656 (SAM) as ways into the network, the browser opens 7657 to manage it.",
			"この機器のプログラムが4444番(Web)や7656番(SAM)から匿名網に入り、ブラウザーは7657番で管理します。",
		},
		Usual: nowhere,
		Close: Text{
			"clientApp listening addresses 127.0.0.1 (the default), and a password for the console.",
			"待ち受けアドレスを既定の127.0.0.1とし、管理画面にパスワードを設定します。",
		},
	},
	"tor-orport": {
		Session: Text{
			"Relays and clients connect to TCP port 9001 by TLS and lay circuits through it; 9030 gave out the directory.",
			"中継ノードや利用者がTCPの9001番へTLSで接続して経路を通します。9030番は一覧の配布用でした。",
		},
		Usual: published,
		Close: Text{
			"Take ORPort and DirPort out of torrc: a client needs none.",
			"torrcのORPortとDirPortを消します。利用するだけなら不要です。",
		},
	},
}
