package scan

import (
	"net/netip"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
	"sekisho/internal/wire/tcpip"
)

// hopKey names a neighbour: addresses of one link mean nothing on another.
type hopKey struct {
	index   int
	address netip.Addr
}

// hop is the neighbour that packets for some targets go to first, and what is
// known of its link address. It has no clock of its own.
type hop struct {
	key    hopKey
	source netip.Addr         // our address on the link
	ours   netio.HardwareAddr // our link address
	link   rawsock.Link

	known   bool
	failed  bool // asked for as often as is enough
	lasting bool // never to be asked for
	tries   int  // since it was last heard of
	asked   time.Time
	heard   time.Time
	silent  int // questions to hosts behind it since anything came back
}

// How a neighbour is asked for: as Linux does, so that a scan with privilege
// and one without come to the same end (RFC 4861 section 10: three times, a
// second apart). One that was found is asked for again after as long as an
// address counts as confirmed (REACHABLE_TIME there), and sooner where nothing
// comes back: it may have moved to another link address, and whatever is sent
// to the old one is lost. That answers come proves that it has not (section
// 7.3.1). One that was there before is given longer than a cable needs that is
// put into another socket: when it is given up, that is for the whole scan.
const (
	hopTries      = 3
	hopTriesAgain = 10
	hopWait       = time.Second
	hopFresh      = 30 * time.Second
	hopSilent     = 8 // questions
)

func newHop(key hopKey, route netio.Route) *hop {
	return &hop{
		key: key, source: route.Source, ours: route.Hardware,
		link:    rawsock.Link{Index: key.index},
		known:   !route.Neighbours,
		lasting: !route.Neighbours,
	}
}

// on sets the link address of the hop.
func (h *hop) on(hardware netio.HardwareAddr) {
	h.link.HardwareLen = uint8(copy(h.link.Hardware[:], hardware[:]))
	h.known, h.failed = true, false
}

// due reports whether the hop is to be asked for now, and finds out that it is
// not there.
func (h *hop) due(now time.Time) bool {
	switch {
	case h.lasting, h.failed, h.fresh(now), h.tries > 0 && now.Sub(h.asked) < hopWait:
		return false
	case h.tries == hopTries && !h.known, h.tries == hopTriesAgain:
		h.known, h.failed = false, true
		return false
	}
	return true
}

// fresh reports whether what is known of the hop needs no proof.
func (h *hop) fresh(now time.Time) bool {
	age := now.Sub(h.heard)
	return h.known && age < hopFresh && (h.silent < hopSilent || age < hopWait)
}

// proven takes in that packets which went to the hop have arrived.
func (h *hop) proven(at time.Time) {
	h.tries, h.silent, h.heard = 0, 0, at
}

// settled reports whether it is known how things stand.
func (h *hop) settled() bool { return h.known || h.failed }

// ask appends the question for the hop's link address to b and returns it as a
// frame.
func (h *hop) ask(b []byte, now time.Time) ([]byte, rawsock.Frame) {
	h.tries++
	h.asked = now
	start := len(b)
	link := &rawsock.Link{Index: h.key.index, HardwareLen: uint8(len(h.ours))}
	protocol := rawsock.ARP
	if h.key.address.Is4() {
		link.Hardware = [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		b = tcpip.AppendARPRequest(b, h.ours, h.source, h.key.address)
	} else {
		protocol = rawsock.IPv6
		_, group := tcpip.SolicitedNode(h.key.address)
		copy(link.Hardware[:], group[:])
		b = tcpip.AppendSolicitation(b, h.ours, h.source, h.key.address)
	}
	return b, rawsock.Frame{Link: link, Protocol: protocol, Data: b[start:]}
}

// answer takes the hop's link address from an answer to a question of ours.
// Others are not believed.
func (h *hop) answer(p *tcpip.Packet, at time.Time) {
	if h.tries == 0 || p.Destination != h.source {
		return
	}
	h.on(p.Hardware)
	h.proven(at)
}

// When it is looked whether a neighbour is to be asked for: while some are not
// found yet, and afterwards. With 64 questions in a burst a network of 1,024
// is asked within a tenth of a second, and no queue overflows.
const (
	burstPause = 5 * time.Millisecond
	checkPause = hopWait / 4
)

// resolved asks for the neighbours that are due and reports whether questions
// may go out: first of all it must be known of each whether it is there.
// Silence would be our own otherwise. When it is known, the lane is told.
func (w *synWay) resolved(now time.Time) bool {
	unsettled := w.solicit(now)
	if !w.resolving {
		w.checkDue = now.Add(checkPause)
		return true
	}
	if unsettled {
		return false
	}
	w.resolving = false
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.hosts {
		h := &w.hosts[i]
		if h.fault != nil {
			continue // each question says so
		}
		e := evidence{index: uint32(i * len(w.plan.ports)), purpose: neighbour, at: now}
		if h.hop.failed {
			e.reason, e.local = exposure.HostUnreach, true
		}
		w.said = append(w.said, e)
	}
	return true
}

// mostSolicited is how many neighbours are asked for at a time: everybody on
// the link hears each of those questions.
const mostSolicited = 64

// solicit asks for the hops that are due, at most one batch of them, and
// reports whether there are some of which nothing is known yet.
func (w *synWay) solicit(now time.Time) (unsettled bool) {
	s := w.ship()
	defer func() { w.free = append(w.free, s) }()
	s.clear()
	w.mu.Lock()
	for _, h := range w.hops {
		if len(s.frames) < mostSolicited && h.due(now) {
			var f rawsock.Frame
			s.buffer, f = h.ask(s.buffer, now)
			s.frames = append(s.frames, f)
		}
		unsettled = unsettled || !h.settled()
	}
	w.mu.Unlock()
	// A question that cannot be sent is one that nobody answers: an interface
	// that is down has no neighbours.
	for frames := s.frames; len(frames) > 0; {
		n, err := w.tap.wire.Send(frames)
		w.sent += int64(n)
		if frames = frames[n:]; err != nil {
			frames = frames[1:]
		}
	}
	return unsettled
}
