package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"upnp-answers-strangers", judgeSSDP})
	register(rule{"upnp-opens-ports", judgeUPnP})
	stranges = append(stranges, strange{"ssdp", answersAtAll, lang.Text{
		EN: "UPnP at {{.Address}} answers a search from here, as it should in its own network.",
		JA: "{{.Address}} のUPnPは、ここからの探索に応答します。同じネットワーク内では正常な動作です。",
	}})
}

// answersAtAll is true of a service that strangers should hear nothing of.
func answersAtAll(exposure.Service) bool { return true }

// judgeSSDP speaks of a device that strangers can find, and mostly command.
func judgeSSDP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !strangers(service) {
			return nil
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: "Seen from the Internet side, UPnP at {{.Address}} answers.",
			JA: "インターネット側から見て、{{.Address}} のUPnPが応答します。",
		}, "Address", service.Address), say(lang.Text{
			EN: "UPnP knows no password. Who reaches it learns what the device is and, on a router, may open ports into your network.",
			JA: "UPnPにパスワードはありません。届いた相手は機器の種類を知り、ルーターなら、あなたのネットワークへのポートを開放できることがあります。",
		}), s.ssdpRemedy(service)}}
	}, "ssdp")
}

// judgeUPnP speaks of a gateway that opens ports for whatever program asks,
// which is what it is for.
func judgeUPnP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if opens, _ := service.Facts.Bool("opens_ports"); !opens {
			return nil
		}
		steps := []said{say(lang.Text{
			EN: "Unless games or calls need it, switch UPnP off in the settings of the router, and forward by hand what must be reachable.",
			JA: "ゲームや通話に必要でなければ、ルーターの設定でUPnPを無効にし、必要なポートだけを手動で転送します。",
		})}
		if product(service, "miniupnpd") {
			steps = append(steps, say(lang.Text{
				EN: "Or let each machine open ports above 1023 to itself only: in /etc/miniupnpd/miniupnpd.conf\nsecure_mode=yes\nallow 1024-65535 192.168.0.0/16 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535",
				JA: "または、各機器が自分宛ての1024以上のポートだけを開放できるようにします。/etc/miniupnpd/miniupnpd.conf に書きます。\nsecure_mode=yes\nallow 1024-65535 192.168.0.0/16 1024-65535\ndeny 0-65535 0.0.0.0/0 0-65535",
			}), s.restarted("miniupnpd"))
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: `The router "{{.Device}}" opens ports for whatever program in the network asks, without a password.`,
			JA: "ルーター「{{.Device}}」は、ネットワーク内のどのプログラムの求めにも、パスワードなしでポートを開放します。",
		}, "Device", quote(service.Facts.Text("device_name"))), say(lang.Text{
			EN: "Games and calls use it. So can a program that should not: what it opened stays open until it closes it.",
			JA: "ゲームや通話が使う機能です。不正なプログラムも同じように使え、開けたポートは閉じるまで開いたままです。",
		}), steps}}
	}, "ssdp")
}
