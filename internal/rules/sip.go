package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"sip-register-without-login", judgeSIP})
	stranges = append(stranges, strange{"sip", registersWithoutLogin, lang.Text{
		EN: "The SIP server at {{.Address}} answers a registration from here without asking for a login.",
		JA: "{{.Address}} のSIPサーバーは、ここからの登録にはログインなしで応じます。",
	}})
}

func registersWithoutLogin(service exposure.Service) bool {
	registers, _ := service.Facts.Bool("registers_without_login")
	return registers
}

// judgeSIP speaks of a registrar that believes whoever says that he is a
// telephone of it (RFC 3261 section 10.3, step 3).
func judgeSIP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !registersWithoutLogin(service) || !strangers(service) {
			return nil
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: "Seen from the Internet side, the SIP server at {{.Address}} answers REGISTER without asking for a login.",
			JA: "インターネット側から見て、{{.Address}} のSIPサーバーは、REGISTERにログインなしで応じます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Whoever registers as one of your telephones takes its calls and makes calls at your cost. Such servers are searched for around the clock.",
			JA: "あなたの電話機になりすまして登録した相手は、かかってきた電話を受け、あなたの料金で電話をかけられます。こうしたサーバーは常に探されています。",
		}), append(s.sipLogin(service), admitFew)}}
	}, "sip")
}

// sipLogin has a server ask for a login.
func (s subject) sipLogin(service exposure.Service) []said {
	switch {
	case product(service, "kamailio"):
		return []said{say(lang.Text{
			EN: "Have REGISTER and calls prove who sends them: in /etc/kamailio/kamailio.cfg, before save() and t_relay(), with the module auth_db\nif (!auth_check(\"$fd\", \"subscriber\", \"1\")) {\n  auth_challenge(\"$fd\", \"0\");\n  exit;\n}",
			JA: "REGISTERと発信で本人確認をします。/etc/kamailio/kamailio.cfg の save() と t_relay() の前に書きます(auth_dbモジュールを使います)。\nif (!auth_check(\"$fd\", \"subscriber\", \"1\")) {\n  auth_challenge(\"$fd\", \"0\");\n  exit;\n}",
		}), s.restarted("kamailio")}
	case product(service, "opensips"):
		return []said{say(lang.Text{
			EN: "Have REGISTER and calls prove who sends them: in /etc/opensips/opensips.cfg, before save() and t_relay(), with the module auth_db\nif (!www_authorize(\"\", \"subscriber\")) {\n  www_challenge(\"\", \"auth\");\n  exit;\n}",
			JA: "REGISTERと発信で本人確認をします。/etc/opensips/opensips.cfg の save() と t_relay() の前に書きます(auth_dbモジュールを使います)。\nif (!www_authorize(\"\", \"subscriber\")) {\n  www_challenge(\"\", \"auth\");\n  exit;\n}",
		}), s.restarted("opensips")}
	case product(service, "asterisk"):
		return []said{say(lang.Text{
			EN: "Give every endpoint a login and take the endpoint anonymous away: in /etc/asterisk/pjsip.conf, with a name and a long password of your own\n[100]\ntype=endpoint\nauth=auth100\naors=100\n[auth100]\ntype=auth\nauth_type=userpass\nusername=100\npassword=LONG-PASSWORD",
			JA: "すべてのエンドポイントにログインを設定し、anonymousエンドポイントを消します。/etc/asterisk/pjsip.conf に書きます(番号と長いパスワードは自分で決めます)。\n[100]\ntype=endpoint\nauth=auth100\naors=100\n[auth100]\ntype=auth\nauth_type=userpass\nusername=100\npassword=長いパスワード",
		}), s.restarted("asterisk")}
	case product(service, "freeswitch"):
		return []said{say(lang.Text{
			EN: "Demand a login in the SIP profile: in /etc/freeswitch/sip_profiles/internal.xml\n<param name=\"auth-calls\" value=\"true\"/>\n<param name=\"accept-blind-reg\" value=\"false\"/>\n<param name=\"accept-blind-auth\" value=\"false\"/>",
			JA: "SIPプロファイルでログインを必須にします。/etc/freeswitch/sip_profiles/internal.xml に書きます。\n<param name=\"auth-calls\" value=\"true\"/>\n<param name=\"accept-blind-reg\" value=\"false\"/>\n<param name=\"accept-blind-auth\" value=\"false\"/>",
		}), s.restarted("freeswitch")}
	}
	return []said{say(lang.Text{
		EN: "In the settings of the telephone system, demand a name and a long password for registrations and calls.",
		JA: "電話システムの設定で、登録と発信に名前と長いパスワードを必須にします。",
	})}
}
