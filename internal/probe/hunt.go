package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// pause is how long one way to make a peer speak is given before the next one
// begins beside it, counted from the connection and a round trip after it: a
// server that speaks first has done so by then, and one that waits for another
// word is not waited for in vain.
const pause = 400 * time.Millisecond

// blindPause is the same between words that are not known to be the peer's. By
// then it has had its pause to speak first, and whoever is asked in his own words
// answers at once.
const blindPause = 150 * time.Millisecond

// hunt looks for the protocol of one port: what the server says first, then
// the protocol that belongs to the port, then TLS, then the others by
// likelihood. The ways run beside one another, each on its own connection,
// begun in turn; the first byte that the peer sends on one of them ends the
// others but for the one that listens, and what it says decides.
type hunt struct {
	peer      *peer
	transport exposure.Transport
	secure    *exposure.TLS // set inside TLS
}

// way is one way to make the peer speak: a probe, or listening.
type way struct {
	probe  *Probe
	listen bool
	blind  bool // the port is not the probe's
	again  bool // it was gone before and called off to make room
}

// listening is no probe of its own: what the peer says leads to one.
var listening = Probe{Name: bannerName}

// ways lists the ways in the order in which they begin. A protocol in which
// the client speaks first goes first on its own port: its request loses nothing
// when the server speaks first after all, since what that says leads on.
func (h *hunt) ways() []way {
	var own, blind []way
	port := h.peer.at.Port()
	for i := range probes {
		p := &probes[i]
		if p.Transport != h.transport || h.secure != nil && p.Name == tlsName {
			continue
		}
		ports := p.Ports
		if h.secure != nil {
			ports = p.TLSPorts
		}
		belongs := slices.Contains(ports, port) || h.secure != nil && p.Name == httpName && len(h.secure.ALPN) > 0
		switch {
		case belongs && (p.ClientFirst || h.transport == exposure.UDP):
			own = append(own, way{probe: p})
		case p.Blind > 0:
			blind = append(blind, way{probe: p, blind: true})
		}
	}
	slices.SortStableFunc(blind, func(a, b way) int { return a.probe.Blind - b.probe.Blind })
	switch {
	case h.transport == exposure.TCP:
		own = append(own, way{probe: &listening, listen: true})
	default:
		// Another service may have been moved to the number.
		blind = append(blind, way{probe: &anyHello})
	}
	return append(own, blind...)
}

// event is what the hunt hears of an attempt.
type event struct {
	attempt int
	signal  signal
	done    bool
	svc     exposure.Service
	err     error
}

// run returns what was found and the error that ended it or, when nothing was
// found, the one that tells most of the silence.
func (h *hunt) run(ctx context.Context) (exposure.Service, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &chase{
		hunt: h, ways: h.ways(),
		events: make(chan event), over: make(chan struct{}),
		timer: time.NewTimer(pause),
	}
	c.run(ctx)
	// Nobody is left behind: what is called off ends at once.
	cancel()
	for c.alive > 0 {
		if e := <-c.events; e.done {
			c.alive--
		}
	}
	close(c.over)
	return c.found, c.err
}

// run begins the ways in turn until one has found something or all have ended.
func (c *chase) run(ctx context.Context) {
	defer c.timer.Stop()
	for due := true; ; {
		switch {
		case due && c.ready(ctx):
			c.begin(ctx)
			due = false
		case due && c.wanting(ctx):
			c.relieve()
		}
		if c.alive == 0 {
			if c.err == nil && c.found.Confidence == exposure.NoConfidence {
				c.err = ctx.Err()
			}
			return
		}
		select {
		case <-c.timer.C:
			due = true
		case e := <-c.events:
			if e.done {
				due = true
				if c.end(e) {
					return
				}
				continue
			}
			c.hear(e)
		}
	}
}

// chase is the state of one run of a hunt. Only the run's goroutine touches it.
type chase struct {
	*hunt
	ways    []way
	calls   []context.CancelFunc // ends an attempt; nil when it has ended
	alive   int
	heard   []bool // the attempts that the peer spoke to
	begun   []time.Time
	aside   []bool        // the attempts that stay without a place
	parked  int           // how many of them
	trip    time.Duration // the longest that a connection took
	arrived bool          // a connection came about
	events  chan event
	over    chan struct{} // closed when nobody receives events any more
	timer   *time.Timer
	found   exposure.Service // the best so far
	err     error            // why no more was found
	told    int              // the attempt that it is of
}

// ready reports whether the next way may begin.
func (c *chase) ready(ctx context.Context) bool {
	return c.wanting(ctx) && c.alive-c.parked < c.peer.wide
}

// wanting reports whether there is a way that has not begun, and a reason to go
// it.
func (c *chase) wanting(ctx context.Context) bool {
	return !slices.Contains(c.heard, true) && len(c.calls) < len(c.ways) && ctx.Err() == nil
}

