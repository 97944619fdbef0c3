package policy

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// zoneWords are the zones as people say them.
var zoneWords = map[exposure.Zone]lang.Text{
	exposure.ZoneLoopback:   {EN: "this machine itself", JA: "この機器自身"},
	exposure.ZoneLAN:        {EN: "the LAN", JA: "LAN内"},
	exposure.ZoneInternetV4: {EN: "the Internet (IPv4)", JA: "インターネット(IPv4)"},
	exposure.ZoneInternetV6: {EN: "the Internet (IPv6)", JA: "インターネット(IPv6)"},
	exposure.ZoneOutgoing:   {EN: "this network", JA: "このネットワーク"},
}

var stateWords = map[exposure.State]lang.Text{
	exposure.Unknown:      {EN: "unknown", JA: "不明"},
	exposure.Open:         {EN: "open", JA: "開"},
	exposure.Closed:       {EN: "closed", JA: "閉"},
	exposure.Filtered:     {EN: "filtered", JA: "遮断"},
	exposure.OpenFiltered: {EN: "open or filtered", JA: "開または無応答"},
}

// The reasons of a verdict.
var (
	whySeen         = lang.Text{EN: "At {{list .Addresses}} it was seen {{.State}} ({{.Reason}}).", JA: "{{list .Addresses}} で「{{.State}}」と確認しました({{.Reason}})。"}
	whySeenBy       = lang.Text{EN: "At {{list .Addresses}} it was seen {{.State}}: {{.By}} answered in its place ({{.Reason}}).", JA: "{{list .Addresses}} で「{{.State}}」と確認しました。代わりに {{.By}} が応答しました({{.Reason}})。"}
	whyNothingBound = lang.Text{EN: "Nothing on this machine is bound to the port there, so that the silence is no service's.", JA: "この機器ではそのアドレスのこのポートを待ち受けるものがないため、無応答はサービスによるものではありません。"}
	whyUnsure       = lang.Text{EN: "A UDP service that does not answer and a filter look the same.", JA: "応答しないUDPサービスと遮断とは、外からは区別できません。"}
	whyRejected     = lang.Text{EN: "A filter that answers is not stealth: only silence is.", JA: "応答して断る遮断はステルスではありません。無応答だけがステルスです。"}
	whyNoAddress    = lang.Text{EN: "This machine has no IPv6 address that the Internet can reach.", JA: "この機器には、インターネットから届くIPv6アドレスがありません。"}
	whyNobody       = lang.Text{EN: "Nobody looked from {{.Zone}}.", JA: "{{.Zone}}から見た結果がありません。"}
	whyNoSweep      = lang.Text{EN: "Of {{.All}} ports {{.Looked}} were looked at from {{.Zone}}.", JA: "{{.Zone}}から見たのは、{{.All}} ポート中 {{.Looked}} ポートです。"}
	whyUnknown      = lang.Text{EN: "The state of {{.Count}} {{plural .Count \"port\" \"ports\"}} could not be found out.", JA: "{{.Count}} ポートの状態が分かりませんでした。"}
	whyDoubtful     = lang.Text{EN: "Whether {{.Count}} {{plural .Count \"port is\" \"ports are\"}} as expected could not be decided: {{.Ports}}.", JA: "{{.Count}} ポートは判定できませんでした: {{.Ports}}。"}
	whyGroup        = lang.Text{EN: "{{.Count}} {{plural .Count \"port was\" \"ports were\"}} seen as expected from {{.Zone}}.", JA: "{{.Zone}}から見て、{{.Count}} ポートが期待どおりでした。"}
	whyOdd          = lang.Text{EN: "{{.Count}} {{plural .Count \"port was\" \"ports were\"}} seen otherwise from {{.Zone}}.", JA: "{{.Zone}}から見て、{{.Count}} ポートが期待と違いました。"}
	whyMixed        = lang.Text{EN: "Some of {{.Count}} ports were not silent, and the report does not hold which.", JA: "{{.Count}} ポートのうち応答したものがありますが、どれかは報告に残っていません。"}
	whyUntried      = lang.Text{EN: "Nobody tried it from here: name a host to try it at with \"to\", or ask a vantage with --via.", JA: "ここから試した結果がありません。「to」で試す相手のホストを書くか、--via で観測点を指定してください。"}
	whyDetail       = lang.Text{EN: "{{.Host}}: {{.Detail}}.", JA: "{{.Host}}: {{.Detail}}。"}
	whyTried        = lang.Text{EN: "From here {{.Host}} was seen {{.State}} ({{.Reason}}).", JA: "ここから {{.Host}} は「{{.State}}」でした({{.Reason}})。"}
	whyLetOut       = lang.Text{EN: "A refusal of the host itself came back, so that this network let the question out.", JA: "相手自身が断ってきたので、このネットワークからは出られています。"}

	whyFilterDrops    = lang.Text{EN: "By its rules, this machine's packet filter drops those who come from {{.Zone}}{{if .Rule}} ({{.Rule}}){{end}}.", JA: "ルールによれば、この機器のパケットフィルターは{{.Zone}}からの相手を黙って捨てます{{if .Rule}}({{.Rule}}){{end}}。"}
	whyFilterRejects  = lang.Text{EN: "By its rules, this machine's packet filter turns those away who come from {{.Zone}}, with an answer{{if .Rule}} ({{.Rule}}){{end}}.", JA: "ルールによれば、この機器のパケットフィルターは{{.Zone}}からの相手を、応答して断ります{{if .Rule}}({{.Rule}}){{end}}。"}
	whyFilterAccepts  = lang.Text{EN: "By its rules, this machine's packet filter lets those in who come from {{.Zone}}{{if .Rule}} ({{.Rule}}){{end}}.", JA: "ルールによれば、この機器のパケットフィルターは{{.Zone}}からの相手を通します{{if .Rule}}({{.Rule}}){{end}}。"}
	whyFilterForwards = lang.Text{EN: "By its rules, this machine sends those on to {{.To}} who come from {{.Zone}}{{if .Rule}} ({{.Rule}}){{end}}.", JA: "ルールによれば、この機器は{{.Zone}}からの相手を {{.To}} へ転送します{{if .Rule}}({{.Rule}}){{end}}。"}
	whyFilterUnsaid   = lang.Text{EN: "What this machine's packet filter does with those who come from {{.Zone}} cannot be told from its rules{{if .Rule}} ({{.Rule}}){{end}}.", JA: "この機器のパケットフィルターが{{.Zone}}からの相手をどう扱うかは、ルールからは分かりません{{if .Rule}}({{.Rule}}){{end}}。"}
	whyNothingThere   = lang.Text{EN: "Nothing is bound to the port there, so that this machine refuses.", JA: "そこで待ち受けるものがないため、この機器が接続を断ります。"}

	whyNoService     = lang.Text{EN: "What answers there was not found out.", JA: "何が応答しているかは分かっていません。"}
	whyServiceError  = lang.Text{EN: "What answers there was not found out: {{.Error}}.", JA: "何が応答しているかは分かりませんでした: {{.Error}}"}
	whyProtocol      = lang.Text{EN: "{{.Protocol}} answers.", JA: "{{.Protocol}} が応答しています。"}
	whyOther         = lang.Text{EN: "{{.Protocol}} answers where {{.Expected}} is expected.", JA: "{{.Expected}} のはずのところで {{.Protocol}} が応答しています。"}
	whyNotSpoken     = lang.Text{EN: "Something takes the connection and does not speak {{.Expected}}.", JA: "接続は受け付けますが、{{.Expected}} を話しません。"}
	whyLikely        = lang.Text{EN: "{{.Protocol}} was guessed from the port's number only.", JA: "{{.Protocol}} というのはポート番号からの推測です。"}
	whyProduct       = lang.Text{EN: `It says that it is "{{.Product}}"; expected is {{.Expected}}.`, JA: "「{{.Product}}」と名乗っています。期待は {{.Expected}} です。"}
	whyNoProduct     = lang.Text{EN: "It does not say which product it is; expected is {{.Expected}}.", JA: "製品名を名乗りません。期待は {{.Expected}} です。"}
	whyNoTLS         = lang.Text{EN: "It does not encrypt.", JA: "暗号化しません。"}
	whyTLS           = lang.Text{EN: "It encrypts ({{list .Versions}}).", JA: "暗号化します({{list .Versions}})。"}
	whyTLSUnwanted   = lang.Text{EN: "It encrypts, and that is not expected.", JA: "暗号化していますが、期待と違います。"}
	whyTLSLate       = lang.Text{EN: "It encrypts by STARTTLS, and not from the first byte.", JA: "最初からではなく、STARTTLSで暗号化します。"}
	whyTLSEarly      = lang.Text{EN: "It encrypts from the first byte, and not by STARTTLS.", JA: "STARTTLSではなく、最初から暗号化します。"}
	whyTLSUnknown    = lang.Text{EN: "Whether it encrypts was not found out.", JA: "暗号化するかどうかは分かっていません。"}
	whyTLSOld        = lang.Text{EN: "It still takes {{list .Versions}}; nothing below TLS {{.Oldest}} is expected.", JA: "{{list .Versions}} をまだ受け付けます。TLS {{.Oldest}} より古いものは期待と違います。"}
	whyNoCertificate = lang.Text{EN: "Its certificate was not seen.", JA: "証明書を確認できていません。"}
	whyDays          = lang.Text{EN: "Its certificate is valid until {{.Day}}, {{.Count}} {{plural .Count \"day\" \"days\"}} more; at least {{.Least}} are expected.", JA: "証明書の期限は {{.Day}}(残り {{.Count}} 日)です。期待は {{.Least}} 日以上です。"}
	whyFinding       = lang.Text{EN: "The finding {{.Rule}} is there: {{.Evidence}}", JA: "指摘 {{.Rule}} があります: {{.Evidence}}"}
	whyNoFinding     = lang.Text{EN: "The finding {{.Rule}} is absent.", JA: "指摘 {{.Rule}} はありません。"}
	whyUndecided     = lang.Text{EN: "Nothing that was seen tells whether {{.Rule}} is absent.", JA: "{{.Rule}} に当たらないかどうかは、見た範囲では分かりません。"}
)

