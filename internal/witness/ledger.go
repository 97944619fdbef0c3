package witness

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/wire/tcpip"
)

// ledger keeps which probes came and what was answered. It has no clock and no
// socket; whatever it is told of was sent by somebody hostile.
type ledger struct {
	watch    Watch
	from     []netip.Addr // that the vantage sends from
	words    map[uint32]uint16
	arrivals map[asked]*exposure.Arrival
	flows    map[flow]*exposure.Arrival // by the packet as it came in
	led      map[flow]uint16            // by where a cookie came in, with From unset: the port that was addressed
	strays   [2]int                     // of TCP and of UDP
	full     bool                       // not every flow was remembered
}

// asked is a port as the vantage addressed it. Where anybody counts, each who
// comes is told apart.
type asked struct {
	transport exposure.Transport
	port      uint16
	from      netip.Addr
}

// flow is who talks with whom, from the outside to this machine.
type flow struct {
	transport exposure.Transport
	from, to  netip.AddrPort
}

// passage is how a packet passed the tap.
type passage struct {
	out    bool
	tagged bool // with a VLAN's tag: seen before that VLAN's own interface takes it
	link   string
	at     time.Time
}

// The bounds of a ledger. Somebody who forges the vantage's address must not
// fill the memory; the probes that carry its cookie are few.
const (
	mostFlows = 1 << 14
	mostWords = 1 << 17
)

func newLedger(w Watch) *ledger {
	l := &ledger{watch: w, from: w.addresses(), arrivals: map[asked]*exposure.Arrival{}, flows: map[flow]*exposure.Arrival{}, led: map[flow]uint16{}}
	l.index()
	return l
}

// index computes the cookies of all probes that may come: the vantage's own
// router may have changed the source port, which the cookie follows from.
func (l *ledger) index() {
	if l.watch.Key == nil {
		return
	}
	l.words = map[uint32]uint16{}
	for _, s := range l.watch.Sources {
		if s.Transport != exposure.TCP || s.First == 0 || s.Last < s.First {
			continue
		}
		if len(l.words)+(int(s.Last-s.First)+1)*len(l.watch.TCP) > mostWords {
			return
		}
		for _, port := range l.watch.TCP {
			for source := int(s.First); source <= int(s.Last); source++ {
				l.words[uint32(l.word(port, uint16(source)))] = port
			}
		}
	}
}

func (l *ledger) word(port, source uint16) uint64 {
	return l.watch.Key.Word(netip.AddrPortFrom(l.watch.Address, port), source)
}

// transports are those that a ledger keeps, by IANA's numbers.
var transports = map[uint8]exposure.Transport{6: exposure.TCP, 17: exposure.UDP}

// take takes in one packet.
func (l *ledger) take(f *tcpip.Flow, p passage) {
	transport, known := transports[f.Transport]
	switch {
	case p.out && f.Error:
		l.refused(f, p)
	case !known || !f.Ports || f.Spoilt:
	case p.out:
		l.answered(flow{transport, f.To, f.From}, f, p)
	case transport == exposure.UDP, f.SYN && !f.ACK && !f.RST:
		l.arrived(flow{transport, f.From, f.To}, f, p)
	}
}

// arrived notes a probe.
func (l *ledger) arrived(key flow, f *tcpip.Flow, p passage) {
	if a := l.flows[key]; a != nil {
		// A bridge and its port, or a VLAN and what is below it, show it twice.
		if a.Interface == p.link && !p.tagged {
			a.Packets++
		}
		return
	}
	port, by := l.identify(key, f)
	if by == "" || p.tagged {
		// What a router sends itself to such a port may be what a vantage had sent
		// to it, as where it translates or relays in that direction too.
		near := slices.Contains(l.watch.near, key.from.Addr()) && slices.Contains(l.asked(key.transport), key.to.Port())
		if by != "" || near || l.ofVantage(key.from.Addr()) {
			l.strays[stray(key.transport)]++
		}
		return
	}
	where := asked{transport: key.transport, port: port}
	if by == exposure.ByPort {
		where.from = key.from.Addr()
	}
	if by == exposure.ByCookie || by == exposure.ByPayload {
		l.led[flow{transport: key.transport, to: key.to}] = port
	}
	a := l.arrivals[where]
	if a == nil && len(l.arrivals) >= mostFlows {
		l.full = true
		return
	}
	if a == nil || rank(by) < rank(a.By) {
		first := exposure.Arrival{
			Transport: key.transport, Address: l.watch.Address, Port: port, From: key.from, To: key.to, By: by,
			Interface: p.link, TTL: f.Hops, SeenAt: p.at,
		}
		if a == nil {
			a = &exposure.Arrival{}
			l.arrivals[where] = a
		} else {
			first.Packets, first.Answer, first.Left, first.AnsweredAt = a.Packets, a.Answer, a.Left, a.AnsweredAt
		}
		*a = first
	}
	a.Packets++
	if len(l.flows) >= mostFlows && by != exposure.ByCookie || len(l.flows) >= 2*mostFlows {
		l.full = true
		return
	}
	l.flows[key] = a
}

func stray(t exposure.Transport) int {
	if t == exposure.UDP {
		return 1
	}
	return 0
}

// rank orders the proofs, the best first.
func rank(by exposure.ArrivalProof) int {
	return slices.Index([]exposure.ArrivalProof{exposure.ByCookie, exposure.ByPayload, exposure.BySource, exposure.ByPort}, by)
}

// ofVantage reports whether a packet says that it comes from the vantage.
func (l *ledger) ofVantage(a netip.Addr) bool { return slices.Contains(l.from, a.Unmap()) }

