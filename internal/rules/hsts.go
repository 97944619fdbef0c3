package rules

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/untrusted"
)

func init() {
	register(rule{"http-without-hsts", judgeHSTS})
}

// hstsRemedies are the line that has each product send the field (RFC 6797
// section 6.1).
var hstsRemedies = []productRemedy{
	{"nginx", "nginx", lang.Text{
		EN: "Have nginx send it. In the server block for port 443:\nadd_header Strict-Transport-Security \"max-age=31536000\" always;",
		JA: "nginxが送るようにします。443番の server ブロックに書きます。\nadd_header Strict-Transport-Security \"max-age=31536000\" always;",
	}},
	{"apache", "apache2", lang.Text{
		EN: "Have Apache send it, after a2enmod headers. In the VirtualHost for port 443:\nHeader always set Strict-Transport-Security \"max-age=31536000\"",
		JA: "Apacheが送るようにします。a2enmod headers を実行し、443番の VirtualHost に書きます。\nHeader always set Strict-Transport-Security \"max-age=31536000\"",
	}},
	{"lighttpd", "lighttpd", lang.Text{
		EN: "Have lighttpd send it, with mod_setenv. In the block for port 443 of /etc/lighttpd/lighttpd.conf:\nsetenv.set-response-header += (\"Strict-Transport-Security\" => \"max-age=31536000\")",
		JA: "lighttpdが送るようにします。mod_setenvを有効にし、/etc/lighttpd/lighttpd.conf の443番のブロックに書きます。\nsetenv.set-response-header += (\"Strict-Transport-Security\" => \"max-age=31536000\")",
	}},
	{"caddy", "caddy", lang.Text{
		EN: "Have Caddy send it. In the site's block of /etc/caddy/Caddyfile:\nheader Strict-Transport-Security \"max-age=31536000\"",
		JA: "Caddyが送るようにします。/etc/caddy/Caddyfile のサイトのブロックに書きます。\nheader Strict-Transport-Security \"max-age=31536000\"",
	}},
	{"microsoft iis", "", lang.Text{
		EN: "Have IIS send it (from IIS 10, version 1709): in IIS Manager, choose the site, then HSTS, and enable it with a Max-Age of 31536000.",
		JA: "IISが送るようにします(IIS 10 バージョン1709以降)。IISマネージャーでサイトを選び、「HSTS」を有効にして Max-Age を31536000にします。",
	}},
}

// judgeHSTS speaks of a site of the Internet that has all it needs for TLS and
// does not tell browsers to stay there. Without a name that fits and an
// authority behind it browsers ignore the field (RFC 6797 section 8.1).
func judgeHSTS(s subject) []ruling {
	return s.each(func(service exposure.Service) []ruling {
		status, _ := service.Facts["status"].(int)
		_, told := service.Facts["security_headers"] // the header came to its end
		if service.TLS == nil || service.TLS.Certificate == nil || !s.public() || !told || status < 200 || status >= 400 {
			return nil
		}
		c := service.TLS.Certificate
		if c.SelfSigned || c.NameMatches == nil || !*c.NameMatches {
			return nil
		}
		sent := slices.ContainsFunc(service.Facts.Texts("security_headers"), func(h untrusted.Text) bool { return h.Raw() == "Strict-Transport-Security" })
		if age, known := service.Facts["hsts_max_age"].(int); sent && (!known || age > 0) {
			return nil
		}
		remedy := s.ofProduct(service, hstsRemedies, lang.Text{
			EN: "Have the web server send the field Strict-Transport-Security with max-age=31536000, a year, inside TLS.",
			JA: "WebサーバーがTLSの応答で、Strict-Transport-Security を max-age=31536000(1年)で送るようにします。",
		})
		return []ruling{{exposure.Low, say(lang.Text{
			EN: "The site does not tell browsers to use TLS only (no Strict-Transport-Security).",
			JA: "このサイトは、TLSだけを使うようブラウザーに伝えていません(Strict-Transport-Securityなし)。",
		}), say(lang.Text{
			EN: "Who types the name without https:// begins in the clear, and whoever sits on the way can keep it so.",
			JA: "https:// を付けずに名前を入力した人の通信は暗号化なしで始まり、通信経路にいる人がそのまま読み続けられます。",
		}), remedy}}
	}, "http")
}
