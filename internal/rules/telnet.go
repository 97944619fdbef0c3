package rules

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"telnet-cleartext-login", judgeTelnet})
}

// judgeTelnet speaks of every Telnet: a remote shell whose password anybody on
// the way can read, and the first port that worms try.
func judgeTelnet(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.TLS != nil {
			return nil
		}
		severity := exposure.Medium
		if s.public() {
			severity = exposure.High
		}
		found := ruling{
			severity: s.graded(severity),
			evidence: say(lang.Text{
				EN: "Telnet answers without encryption.",
				JA: "暗号化なしのTelnetが応答しています。",
			}),
			meaning: say(lang.Text{
				EN: "The password and every key that is typed cross the network readable, and worms try this service first of all.",
				JA: "パスワードも入力した文字もすべて読める形で流れます。ワームが真っ先に狙うサービスでもあります。",
			}),
		}
		if prompt, _ := service.Facts.Bool("login_prompt"); prompt {
			found.evidence = say(lang.Text{
				EN: "Telnet asks for a login without encryption.",
				JA: "暗号化なしのTelnetがログインを求めています。",
			})
		}
		if !s.Exposed() {
			found.meaning = say(lang.Text{
				EN: "The password is sent readable. Only this machine reaches the port, so nobody can read along as long as it stays that way.",
				JA: "パスワードは読める形で送られます。今は自機内からしか届かないため、このままなら盗み見られる心配はありません。",
			})
		}
		found.remedy = s.telnetRemedy()
		return []ruling{found}
	}, "telnet")
}

func (s subject) telnetRemedy() []said {
	instead := say(lang.Text{
		EN: "Use SSH instead and switch Telnet off.",
		JA: "代わりにSSHを使い、Telnetは無効にします。",
	})
	owner := s.owner()
	switch {
	case strings.Contains(owner.Process, "inetd") && !strings.Contains(owner.Process, "xinetd"):
		return []said{instead, say(lang.Text{
			EN: "Here inetd starts it. Take its line out of /etc/inetd.conf:\nupdate-inetd --disable telnet",
			JA: "ここではinetdが起動しています。/etc/inetd.conf から外します。\nupdate-inetd --disable telnet",
		}), s.restarted("inetutils-inetd")}
	case strings.Contains(owner.Process, "xinetd"):
		return []said{instead, say(lang.Text{
			EN: "Here xinetd starts it. Write this line into /etc/xinetd.d/telnet:\ndisable = yes",
			JA: "ここではxinetdが起動しています。/etc/xinetd.d/telnet に次の行を書きます。\ndisable = yes",
		}), s.restarted("xinetd")}
	case owner.Process == "systemd":
		return []said{instead, say(lang.Text{
			EN: "Here systemd listens and starts it on demand:\nsystemctl list-sockets\nsystemctl disable --now telnet.socket",
			JA: "ここではsystemdが待ち受け、接続時に起動しています。\nsystemctl list-sockets\nsystemctl disable --now telnet.socket",
		})}
	case owner.Process != "" || s.Local:
		return []said{instead, s.unneeded()}
	}
	return []said{say(lang.Text{
		EN: "Switch Telnet off in the settings of that device and SSH on. If it has no SSH, update it, replace it, or keep it out of reach of others.",
		JA: "その機器の設定でTelnetを無効にし、SSHを有効にします。SSHがなければ、更新・買い替えを検討するか、他から届かない場所に置きます。",
	})}
}
