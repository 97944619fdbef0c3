package witness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"sekisho/internal/exposure"
	"sekisho/internal/netio"
)

// Listener is a temporary listener: it takes what comes for a port where nothing
// listens yet, on all addresses, and gives back what it is told, so that a
// vantage finds its own cookie in the answer.
type Listener struct {
	transport exposure.Transport
	port      uint16
	stream    net.Listener
	packets   []packetSocket

	mu       sync.Mutex
	answered map[netip.Addr]int
}

// Error is why a Listener could not be opened or ended.
type Error struct {
	Op   string // listen
	Port uint16
	Err  error
}

// Error says what was tried, with which port and what came of it.
func (e *Error) Error() string { return fmt.Sprintf("%s on port %d: %v", e.Op, e.Port, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// The bounds of a Listener: it serves nobody, and must not be of use to somebody
// who forges the address that he asks from.
const (
	mostAtOnce    = 32
	mostTalk      = 15 * time.Second // of one connection
	mostGivenBack = 1024             // bytes of one connection
	mostAnswers   = 64               // datagrams to one address
	mostAskers    = 1024             // addresses
	mostFaults    = 1000             // of a socket in a row
	pause         = 50 * time.Millisecond
)

// greeting is what a connection is told, and what an empty datagram is answered.
const greeting = "sekisho: a temporary listener has this port\r\n"

// Listen opens a port on all addresses, of both families where the machine has
// them. The error is an *Error.
func Listen(ctx context.Context, transport exposure.Transport, port uint16) (*Listener, error) {
	l := &Listener{transport: transport, port: port, answered: map[netip.Addr]int{}}
	var err error
	if transport == exposure.UDP {
		err = l.openPackets(ctx)
	} else {
		var c net.ListenConfig
		c.SetMultipathTCP(false) // the answer shall be the one that everybody gives
		l.stream, err = c.Listen(ctx, "tcp", fmt.Sprintf(":%d", port))
	}
	if err != nil {
		return nil, &Error{"listen", port, err}
	}
	return l, nil
}

// packetSocket is a datagram socket of one family, which answers from the
// address that it was asked at: a machine has several.
type packetSocket interface {
	read(b []byte) (n int, from, to netip.AddrPort, err error)
	// write sends from the address that was asked.
	write(b []byte, to netip.AddrPort, from netip.Addr) error
	Close() error
}

// openPackets opens a socket for each family. A machine without IPv6 has one.
func (l *Listener) openPackets(ctx context.Context) error {
	var c net.ListenConfig
	four, err := c.ListenPacket(ctx, "udp4", fmt.Sprintf(":%d", l.port))
	if err != nil {
		return err
	}
	p4 := ipv4.NewPacketConn(four)
	_ = p4.SetControlMessage(ipv4.FlagDst, true) // without, the system chooses the address that it answers from
	l.packets = append(l.packets, packets4{p4, l.port})
	six, err := c.ListenPacket(ctx, "udp6", fmt.Sprintf("[::]:%d", l.port))
	if err != nil {
		if !netio.SourceTaken(err) { // there is no IPv6 here
			return nil
		}
		return errors.Join(err, four.Close())
	}
	p6 := ipv6.NewPacketConn(six)
	_ = p6.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true)
	l.packets = append(l.packets, packets6{p6, l.port})
	return nil
}

type packets4 struct {
	*ipv4.PacketConn
	port uint16
}

func (p packets4) read(b []byte) (int, netip.AddrPort, netip.AddrPort, error) {
	n, cm, from, err := p.ReadFrom(b)
	if err != nil {
		return 0, netip.AddrPort{}, netip.AddrPort{}, err
	}
	at := netip.IPv4Unspecified()
	if cm != nil {
		if a, ok := netip.AddrFromSlice(cm.Dst); ok {
			at = a.Unmap()
		}
	}
	return n, addrPort(from), netip.AddrPortFrom(at, p.port), nil
}

func (p packets4) write(b []byte, to netip.AddrPort, from netip.Addr) error {
	cm := &ipv4.ControlMessage{}
	if !from.IsUnspecified() {
		cm.Src = from.AsSlice()
	}
	_, err := p.WriteTo(b, cm, net.UDPAddrFromAddrPort(to))
	return err
}

type packets6 struct {
	*ipv6.PacketConn
	port uint16
}

func (p packets6) read(b []byte) (int, netip.AddrPort, netip.AddrPort, error) {
	n, cm, from, err := p.ReadFrom(b)
	if err != nil {
		return 0, netip.AddrPort{}, netip.AddrPort{}, err
	}
	at := netip.IPv6Unspecified()
	if cm != nil {
		if a, ok := netip.AddrFromSlice(cm.Dst); ok {
			at = a
		}
	}
	return n, addrPort(from), netip.AddrPortFrom(at, p.port), nil
}

func (p packets6) write(b []byte, to netip.AddrPort, from netip.Addr) error {
	cm := &ipv6.ControlMessage{}
	if !from.IsUnspecified() {
		cm.Src = from.AsSlice()
	}
	_, err := p.WriteTo(b, cm, net.UDPAddrFromAddrPort(to))
	return err
}

func addrPort(a net.Addr) netip.AddrPort {
	var at netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		at = a.AddrPort()
	case *net.TCPAddr:
		at = a.AddrPort()
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// Serve answers until the context ends, and tells of everybody who came: from
// several goroutines, one call at a time. It closes the Listener.
func (l *Listener) Serve(ctx context.Context, came func(exposure.Arrival)) {
	stop := context.AfterFunc(ctx, l.Close)
	defer stop()
	defer l.Close()
	var wg sync.WaitGroup
	var one sync.Mutex
	tell := func(from, to netip.AddrPort, answer exposure.Reason) {
		one.Lock()
		defer one.Unlock()
		came(exposure.Arrival{
			Transport: l.transport, Port: l.port, From: from, To: to, By: exposure.ByPort, Packets: 1,
			SeenAt: time.Now(), Answer: answer, AnsweredAt: time.Now(), Accepted: l.transport == exposure.TCP,
		})
	}
	if l.stream != nil {
		l.accept(ctx, &wg, tell)
	}
	for _, p := range l.packets {
		wg.Go(func() { l.echo(p, tell) })
	}
	wg.Wait()
}

// accept takes connections. Who comes when mostAtOnce are under way waits in the
// kernel's queue.
func (l *Listener) accept(ctx context.Context, wg *sync.WaitGroup, tell func(from, to netip.AddrPort, answer exposure.Reason)) {
	seats := make(chan struct{}, mostAtOnce)
	for {
		seats <- struct{}{}
		c, err := l.stream.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			<-seats // somebody hung up before we came, or descriptors ran out
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			continue
		}
		tell(addrPort(c.RemoteAddr()), addrPort(c.LocalAddr()), exposure.SynAck)
		wg.Go(func() {
			defer func() { <-seats }()
			converse(ctx, c)
		})
	}
}

// converse greets and gives back what it is told.
func converse(ctx context.Context, c net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	defer c.Close()
	if c.SetDeadline(time.Now().Add(mostTalk)) != nil {
		return
	}
	if _, err := c.Write([]byte(greeting)); err != nil {
		return
	}
	b := make([]byte, mostGivenBack)
	for left := mostGivenBack; left > 0; {
		n, err := c.Read(b[:left])
		if n > 0 {
			if _, err := c.Write(b[:n]); err != nil {
				return
			}
			left -= n
		}
		if err != nil {
			return
		}
	}
}

// echo gives datagrams back, and never more than it was sent, except to an empty
// one.
func (l *Listener) echo(p packetSocket, tell func(from, to netip.AddrPort, answer exposure.Reason)) {
	b := make([]byte, 2048)
	for faults := 0; faults < mostFaults; {
		n, from, to, err := p.read(b)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			faults++ // an ICMP error about an answer of ours, told by some systems
			continue
		}
		faults = 0
		if !l.may(from.Addr()) {
			continue
		}
		back := b[:n]
		if n == 0 {
			back = []byte(greeting)
		}
		answer := exposure.ProtoResponse
		if p.write(back, from, to.Addr()) != nil {
			answer = ""
		}
		tell(from, to, answer)
	}
}

// may counts the answers to an address.
func (l *Listener) may(a netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.answered[a]; !known && len(l.answered) >= mostAskers {
		return false
	}
	l.answered[a]++
	return l.answered[a] <= mostAnswers
}

// Close ends the listening.
func (l *Listener) Close() {
	if l.stream != nil {
		_ = l.stream.Close()
	}
	for _, p := range l.packets {
		_ = p.Close()
	}
}
