package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"ssh-weak-algorithms", judgeSSHAlgorithms})
	register(rule{"ssh-protocol-1", judgeSSHVersion})
}

// broken are algorithms that do not protect any more, by what is in their name;
// what else a probe calls weak is only old.
var broken = []string{
	"arcfour", "des-cbc", "3des", "blowfish", "cast128", "idea", "none", "hmac-md5", "group1-sha1", "ssh-dss",
}

func judgeSSHAlgorithms(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		weak := service.Facts.Texts("weak_algorithms")
		if len(weak) == 0 {
			return nil
		}
		severity := exposure.Low
		meaning := lang.Text{
			EN: "These algorithms are old and good ones are there. A client uses them only if it knows nothing better.",
			JA: "古い方式です。新しい方式もあるため、それを知らない相手との接続だけで使われます。",
		}
		if slices.ContainsFunc(weak, isBroken) {
			severity = exposure.Medium
			meaning = lang.Text{
				EN: "Some of these algorithms are broken: a connection that uses them can be read or changed on the way.",
				JA: "破られた方式が含まれています。それを使う接続は、途中で読まれたり変えられたりするおそれがあります。",
			}
		}
		return []ruling{{s.graded(severity), say(lang.Text{
			EN: `SSH offers "{{.Algorithms}}".`,
			JA: "SSHが「{{.Algorithms}}」を提供しています。",
		}, "Algorithms", words(weak)), say(meaning), s.sshRemedy(service, weak)}}
	}, "ssh")
}

func isBroken(algorithm untrusted.Text) bool {
	return slices.ContainsFunc(broken, func(part string) bool { return strings.Contains(algorithm.Raw(), part) })
}

// sshRemedy takes the weak algorithms off OpenSSH's own lists: a list that
// begins with a minus removes from the default (sshd_config(5)).
func (s subject) sshRemedy(service exposure.Service, weak []untrusted.Text) []said {
	var lines []string
	for _, kind := range []struct{ fact, keyword string }{
		{"kex_algorithms", "KexAlgorithms"},
		{"host_key_algorithms", "HostKeyAlgorithms"},
		{"ciphers", "Ciphers"},
		{"macs", "MACs"},
	} {
		var remove []string
		for _, offered := range service.Facts.Texts(kind.fact) {
			if slices.Contains(weak, offered) && safe(offered.Raw()) {
				remove = append(remove, offered.Raw())
			}
		}
		if len(remove) > 0 {
			lines = append(lines, kind.keyword+" -"+strings.Join(remove, ","))
		}
	}
	if product(service, "dropbear") {
		return []said{say(lang.Text{
			EN: "Update Dropbear, on a router by its firmware: its algorithms are chosen when it is built, and newer ones leave these out.",
			JA: "Dropbearを更新します。ルーターではファームウェアの更新です。方式はビルド時に決まっていて、新しい版では除かれています。",
		})}
	}
	if !product(service, "openssh") || len(lines) == 0 {
		return []said{say(lang.Text{
			EN: "Switch these algorithms off in the SSH server, or update it: newer ones do not offer them any more.",
			JA: "SSHサーバーの設定でこれらの方式を無効にするか、更新します。新しい版は初めから提供していません。",
		})}
	}
	return []said{say(lang.Text{
		EN: "Write these lines into /etc/ssh/sshd_config.d/algorithms.conf:{{range .Lines}}\n{{.}}{{end}}",
		JA: "/etc/ssh/sshd_config.d/algorithms.conf に次の行を書きます。{{range .Lines}}\n{{.}}{{end}}",
	}, "Lines", lines), s.reloaded("ssh")}
}

// judgeSSHVersion: a server that says 1.99 takes version 1 too (RFC 4253
// section 5.1), whose encryption is broken.
func judgeSSHVersion(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		version := service.Facts.Text("protocol_version")
		if !strings.HasPrefix(version.Raw(), "1.") {
			return nil
		}
		return []ruling{{s.graded(exposure.High), say(lang.Text{
			EN: `SSH speaks protocol version "{{.Version}}": it accepts the first version.`,
			JA: "SSHのプロトコルの版が「{{.Version}}」で、第1版を受け付けます。",
		}, "Version", quote(version)), say(lang.Text{
			EN: "The first version of SSH is broken: whoever sits on the way can read and change the session.",
			JA: "SSHの第1版は破られています。通信経路にいる人が、内容を読み、変えることができます。",
		}), []said{say(lang.Text{
			EN: "Update the SSH server. Where there is no update, replace the device or keep the port out of reach of others.",
			JA: "SSHサーバーを更新します。更新がなければ、機器を置き換えるか、このポートを他から届かないようにします。",
		})}}}
	}, "ssh")
}
