package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
	"sekisho/internal/wire/mape"
)

// Access is what is known of the way between this household and the Internet.
type Access struct {
	// Own4 is the address that this machine itself has where its default route over
	// IPv4 leads out.
	Own4 netip.Addr
	// Public are the addresses that others see the household come from.
	Public []Public
	// Whole says that outside saw the household's packets come from ports that no
	// port set of MAP-E has in common.
	Whole bool
	AFTR  string // the far end of DS-Lite that a DHCPv6 server named, escaped
	Map   *mape.Map
	From  string // who told the rule that Map comes from, escaped
	// Ruleless says that the carrier uses MAP-E and that what is known gives no
	// port set: no rule, or none that fits the addresses of this machine.
	Ruleless bool
}

// Public is an address that somebody outside sees the household come from.
type Public struct {
	Address netip.Addr
	By      string // who said so, escaped
}

// The facts of what lies between the router and the Internet.
const (
	ownShared    fact = "own-shared"    // this machine's own way out has a carrier's shared address
	tunnelled    fact = "tunnelled"     // it is the near end of DS-Lite
	wanTunnelled fact = "wan-tunnelled" // the router is
	aftrNamed    fact = "aftr-named"
	publicSame   fact = "public-same"   // outside sees the address that the household has
	publicOther  fact = "public-other"  // outside sees another one than the router's
	publicShared fact = "public-shared" // and it is a carrier's shared one
	beforeRouter fact = "before-router" // what is sent to the address never gets as far as the router
	wanOpen      fact = "wan-open"      // the network before the router sees the port open at its outer address
	mapForeign   fact = "map-e-foreign" // by MAP-E the port of the address is not the household's
	mapOwn       fact = "map-e-own"
	mapElsewhere fact = "map-e-elsewhere" // the rule is of another address than that in question
	mapAnswered  fact = "map-e-answered"  // and somebody else answers there
	unlooked     fact = "unlooked"        // nobody outside looked
	mapRuleless  fact = "map-e-ruleless"
	portsWhole   fact = "ports-whole"
	isIPv6       fact = "ipv6" // where no address is shared
	cutPort      fact = "cut-port"

	outsideDivided fact = "outside-divided" // one vantage sees it open, another gets no answer
	vantageMute    fact = "vantage-mute"    // nobody answers that one at the port, though at others
	vantageCannot  fact = "vantage-cannot"  // it could not send
)

// softwire is what the two ends of DS-Lite have among themselves (RFC 6333
// section 5.7).
var softwire = netip.MustParsePrefix("192.0.0.0/29")

// between reports whether an address is one of networks between a household's
// router and the Internet: nobody on the Internet looks at it.
func between(a netip.Addr) bool {
	a = a.Unmap()
	return a.Is4() && (a.IsPrivate() || reach.Shared(a) || softwire.Contains(a))
}

// learnCarrier takes in what lies beyond the router, for people on the Internet.
func (c Case) learnCarrier(known map[fact]said) {
	if !c.Own || c.Zone != exposure.ZoneInternetV4 && c.Zone != exposure.ZoneInternetV6 {
		return
	}
	c.learnVantages(known)
	if commonlyCut(c.Transport, c.Port) {
		known[cutPort] = say(lang.Text{EN: "{{.Transport}} port {{.Port}} is one that many carriers cut.", JA: "{{.Transport}} の {{.Port}} 番は、回線事業者が止めていることの多い番号です。"}, c.pairs()...)
	}
	if c.Zone == exposure.ZoneInternetV6 {
		known[isIPv6] = say(lang.Text{EN: "Over IPv6 households do not share addresses.", JA: "IPv6では、アドレスを複数の利用者で共有しません。"})
		return
	}
	c.learnTranslators(known)
	c.learnMap(known)
}

