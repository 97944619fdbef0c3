package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"coap-answers-strangers", judgeCoAP})
	stranges = append(stranges, strange{"coap", coapTells, lang.Text{
		EN: "The device at {{.Address}} tells by CoAP what it has, without a login, to whoever asks from here.",
		JA: "{{.Address}} の機器は、ここからの問い合わせには、CoAPで持っているリソースをログインなしで教えます。",
	}})
}

func coapTells(service exposure.Service) bool {
	login, known := service.Facts.Bool("login_required")
	return known && !login
}

// judgeCoAP speaks of a device that whoever reaches it can read, and mostly
// command.
func judgeCoAP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !coapTells(service) || !strangers(service) {
			return nil
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: `Seen from the Internet side, the device at {{.Address}} tells by CoAP what it has, without a login: "{{.Resources}}".`,
			JA: "インターネット側から見て、{{.Address}} の機器が、CoAPでリソース「{{.Resources}}」をログインなしで教えます。",
		}, "Address", service.Address, "Resources", words(service.Facts.Texts("resources"))), say(lang.Text{
			EN: "Whoever reaches the port reads its sensors and may switch what it switches. Its answers can be sent to others by forged questions, too.",
			JA: "このポートに届く人は、センサーの値を読み、機器を操作できることがあります。送信元を偽った問い合わせで、応答を第三者に浴びせることもできます。",
		}), []said{say(lang.Text{
			EN: "Have the device speak CoAP inside DTLS only (port 5684) with a key of its own, and not on port 5683.",
			JA: "機器ごとの鍵を使うDTLS(ポート 5684)だけでCoAPを話すようにし、ポート 5683 は使わないようにします。",
		}), admitFew, s.unneeded()}}}
	}, "coap")
}
