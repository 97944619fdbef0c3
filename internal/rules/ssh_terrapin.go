package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"ssh-terrapin", judgeTerrapin})
}

// judgeTerrapin speaks of servers that let packets be taken out of the beginning
// of a connection unseen (CVE-2023-48795). Who can do that sits on the way, and
// what is lost are messages about extensions: it is worth an update, no alarm.
func judgeTerrapin(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		shifted := service.Facts.Texts("terrapin_ciphers")
		if len(shifted) == 0 {
			return nil
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: `SSH offers "{{.Ciphers}}" without strict key exchange: it is open to the Terrapin attack (CVE-2023-48795).`,
			JA: "SSHが、厳格な鍵交換(strict KEX)なしで「{{.Ciphers}}」を提供しています。Terrapin攻撃(CVE-2023-48795)を受けます。",
		}, "Ciphers", words(shifted)), say(lang.Text{
			EN: "Whoever sits on the way can take messages out of the beginning of a connection unnoticed, and so switch protections off that both sides have, such as those of typing against timing.",
			JA: "通信経路にいる人が、接続の初めのメッセージを気づかれずに取り除けます。打鍵の間隔を隠すなどの、双方が備える保護を無効にされます。",
		}), s.terrapinRemedy(service, shifted)}}
	}, "ssh")
}

// terrapinRemedy: what mends it is an update of both sides; until then no cipher
// of that kind may be offered.
func (s subject) terrapinRemedy(service exposure.Service, shifted []untrusted.Text) []said {
	update := say(lang.Text{
		EN: "Update the SSH server, and the clients too: both sides must know strict key exchange. OpenSSH has it since 9.6, and distributions have added it to older versions.",
		JA: "SSHサーバーを更新します。クライアントも更新が必要です(双方の対応で防げます)。OpenSSHは9.6から対応し、それより古い版にもディストリビューションが修正を入れています。",
	})
	switch {
	case product(service, "dropbear"):
		return []said{say(lang.Text{
			EN: "Update Dropbear to 2024.84 or newer, on a router by its firmware. Update the clients too: both sides must know strict key exchange.",
			JA: "Dropbearを2024.84以降に更新します。ルーターではファームウェアの更新です。クライアントも更新が必要です(双方の対応で防げます)。",
		})}
	case product(service, "proftpd"):
		return []said{say(lang.Text{
			EN: "Update ProFTPD to 1.3.8b or newer, and take NoStrictKex out of the SFTPOptions where it stands.",
			JA: "ProFTPDを1.3.8b以降に更新し、SFTPOptionsにNoStrictKexがあれば外します。",
		}), s.reloaded("proftpd")}
	case !product(service, "openssh"):
		return []said{update}
	}
	var lines []string
	if slices.ContainsFunc(shifted, func(c untrusted.Text) bool { return strings.HasPrefix(c.Raw(), "chacha20") }) {
		lines = append(lines, "Ciphers -chacha20-poly1305@openssh.com")
	}
	if slices.ContainsFunc(shifted, func(c untrusted.Text) bool { return strings.Contains(c.Raw(), "cbc") }) {
		lines = append(lines, "MACs -*-etm@openssh.com")
	}
	return []said{update, say(lang.Text{
		EN: "Until then, leave the ciphers out that it works with. In /etc/ssh/sshd_config.d/terrapin.conf:{{range .Lines}}\n{{.}}{{end}}",
		JA: "更新するまでは、攻撃の対象になる方式を外します。/etc/ssh/sshd_config.d/terrapin.conf に書きます。{{range .Lines}}\n{{.}}{{end}}",
	}, "Lines", lines), s.reloaded("ssh")}
}
