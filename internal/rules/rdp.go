package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"rdp-without-nla", judgeRDPLogin})
	register(rule{"rdp-own-encryption", judgeRDPSecurity})
	register(rule{"rdp-on-the-internet", judgeRDPPublic})
}

// judgeRDPLogin speaks of a remote desktop that shows its log-in screen to
// strangers, before anybody has proved who he is (MS-RDPBCGR section 5.4.5).
func judgeRDPLogin(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if required, known := service.Facts.Bool("nla_required"); !known || required {
			return nil
		}
		severity := s.graded(exposure.Medium)
		if service.View == exposure.ViewOutside {
			severity = exposure.High
		}
		found := ruling{
			severity: severity,
			evidence: say(lang.Text{
				EN: "The remote desktop at {{.Address}} takes connections without network level authentication ({{.Ways}}).",
				JA: "{{.Address}} のリモートデスクトップは、ネットワークレベル認証(NLA)なしの接続を受け付けます({{.Ways}})。",
			}, "Address", service.Address, "Ways", words(service.Facts.Texts("security_protocols"))),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port gets as far as the log-in screen. Holes before the log-in, as BlueKeep was, then need no password, and passwords can be tried.",
				JA: "このポートに届く人は誰でもログイン画面まで進めます。BlueKeepのようなログイン前の弱点をパスワードなしで突かれ、パスワードも試されます。",
			}),
		}
		if offered, _ := service.Facts.Bool("nla"); offered || windowsLike(service) {
			found.remedy = []said{say(lang.Text{
				EN: "Demand it on that machine, in PowerShell as administrator:\nSet-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp' -Name UserAuthentication -Value 1",
				JA: "その機器のPowerShell(管理者)で必須にします。\nSet-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp' -Name UserAuthentication -Value 1",
			})}
		} else {
			found.remedy = []said{say(lang.Text{
				EN: "It offers none, as xrdp: then let it be reached through SSH or a VPN only. For xrdp, in the part [Globals] of /etc/xrdp/xrdp.ini\nport=tcp://127.0.0.1:3389",
				JA: "NLAを提供していません(xrdpなど)。SSHやVPN経由だけで使うようにします。xrdpでは /etc/xrdp/xrdp.ini の [Globals] に書きます。\nport=tcp://127.0.0.1:3389",
			}), s.restarted("xrdp")}
		}
		found.remedy = append(found.remedy, s.unneeded())
		return []ruling{found}
	}, "rdp")
}

// judgeRDPSecurity speaks of RDP's own encryption, which proves no server and
// is RC4 (MS-RDPBCGR section 5.3).
func judgeRDPSecurity(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if own, _ := service.Facts.Bool("rdp_security"); !own {
			return nil
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "The remote desktop at {{.Address}} takes connections without TLS, in RDP's own encryption.",
			JA: "{{.Address}} のリモートデスクトップは、TLSを使わない旧来のRDP暗号化の接続も受け付けます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "That encryption is out of date, and it does not prove which server answers: whoever sits on the way reads keys and screen.",
			JA: "この暗号化は時代遅れで、相手が本物のサーバーかも確かめられません。通信経路にいる人は、入力と画面を読めます。",
		}), []said{say(lang.Text{
			EN: "Demand TLS. On Windows, in PowerShell as administrator:\nSet-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp' -Name SecurityLayer -Value 2",
			JA: "TLSを必須にします。WindowsではPowerShell(管理者)で次のとおりにします。\nSet-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp' -Name SecurityLayer -Value 2",
		}), say(lang.Text{
			EN: "In xrdp: in the part [Globals] of /etc/xrdp/xrdp.ini\nsecurity_layer=tls\nssl_protocols=TLSv1.2, TLSv1.3",
			JA: "xrdpでは /etc/xrdp/xrdp.ini の [Globals] に書きます。\nsecurity_layer=tls\nssl_protocols=TLSv1.2, TLSv1.3",
		}), s.restarted("xrdp")}}}
	}, "rdp")
}

// judgeRDPPublic speaks of a remote desktop that the whole Internet may try
// passwords at.
func judgeRDPPublic(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if service.View != exposure.ViewOutside {
			return nil
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: "Seen from the Internet side, a remote desktop answers at {{.Address}}, port {{.Port}}.",
			JA: "インターネット側から見て、{{.Address}} のポート {{.Port}} でリモートデスクトップが応答します。",
		}, "Address", service.Address, "Port", s.number()), say(lang.Text{
			EN: "Passwords are tried at such ports around the clock, on other numbers too, and most extortion of companies begins here.",
			JA: "番号を変えていても、パスワードを絶えず試されます。企業へのランサムウェア被害の多くは、ここから始まります。",
		}), []said{say(lang.Text{
			EN: "Take the forward out of the router and let it be reached through a VPN or SSH only.",
			JA: "ルーターの転送設定を外し、VPNかSSH経由だけで使うようにします。",
		}), say(lang.Text{
			EN: "On Windows, in PowerShell as administrator, let the firewall admit your own network only:\nSet-NetFirewallRule -Group '@FirewallAPI.dll,-28752' -RemoteAddress LocalSubnet",
			JA: "Windowsでは、PowerShell(管理者)で自分のネットワークだけを許可します。\nSet-NetFirewallRule -Group '@FirewallAPI.dll,-28752' -RemoteAddress LocalSubnet",
		}), s.unneeded()}}}
	}, "rdp")
}
