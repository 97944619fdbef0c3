package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"r-service", judgeRServices})
	register(rule{"users-told", judgeUsersTold})
}

// rPrograms are the servers of rlogin, rsh and rexec.
var rPrograms = []string{"in.rlogind", "rlogind", "in.rshd", "rshd", "in.rexecd", "rexecd"}

// judgeRServices speaks of the logins that believe a name and an address: they
// answer no stranger, so that the program that holds the port tells as much.
func judgeRServices(s subject) []ruling {
	spoken := s.spoken("rlogin", "rsh")
	if len(spoken) == 0 && !slices.Contains(rPrograms, s.owner().Process) {
		return nil
	}
	return []ruling{{
		s.graded(exposure.High), say(lang.Text{
			EN: "A service of rlogin, rsh or rexec answers on port {{.Port}}.",
			JA: "ポート {{.Port}} でrlogin・rsh・rexecのいずれかが動いています。",
		}, "Port", s.number()), say(lang.Text{
			EN: "It lets in whoever comes from the right address under the right name, or sends the password readable. Addresses can be forged, and nothing is encrypted.",
			JA: "正しいアドレスから正しい名前で来た人を信用して入れるか、パスワードを読める形で受け取ります。アドレスは偽れ、暗号化もありません。",
		}), []said{say(lang.Text{
			EN: "Use SSH instead, and remove the old servers:\napt purge rsh-server rsh-redone-server inetutils-inetd",
			JA: "代わりにSSHを使い、古いサーバーを取り除きます。\napt purge rsh-server rsh-redone-server inetutils-inetd",
		}), s.unneeded()},
	}}
}

// judgeUsersTold speaks of services that tell strangers who has an account.
func judgeUsersTold(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if tells, _ := service.Facts.Bool("tells_users"); !tells {
			return nil
		}
		if invented, _ := service.Facts.Bool("made_up"); invented {
			return nil // it names somebody to whom nobody is known
		}
		name, remedy := "finger", []said{s.unneeded()}
		if service.Protocol == "ident" {
			name, remedy = "ident", []said{say(lang.Text{
				EN: "Let it tell a number in place of the name: for oidentd in /etc/oidentd.conf\ndefault {\n  default {\n    force random\n  }\n}",
				JA: "名前の代わりに番号を答えさせます。oidentdでは /etc/oidentd.conf に書きます。\ndefault {\n  default {\n    force random\n  }\n}",
			}), s.unneeded()}
		}
		return []ruling{{
			s.graded(exposure.Low), say(lang.Text{
				EN: `{{.Name}} tells who uses this machine: "{{.Banner}}".`,
				JA: "{{.Name}}が、この機器の利用者を教えます: 「{{.Banner}}」",
			}, "Name", name, "Banner", quote(service.Banner)), say(lang.Text{
				EN: "Names of accounts are half of what a login needs, and a beginning for whoever tries passwords.",
				JA: "利用者名はログインに必要なものの半分で、パスワードを試す手がかりになります。",
			}), remedy,
		}}
	}, "finger", "ident")
}
