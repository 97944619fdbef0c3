package book

// control is the lessons of what moves machines and buildings. None of it was
// made for a network with strangers in it.
var control = lessons{
	"modbus": {
		Session: Text{
			"The master connects to TCP port 502 of the controller, names a unit and registers, and reads or writes their values. Nobody logs in.",
			"マスターが制御機器のTCPの502番へ接続し、ユニットとレジスターを指定して値を読み書きします。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Keep it in the plant's network, behind a firewall that passes the master's address only; from outside a VPN. Modbus/TLS (802) where the devices have it.",
			"設備用ネットワークに置き、ファイアウォールでマスターのアドレスからだけ通し、外からはVPNを使います。対応機器ではModbus/TLS(802番)を使います。",
		},
	},
	"iso-tsap": {
		Session: Text{
			"The engineering station connects to TCP port 102, opens a transport connection naming rack and slot, and reads, writes or stops the controller.",
			"設計用の端末がTCPの102番へ接続し、ラックとスロットを指定して、PLCの読み書きや停止を行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Set protection levels and a password in TIA Portal, allow PUT/GET only where needed, and keep the port in the plant's network.",
			"TIA Portalで保護レベルとパスワードを設定し、PUT/GETは必要な場合だけ許し、設備用ネットワークの内側に置きます。",
		},
	},
	"bacnet": {
		Session: Text{
			"A station broadcasts WHO-IS to UDP port 47808, devices answer I-AM, and it reads and writes their objects. Nobody logs in.",
			"端末がUDPの47808番へWHO-ISをブロードキャストし、機器がI-AMと答え、端末がオブジェクトを読み書きします。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Keep it in the building's network; BACnet/SC (TLS) where it has to leave it.",
			"ビル設備用のネットワークだけで使い、外へ出す必要がある場合はBACnet/SC(TLS)を使います。",
		},
	},
	"ethernet-ip-2": {
		Session: Text{
			"A station asks by UDP 44818 who is there (ListIdentity), connects to TCP 44818, and reads and writes tags; fast data goes by UDP 2222.",
			"端末がUDPの44818番で機器を探し(ListIdentity)、TCPの44818番へ接続してタグを読み書きします。高速なデータはUDPの2222番です。",
		},
		Usual: nowhere,
		Close: Text{
			"Key switch to RUN, CIP Security where the controller has it, and a firewall before the plant's network.",
			"キースイッチをRUNにし、対応PLCではCIP Securityを使い、設備用ネットワークの手前にファイアウォールを置きます。",
		},
	},
	"dnp": {
		Session: Text{
			"The master station connects to TCP port 20000 of the outstation, asks for values and switches; the outstation may report unasked.",
			"親局が子局のTCPの20000番へ接続し、値の取得や操作をします。子局から自発的に報告することもあります。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it from the master's address only, through a VPN, with secure authentication or TLS where both have it.",
			"親局のアドレスからだけVPN経由で通し、双方が対応していればセキュア認証かTLSを使います。",
		},
	},
	"iec-104": {
		Session: Text{
			"The control centre connects to TCP port 2404 of the station, starts the transfer (STARTDT), and gets values and gives commands. Nobody logs in.",
			"制御所が変電所などのTCPの2404番へ接続し、転送を開始して(STARTDT)値を受け取り、指令を送ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Pass it from the control centre only, through a VPN; IEC 62351 (TLS) where both have it.",
			"制御所からだけVPN経由で通し、双方が対応していればIEC 62351(TLS)を使います。",
		},
	},
	"opcua-tcp": {
		Session: Text{
			"The client connects to TCP port 4840, asks which security there is, opens a secure channel with certificates, logs in, and reads or subscribes to values.",
			"クライアントがTCPの4840番へ接続し、使える保護方式を尋ね、証明書で安全なチャネルを開き、認証して値の読み取りや購読をします。",
		},
		Usual: nowhere,
		Close: Text{
			"Disable the endpoint None and anonymous users in the server; accept clients' certificates one by one.",
			"サーバーの設定でセキュリティなし(None)と匿名利用を無効にし、クライアントの証明書は個別に承認します。",
		},
	},
	"knxnet-ip": {
		Session: Text{
			"A program sends a search by multicast (224.0.23.12) to UDP port 3671, opens a tunnel to the gateway, and sends telegrams to lights and blinds. Nobody logs in.",
			"プログラムがUDPの3671番へマルチキャスト(224.0.23.12)で探し、ゲートウェイへトンネルを張り、照明やブラインドへ電文を送ります。認証はありません。",
		},
		Usual: homeLAN,
		Close: Text{
			"Never forward 3671; KNX IP Secure where the gateway has it; from outside a VPN.",
			"3671番は転送しません。対応ゲートウェイではKNX IP Secureを使い、外からはVPNを使います。",
		},
	},
	"fins": {
		Session: Text{
			"A station sends a command to UDP (or TCP) port 9600 of the controller, naming network, node and unit, and reads or writes its memory. Nobody logs in.",
			"端末がPLCのUDP(またはTCP)の9600番へ、ネットワーク、ノード、ユニットを指定したコマンドを送り、メモリーを読み書きします。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch FINS off where the controller allows it, set write protection, and keep it in the plant's network.",
			"可能ならPLCの設定でFINSを切り、書き込み保護を設定し、設備用ネットワークだけで使います。",
		},
	},
	"slmp": {
		Session: Text{
			"A station sends a command to port 5007 (TCP) or 5006 (UDP) of the controller and reads or writes devices. A remote password is the only login.",
			"端末がPLCの5007番(TCP)や5006番(UDP)へコマンドを送り、デバイスを読み書きします。認証はリモートパスワードだけです。",
		},
		Usual: nowhere,
		Close: Text{
			"Set the remote password and the IP filter in GX Works, and keep it in the plant's network.",
			"GX WorksでリモートパスワードとIPフィルターを設定し、設備用ネットワークだけで使います。",
		},
	},
	"niagara-fox": {
		Session: Text{
			"The workbench connects to TCP port 1911 (4911 with TLS), both say hello, the user logs in, and controls the building.",
			"管理ソフトがTCPの1911番(TLSは4911番)へ接続してあいさつし、利用者が認証して設備を操作します。",
		},
		Usual: nowhere,
		Close: Text{
			"Foxs only (4911), 1911 disabled in the station's services, and a VPN from outside.",
			"4911番(Foxs)だけにして1911番を無効にし、外からはVPNを使います。",
		},
	},
	"codesys": {
		Session: Text{
			"The programming tool connects to TCP port 1217 (gateway) or 2455 (controller), and loads, starts and stops programs.",
			"開発ツールがTCPの1217番(ゲートウェイ)か2455番(PLC)へ接続し、プログラムの転送、開始、停止を行います。",
		},
		Usual: nowhere,
		Close: Text{
			"Switch user management on, keep the runtime new, and pass it from the engineer's station only.",
			"ユーザー管理を有効にし、ランタイムを最新にし、設計用の端末からだけ通します。",
		},
	},
	"atg": {
		Session: Text{
			"A program connects to TCP port 10001, sends a control character and a code such as I20100, and gets the levels of the tanks as text. Nobody logs in.",
			"プログラムがTCPの10001番へ接続し、制御文字とI20100のようなコードを送ると、タンクの残量が文字で返ります。認証はありません。",
		},
		Usual: nowhere,
		Close: Text{
			"Set the gauge's security code and reach it through a VPN, never by forwarding.",
			"液面計のセキュリティコードを設定し、転送せずにVPN経由で使います。",
		},
	},
}
