package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"syslog-cleartext", judgeSyslogClear})
	register(rule{"syslog-not-kept", judgeSyslogKept})
}

// syslogServers are the processes that take messages from others.
var syslogServers = []string{"rsyslogd", "syslog-ng", "syslogd"}

// judgeSyslogClear speaks of a server that takes messages which anybody on the
// way reads and anybody at all writes: those over UDP bear no sender that is
// certain, and without TLS neither do those over TCP (RFC 5424 section 8).
func judgeSyslogClear(s subject) []ruling {
	over := ""
	for _, service := range s.spoken("syslog") {
		if transport := service.Facts.Text("transport").Raw(); transport == "udp" || transport == "tcp" {
			over = transport
		}
	}
	if owner := s.owner(); over == "" && slices.Contains(syslogServers, owner.Process) && (s.Port.Port == 514 || s.Port.Port == 601) {
		over = s.Transport.String()
	}
	if over == "" {
		return nil
	}
	found := ruling{
		severity: s.graded(exposure.Low),
		evidence: say(lang.Text{
			EN: "Port {{.Port}} takes syslog messages over {{.Over}} without encryption.",
			JA: "ポート {{.Port}} がSyslogメッセージを {{.Over}} で、暗号化なしに受け付けます。",
		}, "Port", s.number(), "Over", map[string]string{"udp": "UDP", "tcp": "TCP"}[over]),
		meaning: say(lang.Text{
			EN: "Logs hold names, addresses and sometimes passwords, and everybody on the way reads them. Whoever reaches the port writes into them what they like, until the disk is full.",
			JA: "ログには利用者名やアドレス、ときにはパスワードも含まれ、途中で誰でも読めます。またこのポートに届く人は、偽の記録を書き込んだり、ディスクをあふれさせたりできます。",
		}),
	}
	if !s.Exposed() {
		found.meaning = say(lang.Text{
			EN: "Only this machine reaches the port: nobody can read along or forge as long as it stays that way.",
			JA: "今は自機内からしか届かないため、このままなら盗み見や偽造の心配はありません。",
		})
	}
	found.remedy = append(s.syslogTLS(), say(lang.Text{
		EN: "Until all senders have TLS, let the firewall admit only their addresses.",
		JA: "すべての送信側がTLSになるまでは、ファイアウォールで送信側のアドレスだけを許可します。",
	}))
	return []ruling{found}
}

// syslogTLS is how the server is made to take messages inside TLS.
func (s subject) syslogTLS() []said {
	switch s.owner().Process {
	case "rsyslogd":
		return []said{say(lang.Text{
			EN: "Take messages over TLS (RFC 5425): install rsyslog-openssl and write into /etc/rsyslog.d/10-tls.conf, with your own certificates:\nglobal(DefaultNetstreamDriverCAFile=\"/etc/ssl/log/ca.pem\" DefaultNetstreamDriverCertFile=\"/etc/ssl/log/cert.pem\" DefaultNetstreamDriverKeyFile=\"/etc/ssl/log/key.pem\")\nmodule(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"x509/name\" PermittedPeer=[\"*.example.org\"])\ninput(type=\"imtcp\" port=\"6514\")",
			JA: "TLSで受け付けます(RFC 5425)。rsyslog-opensslを入れ、/etc/rsyslog.d/10-tls.conf に次のように書きます(証明書は自分のものにします)。\nglobal(DefaultNetstreamDriverCAFile=\"/etc/ssl/log/ca.pem\" DefaultNetstreamDriverCertFile=\"/etc/ssl/log/cert.pem\" DefaultNetstreamDriverKeyFile=\"/etc/ssl/log/key.pem\")\nmodule(load=\"imtcp\" StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"x509/name\" PermittedPeer=[\"*.example.org\"])\ninput(type=\"imtcp\" port=\"6514\")",
		}), s.restarted("rsyslog")}
	case "syslog-ng":
		return []said{say(lang.Text{
			EN: "Take messages over TLS (RFC 5425): write into /etc/syslog-ng/conf.d/tls.conf, with your own certificates, and use this source in your log paths:\nsource s_tls { network(port(6514) transport(\"tls\") tls(key-file(\"/etc/syslog-ng/key.pem\") cert-file(\"/etc/syslog-ng/cert.pem\") ca-dir(\"/etc/syslog-ng/ca.d\"))); };",
			JA: "TLSで受け付けます(RFC 5425)。/etc/syslog-ng/conf.d/tls.conf に次のように書き(証明書は自分のものにします)、logの経路でこのsourceを使います。\nsource s_tls { network(port(6514) transport(\"tls\") tls(key-file(\"/etc/syslog-ng/key.pem\") cert-file(\"/etc/syslog-ng/cert.pem\") ca-dir(\"/etc/syslog-ng/ca.d\"))); };",
		}), s.reloaded("syslog-ng")}
	}
	return []said{say(lang.Text{
		EN: "Take messages over TLS (RFC 5425, port 6514) and switch the plain port off. On a Synology: Log Center > Log Receiving, transfer protocol TCP with a secure connection (SSL).",
		JA: "TLS(RFC 5425、ポート6514)で受け付け、暗号化のないポートを閉じます。Synologyでは、ログセンター > ログの受信 で転送プロトコルをTCPにし、セキュア接続(SSL)を有効にします。",
	})}
}

// judgeSyslogKept speaks of messages that a server took and put nowhere.
func judgeSyslogKept(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		lost := service.Facts.Texts("lost")
		if len(lost) == 0 {
			return nil
		}
		found := ruling{
			severity: exposure.Low,
			evidence: say(lang.Text{
				EN: "Messages of {{.Lost}} were sent and stand in none of the files that were searched.",
				JA: "{{.Lost}} のメッセージを送りましたが、調べたどのファイルにもありません。",
			}, "Lost", words(lost)),
			meaning: say(lang.Text{
				EN: "What devices report there is lost, and nobody notices. It may be meant, or the server keeps it elsewhere.",
				JA: "機器がここへ知らせる内容は、誰も気づかないまま失われます。意図したものか、別の場所に保存している場合は問題ありません。",
			}),
			remedy: []said{say(lang.Text{
				EN: "Give each of them a place in the configuration of the syslog server.",
				JA: "Syslogサーバーの設定で、それぞれの保存先を決めます。",
			})},
		}
		switch s.owner().Process {
		case "rsyslogd":
			found.remedy = []said{say(lang.Text{
				EN: "Give each of them a file, in /etc/rsyslog.d/50-remote.conf:\nlocal7.* /var/log/local7.log",
				JA: "それぞれの保存先を /etc/rsyslog.d/50-remote.conf に書きます。\nlocal7.* /var/log/local7.log",
			}), s.restarted("rsyslog")}
		case "syslog-ng":
			found.remedy = []said{say(lang.Text{
				EN: "Give each of them a file, in /etc/syslog-ng/conf.d/remote.conf:\nfilter f_local7 { facility(local7); };\ndestination d_local7 { file(\"/var/log/local7.log\"); };\nlog { source(s_net); filter(f_local7); destination(d_local7); };",
				JA: "それぞれの保存先を /etc/syslog-ng/conf.d/remote.conf に書きます。\nfilter f_local7 { facility(local7); };\ndestination d_local7 { file(\"/var/log/local7.log\"); };\nlog { source(s_net); filter(f_local7); destination(d_local7); };",
			}), s.reloaded("syslog-ng")}
		}
		return []ruling{found}
	}, "syslog")
}
