package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"msrpc-endpoints-told", judgeMSRPC})
}

// judgeMSRPC speaks of an endpoint mapper that lists what there is: on a LAN
// Windows needs it, and from afar it is the way to everything behind it.
func judgeMSRPC(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		count, known := amount(service, "remote_endpoints")
		if !known || count == 0 {
			return nil
		}
		severity := exposure.Info
		if service.View == exposure.ViewOutside {
			severity = exposure.Medium
		}
		return []ruling{{severity, say(lang.Text{
			EN: "The endpoint mapper at {{.Address}} lists {{.Number}} services of remote procedure calls to everybody.",
			JA: "{{.Address}} のエンドポイントマッパーは、リモートプロシージャコールのサービス{{.Number}}件を誰にでも教えます。",
		}, "Address", service.Address, "Number", int(count)), say(lang.Text{
			EN: "In a domain Windows works that way. Strangers learn from it what runs here and on which ports, and holes in these services were used by worms.",
			JA: "ドメインのWindowsはこの仕組みで動きます。見知らぬ相手には、何がどのポートで動いているかが分かり、これらのサービスの弱点はワームに使われてきました。",
		}), []said{say(lang.Text{
			EN: "Let the firewall admit your own network only. On Windows, in PowerShell as administrator:\nGet-NetFirewallPortFilter | Where-Object LocalPort -in 'RPC','RPCEPMap' | Get-NetFirewallRule | Set-NetFirewallRule -RemoteAddress LocalSubnet",
			JA: "ファイアウォールで自分のネットワークだけを許可します。WindowsではPowerShell(管理者)で次のとおりにします。\nGet-NetFirewallPortFilter | Where-Object LocalPort -in 'RPC','RPCEPMap' | Get-NetFirewallRule | Set-NetFirewallRule -RemoteAddress LocalSubnet",
		}), s.unneeded()}}}
	}, "msrpc")
}
