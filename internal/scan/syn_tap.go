package scan

import (
	"errors"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
	"sekisho/internal/wire/tcpip"
)

// wire is the raw socket, and in tests what stands for it.
type wire interface {
	Send([]rawsock.Frame) (int, error)
	Receive(time.Time, func(rawsock.Packet)) error
	Lost() (int, error)
	Behind() bool
	Unread() bool
	Close() error
}

// router tells the ways of packets, and in tests is a table.
type router interface {
	To(target netip.Addr) (netio.Route, error)
	Neighbours(index int) (map[netip.Addr]netio.Neighbour, error)
	Close()
}

// tap is what all raw scans of an engine share: one ring, one row of source
// ports, one reader. Each packet goes to the way whose cookie it carries.
type tap struct {
	wire   wire
	router router
	row    *netio.Reservation
	done   chan struct{} // closed when the reader has ended
	lost   atomic.Int64  // packets that the ring had no room for
	epoch  time.Time
	last   atomic.Int64 // when the packet came that was read last, since epoch
	sound  atomic.Int64 // until when it is known how many were lost, since epoch
	many   atomic.Bool  // several scans are under way

	mu    sync.Mutex
	ways  []*synWay
	asked [askedLists][]*synWay // by what the addresses that they ask end in
	err   error                 // why the reader ended
}

// askedLists is how many lists of ways there are. An answer is shown only to
// the ways of its list: with hundreds of scans at once, the reader would
// otherwise be so slow that its ring overflows.
const askedLists = 1024

func askedList(a netip.Addr) int {
	b := a.As16()
	return (int(b[14])<<8 | int(b[15])) % askedLists
}

// sourcePorts is how many source ports a tap has: half for questions, half for
// controls. A host that answers repeats of one connection only twice a second
// does not hold back 50 controls a second that come from 32 ports.
// Each costs a descriptor: where these are few, fewer ports must do.
const (
	sourcePorts    = 64
	fewSourcePorts = 16
)

// openTap opens the raw socket of this network namespace. It needs CAP_NET_RAW
// for that moment.
func openTap() (*tap, error) {
	row, err := netio.ReservePorts(sourcePorts)
	if errors.Is(err, syscall.EMFILE) {
		row, err = netio.ReservePorts(fewSourcePorts)
	}
	if err != nil {
		return nil, err
	}
	socket, err := rawsock.Open(rawsock.Ports{First: row.First, Last: row.Last})
	if err != nil {
		return nil, errors.Join(err, row.Close())
	}
	routes, err := netio.OpenRoutes()
	if err != nil {
		return nil, errors.Join(err, socket.Close(), row.Close())
	}
	return startTap(socket, routes, row), nil
}

func startTap(w wire, r router, row *netio.Reservation) *tap {
	t := &tap{wire: w, router: r, row: row, done: make(chan struct{}), epoch: time.Now()}
	go t.read()
	return t
}

// readSlice bounds one wait for packets, in case the kernel forgets to wake
// us.
const readSlice = time.Second

// read hands packets to the ways until the socket is closed.
func (t *tap) read() {
	defer close(t.done)
	for {
		err := t.wire.Receive(time.Now().Add(readSlice), func(p rawsock.Packet) {
			t.take(p)
			t.last.Store(int64(p.At.Sub(t.epoch)))
		})
		if err == nil {
			var lost int
			now := time.Since(t.epoch)
			lost, err = t.wire.Lost()
			t.lost.Add(int64(lost))
			t.sound.Store(int64(now))
		}
		if err != nil {
			t.fail(err)
			return
		}
	}
}

// take reads one packet and gives it to whom it concerns. What cannot be read,
// or carries nobody's cookie, is thrown away.
func (t *tap) take(p rawsock.Packet) {
	var (
		packet tcpip.Packet
		err    error
	)
	switch p.Protocol {
	case rawsock.IPv4:
		packet, err = tcpip.ParseIPv4(p.Data, !p.Unsummed)
	case rawsock.IPv6:
		packet, err = tcpip.ParseIPv6(p.Data, !p.Unsummed)
	case rawsock.ARP:
		packet, err = tcpip.ParseARP(p.Data)
	default:
		return
	}
	if err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	ways := t.ways
	switch packet.Kind {
	case tcpip.Segment:
		ways = t.asked[askedList(packet.From.Addr())]
	case tcpip.Error:
		ways = t.asked[askedList(packet.To.Addr())]
	}
	for _, w := range ways {
		w.take(&packet, p.Index, p.At)
	}
}

// readUntil reports whether all is read that came until then.
func (t *tap) readUntil(then time.Time) bool {
	return !t.wire.Unread() || time.Duration(t.last.Load()) >= then.Sub(t.epoch)
}

// fail ends all ways: without the reader they would take everything for
// silence.
func (t *tap) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
	for _, w := range t.ways {
		w.wake()
	}
}

func (t *tap) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *tap) add(w *synWay) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ways = append(t.ways, w)
	t.many.Store(len(t.ways) > fewWays)
	for _, target := range w.plan.targets {
		list := &t.asked[askedList(target.Address)]
		if len(*list) == 0 || (*list)[len(*list)-1] != w {
			*list = append(*list, w)
		}
	}
}

// fewWays is up to how many lanes, those of the two families of one scan, are
// helped to send: more fill the processors themselves, and what waits with their
// helpers would bring answers beyond what the reader can take.
const fewWays = 2

func (t *tap) remove(w *synWay) {
	t.mu.Lock()
	defer t.mu.Unlock()
	this := func(other *synWay) bool { return other == w }
	t.ways = slices.DeleteFunc(t.ways, this)
	t.many.Store(len(t.ways) > fewWays)
	for _, target := range w.plan.targets {
		list := &t.asked[askedList(target.Address)]
		*list = slices.DeleteFunc(*list, this)
	}
}

// part parts targets into those that raw packets reach and the rest: addresses
// of this machine, to which Linux drops injected packets, links whose frames
// we cannot address, and those that no way leads to, which a connect finds out
// as well.
func (t *tap) part(targets []exposure.Target) (raw, rest []exposure.Target) {
	for _, target := range targets {
		if route, err := t.router.To(target.Address); err == nil && route.Raw {
			raw = append(raw, target)
		} else {
			rest = append(rest, target)
		}
	}
	return raw, rest
}

// close ends the reader and gives back what the tap held.
func (t *tap) close() error {
	err := t.wire.Close()
	<-t.done
	t.router.Close()
	return errors.Join(err, t.row.Close())
}
