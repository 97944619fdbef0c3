package rules

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"amplifier", judgeAmplifier})
	stranges = append(stranges, strange{"", amplifies, lang.Text{
		EN: "The service at {{.Address}} sends back {{.Factor}} times as much as it was sent from here.",
		JA: "{{.Address}} のサービスは、ここから送った量の{{.Factor}}倍を返します。",
	}})
}

// amplifier is one question that brings much back, by the word of the fact
// amplification_by, or by its beginning.
type amplifier struct {
	by       string
	asked    string // in the protocol's words
	least    float64
	severity exposure.Severity
	remedy   func(subject, exposure.Service) []said
}

// amplifiers are in the order in which they are looked for: the first whose
// word fits is it.
var amplifiers = []amplifier{
	{"ntp-monlist", "NTP mode 7 monlist", 2, exposure.High, subject.ntpRemedy},
	{"ntp-readvar", "NTP mode 6 readvar", 2, exposure.Medium, subject.ntpRemedy},
	// Signed answers of a zone of one's own are long by their nature.
	{"dns-", "DNS", 10, exposure.Low, subject.rateRemedy},
	{"memcached-", "memcached stats", 2, exposure.High, subject.memcachedRemedy},
	{"ssdp", "SSDP M-SEARCH", 2, exposure.Medium, subject.ssdpRemedy},
	{"cldap-", "CLDAP rootDSE", 2, exposure.High, subject.cldapRemedy},
	{"mc-sqlr-", "SQL Server Browser CLNT_UCAST_EX", 2, exposure.High, subject.mcsqlrRemedy},
	{"netbios-", "NetBIOS node status", 2, exposure.Medium, subject.netbiosRemedy},
	{"snmp-", "SNMP GetBulk", 3, exposure.High, subject.snmpAmplifierRemedy},
	{"chargen", "chargen", 2, exposure.Medium, subject.simpleRemedy},
	{"qotd", "qotd", 2, exposure.Medium, subject.simpleRemedy},
	{"", "UDP", 5, exposure.Low, subject.otherRemedy},
}

// amplifierOf returns the row of a service whose measured factor is worth a
// word. A resolver that is open to all is told of as that.
func amplifierOf(service exposure.Service) (amplifier, float64, bool) {
	factor, measured := amount(service, "amplification")
	if recursion, _ := service.Facts.Bool("recursion"); !measured || recursion {
		return amplifier{}, 0, false
	}
	by := word(service, "amplification_by")
	for _, a := range amplifiers {
		if strings.HasPrefix(by, a.by) {
			return a, factor, factor >= a.least
		}
	}
	return amplifier{}, 0, false
}

func amplifies(service exposure.Service) bool {
	_, _, ok := amplifierOf(service)
	return ok
}

// judgeAmplifier speaks of what a forged question has sent to somebody else
// (US-CERT TA14-017A). Only a look from outside tells.
func judgeAmplifier(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		a, factor, ok := amplifierOf(service)
		if !ok || !strangers(service) {
			return nil
		}
		sent, _ := amount(service, "amplification_sent")
		received, _ := amount(service, "amplification_received")
		packets, _ := amount(service, "amplification_packets")
		return []ruling{{a.severity, say(lang.Text{
			EN: "Seen from the Internet side, one datagram of {{.Sent}} bytes to {{.Address}} ({{.Asked}}) brought {{.Received}} bytes back, in {{.Packets}} datagrams: {{.Factor}} times as much.",
			JA: "インターネット側から {{.Address}} に{{.Sent}}バイトのデータグラムを1つ送ると({{.Asked}})、{{.Packets}}個、計{{.Received}}バイトが返りました。増幅率は{{.Factor}}倍です。",
		}, "Address", service.Address, "Asked", a.asked, "Sent", sent, "Received", received, "Packets", packets, "Factor", factor), say(lang.Text{
			EN: "UDP does not prove who asks. Whoever asks in the name of a victim has your machine flood it with many times of what they send themselves.",
			JA: "UDPでは送信元を偽れます。被害者になりすまして質問されると、あなたの機器から、相手が送った量の何倍もの応答が被害者に浴びせられます。",
		}), a.remedy(s, service)}}
	})
}