// patience is how long a word that is not known to be the peer's is left without
// an answer while others wait for its place. Servers that read lengths first, as
// those of file sharing, take it for the beginning of a long message and wait
// for the rest. What had to go that soon comes back when everything was said
// once, and is then left for longer.
const (
	patience      = 600 * time.Millisecond // and three times the way
	patienceAgain = 2 * time.Second
)

// relieve makes a place of the oldest attempt of a protocol that does not belong
// to the port, once its time is over: TLS and HTTP, the likeliest of those that
// take their time, stay beside the places; others end and are gone again later.
// What belongs to the port and what listens keeps its place.
func (c *chase) relieve() {
	for i, cancel := range c.calls {
		w := c.ways[i]
		if cancel == nil || !w.blind || c.begun[i].IsZero() {
			continue
		}
		limit := patience + 3*c.trip
		if w.again {
			limit = patienceAgain
		}
		if left := limit - time.Since(c.begun[i]); left > 0 {
			c.timer.Reset(left)
			return
		}
		c.begun[i] = time.Time{} // it has no place any more
		if w.probe.Name == httpName || w.probe.Name == tlsName {
			c.parked, c.aside[i] = c.parked+1, true
			c.timer.Reset(0)
			return
		}
		if !w.again {
			w.again = true
			c.ways = append(c.ways, w)
		}
		cancel()
		return
	}
}

func (c *chase) begin(ctx context.Context) {
	i := len(c.calls)
	ctx, cancel := context.WithCancel(ctx)
	c.calls, c.heard, c.begun = append(c.calls, cancel), append(c.heard, false), append(c.begun, time.Now())
	c.aside = append(c.aside, false)
	c.alive++
	c.timer.Reset(c.wait(i))
	report := func(e event) {
		e.attempt = i
		select {
		case c.events <- e:
		case <-c.over:
		}
	}
	way := c.ways[i] // which changes when it is tried again
	go func() {
		svc, err := c.try(ctx, way, func(g signal) { report(event{signal: g}) })
		report(event{done: true, svc: svc, err: err})
	}()
}

// wait is how long an attempt is the last one.
func (c *chase) wait(attempt int) time.Duration {
	if c.ways[attempt].blind && c.transport == exposure.TCP {
		return blindPause
	}
	return pause
}

// hear takes a signal of an attempt that still runs.
func (c *chase) hear(e event) {
	if c.calls[e.attempt] == nil {
		return
	}
	if e.signal.connected > 0 {
		c.arrived = true
		c.trip = max(c.trip, e.signal.connected)
		if e.attempt == len(c.calls)-1 {
			c.timer.Reset(c.wait(e.attempt) + e.signal.connected)
		}
	}
	if !e.signal.heard {
		return
	}
	first := !slices.Contains(c.heard, true)
	c.heard[e.attempt] = true
	if e.signal.answered {
		c.hush()
	}
	for i, cancel := range c.calls {
		// Listening goes on: a server may have greeted both, and only there is
		// what it said known to be a greeting.
		if first && i != e.attempt && cancel != nil && !c.ways[i].listen {
			cancel()
		}
	}
}

// hush ends the listening that heard nothing: a server that answers a hello of
// TLS says nothing before one, and one that serves a connection after the other
// would serve nobody else meanwhile.
func (c *chase) hush() {
	for i, cancel := range c.calls {
		if cancel != nil && c.ways[i].listen && !c.heard[i] {
			cancel()
		}
	}
}

// end takes the outcome of an attempt and reports whether the hunt is over: the
// protocol is confirmed, or TLS is, whatever is inside, or the peer spoke of its
// own accord and so waits for neither, or answered a datagram as one protocol
// does, or it cannot be reached.
func (c *chase) end(e event) bool {
	c.calls[e.attempt]()
	c.calls[e.attempt] = nil
	c.alive--
	if c.aside[e.attempt] {
		c.parked--
	}
	c.heard[e.attempt] = false
	listened := c.ways[e.attempt].listen && e.svc.Confidence != exposure.NoConfidence
	switch {
	case e.svc.Confidence > c.found.Confidence,
		e.svc.Confidence == c.found.Confidence && (listened || errors.Is(c.err, context.Canceled)):
		c.found, c.err = e.svc, e.err
	case c.found.Confidence == exposure.NoConfidence && c.tells(e):
		c.err, c.told = e.err, e.attempt
	}
	if c.alive > 0 && errors.Is(e.err, context.Canceled) {
		return false // it was called off for one that goes on, and knows only half
	}
	half := c.alive > 0 && errors.Is(c.err, context.Canceled) // so does what is found until now
	return !half && (c.found.Confidence == exposure.Confirmed || c.found.TLS != nil) ||
		listened ||
		!c.arrived && unreached(e.err) && !c.begun[e.attempt].IsZero() ||
		c.transport == exposure.UDP && (c.found.Confidence != exposure.NoConfidence || refused(e.err))
}

