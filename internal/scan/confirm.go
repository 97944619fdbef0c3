package scan

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// confirmer stands between what is concluded of ports and what is told. That a
// SYN was answered proves little where everything answers: a middlebox may
// accept in the place of ports that nobody has. It looks at what hosts show,
// whatever way they were asked, and makes whole connections through the kernel
// where that is in doubt.
type confirmer struct {
	ctx     context.Context
	request *Request
	out     chan<- []exposure.Observation
	shake   func(context.Context, netip.AddrPort, netio.Manners) netio.Handshake
	reach   func(ctx context.Context, to netip.AddrPort, hops int, patience time.Duration) netio.Reached
	routed  func(netip.Addr) bool // whether a router is on the way
	made    func() int64          // connections so far
	flows   *flows                // nil where they are not counted
	counts  func(netip.Addr) bool // whether those to an address are
	places  chan struct{}         // one for each connection at once
	working sync.WaitGroup

	mu       sync.Mutex
	fewer    sync.Cond // ports are waiting
	facades  map[netip.Addr]*facade
	order    []*facade // those that something is to be said of
	waiting  int       // ports whose host or which themselves are being looked at
	controls []uint16
	measured int // hosts whose distance was looked for
}

const (
	// mostHeld is how many answered ports of a host, all of them open, raise
	// the doubt whether everything answers there.
	mostHeld = 16
	// mostAtOnce is how many connections are made at a time.
	mostAtOnce = 256
	// mostWaiting bounds the memory for ports that wait to be confirmed. Beyond
	// it the scan itself waits.
	mostWaiting = 1 << 17
)

// facade is what one host shows.
type facade struct {
	address netip.Addr
	stage   stage
	gap     time.Duration // between its connections
	counted bool          // a router of ours has to remember each of them
	next    time.Time     // the earliest one
	held    []heldPort    // until it is known what to make of them
	queue   []heldPort    // to be confirmed
	working bool          // somebody takes from the queue

	survive time.Duration // longer than its middlebox takes to find nobody there
	usual   time.Duration // time until something was proven
	mute    int           // connections that nothing came of
	asked   int           // controls, and those of them that were accepted
	took    int
	seen    [fates]int // ports that were looked at
	way     wayTo
}

// stage is how far it is known what a host is.
type stage uint8

const (
	gathering stage = iota // all that answered so far is open, and it is not much
	asking                 // its controls are asked
	honest                 // some port of it is closed, or its controls do not answer
	hollow                 // everything answers, and something stands behind it
	doubted                // everything answers, and perhaps nobody stands behind it
)

// heldPort is an open port that nobody was told of yet.
type heldPort struct {
	exposure.Observation
	shut  bool      // it accepted with a window of zero
	until time.Time // it is confirmed, or not at all
}

// newConfirmer returns one that tells of ports on out, until it is finished.
func newConfirmer(ctx context.Context, n *run, out chan<- []exposure.Observation) *confirmer {
	h := netio.NewHandshaker(n.engine.descriptors)
	c := &confirmer{
		ctx: ctx, request: n.request, out: out, shake: h.Shake, reach: h.Reach, routed: routed, made: h.Made,
		flows: n.flows(),
		counts: func(a netip.Addr) bool {
			return n.flows() != nil && !n.request.Own(a) && n.translates(a)
		},
		places:  make(chan struct{}, mostAtOnce),
		facades: map[netip.Addr]*facade{},
	}
	c.fewer.L = &c.mu
	return c
}

// take takes in what a plan's ports are concluded to be, and tells what there
// is no doubt about.
func (c *confirmer) take(p *plan, batch []conclusion, seen []exposure.Observation) {
	if p.transport != exposure.TCP {
		c.out <- seen
		return
	}
	if !slices.ContainsFunc(seen, answered) {
		c.out <- seen
		return
	}
	told := make([]exposure.Observation, 0, len(seen))
	c.mu.Lock()
	for i, o := range seen {
		told = c.weigh(told, heldPort{Observation: o, shut: batch[i].shut})
	}
	c.mu.Unlock()
	c.tell(told)
	c.mu.Lock()
	for c.waiting > mostWaiting {
		c.fewer.Wait()
	}
	c.mu.Unlock()
}

