package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// The facts of the router before this machine.
const (
	forwardListed  fact = "forward-listed"  // UPnP lists it, and not who asked for it
	forwardByHand  fact = "forward-by-hand" // the person says so
	leaseMissing   fact = "lease-missing"   // no program asked for the port
	noDMZ          fact = "no-dmz"          // nobody gets what no forward names
	dmzHere        fact = "dmz-here"        // this machine does
	byDMZ          fact = "by-dmz"          // and no forward takes the port from it
	dmzElsewhere   fact = "dmz-elsewhere"   // another does
	routerBlocks   fact = "router-blocks"   // its packet filter stops the port
	routerPasses   fact = "router-passes"   // it stops nothing that is forwarded
	barredByRouter fact = "barred-by-router"
	barredByGate   fact = "barred-by-gate" // an answer that forbids it came from the outer address
	sixKept        fact = "ipv6-kept"      // the filter for IPv6 lets the port through to nobody
	sixFiltered    fact = "ipv6-filtered"  // it is on
	sixOpen        fact = "ipv6-open"      // it is off
	fourShut       fact = "ipv4-shut"      // over IPv4 the port cannot be reached from outside
	fourOpen       fact = "ipv4-open"
	fourPrivate    fact = "ipv4-private"  // this machine's IPv4 addresses are all private
	sameService    fact = "same-service"  // outside the same key answers as here
	otherService   fact = "other-service" // another key answers there
	ofLAN          fact = "of-lan"        // it is about the LAN, before which no router stands
	isIPv4         fact = "ipv4"
	filterUnruled  fact = "filter-unruled" // what no rule names is let in
)

// learnRouter takes in what stands between this machine and the Internet.
func (c Case) learnRouter(known map[fact]said) {
	if !c.Own {
		return
	}
	for _, o := range c.seen(exposure.ViewOutside) {
		if slices.Contains(c.Addresses, o.Address) {
			known[ownGlobal] = say(lang.Text{EN: "This machine itself has {{.At}}: no router changes the address.", JA: "この機器自身が {{.At}} を持っています(途中でアドレスは変わりません)。"}, "At", o.Address)
		}
	}
	if others := c.others(); len(others) > 0 && !slices.ContainsFunc(others, reach.Global) {
		known[privateOnly] = say(lang.Text{EN: "This machine has private addresses only: a router stands before it.", JA: "この機器のアドレスはプライベートアドレスだけです(前にルーターがあります)。"})
	}
	switch c.Zone {
	case exposure.ZoneLAN:
		known[ofLAN] = say(lang.Text{EN: "It is about other hosts of the LAN: no router stands between.", JA: "LAN内の別の機器からの話なので、間にルーターはありません。"})
	case exposure.ZoneInternetV4:
		known[isIPv4] = say(lang.Text{EN: "It is about IPv4.", JA: "IPv4の話です。"})
	case exposure.ZoneInternetV6:
		c.learnFour(known)
	}
	c.learnIdentity(known)
	if a, ok := c.answer(); ok && a.Verdict == exposure.FirewallAccept && !slices.ContainsFunc(a.Rules, func(r exposure.FirewallRule) bool { return r.Handle != 0 }) {
		known[filterUnruled] = say(lang.Text{EN: "No rule of this machine's packet filter lets them in: it keeps out nothing that no rule names.", JA: "この機器のパケットフィルターに許可の規則はなく、規則のない通信はそのまま通ります。"})
	}
	if c.Router == nil {
		return
	}
	c.learnWAN(known, *c.Router)
	switch c.Zone {
	case exposure.ZoneInternetV4, exposure.ZoneInternetV6:
		c.learnBarred(known, *c.Router)
		c.learnForwards(known, *c.Router)
		c.learnBlocks(known, *c.Router)
	}
	if f := c.Router.Filter6; f != nil && c.Zone == exposure.ZoneInternetV6 {
		c.learnFilter6(known, *f)
	}
}

// learnWAN takes in what kind of address the router's outer one is.
func (c Case) learnWAN(known map[fact]said, r Router) {
	pairs := []any{"WAN", r.WAN}
	looked := slices.DeleteFunc(c.outsideAt(), func(a netip.Addr) bool { return !a.Is4() })
	switch {
	case !r.WAN.IsValid():
	case reach.Shared(r.WAN):
		known[wanShared] = say(lang.Text{EN: "The router's outer address {{.WAN}} is one that a carrier shares among customers (RFC 6598).", JA: "ルーターの外側のアドレス {{.WAN}} は、回線事業者が利用者間で共有するアドレスです(RFC 6598)。"}, pairs...)
	case !reach.Global(r.WAN):
		known[wanPrivate] = say(lang.Text{EN: "The router's outer address {{.WAN}} is private: another router stands before it.", JA: "ルーターの外側のアドレス {{.WAN}} はプライベートアドレスです(その先にもう一台ルーターがあります)。"}, pairs...)
	case c.Zone == exposure.ZoneInternetV4 && len(looked) > 0 && slices.Contains(looked, r.WAN):
		known[wanGlobal] = say(lang.Text{EN: "The address that was looked at, {{.WAN}}, is the router's outer address, and a global one.", JA: "外から調べた {{.WAN}} は、ルーターの外側のアドレスで、グローバルアドレスです。"}, pairs...)
	default:
		known[wanGlobal] = say(lang.Text{EN: "The router's outer address {{.WAN}} is a global one.", JA: "ルーターの外側のアドレス {{.WAN}} はグローバルアドレスです。"}, pairs...)
	}
}

