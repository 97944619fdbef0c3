package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"finger-forwards", judgeFingerForwards})
}

// judgeFingerForwards speaks of a server that asks other hosts for whoever wants
// it (RFC 1288 section 3.2.1).
func judgeFingerForwards(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if forwards, _ := service.Facts.Bool("forwards"); !forwards {
			return nil
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "The finger server at {{.Address}} asked another host for us.",
			JA: "{{.Address}} のfingerサーバーが、ほかのホストへの問い合わせを中継しました。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Strangers look through it at hosts of your network that they cannot reach themselves, and at others in your name.",
			JA: "見知らぬ人がこれを通して、外から届かないはずの機器を調べたり、あなたの名で第三者を調べたりできます。",
		}), []said{say(lang.Text{
			EN: "Take the option -f out of its line in /etc/inetd.conf, and have inetd read it:\nsystemctl reload inetutils-inetd",
			JA: "/etc/inetd.conf の行からオプション -f を外し、inetdに読み込ませます。\nsystemctl reload inetutils-inetd",
		}), s.unneeded()}}}
	}, "finger")
}
