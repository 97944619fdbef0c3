package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"vnc-without-password", judgeVNCOpen})
	register(rule{"vnc-cleartext", judgeVNCClear})
}

// judgeVNCOpen speaks of a screen that is everybody's (RFC 6143 section 7.2.1).
func judgeVNCOpen(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if none, _ := service.Facts.Bool("no_password"); !none {
			return nil
		}
		return []ruling{{
			severity: s.graded(exposure.High),
			evidence: say(lang.Text{
				EN: "VNC at {{.Address}} asks for no password ({{.Ways}}).",
				JA: "{{.Address}} のVNCは、パスワードを求めません({{.Ways}})。",
			}, "Address", service.Address, "Ways", words(service.Facts.Texts("security_types"))),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port sees the screen and uses keyboard and mouse.",
				JA: "このポートに届く人は誰でも、画面を見て、キーボードとマウスを操作できます。",
			}),
			remedy: append(s.vncRemedy(service), s.unneeded()),
		}}
	}, "vnc")
}

// judgeVNCClear speaks of a screen that crosses the network readable: the usual
// way to log in proves a password of at most eight characters and encrypts
// nothing (RFC 6143 section 7.2.2).
func judgeVNCClear(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		clear, _ := service.Facts.Bool("cleartext")
		if none, _ := service.Facts.Bool("no_password"); !clear || none {
			return nil
		}
		severity := s.graded(exposure.Low)
		if service.View == exposure.ViewOutside {
			severity = exposure.High
		}
		return []ruling{{
			severity: severity,
			evidence: say(lang.Text{
				EN: "VNC at {{.Address}} takes sessions without encryption ({{.Ways}}).",
				JA: "{{.Address}} のVNCは、暗号化なしの接続を受け付けます({{.Ways}})。",
			}, "Address", service.Address, "Ways", words(service.Facts.Texts("security_types"))),
			meaning: say(lang.Text{
				EN: "Screen and keys, passwords among them, cross the network readable, and the password of VNC has eight characters at most.",
				JA: "画面とキー入力(パスワードを含む)が読める形で流れます。VNCのパスワードは最長8文字です。",
			}),
			remedy: append(s.vncRemedy(service), s.unneeded()),
		}}
	}, "vnc")
}

func (s subject) vncRemedy(service exposure.Service) []said {
	through := say(lang.Text{
		EN: "Use it through SSH, with the server on the loopback address:\nssh -L 5900:127.0.0.1:{{.Port}} USER@HOST",
		JA: "サーバーを自機内だけで待ち受けさせ、SSH経由で使います。\nssh -L 5900:127.0.0.1:{{.Port}} 利用者@ホスト",
	}, "Port", s.number())
	switch {
	case product(service, "realvnc"):
		return []said{say(lang.Text{
			EN: "Demand a password and encryption: in the options of RealVNC Server, or its file\nAuthentication=SystemAuth\nEncryption=AlwaysOn",
			JA: "パスワードと暗号化を必須にします。RealVNC Serverの設定、または設定ファイルに書きます。\nAuthentication=SystemAuth\nEncryption=AlwaysOn",
		}), through}
	case product(service, "ultravnc"):
		return []said{say(lang.Text{
			EN: "Set a password in UltraVNC's settings, switch on its encryption plugin, and check \"Require MS Logon\".",
			JA: "UltraVNCの設定でパスワードを設定し、暗号化プラグインを有効にして「Require MS Logon」を選びます。",
		}), through}
	case product(service, "apple"):
		return []said{say(lang.Text{
			EN: "On the Mac, under System Settings, General, Sharing, Screen Sharing: switch off \"VNC viewers may control screen with password\".",
			JA: "Macの「システム設定」 > 「一般」 > 「共有」 > 「画面共有」で、「VNC使用者が画面を操作することを許可」を切ります。",
		}), through}
	}
	return []said{say(lang.Text{
		EN: "Demand a password and encryption. For TigerVNC, in /etc/tigervnc/vncserver-config-mandatory, after vncpasswd has set one:\n$SecurityTypes = \"TLSVnc,X509Vnc\";\n$localhost = \"yes\";",
		JA: "パスワードと暗号化を必須にします。TigerVNCでは vncpasswd で設定してから、/etc/tigervnc/vncserver-config-mandatory に書きます。\n$SecurityTypes = \"TLSVnc,X509Vnc\";\n$localhost = \"yes\";",
	}), through}
}
