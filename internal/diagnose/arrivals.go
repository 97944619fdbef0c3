package diagnose

import (
	"net/netip"
	"slices"

	"sekisho/internal/exposure"
	"sekisho/internal/lang"
)

// The facts of a check with two ends: what of a vantage's probes arrived here,
// before the packet filter, what was answered, behind it, and what of that came
// back to the vantage.
const (
	arrived        fact = "arrived"
	notArrived     fact = "not-arrived"
	arrivedAtOther fact = "arrived-at-other-port"
	answeredHere   fact = "answered"
	refusedHere    fact = "refused-here" // by a reset or an ICMP error
	notAnswered    fact = "not-answered" // of TCP, where a listener always answers
	ignored        fact = "ignored"      // the same of UDP, where a service may be silent
	answerReceived fact = "answer-received"
	accepted       fact = "accepted" // a connection came about
	answerChanged  fact = "answer-changed"
	strangerOpen   fact = "stranger-open" // open to the vantage, and not by this machine
	hereOpen       fact = "here-open"     // where the probe arrived it is open to this machine itself
	filterUntried  fact = "filter-untried"
	wayBack        fact = "way-back"
	noWayBack      fact = "no-way-back"
)

// row is the line of the table of a two-ended check that a port falls in: sent
// by the vantage, arrived here, answered here, received by the vantage. Every
// port falls in exactly one.
type row int

const (
	rowUnwatched  row = iota // what arrived is not known
	rowUnsent                // the vantage sent nothing
	rowNotArrived            // and the vantage heard nothing
	rowStranger              // not arrived, and somebody answered the vantage
	rowUnanswered            // arrived, not answered, and the vantage heard nothing
	rowOvertaken             // arrived, not answered, and somebody answered the vantage
	rowReceived              // arrived, answered, and the answer came
	rowRefused               // arrived, refused, and the refusal came
	rowLost                  // arrived, answered or refused, and the vantage heard nothing
	rowChanged               // arrived and answered, and the vantage heard something else
	rowHalf                  // arrived, and not all of the rest is known
	rows                     // how many there are
)

// answer is what became of a probe at one end.
type answer int

const (
	answerUnknown answer = iota
	answerNone
	answerOpen
	answerRefused
)

// known3 is yes, no or not known.
type known3 int

const (
	notKnown known3 = iota
	no
	yes
)

// ends is what both ends know of the probes to a port.
type ends struct {
	sent, came     known3
	here, received answer
}

// row is the line of the table. It is total: whatever both ends know, there is
// one.
func (e ends) row() row {
	switch {
	case e.came == notKnown && e.sent == no:
		return rowUnsent
	case e.came == notKnown, e.came == no && e.sent == notKnown:
		return rowUnwatched
	case e.came == no && (e.received == answerOpen || e.received == answerRefused):
		return rowStranger
	case e.came == no && e.sent == no:
		return rowUnsent
	case e.came == no:
		return rowNotArrived
	case e.here == answerUnknown || e.received == answerUnknown:
		return rowHalf
	case e.here == answerNone && e.received == answerNone:
		return rowUnanswered
	case e.here == answerNone:
		return rowOvertaken
	case e.received == answerNone:
		return rowLost
	case e.here != e.received:
		return rowChanged
	case e.here == answerRefused:
		return rowRefused
	}
	return rowReceived
}

// watched reports whether somebody watched what arrived of the port.
func (c Case) watched() bool {
	return slices.ContainsFunc(c.Watched, func(w exposure.Watched) bool { return c.watches(w) })
}

func (c Case) watches(w exposure.Watched) bool { return !w.Address.IsValid() || c.of(w.Address) }

// sentTo is whether the vantage says that it sent to the port.
func (c Case) sentTo() known3 {
	if len(c.Sent) == 0 {
		return notKnown
	}
	for _, s := range c.Sent {
		if s.Transport == c.Transport && s.Ports.Has(c.Port) && c.of(s.Source.Addr()) {
			return yes
		}
	}
	return no
}

// unsendable reports whether the vantage itself could not send to the address.
func (c Case) unsendable(address netip.Addr) bool {
	return slices.ContainsFunc(c.Observations, func(o exposure.Observation) bool {
		return o.Address == address && o.Reason == exposure.LocalError && (o.View == exposure.ViewOutside || o.View == exposure.ViewLAN)
	})
}

