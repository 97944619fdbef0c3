package diagnose

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// fact is one thing that is known for certain. A fact that is not there is not
// known, which is never the same as its opposite.
type fact string

// The facts of this machine itself, of what views saw, of what answers, of
// names and of the router.
const (
	unbound      fact = "unbound"       // no process has the port
	bound        fact = "bound"         // some process has it
	takes        fact = "takes"         // a process takes what comes for the address
	loopbackOnly fact = "loopback-only" // all that have it are bound to the loopback
	boundGone    fact = "bound-gone"    // to an address that the machine does not have
	boundOther   fact = "bound-other"   // to another address than the one looked at
	boundFamily  fact = "bound-family"  // to the other family only
	boundAny     fact = "bound-any"     // to every address, be there one or not
	unaddressed  fact = "unaddressed"   // the machine has no address that others could use
	addressable  fact = "addressable"

	filterAccepts  fact = "filter-accepts"
	filterBlocks   fact = "filter-blocks"
	filterDoubts   fact = "filter-doubts"
	filterEmpty    fact = "filter-empty"
	filterAside    fact = "filter-aside" // it was read, and has nothing to do with those
	filterLax      fact = "filter-lax"   // for the machine's own programs
	redirected     fact = "redirected"
	notRedirected  fact = "not-redirected"
	filterAllowing fact = "filter-allowing" // by a rule of its own for the port

	selfOpen       fact = "self-open"
	selfRefused    fact = "self-refused"
	selfSilent     fact = "self-silent"
	loopOpen       fact = "loopback-open"
	loopRefused    fact = "loopback-refused"
	loopSilent     fact = "loopback-silent"
	lanOpen        fact = "lan-open"
	lanRefused     fact = "lan-refused"
	lanSilent      fact = "lan-silent"
	hairpinSilent  fact = "hairpin-silent"
	outsideOpen    fact = "outside-open"
	outsideRefused fact = "outside-refused"
	outsideSilent  fact = "outside-silent"
	barredByOther  fact = "barred-by-other" // a device before the host forbids it
	barredByHost   fact = "barred-by-host"
	unrouted       fact = "unrouted"
	neighbourMute  fact = "neighbour-mute"
	cannotSend     fact = "cannot-send"
	reached        fact = "reached" // another port of the address is open to that view
	vantageSends   fact = "vantage-sends"

	spoke       fact = "spoke"
	spokeOther  fact = "spoke-other"
	mute        fact = "mute"
	hangsUp     fact = "hangs-up"
	tlsBroken   fact = "tls-broken"
	tlsExpired  fact = "tls-expired"
	tlsFine     fact = "tls-fine"
	unencrypted fact = "unencrypted"

	ownGlobal      fact = "own-global" // the host itself has the address that is looked at
	privateOnly    fact = "private-only"
	wanGlobal      fact = "wan-global"
	wanPrivate     fact = "wan-private"
	wanShared      fact = "wan-shared"
	forwardRight   fact = "forward-right"
	forwardWrong   fact = "forward-wrong"
	forwardMissing fact = "forward-missing"
	forwardLeased  fact = "forward-leased"
	published      fact = "published" // by a container
)

// learn works out the facts of a Case, each with the sentence that tells it.
func learn(c Case) map[fact]said {
	known := map[fact]said{}
	c.learnListeners(known)
	c.learnFilter(known)
	c.learnViews(known)
	c.learnSilence(known)
	c.learnService(known)
	c.learnTurnedAway(known)
	c.learnTLS(known)
	c.learnDumb(known)
	c.learnAgain(known)
	c.learnNames(known)
	c.learnWay(known)
	c.learnRouter(known)
	c.learnArrivals(known)
	c.learnLooks(known)
	c.learnGate(known)
	c.learnCarrier(known)
	c.learnFTP(known)
	c.learnVia(known)
	c.learnFurther(known)
	return known
}

