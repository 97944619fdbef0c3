//go:build !linux

package netio

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/icmp"
)

// Echoes asks hosts for ICMP echoes in bulk: through datagram sockets, which
// macOS allows everybody, else through raw ones. It belongs to one goroutine.
type Echoes struct {
	sockets [2]*icmp.PacketConn
	raw     [2]bool
	id      uint16
	results chan Echo
	closed  chan struct{}
}

// NewEchoes returns an Echoes. Sockets are opened when they are needed.
func NewEchoes() *Echoes {
	return &Echoes{id: uint16(rand.Uint32()), results: make(chan Echo, 256), closed: make(chan struct{})}
}

// Close closes the sockets.
func (e *Echoes) Close() error {
	close(e.closed)
	for _, s := range e.sockets {
		if s != nil {
			s.Close()
		}
	}
	return nil
}

// Send sends one echo request. The error is as of Datagrams.Send; it
// wraps ErrEchoForbidden where this process may send none.
func (e *Echoes) Send(to netip.Addr, nonce uint64) error {
	family := 0
	if to.Is6() {
		family = 1
	}
	if e.sockets[family] == nil {
		if err := e.open(family); err != nil {
			return errAsked(echoPeer(to), err)
		}
	}
	var address net.Addr = &net.UDPAddr{IP: to.AsSlice(), Zone: to.Zone()}
	if e.raw[family] {
		address = &net.IPAddr{IP: to.AsSlice(), Zone: to.Zone()}
	}
	if _, err := e.sockets[family].WriteTo(echoMessage(to.Is6(), e.id, nonce), address); err != nil {
		return errAsked(echoPeer(to), err)
	}
	return nil
}

func (e *Echoes) open(family int) error {
	names := [2][2]string{{"udp4", "ip4:icmp"}, {"udp6", "ip6:ipv6-icmp"}}[family]
	any := [2]string{"0.0.0.0", "::"}[family]
	s, err := icmp.ListenPacket(names[0], any)
	if err != nil {
		e.raw[family] = true
		if s, err = icmp.ListenPacket(names[1], any); err != nil {
			if Forbidden(err) {
				err = errors.Join(ErrEchoForbidden, err)
			}
			return err
		}
	}
	e.sockets[family] = s
	go e.listen(s, family == 1)
	return nil
}

func (e *Echoes) listen(s *icmp.PacketConn, v6 bool) {
	b := make([]byte, mostReply)
	for {
		n, from, err := s.ReadFrom(b)
		if err != nil {
			return
		}
		reply := b[:n]
		if !v6 {
			reply = withoutIPv4(reply)
		}
		nonce, ok := parseEcho(v6, reply)
		if !ok {
			continue
		}
		echo := Echo{Datagram: Datagram{Peer: echoPeer(addressOf(from)), At: time.Now()}, Nonce: nonce}
		select {
		case e.results <- echo:
		case <-e.closed:
			return
		}
	}
}

func addressOf(a net.Addr) netip.Addr {
	var ip net.IP
	var zone string
	switch a := a.(type) {
	case *net.UDPAddr:
		ip, zone = a.IP, a.Zone
	case *net.IPAddr:
		ip, zone = a.IP, a.Zone
	}
	address, _ := netip.AddrFromSlice(ip)
	return address.Unmap().WithZone(zone)
}

// Receive hands on what has come, waiting for the first until then. A reply is
// proven by its nonce, which the caller compares.
func (e *Echoes) Receive(until time.Time, handle func(Echo)) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case echo := <-e.results:
		handle(echo)
	case <-timer.C:
	}
	for {
		select {
		case echo := <-e.results:
			handle(echo)
		default:
			return nil
		}
	}
}
