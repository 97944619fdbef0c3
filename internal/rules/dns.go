package rules

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"dns-open-resolver", judgeResolver})
	register(rule{"dns-zone-transfer", judgeZoneTransfer})
	register(rule{"dns-no-tcp", judgeDNSTCP})
	stranges = append(stranges, strange{"dns", dnsRecurses, lang.Text{
		EN: "The DNS server at {{.Address}} resolves names for whoever asks from here.",
		JA: "{{.Address}} のDNSサーバーは、ここからの再帰検索に応じます。",
	}})
}

func dnsRecurses(service exposure.Service) bool {
	recursion, _ := service.Facts.Bool("recursion")
	return recursion
}

// judgeResolver speaks of a resolver that works for strangers (RFC 5358). Only
// the view from outside can tell: to its own network a resolver must answer.
func judgeResolver(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if !dnsRecurses(service) || !strangers(service) {
			return nil
		}
		found := ruling{
			severity: exposure.Medium,
			evidence: say(lang.Text{
				EN: "Seen from the Internet side, the DNS server at {{.Address}} resolves names for strangers.",
				JA: "インターネット側から見て、{{.Address}} のDNSサーバーは見知らぬ相手の名前解決に応じます。",
			}, "Address", service.Address),
			meaning: say(lang.Text{
				EN: "Strangers use such resolvers to flood others with answers that are much larger than the questions. The flood then comes from your address.",
				JA: "見知らぬ相手が、質問よりずっと大きな応答を第三者に浴びせる攻撃に使います。攻撃はあなたのアドレスから出たことになります。",
			}),
			remedy: s.resolverRemedy(service),
		}
		if factor, measured := amount(service, "amplification"); measured && factor > 1 {
			sent, _ := amount(service, "amplification_sent")
			received, _ := amount(service, "amplification_received")
			found.evidence = say(lang.Text{
				EN: "Seen from the Internet side, the DNS server at {{.Address}} resolves names for strangers. A question of {{.Sent}} bytes brought {{.Received}} bytes back: {{.Factor}} times as much.",
				JA: "インターネット側から見て、{{.Address}} のDNSサーバーは見知らぬ相手の名前解決に応じます。{{.Sent}}バイトの質問に{{.Received}}バイトが返りました。増幅率は{{.Factor}}倍です。",
			}, "Address", service.Address, "Sent", sent, "Received", received, "Factor", factor)
		}
		return []ruling{found}
	}, "dns")
}

func (s subject) resolverRemedy(service exposure.Service) []said {
	switch {
	case product(service, "bind"):
		return []said{say(lang.Text{
			EN: "Let BIND resolve for its own network only. In the options of /etc/bind/named.conf.options:\nallow-recursion { localhost; localnets; };",
			JA: "BINDが自分のネットワークだけに再帰検索を許すようにします。/etc/bind/named.conf.options の options に書きます。\nallow-recursion { localhost; localnets; };",
		}), then("rndc reconfig")}
	case product(service, "unbound"):
		return []said{say(lang.Text{
			EN: "Let Unbound answer its own network only, with an access-control line for it and none for others: in the server part of /etc/unbound/unbound.conf\naccess-control: 127.0.0.0/8 allow\naccess-control: 192.168.0.0/16 allow",
			JA: "Unboundの access-control を自分のネットワークだけにします。/etc/unbound/unbound.conf の server に書きます。\naccess-control: 127.0.0.0/8 allow\naccess-control: 192.168.0.0/16 allow",
		}), then("unbound-control reload")}
	case product(service, "dnsmasq"):
		return []said{say(lang.Text{
			EN: "Let dnsmasq answer the networks of its own interfaces only, and not on the outer one: in /etc/dnsmasq.conf, with the name of yours\nlocal-service\nexcept-interface=eth0",
			JA: "dnsmasqが自分のインターフェースのネットワークだけに答え、外側では待ち受けないようにします。/etc/dnsmasq.conf に、外側のインターフェース名で書きます。\nlocal-service\nexcept-interface=eth0",
		}), s.restarted("dnsmasq")}
	case product(service, "powerdns recursor"):
		return []said{say(lang.Text{
			EN: "Let the recursor answer its own network only: in /etc/powerdns/recursor.conf\nallow-from=127.0.0.0/8, ::1/128, 192.168.0.0/16",
			JA: "Recursorが自分のネットワークだけに答えるようにします。/etc/powerdns/recursor.conf に書きます。\nallow-from=127.0.0.0/8, ::1/128, 192.168.0.0/16",
		}), then("rec_control reload-acls")}
	case product(service, "knot resolver"):
		return []said{say(lang.Text{
			EN: "Let Knot Resolver refuse everybody but its own network: in /etc/knot-resolver/kresd.conf\nmodules = { 'view' }\nview:addr('192.168.0.0/16', policy.all(policy.PASS))\nview:addr('0.0.0.0/0', policy.all(policy.REFUSE))",
			JA: "Knot Resolverが自分のネットワーク以外を拒否するようにします。/etc/knot-resolver/kresd.conf に書きます。\nmodules = { 'view' }\nview:addr('192.168.0.0/16', policy.all(policy.PASS))\nview:addr('0.0.0.0/0', policy.all(policy.REFUSE))",
		}), s.restarted("kresd@1")}
	case product(service, "microsoft"):
		return []said{say(lang.Text{
			EN: "If the server only has zones of its own to tell, switch recursion off, in PowerShell:\nSet-DnsServerRecursion -Enable $false",
			JA: "自分のゾーンに答えるだけのサーバーなら、PowerShellで再帰検索を無効にします。\nSet-DnsServerRecursion -Enable $false",
		}), say(lang.Text{
			EN: "If the domain's machines need it, let it listen at the inner address only, or let the Windows firewall admit only your own network to port 53.",
			JA: "ドメインの機器が使うなら、内側のアドレスだけで待ち受けるか、Windowsファイアウォールでポート53を自分のネットワークだけに許可します。",
		})}
	}
	return []said{say(lang.Text{
		EN: "Let the resolver answer its own network only.",
		JA: "リゾルバーが自分のネットワークだけに答えるようにします。",
	})}
}

