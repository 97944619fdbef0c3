package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"service-not-accepting", judgeAccepting})
}

// judgeAccepting speaks of a socket that is bound and yet silent to this very
// machine: no firewall on the way can be the reason, for there is no way.
func judgeAccepting(s subject) []ruling {
	if !s.Local || s.Transport != exposure.TCP {
		return nil
	}
	for _, o := range s.Observations {
		if o.View.Own() && o.State == exposure.Filtered && o.Reason == exposure.NoResponse &&
			slices.ContainsFunc(s.Listeners, func(l exposure.Listener) bool { return l.Takes(o.Address) }) {
			return []ruling{s.notAccepting(o)}
		}
	}
	return nil
}

func (s subject) notAccepting(o exposure.Observation) ruling {
	return ruling{
		severity: exposure.Low,
		evidence: say(lang.Text{
			EN: "A program is bound to port {{.Port}}, and connections from this machine to {{.Address}} get no answer.",
			JA: "ポート {{.Port}} で待ち受けているのに、この機器から {{.Address}} への接続に応答がありません。",
		}, "Port", s.number(), "Address", o.Address),
		meaning: say(lang.Text{
			EN: "The program does not take its connections, so that its queue is full: it hangs or is overloaded. Or a firewall rule of this machine drops them.",
			JA: "プログラムが接続を受け取らず、待ち行列がいっぱいです(停止しているか、過負荷です)。または、この機器のファイアウォールの規則が捨てています。",
		}),
		remedy: []said{
			say(lang.Text{
				EN: "See whether the queue is full (Recv-Q as large as Send-Q); then restart the program:\nss -ltn 'sport = :{{.Port}}'",
				JA: "待ち行列がいっぱいか(Recv-Q が Send-Q に達しているか)を見て、そうならプログラムを再起動します。\nss -ltn 'sport = :{{.Port}}'",
			}, "Port", s.number()),
			say(lang.Text{
				EN: "If it is not, look for a rule that drops on the loopback interface:\nnft list ruleset",
				JA: "いっぱいでなければ、ループバックで捨てる規則を探します。\nnft list ruleset",
			}),
		},
	}
}