// learnForwards takes in where the router sends the port on. Over IPv6 that is
// an opening of its filter.
func (c Case) learnForwards(known map[fact]said, r Router) {
	v6 := c.Zone == exposure.ZoneInternetV6
	named := false
	for _, f := range r.Forwards {
		if !f.Matches(c.Transport, c.Port) || f.To.Addr().Unmap().Is6() != v6 {
			continue
		}
		to := f.To
		if f.Outer == 0 { // every port, none of which is rewritten
			to = netip.AddrPortFrom(to.Addr(), c.Port)
		}
		named = true
		pairs := []any{"Outer", int(c.Port), "To", to, "Whose", f.Description.Terminal()}
		right := slices.Contains(c.Addresses, to.Addr()) && to.Port() == c.Port
		switch {
		case right && v6:
			known[forwardRight] = say(lang.Text{EN: "The router's filter lets {{.To}} be reached.", JA: "ルーターのIPv6フィルターは {{.To}} あてを通します。"}, pairs...)
		case v6: // an opening for another host says nothing of this one
			continue
		case right:
			known[forwardRight] = say(lang.Text{EN: "The router sends port {{.Outer}} on to {{.To}}.", JA: "ルーターはポート {{.Outer}} を {{.To}} へ転送します。"}, pairs...)
		default:
			known[forwardWrong] = say(lang.Text{EN: "The router sends port {{.Outer}} on to {{.To}}, which is not this service.", JA: "ルーターはポート {{.Outer}} を {{.To}} へ転送しますが、このサービスではありません。"}, pairs...)
		}
		switch {
		case f.Requested:
			known[forwardLeased] = say(lang.Text{EN: "A program asked the router for that forward to {{.To}} (it calls it \"{{.Whose}}\").", JA: "{{.To}} への転送は、プログラムがルーターに頼んで開いたものです(名前は「{{.Whose}}」)。"}, pairs...)
		case f.Source == exposure.RouterPerson:
			known[forwardByHand] = say(lang.Text{EN: "As you say, that forward was set by hand.", JA: "その転送は手動の設定です(利用者の申告)。"})
		default:
			known[forwardListed] = say(lang.Text{EN: "UPnP lists that forward, which may have been set by hand too (it is called \"{{.Whose}}\").", JA: "その転送はUPnPの一覧にあります(手動の設定かもしれません。名前は「{{.Whose}}」)。"}, pairs...)
		}
	}
	_, right := known[forwardRight]
	if _, wrong := known[forwardWrong]; right && wrong {
		// Two entries that contradict each other: which of them holds is not known.
		delete(known, forwardRight)
		delete(known, forwardWrong)
	}
	if v6 || named {
		return
	}
	if r.Whole {
		known[forwardMissing] = say(lang.Text{EN: "The router has no forward of the port.", JA: "ルーターにこのポートの転送設定がありません。"})
	}
	if r.Told(exposure.RouterUPnP) && !r.Cut {
		known[leaseMissing] = say(lang.Text{EN: "The router's UPnP list does not have the port: no program asked for it.", JA: "ルーターのUPnPの一覧にこのポートはありません(プログラムが開いたものではありません)。"})
	}
	switch pairs := []any{"DMZ", r.DMZ}; {
	case r.NoDMZ:
		known[noDMZ] = say(lang.Text{EN: "The router has no DMZ host that would get everything.", JA: "ルーターにDMZの設定はありません。"})
	case slices.Contains(c.Addresses, r.DMZ):
		known[dmzHere] = say(lang.Text{EN: "The router sends everything that no forward names to this machine, {{.DMZ}} (DMZ host).", JA: "ルーターは、転送設定のないポートあての通信をすべてこの機器({{.DMZ}})へ送ります(DMZ設定)。"}, pairs...)
		if r.Whole {
			delete(known, forwardMissing)
			known[byDMZ] = say(lang.Text{EN: "No forward names the port: it falls to the DMZ host.", JA: "このポートの転送設定はないため、DMZ設定のとおりに送られます。"})
		}
	case r.DMZ.IsValid():
		known[dmzElsewhere] = say(lang.Text{EN: "The router sends everything that no forward names to {{.DMZ}} (DMZ host), not to this machine.", JA: "ルーターは、転送設定のないポートあての通信をすべて {{.DMZ}} へ送ります(DMZ設定)。この機器ではありません。"}, pairs...)
	}
}

