package scan

import (
	"errors"
	"math/bits"
	"net/netip"
	"sync"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
	"sekisho/internal/wire/tcpip"
)

// synWay asks TCP ports by raw SYNs. The kernel knows nothing of them: what
// answers is read off the wire, proven by its cookie, and the kernel's own
// reset, since no socket of it is concerned, ends the half-open connection.
type synWay struct {
	tap   *tap
	plan  *plan
	key   cookie.Key
	hosts []synHost       // by place in the plan
	place map[hostKey]int // of those that answers may come from
	news  chan struct{}   // holds one token while there is something to fetch
	timer *time.Timer

	mu      sync.Mutex // what the reader of the tap shares with the lane
	hops    map[hopKey]*hop
	answers []answer

	// Only the lane's goroutine uses these.
	flights    []flight
	flightBits int
	warmth     uint32 // of no meaning; so that what is looked up beforehand is
	free       []*synShip
	helper     *synHelper
	said       []evidence // by this machine, to be fetched
	sent       int64
	checks     uint16 // controls that were sent
	lost       int64  // packets that the tap had lost when it was last looked
	epoch      time.Time
	held       time.Time // since when nothing is sent because the reader is behind
	resolving  bool      // some neighbour is not found yet
	checkDue   time.Time // of the hops
}

// synHost is one target.
type synHost struct {
	source   netip.Addr
	hop      *hop
	syn      tcpip.SYN
	protocol rawsock.Protocol
	fault    error // why packets cannot go there
}

// hostKey is what an answer tells of where it comes from: for a link-local
// address the interface belongs to it.
type hostKey struct {
	address netip.Addr
	index   int
}

func keyOf(address netip.Addr, index int) hostKey {
	if !address.IsLinkLocalUnicast() || address.Is4() {
		index = 0
	}
	return hostKey{address.WithZone(""), index}
}

// answer is what came back, before it is matched with what was sent.
type answer struct {
	evidence
	source uint16
	quoted bool // an ICMP error
}

// flight is a question that went out from a source port. The table of them has
// a fixed size and forgets: it serves the round-trip times and the recognition
// of repeated answers; that an answer is true is the cookie's business. Times
// are microseconds since the epoch, which come round after 71 minutes.
type flight struct {
	index    uint32
	sent     uint32
	source   uint16 // 0: none
	repeated bool   // from the same port: which one is answered is not known
	answered bool   // by TCP
	quoted   bool   // in an ICMP error
}

// Flight bits tell how many questions a way remembers: 2 to the power of them,
// in 1 MB at most. Small plans do with less, since hundreds of them may run at
// once, but controls have each source port in turn.
const (
	fewestFlightBits = 10
	mostFlightBits   = 16
)

// flightBits is the same for a plan of so many ports: two places for each, so
// that those that are under way seldom meet.
func flightBits(size int) int {
	return min(max(bits.Len(uint(2*size)), fewestFlightBits), mostFlightBits)
}

// newSYNWay prepares the way to all targets of a plan: routes, and what the
// kernel knows of the neighbours that packets go to first. The others are
// asked for before anything else is sent.
func newSYNWay(t *tap, p *plan) (*synWay, error) {
	w := &synWay{
		tap: t, plan: p, key: p.key,
		hosts:   make([]synHost, len(p.targets)),
		place:   make(map[hostKey]int, len(p.targets)),
		hops:    map[hopKey]*hop{},
		news:    make(chan struct{}, 1),
		timer:   time.NewTimer(0),
		flights: make([]flight, 1<<flightBits(p.size())), flightBits: flightBits(p.size()),
		lost:      t.lost.Load(),
		epoch:     time.Now(),
		resolving: true,
	}
	for i, target := range p.targets {
		w.host(i, target.Address)
	}
	if err := w.cached(); err != nil {
		return nil, err
	}
	w.helper = newSYNHelper(t.wire)
	t.add(w)
	return w, nil
}

// host finds the way to a target.
func (w *synWay) host(i int, address netip.Addr) {
	h := &w.hosts[i]
	route, err := w.tap.router.To(address)
	if err == nil && !route.Raw {
		err = errUnfit
	}
	if err != nil {
		h.fault = err
		return
	}
	h.source, h.protocol = route.Source, rawsock.IPv4
	if address.Is6() {
		h.protocol = rawsock.IPv6
	}
	h.syn = *tcpip.NewSYN(route.Source, address)
	key := hopKey{route.Index, route.NextHop}
	if !route.Neighbours {
		key.address = netip.Addr{}
	}
	if h.hop = w.hops[key]; h.hop == nil {
		h.hop = newHop(key, route)
		w.hops[key] = h.hop
	}
	w.place[keyOf(address, route.Index)] = i
}

// errUnfit is why a target that part has left out is not asked all the same.
var errUnfit = errors.New("raw packets do not reach this address")

// cached takes over what the kernel knows of the neighbours.
func (w *synWay) cached() error {
	tables := map[int]map[netip.Addr]netio.Neighbour{}
	for key, h := range w.hops {
		if h.lasting {
			continue
		}
		table, ok := tables[key.index]
		if !ok {
			var err error
			if table, err = w.tap.router.Neighbours(key.index); err != nil {
				return err
			}
			tables[key.index] = table
		}
		if n, ok := table[key.address]; ok {
			h.on(n.Hardware)
			h.lasting, h.heard = n.Lasting, w.epoch
		}
	}
	return nil
}

// waiting is −1: nobody tells how many answers are still to come.
func (w *synWay) waiting() int { return -1 }

func (w *synWay) packets() int64 { return w.sent }

func (w *synWay) close() error {
	w.tap.remove(w)
	w.timer.Stop()
	w.helper.close()
	return nil
}
