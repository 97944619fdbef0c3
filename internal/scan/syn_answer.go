package scan

import (
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/wire/tcpip"
)

// take is called by the reader of the tap with what came in.
func (w *synWay) take(p *tcpip.Packet, index int, at time.Time) {
	if p.Kind == tcpip.Neighbour {
		w.mu.Lock()
		defer w.mu.Unlock()
		if h := w.hops[hopKey{index, p.Source}]; h != nil {
			h.answer(p, at)
			w.wake()
		}
		return
	}
	a, ok := w.prove(p, index)
	if !ok {
		return
	}
	a.at = at
	w.mu.Lock()
	w.hosts[w.plan.host(a.index)].hop.proven(at)
	w.answers = append(w.answers, a)
	w.mu.Unlock()
	w.wake()
}

// prove reads what a packet says of a port of the plan, if it proves by the
// cookie that it answers a question of this scan. A SYN-ACK or reset that
// acknowledges our SYN acknowledges its number plus one (RFC 9293 section
// 3.10.7); an ICMP error quotes it.
func (w *synWay) prove(p *tcpip.Packet, index int) (answer, bool) {
	to, source, cookie := p.From, p.To.Port(), p.Acknowledged-1
	here := p.To.Addr()
	if p.Kind == tcpip.Error {
		to, source, cookie = p.To, p.From.Port(), p.Sequence
		here = p.From.Addr()
	}
	place, ok := w.place[keyOf(to.Addr(), index)]
	if !ok || here != w.hosts[place].source || p.Destination != here ||
		source < w.tap.row.First || source > w.tap.row.Last {
		return answer{}, false
	}
	a := answer{source: source}
	if a.reason, a.by, a.quoted = meaning(p); a.reason == "" {
		return answer{}, false
	}
	a.shut = a.reason == exposure.SynAck && p.Window == 0
	if cookie != uint32(w.key.Word(to, source)) {
		return answer{}, false
	}
	a.index, ok = w.plan.within(place, to.Port())
	return a, ok
}

// meaning is what a packet says, empty when it says nothing of a port.
func meaning(p *tcpip.Packet) (reason exposure.Reason, by netip.Addr, quoted bool) {
	switch {
	case p.Kind == tcpip.Error:
		return netio.EvidenceOfICMP(p.To.Addr().Is6(), p.Type, p.Code), p.Source, true
	case !p.ACK || p.SYN == p.RST:
		return "", by, false
	case p.SYN:
		return exposure.SynAck, by, false
	}
	return exposure.Reset, by, false
}

func (w *synWay) receive(into []evidence, until time.Time) ([]evidence, error) {
	if w.resolving {
		if soon := time.Now().Add(burstPause); soon.Before(until) {
			until = soon
		}
	}
	start := len(into)
	into = append(into, w.said...)
	w.said = w.said[:0]
	for {
		// Looked at before the fetch, so that it holds for what is fetched.
		now := time.Now()
		over := !now.Before(until) && (w.tap.readUntil(now.Add(-readLag)) || now.Sub(until) > mostReadLag)
		into = w.fetch(into)
		if err := w.tap.failure(); err != nil {
			return into, err
		}
		if len(into) > start || over {
			return into, nil
		}
		w.wait(max(until.Sub(now), unreadPause))
	}
}

// Whoever is told that nothing has come takes it for silence. It must not be
// that of a reader who is behind, as with hundreds of scans at once on few
// processors: he is waited for, but not for ever, since somebody may send
// faster than he reads.
const (
	readLag     = 20 * time.Millisecond
	mostReadLag = time.Second
	unreadPause = 2 * time.Millisecond
)

// wait waits for news, but not longer than that.
func (w *synWay) wait(most time.Duration) {
	w.timer.Reset(most)
	select {
	case <-w.news:
	case <-w.timer.C:
	}
}

func (w *synWay) wake() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// fetch appends the evidence of the answers that have come.
func (w *synWay) fetch(into []evidence) []evidence {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.answers {
		if e, ok := w.match(a); ok {
			into = append(into, e)
		}
	}
	w.answers = w.answers[:0]
	return into
}

// match finds the question that was answered. Repeats of an answer, as a host
// sends them that does not get our reset, are no news.
func (w *synWay) match(a answer) (evidence, bool) {
	e := a.evidence
	if a.source >= w.tap.row.First+w.half() {
		e.purpose = control
	}
	f := w.flight(e.index, a.source)
	if f.index != e.index || f.source != a.source {
		return e, e.purpose != control // forgotten, which makes it no less true
	}
	again := &f.answered
	if a.quoted {
		again = &f.quoted
	}
	if *again {
		return e, false
	}
	*again = true
	if !f.repeated { // Karn and Partridge 1987
		e.rtt = max(time.Duration(w.clock(e.at)-f.sent)*time.Microsecond, 1)
	}
	return e, true
}

// clock is a time in microseconds since the epoch of the way.
func (w *synWay) clock(at time.Time) uint32 { return uint32(at.Sub(w.epoch) / time.Microsecond) }
