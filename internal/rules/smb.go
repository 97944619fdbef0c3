package rules

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"smb-version-1", judgeSMB1})
	register(rule{"smb-signing-not-required", judgeSMBSigning})
}

// smbProtocols are the names under which file sharing answers: over TCP alone,
// and in a session of NetBIOS.
var smbProtocols = []string{"smb", "netbios-ssn"}

// judgeSMB1 speaks of the dialect of before 2006, which its makers ask everybody
// to switch off.
func judgeSMB1(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if old, _ := service.Facts.Bool("smb1"); !old {
			return nil
		}
		return []ruling{{
			severity: s.graded(exposure.High),
			evidence: say(lang.Text{
				EN: "The file sharing at {{.Address}} still speaks SMB 1.",
				JA: "{{.Address}} のファイル共有は、今もSMB 1で応答します。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "SMB 1 neither encrypts nor protects what is negotiated, and WannaCry and others spread through its holes. Nothing newer than Windows XP needs it.",
				JA: "SMB 1には暗号化も改ざん防止もなく、その弱点を通じてWannaCryなどが広がりました。Windows XPより新しい機器には必要ありません。",
			}),
			remedy: append(s.smbWithout1(service), s.unneeded()),
		}}
	}, smbProtocols...)
}

func (s subject) smbWithout1(service exposure.Service) []said {
	switch {
	case product(service, "samba"):
		return []said{say(lang.Text{
			EN: "Have Samba begin with SMB 2: in the part [global] of /etc/samba/smb.conf\nserver min protocol = SMB2_02",
			JA: "SambaがSMB 2以降だけを使うようにします。/etc/samba/smb.conf の [global] に書きます。\nserver min protocol = SMB2_02",
		}), s.restarted("smbd")}
	case product(service, "windows"):
		return []said{say(lang.Text{
			EN: "Switch it off on that machine, in PowerShell as administrator:\nSet-SmbServerConfiguration -EnableSMB1Protocol $false -Force\nDisable-WindowsOptionalFeature -Online -FeatureName SMB1Protocol -NoRestart",
			JA: "その機器のPowerShell(管理者)で無効にします。\nSet-SmbServerConfiguration -EnableSMB1Protocol $false -Force\nDisable-WindowsOptionalFeature -Online -FeatureName SMB1Protocol -NoRestart",
		})}
	}
	return []said{say(lang.Text{
		EN: "Switch SMB 1 off in the settings of the device (of a NAS: the lowest SMB protocol is SMB 2), and update it.",
		JA: "機器の設定でSMB 1を無効にし(NASでは最小のSMBプロトコルをSMB 2にします)、更新します。",
	})}
}

// judgeSMBSigning speaks of a server that takes messages which nobody signed:
// whoever sits on the way may answer in its place (MS-SMB2 section 5.1).
func judgeSMBSigning(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if required, known := service.Facts.Bool("signing_required"); !known || required {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: "The file sharing at {{.Address}} does not demand signed messages (SMB {{.Dialect}}).",
				JA: "{{.Address}} のファイル共有は、署名のないメッセージも受け付けます(SMB {{.Dialect}})。",
			}, "Address", service.Address, "Dialect", quote(service.Facts.Text("dialect"))),
			meaning: say(lang.Text{
				EN: "Whoever sits on the way can pass on somebody's log-in to this server, act as that user and change files as they cross the network.",
				JA: "通信経路にいる人は、他人のログインをこのサーバーに中継してその利用者として操作したり、転送中のファイルを書き換えたりできます。",
			}),
		}
		switch {
		case product(service, "samba"):
			found.remedy = []said{say(lang.Text{
				EN: "Demand it: in the part [global] of /etc/samba/smb.conf\nserver signing = mandatory",
				JA: "署名を必須にします。/etc/samba/smb.conf の [global] に書きます。\nserver signing = mandatory",
			}), s.restarted("smbd")}
		case product(service, "windows"):
			found.remedy = []said{say(lang.Text{
				EN: "Demand it on that machine, in PowerShell as administrator:\nSet-SmbServerConfiguration -RequireSecuritySignature $true -Force",
				JA: "その機器のPowerShell(管理者)で署名を必須にします。\nSet-SmbServerConfiguration -RequireSecuritySignature $true -Force",
			})}
		default:
			found.remedy = []said{say(lang.Text{
				EN: "Demand signing in the settings of the device; on a NAS it is called SMB signing or server signing.",
				JA: "機器の設定で署名を必須にします。NASでは「SMB署名」「サーバー署名」などの項目です。",
			})}
		}
		return []ruling{found}
	}, smbProtocols...)
}

// windowsLike reports whether a service told that it runs on Windows.
func windowsLike(service exposure.Service) bool {
	return product(service, "windows") || product(service, "active directory") ||
		strings.HasPrefix(service.Facts.Text("server").Raw(), "Microsoft-")
}
