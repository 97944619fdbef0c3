package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"simple-service", judgeSimple})
	register(rule{"openvpn-without-static-key", judgeOpenVPN})
	register(rule{"radius-without-secret", judgeRADIUS})
}

// judgeSimple speaks of the small services of 1983. Two of them keep each other
// busy for ever, once somebody has sent to one in the name of the other (CERT
// CA-1996-01).
func judgeSimple(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		severity := s.graded(exposure.Low)
		meaning := say(lang.Text{
			EN: "It was made for tests in 1983 and answers whatever comes. By forged datagrams, two such services keep each other busy, or flood somebody else.",
			JA: "1983年に試験用に作られたもので、何を受け取っても応答します。送信元を偽ったデータグラムで、同種のサービス同士に応答を繰り返させたり、第三者に浴びせたりできます。",
		})
		udp, known := service.Facts.Bool("udp")
		if overTCP := s.Transport == exposure.TCP || known && !udp; overTCP || service.Protocol == "time" || service.Protocol == "discard" {
			severity = exposure.Info
			if overTCP || service.Protocol == "discard" {
				meaning = say(lang.Text{
					EN: "It was made for tests in 1983. Whoever connects keeps a connection and some of the machine busy for as long as he likes.",
					JA: "1983年に試験用に作られたものです。接続した相手は、好きなだけ接続を保ち、機器の能力を使えます。",
				})
			}
		}
		return []ruling{{severity, say(lang.Text{
			EN: "The test service {{.Name}} answers at {{.Address}}.",
			JA: "{{.Address}} で試験用サービス {{.Name}} が応答します。",
		}, "Name", service.Protocol, "Address", service.Address), meaning, s.simpleRemedy(service)}}
	}, "echo", "chargen", "daytime", "qotd", "time", "discard")
}

// judgeOpenVPN speaks of a server that strangers can talk TLS with: a static key
// has it drop their packets unread.
func judgeOpenVPN(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if key, known := service.Facts.Bool("static_key"); !known || key {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "OpenVPN at {{.Address}} answers whoever asks: it has no static key.",
			JA: "{{.Address}} のOpenVPNは誰にでも応答します。共有の静的鍵が設定されていません。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Strangers find the service and reach its TLS code. With a static key it stays silent to them.",
			JA: "見知らぬ相手にサービスの存在が知られ、TLSの処理にも届きます。静的鍵があれば、見知らぬ相手には何も返しません。",
		}), []said{say(lang.Text{
			EN: "Make a key, and name it in the configuration of the server and of each client:\nopenvpn --genkey tls-crypt /etc/openvpn/server/tc.key\ntls-crypt tc.key",
			JA: "鍵を作り、サーバーと各クライアントの設定に書きます。\nopenvpn --genkey tls-crypt /etc/openvpn/server/tc.key\ntls-crypt tc.key",
		}), s.restarted("openvpn-server@server")}}}
	}, "openvpn")
}

// judgeRADIUS speaks of a server that answers what nobody signed (RFC 5997
// section 3).
func judgeRADIUS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if checks, known := service.Facts.Bool("checks_secret"); !known || checks {
			return nil
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "RADIUS at {{.Address}} answers a request that was signed under a made-up secret.",
			JA: "{{.Address}} のRADIUSは、でたらめな共有鍵で署名した要求に応答します。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Whoever reaches the port can put requests for logins to it. It belongs to the access points and switches that know the secret.",
			JA: "このポートに届く人は誰でも、ログインの要求を送れます。共有鍵を知るアクセスポイントやスイッチだけが使うべきものです。",
		}), []said{say(lang.Text{
			EN: "In FreeRADIUS, name each client with its own secret and demand signed requests: in /etc/freeradius/3.0/clients.conf\nrequire_message_authenticator = yes",
			JA: "FreeRADIUSでは、クライアントごとに共有鍵を決め、署名を必須にします。/etc/freeradius/3.0/clients.conf に書きます。\nrequire_message_authenticator = yes",
		}), s.restarted("freeradius"), admitFew}}}
	}, "radius")
}
