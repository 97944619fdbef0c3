package rules

import (
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"snmp-default-community", judgeSNMPCommunity})
	register(rule{"snmp-cleartext", judgeSNMPClear})
}

// judgeSNMPCommunity speaks of an agent that tells everybody who knows the word
// that stands in every manual (RFC 1157).
func judgeSNMPCommunity(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if public, _ := service.Facts.Bool("community_public"); !public {
			return nil
		}
		found := ruling{
			severity: s.graded(exposure.Medium),
			evidence: say(lang.Text{
				EN: `SNMP answers to the community "public": "{{.Banner}}".`,
				JA: "SNMPがコミュニティ名「public」に応答します: 「{{.Banner}}」",
			}, "Banner", quote(service.Banner)),
			meaning: say(lang.Text{
				EN: "Whoever reaches the port reads the name, model, version, interfaces and often the routes and programs of the device, without a password of its own.",
				JA: "このポートに届く人は誰でも、機器の名前・型番・版・インターフェース、多くは経路や動作中のプログラムまで、パスワードなしで読めます。",
			}),
			remedy: append(snmpRemedy(service, s), say(lang.Text{
				EN: "Look for a community that may write as well (often \"private\") and remove it: with it others change settings. sekisho never tries one.",
				JA: "書き込みのできるコミュニティ名(多くは「private」)がないかも確かめ、あれば削除します。他人に設定を変えられます。sekishoは試しません。",
			})),
		}
		if service.Banner.IsZero() {
			found.evidence = say(lang.Text{
				EN: `SNMP answers to the community "public".`,
				JA: "SNMPがコミュニティ名「public」に応答します。",
			})
		}
		if service.View == exposure.ViewOutside {
			found.severity = exposure.High
		}
		return []ruling{found}
	}, "snmp")
}

// judgeSNMPClear speaks of versions 1 and 2c, in which the community is a
// password that everybody on the way reads (RFC 3584 section 5.2).
func judgeSNMPClear(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		versions := service.Facts.Texts("versions")
		old := slices.DeleteFunc(slices.Clone(versions), func(t untrusted.Text) bool { return t.Raw() == "v3" })
		if public, _ := service.Facts.Bool("community_public"); public || len(old) == 0 {
			return nil // the community is known anyway, and its finding says what to do
		}
		return []ruling{{
			severity: s.graded(exposure.Low),
			evidence: say(lang.Text{
				EN: "SNMP answers in {{.Versions}}, which encrypts nothing.",
				JA: "SNMPが、暗号化のない {{.Versions}} で応答します。",
			}, "Versions", words(old)),
			meaning: say(lang.Text{
				EN: "The community is a password that crosses the network readable in every packet, and so does what the device tells.",
				JA: "コミュニティ名はパスワードの役をしますが、すべてのパケットで読める形で流れます。機器の返事も同じです。",
			}),
			remedy: snmpRemedy(service, s),
		}}
	}, "snmp")
}

// snmpAmplifierRemedy is what stops an agent from answering strangers.
func (s subject) snmpAmplifierRemedy(service exposure.Service) []said {
	return append([]said{say(lang.Text{
		EN: "Close UDP port {{.Port}} towards the Internet, in the router or in the device's firewall. Whoever forges requests asks for more at once than this measurement did.",
		JA: "ルーターか機器のファイアウォールで、インターネット側からのUDPポート {{.Port}} を閉じます。実際の攻撃では、この測定より多くを一度に求められます。",
	}, "Port", s.number())}, snmpRemedy(service, s)...)
}

