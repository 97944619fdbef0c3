package book

// trojan is the lesson of every number that is known from trojans.
var trojan = Lesson{
	Session: Text{
		"The program was started on the victim's machine, by a mail or through a hole, and waits at its port; its master connects from anywhere, sometimes with a password, and has files, keys and screen. Later ones do not wait: they call out.",
		"メールや欠陥を通じて被害者の機器で起動され、ポートで待ち受けます。操る側はどこからでも接続し(パスワードがある場合もある)、ファイル、打鍵、画面を手に入れます。後の時代のものは待ち受けず、外へ接続します。",
	},
	Usual: nowhere,
	Close: Text{
		"Look which program owns the port (`sekisho local`, `ss -ltnp`, `netstat -abn`). An honest one may stay. For any other: take the machine off the network, save what is needed, install the system anew, and change every password from another machine.",
		"まず、どのプログラムが待ち受けているかを調べます(`sekisho local`、`ss -ltnp`、`netstat -abn`)。正規のものなら問題ありません。そうでなければネットワークから切り離し、必要なものを退避してシステムを入れ直し、別の機器から全パスワードを変更します。",
	},
	Facts: []Text{{
		"Scanners of the Internet still ask for these numbers: that somebody knocked is no sign of an infection.",
		"インターネットの走査は今もこれらの番号を調べています。外から試されただけでは、感染の証拠になりません。",
	}},
}
