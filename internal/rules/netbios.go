package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"netbios-names-told", judgeNetBIOS})
}

// judgeNetBIOS speaks of a node that tells its names, as all do that have
// NetBIOS: on a LAN that is how it works, and a user's name among them is more
// than others need to know.
func judgeNetBIOS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		computer := service.Facts.Text("computer")
		if computer.IsZero() {
			return nil
		}
		found := ruling{
			severity: exposure.Info,
			evidence: say(lang.Text{
				EN: `NetBIOS tells that this is "{{.Computer}}" of "{{.Workgroup}}".`,
				JA: "NetBIOSが、「{{.Workgroup}}」の「{{.Computer}}」であることを教えます。",
			}, "Computer", quote(computer), "Workgroup", quote(service.Facts.Text("workgroup"))),
			meaning: say(lang.Text{
				EN: "Windows found other machines by such names until about 2010. Today DNS and mDNS do it, and others can answer in place of a machine that is asked for by such a name.",
				JA: "2010年ごろまでのWindowsは、この名前で他の機器を探しました。今はDNSやmDNSが使われます。NetBIOSの名前では、他人が本人になりすまして応答できます。",
			}),
		}
		if users := service.Facts.Texts("users"); len(users) > 0 {
			found.severity = s.graded(exposure.Low)
			found.evidence = say(lang.Text{
				EN: `NetBIOS tells that this is "{{.Computer}}" of "{{.Workgroup}}" and who is logged on: "{{.Users}}".`,
				JA: "NetBIOSが、「{{.Workgroup}}」の「{{.Computer}}」であることと、ログオン中の利用者「{{.Users}}」を教えます。",
			}, "Computer", quote(computer), "Workgroup", quote(service.Facts.Text("workgroup")), "Users", words(users))
		}
		found.remedy = []said{netbiosOnWindows}
		if controller, _ := service.Facts.Bool("domain_controller"); !controller {
			found.remedy = append(found.remedy, say(lang.Text{
				EN: "In Samba, unless old machines need it: in the part [global] of /etc/samba/smb.conf\ndisable netbios = yes",
				JA: "Sambaでは、古い機器に必要でなければ /etc/samba/smb.conf の [global] に書きます。\ndisable netbios = yes",
			}), then("systemctl disable --now nmbd && systemctl restart smbd"))
		}
		return []ruling{found}
	}, "netbios-ns")
}

var netbiosOnWindows = say(lang.Text{
	EN: "Unless old machines need it, switch it off. On Windows, in PowerShell as administrator:\nGet-CimInstance Win32_NetworkAdapterConfiguration -Filter IPEnabled=TRUE | Invoke-CimMethod -MethodName SetTcpipNetbios -Arguments @{TcpipNetbiosOptions=[uint32]2}",
	JA: "古い機器に必要でなければ無効にします。WindowsではPowerShell(管理者)で次のとおりにします。\nGet-CimInstance Win32_NetworkAdapterConfiguration -Filter IPEnabled=TRUE | Invoke-CimMethod -MethodName SetTcpipNetbios -Arguments @{TcpipNetbiosOptions=[uint32]2}",
})

// netbiosRemedy is for the answers that a forged question has sent elsewhere.
func (s subject) netbiosRemedy(exposure.Service) []said {
	return []said{say(lang.Text{
		EN: "Take port 137 off the Internet: remove its forward from the router, or let the firewall admit your own network only.",
		JA: "ポート 137 をインターネットから閉じます。ルーターの転送設定を外すか、ファイアウォールで自分のネットワークだけを許可します。",
	}), netbiosOnWindows}
}
