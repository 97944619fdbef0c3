package diagnose

import (
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// cause is one reason that a port can have. Each alternative of shown is a set
// of facts that make it so, each of suggested one that makes it likely and no
// more; any fact of excludes rules it out.
type cause struct {
	id        string
	link      link // where on the way it lies
	shown     [][]fact
	suggested [][]fact
	excludes  []fact
	// hidden is the symptom under which it is possible though nothing shows it:
	// one of these facts.
	hidden []fact
}

// link is a place on the way: from the process outwards for this machine, and
// from here to there for another host.
type link int

const (
	atProcess link = iota
	atAddress
	atFilter
	atService
	atForward
	atRouter
	atCarrier
	beyond
	atName
	atData
	atHome // the way back in to those inside, who have another one
)

const (
	fromName link = iota
	fromHere
	toHost
	toRouter
	toFilter
	toProcess
	toService
	toData
)

// The facts by which somebody on the other side of a link has seen the port
// open: then nothing on this side of it is the matter.
var (
	seenInside = []fact{takes, selfOpen, lanOpen, outsideOpen, answeredHere}
	seenNear   = []fact{lanOpen, outsideOpen, answeredHere}
	silence    = []fact{lanSilent, outsideSilent}
	answered   = []fact{lanOpen, outsideOpen, lanRefused, outsideRefused}
	// uncarried is what the carrier does not bring to the household at all.
	uncarried = []fact{beforeRouter, mapForeign}
)

// wanted are the causes why a port that should be reachable is not, of this
// machine.
var wanted = behindAll(append([]cause{
	{id: "not-listening", link: atProcess, shown: [][]fact{{unbound, notRedirected}, {unbound, filterEmpty}}, suggested: [][]fact{{unbound, selfRefused}, {unbound, loopRefused}, {unbound}}, excludes: slices.Concat([]fact{loopbackOnly, boundGone, boundFamily, boundOther, redirected, published}, seenInside, []fact{bound})},
	{id: "loopback-only", link: atAddress, shown: [][]fact{{loopbackOnly}}, excludes: slices.Concat([]fact{unbound, boundGone, boundFamily, boundOther}, seenInside, []fact{boundAny})},
	{id: "wrong-address", link: atAddress, shown: [][]fact{{boundGone}, {boundOther}}, suggested: [][]fact{{boundAside}}, excludes: slices.Concat([]fact{unbound, loopbackOnly, boundFamily}, seenInside, []fact{boundAny})},
	{id: "wrong-family", link: atAddress, shown: [][]fact{{boundFamily}}, excludes: append([]fact{unbound, loopbackOnly, boundGone, boundOther, unaddressed}, seenInside...)},
	{id: "no-route", link: atAddress, shown: [][]fact{{unaddressed}}, excludes: append([]fact{boundFamily, boundOther, addressable}, seenInside...)},
	{id: "no-route", link: atFilter, shown: [][]fact{{arrived, notAnswered, noWayBack}, {noWayBack, lanSilent}, {arrived, notAnswered, strays}, {strays, lanSilent}}, excludes: []fact{wayBack, answeredHere, lanOpen}, hidden: []fact{notAnswered, noWayBack, strays}},
	// What this machine's own packet filter sends elsewhere, no process of it gets.
	{id: "not-listening", link: atFilter, shown: [][]fact{{redirectUnheld}}, suggested: [][]fact{{unbound, redirectAway, lanRefused}, {unbound, redirectAway, outsideRefused}}, excludes: append([]fact{filterBlocks, notRedirected}, seenNear...), hidden: []fact{redirectUnheld}},
	{id: "forward-elsewhere", link: atFilter, shown: [][]fact{{bound, redirectAway, lanSilent}, {bound, redirectAway, lanRefused}}, suggested: [][]fact{{bound, redirectAway}}, excludes: append([]fact{unbound, filterBlocks, notRedirected}, seenNear...), hidden: []fact{redirectAway}},
	{id: "host-down", link: atFilter, suggested: [][]fact{{unbound, redirectAway, lanSilent}}, excludes: append([]fact{filterBlocks, notRedirected, bound, lanRefused}, seenNear...), hidden: []fact{redirectAway}},
	{id: "host-firewall", link: atFilter, shown: [][]fact{{filterBlocks}, {arrived, notAnswered, hereOpen, wayBack}, {arrived, refusedHere, hereOpen}}, suggested: [][]fact{{arrived, notAnswered, takes}, {arrived, ignored, selfOpen}, {arrived, refusedHere, takes}}, excludes: append([]fact{filterAccepts, filterEmpty, filterUntried, noWayBack}, seenNear...), hidden: append(slices.Clone(silence), barredByGate)},
	{id: "host-firewall", link: atFilter, shown: [][]fact{{filterBlocks, mutedThere}}, excludes: []fact{filterAccepts, filterEmpty, filterUntried}, hidden: []fact{mutedThere}},
	{id: "adaptive-firewall", link: atService, shown: [][]fact{{shutOut}}, excludes: []fact{stillOpen}, hidden: []fact{shutOut}},
	{id: "service-silent", link: atService, shown: [][]fact{{mute}, {queueFull, selfSilent}, {queueFull, loopSilent}}, suggested: [][]fact{{dumb}, {queueFull}}, excludes: []fact{spoke, spokeOther, hangsUp, turnsAway, shutOut}},
	{id: "service-refuses", link: atService, shown: [][]fact{{hangsUp}, {turnsAway}}, suggested: [][]fact{{forbids}, {unspoken}}, excludes: []fact{spoke, spokeOther, mute, shutOut, queueFull}},
	{id: "service-wrong", link: atService, shown: [][]fact{{spokeOther}}, excludes: []fact{spoke, mute, hangsUp, turnsAway, shutOut, queueFull}, hidden: []fact{spokeOther, unspoken}},
	{id: "tls-broken", link: atService, shown: [][]fact{{tlsExpired}, {tlsBroken}}, suggested: [][]fact{{stalled}, {tlsOld}}, excludes: []fact{unencrypted, tlsFine, shutOut, queueFull}},
	{id: "router-no-forward", link: atForward, shown: unforwarded, suggested: [][]fact{{forwardMissing, privateOnly, outsideSilent}, {forwardMissing, privateOnly, outsideRefused}, {forwardMissing, privateOnly, strangerOpen}, {forwardMissing, privateOnly, barredByGate}}, excludes: append(slices.Clone(uncarried), ownGlobal, forwardRight, forwardWrong, byDMZ, outsideOpen, wanOpen), hidden: []fact{outsideSilent, outsideRefused, barredByGate}},
	{id: "forward-elsewhere", link: atForward, shown: [][]fact{{forwardWrong, outsideSilent}, {forwardWrong, outsideRefused}, {forwardWrong, strangerOpen}, {forwardWrong, barredByGate}, {arrivedAtOther}}, suggested: [][]fact{{strangerOpen, privateOnly}}, excludes: append(slices.Clone(uncarried), ownGlobal, forwardRight, forwardMissing, byDMZ, outsideOpen, wanOpen), hidden: []fact{outsideSilent, outsideRefused, strangerOpen, barredByGate}},
	{id: "router-filter", link: atRouter, shown: routerCuts, suggested: [][]fact{{barredByOther}, {sixFiltered, ownGlobal, outsideSilent}, {barredByGate}}, excludes: append(slices.Clone(uncarried), routerPasses, sixOpen, outsideOpen, wanOpen), hidden: []fact{outsideSilent, barredByGate, barredByOther}},
	{id: "cgnat", link: atCarrier, shown: [][]fact{{wanShared, outsideSilent}, {wanShared, outsideRefused}, {ownShared, outsideSilent}, {ownShared, outsideRefused}}, suggested: [][]fact{{publicOther, outsideSilent}, {publicOther, outsideRefused}, {publicShared, outsideSilent}, {publicShared, outsideRefused}}, excludes: []fact{ownGlobal, wanGlobal, wanPrivate, wanTunnelled, tunnelled, publicSame, mapOwn, mapForeign, outsideOpen, isIPv6}, hidden: []fact{outsideSilent, outsideRefused}},
	{id: "ds-lite", link: atCarrier, shown: [][]fact{{tunnelled, outsideSilent}, {tunnelled, outsideRefused}, {wanTunnelled, outsideSilent}, {wanTunnelled, outsideRefused}}, suggested: [][]fact{{aftrNamed, outsideSilent}, {aftrNamed, outsideRefused}}, excludes: []fact{ownGlobal, wanGlobal, wanPrivate, wanShared, ownShared, publicSame, mapOwn, mapForeign, outsideOpen, isIPv6}, hidden: []fact{outsideSilent, outsideRefused}},
	{id: "map-e-port", link: atCarrier, shown: [][]fact{{mapForeign, outsideSilent}, {mapForeign, outsideRefused}, {mapForeign, mapAnswered}, {mapForeign, unlooked}}, excludes: []fact{mapOwn, mapElsewhere, portsWhole, wanShared, ownShared, wanTunnelled, tunnelled, outsideOpen, isIPv6}, hidden: []fact{outsideSilent, outsideRefused}},
	// A second router may be set up as it should be, and the cut lie behind it.
	{id: "double-nat", link: beyond, shown: [][]fact{{wanPrivate, outsideSilent}, {wanPrivate, outsideRefused}}, excludes: append(slices.Clone(uncarried), ownGlobal, wanGlobal, wanShared, ownShared, wanTunnelled, tunnelled, publicSame, outsideOpen, isIPv6), hidden: []fact{outsideSilent, outsideRefused}},
	{id: "carrier-block", link: beyond, shown: [][]fact{{outsideDivided, outsideOpen, vantageSends, reached}}, suggested: [][]fact{{cutPort, reached, vantageSends, forwardRight, outsideSilent}, {cutPort, reached, vantageSends, ownGlobal, outsideSilent}}, excludes: append(slices.Clone(uncarried), outsideRefused, vantageMute, vantageCannot), hidden: []fact{outsideSilent}},
	{id: "vantage-egress-block", link: beyond, shown: [][]fact{{vantageCannot}, {outsideDivided, outsideOpen, vantageMute}}, suggested: [][]fact{{vantageMute, outsideSilent}, {vantageBlind}}, excludes: append(slices.Clone(uncarried), outsideRefused, vantageSends), hidden: []fact{outsideSilent, vantageBlind}},
	// Nothing arrives, and nothing tells who cut it: what most often does.
	{id: "router-no-forward", link: atForward, suggested: [][]fact{{notArrived, privateOnly, outsideSilent}}, excludes: append(slices.Clone(uncarried), ownGlobal, forwardRight, forwardWrong, byDMZ, outsideOpen, wanOpen), hidden: []fact{notArrived}},
	{id: "router-filter", link: atRouter, suggested: [][]fact{{notArrived, ownGlobal, outsideSilent}}, excludes: append(slices.Clone(uncarried), routerPasses, sixOpen, outsideOpen, wanOpen), hidden: []fact{notArrived}},
	{id: "no-arrival", link: beyond, shown: [][]fact{{notArrived, outsideSilent}, {notArrived, outsideRefused}, {notArrived, lanSilent}}, excludes: []fact{outsideOpen, strangerOpen}, hidden: []fact{notArrived}},
	{id: "reply-lost", link: beyond, shown: [][]fact{{arrived, answeredHere, outsideSilent}, {arrived, answeredHere, lanSilent}}, suggested: [][]fact{{answerChanged}}, excludes: []fact{answerReceived, notArrived, outsideOpen}, hidden: []fact{answeredHere}},
	{id: "dns-failure", link: atName, shown: [][]fact{{nameUnasked}, {nameDenied}}, excludes: []fact{addressed, nameRight, nameElsewhere, nameSuspect, nameMissing, nameHalf}},
	{id: "name-missing", link: atName, shown: [][]fact{{nameMissing, zoneAgrees}}, suggested: [][]fact{{nameMissing}, {nameHalf}}, excludes: []fact{addressed, nameRight, nameElsewhere, nameSuspect, nameUnasked, nameDenied}},
	{id: "name-elsewhere", link: atName, shown: [][]fact{{nameElsewhere}}, suggested: [][]fact{{nameSuspect}}, excludes: []fact{addressed, nameRight, nameMissing, nameHalf, nameUnasked, nameDenied}},
}, append(ftpCauses(atData), hairpinCause)...))

// hairpinCause cuts nobody off but those inside, so that it comes after all that
// cuts others off.
var hairpinCause = cause{id: "hairpin-missing", link: atHome, shown: [][]fact{{hairpinSilent, outsideOpen}, {hairpinRefused, outsideOpen}}, excludes: []fact{hairpinOpen}, hidden: []fact{hairpinSilent}}

// behindAll has an arrival rule out what cuts the way before this machine: every
// cause that an outside view shows as silence, from the forward on.
func behindAll(list []cause) []cause {
	for i, x := range list {
		if x.link < atForward || !slices.Contains(x.hidden, outsideSilent) && !slices.Contains(x.hidden, notArrived) {
			continue
		}
		list[i].excludes = append(slices.Clone(x.excludes), arrived)
		if x.id != "forward-elsewhere" { // which is how it comes to another port
			list[i].excludes = append(list[i].excludes, arrivedAtOther)
		}
	}
	return list
}

// farAway are the causes why a port of another host is not reachable from here.
var farAway = append([]cause{
	{id: "dns-failure", link: fromName, shown: [][]fact{{nameUnasked}, {nameDenied}}, excludes: []fact{addressed, nameGiven, nameMissing}},
	{id: "name-missing", link: fromName, shown: [][]fact{{nameMissing, zoneAgrees}}, suggested: [][]fact{{nameMissing}}, excludes: []fact{addressed, nameGiven, nameUnasked, nameDenied}},
	{id: "name-elsewhere", link: fromName, shown: [][]fact{{nameDiffers, rightOpen}}, suggested: [][]fact{{nameDiffers}}, excludes: []fact{addressed, nameAgreed, lanOpen, outsideOpen}, hidden: []fact{nameDiffers}},
	{id: "egress-blocked", link: fromHere, shown: [][]fact{{egressRule}, {notPermitted}}, excludes: []fact{lanOpen, outsideOpen, unhindered, ruledOut, atHost, barredByHost, barredByOther, neighbourMute, gatewayMute, unrouted, midway, cutMidway, missedByRouter}, hidden: []fact{quietNear, quietFar, quietUDP, refusedFar}},
	// A rule of this machine that may stop it is asked before the host is blamed.
	{id: "egress-blocked", link: fromHere, suggested: [][]fact{{egressDoubts, quietNear}, {egressDoubts, quietFar}}, excludes: []fact{lanOpen, outsideOpen, atHost, barredByHost, barredByOther, neighbourMute, gatewayMute, unrouted, midway, cutMidway, missedByRouter, ruledOut}, hidden: []fact{egressDoubts}},
	{id: "no-route", link: fromHere, shown: [][]fact{{ruledOut}}, excludes: []fact{spoke, spokeOther}, hidden: []fact{ruledOut}},
	{id: "no-route", link: fromHere, shown: [][]fact{{unrouted}, {gatewayMute}}, excludes: append([]fact{reached, echoed, neighbourMute, neighbourSeen, onLink, cannotSend, barredByHost, barredByOther, midway, cutMidway, atHost, missedByRouter, egressRule, notPermitted}, answered...), hidden: []fact{unrouted, gatewayMute, quietFar, quietUDP}},
	{id: "host-down", link: toHost, shown: [][]fact{{neighbourMute}}, suggested: [][]fact{{missedByRouter}}, excludes: append([]fact{reached, echoed, barredByHost, atHost, midway, cutMidway, egressRule, notPermitted, proxyOpen}, answered...), hidden: []fact{neighbourMute, quietNear, quietFar, quietUDP, missedByRouter}},
	{id: "router-filter", link: toRouter, shown: [][]fact{{barredByOther}, {cutMidway}, {midway}, {missedByRouter, reached}}, excludes: []fact{lanOpen, outsideOpen, barredByHost, atHost, onLink, egressRule, notPermitted, quietNear}, hidden: []fact{barredByOther, quietFar, quietUDP, refusedFar, missedByRouter}},
	// Silence alone proves no filter: Linux drops newcomers silently too where a
	// service takes no more connections.
	{id: "host-firewall", link: toFilter, shown: [][]fact{{barredByHost}}, suggested: [][]fact{{quietNear, reached}, {quietNear, echoed}, {quietNear, neighbourSeen}}, excludes: []fact{lanOpen, outsideOpen, neighbourMute, midway, cutMidway, missedByRouter, egressRule, notPermitted}, hidden: []fact{quietNear, quietFar, quietUDP, refusedNear, refusedFar}},
	{id: "not-listening", link: toProcess, shown: [][]fact{{refusedNear}, {refusedFar}}, excludes: []fact{lanOpen, outsideOpen, midway, egressRule, proxyOpen}},
	{id: "all-ports-answer", link: toService, shown: [][]fact{{everyAnswers}}, excludes: []fact{spoke, spokeOther, turnsAway}, hidden: []fact{everyAnswers}},
	{id: "adaptive-firewall", link: toService, shown: [][]fact{{shutOut}}, excludes: []fact{stillOpen}, hidden: []fact{shutOut}},
	{id: "service-silent", link: toService, shown: [][]fact{{mute}}, suggested: [][]fact{{dumb}}, excludes: []fact{spoke, spokeOther, hangsUp, turnsAway, shutOut, everyAnswers}, hidden: []fact{mute, quietUDP}},
	{id: "service-refuses", link: toService, shown: [][]fact{{hangsUp}, {turnsAway}}, suggested: [][]fact{{forbids}, {unspoken}}, excludes: []fact{spoke, spokeOther, mute, shutOut, everyAnswers}},
	{id: "service-wrong", link: toService, shown: [][]fact{{spokeOther}}, excludes: []fact{spoke, mute, hangsUp, turnsAway, shutOut, everyAnswers}},
	{id: "tls-broken", link: toService, shown: [][]fact{{tlsExpired}, {tlsBroken}}, suggested: [][]fact{{stalled}, {tlsOld}}, excludes: []fact{unencrypted, tlsFine, shutOut}},
}, ftpCauses(toData)...)

// unwanted are the causes why a port is reachable that should not be.
var unwanted = []cause{
	{id: "container-published", link: atProcess, shown: [][]fact{{published}, {redirected, filterAccepts}}, excludes: []fact{notRedirected, strangerOpen}},
	// What a router lets in, it and nobody behind it lets in.
	{id: "opened-by-upnp", link: atFilter, shown: [][]fact{{forwardLeased, outsideOpen}, {forwardLeased, strangerOpen}}, suggested: [][]fact{{forwardListed, outsideOpen}, {forwardListed, strangerOpen}}, excludes: []fact{forwardMissing, forwardByHand, leaseMissing, byDMZ, ownGlobal, ofLAN, isIPv6}},
	{id: "forward-elsewhere", link: atFilter, shown: [][]fact{{forwardWrong, strangerOpen}}, excludes: []fact{arrived, forwardRight, forwardMissing, forwardLeased, byDMZ, ownGlobal, ofLAN, isIPv6}, hidden: []fact{strangerOpen}},
	{id: "router-dmz", link: atFilter, shown: [][]fact{{byDMZ, outsideOpen}, {dmzElsewhere, forwardMissing, strangerOpen}, {outsideOpen, takes, forwardMissing, privateOnly}}, suggested: [][]fact{{dmzHere, outsideOpen}}, excludes: []fact{noDMZ, forwardRight, forwardWrong, ownGlobal, ofLAN, isIPv6}},
	{id: "router-itself", link: atFilter, shown: [][]fact{{strangerOpen, forwardMissing, noDMZ}, {strangerOpen, byDMZ}}, suggested: [][]fact{{strangerOpen}}, excludes: []fact{answeredHere, sameService, dmzElsewhere, forwardRight, forwardWrong, ownGlobal, ofLAN, isIPv6}},
	{id: "ipv6-unfiltered", link: atFilter, shown: [][]fact{{outsideOpen, ownGlobal, isIPv6, fourShut}, {outsideOpen, ownGlobal, isIPv6, sixOpen}}, excludes: []fact{filterBlocks, fourOpen, isIPv4, ofLAN}},
	{id: "ipv6-unfiltered", link: atFilter, suggested: [][]fact{{outsideOpen, ownGlobal, isIPv6, fourPrivate}}, excludes: []fact{filterBlocks, filterAllowing, fourOpen, isIPv4, ofLAN}},
	{id: "firewall-off", link: atFilter, shown: [][]fact{{filterEmpty}, {filterLax, filterAccepts}}, excludes: []fact{filterAllowing, filterBlocks, redirected, strangerOpen, forwardLeased, byDMZ, forwardMissing, fourShut, sixOpen}},
	{id: "allow-rule", link: atFilter, shown: [][]fact{{filterAllowing}}, excludes: []fact{filterEmpty, filterLax, filterUnruled, filterBlocks, redirected, strangerOpen, forwardLeased, byDMZ, forwardMissing}},
}

// unforwarded and routerCuts show what a router does of itself.
var (
	unforwarded = [][]fact{
		{forwardMissing, noDMZ, privateOnly, outsideSilent},
		{forwardMissing, noDMZ, privateOnly, outsideRefused},
		{forwardMissing, noDMZ, privateOnly, strangerOpen},
		{forwardMissing, noDMZ, privateOnly, barredByGate},
		{forwardMissing, dmzElsewhere, privateOnly, outsideSilent},
		{forwardMissing, dmzElsewhere, privateOnly, outsideRefused},
		{forwardMissing, dmzElsewhere, privateOnly, strangerOpen},
		{forwardMissing, dmzElsewhere, privateOnly, barredByGate},
	}
	routerCuts = [][]fact{
		{barredByRouter},
		{barredByGate, forwardRight, wanGlobal},
		{routerBlocks, outsideSilent},
		{routerBlocks, outsideRefused},
		{routerBlocks, barredByGate},
		{sixKept, ownGlobal, outsideSilent},
		{sixKept, ownGlobal, outsideRefused},
		{sixKept, ownGlobal, barredByOther},
	}
)

// decision is what was found.
type decision struct {
	id        string
	certainty exposure.Certainty
	evidence  []fact
	rivals    []string
}

// decide names the cause: the first on the way that is shown. It is proven when
// every other cause at that link or before it is excluded by a fact; what lies
// beyond does not matter any more.
func decide(c Case, known map[fact]said) decision {
	list := c.causes()
	has := func(f fact) bool { _, ok := known[f]; return ok }
	if has(wayChanged) {
		return decision{id: "inconclusive", certainty: exposure.CausePossible, evidence: []fact{wayChanged}}
	}
	if d, ok := shut(c, has); ok {
		return d
	}
	for _, x := range list {
		if slices.ContainsFunc(x.excludes, has) {
			continue
		}
		if facts, ok := held(x.shown, has); ok {
			return weigh(x, list, decision{id: x.id, certainty: exposure.CauseProven, evidence: slices.Clone(facts)}, has)
		}
		if facts, ok := held(x.suggested, has); ok {
			return weigh(x, list, decision{id: x.id, certainty: exposure.CauseLikely, evidence: slices.Clone(facts)}, has)
		}
	}
	return guess(c, list, has)
}

// shut is the answer about a port that should not be reachable and is not: nobody
// saw it open or got a refusal, and nothing is bound for others, or the packet
// filter keeps them out.
func shut(c Case, has func(fact) bool) (decision, bool) {
	if !c.Unwanted || !c.Own || slices.ContainsFunc([]fact{lanOpen, lanRefused, outsideOpen, outsideRefused, strangerOpen, redirected, published}, has) {
		return decision{}, false
	}
	for _, f := range []fact{unbound, loopbackOnly, filterBlocks} {
		if !has(f) {
			continue
		}
		d := decision{id: "ok", certainty: exposure.CauseLikely, evidence: []fact{f}}
		for _, sure := range []fact{notRedirected, filterEmpty} {
			if has(sure) {
				d.certainty, d.evidence = exposure.CauseProven, append(d.evidence, sure)
				break
			}
		}
		return d, true
	}
	return decision{}, false
}

// held is the first of several sets of facts that are all known.
func held(sets [][]fact, has func(fact) bool) ([]fact, bool) {
	for _, facts := range sets {
		if all(facts, has) {
			return facts, true
		}
	}
	return nil, false
}

// weigh adds what speaks against the other causes up to the link of the one that
// was found, and names those that nothing speaks against.
func weigh(x cause, list []cause, d decision, has func(fact) bool) decision {
	for _, y := range list {
		if y.id == x.id || y.link > x.link || !y.possible(has) || slices.ContainsFunc(y.excludes, func(f fact) bool { return slices.Contains(d.evidence, f) }) {
			continue
		}
		if i := slices.IndexFunc(y.excludes, has); i >= 0 {
			d.evidence = append(d.evidence, y.excludes[i])
			continue
		}
		d.certainty = exposure.CauseLikely
		if !slices.Contains(d.rivals, y.id) {
			d.rivals = append(d.rivals, y.id)
		}
	}
	return d
}

// possible reports whether the symptom leaves room for a cause. One that is
// possible whatever the symptom is must be excluded.
func (y cause) possible(has func(fact) bool) bool {
	return len(y.hidden) == 0 || slices.ContainsFunc(y.hidden, has)
}

// guess is the answer where nothing is shown: all is well, or what the symptom
// leaves possible, likeliest first.
func guess(c Case, list []cause, has func(fact) bool) decision {
	if !c.Unwanted {
		for _, f := range []fact{outsideOpen, lanOpen, accepted} {
			if has(f) && !has(outsideDivided) && !has(mutedThere) && !has(unspoken) && (has(spoke) || c.Transport == exposure.UDP || c.Expected == "") {
				d := decision{id: "ok", certainty: exposure.CauseProven, evidence: []fact{f}}
				if f == outsideOpen && c.Own {
					d = opened(d, has)
				}
				if c.Own && f == lanOpen && c.Zone != exposure.ZoneLAN {
					d.certainty = exposure.CausePossible
				}
				if has(spoke) {
					d.evidence = append(d.evidence, spoke)
				}
				if has(ftpPassiveFine) {
					d.evidence = append(d.evidence, ftpPassiveFine)
				} else if has(ftpUntried) && d.certainty == exposure.CauseProven {
					d.certainty, d.evidence = exposure.CauseLikely, append(d.evidence, ftpUntried)
				}
				return d
			}
		}
		if has(answeredHere) && !slices.ContainsFunc(silence, has) && c.Expected == "" {
			return decision{id: "ok", certainty: exposure.CauseLikely, evidence: []fact{arrived, answeredHere}}
		}
		if c.Own && c.Zone == exposure.ZoneLAN && has(takes) && (has(filterAccepts) || has(filterEmpty)) && has(selfOpen) && !slices.ContainsFunc(unlike, has) {
			d := decision{id: "ok", certainty: exposure.CauseLikely, evidence: []fact{takes, selfOpen}}
			for _, f := range []fact{filterAccepts, filterEmpty, spoke} {
				if has(f) {
					d.evidence = append(d.evidence, f)
				}
			}
			return d
		}
	}
	var open []string
	for _, x := range list {
		if !slices.ContainsFunc(x.excludes, has) && slices.ContainsFunc(x.hidden, has) && !slices.Contains(open, x.id) {
			open = append(open, x.id)
		}
	}
	slices.SortStableFunc(open, func(a, b string) int { return likelihood(a) - likelihood(b) })
	var evidence []fact
	for _, f := range []fact{contradicted, mutedThere, takes, selfOpen, loopOpen, filterAccepts, filterEmpty, filterDoubts, spoke, lanSilent, lanRefused, outsideSilent, outsideRefused, wanGlobal, forwardRight, reached, outsideDivided, vantageSends, cutPort, publicSame, publicOther, aftrNamed, mapOwn, mapElsewhere, mapRuleless, echoed, neighbourSeen, quietUDP, trailEnds, egressPasses, cannotSend, proxyOpen} {
		if has(f) {
			evidence = append(evidence, f)
		}
	}
	switch {
	case len(open) == 0:
		return decision{id: "inconclusive", certainty: exposure.CausePossible, evidence: evidence}
	case has(mapRuleless) && slices.Contains(open, "map-e-port"): // without its ports nothing can be told
		return decision{id: "inconclusive", certainty: exposure.CausePossible, evidence: evidence, rivals: open}
	case len(open) == 1:
		return decision{id: open[0], certainty: exposure.CauseLikely, evidence: evidence}
	}
	return decision{id: open[0], certainty: exposure.CausePossible, evidence: evidence, rivals: open[1:]}
}

// unlike are the facts that speak against a port's being well.
var unlike = []fact{lanRefused, lanSilent, barredByOther, barredByHost, redirectUnheld, redirectAway, noWayBack, strays, queueFull, unrouted, mutedThere}

// reachesHere are the facts by which what is open outside is this machine. Over
// a router's address anybody behind it may answer, and the router too.
var reachesHere = []fact{ownGlobal, answeredHere, answerReceived, arrived, sameService, forwardRight, byDMZ}

// opened says how sure it is that what is open outside is this machine's port.
func opened(d decision, has func(fact) bool) decision {
	if i := slices.IndexFunc(reachesHere, has); i >= 0 {
		d.evidence = append(d.evidence, reachesHere[i])
		return d
	}
	d.certainty, d.rivals = exposure.CauseLikely, []string{"forward-elsewhere", "router-itself"}
	return d
}

// likeliest are causes of silence by how often they are the one, where nothing
// decides between them.
var likeliest = []string{
	"router-no-forward", "host-firewall", "host-down", "not-listening", "service-silent", "forward-elsewhere", "router-filter",
	"cgnat", "ds-lite", "map-e-port", "double-nat", "carrier-block", "egress-blocked", "no-route", "vantage-egress-block",
}

// likelihood is the place of a cause among the likeliest, and behind them.
func likelihood(id string) int {
	if i := slices.Index(likeliest, id); i >= 0 {
		return i
	}
	return len(likeliest)
}

func (c Case) causes() []cause {
	switch {
	case c.Unwanted:
		return unwanted
	case c.Own:
		return wanted
	}
	return farAway
}

func all(facts []fact, has func(fact) bool) bool {
	return !slices.ContainsFunc(facts, func(f fact) bool { return !has(f) })
}

// tests are what would decide whether a cause is the one, where the evidence
// leaves it possible.
var tests = map[string]lang.Text{
	"not-listening":        {EN: "Ask again as root: then the sockets of all users are seen.", JA: "管理者権限で調べ直すと、全ユーザーの待ち受けが見えます。"},
	"loopback-only":        {EN: "sekisho local shows which address it is bound to.", JA: "sekisho local で、どのアドレスで待ち受けているかを確かめます。"},
	"wrong-address":        {EN: "sekisho local shows which address it is bound to.", JA: "sekisho local で、どのアドレスで待ち受けているかを確かめます。"},
	"wrong-family":         {EN: "sekisho local shows which family it is bound to.", JA: "sekisho local で、IPv4とIPv6のどちらで待ち受けているかを確かめます。"},
	"host-firewall":        {EN: "Ask as root, which lets the rules be read, or look from another host of the network: sekisho scan {{.Address}} -p {{.Ports}}", JA: "管理者権限で規則を読むか、同じネットワークの別の機器から調べます: sekisho scan {{.Address}} -p {{.Ports}}"},
	"adaptive-firewall":    {EN: "Wait as long as such bans last, 10 minutes say, and try once; or try from another address.", JA: "締め出しが解ける時間(例えば10分)を置いて一度だけ試すか、別のアドレスから試します。"},
	"service-silent":       {EN: "Talk to it by hand: sekisho connect --interactive {{.Address}} {{.Port}}", JA: "手で話しかけてみます: sekisho connect --interactive {{.Address}} {{.Port}}"},
	"service-refuses":      {EN: "Try from an address that its access list names, and read its log.", JA: "アクセス制限で許可したアドレスから試し、サービスのログを読みます。"},
	"service-wrong":        {EN: "sekisho check {{.Address}} -p {{.Ports}} names what answers.", JA: "sekisho check {{.Address}} -p {{.Ports}} で、何が応答しているかが分かります。"},
	"ftp-passive-address":  {EN: "sekisho test ftp {{.Address}} -p {{.Port}}, run where the clients are, shows the address that PASV answers.", JA: "クライアント側で sekisho test ftp {{.Address}} -p {{.Port}} を実行すると、PASVの返事のアドレスが分かります。"},
	"ftp-passive-blocked":  {EN: "sekisho test ftp {{.Address}} -p {{.Port}}, run where the clients are, tries the data ports.", JA: "クライアント側で sekisho test ftp {{.Address}} -p {{.Port}} を実行すると、データ用ポートを試せます。"},
	"ftp-active-blocked":   {EN: "Run sekisho test ftp {{.Address}} -p {{.Port}} from a host without a firewall and router before it.", JA: "ファイアウォールもルーターも間にない機器から、sekisho test ftp {{.Address}} -p {{.Port}} を実行します。"},
	"tls-broken":           {EN: "sekisho test tls {{.Address}} -p {{.Port}} tells what is wrong with it.", JA: "sekisho test tls {{.Address}} -p {{.Port}} で、どこが悪いかが分かります。"},
	"cgnat":                {EN: "Read the outer address on the router's status page: one of 100.64.0.0/10 is shared.", JA: "ルーターの状態画面で外側のアドレスを見ます。100.64.0.0/10 なら共有アドレスです。"},
	"ds-lite":              {EN: "Read the outer address on the router's status page: one of 192.0.0.0/29, or the word DS-Lite, means that IPv4 runs through the carrier's translator.", JA: "ルーターの状態画面を見ます。外側のアドレスが 192.0.0.0/29 か、接続方式がDS-Liteなら、IPv4は事業者の変換装置を通っています。"},
	"map-e-port":           {EN: "Read the list of usable ports on the router's status page, or give the carrier's rule: sekisho diagnose {{.Port}}/{{.Transport}} --map-e-rule FILE", JA: "ルーターの状態画面で使えるポートの一覧を見るか、事業者のルールを渡します: sekisho diagnose {{.Port}}/{{.Transport}} --map-e-rule FILE"},
	"double-nat":           {EN: "Read the outer address on the router's status page: a private one means a second router.", JA: "ルーターの状態画面で外側のアドレスを見ます。プライベートアドレスならもう一台ルーターがあります。"},
	"router-no-forward":    {EN: "Look at the router's list of forwards for {{.Transport}} port {{.Port}}.", JA: "ルーターのポート転送の一覧で、{{.Transport}} の {{.Port}} 番を確かめます。"},
	"forward-elsewhere":    {EN: "Compare the inner address of the router's forward with {{.Address}}.", JA: "ルーターの転送先アドレスが {{.Address}} かどうかを比べます。"},
	"router-filter":        {EN: "Look at the router's packet filter for {{.Transport}} port {{.Port}}.", JA: "ルーターのフィルター設定で、{{.Transport}} の {{.Port}} 番を確かめます。"},
	"carrier-block":        {EN: "Let the service listen on a port above 1024 too, and look at that one from outside.", JA: "1024番より上の番号でも待ち受けさせ、外からその番号を調べます。"},
	"vantage-egress-block": {EN: "Look from another vantage.", JA: "別の観測点から調べます。"},
	"egress-blocked":       {EN: "Try another port of a host that is known to work: sekisho scan HOST -p 80,443", JA: "動いていると分かっている相手の別のポートを試します: sekisho scan HOST -p 80,443"},
	"host-down":            {EN: "Look whether the host is switched on and connected.", JA: "相手の機器の電源と接続を確かめます。"},
	"all-ports-answer":     {EN: "Ask a port that nobody has, by its protocol: sekisho check {{.Address}} -p {{.Port}}", JA: "使われていないはずのポートに、プロトコルで話しかけてみます: sekisho check {{.Address}} -p {{.Port}}"},
	"no-route":             {EN: "Look at this machine's address and gateway: sekisho local", JA: "この機器のアドレスとゲートウェイを確かめます: sekisho local"},
	"container-published":  {EN: "docker ps shows what containers publish.", JA: "docker ps で、コンテナが公開しているポートが分かります。"},
	"firewall-off":         {EN: "Ask as root, which lets the rules be read.", JA: "管理者権限で調べると、規則が読めます。"},
	"allow-rule":           {EN: "Ask as root, which lets the rules be read.", JA: "管理者権限で調べると、規則が読めます。"},
	"opened-by-upnp":       {EN: "Look at the router's list of UPnP mappings.", JA: "ルーターのUPnPの一覧を確かめます。"},
	"ipv6-unfiltered":      {EN: "Look at the same port over IPv4 too, and at the router's settings for IPv6.", JA: "同じポートをIPv4でも外から調べ、ルーターのIPv6の設定を確かめます。"},
	"router-itself":        {EN: "Look at the router's settings for management from outside.", JA: "ルーターの、外からの設定画面の許可を確かめます。"},
	"router-dmz":           {EN: "Look whether the router has a DMZ host.", JA: "ルーターのDMZ設定を確かめます。"},
	"dns-failure":          {EN: "Ask another resolver for the name.", JA: "別のDNSサーバーに名前を尋ねます。"},
	"name-missing":         {EN: "Ask another resolver for the name.", JA: "別のDNSサーバーに名前を尋ねます。"},
	"name-elsewhere":       {EN: "Ask the servers of the name's own zone.", JA: "その名前のゾーンのDNSサーバーに直接尋ねます。"},
	"hairpin-missing":      {EN: "Look from outside.", JA: "外から調べます。"},
	"no-arrival":           {EN: "Run it again with --via while somebody changes one device of the way at a time: sekisho diagnose {{.Port}}/{{.Transport}} --watch", JA: "途中の機器の設定を一つずつ変えながら、観測点つきで見続けます: sekisho diagnose {{.Port}}/{{.Transport}} --watch"},
	"reply-lost":           {EN: "Look on the router for a rule that drops answers, and at this machine for a second way out: sekisho local", JA: "ルーターに返事を捨てる規則がないか、この機器に別の出口がないかを確かめます: sekisho local"},
}
