package agent

import (
	"bufio"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sekisho/internal/exposure"
	"sekisho/internal/wire/echoport"
)

// Bounds of the echo ports together. Their answers are shorter than what asks for
// them, need a word that was given out over HTTP within twenty minutes, and go to
// one network of others as slowly as a person asks: a forged source brings
// nobody more than forging it costs.
const (
	echoTime      = 5 * time.Second // of a connection
	mostEchoes    = 256             // connections at once
	mostNearby    = 16              // of them from one network
	echoWindow    = 10 * time.Second
	mostAnswers   = 2000 // datagrams in a window
	mostTo        = 160  // of them to one network: all 32 ports, each asked again and for five people
	tokenLasts    = 10 * time.Minute
	mostEchoPorts = 256
)

// Echo answers at ports of the vantage, so that somebody can find out which ports
// their network lets them out to.
type Echo struct {
	ports   exposure.StationPorts
	secure  *tls.Config // for browsers on a page inside TLS, nil without
	key     [32]byte
	closers []io.Closer
	running sync.WaitGroup

	mu      sync.Mutex
	alive   int
	nearby  map[netip.Prefix]int
	since   time.Time // when the window began
	answers int
	to      map[netip.Prefix]int
}

// OpenEcho listens at ports of addresses of this machine, over TCP and UDP. A port
// that something has at any of the addresses, or that needs a right which is
// missing, is none: which ones are, Ports says. Whoever begins with a TLS handshake
// is answered inside it by a server of secure, which may be nil.
func OpenEcho(addresses []netip.Addr, ports []uint16, secure *tls.Config) *Echo {
	if secure != nil {
		secure = secure.Clone()
		secure.NextProtos = []string{"http/1.1"} // an echo port speaks no other
	}
	e := &Echo{secure: secure, nearby: map[netip.Prefix]int{}, to: map[netip.Prefix]int{}}
	_, _ = rand.Read(e.key[:]) // never returns an error (since Go 1.24)
	ports = slices.Compact(slices.Sorted(slices.Values(ports)))
	for _, port := range ports[:min(len(ports), mostEchoPorts)] {
		if port > 0 && e.listen(addresses, port) {
			e.ports.TCP = append(e.ports.TCP, port)
		}
		if port > 0 && e.listenPacket(addresses, port) {
			e.ports.UDP = append(e.ports.UDP, port)
		}
	}
	return e
}

// opened are the sockets of one port at each address, or none.
func opened[S io.Closer](addresses []netip.Addr, port uint16, open func(netip.AddrPort) (S, error)) []S {
	var list []S
	for _, address := range addresses {
		s, err := open(netip.AddrPortFrom(address, port))
		if err != nil {
			for _, other := range list {
				_ = other.Close()
			}
			return nil
		}
		list = append(list, s)
	}
	return list
}

func (e *Echo) listen(addresses []netip.Addr, port uint16) bool {
	list := opened(addresses, port, func(at netip.AddrPort) (*net.TCPListener, error) {
		return net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	})
	for _, l := range list {
		e.closers = append(e.closers, l)
		e.running.Go(func() { e.accept(l, port) })
	}
	return len(list) > 0
}

func (e *Echo) listenPacket(addresses []netip.Addr, port uint16) bool {
	list := opened(addresses, port, func(at netip.AddrPort) (*net.UDPConn, error) {
		return net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	})
	for _, c := range list {
		e.closers = append(e.closers, c)
		e.running.Go(func() { e.receive(c, port) })
	}
	return len(list) > 0
}

// Ports are those at which it answers.
func (e *Echo) Ports() exposure.StationPorts { return e.ports }

// Token is what questions need for the next ten to twenty minutes.
func (e *Echo) Token() echoport.Token {
	return e.token(time.Now().Unix() / int64(tokenLasts/time.Second))
}

func (e *Echo) token(slot int64) (t echoport.Token) {
	sum := hmac.New(sha256.New, e.key[:])
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(slot)))
	copy(t[:], sum.Sum(nil))
	return t
}

// known reports whether a token was given out not long ago.
func (e *Echo) known(t echoport.Token) bool {
	slot := time.Now().Unix() / int64(tokenLasts/time.Second)
	return t == e.token(slot) || t == e.token(slot-1)
}

// Close ends all conversations.
func (e *Echo) Close() error {
	var all []error
	for _, c := range e.closers {
		all = append(all, c.Close())
	}
	e.running.Wait()
	return errors.Join(all...)
}

// around is the network of an address, whose people share a bound.
func around(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 56
	}
	p, _ := a.Prefix(bits) // the bits fit the address
	return p
}

// accept serves one TCP port until it is closed.
func (e *Echo) accept(l *net.TCPListener, port uint16) {
	for {
		c, err := l.AcceptTCP()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond) // no descriptor is left for a moment
			continue
		}
		from := around(c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())
		if !e.enter(from) {
			_ = c.SetLinger(0)
			_ = c.Close()
			continue
		}
		e.running.Go(func() {
			defer e.leave(from)
			defer c.Close()
			e.talk(c, port)
		})
	}
}

func (e *Echo) enter(from netip.Prefix) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.alive >= mostEchoes || e.nearby[from] >= mostNearby {
		return false
	}
	e.alive++
	e.nearby[from]++
	return true
}

func (e *Echo) leave(from netip.Prefix) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.alive--
	if e.nearby[from]--; e.nearby[from] == 0 {
		delete(e.nearby, from)
	}
}

// greeting is for people who come with a program of their own.
const greeting = "sekisho: you have reached this port of the vantage.\n"

// talk answers one question and hangs up. Over TCP nobody forges a source, so that
// no token is needed.
func (e *Echo) talk(tcp *net.TCPConn, port uint16) {
	if tcp.SetDeadline(time.Now().Add(echoTime)) != nil {
		return
	}
	c, r := net.Conn(tcp), bufio.NewReaderSize(tcp, mostHead)
	if first, err := r.Peek(1); err == nil && e.secure != nil && first[0] == tlsHandshake {
		c = tls.Server(begun{tcp, r}, e.secure)
		r = bufio.NewReaderSize(c, mostHead)
		defer c.Close()
	}
	line, err := r.ReadSlice('\n')
	answer := []byte(greeting)
	if q, ok := echoport.Parse(line); ok {
		answer = q.Answer(false, port)
	} else if path, ok := httpPath(line); ok && err == nil {
		from := tcp.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
		answer = e.page(path, from, port)
		headEnd(r)
	}
	if len(line) > 0 {
		_, _ = c.Write(answer) // whoever is gone needs none
	}
}

// receive serves one UDP port until it is closed.
func (e *Echo) receive(c *net.UDPConn, port uint16) {
	b := make([]byte, echoport.QuestionSize+1)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of one datagram
		}
		q, ok := echoport.Parse(b[:n])
		// An answer is no question, so that two echo ports never answer each other.
		if ok && e.known(q.Token) && e.allows(around(from.Addr()), time.Now()) {
			_, _ = c.WriteToUDPAddrPort(q.Answer(true, port), from)
		}
	}
}

// allows counts an answer to a network.
func (e *Echo) allows(to netip.Prefix, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now.Sub(e.since) >= echoWindow {
		e.since, e.answers = now, 0
		clear(e.to)
	}
	if e.answers >= mostAnswers || e.to[to] >= mostTo {
		return false
	}
	e.answers++
	e.to[to]++
	return true
}
