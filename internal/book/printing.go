package book

// printing is the lessons of printers and scanners.
var printing = lessons{
	"ipp": {
		Session: Text{
			"The PC sends a request in HTTP to TCP port 631 of the printer or print server, asks what it can, and hands the job over; UDP 631 was for announcing printers. The browser sees the same port as a page.",
			"PCがプリンターや印刷サーバーのTCPの631番へHTTPで要求を送り、機能を尋ね、印刷データを渡します。UDPの631番はプリンターの告知用でした。ブラウザーでは同じポートが設定画面になります。",
		},
		Usual: homeLAN,
		Close: Text{
			"CUPS: `Listen localhost:631` and no `Port 631` in cupsd.conf, `systemctl disable --now cups-browsed`; printers: LAN only, behind the router.",
			"CUPSはcupsd.confを`Listen localhost:631`として`Port 631`を消し、`systemctl disable --now cups-browsed`を実行します。プリンターはルーターの内側に置き、LANだけで使います。",
		},
		Upgrade: "HTTP Upgrade: TLS",
	},
	"printer": {
		Session: Text{
			"The PC connects to TCP port 515, names a queue, sends a control file and the job, and gets a zero byte for each that was taken.",
			"PCがTCPの515番へ接続し、キューを指定して制御ファイルと印刷データを送ります。受け取られるとゼロが1バイト返ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now lpd cups-lpd.socket`; Windows: remove LPD Print Service; printers: LPD off in the settings.",
			"`systemctl disable --now lpd cups-lpd.socket`で止めます。Windowsは「LPD印刷サービス」を削除し、プリンターは設定でLPDを切ります。",
		},
	},
	"pdl-datastream": {
		Session: Text{
			"The PC connects to TCP port 9100 and sends the job as it is to be printed (PCL, PostScript); the printer may answer with its state.",
			"PCがTCPの9100番へ接続し、印刷データ(PCL、PostScript)をそのまま送ります。プリンターは状態を返すことがあります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Raw printing (port 9100) off in the printer's settings, or an access list with the print server's address; never forwarded.",
			"プリンターの設定でRAW印刷(9100番)を切るか、印刷サーバーだけを許すアクセスリストを設定します。転送はしません。",
		},
	},
	"scan-bjnp": {
		Session: Text{
			"The PC's driver broadcasts to UDP port 8611 or 8612, and Canon printers and scanners answer and take jobs.",
			"PCのドライバーがUDPの8611番や8612番へブロードキャストし、キヤノンのプリンターやスキャナーが応じてデータを受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"Switch Canon's own protocol off in the printer where IPP does it; the firewall passes it in the LAN only.",
			"IPPで足りるなら、プリンターの設定で独自プロトコルを切ります。ファイアウォールではLAN内だけで通します。",
		},
	},
	"enpc": {
		Session: Text{
			"The PC's driver broadcasts to UDP port 3289, Epson devices answer with their model and state, and TCP carries settings.",
			"PCのドライバーがUDPの3289番へブロードキャストし、エプソンの機器が型番と状態を返します。設定はTCPで行います。",
		},
		Usual: homeLAN,
		Close: Text{
			"Let the firewall pass it in the LAN only, and set an administrator's password in the device.",
			"ファイアウォールではLAN内だけで通し、機器に管理者パスワードを設定します。",
		},
	},
	"sane-port": {
		Session: Text{
			"The PC connects to TCP port 6566 of the machine with the scanner, logs in where that is set, chooses settings, and gets the picture over a second connection.",
			"PCがスキャナーのある機器のTCPの6566番へ接続し、設定があれば認証し、読み取り条件を決め、画像を別の接続で受け取ります。",
		},
		Usual: homeLAN,
		Close: Text{
			"`systemctl disable --now saned.socket`, or name the addresses that may in /etc/sane.d/saned.conf.",
			"`systemctl disable --now saned.socket`で止めるか、/etc/sane.d/saned.confに許可するアドレスを書きます。",
		},
	},
}