func (c Case) learnListeners(known map[fact]said) {
	if !c.Own {
		return
	}
	others := c.others()
	if len(others) > 0 {
		known[addressable] = say(lang.Text{EN: "This machine has an address that others can use: {{.At}}.", JA: "この機器には、ほかの機器から使えるアドレスがあります({{.At}})。"}, "At", others[0])
	} else if len(c.Addresses) > 0 {
		known[unaddressed] = say(lang.Text{EN: "This machine has no address that others could use: no network of this family is connected.", JA: "この機器には、ほかの機器から使えるアドレスがありません(この種類のネットワークにつながっていません)。"})
	}
	if len(c.Listeners) == 0 {
		if c.Whole {
			known[unbound] = say(lang.Text{EN: "No process of this machine has {{.Transport}} port {{.Port}}.", JA: "この機器のどのプロセスも {{.Transport}} の {{.Port}} 番で待ち受けていません。"}, c.pairs()...)
		}
		return
	}
	var words []string
	for _, l := range c.Listeners {
		words = append(words, listenerWords(l))
	}
	pairs := append(c.pairs(), "Listeners", strings.Join(slices.Compact(words), ", "))
	known[bound] = say(lang.Text{EN: "A process has it: {{.Listeners}}.", JA: "プロセスが待ち受けています({{.Listeners}})。"}, pairs...)
	open := slices.DeleteFunc(slices.Clone(c.Listeners), exposure.Listener.LoopbackOnly)
	for _, l := range open {
		if i := slices.IndexFunc(others, func(a netip.Addr) bool { return c.takes(l, a) }); i >= 0 {
			known[takes] = say(lang.Text{EN: "{{.Listener}} takes what comes for {{.To}}.", JA: "{{.Listener}} が {{.To}} あての接続を受けます。"},
				append(c.pairs(), "Listener", listenerWords(l), "To", others[i])...)
			break
		}
	}
	if i := slices.IndexFunc(open, func(l exposure.Listener) bool { return l.Address.IsUnspecified() && l.Device == "" }); i >= 0 {
		known[boundAny] = say(lang.Text{EN: "{{.Listener}} takes what comes for any address.", JA: "{{.Listener}} はどのアドレスあての接続も受けます。"}, "Listener", listenerWords(open[i]))
	}
	if slices.ContainsFunc(c.Listeners, func(l exposure.Listener) bool {
		return l.Container != "" || slices.Contains(publishers, l.Process)
	}) {
		known[published] = say(lang.Text{EN: "A container publishes the port: {{.Listeners}}.", JA: "コンテナがこのポートを公開しています({{.Listeners}})。"}, pairs...)
	}
	if _, ok := known[takes]; ok || !c.Whole {
		return
	}
	switch {
	case len(open) == 0:
		known[loopbackOnly] = say(lang.Text{EN: "It is bound to the loopback only: {{.Listeners}}.", JA: "自機内だけで待ち受けています({{.Listeners}})。"}, pairs...)
	case !slices.ContainsFunc(open, func(l exposure.Listener) bool { return slices.ContainsFunc(c.Addresses, l.Takes) }):
		known[boundGone] = say(lang.Text{EN: "It is bound to an address that this machine does not have: {{.Listeners}}.", JA: "この機器にないアドレスで待ち受けています({{.Listeners}})。"}, pairs...)
	case len(others) > 0 && !slices.ContainsFunc(open, func(l exposure.Listener) bool { return l.Address.Unmap().Is6() == others[0].Is6() }):
		known[boundFamily] = say(lang.Text{EN: "It is bound to the other family of addresses only: {{.Listeners}}.", JA: "もう一方の種類のアドレス(IPv4/IPv6)だけで待ち受けています({{.Listeners}})。"}, pairs...)
	case len(others) > 0 && len(c.lookedOwn(c.Addresses)) == 0 && slices.ContainsFunc(open, func(l exposure.Listener) bool { return slices.ContainsFunc(c.reachable(), l.Takes) }):
		known[boundAside] = say(lang.Text{EN: "It is bound to an address that the network of the default route does not use: {{.Listeners}}.", JA: "既定の経路のネットワークでは使われないアドレスで待ち受けています({{.Listeners}})。"}, pairs...)
	case len(others) > 0:
		known[boundOther] = say(lang.Text{EN: "It is bound to another address of this machine only: {{.Listeners}}.", JA: "この機器の別のアドレスだけで待ち受けています({{.Listeners}})。"}, pairs...)
	}
}