// learnBlocks takes in what the router's packet filter stops.
func (c Case) learnBlocks(known map[fact]said, r Router) {
	switch {
	case slices.Contains(r.Blocks, exposure.RouterPort{Transport: c.Transport, Port: c.Port}):
		known[routerBlocks] = say(lang.Text{EN: "The router's packet filter stops {{.Transport}} port {{.Port}}, as you say.", JA: "ルーターのパケットフィルターが {{.Transport}} の {{.Port}} 番を止めています(利用者の申告)。"}, c.pairs()...)
	case r.NoBlocks, len(r.Blocks) > 0:
		known[routerPasses] = say(lang.Text{EN: "The router's packet filter does not stop the port, as you say.", JA: "ルーターのパケットフィルターはこのポートを止めていません(利用者の申告)。"})
	}
}

// learnFilter6 takes in the router's filter for IPv6.
func (c Case) learnFilter6(known map[fact]said, f exposure.RouterFilter6) {
	_, opened := known[forwardRight]
	switch {
	case !f.On:
		known[sixOpen] = say(lang.Text{EN: "The router's packet filter for IPv6 is off.", JA: "ルーターのIPv6フィルターは無効です。"})
	case opened:
	case f.Whole:
		known[sixKept] = say(lang.Text{EN: "The router's packet filter for IPv6 is on, and lets nobody come to this port of this machine.", JA: "ルーターのIPv6フィルターは有効で、この機器のこのポートを通す設定がありません。"})
	default:
		known[sixFiltered] = say(lang.Text{EN: "The router's packet filter for IPv6 is on.", JA: "ルーターのIPv6フィルターは有効です。"})
	}
}

// learnBarred takes in that it was the router who forbade it, which is certain
// only for an address that is known to be its own. What comes from its outer
// address may be the words of a host behind it too.
func (c Case) learnBarred(known map[fact]said, r Router) {
	for _, o := range c.seen(exposure.ViewOutside) {
		if o.Reason != exposure.AdminProhibited && (o.Reason != exposure.PortUnreach || o.State != exposure.Filtered) {
			continue
		}
		by := o.Address
		if o.By != "" {
			if a, err := netip.ParseAddr(o.By); err == nil {
				by = a.Unmap()
			}
		}
		pairs := []any{"By", by, "Reason", string(o.Reason)}
		switch {
		case by == r.WAN && by == o.Address:
			delete(known, barredByHost)
			known[barredByGate] = say(lang.Text{EN: "From the router's outer address {{.By}} came the answer that it is forbidden ({{.Reason}}).", JA: "ルーターの外側のアドレス {{.By}} から、禁止の通知({{.Reason}})が返りました。"}, pairs...)
		case by == r.WAN || by == r.Gateway || slices.Contains(r.Own, by):
			delete(known, barredByOther)
			known[barredByRouter] = say(lang.Text{EN: "The router itself, {{.By}}, forbids it ({{.Reason}}).", JA: "ルーター自身({{.By}})が禁止しています({{.Reason}})。"}, pairs...)
		}
	}
}

// learnFour takes in, of a port that is looked at over IPv6, whether it is kept
// shut over IPv4.
func (c Case) learnFour(known map[fact]said) {
	var four []netip.Addr
	for _, a := range c.Addresses {
		if a = a.Unmap(); a.Is4() && !a.IsLoopback() && !a.IsLinkLocalUnicast() {
			four = append(four, a)
		}
	}
	if len(four) > 0 && !slices.ContainsFunc(four, reach.Global) {
		known[fourPrivate] = say(lang.Text{EN: "Over IPv4 this machine stands behind a router: its address {{.At}} is private.", JA: "IPv4では、この機器はルーターの内側にあります(アドレス {{.At}} はプライベートです)。"}, "At", four[0])
	}
	shut, open := exposure.Observation{}, false
	for _, o := range c.Observations {
		if o.View != exposure.ViewOutside || !o.Address.Unmap().Is4() {
			continue
		}
		switch o.State {
		case exposure.Open:
			open = true
			known[fourOpen] = say(lang.Text{EN: "Over IPv4 the same port is open from outside too: {{.At}}.", JA: "同じポートは、IPv4でも外から開いています({{.At}})。"}, "At", o.Address)
		case exposure.OpenFiltered:
			open = true
		case exposure.Closed, exposure.Filtered:
			shut = o
		}
	}
	if open {
		return
	}
	if shut.Address.IsValid() {
		known[fourShut] = say(lang.Text{EN: "Over IPv4 the same port cannot be reached from outside: {{.At}} ({{.Reason}}).", JA: "同じポートは、IPv4では外から届きません({{.At}}、{{.Reason}})。"}, "At", shut.Address, "Reason", string(shut.Reason))
		return
	}
	for _, a := range c.Firewall {
		if a.Zone == exposure.ZoneInternetV4 && a.Family == exposure.FirewallIPv4 && (a.Verdict == exposure.FirewallDrop || a.Verdict == exposure.FirewallReject) {
			known[fourShut] = say(lang.Text{EN: "Over IPv4 this machine's packet filter keeps newcomers out of the same port: {{.Rule}}.", JA: "同じポートは、IPv4ではこの機器のパケットフィルターが止めます({{.Rule}})。"}, "Rule", ruleWords(a.Rules))
			return
		}
	}
}

