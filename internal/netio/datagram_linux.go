package netio

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Datagrams asks UDP ports in bulk: one socket a family, however many are
// asked. It belongs to one goroutine.
type Datagrams struct {
	sockets [2]*bulkSocket
	reader  bulkReader
	zones   map[string]uint32
}

// NewDatagrams returns a Datagrams. Sockets are opened when they are needed.
func NewDatagrams() *Datagrams { return &Datagrams{zones: map[string]uint32{}} }

// Close closes the sockets.
func (d *Datagrams) Close() error {
	for _, s := range d.sockets {
		if s != nil {
			s.close()
		}
	}
	return nil
}

// Send sends one datagram; own tells that the address is this machine's. The
// error is an *Error: about the one that was asked, or a fault of this machine,
// which passes when it is Scarce.
func (d *Datagrams) Send(to netip.AddrPort, own bool, data []byte) error {
	s, err := d.socket(to, own)
	if err != nil {
		return errAsked(to, err)
	}
	sockaddr, err := sockaddrOf(to, d.zones)
	if err != nil {
		return errAsked(to, err)
	}
	if err := s.send(data, sockaddr); err != nil {
		return errAsked(to, err)
	}
	return nil
}

// socket is the one to send from. A port of this machine may be the socket's
// own, which would answer itself: then another takes its place, and what was
// under way to the old one is lost and asked again in time.
func (d *Datagrams) socket(to netip.AddrPort, own bool) (*bulkSocket, error) {
	family := 0
	if to.Addr().Is6() {
		family = 1
	}
	old := d.sockets[family]
	if old != nil && (!own || old.port != to.Port()) {
		return old, nil
	}
	s, err := openBulk(family == 1, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	if err := s.bind(); err != nil {
		s.close()
		return nil, err
	}
	if old != nil {
		old.close()
	}
	d.sockets[family] = s
	if own && s.port == to.Port() {
		return d.socket(to, own)
	}
	return s, nil
}

// Receive hands on what has come, waiting for the first until then.
func (d *Datagrams) Receive(until time.Time, handle func(Datagram)) error {
	err := waitBulk(d.sockets[:], until)
	for _, s := range d.sockets {
		if s != nil {
			d.reader.receive(s, handle)
		}
	}
	return err
}
