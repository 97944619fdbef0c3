package rules

import (
	"slices"
	"strconv"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"ssh-weak-host-key", judgeSSHKeys})
	register(rule{"ssh-no-authentication", judgeSSHNoLogin})
	register(rule{"ssh-password-login", judgeSSHPassword})
}

// weakHostKey reports whether a host key, written as type, bits and
// fingerprint, is one that can be broken: DSA, which has 1024 bits, or RSA of
// less than NIST SP 800-131A allows.
func weakHostKey(key untrusted.Text) bool {
	fields := strings.Fields(key.Raw())
	if len(fields) < 2 {
		return false
	}
	bits, err := strconv.Atoi(fields[1])
	return fields[0] == "ssh-dss" || fields[0] == "ssh-rsa" && err == nil && bits > 0 && bits < leastRSA
}

func judgeSSHKeys(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		weak := slices.DeleteFunc(slices.Clone(service.Facts.Texts("host_keys")), func(key untrusted.Text) bool { return !weakHostKey(key) })
		if len(weak) == 0 {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "Make a new host key, Ed25519 or RSA of 3072 bits, take the weak one away, and tell the users the new fingerprint.",
			JA: "新しいホスト鍵(Ed25519、またはRSA 3072ビット)を作って弱い鍵を外し、利用者に新しいフィンガープリントを知らせます。",
		})}
		switch {
		case product(service, "openssh"):
			remedy = []said{say(lang.Text{
				EN: "Make the host keys of RSA and DSA anew, and tell the users the new fingerprint:\nrm -f /etc/ssh/ssh_host_dsa_key* /etc/ssh/ssh_host_rsa_key*\nssh-keygen -A",
				JA: "RSAとDSAのホスト鍵を作り直し、利用者に新しいフィンガープリントを知らせます。\nrm -f /etc/ssh/ssh_host_dsa_key* /etc/ssh/ssh_host_rsa_key*\nssh-keygen -A",
			}), s.reloaded("ssh")}
		case product(service, "dropbear"):
			remedy = []said{say(lang.Text{
				EN: "Make an Ed25519 host key, take the weak one away, and tell the users the new fingerprint:\ndropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key\nrm -f /etc/dropbear/dropbear_rsa_host_key /etc/dropbear/dropbear_dss_host_key",
				JA: "Ed25519のホスト鍵を作って弱い鍵を外し、利用者に新しいフィンガープリントを知らせます。\ndropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key\nrm -f /etc/dropbear/dropbear_rsa_host_key /etc/dropbear/dropbear_dss_host_key",
			}), s.restarted("dropbear")}
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: `SSH shows a weak host key: "{{.Keys}}".`,
			JA: "SSHのホスト鍵に弱いものがあります:「{{.Keys}}」",
		}, "Keys", words(weak)), say(lang.Text{
			EN: "Somebody with enough computers can work out the key and then pass for this server.",
			JA: "十分な計算力があれば鍵を割り出し、このサーバーになりすませます。",
		}), remedy}}
	}, "ssh")
}

// judgeSSHNoLogin speaks of a server that lets in whoever asks (RFC 4252
// section 5.2).
func judgeSSHNoLogin(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		methods := service.Facts.Texts("auth_methods")
		if len(methods) != 1 || methods[0].Raw() != "none" {
			return nil
		}
		return []ruling{{s.graded(exposure.High), say(lang.Text{
			EN: "SSH let us in without a key or a password.",
			JA: "SSHが、鍵もパスワードも求めずに接続を受け入れました。",
		}), say(lang.Text{
			EN: "Whoever reaches the port can work on this machine, unless the program behind it asks for a login itself.",
			JA: "このポートに届く人は誰でもこの機器を操作できます。ただし、その先のプログラムがログインを求める場合を除きます。",
		}), []said{say(lang.Text{
			EN: "Give every user of the server a key or a password. With OpenSSH, in /etc/ssh/sshd_config:\nPermitEmptyPasswords no",
			JA: "サーバーのすべての利用者に、鍵かパスワードを設定します。OpenSSHなら /etc/ssh/sshd_config に書きます。\nPermitEmptyPasswords no",
		}), admitFew}}}
	}, "ssh")
}

// judgeSSHPassword speaks of passwords where the whole Internet may try them.
func judgeSSHPassword(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		taken := slices.DeleteFunc(slices.Clone(service.Facts.Texts("auth_methods")), func(m untrusted.Text) bool {
			return m.Raw() != "password" && m.Raw() != "keyboard-interactive"
		})
		if len(taken) == 0 || !s.public() {
			return nil
		}
		remedy := []said{say(lang.Text{
			EN: "Take keys only. First make sure that your own key works.",
			JA: "鍵だけを受け付けるようにします。先に、自分の鍵でログインできることを確かめます。",
		})}
		switch {
		case product(service, "openssh"):
			remedy = []said{say(lang.Text{
				EN: "Take keys only. First make sure that your own key works. Then write these lines into /etc/ssh/sshd_config.d/keys.conf:\nPasswordAuthentication no\nKbdInteractiveAuthentication no",
				JA: "鍵だけを受け付けるようにします。先に自分の鍵でログインできることを確かめてから、/etc/ssh/sshd_config.d/keys.conf に次の行を書きます。\nPasswordAuthentication no\nKbdInteractiveAuthentication no",
			}), s.reloaded("ssh")}
		case product(service, "dropbear"):
			remedy = []said{say(lang.Text{
				EN: "Take keys only. First make sure that your own key works. Then, in /etc/default/dropbear, on OpenWrt PasswordAuth off in /etc/config/dropbear:\nDROPBEAR_EXTRA_ARGS=\"-s\"",
				JA: "鍵だけを受け付けるようにします。先に自分の鍵でログインできることを確かめてから、/etc/default/dropbear に次の行を書きます(OpenWrtでは /etc/config/dropbear の PasswordAuth を off にします)。\nDROPBEAR_EXTRA_ARGS=\"-s\"",
			}), s.restarted("dropbear")}
		}
		severity, evidence := exposure.Low, lang.Text{
			EN: `SSH is open to the Internet and takes passwords ("{{.Methods}}").`,
			JA: "SSHがインターネットに開いていて、パスワードを受け付けます(「{{.Methods}}」)。",
		}
		if s.addressed() {
			severity, evidence = exposure.Info, lang.Text{
				EN: `SSH takes passwords ("{{.Methods}}") at an address of the Internet.`,
				JA: "SSHが、インターネットのアドレスでパスワードを受け付けます(「{{.Methods}}」)。",
			}
			remedy = append([]said{unproven()}, remedy...)
		}
		return []ruling{{severity, say(evidence, "Methods", words(taken)), say(lang.Text{
			EN: "Strangers try passwords on such ports all day. One user with a poor one is enough.",
			JA: "見知らぬ相手が一日中パスワードを試します。弱いパスワードの利用者が1人いれば破られます。",
		}), append(remedy, admitFew)}}
	}, "ssh")
}