// snmpRemedy is how an agent is made to talk to its owner only.
func snmpRemedy(service exposure.Service, s subject) []said {
	told := strings.ToLower(service.Banner.Raw() + " " + service.Facts.Text("enterprise").Raw())
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(told, w) })
	}
	switch {
	case has("synology", "diskstation"):
		return []said{say(lang.Text{
			EN: "Synology: Control Panel > Terminal & SNMP > SNMP: clear \"SNMPv1, SNMPv2c service\" and set up SNMPv3 with a password of its own, or switch SNMP off.",
			JA: "Synology: コントロールパネル > 端末とSNMP > SNMP で「SNMPv1、SNMPv2cサービス」を外し、SNMPv3を専用のパスワードで設定します。使わなければSNMPを無効にします。",
		})}
	case product(service, "cisco"), has("cisco"):
		return []said{say(lang.Text{
			EN: "Cisco IOS: remove the community and have version 3 sign and encrypt:\nno snmp-server community public\nsnmp-server group READERS v3 priv\nsnmp-server user reader READERS v3 auth sha LONG-PASSWORD priv aes 128 OTHER-PASSWORD",
			JA: "Cisco IOS: コミュニティ名を削除し、署名と暗号化のあるバージョン3にします。\nno snmp-server community public\nsnmp-server group READERS v3 priv\nsnmp-server user reader READERS v3 auth sha LONG-PASSWORD priv aes 128 OTHER-PASSWORD",
		})}
	case product(service, "mikrotik"), has("mikrotik"):
		return []said{say(lang.Text{
			EN: "MikroTik: switch SNMP off, or admit only the manager's address and demand passwords:\n/snmp set enabled=no\n/snmp community set [find default=yes] addresses=192.168.88.10/32 security=private authentication-protocol=SHA1 authentication-password=LONG-PASSWORD encryption-protocol=AES encryption-password=OTHER-PASSWORD",
			JA: "MikroTik: SNMPを無効にするか、管理機のアドレスだけを許可してパスワードを必須にします。\n/snmp set enabled=no\n/snmp community set [find default=yes] addresses=192.168.88.10/32 security=private authentication-protocol=SHA1 authentication-password=LONG-PASSWORD encryption-protocol=AES encryption-password=OTHER-PASSWORD",
		})}
	case product(service, "windows"), has("microsoft"):
		return []said{say(lang.Text{
			EN: "Windows: services.msc > SNMP Service > Security: remove \"public\" and accept packets from the manager's address only. The service knows no version 3; if nobody needs it:\nStop-Service SNMP; Set-Service SNMP -StartupType Disabled",
			JA: "Windows: services.msc > SNMP Service > [セキュリティ] で「public」を削除し、管理機のアドレスからのパケットだけを受け付けます。このサービスはバージョン3に対応しません。使っていなければ停止します。\nStop-Service SNMP; Set-Service SNMP -StartupType Disabled",
		})}
	case has("jetdirect", "brother", "canon", "epson", "ricoh", "kyocera", "lexmark", "xerox", "fujifilm", "konica", "printer", "oki data", "sharp"):
		return []said{say(lang.Text{
			EN: "On the printer's own web page, under network or security: switch SNMP v1/v2c off or change both communities, then set the new one in the drivers' port settings too, for Windows asks printers for their state by SNMP.",
			JA: "プリンター自身の設定ページのネットワークまたはセキュリティで、SNMP v1/v2cを無効にするか、2つのコミュニティ名を変えます。WindowsはSNMPでプリンターの状態を調べるため、変えた場合はドライバーのポート設定にも入力します。",
		})}
	case product(service, "net-snmp"):
		return []said{say(lang.Text{
			EN: "Remove every rocommunity and rwcommunity line from /etc/snmp/snmpd.conf, and give the manager a user of version 3:\nsystemctl stop snmpd\necho 'createUser reader SHA-256 \"LONG-PASSWORD\" AES \"OTHER-PASSWORD\"' >> /var/lib/snmp/snmpd.conf\necho 'rouser reader priv' > /etc/snmp/snmpd.conf.d/reader.conf\nsystemctl start snmpd",
			JA: "/etc/snmp/snmpd.conf から rocommunity と rwcommunity の行をすべて削除し、管理用にバージョン3の利用者を作ります。\nsystemctl stop snmpd\necho 'createUser reader SHA-256 \"LONG-PASSWORD\" AES \"OTHER-PASSWORD\"' >> /var/lib/snmp/snmpd.conf\necho 'rouser reader priv' > /etc/snmp/snmpd.conf.d/reader.conf\nsystemctl start snmpd",
		}), say(lang.Text{
			EN: "If only this machine asks it, keep it to itself, in the same file:\nagentaddress 127.0.0.1,[::1]",
			JA: "この機器自身からしか使わなければ、同じファイルで自機内だけの待ち受けにします。\nagentaddress 127.0.0.1,[::1]",
		}), s.unneeded()}
	}
	return []said{say(lang.Text{
		EN: "Switch SNMP off, or use version 3 with authentication and encryption; where the device has none, choose another community and admit only the manager's address.",
		JA: "SNMPを無効にするか、認証と暗号化のあるバージョン3にします。対応していない機器では、コミュニティ名を変え、管理機のアドレスだけを許可します。",
	}), s.unneeded()}
}
