package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"ike-weak-algorithms", judgeIKEWeak})
	register(rule{"ike-aggressive-mode", judgeIKEAggressive})
	register(rule{"ike-version-1", judgeIKEOne})
}

// ikeNames are the names under which the key exchange is recognised.
var ikeNames = []string{"ikev1", "ikev2", "ikev1-nat-t", "ikev2-nat-t"}

func judgeIKEWeak(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if weak, _ := service.Facts.Bool("weak"); !weak {
			return nil
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "The VPN server (IKE) at {{.Address}} agrees to algorithms that are broken or too short: {{.Chosen}}.",
			JA: "{{.Address}} のVPNサーバー(IKE)は、破られた、または短すぎる暗号方式に応じます: {{.Chosen}}。",
		}, "Address", service.Address, "Chosen", words(service.Facts.Texts("transforms"))), say(lang.Text{
			EN: "DES, 3DES, MD5 and groups of 1024 bits and less must not be used any more (RFC 8247). Who records the traffic may read it later.",
			JA: "DES、3DES、MD5や1024ビット以下のグループは使ってはならないとされています(RFC 8247)。記録された通信が後から解読されるおそれがあります。",
		}), []said{say(lang.Text{
			EN: "In strongSwan, name good proposals only: in the connection in /etc/swanctl/conf.d\nproposals = aes256gcm16-prfsha256-ecp256, aes256-sha256-modp2048\nThen have it read:\nswanctl --load-all",
			JA: "strongSwanでは、良い方式だけを挙げます。/etc/swanctl/conf.d の接続に書きます。\nproposals = aes256gcm16-prfsha256-ecp256, aes256-sha256-modp2048\nその後、読み込ませます。\nswanctl --load-all",
		}), say(lang.Text{
			EN: "In a router, choose AES and SHA-256 with group 14, 19 or higher.",
			JA: "ルーターの設定では、AESとSHA-256、グループ14または19以上を選びます。",
		})}}}
	}, ikeNames...)
}

func judgeIKEAggressive(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if aggressive, _ := service.Facts.Bool("aggressive"); !aggressive {
			return nil
		}
		return []ruling{{s.graded(exposure.Medium), say(lang.Text{
			EN: "The VPN server (IKE) at {{.Address}} takes aggressive mode with a shared key.",
			JA: "{{.Address}} のVPNサーバー(IKE)は、事前共有鍵によるアグレッシブモードに応じます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "In that mode the server proves the shared key to whoever asks. A stranger tries passwords against that answer at home, without any limit.",
			JA: "このモードでは、サーバーは相手を確かめる前に事前共有鍵の証明を渡します。見知らぬ相手は、それを持ち帰って鍵を無制限に試せます。",
		}), []said{say(lang.Text{
			EN: "Use IKEv2, or main mode. In strongSwan, in the connection in /etc/swanctl/conf.d:\nversion = 2\naggressive = no",
			JA: "IKEv2かメインモードを使います。strongSwanでは /etc/swanctl/conf.d の接続に書きます。\nversion = 2\naggressive = no",
		}), say(lang.Text{
			EN: "Until then, use a long random shared key, or certificates.",
			JA: "それまでは、長く不規則な事前共有鍵か、証明書を使います。",
		})}}}
	}, ikeNames...)
}

// judgeIKEOne speaks of version 1, which was retired (RFC 9395).
func judgeIKEOne(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if word(service, "ikev1") != "accepts" {
			return nil
		}
		return []ruling{{exposure.Info, say(lang.Text{
			EN: "The VPN server at {{.Address}} accepts IKE version 1.",
			JA: "{{.Address}} のVPNサーバーは、IKEのバージョン1を受け付けます。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Version 1 was retired in 2023 (RFC 9395) and gets no more care. Every current system speaks version 2.",
			JA: "バージョン1は2023年に廃止され(RFC 9395)、もう手入れされません。今のOSはどれもバージョン2に対応しています。",
		}), []said{say(lang.Text{
			EN: "Move the devices to IKEv2, then switch version 1 off.",
			JA: "機器をIKEv2に移してから、バージョン1を無効にします。",
		})}}}
	}, ikeNames...)
}
