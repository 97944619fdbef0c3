package portspec

// web is pages, proxies and what speaks HTTP.
var web = []Service{
	{
		Name: "http", Aliases: []string{"www", "web"}, TCP: []uint16{80}, Cleartext: true, LoginCleartext: true,
		Summary: Text{"HTTP: web pages in cleartext", "HTTP。平文のWebページ"},
		Risk: Text{
			"What is sent and typed can be read and changed on the way, and every bug of the site is within reach.",
			"送受信や入力の内容を途中で読み書きでき、サイトの欠陥もすべて攻撃の対象になります。",
		},
		Successor: "https",
	},
	{
		Name: "https", TCP: []uint16{443}, UDP: []uint16{443},
		Summary: Text{"HTTPS: web pages over TLS, HTTP/3 over QUIC on UDP", "HTTPS。TLSで暗号化されたWebページ(UDPはHTTP/3)"},
		Risk: Text{
			"Encryption protects the way, not the site: every bug of the application is within reach.",
			"暗号化が守るのは通信経路だけで、アプリケーションの欠陥は攻撃の対象になります。",
		},
	},
}
