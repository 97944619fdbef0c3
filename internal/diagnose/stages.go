package diagnose

import (
	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// stage is one link of the way as it is shown to the person.
type stage struct {
	id   string
	own  bool // of this machine's ports; otherwise of another host's
	both bool
	look func(c Case, known map[fact]said) (exposure.StageResult, said)
}

// stages is the way, from the process outwards.
var stages = []stage{
	{id: "listening", own: true, look: first(
		cut(unbound), ok(bound),
		otherwise(lang.Text{EN: "Not every socket of this machine could be seen.", JA: "この機器の待ち受けのすべては見えませんでした。"}))},
	{id: "address", own: true, look: first(
		ok(takes), cut(unaddressed), cut(loopbackOnly), cut(boundGone), cut(boundOther), cut(boundFamily),
		otherwise(lang.Text{EN: "Nothing is bound to look at.", JA: "待ち受けがないため、見ていません。"}))},
	{id: "loopback", own: true, look: first(
		ok(loopOpen), cut(loopSilent),
		cut(loopRefused),
		otherwise(lang.Text{EN: "It was not tried on the loopback.", JA: "自機内からは試していません。"}))},
	{id: "self", own: true, look: first(
		ok(selfOpen), cut(selfRefused), cut(selfSilent),
		otherwise(lang.Text{EN: "It was not tried at this machine's own address.", JA: "この機器自身のアドレスでは試していません。"}))},
	{id: "host-firewall", own: true, look: first(
		cut(filterBlocks), cut(redirectUnheld), cut(redirectAway), ok(filterAccepts), ok(filterEmpty), unknown(filterDoubts), unknown(filterAside),
		otherwise(lang.Text{EN: "The packet filter could not be read. Run it as root.", JA: "パケットフィルターの規則を読めませんでした。管理者権限で実行してください。"}))},
	{id: "back", own: true, look: first(cut(noWayBack), cut(strays), ok(wayBack),
		otherwise(lang.Text{EN: "By which way answers leave is not known.", JA: "返事がどの経路で出るかは分かりません。"}))},
	{id: "source", look: first(
		cut(ruledOut), ok(sourced), cut(unrouted),
		otherwise(lang.Text{EN: "From which address and by which router was not looked up.", JA: "送信元アドレスと最初のルーターは調べていません。"}))},
	{id: "name", look: first(
		cut(nameUnasked), cut(nameDenied), cut(nameMissing), cut(nameDiffers), ok(nameAgreed), ok(nameGiven), unknown(addressed),
		otherwise(lang.Text{EN: "Where it leads was not asked.", JA: "どこを指すかは尋ねていません。"}))},
	{id: "route", look: together(lang.Text{EN: "Nothing came back: silence proves nothing of the way.", JA: "何も返ってきません(無応答だけでは経路について何も言えません)。"},
		cut(unrouted), cut(gatewayMute), cut(neighbourMute), cut(missedByRouter), unknown(wayChanged), unknown(cannotSend), ok(echoed), ok(reached), ok(atHost), detail(neighbourSeen), detail(gatewayUp), detail(echoSilent), detail(echoForbidden))},
	{id: "port", look: first(
		ok(lanOpen), ok(outsideOpen), cut(refusedNear), cut(refusedFar), cut(barredByHost), cut(barredByOther), cut(quietNear), cut(quietFar), unknown(quietUDP),
		otherwise(lang.Text{EN: "It could not be asked.", JA: "尋ねられませんでした。"}))},
	{id: "device", look: together(lang.Text{EN: "Nobody answered, and no router says where packets end.", JA: "応答がなく、パケットがどこで消えるかを知らせるルーターもありません。"},
		cut(everyAnswers), cut(midway), cut(cutMidway), cut(barredByOther), ok(atHost), ok(barredByHost), unknown(atLastHop), detail(trailEnds), detail(onLink))},
	{id: "egress", look: together(lang.Text{EN: "What this machine's own packet filter lets out is not known. Run it as root.", JA: "この機器自身のパケットフィルターが何を通すかは分かりません。管理者権限で実行してください。"},
		cut(egressRule), cut(notPermitted), ok(egressPasses), unknown(egressDoubts), detail(proxySet), detail(proxyless))},
	{id: "service", both: true, look: first(
		cut(shutOut), cut(stalled), cut(turnsAway), cut(spokeOther), cut(forbids), cut(mutedThere), ok(spoke), cut(unspoken), cut(mute), cut(queueFull), cut(hangsUp), cut(dumb),
		otherwise(lang.Text{EN: "Nothing was learned of the service.", JA: "サービスについては分かっていません。"}))},
	{id: "lan", own: true, look: lanStage},
	{id: "hairpin", own: true, look: first(
		ok(hairpinOpen), cut(hairpinSilent), cut(hairpinRefused),
		otherwise(lang.Text{EN: "The own global address was not tried from inside.", JA: "宅内から自分のグローバルアドレスでは試していません。"}))},
	{id: "carrier", own: true, look: first(
		cut(mapForeign), cut(ownShared), cut(wanShared), cut(tunnelled), cut(wanTunnelled), cut(publicShared), unknown(publicOther), unknown(wanPrivate), unknown(mapRuleless), unknown(mapElsewhere), unknown(aftrNamed), ok(mapOwn), ok(publicSame), ok(wanGlobal), ok(ownGlobal),
		otherwise(lang.Text{EN: "What lies between the router and the Internet is not known.", JA: "ルーターとインターネットの間に何があるかは分かりません。"}))},
	{id: "outside", own: true, look: outsideStage},
	{id: "arrival", own: true, look: arrivalStage},
	{id: "host-name", own: true, look: hostName},
	{id: "by-name", own: true, look: together(lang.Text{EN: "What came of it cannot be told.", JA: "結果は分かりません。"}, cut(byNameShut), ok(byNameOpen), unknown(byNameInside))},
	{id: "proxy", both: true, look: together(lang.Text{EN: "What came of it cannot be told.", JA: "結果は分かりません。"}, ok(proxyOpen), cut(proxyShut), unknown(proxyUnknown))},
	{id: "tls", both: true, look: first(
		cut(tlsExpired), cut(tlsBroken), cut(tlsOld), ok(tlsFine),
		otherwise(lang.Text{EN: "Nothing is known against it.", JA: "問題は見つかっていません。"}))},
	{id: "ftp-data", both: true, look: ftpStage},
}

// outsideStage is what those outside saw, or that one of them got in.
func outsideStage(c Case, known map[fact]said) (exposure.StageResult, said) {
	if s, is := known[accepted]; is && !hasFact(known, outsideDivided) && (c.Zone == exposure.ZoneInternetV4 || c.Zone == exposure.ZoneInternetV6) {
		return exposure.StageOK, s
	}
	return first(
		unknown(outsideDivided), unknown(vantageCannot), ok(outsideOpen), cut(barredByOther), cut(outsideRefused), cut(outsideSilent), unknown(vantageBlind),
		otherwise(lang.Text{EN: "Nobody outside looked.", JA: "インターネット側からは見ていません。"}))(c, known)
}

// outcome is what a stage is when a fact is known.
type outcome struct {
	fact   fact
	result exposure.StageResult
	said   said // of no fact
}

func ok(f fact) outcome      { return outcome{fact: f, result: exposure.StageOK} }
func cut(f fact) outcome     { return outcome{fact: f, result: exposure.StageCut} }
func unknown(f fact) outcome { return outcome{fact: f, result: exposure.StageUnknown} }
func otherwise(t lang.Text) outcome {
	return outcome{result: exposure.StageUnknown, said: say(t)}
}

// first is the look of a stage that the first known fact of a list decides.
func first(list ...outcome) func(Case, map[fact]said) (exposure.StageResult, said) {
	return func(_ Case, known map[fact]said) (exposure.StageResult, said) {
		for _, o := range list {
			if o.fact == "" {
				return o.result, o.said
			}
			if s, ok := known[o.fact]; ok {
				return o.result, s
			}
		}
		return exposure.StageUnknown, said{}
	}
}
