package portspec

// basic is the services of the network itself: names, time, addresses, boot,
// management, and the small ones of its beginnings.
var basic = []Service{
	{
		Name: "domain", Aliases: []string{"dns"}, TCP: []uint16{53}, UDP: []uint16{53}, Cleartext: true,
		Summary: Text{"DNS: turns host names into addresses and back", "DNS。ホスト名とIPアドレスを相互に変換する名前解決"},
		Risk: Text{
			"A resolver that answers strangers is used to flood others with amplified replies, and zone transfers list every host.",
			"誰にでも答えるリゾルバーは他人への増幅攻撃の踏み台にされ、ゾーン転送を許すとホスト名の一覧が知られます。",
		},
		Successor: "domain-s",
	},
	{
		Name: "domain-s", Aliases: []string{"dot", "doq"}, TCP: []uint16{853}, UDP: []uint16{853},
		Summary: Text{"DNS over TLS, and over QUIC on UDP", "暗号化されたDNS(TCPはDNS over TLS、UDPはDNS over QUIC)"},
		Risk: Text{
			"A resolver that answers strangers lends them its bandwidth and its reputation.",
			"誰にでも答えるリゾルバーは、見知らぬ相手に回線と信用を使われます。",
		},
	},
}