// takes reports whether a listener takes what comes for an address. One that is
// bound to an interface takes what comes by that.
func (c Case) takes(l exposure.Listener, a netip.Addr) bool {
	device, known := c.Devices[a.WithZone("")]
	return l.Takes(a) && (l.Device == "" || !known || l.Device == device)
}

// publishers are the processes that hold the published ports of containers.
var publishers = []string{"docker-proxy", "rootlessport", "conmon", "pasta"}

// listenerWords name a listener and the address that it is bound to.
func listenerWords(l exposure.Listener) string {
	at := netip.AddrPortFrom(l.Address, l.Port).String()
	if l.Process == "" {
		return at
	}
	return fmt.Sprintf("%s (%d) %s", l.Process, l.PID, at)
}

func (c Case) learnFilter(known map[fact]said) {
	if c.Unfiltered {
		known[filterEmpty] = say(lang.Text{EN: "This machine's packet filter holds no rule that keeps anybody out.", JA: "この機器のパケットフィルターには、外からの接続を止める規則がありません。"})
	}
	if c.Lax {
		known[filterLax] = say(lang.Text{EN: "No rule of the packet filter keeps anybody from the programs of this machine itself.", JA: "パケットフィルターに、この機器自身のプログラムへの接続を止める規則がありません。"})
	}
	a, ok := c.answer()
	if !ok {
		if len(c.Firewall) > 0 {
			known[filterAside] = say(lang.Text{EN: "The packet filter was read; nothing is bound where these would come, so what it does with them was not computed.", JA: "パケットフィルターの規則は読めましたが、この相手が来るアドレスでは待ち受けがないため、計算していません。"})
		}
		return
	}
	pairs := append(c.pairs(), "Rule", ruleWords(a.Rules), "Doubt", ruleWords(a.Doubts), "To", a.To)
	if a.To.IsValid() {
		c.learnRedirected(known, a, pairs)
		known[redirected] = say(lang.Text{EN: "The packet filter sends newcomers on to {{.To}}: {{.Rule}}.", JA: "パケットフィルターが {{.To}} へ転送します({{.Rule}})。"}, pairs...)
	} else {
		known[notRedirected] = say(lang.Text{EN: "The packet filter sends nothing that comes for the port elsewhere.", JA: "パケットフィルターはこのポートあての通信をほかへ転送していません。"})
	}
	switch {
	case a.Verdict == exposure.FirewallAccept:
		known[filterAccepts] = say(lang.Text{EN: "By its rules the packet filter lets newcomers in.", JA: "規則を計算すると、パケットフィルターは外からの接続を通します。"})
		switch {
		case c.Unfiltered || c.Lax:
		case slices.ContainsFunc(a.Rules, func(r exposure.FirewallRule) bool { return r.Handle != 0 }):
			known[filterAllowing] = say(lang.Text{EN: "A rule lets them in: {{.Rule}}.", JA: "通している規則: {{.Rule}}。"}, pairs...)
		default:
			known[filterAllowing] = say(lang.Text{EN: "No rule keeps them out of this port, and what no rule speaks of is let in.", JA: "このポートへの接続を止める規則がなく、規則のないものは通す設定です。"})
		}
	case a.Verdict == exposure.FirewallCannotSay:
		known[filterDoubts] = say(lang.Text{EN: "What the packet filter does cannot be told: {{.Doubt}}.", JA: "パケットフィルターの動作は計算できません({{.Doubt}})。"}, pairs...)
	case a.Silent:
		known[filterBlocks] = say(lang.Text{EN: "The packet filter drops the answer: {{.Rule}}.", JA: "パケットフィルターが返事を捨てます({{.Rule}})。"}, pairs...)
	default:
		known[filterBlocks] = say(lang.Text{EN: "The packet filter keeps newcomers out: {{.Rule}}.", JA: "パケットフィルターが外からの接続を止めます({{.Rule}})。"}, pairs...)
	}
}

