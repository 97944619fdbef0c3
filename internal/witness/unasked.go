package witness

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/rawsock"
	"sekisho/internal/wire/tcpip"
)

// Doorkeeper hears what comes unasked from addresses that this machine looks at:
// with one capture, whatever their number, which is there as long as one of them
// is watched. The zero value is ready.
type Doorkeeper struct {
	mu      sync.Mutex
	tap     *rawsock.Tap
	done    chan struct{} // closed when the reader of the tap has ended
	watched map[netip.Addr][]*unasked
	lost    int   // packets, since the tap was opened
	err     error // of its reader
}

// Vigil is the watch over one address.
type Vigil struct {
	keeper *Doorkeeper
	notes  *unasked
	lost   int // that the tap had lost before
	err    error
}

// Watch begins to watch an address. Packets to the ports in served are the
// visitor's own business. Without the privilege to capture packets, and elsewhere
// than on Linux, the end of the vigil says so.
func (d *Doorkeeper) Watch(peer netip.Addr, served []uint16) *Vigil {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := &Vigil{keeper: d, notes: newUnasked(peer.Unmap().WithZone(""), served)}
	if d.tap == nil {
		if v.err = d.open(); v.err != nil {
			return v
		}
	}
	v.lost = d.lost
	if d.watched == nil {
		d.watched = map[netip.Addr][]*unasked{}
	}
	d.watched[v.notes.peer] = append(d.watched[v.notes.peer], v.notes)
	return v
}

// open opens the tap. The caller holds mu.
func (d *Doorkeeper) open() error {
	tap, err := rawsock.OpenTap(rawsock.Talk{Everybody: true})
	if err != nil {
		return err
	}
	d.tap, d.done, d.lost, d.err = tap, make(chan struct{}), 0, nil
	go d.read(tap, d.done)
	return nil
}

