package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"quic-answers-short", judgeQUICShort})
	register(rule{"quic-only-drafts", judgeQUICDrafts})
}

// judgeQUICShort speaks of a server that answers what is shorter than RFC 9000
// section 14.1 demands of whoever begins.
func judgeQUICShort(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if short, _ := service.Facts.Bool("answers_short"); !short {
			return nil
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: "QUIC at {{.Address}} answers a datagram shorter than 1200 bytes.",
			JA: "{{.Address}} のQUICは、1200バイトに満たないデータグラムに応答します。",
		}, "Address", service.Address), say(lang.Text{
			EN: "The length keeps strangers from having your machine send more to a forged address than they send themselves (RFC 9000, section 14.1).",
			JA: "この長さの決まりは、送信元を偽った相手が自分の送った量より多くを第三者に送らせるのを防ぐためのものです(RFC 9000、14.1節)。",
		}), []said{quicUpdate, s.unneeded()}}}
	}, "quic")
}

// judgeQUICDrafts speaks of a server that nobody can talk to any more.
func judgeQUICDrafts(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		versions := service.Facts.Texts("versions")
		if len(versions) == 0 || slices.ContainsFunc(versions, func(v untrusted.Text) bool { return v.Raw() == "1" || v.Raw() == "2" }) {
			return nil
		}
		return []ruling{{exposure.Low, say(lang.Text{
			EN: `QUIC at {{.Address}} speaks no version that is a standard: "{{.Versions}}".`,
			JA: "{{.Address}} のQUICは、標準のバージョンを話しません: 「{{.Versions}}」",
		}, "Address", service.Address, "Versions", words(versions)), say(lang.Text{
			EN: "Browsers have dropped drafts and makers' own versions: they fall back to TCP. The program is years old.",
			JA: "ブラウザーは草案や独自のバージョンをもう使わず、TCPに切り替えます。何年も前のプログラムです。",
		}), []said{quicUpdate}}}
	}, "quic")
}

var quicUpdate = say(lang.Text{
	EN: "Update the program that speaks QUIC.",
	JA: "QUICを話すプログラムを更新します。",
})
