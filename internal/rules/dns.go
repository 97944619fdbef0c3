package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"dns-open-resolver", judgeResolver})
}

// judgeResolver speaks of a resolver that works for strangers (RFC 5358). Only
// the view from outside can tell: to its own network a resolver must answer.
func judgeResolver(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if recursion, _ := service.Facts.Bool("recursion"); !recursion || service.View != exposure.ViewOutside {
			return nil
		}
		found := ruling{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "Seen from the Internet side, the DNS server at {{.Address}} resolves names for strangers.",
				JA: "インターネット側から見て、{{.Address}} のDNSサーバーは見知らぬ相手の名前解決に応じます。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Strangers use such resolvers to flood others with answers that are much larger than the questions. The flood then comes from your address.",
				JA: "見知らぬ相手が、質問よりずっと大きな応答を第三者に浴びせる攻撃に使います。攻撃はあなたのアドレスから出たことになります。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Let the resolver answer its own network only.",
				JA: "リゾルバーが自分のネットワークだけに答えるようにします。",
			})},
		}
		switch {
		case product(service, "bind"):
			found.remedy = []said{say(lang.Text{
				EN: "Let BIND resolve for its own network only. In the options of /etc/bind/named.conf.options:\nallow-recursion { localhost; localnets; };",
				JA: "BINDが自分のネットワークだけに再帰検索を許すようにします。/etc/bind/named.conf.options の options に書きます。\nallow-recursion { localhost; localnets; };",
			}), then("rndc reconfig")}
		case product(service, "unbound"):
			found.remedy = []said{say(lang.Text{
				EN: "Let Unbound answer its own network only, with an access-control line for it and none for others.",
				JA: "Unboundの access-control を自分のネットワークだけにします。",
			}), then("unbound-control reload")}
		}
		return []ruling{found}
	}, "dns")
}
