package portspec

// peers is programs that exchange with everybody: files, coins, addresses.
var peers = []Service{
	{
		Name: "bittorrent", Aliases: []string{"torrent"}, TCP: ports{6881, 6882, 6883, 6884, 6885, 6886, 6887, 6888, 6889, 51413}, UDP: ports{6881, 51413},
		Summary: Text{"BitTorrent: files in pieces, from everybody to everybody", "BitTorrent。分割したファイルの互いの配布"},
		Risk: Text{
			"Everybody sees your address beside the file's name.",
			"ファイル名とともに、こちらのアドレスが誰にでも見えます。",
		},
	},
	{
		Name: "transmission-rpc", Aliases: []string{"transmission"}, TCP: ports{9091}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Transmission: BitTorrent in the browser", "Transmission。ブラウザーで操作するBitTorrent"},
		Risk: Text{
			"Without a password anybody adds downloads and chooses where they are written.",
			"パスワードがないと、誰でも保存先を指定してダウンロードを追加できます。",
		},
	},
	{
		Name: "edonkey", Aliases: []string{"emule"}, TCP: ports{4662}, UDP: ports{4672},
		Summary: Text{"eDonkey and eMule: files between users", "eDonkey・eMule。利用者同士のファイル交換"},
		Risk: Text{
			"Everybody sees your address and what you offer.",
			"こちらのアドレスと公開内容が誰にでも見えます。",
		},
	},
	{
		Name: "gnutella-svc", Aliases: []string{"gnutella"}, TCP: ports{6346}, UDP: ports{6346},
		Summary: Text{"Gnutella: files between users", "Gnutella。利用者同士のファイル交換"},
		Risk: Text{
			"Everybody sees your address and what you offer.",
			"こちらのアドレスと公開内容が誰にでも見えます。",
		},
	},
	{
		Name: "bitcoin", TCP: ports{8333},
		Summary: Text{"Bitcoin: nodes among themselves", "Bitcoinのノード間接続"},
		Risk: Text{
			"Your address stands on public lists of nodes.",
			"こちらのアドレスがノードの一覧に載ります。",
		},
	},
	{
		Name: "bitcoin-rpc", TCP: ports{8332}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Bitcoin: orders to a node and its wallet", "Bitcoinのノードとウォレットへの指示"},
		Risk: Text{
			"The password crosses in clear, and whoever has it sends the coins away.",
			"パスワードが平文で流れ、知られると送金されます。",
		},
	},
	{
		Name: "ethereum", Aliases: []string{"devp2p"}, TCP: ports{30303}, UDP: ports{30303},
		Summary: Text{"Ethereum: nodes among themselves", "Ethereumのノード間接続"},
		Risk: Text{
			"Your address stands on public lists of nodes.",
			"こちらのアドレスがノードの一覧に載ります。",
		},
	},
	{
		Name: "ethereum-rpc", Aliases: []string{"json-rpc"}, TCP: ports{8545, 8546}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Ethereum: orders to a node", "Ethereumのノードへの指示"},
		Risk: Text{
			"It has no login: unlocked accounts are emptied within minutes.",
			"認証がなく、ロックを外した口座は数分で空にされます。",
		},
	},
	{
		Name: "monero", TCP: ports{18080},
		Summary: Text{"Monero: nodes among themselves", "Moneroのノード間接続"},
		Risk: Text{
			"Your address stands on public lists of nodes.",
			"こちらのアドレスがノードの一覧に載ります。",
		},
	},
	{
		Name: "monero-rpc", TCP: ports{18081, 18082, 18089}, Cleartext: true, LoginCleartext: true, LocalOnly: true,
		Summary: Text{"Monero: orders to a node and its wallet", "Moneroのノードとウォレットへの指示"},
		Risk: Text{
			"Whoever gets in sends the coins away.",
			"入られると送金されます。",
		},
	},
	{
		Name: "stratum", Aliases: []string{"mining-pool"}, TCP: ports{3333, 3334}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"Stratum: miners of coins and their pool", "Stratum。採掘機と採掘プールの接続"},
		Risk: Text{
			"On a machine that should not mine, it is a sign of a break-in.",
			"採掘をしていないはずの機器なら、侵入されたしるしです。",
		},
	},
	{
		Name: "ipfs", TCP: ports{4001}, UDP: ports{4001},
		Summary: Text{"IPFS: nodes among themselves", "IPFSのノード間接続"},
		Risk: Text{
			"Everybody sees which content your address offers.",
			"こちらが公開している内容とアドレスが誰にでも見えます。",
		},
	},
	{
		Name: "ipfs-api", TCP: ports{5001}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IPFS: orders to a node", "IPFSのノードへの指示"},
		Risk: Text{
			"It has no login: strangers store and delete on your disk.",
			"認証がなく、ディスクに保存され、消されます。",
		},
	},
	{
		Name: "electrum", Aliases: []string{"electrumx"}, TCP: ports{50001, 50002}, Cleartext: true,
		Summary: Text{"Electrum: wallets ask a server", "Electrum。ウォレットからサーバーへの問い合わせ"},
		Risk: Text{
			"It sees which addresses belong together.",
			"どの口座が同じ持ち主かを知られます。",
		},
	},
	{
		Name: "soulseek", TCP: ports{2234, 2235}, Cleartext: true,
		Summary: Text{"Soulseek: music between users", "Soulseek。利用者同士の音楽交換"},
		Risk: Text{
			"Everybody sees your address and what you offer.",
			"こちらのアドレスと公開内容が誰にでも見えます。",
		},
	},
	{
		Name: "i2p", Aliases: []string{"i2p-console"}, TCP: ports{7657, 7656, 4444}, Cleartext: true, LocalOnly: true,
		Summary: Text{"I2P: console and entry for the programs of this machine", "I2P。この機器のプログラム用の管理画面と入り口"},
		Risk: Text{
			"Strangers use it and read its settings.",
			"見知らぬ相手に使われ、設定も読まれます。",
		},
	},
	{
		Name: "tor-orport", Aliases: []string{"tor"}, TCP: ports{9001, 9030},
		Summary: Text{"Tor relay: passes on encrypted traffic of others", "Torの中継。他人の暗号化された通信の受け渡し"},
		Risk: Text{
			"Nothing but your address on public lists, if you mean to run one; if not, somebody else does.",
			"意図した運用ならアドレスが一覧に載る程度ですが、覚えがなければ他人が動かしています。",
		},
	},
}
