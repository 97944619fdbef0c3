package portspec

// mail is the sending, relaying and fetching of mail, and news.
var mail = []Service{
	{
		Name: "smtp", Aliases: []string{"mail"}, TCP: ports{25}, Cleartext: true, LoginCleartext: true, Successor: "submissions",
		Summary: Text{"SMTP: mail from server to server; carriers often block it for home lines", "SMTP。メールサーバー間の配送(家庭向け回線では25番が制限されることが多い)"},
		Risk: Text{
			"An open relay sends other people's spam in your name until your address is on every blocklist.",
			"第三者中継を許すと迷惑メールの踏み台にされ、こちらのアドレスがブロックリストに載ります。",
		},
	},
	{
		Name: "submission", Aliases: []string{"msa"}, TCP: ports{587}, Cleartext: true, LoginCleartext: true, Successor: "submissions",
		Summary: Text{"Mail submission by users with a login; encrypted only after STARTTLS", "利用者からのメール送信(認証あり)。STARTTLSで暗号化"},
		Risk: Text{
			"A login offered before STARTTLS can be read on the way, and one weak account is enough to send spam.",
			"STARTTLSより前に認証を受け付けるとパスワードを盗聴され、弱いアカウントが一つあれば迷惑メールの送信に使われます。",
		},
	},
	{
		Name: "submissions", Aliases: []string{"smtps", "ssmtp"}, TCP: ports{465},
		Summary: Text{"Mail submission by users, encrypted from the first byte (RFC 8314)", "利用者からのメール送信。最初から暗号化(RFC 8314)"},
		Risk: Text{
			"Passwords are tried here around the clock, and one weak account is enough to send spam.",
			"パスワードが絶えず試され、弱いアカウントが一つあれば迷惑メールの送信に使われます。",
		},
	},
	{
		Name: "pop3", Aliases: []string{"pop", "pop-3"}, TCP: ports{110}, Cleartext: true, LoginCleartext: true, Successor: "pop3s",
		Summary: Text{"POP3: fetches mail and usually deletes it from the server; keeps nothing in step between devices", "POP3。メールを取り出し、通常はサーバーから削除(複数端末での同期なし)"},
		Risk: Text{
			"Without STLS the password and every mail can be read on the way.",
			"STLSを使わないと、パスワードもメール本文も途中で読み取られます。",
		},
	},
	{
		Name: "pop3s", Aliases: []string{"spop3"}, TCP: ports{995},
		Summary: Text{"POP3 over TLS", "TLSで暗号化されたPOP3"},
		Risk: Text{
			"Passwords are tried here around the clock; a mailbox opens every account whose password can be reset by mail.",
			"パスワードが絶えず試され、メールを読まれるとパスワード再設定で他のアカウントまで奪われます。",
		},
	},
	{
		Name: "imap", Aliases: []string{"imap4", "imap2"}, TCP: ports{143}, Cleartext: true, LoginCleartext: true, Successor: "imaps",
		Summary: Text{"IMAP4: reads mail that stays on the server, the same on every device; holds connections open", "IMAP4。サーバーに置いたままのメールの閲覧、複数端末での同期(接続を保ち続ける方式)"},
		Risk: Text{
			"Without STARTTLS the password and every mail can be read on the way.",
			"STARTTLSを使わないと、パスワードもメール本文も途中で読み取られます。",
		},
	},
	{
		Name: "imaps", Aliases: []string{"imap4s"}, TCP: ports{993},
		Summary: Text{"IMAP4 over TLS", "TLSで暗号化されたIMAP4"},
		Risk: Text{
			"Passwords are tried here around the clock; a mailbox opens every account whose password can be reset by mail.",
			"パスワードが絶えず試され、メールを読まれるとパスワード再設定で他のアカウントまで奪われます。",
		},
	},
	{
		Name: "sieve", Aliases: []string{"managesieve"}, TCP: ports{4190}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"ManageSieve: edits the filter rules of a mailbox; encrypted after STARTTLS", "ManageSieve。メールの振り分け規則の編集(STARTTLSで暗号化)"},
		Risk: Text{
			"Whoever logs in can forward all mail elsewhere without being seen.",
			"ログインされると、全メールをこっそり別の宛先へ転送されるおそれがあります。",
		},
	},
	{
		Name: "nntp", Aliases: []string{"news", "usenet"}, TCP: ports{119}, Cleartext: true, LoginCleartext: true, Successor: "nntps",
		Summary: Text{"NNTP: reads and spreads Usenet news", "NNTP。ネットニュースの閲覧と配送"},
		Risk: Text{
			"Logins can be read on the way, and an open server is used to post in your name.",
			"認証情報を盗聴されるほか、誰でも投稿できるサーバーは踏み台にされます。",
		},
	},
	{
		Name: "nntps", Aliases: []string{"snntp"}, TCP: ports{563},
		Summary: Text{"NNTP over TLS", "TLSで暗号化されたNNTP"},
		Risk: Text{
			"Passwords are tried here, and an open server is used to post in your name.",
			"パスワードが試され、誰でも投稿できるサーバーは踏み台にされます。",
		},
	},
	{
		Name: "lmtp", TCP: ports{24}, Cleartext: true, LocalOnly: true,
		Summary: Text{"LMTP: hands mail from the mail server to the mailboxes, usually on one machine", "LMTP。メールサーバーから受信箱への受け渡し(通常は同じ機器の中)"},
		Risk: Text{
			"It takes mail for every user without spam checks and without asking who sends.",
			"相手を確かめず、迷惑メールの検査も経ずに全利用者あてのメールを受け取ってしまいます。",
		},
	},
	{
		Name: "spamd", Aliases: []string{"spamassassin"}, TCP: ports{783}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SpamAssassin: judges mail for the mail server", "SpamAssassin。メールサーバーから渡されたメールの判定"},
		Risk: Text{
			"Strangers use it to polish their spam until it passes.",
			"見知らぬ相手に、迷惑メールが検査を通るまで試されてしまいます。",
		},
	},
	{
		Name: "clamd", Aliases: []string{"clamav"}, TCP: ports{3310}, Cleartext: true, LocalOnly: true,
		Summary: Text{"ClamAV: scans files for viruses on behalf of other programs", "ClamAV。ほかのプログラムから渡されたファイルのウイルス検査"},
		Risk: Text{
			"It asks for no login: strangers can have local files scanned, and shut it down.",
			"認証がないため、ローカルのファイルを検査させたり停止させたりできます。",
		},
	},
	{
		Name: "rspamd", TCP: ports{11334, 11332, 11333}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Rspamd: judges mail; its controller has a web page on 11334", "Rspamd。メールの判定(11334番は管理画面)"},
		Risk: Text{
			"The controller changes what counts as spam, and its pages show whose mail is checked.",
			"管理画面から判定基準を変えられ、誰のメールが検査されたかも見られてしまいます。",
		},
	},
	{
		Name: "amavis", TCP: ports{10024, 10026}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Amavis: takes mail from the mail server, checks it and gives it back", "Amavis。メールサーバーから渡されたメールの検査"},
		Risk: Text{
			"It relays what it gets without asking who sends.",
			"相手を確かめずに、受け取ったメールを中継してしまいます。",
		},
	},
	{
		Name: "lotusnote", Aliases: []string{"notes", "domino"}, TCP: ports{1352}, Cleartext: true,
		Summary: Text{"HCL Notes and Domino: mail and databases of a firm", "HCL Notes・Domino。組織のメールとデータベース"},
		Risk: Text{
			"Databases open to anonymous users are read from outside, the directory of all users among them.",
			"匿名に開かれたデータベースは外部から読まれ、全利用者の名簿が漏れることもあります。",
		},
	},
}
