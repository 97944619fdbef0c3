package portspec

// remote is sitting at a machine from afar.
var remote = []Service{
	{
		Name: "ssh", Aliases: []string{"sftp"}, TCP: []uint16{22},
		Summary: Text{"SSH: encrypted remote shell, file transfer and tunnels", "SSH。暗号化された遠隔操作・ファイル転送・トンネル"},
		Risk: Text{
			"Passwords are tried here around the clock; with keys only, there is nothing to guess.",
			"パスワードの総当たりが絶えず行われますが、公開鍵認証だけにすれば推測される余地はありません。",
		},
	},
	{
		Name: "telnet", TCP: []uint16{23}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"TELNET: remote terminal in cleartext, one packet a key", "TELNET。平文の遠隔端末(1打鍵ごとに1パケット)"},
		Risk: Text{
			"Everybody on the way reads the password, and worms look for this port first of all.",
			"通信経路上で誰でもパスワードを読み取れるうえ、ワームが真っ先に探すポートです。",
		},
		Successor: "ssh",
	},
}