// learnTranslators takes in who changes addresses, as the addresses tell.
func (c Case) learnTranslators(known map[fact]said) {
	wan := netip.Addr{}
	if c.Router != nil {
		wan = c.Router.WAN
	}
	own := c.Access.Own4
	switch {
	case reach.Shared(own):
		known[ownShared] = say(lang.Text{EN: "This machine goes out with {{.Own}}, an address that a carrier shares among customers (RFC 6598).", JA: "この機器自身のアドレス {{.Own}} は、回線事業者が利用者間で共有するアドレスです(RFC 6598)。"}, "Own", own)
	case softwire.Contains(own):
		known[tunnelled] = say(lang.Text{EN: "This machine goes out with {{.Own}}: it is the near end of a DS-Lite tunnel (RFC 6333).", JA: "この機器自身のアドレスが {{.Own}} なので、DS-Liteのトンネルの手前側です(RFC 6333)。"}, "Own", own)
	}
	if softwire.Contains(wan) {
		delete(known, wanPrivate)
		known[wanTunnelled] = say(lang.Text{EN: "The router's outer address {{.WAN}} is that of the near end of a DS-Lite tunnel (RFC 6333).", JA: "ルーターの外側のアドレス {{.WAN}} は、DS-Liteのトンネルの手前側のものです(RFC 6333)。"}, "WAN", wan)
	}
	if c.Access.AFTR != "" {
		known[aftrNamed] = say(lang.Text{EN: "A DHCPv6 server names the far end of a DS-Lite tunnel: {{.AFTR}}.", JA: "DHCPv6サーバーが、DS-Liteの終端装置(AFTR)として {{.AFTR}} を知らせています。"}, "AFTR", c.Access.AFTR)
	}
	looked := c.outsideAt()
	for _, p := range c.Access.Public {
		if !p.Address.Is4() {
			continue
		}
		pairs := []any{"Public", p.Address, "By", p.By, "WAN", wan}
		switch {
		case reach.Shared(p.Address):
			known[publicShared] = say(lang.Text{EN: "{{.By}} sees this household as {{.Public}}, an address that a carrier shares among customers (RFC 6598).", JA: "{{.By}} から見たこの回線のアドレス {{.Public}} は、回線事業者が利用者間で共有するアドレスです(RFC 6598)。"}, pairs...)
		case p.Address == wan || slices.Contains(c.Addresses, p.Address):
			known[publicSame] = say(lang.Text{EN: "{{.By}} sees this household as {{.Public}}, the address that it has itself.", JA: "{{.By}} から見たアドレス {{.Public}} は、この回線自身のアドレスと同じです。"}, pairs...)
		case reach.Global(wan) && (len(looked) == 0 || slices.Contains(looked, p.Address)):
			delete(known, wanGlobal)
			known[publicOther] = say(lang.Text{EN: "{{.By}} sees this household as {{.Public}}, not as the router's outer address {{.WAN}}.", JA: "{{.By}} から見たアドレスは {{.Public}} で、ルーターの外側のアドレス {{.WAN}} と違います。"}, pairs...)
		}
	}
	if c.Access.Whole {
		known[portsWhole] = say(lang.Text{EN: "Outside this household's packets are seen from ports all over the range: it has all ports of its address.", JA: "外から見た送信元ポートがあらゆる範囲にわたっているため、アドレスの全ポートがこの回線のものです。"})
	}
	c.learnBetween(known, wan)
	_, open := known[outsideOpen]
	for _, inner := range []netip.Addr{own, wan} {
		if carriers := reach.Shared(inner) || softwire.Contains(inner); carriers && len(looked) > 0 && !open && !slices.Contains(looked, inner) {
			known[beforeRouter] = say(lang.Text{EN: "The address that was looked at, {{.At}}, is the carrier's: what is sent there meets its translator first, which has no way for what nobody behind it opened.", JA: "外から調べた {{.At}} は回線事業者のアドレスです。そこに届いた通信は事業者の変換装置が先に受け、内側から始めたものでなければ通しません。"}, "At", looked[0])
			break
		}
	}
}

// lookedAt are the addresses that somebody outside looked at.
func (c Case) outsideAt() []netip.Addr {
	var list []netip.Addr
	for _, o := range c.seen(exposure.ViewOutside) {
		list = append(list, o.Address.Unmap())
	}
	return list
}

