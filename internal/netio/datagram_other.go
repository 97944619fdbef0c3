//go:build !linux

package netio

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"sekisho/internal/exposure"
)

// Datagrams asks UDP ports in bulk, each from a connected socket of its own:
// only such a one is told of ICMP errors here, and not who sent them. It
// belongs to one goroutine.
type Datagrams struct {
	results chan Datagram
	open    chan struct{}
	closed  chan struct{}
}

// mostDatagrams bounds the sockets, and datagramLife is how long each listens.
const (
	mostDatagrams = 256
	datagramLife  = 1500 * time.Millisecond
)

// NewDatagrams returns a Datagrams.
func NewDatagrams() *Datagrams {
	return &Datagrams{
		results: make(chan Datagram, mostDatagrams),
		open:    make(chan struct{}, mostDatagrams),
		closed:  make(chan struct{}),
	}
}

// Close lets the sockets end by themselves.
func (d *Datagrams) Close() error {
	close(d.closed)
	return nil
}

// Send sends one datagram. The error is an *Error: about the one that was
// asked, or a fault of this machine, which passes when it is Scarce.
func (d *Datagrams) Send(to netip.AddrPort, _ bool, data []byte) error {
	if to.Port() == 0 {
		// Systems name various reasons, some of which pass elsewhere.
		return errAsked(to, syscall.EINVAL)
	}
	select {
	case d.open <- struct{}{}:
	default:
		return errAsked(to, ErrNoRoom)
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err == nil {
		if _, err = conn.Write(data); err != nil {
			conn.Close()
		}
	}
	if err != nil {
		<-d.open
		return errAsked(to, err)
	}
	go d.listen(conn, to)
	return nil
}

func (d *Datagrams) listen(conn *net.UDPConn, to netip.AddrPort) {
	defer func() {
		conn.Close()
		<-d.open
	}()
	b := make([]byte, mostReply)
	_ = conn.SetReadDeadline(time.Now().Add(datagramLife))
	n, err := conn.Read(b)
	result := Datagram{Peer: to, Data: b[:n], At: time.Now()}
	if err != nil {
		var errno syscall.Errno
		if !errors.As(err, &errno) {
			return
		}
		result.Data, result.Reason = nil, EvidenceOf(portable(errno))
		switch result.Reason {
		case exposure.ConnRefused, exposure.Reset: // the latter is Windows's word
			result.Reason = exposure.PortUnreach
		default:
			result.Local = true
		}
	}
	select {
	case d.results <- result:
	case <-d.closed:
	}
}

// Dropped is 0: only Linux tells what its sockets had no room for.
func (d *Datagrams) Dropped() int { return 0 }

// Receive hands on what has come, waiting for the first until then.
func (d *Datagrams) Receive(until time.Time, handle func(Datagram)) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case result := <-d.results:
		handle(result)
	case <-timer.C:
	}
	for {
		select {
		case result := <-d.results:
			handle(result)
		default:
			return nil
		}
	}
}
