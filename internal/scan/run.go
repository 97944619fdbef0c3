package scan

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/reach"
)

// run is one scan on its way.
type run struct {
	engine  *Engine
	request *Request
	found   func(exposure.Observation)
	total   int
	summary exposure.ScanSummary
	ended   []runner   // of earlier waves
	seen    roundTrips // of all ways
	effort  effort
	assumed bool // some silence rests on an assumed loss
	methods methods
	tap     *tap  // nil where ports are connected to
	pace    *pace // of all lanes, when the request names a rate
	meter   meter

	first    int    // rank of the wave's first target
	known    *known // of the wave
	repeated int    // conclusions of earlier runs
}

// group is the targets of one kind of path.
type group struct {
	targets []exposure.Target
	own     bool
	profile Profile
	limits  limits
	wan     bool // a router of ours has to remember each connection
	tap     *tap // raw packets reach them
	heard   []atomic.Bool
}

// groups sorts targets by the path to them. A profile says nothing of this
// machine's own addresses: there is no path to spare.
func (n *run) groups(targets []exposure.Target) []*group {
	r := n.request
	own, wan := &group{own: true, limits: ownLimits}, &group{profile: WAN, limits: wanLimits, wan: true}
	near, far := &group{profile: LAN, limits: lanLimits}, &group{profile: LAN, limits: farLimits}
	if r.Profile == Polite {
		near.profile, near.limits = Polite, politeLimits
		far.profile, far.limits = Polite, politeLimits
	}
	for _, t := range targets {
		g := near
		switch {
		case r.Own(t.Address):
			g = own
		case n.translates(t.Address):
			g = wan
		case reach.Global(t.Address):
			g = far
		}
		g.targets = append(g.targets, t)
	}
	var used []*group
	for _, g := range slices.Concat(n.reached(near), n.reached(far), n.reached(wan), []*group{own}) {
		if len(g.targets) > 0 {
			g.heard = make([]atomic.Bool, len(g.targets))
			for i := range g.heard {
				g.heard[i].Store(r.Trip > 0 && !g.own)
			}
			used = append(used, g)
		}
	}
	return used
}

// reached parts a group into the targets that raw packets reach and the rest.
func (n *run) reached(g *group) []*group {
	if n.tap == nil || len(g.targets) == 0 {
		return []*group{g}
	}
	raw, rest := *g, *g
	raw.targets, rest.targets = n.tap.part(g.targets)
	raw.tap = n.tap
	return []*group{&raw, &rest}
}

// translates reports whether a router of ours has to remember each connection
// to a: it is on the Internet and our own source address is private, or the
// user says so.
func (n *run) translates(a netip.Addr) bool {
	switch n.request.Profile {
	case WAN:
		return true
	case AutoProfile:
		return reach.Global(a) && reach.LAN(n.engine.source(a))
	}
	return false
}

// flows are the connections that the request leaves to be counted: none when
// it names a rate.
func (n *run) flows() *flows {
	if n.request.Rate > 0 {
		return nil
	}
	return &n.engine.flows
}

// wave looks at some of the targets, all lanes at once.
func (n *run) wave(ctx context.Context, targets []exposure.Target) error {
	var lanes []runner
	defer func() {
		for _, l := range lanes {
			_ = l.close()
		}
		n.ended = append(n.ended, lanes...)
	}()
	results := make(chan []exposure.Observation, 4)
	confirm := newConfirmer(ctx, n, results)
	told := func(p *plan, batch []conclusion) { confirm.take(p, batch, n.observe(p, batch)) }
	targets, repeat, err := n.recall(targets)
	if err != nil {
		return err
	}
	if repeat != nil {
		repeat.report(told)
		lanes = append(lanes, repeat)
	}
	for _, g := range n.groups(targets) {
		for _, open := range []func(*group) (runner, error){n.tcp, n.udp, n.echo} {
			l, err := open(g)
			if err != nil {
				return err
			}
			if l != nil {
				l.report(func(p *plan, batch []conclusion) {
					p.conclude(batch)
					told(p, batch)
				})
				lanes = append(lanes, l)
			}
		}
	}
	failures := make([]error, len(lanes))
	var running sync.WaitGroup
	for i, l := range lanes {
		running.Go(func() { failures[i] = l.run(ctx) })
	}
	go func() {
		running.Wait()
		confirm.finish()
		close(results)
	}()
	n.collect(results, lanes)
	confirm.remark(n)
	return errors.Join(failures...)
}

// collect hands observations to found until the lanes have ended, and tells
// the progress.
func (n *run) collect(results <-chan []exposure.Observation, lanes []runner) {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case batch, ok := <-results:
			if !ok {
				return
			}
			for _, o := range batch {
				n.summary.Count(o.State)
				n.found(o)
			}
		case now := <-ticker.C:
			n.tell(lanes, now)
		}
	}
}

