package diagnose

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
	"sekisho/internal/reach"
)

// natKinds are what the facts make of the way to the Internet, the surest first.
var natKinds = []struct {
	kind      exposure.NATKind
	by        []fact
	certainty exposure.Certainty
}{
	{exposure.NATDSLite, []fact{tunnelled}, exposure.CauseProven},
	{exposure.NATDSLite, []fact{wanTunnelled}, exposure.CauseProven},
	{exposure.NATCarrier, []fact{ownShared}, exposure.CauseProven},
	{exposure.NATCarrier, []fact{wanShared}, exposure.CauseProven},
	{exposure.NATCarrier, []fact{publicShared}, exposure.CauseProven},
	{exposure.NATMAPE, []fact{mapRuled, mapSeen}, exposure.CauseProven},
	{exposure.NATMAPE, []fact{mapRuled}, exposure.CauseLikely},
	{exposure.NATNone, []fact{ownPublic, publicSame}, exposure.CauseProven},
	{exposure.NATCarrier, []fact{publicOther}, exposure.CauseLikely},
	{exposure.NATDouble, []fact{wanPrivate}, exposure.CauseProven},
	{exposure.NATOne, []fact{privateOnly, wanGlobal, publicSame}, exposure.CauseProven},
	{exposure.NATOne, []fact{privateOnly, wanGlobal}, exposure.CauseLikely},
	{exposure.NATNone, []fact{ownPublic}, exposure.CauseLikely},
	{exposure.NATDSLite, []fact{aftrNamed}, exposure.CauseLikely},
	{exposure.NATMAPE, []fact{mapRuleless}, exposure.CauseLikely},
}

// The facts that only the kind of translation rests on.
const (
	ownPublic fact = "own-public" // this machine's own way out has a public address
	mapRuled  fact = "map-e-ruled"
	mapSeen   fact = "map-e-seen" // outside sees the address that the rule gives
)

// NAT tells what changes addresses between this machine and the Internet over
// IPv4, and how that is known. Wan is the router's outer address, zero when it is
// not known.
func NAT(own []netip.Addr, wan netip.Addr, a Access, tag lang.Tag) exposure.Access {
	c := Case{Own: true, Zone: exposure.ZoneInternetV4, Addresses: own, Access: a}
	if wan.IsValid() {
		c.Router = &Router{WAN: wan}
	}
	known := map[fact]said{}
	c.learnRouter(known)
	c.learnTranslators(known)
	c.learnRuled(known)
	told := exposure.Access{Kind: exposure.NATUnknown, Evidence: []string{}, AFTR: a.AFTR}
	for _, p := range a.Public {
		told.Public = append(told.Public, exposure.PublicSight{Address: p.Address, By: p.By})
	}
	has := func(f fact) bool { _, ok := known[f]; return ok }
	var by []fact
	for _, k := range natKinds {
		if all(k.by, has) {
			told.Kind, told.Certainty, by = k.kind, k.certainty, k.by
			break
		}
	}
	if told.Kind == exposure.NATUnknown {
		for _, f := range []fact{privateOnly, publicSame} {
			if has(f) {
				by = append(by, f)
			}
		}
	}
	for _, f := range by {
		told.Evidence = append(told.Evidence, known[f].in(tag))
	}
	if m := a.Map; m != nil {
		told.MAPE = &exposure.PortSet{IPv4: m.IPv4, PSID: int(m.PSID), PSIDLength: m.PSIDLength, PSIDOffset: m.Offset, Ports: []string{}, Count: m.Count(), Relay: m.Relay, From: a.From}
		for r := range m.Ranges() {
			told.MAPE.Ports = append(told.MAPE.Ports, r.String())
		}
	}
	return told
}

// learnRuled takes in what the rule of MAP-E gives, and that the machine has a
// public address itself.
func (c Case) learnRuled(known map[fact]said) {
	if own := c.Access.Own4; own.IsValid() && reach.Global(own) {
		known[ownPublic] = say(lang.Text{EN: "This machine goes out with {{.Own}}, a public address.", JA: "この機器は、グローバルアドレス {{.Own}} でインターネットに出ます。"}, "Own", own)
	}
	m := c.Access.Map
	switch {
	case m == nil && c.Access.Ruleless:
		known[mapRuleless] = say(lang.Text{EN: "The carrier uses MAP-E, and no rule is known that tells which ports are this household's.", JA: "この回線はMAP-Eですが、使えるポートを計算するためのルールが分かりません。"})
	case m == nil:
	default:
		pairs := []any{"At", m.IPv4, "From", c.Access.From, "Count", m.Count()}
		seen := slices.ContainsFunc(c.Access.Public, func(p Public) bool { return m.IPv4.Contains(p.Address) })
		other := slices.ContainsFunc(c.Access.Public, func(p Public) bool { return p.Address.Is4() })
		if !seen && other { // the rule is of another line than that in use
			return
		}
		known[mapRuled] = say(lang.Text{EN: "By the rule of MAP-E ({{.From}}) this household has {{.At}} with {{.Count}} ports.", JA: "MAP-Eのルール({{.From}})では、この回線は {{.At}} の {{.Count}} 個のポートを使えます。"}, pairs...)
		if seen {
			known[mapSeen] = say(lang.Text{EN: "Outside it is seen as that address.", JA: "外からもそのアドレスで見えます。"})
		}
	}
}
