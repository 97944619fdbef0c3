package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"snmptrap-default-community", judgeTrapCommunity})
}

// judgeTrapCommunity speaks of a receiver that believes whoever knows the word
// of every manual.
func judgeTrapCommunity(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if public, _ := service.Facts.Bool("community_public"); !public {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Low),
			evidence: say(lang.Text{
				EN: `The receiver of traps acknowledged an inform with the community "public".`,
				JA: "トラップの受信側が、コミュニティ名「public」のインフォームに受信確認を返しました。",
			}),
			meaning: say(lang.Text{
				EN: "Anybody who reaches the port can raise false alarms, or so many that real ones are overlooked.",
				JA: "このポートに届く人は誰でも偽の警報を出せます。大量に送れば、本物の警報を埋もれさせることもできます。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Take traps of version 3 only, signed by users that the receiver knows, and let the firewall admit only the devices' addresses.",
				JA: "登録した利用者が署名したバージョン3のトラップだけを受け付け、ファイアウォールで機器のアドレスだけを許可します。",
			})},
		}
		if s.owner().Process == "snmptrapd" {
			found.remedy = append(found.remedy, say(lang.Text{
				EN: "In /etc/snmp/snmptrapd.conf remove the authCommunity lines and write, with the engine of each sender:\ncreateUser -e 0x8000000001020304 sender SHA LONG-PASSWORD AES OTHER-PASSWORD\nauthUser log sender",
				JA: "/etc/snmp/snmptrapd.conf の authCommunity の行を削除し、送信側のエンジンIDごとに次のように書きます。\ncreateUser -e 0x8000000001020304 sender SHA LONG-PASSWORD AES OTHER-PASSWORD\nauthUser log sender",
			}), s.restarted("snmptrapd"))
		}
		return []ruling{found}
	}, "snmptrap")
}