// learnRedirected is where the packet filter sends newcomers on to.
func (c Case) learnRedirected(known map[fact]said, a exposure.FirewallAnswer, pairs []any) {
	switch {
	case !slices.Contains(c.Addresses, a.To.Addr()) && a.Path == exposure.FirewallForward:
		known[redirectAway] = say(lang.Text{EN: "This machine's own packet filter sends newcomers on to another host, {{.To}}: {{.Rule}}.", JA: "この機器自身のパケットフィルターが、別の機器 {{.To}} へ転送しています({{.Rule}})。"}, pairs...)
	case slices.Contains(c.Addresses, a.To.Addr()) && c.Whole && !slices.Contains(c.Taken, a.To.Port()):
		known[redirectUnheld] = say(lang.Text{EN: "The packet filter sends newcomers on to port {{.To}} of this machine, which no process has: {{.Rule}}.", JA: "パケットフィルターがこの機器の {{.To}} へ転送しますが、そこで待ち受けているプロセスがありません({{.Rule}})。"}, pairs...)
	}
}

func ruleWords(rules []exposure.FirewallRule) string {
	var words []string
	for _, r := range rules {
		w := r.Table.Terminal() + " " + r.Chain.Terminal()
		if text := r.Text.Terminal(); text != "" {
			w += ": " + text
		}
		if why := r.Why.Terminal(); why != "" {
			w += " (" + why + ")"
		}
		words = append(words, w)
	}
	return strings.Join(words, "; ")
}

// viewFacts are what views make of what they saw.
var viewFacts = map[exposure.View]struct{ open, refused, silent fact }{
	exposure.ViewLoopback: {loopOpen, loopRefused, loopSilent},
	exposure.ViewSelf:     {selfOpen, selfRefused, selfSilent},
	exposure.ViewLAN:      {lanOpen, lanRefused, lanSilent},
	exposure.ViewHairpin:  {"", "", hairpinSilent},
	exposure.ViewOutside:  {outsideOpen, outsideRefused, outsideSilent},
}

func (c Case) learnViews(known map[fact]said) {
	for view, facts := range viewFacts {
		for _, o := range c.seen(view) {
			pairs := append(c.pairs(), "At", o.Address, "Reason", string(o.Reason), "By", o.By)
			if o.State == exposure.Open && o.Address.IsLinkLocalUnicast() && hasFact(known, facts.open) {
				continue // an address that people know tells more
			}
			if facts.open != "" && o.State == exposure.Open {
				known[facts.open] = say(lang.Text{EN: "{{.At}} was seen open.", JA: "{{.At}} は開いていると確認しました。"}, pairs...)
			}
			if facts.refused != "" && o.State == exposure.Closed {
				known[facts.refused] = say(lang.Text{EN: "{{.At}} refused the connection ({{.Reason}}).", JA: "{{.At}} が接続を拒みました({{.Reason}})。"}, pairs...)
			}
			if facts.silent != "" && c.silent(o) {
				known[facts.silent] = say(lang.Text{EN: "{{.At}} did not answer.", JA: "{{.At}} から返事がありません。"}, pairs...)
			}
			c.learnErrors(known, o, pairs)
		}
	}
	if c.Reached {
		known[reached] = say(lang.Text{EN: "Another port of the same address answered the same vantage.", JA: "同じアドレスの別のポートは、同じ観測点から応答がありました。"})
	}
	if c.Sends {
		known[vantageSends] = say(lang.Text{EN: "The vantage is known to be able to send to this port.", JA: "観測点からこのポートへ送れることは確認済みです。"})
	}
}

