package book

// mailChain is the way of a mail from one PC to another.
var mailChain = Diagram{
	Title:   Text{"The way of a mail", "メールが届くまで"},
	Parties: []Text{{"PC", "PC"}, {"sender's server", "送信側サーバー"}, {"receiver's (MX)", "受信側サーバー(MX)"}, {"PC", "相手のPC"}},
	Steps: []Step{
		{0, 1, Text{"SMTP 587/465", "SMTP 587/465"}},
		{1, 2, Text{"MX by DNS, SMTP 25", "DNSでMX、SMTP 25"}},
		{3, 2, Text{"POP3 110/995", "POP3 110/995"}},
		{2, 3, Text{"the mails", "メール"}},
	},
}

// mail is the lessons of sending, relaying and fetching mail, and news.
var mail = lessons{
	"smtp": {
		Session: Text{
			"The sending server connects to TCP port 25 of the server that the domain's MX record names. The receiver speaks first (220); then EHLO, MAIL FROM, RCPT TO, DATA, the mail, and a line with a dot; STARTTLS in between encrypts it. Whoever receives mail receives it here, too: SMTP pushes.",
			"送信側のサーバーが、あて先ドメインのMXレコードが示すサーバーのTCPの25番へ接続します。受信側が先に220と名乗り、EHLO、MAIL FROM、RCPT TO、DATA、本文、ドットだけの行と進み、途中のSTARTTLSで暗号化されます。受信もこのポートで行います。SMTPは送り届ける側から接続する方式だからです。",
		},
		Usual: Usual{Closed, Closed, Open, Closed},
		Close: Text{
			"A machine that only sends its own reports: `inet_interfaces = loopback-only` (Postfix), `dc_local_interfaces=127.0.0.1` (Exim). A mail server keeps 25 open for other servers, relays for nobody (smtpd_relay_restrictions) and takes logins on 465 or 587 only.",
			"自分の通知を送るだけの機器では、Postfixは`inet_interfaces = loopback-only`、Eximは`dc_local_interfaces=127.0.0.1`とします。メールサーバーは他のサーバーのために25番を開けておき、第三者中継を禁じ(smtpd_relay_restrictions)、利用者の認証は465番か587番だけで受けます。",
		},
		Upgrade: "STARTTLS",
		Facts: []Text{
			{
				"The chain: the PC hands the mail to its own server (587 or 465); that server asks DNS for the MX record of the receiver's domain and delivers to port 25 there; the receiver's server keeps it until the receiver's PC fetches it by POP3 or IMAP.",
				"メールの流れ: PCが自分側のサーバーに渡し(587か465)、そのサーバーがDNSであて先ドメインのMXレコードを調べて相手サーバーの25番へ配送し、相手サーバーが保管し、相手のPCがPOP3やIMAPで取り出します。",
			},
			{
				"25 is for servers among themselves and asks for no login; 587 and 465 are for users and their programs and ask for one. SMTP itself lets anybody send, which is why spammers used 25.",
				"25番はサーバー同士の配送用で認証がなく、587番と465番は利用者のメールソフト用で認証があります。SMTP自体は誰でも送れるため、25番は迷惑メールに使われてきました。",
			},
			{
				"Carriers therefore block connections from home lines to port 25 outside (outbound port 25 blocking, OP25B): mail from a PC goes over 587 or 465, and a server at home sends through the carrier's relay. Some block 25 inward as well, and then no mail arrives.",
				"そのため多くの通信事業者は、家庭向け回線から外の25番への接続を止めています(OP25B)。PCからの送信は587番か465番を使い、自宅サーバーからの送信は事業者の中継サーバーを経由します。外から入る25番まで止める事業者もあり、その場合メールは届きません。",
			},
		},
		Diagrams: []Diagram{mailChain},
	},
	"submission": {
		Session: Text{
			"The mail program connects to TCP port 587 of its own provider's server, says EHLO, asks for STARTTLS, greets again inside TLS, logs in (AUTH, that is SMTP-AUTH) and hands the mail over.",
			"メールソフトが契約先のサーバーのTCPの587番へ接続し、EHLOのあとSTARTTLSで暗号化し、もう一度EHLOを送り、AUTH(SMTP-AUTH)で認証してからメールを渡します。",
		},
		Usual: Usual{Outward, Closed, Open, Closed},
		Close: Text{
			"Postfix: comment the service submission out in master.cf; or keep it with smtpd_tls_security_level=encrypt, so that no login is offered before TLS. 465 can stand alone.",
			"Postfixはmaster.cfのsubmissionをコメントにします。残す場合はsmtpd_tls_security_level=encryptとし、TLSより前に認証を受け付けません。465番だけでも足ります。",
		},
		Upgrade: "STARTTLS",
		Facts: []Text{
			{
				"Why not 25: carriers block 25 from home lines, and 25 asks for no login. 587 passes, because who sends has to say who they are.",
				"25番を使わない理由: 家庭向け回線では25番が止められ、しかも25番には認証がありません。587番は送信者を認証するため、止められません。",
			},
		},
		Diagrams: []Diagram{mailChain},
	},
	"submissions": {
		Session: Text{
			"The mail program connects to TCP port 465 of its own provider's server; TLS begins at once, and only inside it come greeting, EHLO, login (SMTP-AUTH) and the mail.",
			"メールソフトが契約先のサーバーのTCPの465番へ接続すると、最初からTLSで始まり、その中であいさつ、EHLO、認証(SMTP-AUTH)、メールの送信と進みます。",
		},
		Usual: Usual{Outward, Closed, Open, Closed},
		Close: Text{
			"Postfix: comment the service submissions (smtps) out in master.cf. A mail server with users keeps it open, with strong passwords and fail2ban.",
			"Postfixはmaster.cfのsubmissions(smtps)をコメントにします。利用者のいるメールサーバーでは開けておき、強いパスワードとfail2banで守ります。",
		},
		Facts: []Text{
			{
				"RFC 8314 of 2018 recommends 465 before 587: nothing crosses in clear, not even the greeting, so nobody on the way can strip STARTTLS out.",
				"2018年のRFC 8314は587番より465番を勧めています。あいさつも含めて平文が流れず、途中でSTARTTLSを消される心配がないためです。",
			},
		},
	},
	"pop3": {
		Session: Text{
			"The mail program connects to TCP port 110 of the mail server, which greets with +OK; USER and PASS (after STLS, if both can), STAT, LIST, RETR for each mail, DELE for each that goes, QUIT. The connection lasts as long as the fetching.",
			"メールソフトがメールサーバーのTCPの110番へ接続すると+OKと返り、USERとPASS(双方が対応していればSTLSのあと)、STAT、LIST、メールごとにRETR、消すものにDELE、最後にQUITと進みます。接続は受信の間だけで終わります。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Dovecot: remove pop3 from `protocols`, or set `port = 0` for the listener pop3 and leave pop3s. What people use is 995.",
			"Dovecotは`protocols`からpop3を外すか、リスナーpop3を`port = 0`としてpop3sだけを残します。利用者には995番を使ってもらいます。",
		},
		Upgrade: "STLS",
		Facts: []Text{
			{
				"POP3 fetches and, as a rule, deletes: what one PC has fetched another one does not find on the server any more.",
				"POP3は取り出したメールを通常サーバーから削除します。1台のPCで受信したメールは、別のPCでは受信できません。",
			},
			{
				"It keeps nothing in step. Where mails are left on the server, one that was deleted on a PC comes again on the next, and read and unread are known to each PC alone.",
				"同期はしません。サーバーに残す設定では、PCで消したメールが別のPCでまた届き、既読・未読もそのPCの中だけの情報です。",
			},
		},
		Diagrams: []Diagram{mailChain},
	},
	"pop3s": {
		Session: Text{
			"The mail program connects to TCP port 995; TLS begins at once, and inside it goes the same conversation as on 110: USER, PASS, STAT, RETR, DELE, QUIT.",
			"メールソフトがTCPの995番へ接続すると最初からTLSで始まり、その中で110番と同じやり取り(USER、PASS、STAT、RETR、DELE、QUIT)をします。",
		},
		Usual: Usual{Outward, Closed, Open, Closed},
		Close: Text{
			"Dovecot: remove pop3 from `protocols`. Where users have it, keep it open with strong passwords, fail2ban and a valid certificate.",
			"Dovecotは`protocols`からpop3を外します。利用者がいる場合は開けておき、強いパスワード、fail2ban、有効な証明書で守ります。",
		},
		Facts: []Text{{
			"It deletes and does not sync, as POP3 does: TLS changes only what others on the way can read.",
			"削除の動作や同期しない点はPOP3と同じです。TLSで変わるのは、途中で読まれるかどうかだけです。",
		}},
	},
	"imap": {
		Session: Text{
			"The mail program connects to TCP port 143; the server greets with * OK; then STARTTLS, LOGIN, SELECT of a folder, FETCH. It stays connected as long as the program runs, and IDLE lets the server tell of new mail at once.",
			"メールソフトがTCPの143番へ接続すると* OKと返り、STARTTLS、LOGIN、フォルダーのSELECT、FETCHと進みます。ソフトの起動中は接続を保ち、IDLEにより新着がすぐ知らされます。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"Dovecot: set `port = 0` for the listener imap and leave imaps, or `ssl = required`. What people use is 993.",
			"Dovecotはリスナーimapを`port = 0`としてimapsだけを残すか、`ssl = required`とします。利用者には993番を使ってもらいます。",
		},
		Upgrade: "STARTTLS",
		Facts: []Text{
			{
				"IMAP syncs: mails stay on the server, and what is read, moved or deleted on one device is so on all.",
				"IMAPは同期します。メールはサーバーに残り、1台で読む、移す、消すといった操作が全部の端末に反映されます。",
			},
			{
				"IMAP holds connections: one or more for each program that runs, for hours. A server with many users has many long connections, where POP3 has short ones; limits of connections and idle timeouts of NAT routers are met here first.",
				"IMAPは接続を保ち続けます。起動中のソフトごとに1本以上が何時間も続くため、短い接続で済むPOP3と違い、利用者の多いサーバーには長い接続が多数並びます。接続数の上限やNATルーターの無通信タイムアウトが問題になるのはここです。",
			},
		},
	},
	"imaps": {
		Session: Text{
			"The mail program connects to TCP port 993; TLS begins at once, and inside it goes the same conversation as on 143: LOGIN, SELECT, FETCH, IDLE. The connection is held as long as the program runs.",
			"メールソフトがTCPの993番へ接続すると最初からTLSで始まり、その中で143番と同じやり取り(LOGIN、SELECT、FETCH、IDLE)をします。接続はソフトの起動中ずっと保たれます。",
		},
		Usual: Usual{Outward, Closed, Open, Closed},
		Close: Text{
			"Dovecot: remove imap from `protocols`. Where users have it, keep it open with strong passwords, fail2ban and a valid certificate.",
			"Dovecotは`protocols`からimapを外します。利用者がいる場合は開けておき、強いパスワード、fail2ban、有効な証明書で守ります。",
		},
		Facts: []Text{{
			"It syncs and holds connections, as IMAP does: TLS changes only what others on the way can read.",
			"同期する点や接続を保つ点はIMAPと同じです。TLSで変わるのは、途中で読まれるかどうかだけです。",
		}},
	},
	"sieve": {
		Session: Text{
			"The mail program or webmail connects to TCP port 4190; the server tells what it can; STARTTLS, AUTHENTICATE, PUTSCRIPT and SETACTIVE follow.",
			"メールソフトやWebメールがTCPの4190番へ接続するとサーバーが機能を知らせ、STARTTLS、AUTHENTICATE、PUTSCRIPT、SETACTIVEと進みます。",
		},
		Usual: Usual{Closed, Closed, LAN, Closed},
		Close: Text{
			"Dovecot: remove sieve from `protocols`, or let managesieve-login listen on 127.0.0.1 for the webmail of the same machine.",
			"Dovecotは`protocols`からsieveを外すか、managesieve-loginを127.0.0.1だけで待ち受けさせ、同じ機器のWebメールから使います。",
		},
		Upgrade: "STARTTLS",
	},
	"nntp": {
		Session: Text{
			"The news reader connects to TCP port 119; the server greets with 200 or 201; GROUP, ARTICLE and POST follow. Servers pass articles on to one another over the same port.",
			"ニュースリーダーがTCPの119番へ接続すると200か201と返り、GROUP、ARTICLE、POSTと進みます。サーバー同士の記事の配送も同じポートです。",
		},
		Usual: nowhere,
		Close: Text{
			"`systemctl disable --now inn2` (or leafnode in inetd.conf). A server for a few: readers.conf with their addresses and logins, and 563 instead.",
			"`systemctl disable --now inn2`(leafnodeはinetd.confの行を削除)で止めます。限られた人に使わせる場合はreaders.confでアドレスと認証を定め、563番を使います。",
		},
		Upgrade: "STARTTLS",
	},
	"nntps": {
		Session: Text{
			"The news reader connects to TCP port 563; TLS begins at once, and inside it goes the same conversation as on 119.",
			"ニュースリーダーがTCPの563番へ接続すると最初からTLSで始まり、その中で119番と同じやり取りをします。",
		},
		Usual: Usual{Outward, Closed, Closed, Closed},
		Close: Text{
			"INN: stop the nnrpd that was started with -S -p 563; limit readers in readers.conf.",
			"INNでは`-S -p 563`で起動したnnrpdを止めます。利用者はreaders.confで限ります。",
		},
	},
	"lmtp": {
		Session: Text{
			"The mail server connects to the mailbox server, says LHLO and hands the mail over as in SMTP, with an answer for each receiver.",
			"メールサーバーが受信箱のサーバーへ接続し、LHLOのあとSMTPと同じ手順でメールを渡します。応答は受取人ごとに返ります。",
		},
		Usual: Usual{Closed, Closed, Closed, Closed},
		Close: Text{
			"Use a Unix socket (Dovecot: unix_listener lmtp) or 127.0.0.1 instead of a port that the network reaches.",
			"ネットワークから届くポートではなく、UNIXソケット(Dovecotはunix_listener lmtp)か127.0.0.1を使います。",
		},
	},
	"spamd": {
		Session: Text{
			"The mail server (spamc) connects to TCP port 783, sends the whole mail and gets back a score or the mail with new headers.",
			"メールサーバー(spamc)がTCPの783番へ接続してメール全文を送り、点数か、ヘッダーを加えたメールを受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Start spamd with `--listen 127.0.0.1` and `--allowed-ips 127.0.0.1` (OPTIONS in /etc/default/spamd).",
			"spamdを`--listen 127.0.0.1`と`--allowed-ips 127.0.0.1`で起動します(/etc/default/spamdのOPTIONS)。",
		},
	},
	"clamd": {
		Session: Text{
			"A program connects to TCP port 3310, sends INSTREAM and the file, and gets OK or the name of the virus.",
			"ほかのプログラムがTCPの3310番へ接続し、INSTREAMとファイルを送ると、OKまたはウイルス名が返ります。",
		},
		Usual: nowhere,
		Close: Text{
			"Remove TCPSocket and TCPAddr from clamd.conf and use LocalSocket, or set `TCPAddr 127.0.0.1`.",
			"clamd.confのTCPSocketとTCPAddrを外してLocalSocketを使うか、`TCPAddr 127.0.0.1`とします。",
		},
	},
	"rspamd": {
		Session: Text{
			"The mail server hands each mail to 11332 (milter) or 11333 (HTTP) and gets a verdict; the administrator's browser opens 11334.",
			"メールサーバーがメールを11332番(milter)か11333番(HTTP)へ渡して判定を受け、管理者はブラウザーで11334番を開きます。",
		},
		Usual: nowhere,
		Close: Text{
			"`bind_socket = \"127.0.0.1:11334\";` in local.d/worker-controller.inc, the same in worker-proxy.inc and worker-normal.inc, and a password from `rspamadm pw`.",
			"local.d/worker-controller.incに`bind_socket = \"127.0.0.1:11334\";`と書き、worker-proxy.incとworker-normal.incも同様にします。パスワードは`rspamadm pw`で作ります。",
		},
	},
	"amavis": {
		Session: Text{
			"The mail server sends each mail by SMTP to 10024 and gets it back, checked, on 10025.",
			"メールサーバーが各メールをSMTPで10024番へ送り、検査後のメールを10025番で受け取ります。",
		},
		Usual: nowhere,
		Close: Text{
			"`$inet_socket_bind = '127.0.0.1';` and @inet_acl with 127.0.0.1 only, in /etc/amavis/conf.d/50-user.",
			"/etc/amavis/conf.d/50-userで`$inet_socket_bind = '127.0.0.1';`とし、@inet_aclを127.0.0.1だけにします。",
		},
	},
	"lotusnote": {
		Session: Text{
			"The Notes client, or another Domino server, connects to TCP port 1352, proves itself with the key in its ID file and opens databases; port encryption is a setting of each side.",
			"NotesクライアントやほかのDominoサーバーがTCPの1352番へ接続し、IDファイルの鍵で認証してデータベースを開きます。通信の暗号化は双方の設定によります。",
		},
		Usual: nowhere,
		Close: Text{
			"Let the firewall pass it from the firm's network and VPN only, turn port encryption on in the server's ports setup, and refuse Anonymous in each database's access list.",
			"ファイアウォールで社内とVPNからだけ通し、サーバーのポート設定で暗号化を有効にし、各データベースのアクセス制御でAnonymousを拒否します。",
		},
	},
}