// judgeZoneTransfer speaks of a zone that was handed out whole (RFC 5936
// section 5): it lists every machine. From one's own network a secondary may
// have asked, so that it weighs less.
func judgeZoneTransfer(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if allowed, _ := service.Facts.Bool("zone_transfer"); !allowed {
			return nil
		}
		severity := exposure.Low
		if strangers(service) {
			severity = exposure.Medium
		}
		records, _ := amount(service, "zone_records")
		remedy := []said{say(lang.Text{
			EN: "Allow transfers to the secondaries only, and best with a key (TSIG).",
			JA: "ゾーン転送はセカンダリだけに許可します。できれば鍵(TSIG)も使います。",
		})}
		switch {
		case product(service, "bind"):
			remedy = []said{say(lang.Text{
				EN: "Allow transfers to the secondaries only: in the options of /etc/bind/named.conf.options, with their addresses in place of none\nallow-transfer { none; };",
				JA: "ゾーン転送はセカンダリだけに許可します。/etc/bind/named.conf.options の options に書きます(none の代わりにセカンダリのアドレス)。\nallow-transfer { none; };",
			}), then("rndc reconfig")}
		case product(service, "microsoft"):
			remedy = []said{say(lang.Text{
				EN: "Allow transfers to the name servers of the zone only, in PowerShell, with the name of your zone:\nSet-DnsServerPrimaryZone -Name example.org -SecureSecondaries TransferToZoneNameServer",
				JA: "ゾーン転送はゾーンのネームサーバーだけに許可します。PowerShellで、自分のゾーン名で実行します。\nSet-DnsServerPrimaryZone -Name example.org -SecureSecondaries TransferToZoneNameServer",
			})}
		case product(service, "powerdns"):
			remedy = []said{say(lang.Text{
				EN: "Allow transfers to the secondaries only: in /etc/powerdns/pdns.conf\nallow-axfr-ips=127.0.0.0/8,::1",
				JA: "ゾーン転送はセカンダリだけに許可します。/etc/powerdns/pdns.conf に書きます。\nallow-axfr-ips=127.0.0.0/8,::1",
			}), s.restarted("pdns")}
		case product(service, "knot"):
			remedy = []said{say(lang.Text{
				EN: "Allow transfers to the secondaries only: in /etc/knot/knot.conf, leave the rule with action: transfer out of the zone's acl, or give that rule the addresses of the secondaries:\naddress: [ 192.0.2.53 ]",
				JA: "ゾーン転送はセカンダリだけに許可します。/etc/knot/knot.conf で、action: transfer の規則をゾーンのaclから外すか、その規則にセカンダリのアドレスを書きます。\naddress: [ 192.0.2.53 ]",
			}), then("knotc reload")}
		case product(service, "nsd"):
			remedy = []said{say(lang.Text{
				EN: "Allow transfers to the secondaries only: in the zone of /etc/nsd/nsd.conf, with their addresses, and without lines for 0.0.0.0/0 and ::0/0\nprovide-xfr: 192.0.2.53 NOKEY",
				JA: "ゾーン転送はセカンダリだけに許可します。/etc/nsd/nsd.conf のゾーンにセカンダリのアドレスで書き、0.0.0.0/0 と ::0/0 の行を外します。\nprovide-xfr: 192.0.2.53 NOKEY",
			}), then("nsd-control reconfig")}
		}
		return []ruling{{severity, say(lang.Text{
			EN: `The DNS server at {{.Address}} hands out the whole zone "{{.Zone}}" to whoever asks from here: {{.Records}} records.`,
			JA: "{{.Address}} のDNSサーバーは、ここからの求めに応じてゾーン「{{.Zone}}」全体({{.Records}}レコード)を渡します。",
		}, "Address", service.Address, "Zone", quote(service.Facts.Text("zone")), "Records", records), say(lang.Text{
			EN: "A zone names every machine, those too that nobody would guess. It saves an attacker the search.",
			JA: "ゾーンには、推測されにくいものも含めてすべての機器の名前が載っています。攻撃者は探す手間が省けます。",
		}), remedy}}
	}, "dns")
}

// judgeDNSTCP speaks of a server that answers over UDP alone, which RFC 7766
// section 5 forbids.
func judgeDNSTCP(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if works, known := service.Facts.Bool("tcp"); !known || works {
			return nil
		}
		return []ruling{{s.graded(exposure.Low), say(lang.Text{
			EN: "The DNS server at {{.Address}} answers over UDP and not over TCP.",
			JA: "{{.Address}} のDNSサーバーは、UDPには答えますがTCPには答えません。",
		}, "Address", service.Address), say(lang.Text{
			EN: "Answers that do not fit into a datagram, such as signed ones, then reach nobody: names fail now and then.",
			JA: "署名付きなど、1つのデータグラムに収まらない応答が届かず、名前解決がときどき失敗します。",
		}), []said{say(lang.Text{
			EN: "Let the firewall pass TCP port 53 as well, and switch TCP on in the DNS server.",
			JA: "ファイアウォールでTCPのポート53も許可し、DNSサーバーでTCPを有効にします。",
		})}}}
	}, "dns")
}