// learnIdentity compares who answers outside with who answers here, by what no
// two machines share: the keys of SSH, and the certificate of TLS. Another
// certificate proves nothing, for a server has several.
func (c Case) learnIdentity(known map[fact]said) {
	keys := func(s exposure.Service) string {
		list := s.Facts.Texts("host_keys")
		var words []string
		for _, k := range list {
			words = append(words, k.Raw())
		}
		slices.Sort(words)
		return strings.Join(words, "\n")
	}
	for _, out := range c.Services {
		if out.View != exposure.ViewOutside || !c.of(out.Address) {
			continue
		}
		for _, in := range c.Services {
			if in.View != exposure.ViewSelf && in.View != exposure.ViewLoopback {
				continue
			}
			pairs := []any{"At", out.Address}
			a, b := keys(out), keys(in)
			switch {
			case a != "" && a == b:
				known[sameService] = say(lang.Text{EN: "At {{.At}} the same SSH host key answers as here.", JA: "{{.At}} では、この機器と同じSSHホスト鍵が応答します。"}, pairs...)
			case a != "" && b != "":
				known[otherService] = say(lang.Text{EN: "At {{.At}} another SSH host key answers than here.", JA: "{{.At}} では、この機器と違うSSHホスト鍵が応答します。"}, pairs...)
			case out.TLS != nil && in.TLS != nil && out.TLS.Certificate != nil && in.TLS.Certificate != nil && out.TLS.Certificate.SHA256 != "" && out.TLS.Certificate.SHA256 == in.TLS.Certificate.SHA256:
				known[sameService] = say(lang.Text{EN: "At {{.At}} the same certificate answers as here.", JA: "{{.At}} では、この機器と同じ証明書のサーバーが応答します。"}, pairs...)
			}
		}
	}
	if _, same := known[sameService]; same {
		delete(known, otherService)
	}
}

// learnGate corrects what was taken for this machine: what answers at the outer
// address of a router need not be it.
func (c Case) learnGate(known map[fact]said) {
	has := func(f fact) bool { _, ok := known[f]; return ok }
	if !has(outsideOpen) || has(ownGlobal) || has(sameService) || has(answeredHere) || c.Zone != exposure.ZoneInternetV4 {
		return
	}
	switch {
	case has(forwardWrong), has(otherService), has(forwardMissing) && has(noDMZ), has(unbound) && (has(notRedirected) || has(filterEmpty)):
		at := c.outsideAt()
		delete(known, outsideOpen)
		known[strangerOpen] = say(lang.Text{EN: "From outside {{.At}} is open, and it is not this machine that answers there.", JA: "外からは {{.At}} が開いて見えますが、応答しているのはこの機器ではありません。"}, "At", at[0])
	}
}

// learnSilence takes silence over UDP for silence where the service is known to
// answer the same question: elsewhere it says nothing.
func (c Case) learnSilence(known map[fact]said) {
	if c.Transport != exposure.UDP || c.Expected == "" || !slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool {
		return (o.View == exposure.ViewSelf || o.View == exposure.ViewLoopback) && o.State == exposure.Open && o.Reason == exposure.ProtoResponse
	}) {
		return
	}
	for view, f := range map[exposure.View]struct{ open, silent fact }{exposure.ViewOutside: {outsideOpen, outsideSilent}, exposure.ViewLAN: {lanOpen, lanSilent}} {
		for _, o := range c.seen(view) {
			if _, open := known[f.open]; !open && o.State == exposure.OpenFiltered && o.Reason == exposure.NoResponse {
				known[f.silent] = say(lang.Text{EN: "{{.At}} did not answer a question of {{.Protocol}}, which the service answers here.", JA: "{{.At}} は {{.Protocol}} の問い合わせに答えません(この機器の中では答えます)。"}, "At", o.Address, "Protocol", c.Expected)
			}
		}
	}
}
