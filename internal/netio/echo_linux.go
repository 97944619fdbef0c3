package netio

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Echoes asks hosts for ICMP echoes in bulk: through the sockets that the
// kernel has for ping, which need no privilege where ping_group_range allows
// them, else through raw ones. It belongs to one goroutine.
type Echoes struct {
	sockets [2]*bulkSocket
	raw     [2]bool
	id      uint16
	reader  bulkReader
	zones   map[string]uint32
}

// NewEchoes returns an Echoes. Sockets are opened when they are needed.
func NewEchoes() *Echoes {
	return &Echoes{id: uint16(rand.Uint32()), zones: map[string]uint32{}}
}

// Close closes the sockets.
func (e *Echoes) Close() error {
	for _, s := range e.sockets {
		if s != nil {
			s.close()
		}
	}
	return nil
}

// Send sends one echo request. The error is as of Datagrams.Send; it
// wraps ErrEchoForbidden where this process may send none.
func (e *Echoes) Send(to netip.Addr, nonce uint64) error {
	s, err := e.socket(to.Is6())
	if err != nil {
		return errAsked(echoPeer(to), err)
	}
	sockaddr, err := sockaddrOf(echoPeer(to), e.zones)
	if err == nil {
		err = s.send(echoMessage(to.Is6(), e.id, nonce), sockaddr)
	}
	if err != nil {
		return errAsked(echoPeer(to), err)
	}
	return nil
}

func (e *Echoes) socket(v6 bool) (*bulkSocket, error) {
	family, protocol := 0, unix.IPPROTO_ICMP
	if v6 {
		family, protocol = 1, unix.IPPROTO_ICMPV6
	}
	if s := e.sockets[family]; s != nil {
		return s, nil
	}
	s, err := openBulk(v6, unix.SOCK_DGRAM, protocol)
	if errors.Is(err, unix.EACCES) {
		e.raw[family] = true
		s, err = openBulk(v6, unix.SOCK_RAW, protocol)
		if err == nil {
			err = onlyEchoReplies(s)
		}
	}
	if err != nil {
		if Forbidden(err) {
			err = errors.Join(ErrEchoForbidden, err)
		}
		return nil, err
	}
	e.sockets[family] = s
	return s, nil
}

// onlyEchoReplies keeps other ICMP messages from a raw socket, which gets a
// copy of every one that this machine receives. Errors come by its queue.
func onlyEchoReplies(s *bulkSocket) error {
	// Both filters are sets of bits, one a type, in words of 32; a set bit is a
	// type that is kept away (icmp(7), RFC 3542 section 3.2).
	if !s.v6 {
		const icmpFilter = 1
		return unix.SetsockoptInt(s.fd, unix.SOL_RAW, icmpFilter, ^(1 << echoReply4))
	}
	var filter unix.ICMPv6Filter
	for i := range filter.Data {
		filter.Data[i] = 0xffffffff
	}
	filter.Data[echoReply6/32] &^= 1 << (echoReply6 % 32)
	return unix.SetsockoptICMPv6Filter(s.fd, unix.SOL_ICMPV6, unix.ICMPV6_FILTER, &filter)
}

// Receive hands on what has come, waiting for the first until then. A reply is
// proven by its nonce, which the caller compares.
func (e *Echoes) Receive(until time.Time, handle func(Echo)) error {
	err := waitBulk(e.sockets[:], until)
	for family, s := range e.sockets {
		if s == nil {
			continue
		}
		e.reader.receive(s, func(d Datagram) {
			d.Peer = echoPeer(d.Peer.Addr())
			if d.Reason != "" {
				handle(Echo{Datagram: d})
				return
			}
			b := d.Data
			if family == 0 && e.raw[0] {
				b = withoutIPv4(b)
			}
			if nonce, ok := parseEcho(s.v6, b); ok {
				handle(Echo{Datagram: d, Nonce: nonce})
			}
		})
	}
	return err
}
