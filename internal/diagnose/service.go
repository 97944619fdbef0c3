package diagnose

import (
	"regexp"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// The facts of a service that answers and serves nobody, or not those that look.
const (
	turnsAway fact = "turns-away" // in so many words, or by what it does to others and not to itself
	forbids   fact = "forbids"    // a web server that answers 403, which may be meant for all
	dumb      fact = "dumb"       // asked by this machine itself over UDP it says nothing
	shutOut   fact = "shut-out"   // it answered and then no more
	stillOpen fact = "still-open" // it answered again
	stalled   fact = "tls-stalled"
)

// learnTurnedAway takes in whom a service turns away. What it told this machine
// itself says nothing about others.
func (c Case) learnTurnedAway(known map[fact]said) {
	list := c.servedTo()
	near := slices.ContainsFunc(c.Services, func(s exposure.Service) bool {
		return c.Own && s.View == exposure.ViewLoopback && welcomes(s)
	})
	if len(list) == 0 || slices.ContainsFunc(list, welcomes) {
		return
	}
	for _, s := range list {
		pairs := append(c.pairs(), "At", s.Address, "Said", s.Banner.Terminal(), "Protocol", s.Protocol)
		switch {
		case refuses(s) && s.Protocol == "":
			known[turnsAway] = say(lang.Text{EN: "It turns this caller away: {{.Said}}", JA: "この接続元を断っています({{.Said}})。"}, pairs...)
		case refuses(s) && s.Banner.Raw() != "":
			known[turnsAway] = say(lang.Text{EN: "It answers as {{.Protocol}} and turns this caller away: {{.Said}}", JA: "{{.Protocol}} として応答しますが、この接続元を断っています({{.Said}})。"}, pairs...)
		case refuses(s):
			known[turnsAway] = say(lang.Text{EN: "It answers as {{.Protocol}} and turns this caller away.", JA: "{{.Protocol}} として応答しますが、この接続元を断っています。"}, pairs...)
		case forbidden(s) && near:
			known[turnsAway] = say(lang.Text{EN: "It serves this machine itself, and answers {{.At}} with 403 Forbidden.", JA: "この機器自身には応答しますが、{{.At}} あての要求には 403 Forbidden を返します。"}, pairs...)
		case forbidden(s):
			known[forbids] = say(lang.Text{EN: "It answers 403 Forbidden.", JA: "403 Forbidden を返します。"})
		case near && (s.Silence == exposure.HangsUp || s.Silence == exposure.Resets):
			known[turnsAway] = say(lang.Text{EN: "It serves this machine itself, and ends the connections of others at once.", JA: "この機器自身には応答しますが、ほかの機器からの接続はすぐ切断します。"})
		default:
			continue
		}
		for _, f := range []fact{spoke, mute, hangsUp} {
			delete(known, f)
		}
		return
	}
}

// servedTo are the services as those saw them that the port is for; where none of
// those looked, as this machine saw them at its own address.
func (c Case) servedTo() []exposure.Service {
	if !c.Own {
		return c.Services
	}
	view := exposure.ViewOutside
	if c.Zone == exposure.ZoneLAN {
		view = exposure.ViewLAN
	}
	of := func(v exposure.View) []exposure.Service {
		return slices.DeleteFunc(slices.Clone(c.Services), func(s exposure.Service) bool { return s.View != v || !c.of(s.Address) })
	}
	if list := of(view); len(list) > 0 {
		return list
	}
	return of(exposure.ViewSelf)
}

// welcomes reports whether a service speaks and serves the one who looked.
func welcomes(s exposure.Service) bool {
	return s.Confidence == exposure.Confirmed && !refuses(s) && !forbidden(s)
}

// turningAway are greetings that end a session before it begins: of SMTP (RFC
// 5321 section 3.1), FTP (RFC 959 section 5.4), IMAP (RFC 9051 section 7.1.5)
// and POP3.
var turningAway = map[string]*regexp.Regexp{
	"smtp": regexp.MustCompile(`^(421|521|554)\b`),
	"ftp":  regexp.MustCompile(`^(421|530)\b`),
	"imap": regexp.MustCompile(`^\* BYE\b`),
	"pop3": regexp.MustCompile(`^-ERR\b`),
	// Too few words to tell the protocol: TCP wrappers in an FTP server, a mail
	// server that serves nobody, OpenSSH.
	"": regexp.MustCompile(`^(421|521|554) |^Exceeded MaxStartups|^Not allowed at this time`),
}

// refuses reports whether a service said that it serves others only.
func refuses(s exposure.Service) bool {
	if allowed, known := s.Facts.Bool("host_allowed"); known && !allowed {
		return true
	}
	if protected, _ := s.Facts.Bool("protected_mode"); protected {
		return true
	}
	words, ok := turningAway[s.Protocol]
	return ok && s.Confidence >= exposure.Likely && words.MatchString(s.Banner.Raw())
}

// forbidden reports whether a web server answers 403 (RFC 9110 section 15.5.4).
func forbidden(s exposure.Service) bool {
	if s.Protocol != "http" {
		return false
	}
	switch status := s.Facts["status"].(type) {
	case int:
		return status == 403
	case int64:
		return status == 403
	case float64:
		return status == 403
	}
	return false
}

// answerers are the UDP services that answer whoever asks them a simple question.
var answerers = []string{"dns", "ntp", "sip"}

// answererPorts are theirs.
var answererPorts = []uint16{53, 123, 5060}

// learnDumb takes in a UDP service that says nothing even to its own machine.
func (c Case) learnDumb(known map[fact]said) {
	if !c.Own || c.Transport != exposure.UDP || !slices.Contains(answerers, c.Expected) && !(c.Expected == "" && slices.Contains(answererPorts, c.Port)) || !hasFact(known, takes) {
		return
	}
	asked := false
	for _, o := range c.Observations {
		if o.State == exposure.Open {
			return
		}
		asked = asked || (o.View == exposure.ViewLoopback || o.View == exposure.ViewSelf) && o.State == exposure.OpenFiltered
	}
	if asked {
		known[dumb] = say(lang.Text{EN: "A process has the port and answers no question, not even of this machine itself.", JA: "プロセスが待ち受けていますが、この機器自身からの問い合わせにも応答しません。"})
	}
}

// tlsFirst are the services in which TLS comes before everything else.
var tlsFirst = []string{"https", "imaps", "pop3s", "smtps", "submissions", "ldaps", "ftps"}

// learnTLS takes in what is wrong with TLS beside an end that has passed and a name.
func (c Case) learnTLS(known map[fact]said) {
	if c.stalls() {
		known[stalled] = say(lang.Text{EN: "It answers few words in the clear, and no TLS handshake comes to its end: large packets may vanish on the way (MTU), or its TLS is set up wrongly.", JA: "暗号化なしの短い応答はありますが、TLSのハンドシェイクが終わりません。途中で大きいパケットが失われている(MTUの問題)か、TLSの設定に誤りがあります。"})
		delete(known, unencrypted)
	}
	for _, s := range c.Services {
		if s.TLS != nil && len(s.TLS.Versions) > 0 && slices.Max(s.TLS.Versions) < "TLS 1.2" {
			known[tlsOld] = say(lang.Text{EN: "It speaks no TLS newer than {{.Version}}, which browsers and mail programs of today refuse.", JA: "{{.Version}} より新しいTLSに対応していないため、最近のブラウザーやメールソフトは接続を拒みます。"}, "Version", slices.Max(s.TLS.Versions))
			delete(known, tlsFine)
		}
		switch t := s.TLS; {
		case (t == nil || t.StartTLS) && s.Confidence == exposure.Confirmed && slices.Contains(tlsFirst, c.Expected):
			known[tlsBroken] = say(lang.Text{EN: "It speaks {{.Protocol}} in the clear, where clients of {{.Expected}} begin with TLS.", JA: "{{.Expected}} のクライアントはTLSで接続しますが、暗号化なしの {{.Protocol}} で応答します。"}, "Protocol", s.Protocol, "Expected", c.Expected)
			delete(known, unencrypted)
			delete(known, tlsFine)
		case t == nil && s.Confidence == exposure.Confirmed && c.Encrypted:
			known[tlsBroken] = say(lang.Text{EN: "It speaks {{.Protocol}} in the clear, and TLS is demanded of it.", JA: "TLSが必須とされていますが、暗号化なしの {{.Protocol}} で応答します。"}, "Protocol", s.Protocol)
			delete(known, unencrypted)
			delete(known, tlsFine)
		case t != nil && t.Certificate != nil && len(c.Observations) > 0:
			if at := c.Observations[0].SeenAt; !at.IsZero() && at.Before(t.Certificate.NotBefore) {
				known[tlsBroken] = say(lang.Text{EN: "Its certificate is valid only from {{.Date}} on; or this machine's clock is slow.", JA: "証明書の有効期間は {{.Date}} からです(この機器の時計が遅れている可能性もあります)。"}, "Date", t.Certificate.NotBefore.UTC().Format("2006-01-02"))
				delete(known, tlsFine)
			} else if end := t.Certificate.NotAfter; !at.IsZero() && at.Before(end) && end.Before(at.AddDate(0, 0, c.Days)) {
				known[tlsBroken] = say(lang.Text{EN: "Its certificate ends on {{.Date}}, sooner than the {{.Days}} days that it must still be valid for.", JA: "証明書の有効期限は {{.Date}} で、必要とされる残り {{.Days}} 日に足りません。"}, "Date", end.UTC().Format("2006-01-02"), "Days", c.Days)
				delete(known, tlsFine)
			}
		}
	}
}

// stalls reports whether a server at a port where TLS comes first answers few
// words in the clear, as web servers do that want TLS, and no TLS comes about: its
// answer to the handshake is the first large one, so it may be that large packets
// vanish on the way.
func (c Case) stalls() bool {
	return slices.Contains(tlsFirst, c.Expected) && !c.encrypted() && slices.ContainsFunc(c.Services, func(s exposure.Service) bool {
		return s.Protocol == "" && s.Confidence == exposure.Likely && clearAnswer.MatchString(s.Banner.Raw())
	})
}

// clearAnswer is how a web server refuses a request in the clear.
var clearAnswer = regexp.MustCompile(`^HTTP/1\.[01] 400\b`)

// stallRemedy is what to do where TLS does not come about and small answers come.
func (c Case) stallRemedy() []said {
	return []said{
		say(lang.Text{EN: "Look whether large packets get through: with -s 1472 a line must answer as with -s 500 (on Windows: ping -f -l 1472).\nping -M do -c 3 -s 500 {{.Address}}\nping -M do -c 3 -s 1472 {{.Address}}", JA: "大きいパケットが届くかを確かめます。-s 1472 でも -s 500 と同じように応答があるはずです(Windowsでは ping -f -l 1472)。\nping -M do -c 3 -s 500 {{.Address}}\nping -M do -c 3 -s 1472 {{.Address}}"}, c.pairs()...),
		say(lang.Text{EN: "If they do not, have the router make TCP use smaller ones (MSS clamping; on Linux):\nnft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu", JA: "届かない場合は、ルーターでTCPのセグメントを小さくします(MSSの調整。Linuxでは次の行)。\nnft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu"}),
		say(lang.Text{EN: "If they do, ask the server what it offers:\nsekisho test tls {{.Address}} -p {{.Port}}", JA: "届く場合は、サーバーのTLSの設定を調べます。\nsekisho test tls {{.Address}} -p {{.Port}}"}, c.pairs()...),
	}
}

// learnAgain takes in what became of a port that was open and was asked again.
func (c Case) learnAgain(known map[fact]said) {
	if len(c.Again) == 0 {
		return
	}
	for _, o := range c.Again {
		if o.State != exposure.Filtered || o.Reason != exposure.NoResponse {
			known[stillOpen] = say(lang.Text{EN: "Asked again, {{.At}} answered again.", JA: "もう一度試すと、{{.At}} はまた応答しました。"}, "At", o.Address)
			return
		}
	}
	known[shutOut] = say(lang.Text{EN: "{{.At}} took a connection at first. After {{.Count}} more it does not answer this caller any more.", JA: "{{.At}} は最初は接続を受け付けましたが、その後 {{.Count}} 回試しても応答しなくなりました。"}, "At", c.Again[0].Address, "Count", len(c.Again))
	for _, f := range []fact{mute, hangsUp} {
		delete(known, f)
	}
}