// read takes packets until the tap is closed.
func (d *Doorkeeper) read(tap *rawsock.Tap, done chan struct{}) {
	defer close(done)
	for {
		err := tap.Receive(time.Now().Add(readSlice), d.take)
		lost := 0
		if err == nil {
			lost, err = tap.Lost()
		}
		d.mu.Lock()
		d.lost += lost
		if err != nil && !errors.Is(err, os.ErrClosed) {
			d.err = err
		}
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (d *Doorkeeper) take(p rawsock.Packet) {
	f, err := tcpip.ParseFlow(p.Data, !p.Cut && !p.Unsummed && !p.Outgoing)
	if err != nil || f.Spoilt {
		return
	}
	peer := f.Source
	if p.Outgoing {
		peer = f.Destination
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range d.watched[peer] {
		n.take(&f, p.Outgoing, p.At)
	}
}

// End ends the vigil and says what came, and from how far the answers.
func (v *Vigil) End() (exposure.Unasked, []exposure.AnswerHops) {
	if v.err != nil {
		return exposure.Unasked{Unseen: v.err.Error()}, nil
	}
	d := v.keeper
	d.mu.Lock()
	told, answers := v.notes.told(time.Now()), v.notes.answers()
	switch {
	case d.err != nil:
		told.Watched, told.Unseen = false, d.err.Error()
	case d.lost > v.lost:
		told.Watched, told.Unseen = false, fmt.Sprintf("%d packets of the capture were lost", d.lost-v.lost)
	}
	tap, done := d.leave(v.notes), d.done
	d.mu.Unlock()
	if tap != nil {
		_ = tap.Close() // nobody reads from it any more
		<-done
	}
	return told, answers
}

// leave takes an address off, and returns the tap when it was the last one. The
// caller holds mu.
func (d *Doorkeeper) leave(n *unasked) *rawsock.Tap {
	rest := slices.DeleteFunc(d.watched[n.peer], func(other *unasked) bool { return other == n })
	if len(rest) > 0 {
		d.watched[n.peer] = rest
		return nil
	}
	delete(d.watched, n.peer)
	if len(d.watched) > 0 {
		return nil
	}
	tap := d.tap
	d.tap = nil
	return tap
}

// unasked keeps what passes between this machine and one address. It has no clock
// and no socket.
type unasked struct {
	peer   netip.Addr
	served map[uint16]bool // ports that the visitor may use as everybody may
	spoke  map[port]bool   // own ports that something left from to the address
	pinged bool
	came   map[arriving]*exposure.UnaskedPacket
	order  []arriving
	begun  map[calling]time.Time // connections that the address begins, until they are answered
	more   int

	hops map[uint16]uint8 // left of the first answer of each TCP port
	echo uint8            // of the first answer to a ping, 0 for none
}

// port is one of this machine's.
type port struct {
	transport uint8
	number    uint16
}

// arriving are packets that are told together.
type arriving struct {
	kind exposure.UnaskedKind
	port uint16
}

// calling is a connection that the address begins.
type calling struct{ from, to uint16 }

// mostUnasked bounds what is remembered of each kind.
const mostUnasked = 256

// freshest is how young an attempt may be of which it cannot be said yet that it
// stays without an answer.
const freshest = 200 * time.Millisecond

func newUnasked(peer netip.Addr, served []uint16) *unasked {
	n := &unasked{
		peer: peer, served: map[uint16]bool{}, spoke: map[port]bool{}, came: map[arriving]*exposure.UnaskedPacket{}, begun: map[calling]time.Time{}, hops: map[uint16]uint8{},
	}
	for _, p := range served {
		n.served[p] = true
	}
	return n
}

// The numbers of the protocols that are told apart.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// take notes one packet.
func (n *unasked) take(f *tcpip.Flow, out bool, at time.Time) {
	switch {
	case out:
		n.sent(f)
	case f.Transport == protoTCP && f.Ports && f.SYN && !f.ACK && !f.RST:
		n.calls(calling{f.From.Port(), f.To.Port()}, at)
	case f.Transport == protoTCP && f.Ports:
		n.answer(f)
		n.note(exposure.UnaskedSegment, f, at)
	case f.Transport == protoUDP && f.Ports:
		n.note(exposure.UnaskedDatagram, f, at)
	case f.Transport == protoICMP || f.Transport == protoICMPv6:
		n.message(f, at)
	}
}

// sent notes from where something left to the address. A SYN-ACK says that the
// address uses a service of this machine.
func (n *unasked) sent(f *tcpip.Flow) {
	switch {
	case f.Transport == protoTCP && f.Ports && f.SYN && f.ACK:
		delete(n.begun, calling{f.To.Port(), f.From.Port()})
		n.spoke[port{protoTCP, f.From.Port()}] = true
	case f.Transport == protoTCP && f.Ports && f.RST: // what begs to be left alone asks nothing
	case f.Ports:
		n.spoke[port{f.Transport, f.From.Port()}] = true
	case f.Transport == protoICMP && f.Type == 8, f.Transport == protoICMPv6 && f.Type == 128:
		n.pinged = true
	}
}

func (n *unasked) calls(c calling, at time.Time) {
	if _, again := n.begun[c]; again || n.served[c.to] {
		return
	}
	if len(n.begun) >= mostUnasked {
		n.more++
		return
	}
	n.begun[c] = at
}

// note keeps a packet that may be one that nobody asked for: whether it is, is
// known at the end.
func (n *unasked) note(kind exposure.UnaskedKind, f *tcpip.Flow, at time.Time) {
	to := f.To.Port()
	if f.Ports && (n.served[to] || n.spoke[port{f.Transport, to}]) {
		return
	}
	n.keep(arriving{kind, to}, f.From.Port(), at)
}

func (n *unasked) keep(key arriving, from uint16, at time.Time) {
	p := n.came[key]
	if p == nil {
		if len(n.came) >= mostUnasked {
			n.more++
			return
		}
		p = &exposure.UnaskedPacket{Kind: key.kind, Port: key.port, From: from, SeenAt: at.UTC()}
		n.came[key] = p
		n.order = append(n.order, key)
	}
	p.Packets++
}

// message notes an ICMP message. The discovery of neighbours and of routers keeps a
// link going (RFC 4861), and groups do (RFC 2710, RFC 3810).
func (n *unasked) message(f *tcpip.Flow, at time.Time) {
	reply, request := f.Transport == protoICMP && f.Type == 0 || f.Transport == protoICMPv6 && f.Type == 129,
		f.Transport == protoICMP && f.Type == 8 || f.Transport == protoICMPv6 && f.Type == 128
	switch {
	case request:
		n.note(exposure.UnaskedEcho, f, at)
	case reply && n.pinged:
		n.echo = max(n.echo, f.Hops)
	case f.Transport == protoICMPv6 && f.Type >= 130 && f.Type != 255:
	case f.Error:
		if q := f.Quoted; q != nil && q.Destination == n.peer && (!q.Ports || n.spoke[port{q.Transport, q.From.Port()}] || n.served[q.From.Port()]) {
			return
		}
		n.note(exposure.UnaskedError, f, at)
	default:
		n.note(exposure.UnaskedMessage, f, at)
	}
}

// answer notes how far away a port answers.
func (n *unasked) answer(f *tcpip.Flow) {
	if _, known := n.hops[f.From.Port()]; known || !n.spoke[port{protoTCP, f.To.Port()}] || !f.RST && (!f.SYN || !f.ACK) {
		return
	}
	n.hops[f.From.Port()] = f.Hops
}

// mostHops bounds how many numbers of hops are told: somebody who answers with many
// tells nothing by them.
const mostHops = 8

// answers are the ports by the hops that were left of their answers.
func (n *unasked) answers() []exposure.AnswerHops {
	var list []exposure.AnswerHops
	if n.echo > 0 {
		list = append(list, exposure.AnswerHops{Transport: exposure.ICMP, Hops: n.echo})
	}
	for _, p := range slices.Sorted(maps.Keys(n.hops)) {
		i := slices.IndexFunc(list, func(a exposure.AnswerHops) bool { return a.Transport == exposure.TCP && a.Hops == n.hops[p] })
		if i < 0 {
			if i = len(list); i > mostHops {
				return nil
			}
			list = append(list, exposure.AnswerHops{Transport: exposure.TCP, Hops: n.hops[p]})
		}
		list[i].Ports = append(list[i].Ports, p)
	}
	return list
}

// mostTold bounds how many kinds of packets are told one by one.
const mostTold = 32

// told is what came unasked until now. What this machine spoke to from the same
// port, also later, was somebody who uses a service.
func (n *unasked) told(now time.Time) exposure.Unasked {
	for c, at := range n.begun {
		if now.Sub(at) >= freshest {
			n.keep(arriving{exposure.UnaskedConnection, c.to}, c.from, at)
		}
	}
	u := exposure.Unasked{Watched: true, More: n.more}
	transports := map[exposure.UnaskedKind]uint8{exposure.UnaskedSegment: protoTCP, exposure.UnaskedDatagram: protoUDP}
	for _, key := range n.order {
		if t, has := transports[key.kind]; has && n.spoke[port{t, key.port}] {
			continue
		}
		u.Came = append(u.Came, *n.came[key])
	}
	slices.SortFunc(u.Came, func(a, b exposure.UnaskedPacket) int { return a.SeenAt.Compare(b.SeenAt) })
	if len(u.Came) > mostTold {
		for _, p := range u.Came[mostTold:] {
			u.More += p.Packets
		}
		u.Came = u.Came[:mostTold]
	}
	return u
}
