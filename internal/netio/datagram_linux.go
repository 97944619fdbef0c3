package netio

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Datagrams asks UDP ports in bulk: one socket a family, however many are
// asked. It belongs to one goroutine.
type Datagrams struct {
	sockets [4]*bulkSocket // by family; the later two for port 0
	reader  bulkReader
	zones   map[string]uint32
	gone    int // datagrams that sockets dropped which are closed
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
	if to.Port() == 0 {
		// The kernel takes port 0 for a missing address, except that of a
		// connection.
		err = s.sendConnected(data, sockaddr)
	} else {
		err = s.send(data, sockaddr)
	}
	if err != nil {
		return errAsked(to, err)
	}
	return nil
}

// socket is the one to send from. A port of this machine may be the socket's
// own, which would answer itself: then another takes its place, and what was
// under way to the old one is lost and asked again in time.
func (d *Datagrams) socket(to netip.AddrPort, own bool) (*bulkSocket, error) {
	i := 0
	if to.Addr().Is6() {
		i = 1
	}
	if to.Port() == 0 {
		i += 2
	}
	// The socket for port 0 listens on a port as well.
	for j := i & 1; own && j < len(d.sockets); j += 2 {
		if s := d.sockets[j]; s != nil && s.port == to.Port() {
			d.sockets[j] = nil
			d.gone += int(s.lost)
			defer s.close() // after another one has found another port
		}
	}
	if d.sockets[i] != nil {
		return d.sockets[i], nil
	}
	s, err := openBulk(i&1 == 1, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return nil, err
	}
	if to.Port() == 0 {
		err = s.bindForGood()
	} else {
		err = s.bind()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	d.sockets[i] = s
	if own && s.port == to.Port() {
		return d.socket(to, own)
	}
	return s, nil
}

// Dropped is how many datagrams came that the sockets had no room for, as far
// as those tell that came after them.
func (d *Datagrams) Dropped() int {
	dropped := d.gone
	for _, s := range d.sockets {
		if s != nil {
			dropped += int(s.lost)
		}
	}
	return dropped
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
