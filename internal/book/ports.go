package book

// Range is one of the three ranges of port numbers (RFC 6335 section 6).
type Range struct {
	Word        string // for machine formats
	First, Last uint16
	Name, About Text
}

// ranges is the three, the lowest first.
var ranges = []Range{
	{
		"system", 0, 1023,
		Text{"System ports, also called well-known ports", "システムポート(ウェルノウンポート)"},
		Text{
			"the services that everybody knows; on Unix only root may listen there",
			"広く知られたサービス用。UNIX系では管理者権限がないと待ち受けられない",
		},
	},
	{
		"user", 1024, 49151,
		Text{"User ports, also called registered ports", "ユーザーポート(登録済みポート)"},
		Text{
			"programs that were registered with IANA, and many that were not",
			"IANAに登録されたソフト用(未登録のまま使うものも多い)",
		},
	},
	{
		"dynamic", 49152, 65535,
		Text{"Dynamic ports, also called private or ephemeral ports", "動的ポート(プライベートポート)"},
		Text{
			"never assigned: a client takes one as its source port for each connection",
			"割り当てなし。クライアントが接続のたびに送信元として使う番号",
		},
	},
}

// RangeOf is the range that a port lies in.
func RangeOf(port uint16) Range {
	for _, r := range ranges {
		if port <= r.Last {
			return r
		}
	}
	return ranges[len(ranges)-1]
}

// Topic is a lesson that belongs to no single service.
type Topic struct {
	Name    string
	Aliases []string // lower case
	Title   Text
	Facts   []Text
	Tables  []Table
}

// Ports is what port numbers are.
var Ports = Topic{
	Name:    "ports",
	Aliases: []string{"port", "range", "ranges", "port-range", "port-ranges", "well-known", "ポート", "ポート番号", "範囲", "番号の範囲"},
	Title:   Text{"Port numbers", "ポート番号"},
	Facts: []Text{
		{
			"An address leads to a machine, a port to a program on it. The number goes from 0 to 65535, once for TCP and once for UDP: 53/tcp and 53/udp are two doors.",
			"アドレスは機器を、ポートはその中のプログラムを指します。番号は0〜65535で、TCPとUDPに別々にあります。53/tcpと53/udpは別の入り口です。",
		},
		{
			"Each connection has two: the server's, which is known beforehand, and the client's, which its system picks for this one connection. Linux picks from 32768 to 60999, Windows from 49152 to 65535.",
			"1つの接続にはポートが2つあります。あらかじめ決まっているサーバー側と、接続のたびにOSが選ぶクライアント側です。Linuxは32768〜60999、Windowsは49152〜65535から選びます。",
		},
		{
			"The number is a custom and no proof: anything may listen on any port. sekisho check asks what really answers.",
			"番号は慣習にすぎず、どのポートで何が待ち受けていてもかまいません。実際に何が応答するかは sekisho check で調べられます。",
		},
	},
	Tables: []Table{{
		Title: Text{"The three ranges (RFC 6335)", "3つの範囲(RFC 6335)"},
		Heads: []Text{{"PORTS", "範囲"}, {"NAME", "名前"}, {"WHAT FOR", "用途"}},
		Rows: [][]Text{
			{{"0-1023", "0〜1023"}, ranges[0].Name, ranges[0].About},
			{{"1024-49151", "1024〜49151"}, ranges[1].Name, ranges[1].About},
			{{"49152-65535", "49152〜65535"}, ranges[2].Name, ranges[2].About},
		},
	}},
}
