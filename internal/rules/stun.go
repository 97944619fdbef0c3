package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"turn-open-relay", judgeTURN})
	stranges = append(stranges, strange{"stun", relaysWithoutLogin, lang.Text{
		EN: "The TURN server at {{.Address}} relays for whoever asks from here, without a login.",
		JA: "{{.Address}} のTURNサーバーは、ここからの求めにはログインなしで中継します。",
	}})
}

func relaysWithoutLogin(service exposure.Service) bool {
	relays, _ := service.Facts.Bool("relays_without_login")
	return relays
}

// judgeTURN speaks of a relay that asks nobody who he is: what comes through it
// comes from the server's own address, and reaches what that reaches.
func judgeTURN(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !relaysWithoutLogin(service) || !strangers(service) {
			return nil
		}
		unit, step := "", say(lang.Text{
			EN: "Demand a login in the settings of the server, and forbid to relay to private addresses.",
			JA: "サーバーの設定でログインを必須にし、プライベートアドレスへの中継を禁止します。",
		})
		if product(service, "coturn") {
			unit, step = "coturn", say(lang.Text{
				EN: "Demand a login, and forbid to relay into your own network: in /etc/turnserver.conf, without no-auth and with a password of your own\nlt-cred-mech\nrealm=turn.example\nuser=NAME:PASSWORD\ndenied-peer-ip=10.0.0.0-10.255.255.255\ndenied-peer-ip=127.0.0.0-127.255.255.255\ndenied-peer-ip=169.254.0.0-169.254.255.255\ndenied-peer-ip=172.16.0.0-172.31.255.255\ndenied-peer-ip=192.168.0.0-192.168.255.255\nno-multicast-peers",
				JA: "ログインを必須にし、自分のネットワークへの中継を禁止します。/etc/turnserver.conf から no-auth を消し、次のとおり書きます(名前とパスワードは自分で決めます)。\nlt-cred-mech\nrealm=turn.example\nuser=名前:パスワード\ndenied-peer-ip=10.0.0.0-10.255.255.255\ndenied-peer-ip=127.0.0.0-127.255.255.255\ndenied-peer-ip=169.254.0.0-169.254.255.255\ndenied-peer-ip=172.16.0.0-172.31.255.255\ndenied-peer-ip=192.168.0.0-192.168.255.255\nno-multicast-peers",
			})
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: "Seen from the Internet side, the TURN server at {{.Address}} relays for everybody, without a login.",
			JA: "インターネット側から見て、{{.Address}} のTURNサーバーは、誰にでもログインなしで中継します。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Strangers send and receive under your address, and through the server they may reach machines behind your firewall.",
			JA: "見知らぬ相手が、あなたのアドレスを名乗って送受信できます。ファイアウォールの内側の機器に届くこともあります。",
		}), []said{step, s.restarted(unit), s.unneeded()}}}
	}, "stun")
}