// received is what the vantage heard at the address that it asked.
func (c Case) received(address netip.Addr) answer {
	heard := answerUnknown
	for _, o := range c.Observations {
		if o.View != exposure.ViewOutside && o.View != exposure.ViewLAN || address.IsValid() && o.Address != address {
			continue
		}
		switch o.State {
		case exposure.Open:
			return answerOpen
		case exposure.Closed:
			heard = answerRefused
		case exposure.Filtered, exposure.OpenFiltered:
			if o.Reason == exposure.NoResponse && heard == answerUnknown {
				heard = answerNone
			} else if o.Reason != exposure.NoResponse {
				heard = answerRefused
			}
		}
	}
	return heard
}

// endsOf is what both ends know of the port.
func (c Case) endsOf(w exposure.Watched) (ends, exposure.Arrival) {
	e := ends{sent: c.sentTo(), received: c.received(w.Address)}
	if c.unsendable(w.Address) {
		e.sent = no
	}
	a, ok := w.Of(c.Transport, c.Port)
	strays := w.StrayTCP
	if c.Transport == exposure.UDP {
		strays = w.StrayUDP
	}
	switch {
	case !ok && w.Whole && strays == 0:
		e.came = no
		return e, a
	case !ok:
		return e, a
	}
	e.came = yes
	switch a.Answer {
	case exposure.SynAck, exposure.ProtoResponse:
		e.here = answerOpen
	case "":
		if w.Whole {
			e.here = answerNone
		}
	default:
		e.here = answerRefused
	}
	return e, a
}

// proofs are how a probe was known, in words.
var proofs = map[exposure.ArrivalProof]lang.Text{
	exposure.ByCookie:  {EN: "A probe of the vantage {{.From}} arrived here, at {{.To}} on {{.Link}}: it carries the vantage's cookie.", JA: "観測点 {{.From}} からの通信が、この機器の {{.To}}({{.Link}})に届きました(観測点の印で確認しました)。"},
	exposure.ByPayload: {EN: "A datagram of the vantage {{.From}} arrived here, at {{.To}} on {{.Link}}: its content is the vantage's.", JA: "観測点 {{.From}} からのデータグラムが、この機器の {{.To}}({{.Link}})に届きました(内容で確認しました)。"},
	exposure.BySource:  {EN: "A probe from the vantage's address {{.From}} arrived here while it was sending, at {{.To}} on {{.Link}}.", JA: "観測点のアドレス {{.From}} からの通信が、調査中にこの機器の {{.To}}({{.Link}})に届きました。"},
	exposure.ByPort:    {EN: "Somebody came to the port: {{.From}} arrived here, at {{.To}}.", JA: "このポートに {{.From}} からの通信が届きました(届いた先は {{.To}})。"},
}

// learnArrivals takes in what the inside saw of the vantage's probes. What the
// vantage saw open though nothing came here was not this machine.
func (c Case) learnArrivals(known map[fact]said) {
	for _, w := range c.Watched {
		if !c.watches(w) {
			continue
		}
		e, a := c.endsOf(w)
		pairs := append(c.pairs(), "At", w.Address, "From", a.From.Addr(), "To", a.To, "Link", a.Interface, "Answer", string(a.Answer))
		if e.came == yes {
			c.learnArrived(known, e, a, pairs)
		}
		if r := e.row(); r == rowNotArrived || r == rowLost {
			c.learnUnheard(known, pairs)
		}
		switch e.row() {
		case rowNotArrived, rowStranger:
			known[notArrived] = say(lang.Text{EN: "Nothing of what the vantage sent to {{.At}} arrived at this machine: every packet was watched.", JA: "観測点が {{.At}} へ送った通信は、この機器に一つも届きませんでした(全パケットを監視していました)。"}, pairs...)
			if _, blocks := known[filterBlocks]; !blocks {
				known[filterUntried] = say(lang.Text{EN: "This machine's packet filter cannot have stopped what never came.", JA: "届いていない通信は、この機器のパケットフィルターでは止められません。"})
			}
			if e.received == answerOpen {
				c.learnStranger(known, pairs)
			}
		case rowOvertaken:
			if e.received == answerOpen {
				c.learnStranger(known, pairs)
			}
		case rowReceived, rowRefused:
			known[answerReceived] = say(lang.Text{EN: "The vantage received this machine's answer.", JA: "観測点はこの機器の返事を受け取りました。"})
		case rowChanged:
			known[answerChanged] = say(lang.Text{EN: "What this machine answered ({{.Answer}}) is not what the vantage received: somebody on the way speaks in its place.", JA: "この機器の返事({{.Answer}})と、観測点が受け取った返事が違います(途中の機器が代わりに返しています)。"}, pairs...)
		}
	}
}

