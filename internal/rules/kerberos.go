package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"kerberos-clock-skew", judgeKerberosClock})
}

// kerberosSkew is how far clocks may differ, in seconds (RFC 4120 section
// 7.2.1 and the default of every implementation).
const kerberosSkew = 300

// judgeKerberosClock speaks of a clock that is too far from ours for Kerberos
// to let anybody in.
func judgeKerberosClock(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		offset, known := amount(service, "clock_offset_s")
		if !known || offset <= kerberosSkew && offset >= -kerberosSkew {
			return nil
		}
		return []ruling{{exposure.Medium, say(lang.Text{
			EN: "The clock of {{.Address}} differs from that of this machine by {{.Seconds}} seconds.",
			JA: "{{.Address}} の時計は、この機器の時計と{{.Seconds}}秒ずれています。",
		}, "Address", service.Address, "Seconds", int(offset)), say(lang.Text{
			EN: "Kerberos lets nobody in whose clock differs by more than five minutes: log-ins, shares and group policies fail.",
			JA: "Kerberosは、時計が5分より大きくずれた相手を受け付けません。ログオン、共有、グループポリシーが失敗します。",
		}), []said{say(lang.Text{
			EN: "See which of the two is wrong and set it. On Windows, in PowerShell as administrator:\nw32tm /resync /rediscover",
			JA: "どちらの時計が正しくないかを確かめて合わせます。WindowsではPowerShell(管理者)で次のとおりにします。\nw32tm /resync /rediscover",
		}), say(lang.Text{
			EN: "On Linux with chrony:\nchronyc makestep",
			JA: "Linux(chrony)では次のとおりにします。\nchronyc makestep",
		})}}}
	}, "kerberos", "ldap", "smb")
}
