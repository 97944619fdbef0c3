package portspec

// printing is printers and scanners.
var printing = []Service{
	{
		Name: "ipp", Aliases: []string{"cups"}, TCP: ports{631}, UDP: ports{631}, Cleartext: true, LocalOnly: true,
		Summary: Text{"IPP: printing over HTTP; on servers CUPS with its web page", "IPP。HTTPによる印刷(サーバーではCUPSとその管理画面)"},
		Risk: Text{
			"Strangers print, read the names of documents and users, and in 2024 could run commands through an exposed CUPS.",
			"外部から印刷や文書名の閲覧をされ、2024年には公開されたCUPSで任意のコマンドを実行される欠陥も見つかりました。",
		},
	},
	{
		Name: "printer", Aliases: []string{"lpd", "lpr"}, TCP: ports{515}, Cleartext: true, LocalOnly: true, Successor: "ipp",
		Summary: Text{"LPD: printing as old Unix did it", "LPD。旧来のUNIXの印刷"},
		Risk: Text{
			"It asks for no login: strangers print, and read what waits in the queue.",
			"認証がないため、外部から印刷されたり、待ち行列の内容を見られたりします。",
		},
	},
	{
		Name: "pdl-datastream", Aliases: []string{"jetdirect", "raw-print"}, TCP: ports{9100}, Cleartext: true, LocalOnly: true, Successor: "ipp",
		Summary: Text{"Raw printing: what is sent to this port comes out of the printer", "RAW印刷(JetDirect)。送られたデータをそのまま印刷"},
		Risk: Text{
			"Anybody prints, and with printer commands reads stored documents and changes settings.",
			"誰でも印刷でき、プリンター用コマンドで保存文書の閲覧や設定変更もされます。",
		},
	},
	{
		Name: "scan-bjnp", Aliases: []string{"bjnp", "canon-bjnp"}, UDP: ports{8611, 8612, 8610}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Canon's own protocol to find printers and scanners and to use them", "キヤノン製プリンター・スキャナーの検出と利用"},
		Risk: Text{
			"Strangers learn model and state, print and scan.",
			"機種や状態を知られ、印刷やスキャンをされます。",
		},
	},
	{
		Name: "enpc", Aliases: []string{"epson-enpc"}, TCP: ports{3289}, UDP: ports{3289}, Cleartext: true, LocalOnly: true,
		Summary: Text{"Epson's own protocol to find printers and read their state", "エプソン製プリンターの検出と状態の取得"},
		Risk: Text{
			"Strangers learn model, serial number and state.",
			"機種、製造番号、状態を知られます。",
		},
	},
	{
		Name: "sane-port", Aliases: []string{"sane", "saned"}, TCP: ports{6566}, Cleartext: true, LocalOnly: true,
		Summary: Text{"SANE: scanners over the network", "SANE。ネットワーク越しのスキャナー利用"},
		Risk: Text{
			"Whoever reaches it scans what lies on the glass.",
			"到達できる相手に、原稿台に置かれたものを読み取られます。",
		},
	},
}