// howToLook is how a zone that nobody looked from can be looked from.
var howToLook = map[exposure.Zone]lang.Text{
	exposure.ZoneLoopback:   {EN: "Run sekisho check on that machine itself.", JA: "その機器自身で sekisho check を実行してください。"},
	exposure.ZoneLAN:        {EN: "Run sekisho check with this machine's address on another machine of the LAN, and join its report with --merge.", JA: "LAN内の別の機器からこの機器のアドレスを指定して sekisho check を実行し、その報告を --merge で合わせてください。"},
	exposure.ZoneInternetV4: {EN: "Run sekisho check with the public address from outside, and join its report with --merge.", JA: "外部から公開アドレスを指定して sekisho check を実行し、その報告を --merge で合わせてください。"},
	exposure.ZoneInternetV6: {EN: "Run sekisho check with the public address from outside, and join its report with --merge.", JA: "外部から公開アドレスを指定して sekisho check を実行し、その報告を --merge で合わせてください。"},
}

// in puts a text into a language; a text or a list of texts among what is filled
// in is put into it first.
func (s said) in(tag lang.Tag) string {
	pairs := make([]any, len(s.pairs))
	for i, v := range s.pairs {
		if t, ok := v.(lang.Text); ok {
			v = t.In(tag)
		}
		pairs[i] = v
	}
	return s.In(tag, pairs...)
}

func spoken(list []said, tag lang.Tag) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.in(tag)
	}
	return out
}