// learnBetween takes in what the network before the router sees of the router's
// outer address, which nobody on the Internet can look at.
func (c Case) learnBetween(known map[fact]said, wan netip.Addr) {
	for _, o := range c.Observations {
		if o.View == exposure.ViewOutside && o.State == exposure.Open && o.Address == wan && between(wan) {
			known[wanOpen] = say(lang.Text{EN: "From the network before the router its outer address {{.WAN}} was seen open: the router hands the port on.", JA: "ルーターの外側のネットワークから、{{.WAN}} は開いていると確認しました(ルーターは転送しています)。"}, "WAN", wan)
		}
	}
}

// learnMap takes in whose the port is by MAP-E.
func (c Case) learnMap(known map[fact]said) {
	m := c.Access.Map
	if m == nil {
		if c.Access.Ruleless {
			known[mapRuleless] = say(lang.Text{EN: "The carrier uses MAP-E, and no rule is known that tells which ports are this household's.", JA: "この回線はMAP-Eですが、使えるポートを計算するためのルールが分かりません。"})
		}
		return
	}
	address := m.IPv4.Addr()
	looked := c.outsideAt()
	for _, p := range c.Access.Public {
		if p.Address.Is4() {
			looked = append(looked, p.Address)
		}
	}
	psid, owned := m.Owner(c.Port)
	pairs := append(c.pairs(), "At", address, "From", c.Access.From, "PSID", int(m.PSID), "Other", int(psid), "Usable", portsOf(*m, 3))
	switch {
	case len(looked) > 0 && !slices.ContainsFunc(looked, m.IPv4.Contains):
		known[mapElsewhere] = say(lang.Text{EN: "By the rule of MAP-E ({{.From}}) the address is {{.At}}, which is not the one in question.", JA: "MAP-Eのルール({{.From}})から計算したアドレスは {{.At}} で、調べたアドレスと違います。"}, pairs...)
	case m.Contains(c.Port):
		known[mapOwn] = say(lang.Text{EN: "By the rule of MAP-E ({{.From}}) port {{.Port}} of {{.At}} is this household's.", JA: "MAP-Eのルール({{.From}})では、{{.At}} の {{.Port}} 番はこの回線で使えるポートです。"}, pairs...)
	case owned:
		known[mapForeign] = say(lang.Text{EN: "By the rule of MAP-E ({{.From}}) port {{.Port}} of {{.At}} is that of another household (PSID {{.Other}}); this one has PSID {{.PSID}}: {{.Usable}}.", JA: "MAP-Eのルール({{.From}})では、{{.At}} の {{.Port}} 番は別の利用者(PSID {{.Other}})のものです。この回線はPSID {{.PSID}} で、使えるのは {{.Usable}} です。"}, pairs...)
	default:
		known[mapForeign] = say(lang.Text{EN: "By the rule of MAP-E ({{.From}}) port {{.Port}} of {{.At}} is nobody's; this household has PSID {{.PSID}}: {{.Usable}}.", JA: "MAP-Eのルール({{.From}})では、{{.At}} の {{.Port}} 番は誰も使えません。この回線はPSID {{.PSID}} で、使えるのは {{.Usable}} です。"}, pairs...)
	}
	if _, foreign := known[mapForeign]; !foreign {
		return
	}
	delete(known, ownGlobal)
	if _, open := known[outsideOpen]; open {
		delete(known, outsideOpen)
		known[mapAnswered] = say(lang.Text{EN: "What answers at {{.At}} port {{.Port}} is somebody else's.", JA: "{{.At}} の {{.Port}} 番で応答しているのは、別の利用者の機器です。"}, pairs...)
	}
	if len(c.outsideAt()) == 0 {
		known[unlooked] = say(lang.Text{EN: "Nobody outside looked at it, and nobody needs to.", JA: "外からは調べていませんが、調べるまでもありません。"})
	}
}

// portsOf are the first runs of a household's ports in words.
func portsOf(m mape.Map, most int) string {
	var words []string
	for r := range m.Ranges() {
		if len(words) == most {
			return strings.Join(words, ", ") + ", …"
		}
		words = append(words, r.String())
	}
	return strings.Join(words, ", ")
}

// commonlyCut reports whether carriers are known to cut a port for customers.
func commonlyCut(t exposure.Transport, port uint16) bool {
	switch {
	case port >= 135 && port <= 139, port == 445:
		return true
	case t == exposure.TCP:
		return slices.Contains([]uint16{25, 80, 593, 1433}, port)
	}
	return slices.Contains([]uint16{19, 1434, 1900}, port)
}

