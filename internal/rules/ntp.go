package rules

import (
	"math"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"ntp-unsynchronised", judgeNTPClock})
	register(rule{"ntp-clock-differs", judgeNTPOffset})
}

// judgeNTPClock speaks of a server whose own clock follows nothing: clients
// reject what it says (RFC 5905 section 9.2, test 6).
func judgeNTPClock(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if synchronised, known := service.Facts.Bool("synchronised"); !known || synchronised {
			return nil
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: "The time server at {{.Address}} answers that its own clock follows nothing.",
			JA: "{{.Address}} の時刻サーバーは、自分の時計が同期していないと答えます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Clients do not take such a time. Right after a start that is usual; when it lasts, the server reaches none of those that it takes the time from.",
			JA: "利用する側は、このような時刻を使いません。起動直後なら普通です。続く場合は、時刻の取得元に届いていません。",
		}), []said{say(lang.Text{
			EN: "See which servers it follows and whether they answer:\nchronyc sources\nntpq -p",
			JA: "時刻の取得元と、その応答を確かめます。\nchronyc sources\nntpq -p",
		}), say(lang.Text{
			EN: "If none answers, let the firewall pass UDP port 123 outwards.",
			JA: "応答がなければ、外向きのUDPポート123をファイアウォールで許可します。",
		})}}}
	}, "ntp")
}

// ntpTolerance is how far two clocks may be apart, in milliseconds, before
// somebody should know: logs no longer fit together, and from five minutes on
// Kerberos refuses to log in (RFC 4120 section 8.2).
const ntpTolerance = 1000

// judgeNTPOffset speaks of a server whose time is not this machine's. Which of
// the two is wrong cannot be told from two clocks.
func judgeNTPOffset(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		offset, known := amount(service, "offset_ms")
		if synchronised, _ := service.Facts.Bool("synchronised"); !known || !synchronised || math.Abs(offset) < ntpTolerance {
			return nil
		}
		return []ruling{{exposure.Low, say(lang.Text{
			EN: "The clock of the time server at {{.Address}} and that of this machine are {{.Seconds}} seconds apart.",
			JA: "{{.Address}} の時刻サーバーの時計と、この機器の時計は{{.Seconds}}秒ずれています。",
		}, "Address", service.Address, "Seconds", math.Round(math.Abs(offset)/100)/10), say(lang.Text{
			EN: "One of the two is wrong. Logs of several machines no longer fit together; certificates, one-time passwords and, from five minutes on, domain logins fail.",
			JA: "どちらかの時計が誤っています。機器間でログの時刻が合わなくなり、証明書やワンタイムパスワード、5分以上ずれるとドメインへのログオンも失敗します。",
		}), []said{say(lang.Text{
			EN: "Compare both with a third clock. Have this machine follow a time server:\ntimedatectl set-ntp true",
			JA: "別の時計と比べて、どちらが誤っているかを確かめます。この機器の時刻同期は次のとおりに有効にします。\ntimedatectl set-ntp true",
		})}}}
	}, "ntp")
}
