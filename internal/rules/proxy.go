package rules

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"open-proxy", judgeProxy})
	register(rule{"proxy-cleartext-login", judgeProxyLogin})
}

// judgeProxy speaks of a proxy that works for whoever asks. Only the view from
// outside can tell: for its own network a proxy is there, and from there the
// finding says no more than that.
func judgeProxy(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		if serves, _ := service.Facts.Bool("proxy_serves"); !serves {
			return nil
		}
		if service.View != exposure.ViewOutside {
			return []ruling{{exposure.Info, say(lang.Text{
				EN: `The proxy at {{.Address}} works for us without a password ("{{.Reply}}"). Whether it does so for strangers is not judged from here.`,
				JA: "{{.Address}} のプロキシは、パスワードなしで使えました(「{{.Reply}}」)。見知らぬ相手にも使わせるかどうかは、ここからは判定しません。",
			}, "Address", service.Address, "Reply", quote(service.Facts.Text("proxy_reply"))), say(lang.Text{
				EN: "Proxies are there for their own network. Open to the Internet, one would be used for attacks under your address within hours.",
				JA: "プロキシは自分のネットワークのためのものです。インターネットに開いていると、数時間のうちに、あなたのアドレスからの攻撃に使われます。",
			}), []said{say(lang.Text{
				EN: "To be sure, ask it from outside your network:\nsekisho test proxy ADDRESS -p {{.Port}}",
				JA: "確かめるには、ネットワークの外から試します。\nsekisho test proxy ADDRESS -p {{.Port}}",
			}, "Port", s.number())}}}
		}
		return []ruling{{exposure.High, say(lang.Text{
			EN: `Seen from the Internet side, the proxy at {{.Address}} works for strangers: asked for a connection, it set out to make one ("{{.Reply}}").`,
			JA: "インターネット側から見て、{{.Address}} のプロキシは見知らぬ相手にも使えます。接続を求めると、拒まずに接続を試みました(「{{.Reply}}」)。",
		}, "Address", service.Address, "Reply", quote(service.Facts.Text("proxy_reply"))), say(lang.Text{
			EN: "Strangers attack and send junk mail through it under your address, and reach what only your own network should reach.",
			JA: "見知らぬ相手が、あなたのアドレスから攻撃や迷惑メールの送信を行えます。内部ネットワークにしか見せていない機器にも届きます。",
		}), s.proxyRemedy(service)}}
	}, "http-proxy", "socks")
}

func (s subject) proxyRemedy(service exposure.Service) []said {
	process := s.owner().Process
	switch {
	case product(service, "squid"):
		return []said{say(lang.Text{
			EN: "Let Squid serve your own network only. In /etc/squid/squid.conf, with your network in the first line and no other http_access allow before the last:\nacl localnet src 192.168.1.0/24\nhttp_access allow localnet\nhttp_access allow localhost\nhttp_access deny all",
			JA: "Squidが自分のネットワークだけに応じるようにします。/etc/squid/squid.conf で、1行目を自分のネットワークにし、最後の行より前にほかの http_access allow を置きません。\nacl localnet src 192.168.1.0/24\nhttp_access allow localnet\nhttp_access allow localhost\nhttp_access deny all",
		}), s.reloaded("squid"), admitFew}
	case product(service, "apache"):
		return []said{say(lang.Text{
			EN: "Unless it is meant as a proxy, switch that off. Passing requests on to servers of your own (ProxyPass) works without it. In Apache's configuration:\nProxyRequests Off",
			JA: "プロキシとして使うつもりがなければ無効にします。自分のサーバーへの中継(ProxyPass)には必要ありません。Apacheの設定に書きます。\nProxyRequests Off",
		}), s.reloaded("apache2")}
	case product(service, "tinyproxy"):
		return []said{say(lang.Text{
			EN: "Let tinyproxy serve your own network only. In /etc/tinyproxy/tinyproxy.conf, with your network in place of this one and no other Allow:\nAllow 127.0.0.1\nAllow 192.168.1.0/24",
			JA: "tinyproxyが自分のネットワークだけに応じるようにします。/etc/tinyproxy/tinyproxy.conf で、自分のネットワークだけを Allow に書きます。\nAllow 127.0.0.1\nAllow 192.168.1.0/24",
		}), s.restarted("tinyproxy"), admitFew}
	case strings.Contains(process, "danted") || strings.Contains(process, "sockd"):
		return []said{say(lang.Text{
			EN: "Let Dante serve your own network only, or want a password. In /etc/danted.conf, with your network in place of this one and no other pass:\nclient pass { from: 192.168.1.0/24 to: 0.0.0.0/0 }\nsocks pass { from: 192.168.1.0/24 to: 0.0.0.0/0 }",
			JA: "Danteが自分のネットワークだけに応じるか、パスワードを求めるようにします。/etc/danted.conf で、自分のネットワークだけを pass に書きます。\nclient pass { from: 192.168.1.0/24 to: 0.0.0.0/0 }\nsocks pass { from: 192.168.1.0/24 to: 0.0.0.0/0 }",
		}), s.restarted("danted"), admitFew}
	case service.Protocol == "socks":
		return []said{say(lang.Text{
			EN: "Have the SOCKS server want a password and serve your own network only: with Dante by client pass and socks pass in /etc/danted.conf, with microsocks by -u, -P and -i, with ssh -D by leaving out the address before the port.",
			JA: "SOCKSサーバーにパスワードを設定し、自分のネットワークだけに応じるようにします。Danteは /etc/danted.conf の client pass と socks pass、microsocksは -u、-P、-i、ssh -D はポートの前のアドレスを外すことで設定します。",
		}), admitFew, s.unneeded()}
	}
	return []said{say(lang.Text{
		EN: "Have the proxy serve your own network only, or want a password.",
		JA: "プロキシが自分のネットワークだけに応じるか、パスワードを求めるようにします。",
	}), admitFew, s.unneeded()}
}

// judgeProxyLogin: with the Basic scheme, and with the password method of SOCKS
// 5, the password crosses the network readable (RFC 7617 section 4, RFC 1929
// section 3).
func judgeProxyLogin(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		basic := strings.HasPrefix(strings.ToLower(service.Facts.Text("proxy_auth").Raw()), "basic")
		asks := service.Facts.Texts("methods")
		password := service.Protocol == "socks" && len(asks) == 1 && asks[0].Raw() == "password"
		if service.TLS != nil || !basic && !password {
			return nil
		}
		return s.cleartext(exposure.Low, say(lang.Text{
			EN: "The proxy takes passwords without encryption.",
			JA: "プロキシが暗号化なしのパスワードを受け付けます。",
		}), say(lang.Text{
			EN: "Give it passwords that are used nowhere else, and let only your own network reach it; from elsewhere, through a VPN or an SSH tunnel.",
			JA: "ほかで使っていないパスワードを設定し、自分のネットワークからだけ届くようにします。外からはVPNかSSHトンネルを使います。",
		}))
	}, "http-proxy", "socks")
}
