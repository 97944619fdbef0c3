package rules

import (
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

func init() {
	register(rule{"cleartext-login", judgeCleartext})
}

// judgeCleartext speaks of mail, news and web services that take a password before
// anything is encrypted. FTP and Telnet have rules of their own.
func judgeCleartext(s subject) []ruling {
	found := s.each(s.smtpLogin, "smtp")
	found = append(found, s.each(s.mailboxLogin, "pop3", "imap", "nntp")...)
	return append(found, s.each(s.httpLogin, "http")...)
}

// cleartext completes a ruling: as long as only the machine itself reaches the
// port, nobody can read along.
func (s subject) cleartext(severity exposure.Severity, evidence said, remedy ...said) []ruling {
	meaning := lang.Text{
		EN: "The password crosses the network readable. Whoever sits on the way can use it afterwards.",
		JA: "パスワードが読める形で流れます。通信経路にいる人は、後からそれを使えます。",
	}
	if !s.Exposed() {
		meaning = lang.Text{
			EN: "The password is sent readable. Only this machine reaches the port, so nobody can read along as long as it stays that way.",
			JA: "パスワードは読める形で送られます。今は自機内からしか届かないため、このままなら盗み見られる心配はありません。",
		}
	}
	return []ruling{{s.graded(severity), evidence, say(meaning), remedy}}
}

// fromItself reports whether a view is one of the machine upon itself.
func fromItself(v exposure.View) bool {
	return v.Own() || v == exposure.ViewName
}

// httpLogin: with the Basic scheme the password is in every request, encoded
// and not encrypted (RFC 7617 section 4).
func (s subject) httpLogin(service exposure.Service) []ruling {
	asks := service.Facts.Text("www_authenticate")
	if service.TLS != nil || !strings.HasPrefix(strings.ToLower(asks.Raw()), "basic") {
		return nil
	}
	return s.cleartext(exposure.Medium, say(lang.Text{
		EN: `HTTP without TLS asks for a password: "{{.Asks}}".`,
		JA: "TLSなしのHTTPがパスワードを求めています:「{{.Asks}}」",
	}, "Asks", quote(asks)), say(lang.Text{
		EN: "Serve it over HTTPS and answer plain HTTP with a redirect only.",
		JA: "HTTPSで提供し、HTTPにはHTTPSへのリダイレクトだけを返します。",
	}))
}