// learnArrived takes in a probe that came.
func (c Case) learnArrived(known map[fact]said, e ends, a exposure.Arrival, pairs []any) {
	proof := proofs[a.By]
	if a.To.Port() != c.Port && e.here != answerOpen {
		pairs := append(pairs, "Port", int(c.Port), "Other", int(a.To.Port()))
		known[arrivedAtOther] = say(lang.Text{EN: "What is sent to port {{.Port}} outside comes to port {{.Other}} of this machine: {{.To}}.", JA: "外側の {{.Port}} 番あての通信は、この機器の {{.Other}} 番({{.To}})に届きます。"}, pairs...)
		return
	}
	known[arrived] = say(proof, pairs...)
	if a.Accepted {
		known[accepted] = say(lang.Text{EN: "A connection of {{.From}} came about: the way is open, there and back.", JA: "{{.From}} からの接続が成立しました(往復とも通ります)。"}, pairs...)
	}
	switch {
	case e.here == answerOpen:
		known[answeredHere] = say(lang.Text{EN: "This machine answered it, and the answer left behind its packet filter ({{.Answer}}).", JA: "この機器は返事をし、その返事はパケットフィルターを通って出ていきました({{.Answer}})。"}, pairs...)
	case e.here == answerRefused:
		known[refusedHere] = say(lang.Text{EN: "This machine itself refused it ({{.Answer}}).", JA: "この機器自身が拒みました({{.Answer}})。"}, pairs...)
	case e.here == answerNone && c.Transport == exposure.UDP:
		known[ignored] = say(lang.Text{EN: "Nothing left this machine in answer.", JA: "この機器から返事は出ていません。"})
	case e.here == answerNone:
		known[notAnswered] = say(lang.Text{EN: "Nothing left this machine in answer.", JA: "この機器から返事は出ていません。"})
	}
	for _, o := range c.seen(exposure.ViewSelf) {
		if o.State == exposure.Open && o.Address == a.To.Addr() && o.Port == a.To.Port() {
			known[hereOpen] = say(lang.Text{EN: "From this machine itself {{.To}}, where it arrived, is open: the service takes connections there.", JA: "届いた先の {{.To}} は、この機器自身からは開いています(サービスは接続を受けています)。"}, pairs...)
		}
	}
	for _, b := range c.Back {
		if b.To == a.From.Addr() && (!b.From.IsValid() || b.From == a.To && b.Transport == a.Transport) {
			c.learnBack(known, b, a.Interface)
		}
	}
}

// learnUnheard takes in that the vantage heard nothing though it asked, and though
// it was answered or could not be: of UDP too, where silence alone says nothing.
func (c Case) learnUnheard(known map[fact]said, pairs []any) {
	f := outsideSilent
	if c.Zone == exposure.ZoneLAN {
		f = lanSilent
	}
	if _, there := known[f]; !there {
		known[f] = say(lang.Text{EN: "{{.At}} did not answer.", JA: "{{.At}} から返事がありません。"}, pairs...)
	}
}

// learnStranger corrects what the vantage took for this machine.
func (c Case) learnStranger(known map[fact]said, pairs []any) {
	delete(known, outsideOpen)
	delete(known, lanOpen)
	known[strangerOpen] = say(lang.Text{EN: "The vantage sees {{.At}} open, and it is not this machine that answers.", JA: "観測点からは {{.At}} が開いて見えますが、応答しているのはこの機器ではありません。"}, pairs...)
}

// arrivalStage tells what became of the vantage's probes here.
var arrivalStage = first(
	cut(strangerOpen), cut(arrivedAtOther), cut(notArrived), cut(notAnswered), cut(ignored), cut(refusedHere),
	cut(answerChanged), ok(answerReceived), ok(answeredHere), unknown(arrived),
	otherwise(lang.Text{EN: "What arrives at this machine could not be watched whole.", JA: "この機器に届く通信を、もれなく監視することはできませんでした。"}))
