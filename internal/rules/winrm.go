package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"winrm-basic", judgeWinRM})
}

// judgeWinRM speaks of remote administration that takes passwords as they are,
// outside TLS (MS-WSMV section 2.2.9.1). Kerberos and NTLM encrypt by
// themselves.
func judgeWinRM(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if basic, _ := service.Facts.Bool("basic"); !basic || service.TLS != nil {
			return nil
		}
		return []ruling{{s.graded(exposure.High), say(lang.Text{
			EN: "WinRM at {{.Address}} takes passwords without encryption (Basic).",
			JA: "{{.Address}} のWinRMは、暗号化なしのパスワード認証(Basic)を受け付けます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "The password of an administrator crosses the network readable, and whoever has it runs commands on the machine.",
			JA: "管理者のパスワードが読める形で流れます。手に入れた人は、この機器でコマンドを実行できます。",
		}), []said{say(lang.Text{
			EN: "Switch it off on that machine, in PowerShell as administrator; Kerberos and NTLM stay:\nSet-Item WSMan:\\localhost\\Service\\Auth\\Basic $false\nSet-Item WSMan:\\localhost\\Service\\AllowUnencrypted $false",
			JA: "その機器のPowerShell(管理者)で無効にします。KerberosとNTLMは使えます。\nSet-Item WSMan:\\localhost\\Service\\Auth\\Basic $false\nSet-Item WSMan:\\localhost\\Service\\AllowUnencrypted $false",
		}), say(lang.Text{
			EN: "Let the firewall admit those who administer only:\nSet-NetFirewallRule -Group '@FirewallAPI.dll,-30267' -RemoteAddress LocalSubnet",
			JA: "ファイアウォールで、管理に使う相手だけを許可します。\nSet-NetFirewallRule -Group '@FirewallAPI.dll,-30267' -RemoteAddress LocalSubnet",
		})}}}
	}, "winrm")
}
