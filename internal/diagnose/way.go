package diagnose

import (
	"net/netip"
	"slices"
	"strings"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// Way is what was learned of the way from this machine to one address, beside
// what was seen of the port itself.
type Way struct {
	Source  netip.Addr // what packets to it come from; not valid: there is no way
	Gateway netip.Addr // the router that they go to first; not valid on the link itself
	Device  string     // the interface that they leave by
	Known   bool       // whether there is a router was read, not guessed
	Ruled   bool       // a rule of routing leaves packets of programs for this very port no way
	// Hardware is the link address of the address itself, or of the gateway, that
	// was heard lately.
	Hardware string
	// Echo and GatewayEcho are what came of ICMP echoes.
	Echo, GatewayEcho Echo
	// Distance is how many hops away the one is who answers at another port of the
	// address, 0 when that is not known; Trail is how far packets for the port go.
	Distance int
	Trail    Trail
	Proxies  []exposure.ProxySetting // that programs of this machine take for the host
	// Output is what this machine's own packet filter does with what is sent to
	// the port; nil when it could not be read.
	Output *exposure.FirewallAnswer
	// Forbidden is that the kernel refused to send (EPERM), which only a filter of
	// this machine makes it do.
	Forbidden bool
}

// Echo is what came of ICMP echoes to one address.
type Echo string

// What comes of an echo. That it is silent proves nothing.
const (
	EchoUnasked   Echo = ""
	EchoAnswered  Echo = "answered"
	EchoSilent    Echo = "silent"
	EchoForbidden Echo = "forbidden" // this process may send none
)

// Trail is how far packets for a port go. Places are counted in hops.
type Trail struct {
	Port     uint16     // that answered at Distance, to compare with
	Answered int        // where somebody answered, 0 for nobody
	By       netip.Addr // the router there, as it called itself for the other port
	Before   netip.Addr // the router one hop before
	Last     int        // the farthest router that said packets died there
	LastBy   netip.Addr
	Next     netip.Addr // the router behind it, that packets for the other port come to
	// Left and OtherLeft are with how many hops left answers of the port and of the
	// other one came (TTL, hop limit), 0 where that could not be seen.
	Left, OtherLeft int
}

// nearer reports whether answers that came with so many hops left come from a
// device nearer than the host, and equal whether they are as far away. Systems
// begin with 64, 128 or 255 hops, so that a difference alone tells little.
func (t Trail) nearer() bool {
	began := func(left int) int {
		for _, n := range []int{32, 64, 128} {
			if left <= n {
				return n
			}
		}
		return 255
	}
	return t.Left > 0 && t.OtherLeft > 0 && began(t.Left)-t.Left < began(t.OtherLeft)-t.OtherLeft
}

func (t Trail) equal() bool { return t.Left > 0 && t.Left == t.OtherLeft }

// The facts of the way to another host.
const (
	sourced        fact = "sourced"
	onLink         fact = "on-link"
	gated          fact = "gated"
	echoed         fact = "echoed"
	echoSilent     fact = "echo-silent"
	echoForbidden  fact = "echo-forbidden"
	gatewayUp      fact = "gateway-up"
	gatewayMute    fact = "gateway-mute"
	neighbourSeen  fact = "neighbour-seen"
	missedByRouter fact = "missed-by-router" // a router says that the host is not there
	quietNear      fact = "quiet-near"       // silent, with no router between
	quietFar       fact = "quiet-far"
	quietUDP       fact = "quiet-udp" // which is what an open port may be too
	refusedNear    fact = "refused-near"
	refusedFar     fact = "refused-far"
	atHost         fact = "at-host"     // what answered is as far away as the host
	atLastHop      fact = "at-last-hop" // the same, or the router before it
	midway         fact = "midway"      // what answered is nearer than the host
	cutMidway      fact = "cut-midway"
	trailEnds      fact = "trail-ends"
	egressRule     fact = "egress-rule"
	egressPasses   fact = "egress-passes"
	unhindered     fact = "unhindered" // nothing on this side could have stopped it
	notPermitted   fact = "not-permitted"
	proxySet       fact = "proxy-set"
	proxyless      fact = "proxyless"
	ruledOut       fact = "ruled-out" // a rule of routing speaks of the port
	egressDoubts   fact = "egress-doubts"
	wayChanged     fact = "way-changed"
	everyAnswers   fact = "every-answers"
)

// learnWay is the way to another host, and what silence and refusal mean on it.
func (c Case) learnWay(known map[fact]said) {
	if c.Changed {
		known[wayChanged] = say(lang.Text{EN: "The network of this machine was not the same at the end as at the beginning: an interface, an address or a route came or went meanwhile. Nothing can be concluded; try again.", JA: "調べている間に、この機器のネットワーク(インターフェース、アドレスまたは経路)が変わりました。何も結論できません。もう一度実行してください。"})
	}
	if c.Own {
		return
	}
	near := c.learnRoute(known)
	for _, o := range append(c.seen(exposure.ViewLAN), c.seen(exposure.ViewOutside)...) {
		pairs := append(c.pairs(), "At", o.Address, "Reason", string(o.Reason), "By", o.By)
		quiet, refused := quietFar, refusedFar
		if near(o) {
			quiet, refused = quietNear, refusedNear
		}
		switch {
		case o.State == exposure.Filtered && o.Reason == exposure.NoResponse:
			known[quiet] = say(lang.Text{EN: "{{.At}} did not answer.", JA: "{{.At}} から返事がありません。"}, pairs...)
		case o.State == exposure.OpenFiltered:
			known[quietUDP] = say(lang.Text{EN: "{{.At}} did not answer, which over UDP an open port may do too.", JA: "{{.At}} から返事がありません(UDPでは、開いていても返事がないことがあります)。"}, pairs...)
		case o.State == exposure.Closed:
			known[refused] = say(lang.Text{EN: "{{.At}} refused the connection ({{.Reason}}).", JA: "{{.At}} が接続を拒みました({{.Reason}})。"}, pairs...)
		}
		if o.State == exposure.Unknown && o.Reason == exposure.SynAck && o.By != "" {
			known[midway] = say(lang.Text{EN: "{{.By}} on the way answers in the place of {{.At}}.", JA: "途中の {{.By}} が {{.At}} の代わりに応答しています。"}, pairs...)
		}
		c.learnUnreachable(known, o, near(o), pairs)
	}
	if w := c.Way; w != nil {
		c.learnTrail(known, *w)
		c.learnEgress(known, *w)
	}
	if c.Controls > 0 && c.ControlsOpen*4 >= c.Controls*3 {
		known[everyAnswers] = say(lang.Text{EN: "{{.Open}} of {{.Count}} ports drawn by lot take connections too: something answers for ports that nobody has.", JA: "無作為に選んだ{{.Count}}個のポートのうち{{.Open}}個も接続を受け付けます(使われていないポートにまで、何かが応答しています)。"}, "Open", c.ControlsOpen, "Count", c.Controls)
	}
}

// learnUnreachable tells whose word it is that there is no way: of the kernel
// about the host or about the gateway, or of a router.
func (c Case) learnUnreachable(known map[fact]said, o exposure.Observation, near bool, pairs []any) {
	if o.Reason != exposure.HostUnreach || o.State == exposure.Open {
		return
	}
	switch {
	case o.By == exposure.Local && !near:
		delete(known, neighbourMute)
		gateway := ""
		if c.Way != nil && c.Way.Gateway.IsValid() {
			gateway = c.Way.Gateway.String()
		}
		known[gatewayMute] = say(lang.Text{EN: "The router{{if .Gateway}} {{.Gateway}}{{end}} that the way to {{.At}} begins with does not answer on this network.", JA: "{{.At}} への最初のルーター{{if .Gateway}} {{.Gateway}}{{end}} が、このネットワークで応答しません。"}, append(pairs, "Gateway", gateway)...)
	case o.By != exposure.Local && o.By != "" && o.By != o.Address.String():
		delete(known, unrouted)
		known[missedByRouter] = say(lang.Text{EN: "{{.By}} says that it does not find {{.At}} ({{.Reason}}).", JA: "{{.By}} が、{{.At}} が見つからないと返しました({{.Reason}})。"}, pairs...)
	}
}

// learnRoute is where packets leave this machine; it returns whether there is no
// router between this machine and an address that was looked at.
func (c Case) learnRoute(known map[fact]said) func(exposure.Observation) bool {
	w := c.Way
	if w == nil {
		return func(o exposure.Observation) bool { return o.View == exposure.ViewLAN }
	}
	pairs := append(c.pairs(), "Source", w.Source, "Gateway", w.Gateway, "Device", w.Device, "Hardware", w.Hardware)
	at := "?"
	if len(c.Addresses) > 0 {
		at = c.Addresses[0].String()
	}
	pairs = append(pairs, "At", at)
	switch {
	case !w.Source.IsValid():
		known[unrouted] = say(lang.Text{EN: "This machine has no route to {{.At}}, or one that forbids it: the kernel would not send.", JA: "この機器には {{.At}} への経路がないか、送信を禁じる経路しかありません(カーネルが送信しません)。"}, pairs...)
		for _, f := range []fact{cannotSend, neighbourMute} {
			delete(known, f)
		}
	case w.Ruled:
		known[ruledOut] = say(lang.Text{EN: "This machine has a route to {{.At}}, and a rule of routing (ip rule) that leaves packets for {{.Transport}} port {{.Port}} none.", JA: "この機器には {{.At}} への経路がありますが、{{.Transport}} の {{.Port}} 番あての通信だけは、経路の規則(ip rule)によって送れません。"}, pairs...)
	case w.Gateway.IsValid():
		known[sourced] = say(lang.Text{EN: "Packets leave from {{.Source}} by {{.Device}} and go to the router {{.Gateway}} first.", JA: "{{.Source}} から {{.Device}} を通り、まずルーター {{.Gateway}} へ送られます。"}, pairs...)
		known[gated] = say(lang.Text{EN: "A router stands between: {{.Gateway}}.", JA: "途中にルーターがあります({{.Gateway}})。"}, pairs...)
	case w.Known:
		known[sourced] = say(lang.Text{EN: "Packets leave from {{.Source}} by {{.Device}}, and {{.At}} is on that link itself.", JA: "{{.Source}} から {{.Device}} を通り、{{.At}} へ直接届きます(同じリンク上)。"}, pairs...)
		known[onLink] = say(lang.Text{EN: "No router stands between.", JA: "途中にルーターはありません。"})
	default:
		known[sourced] = say(lang.Text{EN: "Packets leave from {{.Source}}.", JA: "{{.Source}} から送られます。"}, pairs...)
	}
	switch w.Echo {
	case EchoAnswered:
		known[echoed] = say(lang.Text{EN: "{{.At}} answers ICMP echo (ping): it is there.", JA: "{{.At}} はping(ICMPエコー)に応答します(動いています)。"}, pairs...)
	case EchoSilent:
		known[echoSilent] = say(lang.Text{EN: "{{.At}} does not answer ICMP echo (ping), which proves nothing.", JA: "{{.At}} はping(ICMPエコー)に応答しません(それだけでは何も言えません)。"}, pairs...)
	case EchoForbidden:
		known[echoForbidden] = say(lang.Text{EN: "ICMP echo (ping) could not be asked: this user may not.", JA: "ping(ICMPエコー)は、このユーザーの権限では送れませんでした。"})
	}
	if w.GatewayEcho == EchoAnswered {
		known[gatewayUp] = say(lang.Text{EN: "The router {{.Gateway}} answers.", JA: "ルーター {{.Gateway}} は応答します。"}, pairs...)
	}
	if w.Hardware != "" && !w.Gateway.IsValid() {
		known[neighbourSeen] = say(lang.Text{EN: "On the link {{.At}} is at {{.Hardware}}.", JA: "リンク上の {{.At}} のMACアドレスは {{.Hardware}} です。"}, pairs...)
	}
	return func(o exposure.Observation) bool {
		if w.Known {
			return !w.Gateway.IsValid()
		}
		return o.View == exposure.ViewLAN
	}
}

// learnTrail is which device answered, or where packets end, as the hops tell.
func (c Case) learnTrail(known map[fact]said, w Way) {
	t := w.Trail
	pairs := append(c.pairs(), "Other", int(t.Port), "Distance", w.Distance, "Answered", t.Answered, "By", t.By, "Last", t.Last, "LastBy", t.LastBy, "Next", t.Next, "Left", t.Left, "OtherLeft", t.OtherLeft, "Before", t.Before)
	switch {
	case t.Answered > 0 && t.Answered == w.Distance && t.equal():
		known[atHost] = say(lang.Text{EN: "The answer came with {{.Left}} hops left, as those of port {{.Other}} do, and from as far away ({{.Answered}} hops): from the host itself.", JA: "応答の残りホップ数(TTL)は{{.Left}}で、{{.Other}}番の応答と同じです。距離も同じ{{.Answered}}ホップなので、その機器自身が応答しています。"}, pairs...)
	case t.Answered > 0 && t.Answered == w.Distance && t.nearer():
		known[midway] = say(lang.Text{EN: "The answer came with {{.Left}} hops left, those of port {{.Other}} with {{.OtherLeft}}: a device on the way{{if .Before.IsValid}}, {{.Before}} or one before it,{{end}} answered in the host's place.", JA: "応答の残りホップ数(TTL)は{{.Left}}ですが、{{.Other}}番の応答では{{.OtherLeft}}です。途中の機器{{if .Before.IsValid}}({{.Before}} またはその手前){{end}}が代わりに応答しています。"}, pairs...)
	case t.Answered > 0 && t.Answered == w.Distance:
		known[atLastHop] = say(lang.Text{EN: "What answered is {{.Answered}} hops away, as what answers at port {{.Other}} is: the host itself, or the router before it.", JA: "応答したのは{{.Answered}}ホップ先で、{{.Other}}番に応答するものと同じ距離です(その機器自身か、直前のルーターです)。"}, pairs...)
	case w.Distance > 0 && t.Answered > 0 && t.Answered < w.Distance:
		known[midway] = say(lang.Text{EN: "What answered is {{.Answered}} hops away{{if .By.IsValid}} ({{.By}}){{end}}, and the host {{.Distance}}: a device on the way answered in its place.", JA: "応答したのは{{.Answered}}ホップ先{{if .By.IsValid}}({{.By}}){{end}}ですが、その機器は{{.Distance}}ホップ先です(途中の機器が代わりに応答しています)。"}, pairs...)
	case t.Answered == 0 && t.Next.IsValid() && t.Last+1 < w.Distance:
		known[cutMidway] = say(lang.Text{EN: "Packets for the port end behind {{.LastBy}} (hop {{.Last}}), while those for port {{.Other}} go on to {{.Next}} and to the host, {{.Distance}} hops away.", JA: "このポートあてのパケットは {{.LastBy}}({{.Last}}ホップ目)の先で消えますが、{{.Other}}番あては {{.Next}} を経て{{.Distance}}ホップ先の機器まで届きます。"}, pairs...)
	case t.Answered == 0 && t.Last > 0:
		known[trailEnds] = say(lang.Text{EN: "Packets for the port come as far as {{.LastBy}} (hop {{.Last}}); what becomes of them there or behind it nobody says.", JA: "このポートあてのパケットは {{.LastBy}}({{.Last}}ホップ目)までは届きます。その先は分かりません。"}, pairs...)
	}
}

// learnEgress is what stands on this machine's own side.
func (c Case) learnEgress(known map[fact]said, w Way) {
	if a := w.Output; a != nil {
		pairs := append(c.pairs(), "Rule", ruleWords(a.Rules), "Doubt", ruleWords(a.Doubts))
		switch a.Verdict {
		case exposure.FirewallAccept:
			known[egressPasses] = say(lang.Text{EN: "By its rules this machine's own packet filter lets it out.", JA: "規則を計算すると、この機器自身のパケットフィルターは送信を通します。"})
		case exposure.FirewallCannotSay:
			if !slices.ContainsFunc(a.Doubts, func(r exposure.FirewallRule) bool { return r.Handle != 0 || r.Chain.Raw() != "" }) {
				break // it is no rule that makes the doubt
			}
			known[egressDoubts] = say(lang.Text{EN: "What this machine's own packet filter does with it cannot be told: {{.Doubt}}.", JA: "この機器自身のパケットフィルターが送信を通すかは計算できません({{.Doubt}})。"}, pairs...)
		case exposure.FirewallDrop, exposure.FirewallReject:
			known[egressRule] = say(lang.Text{EN: "This machine's own packet filter does not let it out: {{.Rule}}.", JA: "この機器自身のパケットフィルターが送信を止めます({{.Rule}})。"}, pairs...)
			// What the kernel says of a packet that it did not send is of this machine.
			for _, f := range []fact{neighbourMute, gatewayMute, unrouted, missedByRouter, barredByOther, barredByHost, cannotSend, refusedNear, refusedFar, lanRefused, outsideRefused, atHost, midway} {
				delete(known, f)
			}
		}
	}
	_, passes := known[egressPasses]
	if _, near := known[onLink]; near && passes {
		known[unhindered] = say(lang.Text{EN: "Nothing on this side stops it: this machine's packet filter lets it out, and no router stands between.", JA: "こちら側に止めるものはありません(この機器のパケットフィルターは送信を通し、途中にルーターはありません)。"})
	}
	if w.Forbidden && w.Source.IsValid() { // a route may forbid it too (prohibit)
		known[notPermitted] = say(lang.Text{EN: "The kernel of this machine refuses to send (operation not permitted), as it does when a filter of its own says so.", JA: "この機器のカーネルが送信を拒みました(Operation not permitted。自身のフィルターが止めたときの応答です)。"})
		delete(known, cannotSend)
	}
	var words []string
	for _, p := range w.Proxies {
		words = append(words, p.Source+" "+p.URL)
	}
	if len(words) > 0 {
		known[proxySet] = say(lang.Text{EN: "Programs of this machine are set to go through a proxy ({{.Proxies}}); here the way was tried without it. To try it: sekisho connect host {{.Address}} {{.Port}} --proxy URL", JA: "この機器のプログラムはプロキシを通る設定です({{.Proxies}})。ここでは直接の経路を調べました。プロキシ経由で試すには: sekisho connect host {{.Address}} {{.Port}} --proxy URL"}, append(c.pairs(), "Proxies", strings.Join(words, ", "))...)
	} else {
		known[proxyless] = say(lang.Text{EN: "No proxy is set.", JA: "プロキシは設定されていません。"})
	}
}

// together is the look of a stage with a sentence for each fact of a list that is
// known; the first that is no detail decides.
func together(t lang.Text, list ...outcome) func(Case, map[fact]said) (exposure.StageResult, said) {
	return func(_ Case, known map[fact]said) (exposure.StageResult, said) {
		var words paragraphs
		var result exposure.StageResult
		for _, o := range list {
			s, ok := known[o.fact]
			if !ok || slices.ContainsFunc(words, func(w said) bool { return w.Text == s.Text }) {
				continue
			}
			words = append(words, s)
			if result == "" {
				result = o.result
			}
		}
		if len(words) == 0 {
			return exposure.StageUnknown, say(t)
		}
		if result == "" {
			result = exposure.StageUnknown
		}
		return result, sentences(words)
	}
}

// detail is what a stage tells beside what decides about it.
func detail(f fact) outcome { return outcome{fact: f} }

// lanStage is what another host of the LAN saw, or what to run there and how to
// join it where none looked.
func lanStage(c Case, known map[fact]said) (exposure.StageResult, said) {
	for _, o := range []outcome{ok(lanOpen), cut(lanRefused), cut(lanSilent)} {
		if s, is := known[o.fact]; is {
			return o.result, s
		}
	}
	if s, is := known[accepted]; is && c.Zone == exposure.ZoneLAN { // a temporary listener's guest
		return exposure.StageOK, s
	}
	if len(c.others()) == 0 {
		return exposure.StageUnknown, say(lang.Text{EN: "No other host of the network looked.", JA: "LAN内の別の機器からは見ていません。"})
	}
	asked := "t"
	if c.Transport == exposure.UDP {
		asked = "u"
	}
	return exposure.StageUnknown, say(lang.Text{
		EN: "No other host of the network looked. On another PC of it run: sekisho check {{.Address}} -p {{.Asked}}:{{.Port}} -f json -o seen.json. Bring the file here and run: sekisho diagnose {{.Port}}/{{.Transport}} --merge seen.json (check takes --merge too).",
		JA: "LAN内の別の機器からは見ていません。別のPCで sekisho check {{.Address}} -p {{.Asked}}:{{.Port}} -f json -o seen.json を実行し、できたファイルを持ってきて、ここで sekisho diagnose {{.Port}}/{{.Transport}} --merge seen.json を実行します(check でも --merge が使えます)。",
	}, append(c.pairs(), "Asked", asked)...)
}
