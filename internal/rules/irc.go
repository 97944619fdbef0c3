package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"irc-for-everybody", judgeIRCOpen})
	register(rule{"irc-cleartext", judgeIRCClear})
}

// ircProduct is how a server is told what to do. What is not known of it gets the
// words of the zero ircProduct's place.
type ircProduct struct {
	lock, encrypt lang.Text
	unit          string // in Debian
}

var ircProducts = map[string]ircProduct{
	"ngIRCd": {lang.Text{
		EN: "Demand a password of everybody: in the part [Global] of /etc/ngircd/ngircd.conf\nPassword = LONG-PASSWORD",
		JA: "全員にパスワードを求めます。/etc/ngircd/ngircd.conf の [Global] に書きます。\nPassword = 長いパスワード",
	}, lang.Text{
		EN: "Serve TLS: in the part [SSL] of /etc/ngircd/ngircd.conf, with your own certificate, and close port {{.Port}} in the firewall once all clients have moved\nPorts = 6697\nCertFile = /etc/ngircd/cert.pem\nKeyFile = /etc/ngircd/key.pem",
		JA: "TLSで提供します。/etc/ngircd/ngircd.conf の [SSL] に書き(証明書は自分のものにします)、全員が移ったらファイアウォールでポート {{.Port}} を閉じます。\nPorts = 6697\nCertFile = /etc/ngircd/cert.pem\nKeyFile = /etc/ngircd/key.pem",
	}, "ngircd"},
	"InspIRCd": {lang.Text{
		EN: "Demand a password of everybody, or admit your own addresses only: in /etc/inspircd/inspircd.conf\n<connect allow=\"192.168.0.0/16\" password=\"LONG-PASSWORD\">",
		JA: "全員にパスワードを求めるか、自分のネットワークだけを許可します。/etc/inspircd/inspircd.conf に書きます。\n<connect allow=\"192.168.0.0/16\" password=\"長いパスワード\">",
	}, lang.Text{
		EN: "Serve TLS, and have clients come over it: in /etc/inspircd/inspircd.conf, with your own certificate\n<module name=\"ssl_gnutls\">\n<sslprofile name=\"main\" provider=\"gnutls\" certfile=\"cert.pem\" keyfile=\"key.pem\">\n<bind address=\"\" port=\"6697\" type=\"clients\" sslprofile=\"main\">\n<module name=\"ircv3_sts\">\n<sts host=\"*\" duration=\"30d\" port=\"6697\">",
		JA: "TLSで提供し、クライアントをTLSに誘導します。/etc/inspircd/inspircd.conf に書きます(証明書は自分のものにします)。\n<module name=\"ssl_gnutls\">\n<sslprofile name=\"main\" provider=\"gnutls\" certfile=\"cert.pem\" keyfile=\"key.pem\">\n<bind address=\"\" port=\"6697\" type=\"clients\" sslprofile=\"main\">\n<module name=\"ircv3_sts\">\n<sts host=\"*\" duration=\"30d\" port=\"6697\">",
	}, "inspircd"},
	"UnrealIRCd": {lang.Text{
		EN: "Demand a password of everybody: in conf/unrealircd.conf\nallow { mask *; class clients; password \"LONG-PASSWORD\"; }",
		JA: "全員にパスワードを求めます。conf/unrealircd.conf に書きます。\nallow { mask *; class clients; password \"長いパスワード\"; }",
	}, lang.Text{
		EN: "Serve TLS and turn away who comes without it: in conf/unrealircd.conf\nlisten { ip *; port 6697; options { tls; } }\nset { plaintext-policy { user deny; } }",
		JA: "TLSで提供し、TLSなしの接続を断ります。conf/unrealircd.conf に書きます。\nlisten { ip *; port 6697; options { tls; } }\nset { plaintext-policy { user deny; } }",
	}, "unrealircd"},
}

var ircUnknown = ircProduct{lang.Text{
	EN: "Demand a password of everybody in the server's configuration, or let the firewall admit your own addresses only.",
	JA: "サーバーの設定で全員にパスワードを求めるか、ファイアウォールで必要な相手だけを許可します。",
}, lang.Text{
	EN: "Serve TLS at port 6697 with your own certificate, and close port {{.Port}} once all clients have moved.",
	JA: "自分の証明書を使ってポート6697でTLSを提供し、全員が移ったらポート {{.Port}} を閉じます。",
}, ""}

func ircProductOf(service exposure.Service) ircProduct {
	if p, known := ircProducts[service.Product.Raw()]; known {
		return p
	}
	return ircUnknown
}

// judgeIRCOpen speaks of a server that lets everybody in: right for a network of
// the public, wrong for one of a family or a firm.
func judgeIRCOpen(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if required, known := service.Facts.Bool("password_required"); !known || required {
			return nil
		}
		p := ircProductOf(service)
		return []ruling{{
			severity: s.graded(exposure.Low),
			evidence: say(lang.Text{
				EN: "The IRC server at {{.Address}} let us in without a password.",
				JA: "{{.Address}} のIRCサーバーは、パスワードなしで接続できました。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port can enter channels, read along and write to everybody; spammers and bots look for such servers. For a network that is open to the public that is meant so.",
				JA: "このポートに届く人は誰でもチャンネルに入り、読み書きできます。迷惑行為やボットの指令に使えるサーバーとして探されています。誰でも参加できるネットワークなら、これで正常です。",
			}),
			remedy: []said{say(p.lock), s.restarted(p.unit), s.unneeded()},
		}}
	}, "irc")
}

// judgeIRCClear speaks of talk and passwords that cross the network readable.
func judgeIRCClear(s subject) []ruling {
	if !s.Exposed() {
		return nil
	}
	return s.each(func(service exposure.Service) []ruling {
		if demanded, _ := service.Facts.Bool("tls_required"); demanded || service.TLS != nil {
			return nil
		}
		p := ircProductOf(service)
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: "IRC without TLS answers on port {{.Port}}.",
				JA: "ポート {{.Port}} でTLSなしのIRCが応答します。",
			}, "Port", s.number()),
			meaning: say(lang.Text{
				EN: "All that is said crosses the network readable, and so do the passwords of the server, of names and of operators.",
				JA: "会話がすべて読める形で流れます。サーバー、ニックネーム、オペレーターのパスワードも同じです。",
			}),
			remedy: []said{say(p.encrypt, "Port", s.number()), s.restarted(p.unit), s.unneeded()},
		}
		if port, ok := service.Facts["tls_port"].(int); ok {
			found.severity = s.graded(exposure.Low)
			found.evidence = say(lang.Text{
				EN: "IRC answers on port {{.Port}} without TLS, and tells clients that know how to go to port {{.Secure}} with TLS.",
				JA: "ポート {{.Port}} でTLSなしのIRCが応答します。対応するクライアントは、TLSのポート {{.Secure}} へ誘導されます。",
			}, "Port", s.number(), "Secure", port)
		}
		return []ruling{found}
	}, "irc")
}