// silent reports whether an observation is of a port that should have answered and
// did not. A UDP port whose service answers the same question of this machine
// itself should: elsewhere its silence tells nothing.
func (c Case) silent(o exposure.Observation) bool {
	switch {
	case o.Reason != exposure.NoResponse:
		return false
	case o.State == exposure.Filtered:
		return true
	}
	return o.State == exposure.OpenFiltered && c.Own && c.Expected != "" && slices.ContainsFunc(c.Observations, func(own exposure.Observation) bool {
		return own.View.Own() && own.State == exposure.Open && own.Reason == exposure.ProtoResponse && own.Transport == o.Transport && own.Port == o.Port
	})
}

// learnErrors takes in who says that there is no way.
func (c Case) learnErrors(known map[fact]said, o exposure.Observation, pairs []any) {
	byHost := o.By == "" || o.By == o.Address.String()
	switch {
	case o.Reason == exposure.AdminProhibited && o.By == exposure.Local: // a rule for what goes out
		known[cannotSend] = say(lang.Text{EN: "This machine's own rules do not let it send to {{.At}}.", JA: "この機器自身の規則が、{{.At}} への送信を禁止しています。"}, pairs...)
	case o.Reason == exposure.AdminProhibited && !byHost, o.State == exposure.Filtered && o.Reason == exposure.PortUnreach && !byHost:
		known[barredByOther] = say(lang.Text{EN: "{{.By}} on the way forbids it ({{.Reason}}).", JA: "途中の {{.By}} が禁止しています({{.Reason}})。"}, pairs...)
	case o.Reason == exposure.AdminProhibited, byHost && (o.Reason == exposure.HostUnreach || o.Reason == exposure.NetUnreach), o.State == exposure.Filtered && o.Reason == exposure.PortUnreach:
		known[barredByHost] = say(lang.Text{EN: "{{.At}} itself forbids it ({{.Reason}}).", JA: "{{.At}} 自身が禁止しています({{.Reason}})。"}, pairs...)
	case o.Reason == exposure.HostUnreach && o.By == exposure.Local:
		if c.Own && o.View == exposure.ViewLAN {
			known[lanSilent] = say(lang.Text{EN: "The other host found nobody at {{.At}} on the network: no answer to ARP or neighbour discovery.", JA: "ほかの機器からは、ネットワーク上に {{.At}} の機器が見つかりません(ARP・近隣探索に応答がありません)。"}, pairs...)
			return
		}
		known[neighbourMute] = say(lang.Text{EN: "Nobody on this network answers for {{.At}}.", JA: "このネットワークに {{.At}} として応答する機器がありません。"}, pairs...)
	case o.Reason == exposure.NetUnreach && o.By == exposure.Local:
		known[unrouted] = say(lang.Text{EN: "This machine has no route to {{.At}}.", JA: "この機器から {{.At}} への経路がありません。"}, pairs...)
	case o.Reason == exposure.NetUnreach, o.Reason == exposure.HostUnreach:
		known[unrouted] = say(lang.Text{EN: "{{.By}} says that there is no way to {{.At}} ({{.Reason}}).", JA: "{{.By}} が {{.At}} へ届ける経路がないと返しました({{.Reason}})。"}, pairs...)
	case o.Reason == exposure.LocalError:
		known[cannotSend] = say(lang.Text{EN: "This machine could not send to {{.At}}.", JA: "この機器から {{.At}} へ送信できません。"}, pairs...)
	}
}

