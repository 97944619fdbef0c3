package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"dhcp-answers-strangers", judgeDHCP})
	stranges = append(stranges, strange{"dhcp", answersAtAll, lang.Text{
		EN: "The DHCP server at {{.Address}} tells its settings to who asks from here, as it should in its own network.",
		JA: "{{.Address}} のDHCPサーバーは、ここからの問い合わせに設定を教えます。同じネットワーク内では正常な動作です。",
	}})
}

// judgeDHCP speaks of a server that tells other networks how its own is made.
func judgeDHCP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !strangers(service) {
			return nil
		}
		step := say(lang.Text{
			EN: "Have the server listen on the inner interface only, and close ports 67 and 68 (UDP) towards the Internet.",
			JA: "サーバーが内側のインターフェースだけで待ち受けるようにし、インターネット側に対してUDPの67番と68番を閉じます。",
		})
		if product(service, "dnsmasq") || s.owner().Process == "dnsmasq" {
			step = say(lang.Text{
				EN: "Have dnsmasq serve the inner interface only: in /etc/dnsmasq.conf, with the name of your own interface\ninterface=eth0\nbind-interfaces",
				JA: "dnsmasqが内側のインターフェースだけに応じるようにします。/etc/dnsmasq.conf に、自分のインターフェース名で書きます。\ninterface=eth0\nbind-interfaces",
			})
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: "Seen from the Internet side, the DHCP server at {{.Address}} answers.",
			JA: "インターネット側から見て、{{.Address}} のDHCPサーバーが応答します。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Strangers learn the addresses of your router and name servers, and may use up the addresses that it leases.",
			JA: "ルーターやDNSサーバーのアドレスが知られ、貸し出し用のアドレスを使い果たされることもあります。",
		}), []said{step, s.unneeded()}}}
	}, "dhcp")
}
