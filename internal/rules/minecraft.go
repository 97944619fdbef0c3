package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"minecraft-offline-mode", judgeMinecraftOffline})
	register(rule{"minecraft-players-told", judgeMinecraftPlayers})
}

// judgeMinecraftOffline speaks of a server that believes every name.
func judgeMinecraftOffline(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if online, known := service.Facts.Bool("online_mode"); !known || online {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.High),
			evidence: say(lang.Text{
				EN: "The Minecraft server at {{.Address}} took a player's name without having it checked (online-mode=false).",
				JA: "{{.Address}} のMinecraftサーバーは、プレイヤー名を認証せずに受け付けました(online-mode=false)。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port comes in under any name, an operator's too, and then gives every command of the server. A list of allowed names does not help: the names are no secret.",
				JA: "このポートに届く人は誰でも、好きな名前(管理者の名前でも)で入り、サーバーの全コマンドを使えます。名前は秘密ではないため、ホワイトリストでは防げません。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Have the names checked: in server.properties, and restart the server\nonline-mode=true",
				JA: "プレイヤーを認証します。server.properties に書き、サーバーを再起動します。\nonline-mode=true",
			}), say(lang.Text{
				EN: "If it stands behind a proxy (Velocity, BungeeCord), which checks the names, let only that proxy reach it: on the same machine in server.properties, else by the firewall\nserver-ip=127.0.0.1",
				JA: "認証をプロキシ(Velocity・BungeeCord)に任せている場合は、そのプロキシからだけ届くようにします。同じ機器なら server.properties に書き、別の機器ならファイアウォールで制限します。\nserver-ip=127.0.0.1",
			}), s.unneeded()},
		}
		if listed, _ := service.Facts.Bool("allow_list"); listed {
			found.severity = s.graded(exposure.Medium)
			found.evidence = say(lang.Text{
				EN: "The Minecraft server at {{.Address}} looked for a player's name in its list without having it checked (online-mode=false, white-list=true).",
				JA: "{{.Address}} のMinecraftサーバーは、プレイヤー名を認証せずにホワイトリストと照合しました(online-mode=false、white-list=true)。",
			}, "Address", service.Address)
		}
		return []ruling{found}
	}, "minecraft")
}

// judgeMinecraftPlayers speaks of the names of who plays, told to everybody.
func judgeMinecraftPlayers(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		names := service.Facts.Texts("player_names")
		if len(names) == 0 || !s.Exposed() {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "The Minecraft server at {{.Address}} tells everybody who plays: {{.Names}}.",
			JA: "{{.Address}} のMinecraftサーバーは、遊んでいる人の名前を誰にでも教えます: {{.Names}}",
		}, "Address", service.Address, "Names", words(names)), say(lang.Text{
			EN: "Strangers learn who is there and when, which children should not tell.",
			JA: "見知らぬ人に、誰がいつ遊んでいるかが分かります。子どもがいる場合は特に望ましくありません。",
		}), []said{say(lang.Text{
			EN: "Keep the names to yourself: in server.properties, and restart the server\nhide-online-players=true",
			JA: "名前を教えないようにします。server.properties に書き、サーバーを再起動します。\nhide-online-players=true",
		})}}}
	}, "minecraft")
}
