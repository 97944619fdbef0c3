// Package witness is the inside half of a two-ended check. It hears what of a
// vantage's probes arrives at this machine, before the packet filter, and what
// the machine answers, behind it; and it opens temporary listeners where nothing
// listens yet. It sends nothing but what a listener answers.
package witness

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"sekisho/internal/cookie"
	"sekisho/internal/exposure"
	"sekisho/internal/netio"
	"sekisho/internal/rawsock"
	"sekisho/internal/reach"
	"sekisho/internal/wire/tcpip"
)

// Watch is what to look out for.
type Watch struct {
	// Address is the one that the vantage addresses; a router may have changed it
	// before the packet is here. The zero one stands for any of this machine.
	Address  netip.Addr
	TCP, UDP []uint16 // that it addresses
	// Sources are where its probes come from; empty: anybody's count.
	Sources []exposure.JobSource
	// Key is that of the cookies that its SYNs carry; nil: they carry none.
	Key *cookie.Key
	// Payloads are the datagrams that it sends to a UDP port, by the nonce that
	// follows from Key; nil: they are not known.
	Payloads func(port uint16, nonce uint64) [][]byte

	near []netip.Addr // the routers by which answers go to the vantage
}

// gateways are the routers by which packets go to some addresses. One of them
// may hand on what comes from there as if it came from itself.
func gateways(to []netip.Addr) []netip.Addr {
	routes, err := netio.OpenRoutes()
	if err != nil {
		return nil
	}
	defer routes.Close()
	var list []netip.Addr
	for _, a := range to {
		if route, err := routes.To(a); err == nil && route.NextHop != a && !slices.Contains(list, route.NextHop) {
			list = append(list, route.NextHop)
		}
	}
	return list
}

// Planned is the watch that belongs to a vantage's plan.
func Planned(p exposure.Plan, payloads func(port uint16, nonce uint64) [][]byte) Watch {
	w := Watch{Address: p.Address, TCP: p.TCP, UDP: p.UDP, Sources: p.Sources, Payloads: payloads}
	if p.Key != (exposure.JobKey{}) {
		key := cookie.Key(p.Key)
		w.Key = &key
	}
	return w
}

// Witness is a watch under way.
type Witness struct {
	tap  *rawsock.Tap
	done chan struct{} // closed when the reader has ended

	mu     sync.Mutex
	ledger *ledger
	links  map[int]string // names of interfaces, empty for the loopback
	lost   int
	err    error
}

// Open begins to watch. It needs the privilege to capture packets, and Linux:
// the error says what is missing.
func Open(w Watch) (*Witness, error) {
	tap, err := rawsock.OpenTap(w.talk())
	if err != nil {
		return nil, err
	}
	w.near = gateways(w.addresses())
	s := &Witness{tap: tap, done: make(chan struct{}), ledger: newLedger(w), links: links()}
	go s.read()
	return s, nil
}

// talk is what the tap has to listen to. Packets of the vantage count whatever
// their port, since a forward may have changed it; those to the ports whoever
// sends them, since the vantage may be behind a router too; and what begins a
// connection, since a router may have changed both and left the cookie.
func (w Watch) talk() rawsock.Talk {
	talk := rawsock.Talk{Connections: w.Key != nil}
	for _, a := range w.addresses() {
		if len(talk.Peers) < rawsock.MostPeers {
			talk.Peers = append(talk.Peers, a)
		}
	}
	if len(w.TCP)+len(w.UDP) <= rawsock.MostPorts {
		talk.Ports = append(append(talk.Ports, w.TCP...), w.UDP...)
	}
	return talk
}

// addresses are those that the vantage sends from, each once.
func (w Watch) addresses() []netip.Addr {
	var list []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, s := range w.Sources {
		if a := s.Address.Unmap().WithZone(""); a.IsValid() && !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	return list
}

// hidden reports whether the vantage's own router may give its packets another
// source than it knows of.
func (w Watch) hidden() bool {
	for _, a := range w.addresses() {
		if a.Is4() == w.Address.Unmap().Is4() && reach.Global(a) == reach.Global(w.Address) {
			return false
		}
	}
	return len(w.Sources) > 0
}

const (
	// readSlice bounds one wait for packets, in case the kernel forgets to wake
	// us.
	readSlice = time.Second
	// linger is how long packets may be on their way from the network card to the
	// reader when the watch is ended.
	linger = 100 * time.Millisecond
)

// read takes packets until the tap is closed.
func (w *Witness) read() {
	defer close(w.done)
	for {
		err := w.tap.Receive(time.Now().Add(readSlice), w.take)
		lost := 0
		if err == nil {
			lost, err = w.tap.Lost()
		}
		w.mu.Lock()
		w.lost += lost
		if err != nil && !errors.Is(err, os.ErrClosed) {
			w.err = err
		}
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take reads one packet. What cannot be read is no probe.
func (w *Witness) take(p rawsock.Packet) {
	f, err := tcpip.ParseFlow(p.Data, !p.Cut && !p.Unsummed && !p.Outgoing)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	link := w.link(p.Index)
	if link == "" {
		return
	}
	w.ledger.take(&f, passage{out: p.Outgoing, tagged: p.VLAN != 0, link: link, at: p.At})
}

// links are the names of the interfaces that there are.
func links() map[int]string {
	names := map[int]string{}
	list, _ := net.Interfaces() // without it each is asked for when it is met
	for _, i := range list {
		names[i.Index] = linkName(i)
	}
	return names
}

func linkName(i net.Interface) string {
	if i.Flags&net.FlagLoopback != 0 {
		return ""
	}
	return i.Name
}

// mostLinks bounds how many names of interfaces are remembered.
const mostLinks = 1024

// link is the name of an interface, empty for the loopback: what goes over that
// has not come from anywhere.
func (w *Witness) link(index int) string {
	name, known := w.links[index]
	if known {
		return name
	}
	name = "?"
	if i, err := net.InterfaceByIndex(index); err == nil { // it is newer than the watch
		name = linkName(*i)
	}
	if len(w.links) < mostLinks {
		w.links[index] = name
	}
	return name
}

// Seen is what was seen until now.
func (w *Witness) Seen() exposure.Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.ledger.seen()
	seen.Whole = seen.Whole && w.lost == 0 && w.err == nil
	if w.err != nil {
		seen.Unseen = w.err.Error()
	}
	return seen
}

// Close ends the watch and returns what was seen, when what is on its way to
// the reader has been read.
func (w *Witness) Close() exposure.Watched {
	time.Sleep(linger)
	_ = w.tap.Close() // nothing is lost by it that is not told
	<-w.done
	return w.Seen()
}