// newLane makes a lane whose way is opened by open. A way that cannot be
// opened, for a fault of this machine, leaves its ports unknown.
func (n *run) newLane(g *group, transport exposure.Transport, ports []uint16, open func(*plan) (way, error)) (runner, error) {
	r := n.request
	p := newPlan(transport, g.targets, ports, r.Seed).under(r)
	if n.known.begin(p, r.Seed) == 0 {
		return nil, nil
	}
	w, err := open(p)
	if err != nil {
		var refused *Error
		if errors.As(err, &refused) {
			return nil, err
		}
		w = &noWay{err: err}
	}
	n.effort.drive(g)
	limits := g.limits
	l := &lane{
		plan: p, way: w, mine: r.Own, heard: g.heard,
		pinned: g.wan && (g.tap != nil || transport == exposure.ICMP),
		ledger: newLedger(p, r.Retries, g.own),
	}
	if r.Trip > 0 && !g.own {
		for i := range l.ledger.hosts {
			l.ledger.hosts[i].longest = r.Trip
		}
	}
	switch {
	case r.Rate > 0:
		if n.pace == nil {
			n.pace = &pace{rate: float64(r.Rate), above: n.engine.whole}
		}
		l.shared = n.pace
		limits.rate, limits.blind = float64(r.Rate), float64(r.Rate)
	case g.wan:
		l.flows = n.flows()
	}
	if !g.own {
		l.throttle, l.beat = newThrottle(limits), beat(r.Seed)
	}
	l.pace = &pace{rate: limits.rate, window: limits.window}
	_, l.ledger.resends = w.(*connectWay)
	return l, nil
}

func (n *run) tcp(g *group) (runner, error) {
	if len(n.request.TCP) == 0 {
		return nil, nil
	}
	return n.newLane(g, exposure.TCP, n.request.TCP, func(p *plan) (way, error) {
		if g.tap != nil {
			n.methods.syn = true
			return newSYNWay(g.tap, p)
		}
		n.methods.connect, n.methods.own = true, n.methods.own || g.own
		n.methods.unreached = n.methods.unreached || !g.own
		return newConnectWay(n.engine.descriptors)
	})
}

func (n *run) echo(g *group) (runner, error) {
	if !n.request.Echo {
		return nil, nil
	}
	return n.newLane(g, exposure.ICMP, []uint16{0}, func(p *plan) (way, error) {
		return newEchoWay(p)
	})
}

// observe words the conclusions of a lane.
func (n *run) observe(p *plan, batch []conclusion) []exposure.Observation {
	r := n.request
	observations := make([]exposure.Observation, len(batch))
	now := time.Now()
	var (
		t    exposure.Target
		view exposure.View
	)
	for i, c := range batch {
		if target := p.targets[p.host(c.index)]; i == 0 || target.Address != t.Address {
			t, view = target, r.View(target.Address)
		}
		o := exposure.Observation{
			Host:      t.Name,
			Address:   t.Address,
			Transport: p.transport,
			Port:      p.endpoint(c.index).Port(),
			State:     c.state,
			Reason:    cmp.Or(c.reason, exposure.LocalError),
			Detail:    n.detail(p, c),
			View:      view,
			Vantage:   r.Vantage,
			Attempts:  c.tries,
			SeenAt:    cmp.Or(c.at, now).Round(0).UTC(),
		}
		switch {
		case c.local && c.reason != exposure.LocalError:
			o.By = exposure.Local
		case c.by.IsValid() && !c.local:
			o.By = c.by.String()
		}
		if c.state == exposure.Open || c.state == exposure.Closed {
			o.RTT = exposure.Microseconds(c.rtt)
		}
		observations[i] = o
	}
	return observations
}

// detail says what the reason does not.
func (n *run) detail(p *plan, c conclusion) string {
	r := n.request
	switch {
	case c.note == cut:
		return r.Say("detail.cut")
	case c.note == unrecognised:
		return r.Say("detail.unrecognised")
	case c.note == forbidden:
		return r.Say("detail.forbidden", "Error", c.err.Error())
	case c.note == fellSilent:
		return r.Say("detail.fell-silent")
	case c.note == portZero:
		return r.Say("detail.port-zero")
	case c.note == unpermitted:
		return r.Say("detail.echo-unpermitted")
	case c.err != nil:
		return r.Say("detail.local", "Error", c.err.Error())
	case c.void:
		return r.Say("detail.void")
	case p.transport == exposure.UDP:
		return n.udpDetail(p, c)
	}
	return ""
}

// finish fills the summary in.
func (n *run) finish(elapsed time.Duration) {
	s := &n.summary
	s.ElapsedMS = elapsed.Milliseconds()
	s.Complete = s.Open+s.Closed+s.Filtered+s.OpenFiltered+s.Unknown == s.Ports
	s.Method = n.methods.words(n.request)
	n.note()
	n.effort.tell(s, n.request.Rate)
	if n.seen.answered > 0 {
		share := n.seen.share()
		s.Loss = &share
	}
}

// note says what the counts do not tell.
func (n *run) note() {
	s, r := &n.summary, n.request
	if n.methods.syn && n.methods.unread {
		s.Notes = append(s.Notes, r.Say("note.rules-unread"))
	}
	for _, l := range n.ended {
		s.PacketsSent += l.sent()
		l.remark(n)
	}
	n.parts()
	if n.assumed {
		s.Notes = append(s.Notes, r.Say("note.loss-assumed", "Percent", int(100*assumedLoss)))
	}
}

// troubled says what kept this machine from asking, once for all lanes.
func (n *run) troubled(err error) {
	if err == nil {
		return
	}
	if note := n.request.Say("note.trouble", "Error", err.Error()); !slices.Contains(n.summary.Notes, note) {
		n.summary.Notes = append(n.summary.Notes, note)
	}
}

// limits says that silent ports of a host may be what its limits made silent.
func (n *run) limits(address string, h *host) {
	s, r := &n.summary, n.request
	if h.stingy() {
		s.Notes = append(s.Notes, r.Say("note.rejects-limited",
			"Address", address, "Count", h.silent-h.missed, "Rejected", h.refusals.all()))
	}
	if h.silent > h.missed && h.resets.limited() {
		s.Notes = append(s.Notes, r.Say("note.resets-limited", "Address", address, "Count", h.silent-h.missed))
	}
}
