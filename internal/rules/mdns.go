package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"mdns-answers-strangers", judgeMDNS})
	stranges = append(stranges, strange{"mdns", answersAtAll, lang.Text{
		EN: "Multicast DNS at {{.Address}} answers a question from here, as it should in its own network.",
		JA: "{{.Address}} のマルチキャストDNSは、ここからの問い合わせに応答します。同じネットワーク内では正常な動作です。",
	}})
}

// judgeMDNS speaks of a responder that answers other networks, which it must
// not (RFC 6762 section 11).
func judgeMDNS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !strangers(service) {
			return nil
		}
		steps := []said{say(lang.Text{
			EN: "Close port 5353 for other networks: for nftables\nnft add rule inet filter input udp dport 5353 ip saddr != { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 } drop",
			JA: "ほかのネットワークに対してポート 5353 を閉じます。nftablesでは次のとおりです。\nnft add rule inet filter input udp dport 5353 ip saddr != { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 } drop",
		})}
		if product(service, "avahi") || s.owner().Process == "avahi-daemon" {
			steps = append(steps, say(lang.Text{
				EN: "Have Avahi use the inner interface only: in the part [server] of /etc/avahi/avahi-daemon.conf, with the name of your own interface\nallow-interfaces=eth0",
				JA: "Avahiが内側のインターフェースだけを使うようにします。/etc/avahi/avahi-daemon.conf の [server] に、自分のインターフェース名で書きます。\nallow-interfaces=eth0",
			}), s.restarted("avahi-daemon"))
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: `Seen from the Internet side, multicast DNS at {{.Address}} answers and tells what is there: "{{.Announced}}".`,
			JA: "インターネット側から見て、{{.Address}} のマルチキャストDNSが応答し、動いているサービス「{{.Announced}}」を教えます。",
		}, "Address", service.Address, "Announced", words(service.Facts.Texts("announced"))), say(lang.Text{
			EN: "It is made for one network. Strangers learn names and services from it, and use it to flood others with its answers.",
			JA: "1つのネットワーク内で使うものです。見知らぬ相手に名前やサービスが知られ、応答が第三者への攻撃にも使われます。",
		}), append(steps, s.unneeded())}}
	}, "mdns")
}