// unreached reports whether no connection came about, so that another try
// would only wait for the same.
func unreached(err error) bool {
	var network *netio.Error
	return errors.As(err, &network) && network.Op == "dial" && !errors.Is(err, context.Canceled)
}

// refused reports whether an ICMP error answered a datagram: the next one
// would meet the same.
func refused(err error) bool {
	var network *netio.Error
	return errors.As(err, &network) && network.Reason != exposure.NoResponse && network.Reason != exposure.LocalError
}

// tells reports whether the error of an attempt says more about a silent port
// than the one before: the earlier the way the more, since the first of them
// listens or speaks the port's own protocol; nothing, when it was called off.
func (c *chase) tells(e event) bool {
	return c.err == nil || e.attempt < c.told && !errors.Is(e.err, context.Canceled) || errors.Is(c.err, context.Canceled)
}

// try goes one way to its end, and from a wrong protocol on to the right one.
func (h *hunt) try(ctx context.Context, w way, tell func(signal)) (svc exposure.Service, err error) {
	defer func() {
		if r := recover(); r != nil {
			svc, err = exposure.Service{}, &Error{Probe: w.probe.Name, Step: "recognise", Err: fmt.Errorf("panic: %v", r)}
		}
	}()
	if w.listen {
		return h.listen(ctx, tell)
	}
	s := h.session(*w.probe, tell)
	svc, err = guard(ctx, *w.probe, s)
	if svc.Confidence != exposure.NoConfidence {
		return svc, err
	}
	first := s.said()
	if len(first) == 0 {
		return svc, err
	}
	return h.follow(ctx, leads(h.transport, h.peer.at.Port(), first), w.probe.Name, nil, s, err)
}

// listenAlone is how long a connection without a word is kept before another
// one takes its place: until the first words that are not known to be the
// peer's have had their time.
const listenAlone = pause + patience

// once reports whether to listen on one connection only: on the port of a
// protocol in which the server speaks first, however late.
func (h *hunt) once() bool {
	return h.transport == exposure.TCP && slices.ContainsFunc(probes, func(p Probe) bool {
		ports := p.Ports
		if h.secure != nil {
			ports = p.TLSPorts
		}
		return p.Transport == exposure.TCP && !p.ClientFirst && slices.Contains(ports, h.peer.at.Port())
	})
}

// wait opens the connection to listen on. A server that serves one connection
// after the other serves none of those on which it is spoken to while it waits
// for a word on this one, so that this one makes room and goes behind them.
func (h *hunt) wait(ctx context.Context, s *Session) (*Conn, error) {
	begun := time.Now()
	c, err := s.Connect(ctx)
	if err != nil || h.once() {
		return c, err
	}
	alone := listenAlone + 3*time.Since(begun)
	if h.secure != nil {
		// Most wait to be asked there, and the first of those who ask must be
		// ahead of the next one that listens.
		alone = pause + blindPause + time.Since(begun)
	}
	if err := c.SetReadDeadline(time.Now().Add(alone)); err != nil {
		return c, nil // it is over, as reading it will tell
	}
	_, err = c.r.Peek(1)
	if ctx.Err() == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.Close() // nothing was written that a failing Close could lose
		return s.Connect(ctx)
	}
	_ = c.SetReadDeadline(time.Time{}) // what reading brings is told there
	return c, nil
}

// listen waits for what the server says first.
func (h *hunt) listen(ctx context.Context, tell func(signal)) (exposure.Service, error) {
	s := h.session(listening, tell)
	defer s.close()
	c, err := h.wait(ctx, s)
	if err != nil {
		return exposure.Service{}, err
	}
	first, err := c.greeting(ctx, func(b []byte) bool {
		l := leads(h.transport, h.peer.at.Port(), b)
		return len(l) > 0 && l[0].Greets(b) == Sure || bannerProtocol(b) != ""
	})
	if err != nil {
		err = s.fail("read greeting", err)
	}
	if len(first) == 0 {
		return exposure.Service{}, err
	}
	return h.follow(ctx, leads(h.transport, h.peer.at.Port(), first), "", c, s, err)
}

// follow runs the probes that the first bytes lead to until one finds its
// protocol. The first of them takes over the connection on which the peer
// spoke unasked, if there is one.
func (h *hunt) follow(ctx context.Context, to []Probe, not string, unasked *Conn, from *Session, err error) (exposure.Service, error) {
	alone := unasked != nil
	for _, p := range to {
		if p.Name == not {
			continue
		}
		s := h.session(p, nil)
		s.greeted, s.unasked = from.said(), alone
		if alone {
			s.cut = err
		}
		s.waiting, unasked = unasked, nil
		svc, next := guard(ctx, p, s)
		if svc.Confidence != exposure.NoConfidence {
			return svc, next
		}
	}
	return exposure.Service{}, err
}

func (h *hunt) session(p Probe, tell func(signal)) *Session {
	return &Session{probe: p.Name, peer: h.peer, secure: h.secure, signal: tell}
}