// identify finds out which port the vantage had addressed, and how that is
// known; empty when it is not known to be a probe of the vantage at all.
func (l *ledger) identify(key flow, f *tcpip.Flow) (uint16, exposure.ArrivalProof) {
	if port, ok := l.proven(key, f); ok {
		if key.transport == exposure.UDP {
			return port, exposure.ByPayload
		}
		return port, exposure.ByCookie
	}
	list := l.asked(key.transport)
	by := exposure.BySource
	switch {
	case len(l.watch.Sources) == 0:
		by = exposure.ByPort
	case !l.ofVantage(key.from.Addr()):
		return 0, ""
	}
	if port, ok := l.led[flow{transport: key.transport, to: key.to}]; ok {
		return port, by
	}
	switch {
	case slices.Contains(list, key.to.Port()):
		return key.to.Port(), by
	case len(list) == 1 && by == exposure.BySource:
		return list[0], by
	}
	return 0, ""
}

// asked are the ports of a transport that the vantage addresses.
func (l *ledger) asked(t exposure.Transport) []uint16 {
	if t == exposure.UDP {
		return l.watch.UDP
	}
	return l.watch.TCP
}

// proven finds the port whose cookie a packet carries.
func (l *ledger) proven(key flow, f *tcpip.Flow) (uint16, bool) {
	switch {
	case l.watch.Key == nil:
		return 0, false
	case key.transport == exposure.UDP:
		return l.payload(key.to.Port(), f.Body)
	case slices.Contains(l.watch.TCP, key.to.Port()) && uint32(l.word(key.to.Port(), key.from.Port())) == f.Sequence:
		return key.to.Port(), true
	}
	port, ok := l.words[f.Sequence]
	return port, ok
}

// payload finds the port whose datagram it is: that which it came to, or
// another one. What holds no nonce says nothing.
func (l *ledger) payload(to uint16, body []byte) (uint16, bool) {
	if l.watch.Payloads == nil || len(body) == 0 {
		return 0, false
	}
	fits := func(port uint16) bool {
		word := l.word(port, 0)
		other := l.watch.Payloads(port, ^word)
		for i, want := range l.watch.Payloads(port, word) {
			n := min(len(want), len(body))
			if n < len(want) && len(body) < cutBody || i < len(other) && bytes.Equal(other[i], want) {
				continue
			}
			if bytes.Equal(want[:n], body[:n]) {
				return true
			}
		}
		return false
	}
	if slices.Contains(l.watch.UDP, to) && fits(to) {
		return to, true
	}
	for _, port := range l.watch.UDP[:min(len(l.watch.UDP), mostTried)] {
		if port != to && fits(port) {
			return port, true
		}
	}
	return 0, false
}

const (
	// cutBody is the least that a tap leaves of a long datagram.
	cutBody = 128
	// mostTried bounds the ports that a datagram is compared with.
	mostTried = 64
)

// answers orders what a machine may answer: what tells most first.
var answers = []exposure.Reason{exposure.SynAck, exposure.ProtoResponse, exposure.Reset}

func told(r exposure.Reason) int {
	if i := slices.Index(answers, r); i >= 0 {
		return i
	}
	if r == "" {
		return len(answers) + 1
	}
	return len(answers)
}

// answered notes what this machine sent back.
func (l *ledger) answered(key flow, f *tcpip.Flow, p passage) {
	a := l.flows[key]
	if a == nil && key.transport == exposure.UDP {
		a = l.elsewhere(key)
	}
	switch {
	case a == nil:
	case key.transport == exposure.UDP:
		l.note(a, exposure.ProtoResponse, p)
	case f.SYN && f.ACK:
		l.note(a, exposure.SynAck, p)
	case f.RST:
		l.note(a, exposure.Reset, p)
	}
}

// elsewhere is the probe that an answer from another port belongs to, as some
// services give it (RFC 1350 section 4), when there is only one that it can be.
func (l *ledger) elsewhere(key flow) *exposure.Arrival {
	var only *exposure.Arrival
	for other, a := range l.flows {
		if other.transport != key.transport || other.from != key.from || other.to.Addr() != key.to.Addr() {
			continue
		}
		if only != nil && only != a {
			return nil
		}
		only = a
	}
	return only
}

// refused notes an ICMP error of this machine about a probe.
func (l *ledger) refused(f *tcpip.Flow, p passage) {
	q := f.Quoted
	if q == nil || f.Destination != q.Source {
		return
	}
	a := l.flows[flow{transports[q.Transport], q.From, q.To}]
	if reason := netio.EvidenceOfICMP(f.Source.Is6(), f.Type, f.Code); a != nil && reason != "" {
		l.note(a, reason, p)
	}
}

// note keeps the answer that tells most, the first of its kind.
func (l *ledger) note(a *exposure.Arrival, answer exposure.Reason, p passage) {
	if told(answer) < told(a.Answer) {
		a.Answer, a.Left, a.AnsweredAt = answer, p.link, p.at
	}
}

// seen is what was seen until now, in the order of the ports.
func (l *ledger) seen() exposure.Watched {
	w := exposure.Watched{
		Address: l.watch.Address, Arrivals: []exposure.Arrival{}, StrayTCP: l.strays[0], StrayUDP: l.strays[1],
		Whole: !l.full && !l.watch.hidden(),
	}
	for _, a := range l.arrivals {
		w.Arrivals = append(w.Arrivals, *a)
	}
	slices.SortFunc(w.Arrivals, func(a, b exposure.Arrival) int {
		return cmp.Or(cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Port, b.Port), a.SeenAt.Compare(b.SeenAt), a.From.Compare(b.From))
	})
	return w
}
