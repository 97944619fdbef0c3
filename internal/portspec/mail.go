package portspec

// mail is the sending, relaying and fetching of mail, and news.
var mail = []Service{
	{
		Name: "smtp", TCP: []uint16{25}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"SMTP: mail from server to server; carriers often block it from home lines", "SMTP。メールサーバー間の配送(家庭向け回線では25番が制限されることが多い)"},
		Risk: Text{
			"An open relay sends other people's spam in your name until the address is on every blocklist.",
			"第三者中継を許すと迷惑メールの踏み台にされ、アドレスがブロックリストに登録されます。",
		},
		Successor: "submissions",
	},
	{
		Name: "submissions", Aliases: []string{"smtps", "ssmtp"}, TCP: []uint16{465},
		Summary: Text{"Mail submission by users, encrypted from the first byte (RFC 8314)", "利用者からのメール送信。最初から暗号化(RFC 8314)"},
		Risk: Text{
			"Passwords are tried here around the clock, and one weak account is enough to send spam.",
			"パスワードが絶えず試され、弱いアカウントが一つあれば迷惑メールの送信に使われます。",
		},
	},
}