func (c *confirmer) tell(told []exposure.Observation) {
	if len(told) > 0 {
		c.out <- told
	}
}

// weigh appends to told what may be told now that one more port is known.
func (c *confirmer) weigh(told []exposure.Observation, p heldPort) []exposure.Observation {
	if !answered(p.Observation) {
		return append(told, p.Observation)
	}
	f := c.facades[p.Address]
	if f == nil {
		f = &facade{address: p.Address, counted: c.counts(p.Address)}
		f.gap = c.gap(f)
		if len(c.request.TCP) < mostHeld {
			f.stage = honest // too little to raise a doubt
		}
		c.facades[p.Address] = f
	}
	if !p.shut {
		c.refer(f, p)
	}
	switch {
	case p.State == exposure.Closed && f.stage == gathering:
		f.stage = honest
		return append(c.release(told, f), p.Observation)
	case p.State == exposure.Closed:
		return append(told, p.Observation)
	case f.stage == gathering, f.stage == asking:
		f.held = append(f.held, p)
		if f.stage == asking {
			c.waiting++
		} else if len(f.held) == mostHeld {
			f.stage = asking
			c.working.Go(func() { c.examine(f) })
		}
		return told
	}
	return c.admit(told, f, p)
}

// answered reports whether a host said something of a port.
func answered(o exposure.Observation) bool {
	return o.State == exposure.Open || o.State == exposure.Closed
}

// release appends to told what was held of a host.
func (c *confirmer) release(told []exposure.Observation, f *facade) []exposure.Observation {
	c.waiting -= max(len(f.held)-mostHeld, 0)
	for _, p := range f.held {
		told = c.admit(told, f, p)
	}
	f.held = nil
	return told
}

// admit appends an open port to told, or has it confirmed first. A window of
// zero in the acceptance proves nothing, for a middlebox says so of real ports
// too; but no usual system does.
func (c *confirmer) admit(told []exposure.Observation, f *facade, p heldPort) []exposure.Observation {
	switch {
	case f.stage == hollow:
		p.Detail = c.request.Say("detail.all-answer")
	case f.stage == doubted || p.shut:
		p.until = c.until(f, time.Now())
		f.queue = append(f.queue, p)
		c.mention(f)
		c.waiting++
		if !f.working {
			f.working = true
			c.working.Go(func() { c.confirm(f) })
		}
		return told
	case c.suspect(f, p):
		return told
	}
	return append(told, p.Observation)
}

// mention has something said of a host in the summary.
func (c *confirmer) mention(f *facade) {
	if !slices.Contains(c.order, f) {
		c.order = append(c.order, f)
	}
}

// finish tells of what is held when nothing more is to come, and returns when
// all is told.
func (c *confirmer) finish() {
	var told []exposure.Observation
	c.mu.Lock()
	for _, f := range c.facades {
		if f.stage == gathering {
			f.stage = honest
			told = c.release(told, f)
		}
	}
	c.mu.Unlock()
	c.tell(told)
	c.working.Wait()
	for _, f := range c.facades {
		c.tell(observations(f.way.suspects)) // of hosts that showed no other port
	}
}

// gap is how far apart the connections to a host are: as far as questions to it.
func (c *confirmer) gap(f *facade) time.Duration {
	r := c.request
	rate := lanLimits.rate
	switch {
	case r.Rate > 0:
		rate = float64(r.Rate)
	case r.Own(f.address):
		return 0
	case f.counted:
		rate = wanLimits.rate
	case r.Profile == Polite:
		rate = politeLimits.rate
	}
	return time.Duration(float64(time.Second) / rate)
}