func (s subject) ntpRemedy(service exposure.Service) []said {
	switch {
	case product(service, "ntpsec"):
		return []said{say(lang.Text{
			EN: "Answer such questions to nobody but the machine itself: in /etc/ntpsec/ntp.conf\nrestrict default kod nomodify noquery limited\nrestrict 127.0.0.1\nrestrict ::1",
			JA: "問い合わせには自機だけに答えます。/etc/ntpsec/ntp.conf に書きます。\nrestrict default kod nomodify noquery limited\nrestrict 127.0.0.1\nrestrict ::1",
		}), s.restarted("ntpsec")}
	case product(service, "ntpd"):
		return []said{say(lang.Text{
			EN: "Answer such questions to nobody but the machine itself: in /etc/ntp.conf\nrestrict default kod limited nomodify notrap nopeer noquery\nrestrict 127.0.0.1\nrestrict ::1\ndisable monitor",
			JA: "問い合わせには自機だけに答えます。/etc/ntp.conf に書きます。\nrestrict default kod limited nomodify notrap nopeer noquery\nrestrict 127.0.0.1\nrestrict ::1\ndisable monitor",
		}), s.restarted("ntp")}
	}
	return []said{say(lang.Text{
		EN: "In ntpd, set noquery for everybody (in /etc/ntp.conf, and update it when it knows monlist: 4.2.7p26 dropped it):\nrestrict default kod limited nomodify notrap nopeer noquery\ndisable monitor",
		JA: "ntpdでは、全員に noquery を設定します(/etc/ntp.conf。monlist に答える版は更新します。4.2.7p26で廃止)。\nrestrict default kod limited nomodify notrap nopeer noquery\ndisable monitor",
	}), say(lang.Text{
		EN: "Or use chrony, which knows neither mode.",
		JA: "またはchronyに替えます。chronyはどちらのモードにも答えません。",
	}), s.unneeded()}
}

func (s subject) rateRemedy(service exposure.Service) []said {
	switch {
	case product(service, "bind"):
		return []said{say(lang.Text{
			EN: "Limit how often one network gets the same answer: in the options of /etc/bind/named.conf.options\nrate-limit { responses-per-second 5; };\nminimal-responses yes;\nminimal-any yes;",
			JA: "同じ相手に同じ応答を返す回数を制限します。/etc/bind/named.conf.options の options に書きます。\nrate-limit { responses-per-second 5; };\nminimal-responses yes;\nminimal-any yes;",
		}), then("rndc reconfig")}
	case product(service, "powerdns"):
		return []said{say(lang.Text{
			EN: "Put dnsdist before it, which limits questions per network, and answer ANY over TCP only: in /etc/powerdns/pdns.conf\nany-to-tcp=yes",
			JA: "前段にdnsdistを置いて問い合わせの頻度を制限し、ANYにはTCPだけで答えます。/etc/powerdns/pdns.conf に書きます。\nany-to-tcp=yes",
		}), s.restarted("pdns")}
	case product(service, "microsoft"):
		return []said{say(lang.Text{
			EN: "Limit how often one network gets the same answer, in PowerShell:\nSet-DnsServerResponseRateLimiting -Mode Enable -Force",
			JA: "同じ相手に同じ応答を返す回数を、PowerShellで制限します。\nSet-DnsServerResponseRateLimiting -Mode Enable -Force",
		})}
	}
	return []said{say(lang.Text{
		EN: "Switch on response rate limiting (RRL) in the DNS server, and short answers to ANY (RFC 8482).",
		JA: "DNSサーバーの応答頻度の制限(RRL)と、ANYへの短い応答(RFC 8482)を有効にします。",
	})}
}

func (s subject) memcachedRemedy(exposure.Service) []said {
	return []said{say(lang.Text{
		EN: "Switch UDP off and bind it to the machine itself: in /etc/memcached.conf\n-U 0\n-l 127.0.0.1",
		JA: "UDPを止め、自機だけで待ち受けます。/etc/memcached.conf に書きます。\n-U 0\n-l 127.0.0.1",
	}), s.restarted("memcached"), admitFew}
}

func (s subject) ssdpRemedy(service exposure.Service) []said {
	step := say(lang.Text{
		EN: "Have UPnP answer in the local network only: in the settings of the router, switch off UPnP on the WAN side, and update its firmware.",
		JA: "UPnPがLAN側だけに答えるようにします。ルーターの設定でWAN側のUPnPを無効にし、ファームウェアを更新します。",
	})
	if product(service, "miniupnpd") {
		step = say(lang.Text{
			EN: "Have miniupnpd listen on the inner interface only: in /etc/miniupnpd/miniupnpd.conf, with the names of your own interfaces\next_ifname=eth0\nlistening_ip=br0",
			JA: "miniupnpdが内側のインターフェースだけで待ち受けるようにします。/etc/miniupnpd/miniupnpd.conf に、自分のインターフェース名で書きます。\next_ifname=eth0\nlistening_ip=br0",
		})
	}
	return []said{step, s.unneeded()}
}

func (s subject) simpleRemedy(exposure.Service) []said {
	return []said{say(lang.Text{
		EN: "Nobody needs this service today. Comment its lines out in /etc/inetd.conf, or set disable = yes in its file below /etc/xinetd.d; on Windows, in PowerShell:\nDisable-WindowsOptionalFeature -Online -FeatureName SimpleTCP",
		JA: "今では誰にも要らないサービスです。/etc/inetd.conf の行をコメントにするか、/etc/xinetd.d のファイルで disable = yes にします。WindowsではPowerShellで次のとおりにします。\nDisable-WindowsOptionalFeature -Online -FeatureName SimpleTCP",
	}), s.unneeded()}
}

func (s subject) otherRemedy(exposure.Service) []said {
	return []said{say(lang.Text{
		EN: "Let the firewall admit only those who need the service.",
		JA: "ファイアウォールで、このサービスを必要とする相手だけを許可します。",
	}), s.unneeded()}
}