func (c Case) learnService(known map[fact]said) {
	for _, s := range c.Services {
		pairs := append(c.pairs(), "Protocol", s.Protocol, "Expected", c.Expected, "At", s.Address, "Error", s.Error)
		switch {
		case s.Protocol == "tls" && slices.Contains(tlsFirst, c.Expected):
			known[unspoken] = say(lang.Text{EN: "TLS comes about, and nothing that was tried is answered inside of it: it may want a certificate of the client, or be another service than {{.Expected}}.", JA: "TLSの接続は成立しますが、その中で何を送っても応答がありません。クライアント証明書を求めているか、{{.Expected}} ではない別のサービスです。"}, pairs...)
		case s.Confidence == exposure.Confirmed && c.Expected != "" && !sameProtocol(s, c.Expected):
			known[spokeOther] = say(lang.Text{EN: "What answers speaks {{.Protocol}}, not {{.Expected}}.", JA: "応答しているのは {{.Expected}} ではなく {{.Protocol}} です。"}, pairs...)
		case s.Confidence == exposure.Confirmed:
			known[spoke] = say(lang.Text{EN: "It answers as {{.Protocol}}.", JA: "{{.Protocol}} として応答します。"}, pairs...)
		case s.Silence == exposure.Mute:
			known[mute] = say(lang.Text{EN: "It takes the connection and says nothing, whatever it is told.", JA: "接続は受け付けますが、何を送っても応答しません。"})
		case s.Silence == exposure.HangsUp || s.Silence == exposure.Resets:
			known[hangsUp] = say(lang.Text{EN: "It takes the connection and ends it at once, without a word.", JA: "接続した直後に、何も言わずに切断します。"})
		}
		if t := s.TLS; t != nil && t.Certificate != nil && len(c.Observations) > 0 {
			if at := c.Observations[0].SeenAt; !at.IsZero() && at.After(t.Certificate.NotAfter) {
				known[tlsExpired] = say(lang.Text{EN: "Its certificate ended on {{.Date}}.", JA: "証明書の有効期限は {{.Date}} に切れています。"}, "Date", t.Certificate.NotAfter.UTC().Format("2006-01-02"))
			}
			if m := t.Certificate.NameMatches; m != nil && !*m {
				known[tlsBroken] = c.misnamed(*t.Certificate)
			}
		}
	}
	_, expired := known[tlsExpired]
	_, broken := known[tlsBroken]
	switch {
	case len(c.Services) > 0 && !c.encrypted():
		known[unencrypted] = say(lang.Text{EN: "No TLS was seen behind it.", JA: "TLSは使われていません。"})
	case c.encrypted() && !expired && !broken:
		known[tlsFine] = say(lang.Text{EN: "Its certificate is in date; no name was asked for.", JA: "証明書は有効期限内です(名前は尋ねていません)。"})
		if slices.ContainsFunc(c.Services, exposure.Service.Named) {
			known[tlsFine] = say(lang.Text{EN: "Its certificate is in date and for this name.", JA: "証明書は有効期限内で、名前も一致します。"})
		}
	}
	if _, ok := known[spoke]; ok {
		for _, f := range []fact{mute, hangsUp, unspoken} {
			delete(known, f)
		}
	}
}

// misnamed says which names a certificate has in place of the one that was asked
// for.
func (c Case) misnamed(certificate exposure.Certificate) said {
	var names []string
	for _, n := range certificate.Names[:min(len(certificate.Names), mostNamed)] {
		names = append(names, n.Terminal())
	}
	if len(c.Names) == 0 || len(names) == 0 {
		return say(lang.Text{EN: "Its certificate is for another name.", JA: "証明書の名前が一致しません。"})
	}
	return say(lang.Text{EN: "Its certificate is for {{.Names}}, not for {{.Name}}.", JA: "証明書は {{.Names}} のもので、{{.Name}} のものではありません。"}, "Names", strings.Join(names, ", "), "Name", c.Names[0].Name)
}

// sameProtocol reports whether a service is the one that is expected: TLS before
// it or not.
func sameProtocol(s exposure.Service, expected string) bool {
	plain := func(name string) string {
		switch name {
		case "https":
			return "http"
		case "submission", "submissions", "smtps":
			return "smtp"
		case "imaps":
			return "imap"
		case "pop3s":
			return "pop3"
		case "ldaps":
			return "ldap"
		case "ftps":
			return "ftp"
		}
		return name
	}
	return plain(s.Protocol) == plain(expected)
}
