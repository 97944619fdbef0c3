package web

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sekisho/internal/exposure"
)

// limits holds how often a caller, a network of callers and all together may
// have something looked at. Each is a rate with a burst (the generic cell rate
// algorithm): what is kept of a caller is one time.
type limits struct {
	mu      sync.Mutex
	each    rate
	network rate
	all     rate
	due     map[netip.Prefix]time.Time // when the bucket of a caller or a network is empty again
	whole   time.Time
}

// rate is one event an interval, and so many at once.
type rate struct {
	interval time.Duration
	burst    int
}

// What a network of callers and all of them may have, in jobs of one caller.
const (
	networkShare = 4
	wholeShare   = 50
)

// mostCallers bounds the memory of the limits: beyond, nobody new is served
// until some are forgotten.
const mostCallers = 1 << 16

func newLimits(l exposure.JobLimits) *limits {
	hourly := max(l.PerHour, 1)
	of := func(share int) rate {
		return rate{time.Hour / time.Duration(hourly*share), max(hourly*share/4, 1)}
	}
	return &limits{each: of(1), network: of(networkShare), all: of(wholeShare), due: map[netip.Prefix]time.Time{}}
}

// take counts one job of a caller, or tells how long it has to wait.
func (l *limits) take(a netip.Addr, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	caller, network := netip.PrefixFrom(a, a.BitLen()), networkOf(a)
	if len(l.due) >= mostCallers {
		for p, at := range l.due {
			if !at.After(now) {
				delete(l.due, p)
			}
		}
		if len(l.due) >= mostCallers {
			return l.each.interval
		}
	}
	ones := []struct {
		rate rate
		at   time.Time
	}{{l.each, l.due[caller]}, {l.network, l.due[network]}, {l.all, l.whole}}
	next := make([]time.Time, len(ones))
	for i, o := range ones {
		at := o.at
		if at.Before(now) {
			at = now
		}
		next[i] = at.Add(o.rate.interval)
		wait = max(wait, next[i].Sub(now)-time.Duration(o.rate.burst)*o.rate.interval)
	}
	if wait > 0 {
		return wait
	}
	l.due[caller], l.due[network], l.whole = next[0], next[1], next[2]
	return 0
}

// networkOf is the network that a caller is counted with: what one customer has
// of IPv6, and what one often has of IPv4.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	return p
}

// owners remembers whose each job is: nobody else learns of it, and from no
// other address.
type owners struct {
	mu   sync.Mutex
	jobs map[string]owner
}

type owner struct {
	address netip.Addr // that is looked at
	asker   netip.Addr // where the requests about it come from: the same, but for a proof
	consent exposure.Consent
	until   time.Time
}

// ownerOf is whose a look is that was kept.
func ownerOf(l exposure.Look) owner {
	who := owner{address: l.Job.Address, asker: l.Job.Grant.Asker, consent: l.Job.Grant.Consent, until: l.Job.Deadline}
	if !who.asker.IsValid() {
		who.asker = who.address
	}
	return who
}

// grant is the leave to look for now, as the asker has just shown to be there.
func (o owner) grant(now time.Time) exposure.Grant {
	g := grant(o.address, o.consent, now)
	if o.asker != o.address {
		g.Kind, g.Asker = exposure.GrantProof, o.asker
	}
	return g
}

func newOwners() *owners { return &owners{jobs: map[string]owner{}} }

// add takes a job, unless the caller has too many that are not over.
func (o *owners) add(id string, who owner, most int, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for id, other := range o.jobs {
		switch {
		case now.After(other.until):
			delete(o.jobs, id)
		case other.address == who.address || other.asker == who.asker:
			n++
		}
	}
	if most > 0 && n >= most {
		return false
	}
	o.jobs[id] = who
	return true
}

func (o *owners) remove(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.jobs, id)
}

// alive counts the jobs that are not over.
func (o *owners) alive(now time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, who := range o.jobs {
		if !now.After(who.until) {
			n++
		}
	}
	return n
}

// of is whose a job is.
func (o *owners) of(id string) (owner, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	who, ok := o.jobs[id]
	return who, ok
}

// Bounds of the connections at once, so that nobody takes all of them.
const (
	mostConnections     = 1024
	mostConnectionsEach = 32
)

// bounded is a listener that closes what is too much. A trusted proxy brings the
// connections of many.
func bounded(l net.Listener, f Forwarding, count *atomic.Int64) net.Listener {
	return &boundedListener{Listener: l, trusted: f, count: count, each: map[netip.Addr]int{}}
}

type boundedListener struct {
	net.Listener
	trusted Forwarding
	count   *atomic.Int64
	mu      sync.Mutex
	all     int
	each    map[netip.Addr]int
}

// Accept waits for the next connection that there is room for.
func (b *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, _ := netip.ParseAddrPort(c.RemoteAddr().String())
		if b.take(from.Addr()) {
			return &countedConn{Conn: c, gone: func() { b.give(from.Addr()) }}, nil
		}
		_ = c.Close()
	}
}

func (b *boundedListener) take(a netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= mostConnections || b.each[a] >= mostConnectionsEach && !b.trusted.trusts(a.Unmap()) {
		return false
	}
	b.all++
	b.count.Store(int64(b.all))
	b.each[a]++
	return true
}

func (b *boundedListener) give(a netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	b.count.Store(int64(b.all))
	if b.each[a]--; b.each[a] == 0 {
		delete(b.each, a)
	}
}

type countedConn struct {
	net.Conn
	once sync.Once
	gone func()
}

// NetConn is the connection inside.
func (c *countedConn) NetConn() net.Conn { return c.Conn }

// Close gives the place back.
func (c *countedConn) Close() error {
	c.once.Do(c.gone)
	return c.Conn.Close()
}