// sight is what one vantage outside saw last of the port.
type sight struct {
	state   exposure.State
	silent  bool
	unsent  bool
	at      netip.Addr
	sends   netip.Addr // another address that answered it at the same port
	reached bool       // another port of the same address answered it
	mute    int        // other addresses that answer it elsewhere and not at this port
}

// unsent reports whether the vantage could not send at all.
func unsent(o exposure.Observation) bool {
	return o.Reason == exposure.LocalError || o.Reason == exposure.AdminProhibited && o.By == exposure.Local
}

// answers reports whether it was the address itself that said something.
func answers(o exposure.Observation) bool {
	return o.State == exposure.Open || o.State == exposure.Closed
}

// sights are what the vantages outside saw, by their names.
func (c Case) sights() map[string]*sight {
	list := map[string]*sight{}
	for _, o := range c.seen(exposure.ViewOutside) {
		list[o.Vantage] = &sight{state: o.State, silent: c.silent(o), unsent: unsent(o), at: o.Address}
	}
	for id, s := range list {
		silent, heard := map[netip.Addr]bool{}, map[netip.Addr]bool{}
		for _, o := range c.Around {
			same := o.Transport == c.Transport && o.Port == c.Port
			ours := o.Address == s.at
			switch {
			case o.Vantage != id || o.View != exposure.ViewOutside || o.Address.Is4() != s.at.Is4():
			case ours && !same && answers(o):
				s.reached = true
			case !ours && same && answers(o):
				s.sends = o.Address
			case !ours && same && (o.State == exposure.Filtered || o.State == exposure.OpenFiltered) && o.Reason == exposure.NoResponse:
				silent[o.Address] = true
			case !ours && answers(o):
				heard[o.Address] = true
			}
		}
		for a := range silent {
			if heard[a] {
				s.mute++
			}
		}
	}
	return list
}

// fewestMute is how many other addresses have to be silent at a port before it is
// the vantage's own matter.
const fewestMute = 2

// learnVantages takes in what the vantages outside can do, and whether they agree.
func (c Case) learnVantages(known map[fact]said) {
	var open, silent []*sight
	for _, s := range c.sights() {
		switch {
		case s.state == exposure.Open:
			open = append(open, s)
		case s.silent:
			silent = append(silent, s)
		case s.unsent:
			known[vantageCannot] = say(lang.Text{EN: "The vantage could not send to {{.At}} at all: what stands before itself keeps it.", JA: "観測点の側で送信が止められ、{{.At}} へ送れませんでした。"}, "At", s.at)
		}
	}
	if len(silent) == 0 {
		return
	}
	every := func(is func(*sight) bool) bool {
		return !slices.ContainsFunc(silent, func(s *sight) bool { return !is(s) })
	}
	first := silent[0]
	if len(open) > 0 {
		known[outsideDivided] = say(lang.Text{EN: "One vantage outside sees {{.At}} open, another gets no answer there.", JA: "{{.At}} は、ある観測点からは開いていて、別の観測点からは応答がありません。"}, "At", first.at)
	}
	if every(func(s *sight) bool { return s.sends.IsValid() }) {
		known[vantageSends] = say(lang.Text{EN: "The vantage that gets no answer can send to this port: {{.At}} answered it there.", JA: "応答のない観測点も、このポートへ送ることはできます({{.At}} の同じ番号からは返事がありました)。"}, "At", first.sends)
	}
	if every(func(s *sight) bool { return s.reached }) {
		known[reached] = say(lang.Text{EN: "Another port of the same address answered the same vantage.", JA: "同じアドレスの別のポートは、同じ観測点から応答がありました。"})
	}
	if every(func(s *sight) bool { return s.mute >= fewestMute && !s.sends.IsValid() }) {
		known[vantageMute] = say(lang.Text{EN: "At this port nobody answers that vantage: {{.Count}} other addresses are silent there too, and answer at other ports.", JA: "その観測点からは、このポートではどこも応答しません(ほかに {{.Count}} か所で、別のポートは応答するのにこの番号だけ無応答)。"}, "Count", first.mute)
	}
}
